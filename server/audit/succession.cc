#include "server/audit/succession.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "server/audit/archive.h"
#include "server/audit/tree_reader.h"
#include "tlog/checkpoint.h"
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

}  // namespace

absl::StatusOr<std::string> SucceedLog(store::Store& store, absl::string_view origin,
                                       absl::string_view checkpoint,
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
  RETURN_IF_ERROR(archive.PutRecords(minimum, size));
  for (const tlog::Tile& tile : tlog::TilesBetween(0, size)) {
    if (tile.contents == tlog::TileContents::kHashes) RETURN_IF_ERROR(archive.PutTile(tile));
  }
  RETURN_IF_ERROR(archive.PutCheckpoint(checkpoint));
  RETURN_IF_ERROR(store.SucceedLog(origin));
  return absl::StrCat(old_origin, "@", signed_last.size);
}

}  // namespace concordat::audit
