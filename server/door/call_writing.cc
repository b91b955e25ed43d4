// The part of CallReactor that writes in the batch of the call's record, on the log's
// thread: a change, and who is given figures.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/civil_time.h"
#include "base/status.h"
#include "server/door/call_reactor.h"

namespace concordat::door {

using google::protobuf::FieldDescriptor;

absl::Status CallReactor::Change(store::Batch& batch) {
  if (metadata_.request_id.empty() || IsDryRun()) return ChangeOnce(batch);

  const std::string& client = principal_->client;
  const std::string digest = batch.transaction().KeyedDigest(request_digest_);
  ASSIGN_OR_RETURN(std::optional<store::StoredReply> stored,
                   batch.FindReply(client, method_->path, metadata_.request_id, decided_));
  if (stored.has_value()) {
    if (stored->request_digest != digest) {
      return MakeError(v1::REQUEST_ID_REUSED,
                       "this request id was used for another request; use a new one");
    }
    TakeReplyBytes(std::move(stored->reply));
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(ChangeOnce(batch));
  return batch.PutReply(client, method_->path, metadata_.request_id, {digest, reply_}, decided_);
}

absl::Status CallReactor::ChangeOnce(store::Batch& batch) {
  RETURN_IF_ERROR(batch.BeginChange(door_.clock_.Now()));
  const absl::StatusOr<MessagePtr> reply =
      sink_ != nullptr ? sink_->Finish(batch.transaction())
                       : method_->change(*call_, *request_, batch.transaction());
  RETURN_IF_ERROR(reply.ok() && !IsDryRun() ? batch.KeepChange() : batch.UndoChange());
  // The change failed and is undone: that is this call's affair. If it was the
  // database that failed, undoing or committing fails as well.
  if (!reply.ok()) return Reported(reply.status());
  TakeReply(**reply);
  return absl::OkStatus();
}

bool CallReactor::IsDryRun() const {
  if (sink_ != nullptr) return sink_->is_dry_run();
  const FieldDescriptor* field = method_->fields->dry_run();
  return field != nullptr && request_->GetReflection()->GetBool(*request_, field);
}

absl::Status CallReactor::CheckFigures(store::Batch& batch) const {
  for (const std::string& release : call_->notes_->figures_of) {
    RETURN_IF_ERROR(door_.release_check_(batch.transaction(), call_->grant(), release));
  }
  return absl::OkStatus();
}

absl::Status CallReactor::AddRecipient(store::Batch& batch, const v1::AuditRecord& record) const {
  if (record.decision() != v1::AuditRecord::ALLOWED || stage_ == Stage::kStreamEnding) {
    return absl::OkStatus();
  }
  const absl::Time time = ToTime(record.time());
  for (const std::string& release : call_->notes_->figures_of) {
    RETURN_IF_ERROR(batch.AddRecipient(
        release, {record.agency(), record.agreement(), record.agreement_version(), time, time}));
  }
  return absl::OkStatus();
}

}  // namespace concordat::door
