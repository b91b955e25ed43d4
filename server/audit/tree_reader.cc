#include "server/audit/tree_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "tlog/compact_range.h"
#include "tlog/tile.h"
#include "tlog/tree_proof.h"

namespace concordat::audit {

absl::Status HashRecords(const store::Store& store, uint64_t first, uint64_t end,
                         std::string& hashes) {
  uint64_t next = first;
  RETURN_IF_ERROR(store.ScanLeaves(first, [&](const store::AuditRow& row) {
    if (next == end || row.index != next) return false;
    hashes += tlog::LeafHash(row.record);
    return ++next < end;
  }));
  if (next == end) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the audit record ", next, " is missing"));
}

absl::StatusOr<std::string> TreeReader::Tile(int level, uint64_t index, int width) {
  const size_t wanted = static_cast<size_t>(width) * tlog::kHashBytes;
  std::string& tile = tiles_[{level, index}];
  if (tile.size() < wanted) {
    ASSIGN_OR_RETURN(tile, store_.ReadTile(level, index));
  }
  if (tile.empty() && level == 0 && width < tlog::kTileWidth) {
    const uint64_t first = index * tlog::kTileWidth;
    RETURN_IF_ERROR(HashRecords(store_, first, first + static_cast<uint64_t>(width), tile));
  }
  if (tile.size() < wanted || tile.size() % tlog::kHashBytes != 0) {
    return absl::DataLossError(
        absl::StrCat("the audit log's tile ", index, " of level ", level, " is not whole"));
  }
  return tile.substr(0, wanted);
}

absl::StatusOr<std::string> TreeReader::Node(tlog::NodeId node) {
  const tlog::TileSpan span = tlog::TileSpanOf(node);
  ASSIGN_OR_RETURN(const std::string tile, Tile(span.level, span.index, span.first + span.count));
  return tlog::HashInTile(tile, span.first, span.count);
}

absl::StatusOr<std::string> TreeReader::Root(uint64_t size) {
  return tlog::TreeRoot(size, [this](tlog::NodeId node) { return Node(node); });
}

absl::StatusOr<std::vector<std::string>> TreeReader::Frontier(uint64_t size) {
  std::vector<std::string> hashes;
  for (const tlog::NodeId node : tlog::FrontierOf(size)) {
    ASSIGN_OR_RETURN(hashes.emplace_back(), Node(node));
  }
  return hashes;
}

absl::StatusOr<std::vector<std::string>> TreeReader::InclusionProof(uint64_t index, uint64_t size) {
  return tlog::InclusionProof(index, size, [this](tlog::NodeId node) { return Node(node); });
}

absl::StatusOr<std::vector<std::string>> TreeReader::ConsistencyProof(uint64_t old_size,
                                                                      uint64_t new_size) {
  return tlog::ConsistencyProof(old_size, new_size,
                                [this](tlog::NodeId node) { return Node(node); });
}

}  // namespace concordat::audit
