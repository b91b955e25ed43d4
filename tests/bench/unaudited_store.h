// A store that keeps no audit record: what the same server does without one.
#ifndef CONCORDAT_TESTS_BENCH_UNAUDITED_STORE_H_
#define CONCORDAT_TESTS_BENCH_UNAUDITED_STORE_H_

#include <memory>
#include <optional>
#include <utility>

#include "server/store/forwarding_store.h"

namespace concordat::bench {

// Takes records and forgets them. Changes are UNIMPLEMENTED.
class UnauditedBatch final : public store::ForwardingBatch {
 public:
  UnauditedBatch() : ForwardingBatch(nullptr) {}

  absl::Status BeginChange(absl::Time /*now*/) override { return NoChanges(); }
  absl::StatusOr<std::optional<store::StoredReply>> FindReply(absl::string_view /*client*/,
                                                              absl::string_view /*method*/,
                                                              absl::string_view /*request_id*/,
                                                              absl::Time /*now*/) override {
    return NoChanges();
  }
  bool policy_changed() const override { return false; }
  absl::Status AppendAudit(uint64_t /*index*/, const AuditColumns& /*columns*/,
                           absl::string_view /*record*/) override {
    return absl::OkStatus();
  }
  absl::Status PutTile(int /*level*/, uint64_t /*index*/, absl::string_view /*hashes*/) override {
    return absl::OkStatus();
  }
  absl::Status Commit() override { return absl::OkStatus(); }

 private:
  static absl::Status NoChanges() {
    return absl::UnimplementedError("this server changes nothing");
  }
};

// Reads from `store`, and writes nothing to it.
class UnauditedStore final : public store::ForwardingStore {
 public:
  explicit UnauditedStore(std::unique_ptr<Store> store)
      : ForwardingStore(*store), owned_(std::move(store)) {}

  absl::StatusOr<std::unique_ptr<store::Batch>> BeginBatch() override {
    return std::unique_ptr<store::Batch>(std::make_unique<UnauditedBatch>());
  }

 private:
  const std::unique_ptr<Store> owned_;
};

}  // namespace concordat::bench

#endif  // CONCORDAT_TESTS_BENCH_UNAUDITED_STORE_H_
