// Whether the records of the audit log that a reader is shown are those that were
// signed, and how it is told when they are not.
#ifndef CONCORDAT_SERVER_SERVICES_RECORD_CHECK_H_
#define CONCORDAT_SERVER_SERVICES_RECORD_CHECK_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "concordat/v1/audit.pb.h"
#include "server/audit/proven_tree.h"
#include "server/store/store.h"

namespace concordat::services {

// INTERNAL_ERROR that says of which record, in its metadata `index`.
absl::Status RecordMissing(uint64_t index);
absl::Status RecordUnreadable(uint64_t index);
// A DATA_LOSS of the log's own code as INTERNAL_ERROR, whose message is the same. Any
// other status as it is.
absl::Status ShowDamage(absl::Status status);

// Compares records with the tree under a checkpoint, while they are read. Not
// thread-safe: make one for a call.
class RecordCheck {
 public:
  // The store outlives it.
  RecordCheck(const store::Store& store, const v1::Checkpoint& checkpoint)
      : store_(store), tree_(store, checkpoint.tree_size(), checkpoint.root_hash()) {}

  // INTERNAL_ERROR with the metadata `index`, and `last_index` where it cannot be known
  // which of several it is, when the record with this leaf hash is not what was signed.
  // OK for one that the checkpoint does not cover yet.
  absl::Status Compare(uint64_t index, absl::string_view leaf_hash);
  // How many tiles of leaf hashes the comparisons went through.
  int tiles() const { return tiles_; }

  // The records, of `size` that the log has, that can be of the interval, as
  // audit::FindPeriod says. INTERNAL_ERROR as Compare where that cannot be proven.
  absl::StatusOr<store::Store::AuditSpan> FindPeriod(std::optional<absl::Time> from,
                                                     std::optional<absl::Time> to, uint64_t size);

 private:
  absl::Status Damaged() const;

  const store::Store& store_;
  audit::ProvenTree tree_;
  std::optional<uint64_t> tile_;
  int tiles_ = 0;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RECORD_CHECK_H_
