#include "tlog/tree_proof.h"

#include <algorithm>
#include <bit>
#include <initializer_list>
#include <utility>

#include "base/status.h"

namespace concordat::tlog {
namespace {

// Leaves from `begin` to before `end`.
struct Range {
  uint64_t begin;
  uint64_t end;
  uint64_t size() const { return end - begin; }
  // Where RFC 6962 divides it: after the largest power of two below its size.
  uint64_t Split() const { return begin + std::bit_floor(size() - 1); }
};

// The hash of a range that begins at a multiple of a power of two not below its
// size, as every range that a proof names does: complete subtrees are read, and
// the right edge is put together from them.
absl::StatusOr<std::string> HashOf(Range range, NodeReader reader) {
  std::vector<std::string> parts;
  for (uint64_t begin = range.begin; begin < range.end;) {
    const uint64_t leaves = std::bit_floor(range.end - begin);
    const int level = std::countr_zero(leaves);
    ASSIGN_OR_RETURN(std::string hash, reader({level, begin >> level}));
    if (hash.size() != kHashBytes) return absl::DataLossError("a stored hash has not 32 bytes");
    parts.push_back(std::move(hash));
    begin += leaves;
  }
  std::string whole = std::move(parts.back());
  for (size_t i = parts.size() - 1; i > 0; --i) whole = NodeHash(parts[i - 1], whole);
  return whole;
}

// The hashes of ranges that were found from the root down, as a proof has them:
// from the leaf up.
absl::StatusOr<std::vector<std::string>> HashesUpwards(std::vector<Range> ranges,
                                                       NodeReader reader) {
  std::reverse(ranges.begin(), ranges.end());
  std::vector<std::string> hashes;
  hashes.reserve(ranges.size());
  for (const Range& range : ranges) {
    ASSIGN_OR_RETURN(std::string hash, HashOf(range, reader));
    hashes.push_back(std::move(hash));
  }
  return hashes;
}

absl::Status CheckSize(uint64_t size) {
  return size <= kMaxTreeSize ? absl::OkStatus()
                              : absl::InvalidArgumentError("the tree is too large");
}

absl::Status CheckHashes(absl::Span<const std::string> proof,
                         std::initializer_list<absl::string_view> others) {
  const auto fits = [](absl::string_view hash) { return hash.size() == kHashBytes; };
  if (std::all_of(proof.begin(), proof.end(), fits) &&
      std::all_of(others.begin(), others.end(), fits)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("a hash has 32 bytes");
}

absl::Status WrongLength() {
  return absl::InvalidArgumentError("the proof has not the length that such a proof has");
}

}  // namespace

absl::StatusOr<std::string> TreeRoot(uint64_t size, NodeReader reader) {
  RETURN_IF_ERROR(CheckSize(size));
  if (size == 0) return EmptyRoot();
  return HashOf({0, size}, reader);
}

absl::StatusOr<std::vector<std::string>> InclusionProof(uint64_t index, uint64_t size,
                                                        NodeReader reader) {
  RETURN_IF_ERROR(CheckSize(size));
  if (index >= size) return absl::InvalidArgumentError("the index is not below the tree's size");
  std::vector<Range> siblings;
  Range range{0, size};
  while (range.size() > 1) {
    const uint64_t split = range.Split();
    if (index < split) {
      siblings.push_back({split, range.end});
      range.end = split;
    } else {
      siblings.push_back({range.begin, split});
      range.begin = split;
    }
  }
  return HashesUpwards(std::move(siblings), reader);
}

absl::StatusOr<std::vector<std::string>> ConsistencyProof(uint64_t old_size, uint64_t new_size,
                                                          NodeReader reader) {
  RETURN_IF_ERROR(CheckSize(new_size));
  if (old_size > new_size) {
    return absl::InvalidArgumentError("the old tree is larger than the new one");
  }
  std::vector<Range> ranges;
  if (old_size == 0 || old_size == new_size) return HashesUpwards(std::move(ranges), reader);
  Range range{0, new_size};
  while (range.end != old_size) {
    const uint64_t split = range.Split();
    if (old_size <= split) {
      ranges.push_back({split, range.end});
      range.end = split;
    } else {
      ranges.push_back({range.begin, split});
      range.begin = split;
    }
  }
  // Where the old tree is one complete subtree, whoever verifies has its root.
  if (range.begin != 0) ranges.push_back(range);
  return HashesUpwards(std::move(ranges), reader);
}

absl::Status VerifyInclusion(uint64_t index, uint64_t size, absl::string_view leaf_hash,
                             absl::Span<const std::string> proof, absl::string_view root) {
  RETURN_IF_ERROR(CheckSize(size));
  if (index >= size) return absl::InvalidArgumentError("the index is not below the tree's size");
  RETURN_IF_ERROR(CheckHashes(proof, {leaf_hash, root}));
  // RFC 9162 section 2.1.3.2: `node` and `last` are the numbers, on the present
  // level, of the node on the way and of the last one.
  uint64_t node = index;
  uint64_t last = size - 1;
  std::string hash(leaf_hash);
  for (const std::string& sibling : proof) {
    if (last == 0) return WrongLength();
    if (node % 2 == 1 || node == last) {
      hash = NodeHash(sibling, hash);
      // A last node without a sibling moves up as it is.
      while (node % 2 == 0) {
        node /= 2;
        last /= 2;
      }
    } else {
      hash = NodeHash(hash, sibling);
    }
    node /= 2;
    last /= 2;
  }
  if (last != 0) return WrongLength();
  if (hash != root) return absl::DataLossError("the proof leads to another root");
  return absl::OkStatus();
}

absl::Status VerifyConsistency(uint64_t old_size, uint64_t new_size,
                               absl::Span<const std::string> proof, absl::string_view old_root,
                               absl::string_view new_root) {
  RETURN_IF_ERROR(CheckSize(new_size));
  if (old_size > new_size) {
    return absl::InvalidArgumentError("the old tree is larger than the new one");
  }
  RETURN_IF_ERROR(CheckHashes(proof, {old_root, new_root}));
  if (old_size == 0 || old_size == new_size) {
    if (!proof.empty()) return WrongLength();
    const std::string expected = old_size == 0 ? EmptyRoot() : std::string(new_root);
    if (old_root != expected) return absl::DataLossError("the old tree has another root");
    if (new_size == 0 && new_root != expected) {
      return absl::DataLossError("the new tree has another root");
    }
    return absl::OkStatus();
  }
  // RFC 9162 section 2.1.4.2. The first hash is of the largest complete subtree
  // at the end of the old tree; where that is the whole old tree, it is left out.
  if (!std::has_single_bit(old_size) && proof.empty()) return WrongLength();
  uint64_t node = old_size - 1;
  uint64_t last = new_size - 1;
  while (node % 2 == 1) {
    node /= 2;
    last /= 2;
  }
  std::string old_hash(old_root);
  if (!std::has_single_bit(old_size)) {
    old_hash = proof.front();
    proof.remove_prefix(1);
  }
  std::string new_hash = old_hash;
  for (const std::string& hash : proof) {
    if (last == 0) return WrongLength();
    if (node % 2 == 1 || node == last) {
      old_hash = NodeHash(hash, old_hash);
      new_hash = NodeHash(hash, new_hash);
      while (node % 2 == 0 && node != 0) {
        node /= 2;
        last /= 2;
      }
    } else {
      new_hash = NodeHash(new_hash, hash);
    }
    node /= 2;
    last /= 2;
  }
  if (last != 0) return WrongLength();
  if (old_hash != old_root) return absl::DataLossError("the proof leads to another old root");
  if (new_hash != new_root) return absl::DataLossError("the proof leads to another new root");
  return absl::OkStatus();
}

}  // namespace concordat::tlog
