// StreamAuditEntries' work: the log for an auditor, in messages that are made one at
// a time.
#ifndef CONCORDAT_SERVER_SERVICES_AUDIT_STREAM_H_
#define CONCORDAT_SERVER_SERVICES_AUDIT_STREAM_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "concordat/v1/audit_service.pb.h"
#include "server/door/call.h"
#include "server/door/message_source.h"
#include "server/store/store.h"

namespace concordat::services {

// Opens the stream of the first `size` records, those that the log has now. Each is
// compared with the tree under `checkpoint`, as RecordCheck says, and one that is
// missing ends the stream with INTERNAL_ERROR. A message without entries says that many
// records were looked at and none of them passed. `store` outlives the stream.
// FIELDS_INVALID as CheckAuditFilter says.
absl::StatusOr<std::unique_ptr<door::MessageSource<v1::StreamAuditEntriesResponse>>>
OpenAuditStream(const store::Store& store, std::shared_ptr<const door::Call> call,
                const v1::StreamAuditEntriesRequest& request, const v1::Checkpoint& checkpoint,
                uint64_t size);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_AUDIT_STREAM_H_
