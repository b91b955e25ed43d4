// The tree of the audit log as it is stored: hashes, roots and proofs.
#ifndef CONCORDAT_SERVER_AUDIT_TREE_READER_H_
#define CONCORDAT_SERVER_AUDIT_TREE_READER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "server/store/store.h"
#include "tlog/merkle.h"

namespace concordat::audit {

// Reads the tree for one question, and keeps the tiles that it read for it. Sizes
// are at most the store's. DATA_LOSS where the store lacks what such a tree has.
// Not thread-safe: make one where it is needed.
class TreeReader {
 public:
  // The store outlives the reader.
  explicit TreeReader(const store::Store& store) : store_(store) {}

  // The first `width` hashes of a tile, 1 to 256, 32 bytes each. What the store has
  // no tile for yet, the end of level 0, is hashed from the records.
  absl::StatusOr<std::string> Tile(int level, uint64_t index, int width);

  // The root of the tree of the first `size` records.
  absl::StatusOr<std::string> Root(uint64_t size);
  // The hashes of its complete subtrees, in the order of tlog::FrontierOf.
  absl::StatusOr<std::vector<std::string>> Frontier(uint64_t size);
  // Proofs, as tlog/tree_proof.h says.
  absl::StatusOr<std::vector<std::string>> InclusionProof(uint64_t index, uint64_t size);
  absl::StatusOr<std::vector<std::string>> ConsistencyProof(uint64_t old_size, uint64_t new_size);

 private:
  absl::StatusOr<std::string> Node(tlog::NodeId node);

  const store::Store& store_;
  absl::flat_hash_map<std::pair<int, uint64_t>, std::string> tiles_;
};

// Appends the leaf hashes of the stored records from `first` to before `end`.
// DATA_LOSS, naming the first index that is missing.
absl::Status HashRecords(const store::Store& store, uint64_t first, uint64_t end,
                         std::string& hashes);

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_TREE_READER_H_
