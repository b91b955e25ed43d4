// Hashing of the transparency log's tree (RFC 6962 section 2.1): SHA-256, 32
// bytes a hash. Pure functions, safe from any thread.
#ifndef CONCORDAT_TLOG_MERKLE_H_
#define CONCORDAT_TLOG_MERKLE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace concordat::tlog {

// Largest record that an entry bundle can hold: its length is written in 16
// bits (C2SP tlog-tiles).
inline constexpr size_t kMaxRecordBytes = 65535;

// Bytes of a hash.
inline constexpr size_t kHashBytes = 32;

// Most leaves of a tree. Sizes and indexes then fit the signed integers of
// databases, and no arithmetic on them can overflow.
inline constexpr uint64_t kMaxTreeSize = std::numeric_limits<int64_t>::max();

// Where the hash of a complete subtree stands: it covers the 2^level leaves from
// index * 2^level on. Level 0 holds the leaf hashes.
struct NodeId {
  int level = 0;
  uint64_t index = 0;

  friend bool operator==(const NodeId&, const NodeId&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const NodeId& node) {
    return H::combine(std::move(state), node.level, node.index);
  }
};

// SHA-256 of a zero byte and the record, 32 bytes.
std::string LeafHash(absl::string_view record);
// SHA-256 of a one byte and the hashes of both children, 32 bytes each and itself.
std::string NodeHash(absl::string_view left, absl::string_view right);
// The same, written to the 32 bytes at `hash`: nothing is allocated, which is what
// counts where a whole log is hashed. `hash` may be where a child stands.
void LeafHashInto(absl::string_view record, char* hash);
void NodeHashInto(const char* left, const char* right, char* hash);
// The root of the tree without leaves: SHA-256 of nothing.
std::string EmptyRoot();

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_MERKLE_H_
