// A real store in front of which things go wrong, for tests of what writes to it.
#ifndef CONCORDAT_SERVER_AUDIT_FAULTY_STORE_H_
#define CONCORDAT_SERVER_AUDIT_FAULTY_STORE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/status.h"
#include "server/store/forwarding_store.h"

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
class FaultyBatch final : public store::ForwardingBatch {
 public:
  FaultyBatch(std::unique_ptr<store::Batch> batch, Faults& faults)
      : ForwardingBatch(std::move(batch)), faults_(faults) {}

  absl::Status AppendAudit(uint64_t index, const AuditColumns& columns,
                           absl::string_view record) override {
    if (index == faults_.index.load()) RETURN_IF_ERROR(faults_.Check(Fault::kAppend));
    return ForwardingBatch::AppendAudit(index, columns, record);
  }
  absl::Status PutTile(int level, uint64_t index, absl::string_view hashes) override {
    RETURN_IF_ERROR(faults_.Check(Fault::kPutTile));
    return ForwardingBatch::PutTile(level, index, hashes);
  }
  absl::Status MarkStreamOpen(uint64_t index) override {
    RETURN_IF_ERROR(faults_.Check(Fault::kMarkStreamOpen));
    return ForwardingBatch::MarkStreamOpen(index);
  }
  absl::Status Commit() override {
    ++faults_.commits;
    RETURN_IF_ERROR(faults_.Check(Fault::kCommit));
    return ForwardingBatch::Commit();
  }

 private:
  Faults& faults_;
};

// Passes everything to `store`, but for what `faults` says. Both outlive it.
class FaultyStore final : public store::ForwardingStore {
 public:
  FaultyStore(store::Store& store, Faults& faults) : ForwardingStore(store), faults_(faults) {}

  absl::StatusOr<uint64_t> AuditSize() const override {
    RETURN_IF_ERROR(faults_.Check(Fault::kAuditSize));
    return ForwardingStore::AuditSize();
  }
  absl::StatusOr<std::vector<store::AuditRow>> OpenStreams() const override {
    RETURN_IF_ERROR(faults_.Check(Fault::kOpenStreams));
    return ForwardingStore::OpenStreams();
  }
  absl::StatusOr<std::unique_ptr<store::Batch>> BeginBatch() override {
    ++faults_.batches;
    RETURN_IF_ERROR(faults_.Check(Fault::kBegin));
    ASSIGN_OR_RETURN(std::unique_ptr<store::Batch> batch, ForwardingStore::BeginBatch());
    return std::unique_ptr<store::Batch>(std::make_unique<FaultyBatch>(std::move(batch), faults_));
  }

 private:
  Faults& faults_;
};

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_FAULTY_STORE_H_
