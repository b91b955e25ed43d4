// The folder that an exported log lies in.
#ifndef CONCORDAT_CLIENT_AUDIT_EXPORT_FOLDER_H_
#define CONCORDAT_CLIENT_AUDIT_EXPORT_FOLDER_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tlog/tile.h"

namespace concordat::audit_export {

// An export in the layout of C2SP tlog-tiles: `checkpoint`, `tile/<level>/…` with
// hashes and `tile/entries/…` with records. Where the log's retention had dropped
// records before, the file `minimum_index` says below which index bundles may be
// missing; the specification leaves open how that is published. Where the log lost
// records and was succeeded by another one, `lost_checkpoint` is the last one that was
// signed before.
//
// Not thread-safe.
class ExportFolder {
 public:
  // A file as it was read, or that it is not there.
  struct File {
    // Inside the folder. Of a missing one, the narrower of the two that would do.
    std::string path;
    // Good until the next call of Read. Nothing when the file is missing.
    std::optional<absl::string_view> bytes;
    // Hashes or records that a file of this path has.
    int width = 0;
  };

  explicit ExportFolder(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }

  // Reads a tile or bundle. A full one may stand in for a partial one.
  File Read(const tlog::Tile& tile);
  // Reads a tile or bundle of this very width.
  std::optional<absl::string_view> ReadExactly(const tlog::Tile& tile);
  // Writes one, whole or not at all. UNKNOWN says what failed.
  absl::Status Write(const tlog::Tile& tile, absl::string_view bytes) const;
  // Removes a partial tile or bundle that a wider one has replaced, if it is there.
  void Remove(const tlog::Tile& tile) const;

  // The signed note. NOT_FOUND when there is none.
  absl::StatusOr<std::string> ReadCheckpoint() const;
  // Writes it, after everything that was written before is on disk.
  absl::Status WriteCheckpoint(absl::string_view note) const;

  // Index of the first record whose bundle has to be there, of a log of `size`
  // records; 0 when no file says otherwise. DATA_LOSS when it is no multiple of 256 up
  // to `size`, in decimal digits and a newline.
  absl::StatusOr<uint64_t> ReadMinimumIndex(uint64_t size) const;
  absl::Status WriteMinimumIndex(uint64_t minimum_index) const;

  // The signed note of `lost_checkpoint`; nothing when there is none. DATA_LOSS when it
  // cannot be read.
  absl::StatusOr<std::optional<std::string>> ReadLostCheckpoint() const;

 private:
  std::filesystem::path path_;
  std::string buffer_;
};

}  // namespace concordat::audit_export

#endif  // CONCORDAT_CLIENT_AUDIT_EXPORT_FOLDER_H_
