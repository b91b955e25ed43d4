// AuditTrust as the formats' library reads it.
#ifndef CONCORDAT_CLIENT_INTERNAL_AUDIT_TRUST_H_
#define CONCORDAT_CLIENT_INTERNAL_AUDIT_TRUST_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "concordat/audit.h"
#include "tlog/note_key.h"

namespace concordat::internal {

// The keys of `trust`. INVALID_ARGUMENT names the first that is malformed, and says
// when there is none of a log.
absl::StatusOr<std::vector<tlog::VerifierKey>> ParseKeys(const AuditTrust& trust);

// VerifyCheckpoint without the number of witnesses.
absl::StatusOr<VerifiedCheckpoint> OpenSigned(absl::string_view note,
                                              const std::vector<tlog::VerifierKey>& keys);

// FAILED_PRECONDITION when fewer trusted witnesses cosigned than `trust` asks for.
absl::Status CheckWitnesses(const VerifiedCheckpoint& checkpoint, const AuditTrust& trust);

}  // namespace concordat::internal

#endif  // CONCORDAT_CLIENT_INTERNAL_AUDIT_TRUST_H_
