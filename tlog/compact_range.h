// A growing tree in logarithmic memory.
#ifndef CONCORDAT_TLOG_COMPACT_RANGE_H_
#define CONCORDAT_TLOG_COMPACT_RANGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tlog/merkle.h"

namespace concordat::tlog {

// The complete subtrees that make up the tree of `size` leaves, the largest,
// which is the leftmost, first: what CompactRange::Resume asks for.
std::vector<NodeId> FrontierOf(uint64_t size);

// The frontier of a tree: the hashes of the complete subtrees that it consists
// of, at most 63, from which its root follows and to which leaves are appended.
// Not thread-safe.
class CompactRange {
 public:
  // Told of every node that an append completes, the leaf itself first, each
  // once in the life of a log: what a store of nodes or tiles keeps.
  using NodeSink = absl::FunctionRef<void(NodeId, const std::string&)>;

  // Of the empty tree.
  CompactRange() = default;
  // Of a tree of `size` leaves whose frontier has these hashes, in the order of
  // FrontierOf. INVALID_ARGUMENT when they are not as many, a hash has not 32
  // bytes or `size` is over kMaxTreeSize.
  static absl::StatusOr<CompactRange> Resume(uint64_t size, std::vector<std::string> hashes);

  // Appends one leaf. INVALID_ARGUMENT, and nothing is changed, when the hash
  // has not 32 bytes or the tree has kMaxTreeSize leaves.
  absl::Status Append(std::string leaf_hash, NodeSink sink);
  absl::Status Append(std::string leaf_hash);

  // Number of leaves.
  uint64_t size() const { return size_; }
  // The frontier, in the order of FrontierOf.
  const std::vector<std::string>& hashes() const { return hashes_; }
  // The root of the tree as it is now.
  std::string Root() const;

 private:
  uint64_t size_ = 0;
  std::vector<std::string> hashes_;
};

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_COMPACT_RANGE_H_
