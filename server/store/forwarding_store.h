// A store before another one, for those that tests and benchmarks change a little.
#ifndef CONCORDAT_SERVER_STORE_FORWARDING_STORE_H_
#define CONCORDAT_SERVER_STORE_FORWARDING_STORE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/store/store.h"

namespace concordat::store {

// Passes every call to `batch`.
class ForwardingBatch : public Batch {
 public:
  explicit ForwardingBatch(std::unique_ptr<Batch> batch) : batch_(std::move(batch)) {}

  absl::Status BeginChange(absl::Time now) override { return batch_->BeginChange(now); }
  Transaction& transaction() override { return batch_->transaction(); }
  absl::Status KeepChange() override { return batch_->KeepChange(); }
  absl::Status UndoChange() override { return batch_->UndoChange(); }
  bool policy_changed() const override { return batch_->policy_changed(); }
  absl::StatusOr<std::optional<StoredReply>> FindReply(absl::string_view client,
                                                       absl::string_view method,
                                                       absl::string_view request_id,
                                                       absl::Time now) override {
    return batch_->FindReply(client, method, request_id, now);
  }
  absl::Status PutReply(absl::string_view client, absl::string_view method,
                        absl::string_view request_id, const StoredReply& reply,
                        absl::Time now) override {
    return batch_->PutReply(client, method, request_id, reply, now);
  }
  absl::Status AppendAudit(uint64_t index, const AuditColumns& columns,
                           absl::string_view record) override {
    return batch_->AppendAudit(index, columns, record);
  }
  absl::Status AddRecipient(absl::string_view release, const Recipient& recipient) override {
    return batch_->AddRecipient(release, recipient);
  }
  absl::Status PutTile(int level, uint64_t index, absl::string_view hashes) override {
    return batch_->PutTile(level, index, hashes);
  }
  absl::Status DropAudit(uint64_t end) override { return batch_->DropAudit(end); }
  absl::Status MarkStreamOpen(uint64_t index) override { return batch_->MarkStreamOpen(index); }
  absl::Status MarkStreamEnded(uint64_t opening_index) override {
    return batch_->MarkStreamEnded(opening_index);
  }
  absl::StatusOr<int64_t> QuotaUsed(absl::CivilDay day, absl::string_view subject) override {
    return batch_->QuotaUsed(day, subject);
  }
  absl::Status AddToQuota(absl::CivilDay day, absl::string_view subject, int64_t amount) override {
    return batch_->AddToQuota(day, subject, amount);
  }
  absl::StatusOr<std::vector<size_t>> StageFigures(absl::string_view submission,
                                                   absl::string_view provider,
                                                   absl::Span<const FigureRow> rows) override {
    return batch_->StageFigures(submission, provider, rows);
  }
  absl::Status UnstageFigures(absl::string_view submission,
                              absl::Span<const FigureRow> rows) override {
    return batch_->UnstageFigures(submission, rows);
  }
  absl::StatusOr<bool> DropStaged(absl::string_view submission, size_t most) override {
    return batch_->DropStaged(submission, most);
  }
  absl::Status Commit() override { return batch_->Commit(); }

 private:
  const std::unique_ptr<Batch> batch_;
};

// Passes every call to `store`, which outlives it.
class ForwardingStore : public Store {
 public:
  explicit ForwardingStore(Store& store) : store_(store) {}

  absl::StatusOr<Row> Find(const auth::Grant& grant, Kind kind, absl::string_view name,
                           ReadPoint point) const override {
    return store_.Find(grant, kind, name, point);
  }
  absl::Status Scan(const auth::Grant& grant, Kind kind, const Range& range,
                    absl::FunctionRef<bool(const Row&)> visit) const override {
    return store_.Scan(grant, kind, range, visit);
  }
  absl::Status ScanObservations(
      const auth::Grant& grant, absl::string_view release, int64_t after_ordinal,
      absl::FunctionRef<bool(const ObservationRow&)> visit) const override {
    return store_.ScanObservations(grant, release, after_ordinal, visit);
  }
  absl::Status ScanLines(const auth::Grant& grant, absl::string_view release, int64_t after_ordinal,
                         absl::FunctionRef<bool(const LineRow&)> visit) const override {
    return store_.ScanLines(grant, release, after_ordinal, visit);
  }
  absl::StatusOr<std::vector<Recipient>> ReadRecipients(const auth::Grant& grant,
                                                        absl::string_view release) const override {
    return store_.ReadRecipients(grant, release);
  }
  absl::Status ScanSubmitted(const auth::Grant& grant, const FigureRange& range, ReadPoint point,
                             absl::FunctionRef<bool(const FigureRow&)> visit) const override {
    return store_.ScanSubmitted(grant, range, point, visit);
  }
  absl::StatusOr<State> ReadState() const override { return store_.ReadState(); }
  absl::StatusOr<auth::Policy::Source> ReadPolicy(absl::Time as_of) const override {
    return store_.ReadPolicy(as_of);
  }
  absl::StatusOr<int64_t> QuotaUsed(absl::CivilDay day, absl::string_view subject) const override {
    return store_.QuotaUsed(day, subject);
  }
  const std::string& page_token_key() const override { return store_.page_token_key(); }
  absl::Status ClaimLog(absl::string_view origin) override { return store_.ClaimLog(origin); }
  absl::Status SucceedLog(absl::string_view origin) override { return store_.SucceedLog(origin); }
  absl::StatusOr<std::string> LogOrigin() const override { return store_.LogOrigin(); }
  absl::StatusOr<uint64_t> AuditSize() const override { return store_.AuditSize(); }
  absl::StatusOr<uint64_t> AuditMinimum() const override { return store_.AuditMinimum(); }
  absl::Status ScanLeaves(uint64_t first,
                          absl::FunctionRef<bool(const AuditRow&)> visit) const override {
    return store_.ScanLeaves(first, visit);
  }
  absl::StatusOr<std::string> ReadTile(int level, uint64_t index) const override {
    return store_.ReadTile(level, index);
  }
  absl::StatusOr<bool> WasSigned() const override { return store_.WasSigned(); }
  absl::Status NoteSigned() override { return store_.NoteSigned(); }
  absl::Status ScanAudit(const auth::Grant& grant, const AuditRange& range,
                         absl::FunctionRef<bool(const AuditRow&)> visit) const override {
    return store_.ScanAudit(grant, range, visit);
  }
  absl::StatusOr<AuditSpan> AuditIndexesBetween(absl::Time from, absl::Time to) const override {
    return store_.AuditIndexesBetween(from, to);
  }
  absl::StatusOr<std::vector<AuditRow>> OpenStreams() const override {
    return store_.OpenStreams();
  }
  absl::StatusOr<std::vector<std::string>> UnappliedSubmissions() const override {
    return store_.UnappliedSubmissions();
  }
  absl::StatusOr<std::unique_ptr<Batch>> BeginBatch() override { return store_.BeginBatch(); }

 private:
  Store& store_;
};

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_FORWARDING_STORE_H_
