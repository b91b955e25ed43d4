// The tree of the audit log while it grows.
#ifndef CONCORDAT_SERVER_AUDIT_TILE_TREE_H_
#define CONCORDAT_SERVER_AUDIT_TILE_TREE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/store.h"
#include "tlog/compact_range.h"

namespace concordat::audit {

// The right edge of the tree: of each level of tiles (C2SP tlog-tiles) the hashes of
// the one that is being filled, at most 8 KiB. Tiles go into the batch that holds
// their last record, so that records and tree are durable together. Not
// thread-safe.
class TileTree {
 public:
  // The tree of the store's records. Reads the last bundle of records and one tile a
  // level, however long the log is; DATA_LOSS, naming the first bad index, when
  // records and tiles do not agree there. `batch` takes the tiles of a database that
  // has none yet, from before there were any.
  static absl::StatusOr<TileTree> Open(const store::Store& store, store::Batch& batch);

  // Appends the next record's hash, 32 bytes. After an error the tree is not what
  // the store holds: the log has to stop.
  absl::Status Append(absl::string_view leaf_hash, store::Batch& batch);

  // Number of records.
  uint64_t size() const { return range_.size(); }
  // The root of the tree as it is now.
  std::string Root() const { return range_.Root(); }

 private:
  tlog::CompactRange range_;
  std::vector<std::string> edge_;
};

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_TILE_TREE_H_
