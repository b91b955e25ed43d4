// A real store in front of which things go wrong, for tests of what writes to it.
#ifndef CONCORDAT_SERVER_AUDIT_FAULTY_STORE_H_
#define CONCORDAT_SERVER_AUDIT_FAULTY_STORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "server/store/store.h"

namespace concordat::audit {

// The call that a store refuses with INTERNAL.
enum class Fault {
  kNone,
  kAuditSize,
  kOpenStreams,
  kBegin,
  kAppend,
  kPutTile,
  kMarkStreamOpen,
  kCommit
};

// What a store shall refuse, and what it was asked for. Thread-safe.
struct Faults {
  std::atomic<Fault> fault{Fault::kNone};
  // Index of the record that kAppend refuses.
  std::atomic<uint64_t> index{0};
  // How often a batch was asked for, and how often a commit.
  std::atomic<int> batches{0};
  std::atomic<int> commits{0};

  // OK unless `here` is what fails.
  absl::Status Check(Fault here) const {
    return fault.load() == here ? absl::InternalError("injected") : absl::OkStatus();
  }
};

// A batch of a FaultyStore.
class FaultyBatch final : public store::Batch {
 public:
  FaultyBatch(std::unique_ptr<store::Batch> batch, Faults& faults)
      : batch_(std::move(batch)), faults_(faults) {}

  absl::Status BeginChange(absl::Time now) override { return batch_->BeginChange(now); }
  store::Transaction& transaction() override { return batch_->transaction(); }
  absl::Status KeepChange() override { return batch_->KeepChange(); }
  absl::Status UndoChange() override { return batch_->UndoChange(); }
  bool policy_changed() const override { return batch_->policy_changed(); }
  absl::StatusOr<std::optional<store::StoredReply>> FindReply(absl::string_view client,
                                                              absl::string_view method,
                                                              absl::string_view request_id,
                                                              absl::Time now) override {
    return batch_->FindReply(client, method, request_id, now);
  }
  absl::Status PutReply(absl::string_view client, absl::string_view method,
                        absl::string_view request_id, const store::StoredReply& reply,
                        absl::Time now) override {
    return batch_->PutReply(client, method, request_id, reply, now);
  }
  absl::Status AppendAudit(uint64_t index, const AuditColumns& columns,
                           absl::string_view record) override {
    if (index == faults_.index.load()) RETURN_IF_ERROR(faults_.Check(Fault::kAppend));
    return batch_->AppendAudit(index, columns, record);
  }
  absl::Status PutTile(int level, uint64_t index, absl::string_view hashes) override {
    RETURN_IF_ERROR(faults_.Check(Fault::kPutTile));
    return batch_->PutTile(level, index, hashes);
  }
  absl::Status DropAudit(uint64_t end) override { return batch_->DropAudit(end); }
  absl::Status MarkStreamOpen(uint64_t index) override {
    RETURN_IF_ERROR(faults_.Check(Fault::kMarkStreamOpen));
    return batch_->MarkStreamOpen(index);
  }
  absl::Status MarkStreamEnded(uint64_t opening_index) override {
    return batch_->MarkStreamEnded(opening_index);
  }
  absl::StatusOr<int64_t> QuotaUsed(absl::CivilDay day, absl::string_view subject) override {
    return batch_->QuotaUsed(day, subject);
  }
  absl::Status AddToQuota(absl::CivilDay day, absl::string_view subject, int64_t amount) override {
    return batch_->AddToQuota(day, subject, amount);
  }
  absl::Status Commit() override {
    ++faults_.commits;
    RETURN_IF_ERROR(faults_.Check(Fault::kCommit));
    return batch_->Commit();
  }

 private:
  std::unique_ptr<store::Batch> batch_;
  Faults& faults_;
};

// Passes everything to `store`, but for what `faults` says. Both outlive it.
class FaultyStore final : public store::Store {
 public:
  FaultyStore(store::Store& store, Faults& faults) : store_(store), faults_(faults) {}

  absl::StatusOr<store::Row> Find(const auth::Grant& grant, store::Kind kind,
                                  absl::string_view name, store::ReadPoint point) const override {
    return store_.Find(grant, kind, name, point);
  }
  absl::Status Scan(const auth::Grant& grant, store::Kind kind, const Range& range,
                    absl::FunctionRef<bool(const store::Row&)> visit) const override {
    return store_.Scan(grant, kind, range, visit);
  }
  absl::Status ScanObservations(
      const auth::Grant& grant, absl::string_view release, int64_t after_ordinal,
      absl::FunctionRef<bool(const store::ObservationRow&)> visit) const override {
    return store_.ScanObservations(grant, release, after_ordinal, visit);
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
  absl::StatusOr<uint64_t> AuditSize() const override {
    RETURN_IF_ERROR(faults_.Check(Fault::kAuditSize));
    return store_.AuditSize();
  }
  absl::StatusOr<uint64_t> AuditMinimum() const override { return store_.AuditMinimum(); }
  absl::Status ScanLeaves(uint64_t first,
                          absl::FunctionRef<bool(const store::AuditRow&)> visit) const override {
    return store_.ScanLeaves(first, visit);
  }
  absl::StatusOr<std::string> ReadTile(int level, uint64_t index) const override {
    return store_.ReadTile(level, index);
  }
  absl::StatusOr<bool> WasSigned() const override { return store_.WasSigned(); }
  absl::Status NoteSigned() override { return store_.NoteSigned(); }
  absl::Status ScanAudit(const auth::Grant& grant, const AuditRange& range,
                         absl::FunctionRef<bool(const store::AuditRow&)> visit) const override {
    return store_.ScanAudit(grant, range, visit);
  }
  absl::StatusOr<AuditSpan> AuditIndexesBetween(absl::Time from, absl::Time to) const override {
    return store_.AuditIndexesBetween(from, to);
  }
  absl::StatusOr<std::vector<store::AuditRow>> OpenStreams() const override {
    RETURN_IF_ERROR(faults_.Check(Fault::kOpenStreams));
    return store_.OpenStreams();
  }
  absl::StatusOr<std::unique_ptr<store::Batch>> BeginBatch() override {
    ++faults_.batches;
    RETURN_IF_ERROR(faults_.Check(Fault::kBegin));
    ASSIGN_OR_RETURN(std::unique_ptr<store::Batch> batch, store_.BeginBatch());
    return std::unique_ptr<store::Batch>(std::make_unique<FaultyBatch>(std::move(batch), faults_));
  }

 private:
  store::Store& store_;
  Faults& faults_;
};

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_FAULTY_STORE_H_
