// SummariseAudit's work: one agency's quarter, counted and verified.
#ifndef CONCORDAT_SERVER_SERVICES_AUDIT_SUMMARY_H_
#define CONCORDAT_SERVER_SERVICES_AUDIT_SUMMARY_H_

#include <memory>

#include "absl/status/statusor.h"
#include "concordat/v1/audit_service.pb.h"
#include "server/door/call.h"
#include "server/door/stepped_read.h"
#include "server/store/store.h"

namespace concordat::services {

// Begins the summary that `request` asks for, up to `checkpoint`. Each record of the
// quarter is hashed again from its stored bytes and compared with its leaf, which is
// proven against the checkpoint's root; a record that does not agree is not counted.
// Which records are of the quarter, and which concern the agency, follows from the
// records themselves, not from the store's indexes. `store` outlives the read. OUT_OF_SCOPE for
// another agency than the caller's own, FIELDS_INVALID for one that the directory lacks.
absl::StatusOr<std::unique_ptr<door::SteppedRead<v1::AuditSummary>>> BeginAuditSummary(
    const store::Store& store, const door::Call& call, const v1::SummariseAuditRequest& request,
    v1::Checkpoint checkpoint);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_AUDIT_SUMMARY_H_
