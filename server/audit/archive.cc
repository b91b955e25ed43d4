#include "server/audit/archive.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/file.h"
#include "base/status.h"
#include "server/audit/tree_reader.h"
#include "tlog/entry_bundle.h"
#include "tlog/merkle.h"

namespace concordat::audit {

Archive::Archive(const store::Store& store, std::string directory)
    : store_(store), directory_(std::move(directory)) {}

std::string Archive::PathOf(const std::string& name) const {
  return (std::filesystem::path(directory_) / name).string();
}

absl::Status Archive::PutFile(const std::string& name, absl::string_view bytes) const {
  const std::string path = PathOf(name);
  if (const absl::StatusOr<std::string> there = ReadFile(path); there.ok()) {
    if (*there == bytes) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("the archive has another ", name,
                     ": it is another log's, or damaged; nothing is dropped. Move the archive away "
                     "and keep it"));
  }
  RETURN_IF_ERROR(MakeFolderDurably(std::filesystem::path(path).parent_path().string()));
  return WriteFileDurably(path, bytes);
}

absl::Status Archive::PutRecords(uint64_t first, uint64_t end) const {
  for (uint64_t index = first / tlog::kTileWidth; index * tlog::kTileWidth < end; ++index) {
    RETURN_IF_ERROR(PutBundle(index, tlog::TileWidth(end, 0, index)));
  }
  return absl::OkStatus();
}

absl::Status Archive::PutBundle(uint64_t index, int width) const {
  const uint64_t first = index * tlog::kTileWidth;
  const uint64_t end = first + static_cast<uint64_t>(width);
  std::string bundle;
  absl::Status appended;
  uint64_t next = first;
  RETURN_IF_ERROR(store_.ScanLeaves(first, [&](const store::AuditRow& row) {
    if (row.index != next) return false;
    appended = tlog::AppendEntry(row.record, bundle);
    return appended.ok() && ++next < end;
  }));
  RETURN_IF_ERROR(appended);
  if (next != end) {
    return absl::DataLossError(absl::StrCat("the audit record ", next, " is missing"));
  }
  const std::string name = tlog::TilePath({tlog::TileContents::kEntries, 0, index, width});
  RETURN_IF_ERROR(PutFile(name, bundle));

  // Only what is read back counts.
  ASSIGN_OR_RETURN(const std::string archived, ReadFile(PathOf(name)));
  ASSIGN_OR_RETURN(const std::vector<absl::string_view> records,
                   tlog::ParseEntryBundle(archived, width));
  TreeReader tree(store_);
  ASSIGN_OR_RETURN(const std::string hashes, tree.Tile(0, index, width));
  for (size_t i = 0; i < records.size(); ++i) {
    if (hashes.compare(i * tlog::kHashBytes, tlog::kHashBytes, tlog::LeafHash(records[i])) != 0) {
      return absl::DataLossError(absl::StrCat("the audit record ", first + i,
                                              " is not the one that the tree covers; nothing is "
                                              "dropped"));
    }
  }
  return absl::OkStatus();
}

absl::Status Archive::PutTile(const tlog::Tile& tile) const {
  TreeReader tree(store_);
  ASSIGN_OR_RETURN(const std::string hashes, tree.Tile(tile.level, tile.index, tile.width));
  return PutFile(tlog::TilePath(tile), hashes);
}

absl::Status Archive::PutCheckpoint(absl::string_view note) const {
  RETURN_IF_ERROR(MakeFolderDurably(directory_));
  return WriteFileDurably(PathOf("checkpoint"), note);
}

absl::Status Archive::PutMinimumIndex(uint64_t minimum) const {
  if (minimum == 0) return absl::OkStatus();
  return PutFile("minimum_index", absl::StrCat(minimum, "\n"));
}

absl::Status Archive::PutLostCheckpoint(absl::string_view note) const {
  return PutFile("lost_checkpoint", note);
}

}  // namespace concordat::audit
