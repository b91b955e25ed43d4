#include "server/audit/proven_tree.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "server/audit/tree_reader.h"
#include "tlog/merkle.h"
#include "tlog/tile.h"
#include "tlog/tree_proof.h"

namespace concordat::audit {
namespace {

constexpr uint64_t kWidth = tlog::kTileWidth;

absl::string_view HashAt(absl::string_view tile, uint64_t place) {
  return tile.substr(place * tlog::kHashBytes, tlog::kHashBytes);
}

// The records below the hashes of a tile from number `place` on.
Damage::Span Below(int level, uint64_t index, uint64_t place, uint64_t count) {
  const int shift = level * tlog::kTileHeight;
  const uint64_t first = index * kWidth + place;
  return {first << shift, ((first + count) << shift) - 1};
}

std::string TextOf(Damage::Span span) {
  if (span.first == span.last) return absl::StrCat("the audit record ", span.first);
  return absl::StrCat("one of the audit records ", span.first, " to ", span.last);
}

}  // namespace

void Damage::Add(Span span) {
  const bool is_first = !first_.has_value() || span.first < first_->first ||
                        (span.first == first_->first && span.last < first_->last);
  if (is_first) first_ = span;
}

ProvenTree::ProvenTree(const store::Store& store, uint64_t size, std::string root)
    : store_(store), size_(size), root_(std::move(root)) {}

absl::StatusOr<std::string> ProvenTree::LeafHashes(uint64_t tile) {
  if (!last_.has_value() || last_->first != tile) last_.emplace(tile, Tile(0, tile));
  return last_->second;
}

ProvenTree::Hashes ProvenTree::Tile(int level, uint64_t index) {
  if (tlog::TileWidth(size_, level, index) < tlog::kTileWidth) {
    if (!edge_.has_value()) edge_ = ProveEdge();
    RETURN_IF_ERROR(edge_->status());
    return (*edge_)->at(level);
  }
  if (level == 0) return ProveFullTile(level, index);
  if (const auto known = tiles_.find({level, index}); known != tiles_.end()) return known->second;
  Hashes tile = ProveFullTile(level, index);
  tiles_.insert({{level, index}, tile});
  return tile;
}

ProvenTree::Hashes ProvenTree::ProveFullTile(int level, uint64_t index) {
  ASSIGN_OR_RETURN(const std::string above, Tile(level + 1, index / kWidth));
  const absl::string_view signed_hash = HashAt(above, index % kWidth);
  for (const bool rebuild : {false, true}) {
    Hashes hashes = Read(level, index, rebuild);
    if (absl::IsDataLoss(hashes.status())) continue;
    RETURN_IF_ERROR(hashes.status());
    ASSIGN_OR_RETURN(const std::string hash, tlog::HashInTile(*hashes, 0, tlog::kTileWidth));
    if (hash != signed_hash) continue;
    if (rebuild) RETURN_IF_ERROR(CompareStored(level, index, *hashes));
    return hashes;
  }
  return NotProven(Below(level, index, 0, kWidth));
}

absl::StatusOr<ProvenTree::Edge> ProvenTree::ProveEdge() {
  for (const bool rebuild : {false, true}) {
    Edge edge;
    absl::Status lost;
    for (int level = 0; level < tlog::TileLevels(size_); ++level) {
      const uint64_t index = tlog::TileHashes(size_, level) / kWidth;
      if (tlog::TileWidth(size_, level, index) == 0) continue;
      Hashes hashes = Read(level, index, rebuild);
      lost.Update(hashes.status());
      if (hashes.ok()) edge[level] = *std::move(hashes);
    }
    if (absl::IsDataLoss(lost) && !rebuild) continue;
    if (absl::IsDataLoss(lost) && !damage_.first().has_value()) damage_.Add({0, size_ - 1});
    RETURN_IF_ERROR(lost);
    ASSIGN_OR_RETURN(const std::string root,
                     tlog::TreeRoot(size_, [&](tlog::NodeId node) -> Hashes {
                       const tlog::TileSpan span = tlog::TileSpanOf(node);
                       return tlog::HashInTile(edge[span.level], span.first, span.count);
                     }));
    if (root != root_) continue;
    if (!rebuild) return edge;
    for (const auto& [level, hashes] : edge) {
      RETURN_IF_ERROR(CompareStored(level, tlog::TileHashes(size_, level) / kWidth, hashes));
    }
    return edge;
  }
  return NotProven({0, size_ - 1});
}

ProvenTree::Hashes ProvenTree::Read(int level, uint64_t index, bool rebuild) {
  const int width = tlog::TileWidth(size_, level, index);
  if (rebuild) return Rebuild(level, index, static_cast<uint64_t>(width));
  return TreeReader(store_).Tile(level, index, width);
}

ProvenTree::Hashes ProvenTree::Rebuild(int level, uint64_t index, uint64_t width) {
  std::string hashes;
  const uint64_t first = index * kWidth;
  if (level == 0) {
    const absl::Status hashed = HashRecords(store_, first, first + width, hashes);
    if (absl::IsDataLoss(hashed)) damage_.Add(first + hashes.size() / tlog::kHashBytes);
    RETURN_IF_ERROR(hashed);
    return hashes;
  }
  for (uint64_t child = first; child < first + width; ++child) {
    ASSIGN_OR_RETURN(const std::string tile,
                     TreeReader(store_).Tile(level - 1, child, tlog::kTileWidth));
    ASSIGN_OR_RETURN(const std::string hash, tlog::HashInTile(tile, 0, tlog::kTileWidth));
    hashes += hash;
  }
  return hashes;
}

absl::Status ProvenTree::CompareStored(int level, uint64_t index, absl::string_view right) {
  const Hashes stored = Read(level, index, /*rebuild=*/false);
  if (!stored.ok() && !absl::IsDataLoss(stored.status())) return stored.status();
  const uint64_t width = right.size() / tlog::kHashBytes;
  if (!stored.ok()) {
    damage_.Add(Below(level, index, 0, width));
    return absl::OkStatus();
  }
  for (uint64_t place = 0; place < width; ++place) {
    if (HashAt(*stored, place) == HashAt(right, place)) continue;
    damage_.Add(Below(level, index, place, 1));
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status ProvenTree::NotProven(Damage::Span span) {
  damage_.Add(span);
  return absl::DataLossError(
      absl::StrCat(TextOf(span), " is not what was signed, or a stored hash of it is not"));
}

}  // namespace concordat::audit
