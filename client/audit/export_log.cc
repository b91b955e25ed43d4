#include "client/audit/export_log.h"

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "client/audit/bundle_hashes.h"
#include "client/audit/export_folder.h"
#include "client/internal/durable_file.h"
#include "tlog/checkpoint.h"
#include "tlog/tile_builder.h"

namespace concordat::audit_export {
namespace {

using tlog::kHashBytes;
using tlog::kTileWidth;
using tlog::Tile;
using tlog::TileContents;

// Tiles, and then bundles, of one round: what is held of tiles in memory (2 MiB), and
// at most one call for each.
constexpr uint64_t kRound = 256;

// Largest bundle that can be.
constexpr size_t kMaxBundleBytes = kTileWidth * (size_t{sizeof(uint16_t)} + tlog::kMaxRecordBytes);

absl::Status NotAsked(absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("the service sent ", what, " where another was asked for"));
}

// What a note says; its signatures only where there are keys.
absl::StatusOr<VerifiedCheckpoint> ReadNote(absl::string_view note, const AuditTrust& trust) {
  if (!trust.keys.empty()) return VerifyCheckpoint(note, trust);
  ASSIGN_OR_RETURN(const tlog::Note parsed, tlog::ParseNote(note));
  ASSIGN_OR_RETURN(tlog::Checkpoint checkpoint,
                   tlog::ParseCheckpoint(parsed.text, tlog::ExtensionLines::kRefuse));
  return VerifiedCheckpoint{std::move(checkpoint.origin), checkpoint.size,
                            std::move(checkpoint.root), 0, std::string(note)};
}

// Calls `fetch` for each run of numbers from `first` on whose flag is set.
template <typename Fetch>
absl::Status ForEachRun(const std::vector<bool>& flags, uint64_t first, Fetch fetch) {
  for (size_t begin = 0; begin < flags.size();) {
    size_t end = begin;
    while (end < flags.size() && flags[end]) ++end;
    if (end > begin) RETURN_IF_ERROR(fetch(first + begin, end - begin));
    begin = std::max(end, begin + 1);
  }
  return absl::OkStatus();
}

// One export.
class Export {
 public:
  Export(Client client, const ExportOptions& options, VerifiedCheckpoint standing,
         VerifiedCheckpoint newest)
      : client_(std::move(client)),
        options_(options),
        standing_(std::move(standing)),
        newest_(std::move(newest)),
        folder_(options.folder) {}

  // Everything but the checkpoint. `minimum_index`: of the records whose bundles the
  // service has.
  absl::Status FetchTree(uint64_t minimum_index);
  // Removes partial tiles that wider ones have replaced.
  void RemoveReplaced() const;

  uint64_t fetched_tiles() const { return fetched_tiles_; }
  uint64_t fetched_bundles() const { return fetched_bundles_; }

 private:
  // Tiles `first` to before `end`, of level 0, with their bundles.
  absl::Status Round(uint64_t first, uint64_t end, uint64_t minimum_index);
  absl::Status FetchTiles(uint64_t first, uint64_t count);
  absl::Status FetchBundles(uint64_t first, uint64_t count);
  // Whether the bundle stands in the folder and has the hashes of its tile.
  bool HasBundle(uint64_t index);
  absl::Status KeepBundle(const Tile& tile, absl::string_view bundle);
  // Puts the round's tiles on the tree, and compares with the checkpoint that stands.
  absl::Status Append(absl::string_view hashes);
  // Writes a tile unless it is there already.
  absl::Status Keep(const Tile& tile, absl::string_view hashes);

  Tile TileAt(TileContents contents, uint64_t index) const {
    return {contents, 0, index, tlog::TileWidth(newest_.tree_size, 0, index)};
  }

  Client client_;
  const ExportOptions& options_;
  const VerifiedCheckpoint standing_;
  const VerifiedCheckpoint newest_;
  ExportFolder folder_;
  tlog::TileBuilder tree_;
  BundleHashes leaves_;
  // Of the round: its first tile, and the hashes of each.
  uint64_t round_ = 0;
  std::vector<std::string> tiles_;
  uint64_t fetched_tiles_ = 0;
  uint64_t fetched_bundles_ = 0;
};

absl::Status Export::FetchTree(uint64_t minimum_index) {
  const uint64_t tiles = tlog::TileCount(newest_.tree_size, 0);
  for (uint64_t first = 0; first < tiles; first += kRound) {
    const uint64_t end = std::min(first + kRound, tiles);
    RETURN_IF_ERROR(Round(first, end, minimum_index));
    if (options_.progress) {
      options_.progress(std::min(end * kTileWidth, newest_.tree_size), newest_.tree_size);
    }
  }
  absl::Status kept;
  tree_.PartialTiles([&](const Tile& tile, absl::string_view hashes) {
    if (kept.ok()) kept = Keep(tile, hashes);
  });
  RETURN_IF_ERROR(kept);
  if (tree_.Root() == newest_.root_hash) return absl::OkStatus();
  return absl::DataLossError(
      "the hashes do not lead to the root of the service's checkpoint: tiles in the folder are of "
      "another history or damaged, or the service's are; export into an empty folder to tell "
      "which");
}

absl::Status Export::Round(uint64_t first, uint64_t end, uint64_t minimum_index) {
  round_ = first;
  tiles_.assign(end - first, "");
  std::vector<bool> missing(end - first);
  for (uint64_t i = first; i < end; ++i) {
    const Tile tile = TileAt(TileContents::kHashes, i);
    const std::optional<absl::string_view> bytes = folder_.ReadExactly(tile);
    if (bytes.has_value() && bytes->size() == static_cast<size_t>(tile.width) * kHashBytes) {
      tiles_[i - first] = std::string(*bytes);
    } else {
      missing[i - first] = true;
    }
  }
  RETURN_IF_ERROR(ForEachRun(
      missing, first, [this](uint64_t begin, uint64_t count) { return FetchTiles(begin, count); }));
  for (const std::string& hashes : tiles_) RETURN_IF_ERROR(Append(hashes));
  if (options_.hashes_only) return absl::OkStatus();
  for (uint64_t i = first; i < end; ++i) {
    missing[i - first] = i >= minimum_index / kTileWidth && !HasBundle(i);
  }
  return ForEachRun(missing, first,
                    [this](uint64_t begin, uint64_t count) { return FetchBundles(begin, count); });
}

absl::Status Export::FetchTiles(uint64_t first, uint64_t count) {
  v1::ReadTilesRequest request;
  request.set_first(first);
  request.set_count(static_cast<int32_t>(count));
  request.set_tree_size(newest_.tree_size);
  uint64_t next = first;
  const auto take = [&](v1::ReadTilesResponse message) -> absl::Status {
    const Tile tile = TileAt(TileContents::kHashes, next);
    if (next == first + count || message.path() != tlog::TilePath(tile) ||
        message.tile().size() != static_cast<size_t>(tile.width) * kHashBytes) {
      return NotAsked("a tile");
    }
    tiles_[next++ - round_] = std::move(*message.mutable_tile());
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(client_.ReadTiles(request, take, options_.call));
  fetched_tiles_ += count;
  return next == first + count ? absl::OkStatus() : NotAsked("fewer tiles");
}

absl::Status Export::FetchBundles(uint64_t first, uint64_t count) {
  v1::ReadEntryBundlesRequest request;
  request.set_first(first);
  request.set_count(static_cast<int32_t>(count));
  request.set_tree_size(newest_.tree_size);
  uint64_t next = first;
  std::string bundle;
  const auto take = [&](const v1::ReadEntryBundlesResponse& message) -> absl::Status {
    const Tile tile = TileAt(TileContents::kEntries, next);
    if (next == first + count || message.path() != tlog::TilePath(tile) ||
        bundle.size() + message.data().size() > kMaxBundleBytes) {
      return NotAsked("a bundle");
    }
    bundle += message.data();
    if (!message.last()) return absl::OkStatus();
    RETURN_IF_ERROR(KeepBundle(tile, bundle));
    bundle.clear();
    ++next;
    ++fetched_bundles_;
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(client_.ReadEntryBundles(request, take, options_.call));
  return next == first + count ? absl::OkStatus() : NotAsked("fewer bundles");
}

bool Export::HasBundle(uint64_t index) {
  const Tile tile = TileAt(TileContents::kEntries, index);
  const std::optional<absl::string_view> bundle = folder_.ReadExactly(tile);
  return bundle.has_value() && leaves_.Hash(*bundle) == tile.width && leaves_.is_whole() &&
         leaves_.hashes(tile.width) == tiles_[index - round_];
}

absl::Status Export::KeepBundle(const Tile& tile, absl::string_view bundle) {
  const int records = leaves_.Hash(bundle);
  const std::string& hashes = tiles_[tile.index - round_];
  for (int i = 0; i < std::min(records, tile.width); ++i) {
    const size_t at = static_cast<size_t>(i) * kHashBytes;
    if (leaves_.hashes(i + 1).substr(at) != hashes.substr(at, kHashBytes)) {
      return absl::DataLossError(absl::StrCat("the service sent record ",
                                              tile.index * kTileWidth + static_cast<uint64_t>(i),
                                              " with another hash than its tile has"));
    }
  }
  if (records != tile.width || !leaves_.is_whole()) {
    return absl::DataLossError(absl::StrCat("the service sent ", tlog::TilePath(tile),
                                            " without its ", tile.width, " whole records"));
  }
  return folder_.Write(tile, bundle);
}

absl::Status Export::Append(absl::string_view hashes) {
  absl::Status kept;
  const auto keep = [&](const Tile& tile, absl::string_view made) {
    if (kept.ok()) kept = Keep(tile, made);
  };
  const uint64_t leaves = hashes.size() / kHashBytes;
  const uint64_t start = tree_.size();
  const uint64_t before =
      standing_.tree_size > start ? std::min(standing_.tree_size - start, leaves) : 0;
  tree_.Append(hashes.substr(0, before * kHashBytes), keep);
  if (before > 0 && tree_.size() == standing_.tree_size && tree_.Root() != standing_.root_hash) {
    return absl::DataLossError(
        absl::StrCat("the log did not grow from the checkpoint of ", standing_.tree_size,
                     " records that stands in the folder by appending alone"));
  }
  tree_.Append(hashes.substr(before * kHashBytes), keep);
  return kept;
}

absl::Status Export::Keep(const Tile& tile, absl::string_view hashes) {
  const std::optional<absl::string_view> stored = folder_.ReadExactly(tile);
  if (stored.has_value() && *stored == hashes) return absl::OkStatus();
  return folder_.Write(tile, hashes);
}

void Export::RemoveReplaced() const {
  for (int level = 0; level < tlog::TileLevels(standing_.tree_size); ++level) {
    const uint64_t index = tlog::TileHashes(standing_.tree_size, level) / kTileWidth;
    const int width = tlog::TileWidth(standing_.tree_size, level, index);
    if (width == 0 || width == tlog::TileWidth(newest_.tree_size, level, index)) continue;
    folder_.Remove({TileContents::kHashes, level, index, width});
    if (level == 0) folder_.Remove({TileContents::kEntries, 0, index, width});
  }
}

// The checkpoint that stands in the folder; that of the empty log when none does.
absl::StatusOr<VerifiedCheckpoint> StandingIn(const ExportFolder& folder) {
  const absl::StatusOr<std::string> note = folder.ReadCheckpoint();
  if (!note.ok()) {
    VerifiedCheckpoint none;
    none.root_hash = tlog::EmptyRoot();
    return none;
  }
  absl::StatusOr<VerifiedCheckpoint> standing = ReadNote(*note, {});
  if (standing.ok()) return standing;
  return absl::DataLossError(
      absl::StrCat("the checkpoint that stands in the folder: ", standing.status().message()));
}

// Whether `newest` can follow what stands in the folder, as far as the notes say.
absl::Status CheckSuccession(const VerifiedCheckpoint& standing, const VerifiedCheckpoint& newest) {
  if (!standing.origin.empty() && standing.origin != newest.origin) {
    return absl::FailedPreconditionError(absl::StrCat("the folder holds the log ", standing.origin,
                                                      ", and the service's is ", newest.origin));
  }
  if (newest.tree_size >= standing.tree_size) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the log has ", newest.tree_size, " records and had ",
                                          standing.tree_size,
                                          " when the folder was written: records were taken away"));
}

}  // namespace

absl::StatusOr<ExportedLog> ExportLog(Client client, const ExportOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) {
    return absl::UnknownError(
        absl::StrCat("cannot make ", options.folder.string(), ": ", error.message()));
  }
  ASSIGN_OR_RETURN(const internal::FileLock lock,
                   internal::FileLock::Take(options.folder, internal::FileLock::Wait::kNo));
  const ExportFolder folder(options.folder);
  ASSIGN_OR_RETURN(const VerifiedCheckpoint standing, StandingIn(folder));
  ASSIGN_OR_RETURN(const v1::Checkpoint checkpoint, client.GetCheckpoint(options.call));
  ASSIGN_OR_RETURN(const VerifiedCheckpoint newest, ReadNote(checkpoint.note(), options.trust));
  RETURN_IF_ERROR(CheckSuccession(standing, newest));

  Export work(client, options, standing, newest);
  RETURN_IF_ERROR(work.FetchTree(checkpoint.minimum_index()));
  if (checkpoint.minimum_index() > 0) {
    RETURN_IF_ERROR(folder.WriteMinimumIndex(checkpoint.minimum_index()));
  }
  RETURN_IF_ERROR(folder.WriteCheckpoint(newest.note));
  work.RemoveReplaced();
  return ExportedLog{newest.origin,        newest.tree_size,
                     newest.note,          checkpoint.minimum_index(),
                     work.fetched_tiles(), work.fetched_bundles()};
}

}  // namespace concordat::audit_export
