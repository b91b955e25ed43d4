#include "tlog/compact_range.h"

#include <bit>
#include <utility>

namespace concordat::tlog {

std::vector<NodeId> FrontierOf(uint64_t size) {
  std::vector<NodeId> nodes;
  nodes.reserve(static_cast<size_t>(std::popcount(size)));
  uint64_t covered = 0;
  while (covered < size) {
    const uint64_t leaves = std::bit_floor(size - covered);
    const int level = std::countr_zero(leaves);
    nodes.push_back({level, covered >> level});
    covered += leaves;
  }
  return nodes;
}

absl::StatusOr<CompactRange> CompactRange::Resume(uint64_t size, std::vector<std::string> hashes) {
  if (size > kMaxTreeSize) return absl::InvalidArgumentError("the tree is too large");
  if (hashes.size() != static_cast<size_t>(std::popcount(size))) {
    return absl::InvalidArgumentError("a frontier has one hash for each bit of the tree's size");
  }
  for (const std::string& hash : hashes) {
    if (hash.size() != kHashBytes) return absl::InvalidArgumentError("a hash has 32 bytes");
  }
  CompactRange range;
  range.size_ = size;
  range.hashes_ = std::move(hashes);
  return range;
}

absl::Status CompactRange::Append(std::string leaf_hash, NodeSink sink) {
  if (leaf_hash.size() != kHashBytes) return absl::InvalidArgumentError("a hash has 32 bytes");
  if (size_ >= kMaxTreeSize) return absl::InvalidArgumentError("the tree is full");
  NodeId node{0, size_};
  std::string hash = std::move(leaf_hash);
  sink(node, hash);
  // A right child completes its parent.
  while (node.index % 2 == 1) {
    hash = NodeHash(hashes_.back(), hash);
    hashes_.pop_back();
    node = {node.level + 1, node.index / 2};
    sink(node, hash);
  }
  hashes_.push_back(std::move(hash));
  ++size_;
  return absl::OkStatus();
}

absl::Status CompactRange::Append(std::string leaf_hash) {
  return Append(std::move(leaf_hash), [](NodeId, const std::string&) {});
}

std::string CompactRange::Root() const {
  if (hashes_.empty()) return EmptyRoot();
  std::string root = hashes_.back();
  for (size_t i = hashes_.size() - 1; i > 0; --i) root = NodeHash(hashes_[i - 1], root);
  return root;
}

}  // namespace concordat::tlog
