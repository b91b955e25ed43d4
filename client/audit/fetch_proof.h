// From a receipt to a proof that needs nobody.
#ifndef CONCORDAT_CLIENT_AUDIT_FETCH_PROOF_H_
#define CONCORDAT_CLIENT_AUDIT_FETCH_PROOF_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "concordat/client.h"

namespace concordat::audit_export {

// A record, and the text that proves it offline.
struct FetchedProof {
  Receipt receipt;
  // As VerifyProofText of concordat/audit.h reads it.
  std::string text;
};

// Fetches the proof that the record at `index` is in the log, and sees to it that it
// leads to the root of its checkpoint; the signatures are for whoever verifies the
// text. `leaf_hash`: what the caller's receipt says, 32 bytes; empty takes the service's
// word for it, out of the log's tiles. DATA_LOSS when the proof does not fit, and the
// errors of the calls, such as that of CHECKPOINT_PENDING.
absl::StatusOr<FetchedProof> FetchProof(Client& client, uint64_t index, absl::string_view leaf_hash,
                                        const CallOptions& options);

}  // namespace concordat::audit_export

#endif  // CONCORDAT_CLIENT_AUDIT_FETCH_PROOF_H_
