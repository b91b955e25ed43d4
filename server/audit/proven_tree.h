// The tree of the audit log as far as a signed root covers it.
#ifndef CONCORDAT_SERVER_AUDIT_PROVEN_TREE_H_
#define CONCORDAT_SERVER_AUDIT_PROVEN_TREE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/store/store.h"

namespace concordat::audit {

// Where the log was found to be damaged first. Not thread-safe.
class Damage {
 public:
  // Indexes `first` to `last`, both included.
  struct Span {
    uint64_t first = 0;
    uint64_t last = 0;
  };

  // Of these records one is not what was signed, or the stored hash of it; which, is
  // only known where the span is a single one.
  void Add(Span span);
  void Add(uint64_t index) { Add({index, index}); }
  // The span that begins at the lowest index; nothing while nothing is wrong.
  const std::optional<Span>& first() const { return first_; }

 private:
  std::optional<Span> first_;
};

// Leaf hashes that lead to a signed root. Each tile that is read is compared with the
// hash that the tile above has of it, up to the root, so that nobody who can write
// the database can put another in its place. A stored tile that is not the signed
// one is made again from what is below it. Not thread-safe: make one for a question.
class ProvenTree {
 public:
  // The tree of the first `size` records, whose root is `root`. The store outlives it.
  ProvenTree(const store::Store& store, uint64_t size, std::string root);

  uint64_t size() const { return size_; }
  // The leaf hashes of a tile's records, 32 bytes each, those before `size` alone, of
  // which there is one at least.
  // DATA_LOSS, naming the records in question, where neither the stored hashes nor the
  // stored records lead to the root. Cheap for the tile that was asked for last.
  absl::StatusOr<std::string> LeafHashes(uint64_t tile);
  // What was found so far: stored hashes that are not those that were signed, and
  // records that do not lead to the root.
  const Damage& damage() const { return damage_; }
  // Notes what a reader of records found.
  void NoteDamage(Damage::Span span) { damage_.Add(span); }

 private:
  using Hashes = absl::StatusOr<std::string>;
  // The tiles of fewer than 256 hashes, by level: the root follows from them.
  using Edge = std::map<int, std::string>;

  // A tile as the root covers it.
  Hashes Tile(int level, uint64_t index);
  Hashes ProveFullTile(int level, uint64_t index);
  absl::StatusOr<Edge> ProveEdge();
  // A tile as it is stored, or, where `rebuild`, as it follows from what is below it.
  Hashes Read(int level, uint64_t index, bool rebuild);
  Hashes Rebuild(int level, uint64_t index, uint64_t width);
  // Notes where the stored tile is another than `right`.
  absl::Status CompareStored(int level, uint64_t index, absl::string_view right);
  // DATA_LOSS: one of these records is not what was signed, or the hash of it.
  absl::Status NotProven(Damage::Span span);

  const store::Store& store_;
  const uint64_t size_;
  const std::string root_;
  Damage damage_;
  std::optional<absl::StatusOr<Edge>> edge_;
  // Of the levels above the leaves: one for 65,536 records.
  absl::flat_hash_map<std::pair<int, uint64_t>, Hashes> tiles_;
  // The leaf hashes that were asked for last, and of which tile they are.
  std::optional<std::pair<uint64_t, Hashes>> last_;
};

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_PROVEN_TREE_H_
