#include "server/audit/succession.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "server/audit/archive.h"
#include "server/audit/tree_reader.h"
#include "tlog/checkpoint.h"
#include "tlog/compact_range.h"
#include "tlog/merkle.h"
#include "tlog/note.h"
#include "tlog/tile.h"

namespace concordat::audit {
namespace {

// Whether the store still has all that was signed.
absl::StatusOr<bool> IsWhole(const store::Store& store, const tlog::Checkpoint& checkpoint,
                             uint64_t size) {
  if (checkpoint.size > size) return false;
  TreeReader reader(store);
  ASSIGN_OR_RETURN(const std::string root, reader.Root(checkpoint.size));
  return root == checkpoint.root;
}

// The root over the records' hashes, and not as the store's tiles have it.
absl::StatusOr<std::string> RootOfRecords(const store::Store& store, uint64_t size) {
  TreeReader reader(store);
  tlog::CompactRange range;
  for (uint64_t index = 0; index * tlog::kTileWidth < size; ++index) {
    ASSIGN_OR_RETURN(const std::string hashes,
                     reader.Tile(0, index, tlog::TileWidth(size, 0, index)));
    for (size_t at = 0; at < hashes.size(); at += tlog::kHashBytes) {
      RETURN_IF_ERROR(range.Append(hashes.substr(at, tlog::kHashBytes)));
    }
  }
  ASSIGN_OR_RETURN(std::string root, reader.Root(size));
  if (root != range.Root()) {
    return absl::DataLossError("a tile of the tree is not that of the tiles below it");
  }
  return root;
}

// A checkpoint of what is left, by those of `keys` that signed the last one; empty when
// none did.
absl::StatusOr<std::string> SignWhatIsLeft(absl::string_view last, const tlog::Checkpoint& left,
                                           absl::Span<const tlog::SignerKey> keys) {
  tlog::Note note;
  ASSIGN_OR_RETURN(note.text, tlog::FormatCheckpoint(left));
  for (const tlog::SignerKey& key : keys) {
    const bool is_the_logs =
        tlog::OpenCheckpoint(last, {key.verifier()}, tlog::ExtensionLines::kRefuse).ok();
    if (!is_the_logs) continue;
    ASSIGN_OR_RETURN(note.signatures.emplace_back(), key.Sign(note.text));
  }
  if (note.signatures.empty()) return "";
  return tlog::FormatNote(note);
}

// Archives the records and tiles of the tree of `size`, from the record `first` on.
absl::Status PutTree(const Archive& archive, uint64_t first, uint64_t size) {
  RETURN_IF_ERROR(archive.PutRecords(first, size));
  for (const tlog::Tile& tile : tlog::TilesBetween(0, size)) {
    if (tile.contents == tlog::TileContents::kHashes) RETURN_IF_ERROR(archive.PutTile(tile));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Succession> SucceedLog(store::Store& store, absl::string_view origin,
                                      absl::string_view checkpoint,
                                      absl::Span<const tlog::SignerKey> keys,
                                      const std::string& archive_directory) {
  ASSIGN_OR_RETURN(const std::string old_origin, store.LogOrigin());
  ASSIGN_OR_RETURN(const tlog::Note note, tlog::ParseNote(checkpoint));
  ASSIGN_OR_RETURN(const tlog::Checkpoint signed_last,
                   tlog::ParseCheckpoint(note.text, tlog::ExtensionLines::kRefuse));
  if (old_origin.empty() || signed_last.origin != old_origin || old_origin == origin) {
    return absl::FailedPreconditionError(
        absl::StrCat("the database holds the log '", old_origin, "', the checkpoint is of '",
                     signed_last.origin, "', and log_origin is '", origin,
                     "': the first two have to be one, and the third a new one"));
  }
  ASSIGN_OR_RETURN(const uint64_t size, store.AuditSize());
  ASSIGN_OR_RETURN(const bool whole, IsWhole(store, signed_last, size));
  if (whole) {
    return absl::FailedPreconditionError(
        "the database has all records that were signed: its log needs no successor");
  }
  std::error_code error;
  if (std::filesystem::exists(archive_directory, error) &&
      !std::filesystem::is_empty(archive_directory, error)) {
    return absl::FailedPreconditionError(
        absl::StrCat(archive_directory, " is not empty: archive the old log in a new folder"));
  }

  const Archive archive(store, archive_directory);
  ASSIGN_OR_RETURN(const uint64_t minimum, store.AuditMinimum());
  RETURN_IF_ERROR(PutTree(archive, minimum, size));
  RETURN_IF_ERROR(archive.PutMinimumIndex(minimum));
  std::string newly_signed;
  if (size < signed_last.size) {
    ASSIGN_OR_RETURN(std::string root, RootOfRecords(store, size));
    const tlog::Checkpoint left{old_origin, size, std::move(root), {}};
    ASSIGN_OR_RETURN(newly_signed, SignWhatIsLeft(checkpoint, left, keys));
  } else if (signed_last.size > minimum) {
    // What contradicts the checkpoint, in files of its size, so that it is found.
    const uint64_t last_bundle = signed_last.size - signed_last.size % tlog::kTileWidth;
    RETURN_IF_ERROR(PutTree(archive, std::max(minimum, last_bundle), signed_last.size));
  }
  if (newly_signed.empty()) {
    RETURN_IF_ERROR(archive.PutCheckpoint(checkpoint));
  } else {
    RETURN_IF_ERROR(archive.PutLostCheckpoint(checkpoint));
    RETURN_IF_ERROR(archive.PutCheckpoint(newly_signed));
  }
  RETURN_IF_ERROR(store.SucceedLog(origin));
  return Succession{absl::StrCat(old_origin, "@", signed_last.size), !newly_signed.empty()};
}

}  // namespace concordat::audit
