// ListAuditEntries' work: one page of the log, newest first.
#ifndef CONCORDAT_SERVER_SERVICES_AUDIT_LIST_H_
#define CONCORDAT_SERVER_SERVICES_AUDIT_LIST_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "concordat/v1/audit_service.pb.h"
#include "server/door/call.h"
#include "server/store/store.h"

namespace concordat::services {

// The page that `request` asks for, of a log of `size` records. Each record is
// compared with the tree under `checkpoint`, as RecordCheck says. The list over all
// agencies goes through the records themselves and notices one that is missing. That
// of one agency goes through the store's index of who may see what, which nothing
// proves to be whole. FIELDS_INVALID as CheckAuditFilter says.
absl::StatusOr<v1::ListAuditEntriesResponse> ListAudit(const store::Store& store,
                                                       const door::Call& call,
                                                       const v1::ListAuditEntriesRequest& request,
                                                       const v1::Checkpoint& checkpoint,
                                                       uint64_t size);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_AUDIT_LIST_H_
