// A receipt that proves itself offline (C2SP tlog-proof, version 1): a record's
// index, its audit path and a signed checkpoint. Pure functions, safe from any
// thread.
#ifndef CONCORDAT_TLOG_PROOF_H_
#define CONCORDAT_TLOG_PROOF_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tlog/checkpoint.h"
#include "tlog/note_key.h"

namespace concordat::tlog {

// The ending that the specification recommends for files of proofs.
inline constexpr absl::string_view kProofFileEnding = ".tlog-proof";

// A proof as it stands, nothing of it verified.
struct Proof {
  // Bytes for the application; no signature covers them. Empty for none.
  std::string extra;
  // Of the record, from 0 on.
  uint64_t index = 0;
  // The audit path, 32 bytes a hash, the leaf's sibling first; at most 63.
  std::vector<std::string> hashes;
  // The signed checkpoint, byte for byte.
  std::string checkpoint;
};

// Reads a proof; FormatProof of the result gives the same bytes again.
// INVALID_ARGUMENT when it is malformed; its checkpoint is not looked into.
absl::StatusOr<Proof> ParseProof(absl::string_view bytes);

// Writes a proof. INVALID_ARGUMENT when ParseProof would refuse it.
absl::StatusOr<std::string> FormatProof(const Proof& proof);

// Whether the proof shows that a record with this leaf hash is in the log whose
// keys are among `keys`; the checkpoint that says so. DATA_LOSS when a signature
// or the path does not verify; INVALID_ARGUMENT when something is malformed.
absl::StatusOr<SignedCheckpoint> VerifyProof(const Proof& proof, absl::string_view leaf_hash,
                                             absl::Span<const VerifierKey> keys,
                                             ExtensionLines extensions);

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_PROOF_H_
