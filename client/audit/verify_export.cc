#include "client/audit/verify_export.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "client/audit/bundle_hashes.h"
#include "client/audit/export_folder.h"
#include "tlog/tile_builder.h"

namespace concordat::audit_export {
namespace {

using tlog::kHashBytes;
using tlog::kTileWidth;
using tlog::Tile;
using tlog::TileContents;

absl::Status Damage(uint64_t first, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("first bad index ", first, ": ", what));
}

// Number of the first hash that `stored` has otherwise or not at all; nothing when it
// has them all.
std::optional<int> FirstDifference(absl::string_view hashes, absl::string_view stored) {
  const size_t same = static_cast<size_t>(
      std::mismatch(hashes.begin(), hashes.end(), stored.begin(), stored.end()).first -
      hashes.begin());
  if (same == hashes.size()) return std::nullopt;
  return static_cast<int>(same / kHashBytes);
}

// One pass over an export.
class Pass {
 public:
  Pass(const VerifyOptions& options, uint64_t size, uint64_t minimum_index)
      : options_(options), size_(size), minimum_index_(minimum_index), folder_(options.folder) {}

  // DATA_LOSS unless the whole export leads to `root`, and its first `earlier_size`
  // records to `earlier_root`.
  absl::Status Run(absl::string_view root, uint64_t earlier_size, absl::string_view earlier_root);

  uint64_t archived() const { return archived_; }

 private:
  // A wrong tile: the first index under its first wrong hash, and what is wrong.
  struct BadTile {
    uint64_t first;
    std::string what;
  };

  // The leaf hashes of one bundle, good until the next call.
  absl::StatusOr<absl::string_view> LeafHashes(uint64_t index, int width);
  // The same of a bundle that is not here, out of the tile.
  absl::StatusOr<absl::string_view> ArchivedHashes(const Tile& tile);
  // What is wrong with a bundle that has not its `expected` records.
  absl::Status BadBundle(const Tile& tile, const std::string& path, int expected, int found);
  void Append(absl::string_view hashes);
  // Compares a stored tile with what the records make of it.
  void Compare(const Tile& tile, absl::string_view hashes);
  absl::Status Judge(absl::string_view root) const;

  const VerifyOptions& options_;
  const uint64_t size_;
  const uint64_t minimum_index_;
  ExportFolder folder_;
  tlog::TileBuilder tree_;
  BundleHashes leaves_;
  uint64_t archived_ = 0;
  // The first of each level.
  std::map<int, BadTile> bad_tiles_;
};

absl::StatusOr<absl::string_view> Pass::LeafHashes(uint64_t index, int width) {
  const Tile tile{TileContents::kEntries, 0, index, width};
  if (options_.hashes_only) return ArchivedHashes(tile);
  const ExportFolder::File file = folder_.Read(tile);
  if (!file.bytes.has_value()) {
    if ((index + 1) * kTileWidth <= minimum_index_) return ArchivedHashes(tile);
    return Damage(index * kTileWidth, absl::StrCat(file.path, " is missing"));
  }
  const int found = leaves_.Hash(*file.bytes);
  if (!leaves_.is_whole() || found != file.width) {
    return BadBundle(tile, file.path, file.width, found);
  }
  return leaves_.hashes(width);
}

absl::StatusOr<absl::string_view> Pass::ArchivedHashes(const Tile& tile) {
  const ExportFolder::File file = folder_.Read({TileContents::kHashes, 0, tile.index, tile.width});
  const size_t bytes = static_cast<size_t>(tile.width) * kHashBytes;
  if (!file.bytes.has_value() || file.bytes->size() < bytes) {
    return Damage(
        tile.index * kTileWidth,
        absl::StrCat(file.path, file.bytes.has_value() ? " is too short" : " is missing"));
  }
  archived_ += static_cast<uint64_t>(tile.width);
  leaves_.Set(file.bytes->substr(0, bytes));
  return leaves_.hashes(tile.width);
}

absl::Status Pass::BadBundle(const Tile& tile, const std::string& path, int expected, int found) {
  // A length that was changed shifts all that follows: the tile tells where that began.
  const ExportFolder::File stored =
      folder_.Read({TileContents::kHashes, 0, tile.index, tile.width});
  std::optional<int> number;
  if (stored.bytes.has_value() && !stored.bytes->empty()) {
    number = FirstDifference(leaves_.hashes(std::min(found, tile.width)), *stored.bytes);
  }
  const int first = number.value_or(std::min(found, tile.width - 1));
  return Damage(tile.index * kTileWidth + static_cast<uint64_t>(first),
                absl::StrCat(path, " does not have ", expected, " whole records"));
}

void Pass::Append(absl::string_view hashes) {
  tree_.Append(hashes, [this](const Tile& tile, absl::string_view made) { Compare(tile, made); });
}

void Pass::Compare(const Tile& tile, absl::string_view hashes) {
  const ExportFolder::File file = folder_.Read(tile);
  const absl::string_view stored = file.bytes.value_or("");
  const std::optional<int> number = FirstDifference(hashes, stored);
  if (!number.has_value() && stored.size() == static_cast<size_t>(file.width) * kHashBytes) return;
  const uint64_t hash = tile.index * kTileWidth + static_cast<uint64_t>(number.value_or(0));
  bad_tiles_.try_emplace(
      tile.level, BadTile{hash << (tile.level * tlog::kTileHeight),
                          file.bytes.has_value()
                              ? absl::StrCat("a hash in ", file.path, " is not that of the records")
                              : absl::StrCat(file.path, " is missing")});
}

absl::Status Pass::Judge(absl::string_view root) const {
  const bool leads_to_root = tree_.Root() == root;
  if (bad_tiles_.empty()) {
    if (leads_to_root) return absl::OkStatus();
    return absl::DataLossError(
        "records and tiles agree with each other, but not with the signed root: no index can be "
        "named");
  }
  const auto& [level, bad] = *bad_tiles_.begin();
  if (leads_to_root) return Damage(bad.first, absl::StrCat(bad.what, "; all records are whole"));
  if (level == 0) return Damage(bad.first, bad.what);
  const uint64_t covered = uint64_t{1} << (level * tlog::kTileHeight);
  return absl::DataLossError(absl::StrCat("first bad index ", bad.first, " to ",
                                          std::min(bad.first + covered, size_) - 1, ": ",
                                          bad.what));
}

absl::Status Pass::Run(absl::string_view root, uint64_t earlier_size,
                       absl::string_view earlier_root) {
  std::string root_then = tree_.Root();
  for (uint64_t start = 0; start < size_; start += kTileWidth) {
    const uint64_t width = std::min<uint64_t>(kTileWidth, size_ - start);
    ASSIGN_OR_RETURN(const absl::string_view hashes,
                     LeafHashes(start / kTileWidth, static_cast<int>(width)));
    const uint64_t before = earlier_size > start ? std::min(earlier_size - start, width) : 0;
    Append(hashes.substr(0, before * kHashBytes));
    if (before > 0 && tree_.size() == earlier_size) root_then = tree_.Root();
    Append(hashes.substr(before * kHashBytes));
    if (options_.progress) options_.progress(start + width, size_);
  }
  tree_.PartialTiles([this](const Tile& tile, absl::string_view hashes) { Compare(tile, hashes); });
  RETURN_IF_ERROR(Judge(root));
  if (root_then == earlier_root) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("first bad index below ", earlier_size,
                   ": the log did not grow from the earlier checkpoint by appending alone"));
}

// A checkpoint of the export; an error of it begins with the file that it is about.
absl::StatusOr<VerifiedCheckpoint> Open(absl::string_view name, absl::string_view note,
                                        const AuditTrust& trust) {
  absl::StatusOr<VerifiedCheckpoint> checkpoint = VerifyCheckpoint(note, trust);
  if (checkpoint.ok()) return checkpoint;
  const absl::StatusCode code = absl::IsFailedPrecondition(checkpoint.status())
                                    ? absl::StatusCode::kFailedPrecondition
                                    : absl::StatusCode::kDataLoss;
  return absl::Status(code, absl::StrCat(name, ": ", checkpoint.status().message()));
}

// Records that were signed after those of the export, by its `lost_checkpoint`.
absl::StatusOr<uint64_t> LostRecords(const ExportFolder& folder, const VerifiedCheckpoint& last,
                                     AuditTrust trust) {
  ASSIGN_OR_RETURN(const std::optional<std::string> note, folder.ReadLostCheckpoint());
  if (!note.has_value()) return 0;
  trust.min_witnesses = 0;
  ASSIGN_OR_RETURN(const VerifiedCheckpoint lost, Open("lost_checkpoint", *note, trust));
  if (lost.origin != last.origin || lost.tree_size <= last.tree_size) {
    return absl::DataLossError("lost_checkpoint: it is not a later one of this log");
  }
  return lost.tree_size - last.tree_size;
}

}  // namespace

absl::StatusOr<WholeLog> VerifyExport(const VerifyOptions& options) {
  RETURN_IF_ERROR(CheckKeys(options.trust));
  const ExportFolder folder(options.folder);
  const absl::StatusOr<std::string> note = folder.ReadCheckpoint();
  if (!note.ok()) return absl::DataLossError("checkpoint: it cannot be read");
  WholeLog log;
  ASSIGN_OR_RETURN(log.checkpoint, Open("checkpoint", *note, options.trust));
  const uint64_t size = log.checkpoint.tree_size;
  VerifiedCheckpoint earlier;
  earlier.root_hash = tlog::EmptyRoot();
  if (options.earlier.has_value()) {
    AuditTrust trust = options.trust;
    // It may be older than its cosignatures.
    trust.min_witnesses = 0;
    ASSIGN_OR_RETURN(earlier, Open("the earlier checkpoint", *options.earlier, trust));
    if (earlier.origin != log.checkpoint.origin) {
      return absl::DataLossError("the earlier checkpoint is of another log");
    }
  }
  ASSIGN_OR_RETURN(log.lost, LostRecords(folder, log.checkpoint, options.trust));
  ASSIGN_OR_RETURN(log.minimum_index, folder.ReadMinimumIndex(size));
  if (earlier.tree_size > size) {
    return Damage(size, absl::StrCat("the earlier checkpoint has ", earlier.tree_size, " records"));
  }
  Pass pass(options, size, log.minimum_index);
  RETURN_IF_ERROR(pass.Run(log.checkpoint.root_hash, earlier.tree_size, earlier.root_hash));
  log.archived = pass.archived();
  return log;
}

}  // namespace concordat::audit_export
