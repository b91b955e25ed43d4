#include "server/audit/tile_tree.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "server/audit/tree_reader.h"
#include "tlog/merkle.h"
#include "tlog/tile.h"

namespace concordat::audit {
namespace {

using tlog::kTileWidth;

constexpr size_t kTileBytes = size_t{kTileWidth} * tlog::kHashBytes;

// Whether the last whole bundle of records hashes to its tile, and the tile to its
// place on the level above.
absl::Status CheckLastBundle(const store::Store& store, uint64_t size) {
  if (size < kTileWidth) return absl::OkStatus();
  const uint64_t bundle = size / kTileWidth - 1;
  TreeReader reader(store);
  ASSIGN_OR_RETURN(const std::string tile, reader.Tile(0, bundle, kTileWidth));
  ASSIGN_OR_RETURN(const uint64_t minimum, store.AuditMinimum());
  const uint64_t first = bundle * kTileWidth;
  if (first >= minimum) {
    std::string hashes;
    RETURN_IF_ERROR(HashRecords(store, first, first + kTileWidth, hashes));
    const auto differing = std::mismatch(hashes.begin(), hashes.end(), tile.begin()).first;
    if (differing != hashes.end()) {
      const auto bytes = static_cast<uint64_t>(differing - hashes.begin());
      return absl::DataLossError(
          absl::StrCat("the audit record ", first + bytes / tlog::kHashBytes, " was changed"));
    }
  }
  const int place = static_cast<int>(bundle % kTileWidth);
  ASSIGN_OR_RETURN(const std::string above, reader.Tile(1, bundle / kTileWidth, place + 1));
  ASSIGN_OR_RETURN(const std::string hash, tlog::HashInTile(tile, 0, kTileWidth));
  if (above.substr(static_cast<size_t>(place) * tlog::kHashBytes) == hash) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the audit log's tile ", bundle, " was changed"));
}

}  // namespace

absl::StatusOr<TileTree> TileTree::Open(const store::Store& store, store::Batch& batch) {
  TileTree tree;
  ASSIGN_OR_RETURN(const uint64_t size, store.AuditSize());
  ASSIGN_OR_RETURN(const std::string first_tile, store.ReadTile(0, 0));
  if (first_tile.empty()) {
    ASSIGN_OR_RETURN(const bool was_signed, store.WasSigned());
    if (was_signed && size >= kTileWidth) {
      return absl::DataLossError("the audit log's first tile is missing");
    }
    std::string hashes;
    RETURN_IF_ERROR(HashRecords(store, 0, size, hashes));
    for (size_t at = 0; at < hashes.size(); at += tlog::kHashBytes) {
      RETURN_IF_ERROR(tree.Append({hashes.data() + at, tlog::kHashBytes}, batch));
    }
    return tree;
  }

  RETURN_IF_ERROR(CheckLastBundle(store, size));
  TreeReader reader(store);
  for (int level = 0; level < tlog::TileLevels(size); ++level) {
    const uint64_t hashes = tlog::TileHashes(size, level);
    const int width = static_cast<int>(hashes % kTileWidth);
    std::string& edge = tree.edge_.emplace_back();
    if (width > 0) {
      ASSIGN_OR_RETURN(edge, reader.Tile(level, hashes / kTileWidth, width));
    }
  }
  ASSIGN_OR_RETURN(std::vector<std::string> frontier, reader.Frontier(size));
  ASSIGN_OR_RETURN(tree.range_, tlog::CompactRange::Resume(size, std::move(frontier)));
  return tree;
}

absl::Status TileTree::Append(absl::string_view leaf_hash, store::Batch& batch) {
  absl::Status kept;
  RETURN_IF_ERROR(
      range_.Append(std::string(leaf_hash), [&](tlog::NodeId node, const std::string& hash) {
        // The hash of a whole tile is one of the tile above.
        if (node.level % tlog::kTileHeight != 0) return;
        const int level = node.level / tlog::kTileHeight;
        if (edge_.size() <= static_cast<size_t>(level)) edge_.emplace_back();
        std::string& edge = edge_[static_cast<size_t>(level)];
        edge += hash;
        const bool whole = edge.size() == kTileBytes;
        // Those above level 0 grow once in 256 records at most: kept as they grow, they
        // need not be computed again at the next start.
        if (level > 0 || whole) kept.Update(batch.PutTile(level, node.index / kTileWidth, edge));
        if (whole) edge.clear();
      }));
  return kept;
}

}  // namespace concordat::audit
