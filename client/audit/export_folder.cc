#include "client/audit/export_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "base/status.h"
#include "client/internal/durable_file.h"
#include "tlog/strict_text.h"

namespace concordat::audit_export {
namespace {

constexpr absl::string_view kCheckpoint = "checkpoint";
constexpr absl::string_view kMinimumIndex = "minimum_index";
constexpr absl::string_view kLostCheckpoint = "lost_checkpoint";

std::filesystem::path In(const std::filesystem::path& folder, absl::string_view name) {
  return folder / std::string(name);
}

// A bundle of 256 records of 64 KiB, the largest file there is.
constexpr off_t kMostBytes = off_t{tlog::kTileWidth} * (tlog::kMaxRecordBytes + 2);

// Reads a whole file into `buffer`, which keeps what it has allocated. False when it
// cannot be read, or is no file that an export has.
bool ReadInto(const std::filesystem::path& path, std::string& buffer) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return false;
  const absl::Cleanup closer = [descriptor] { close(descriptor); };
  struct stat about = {};
  if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > kMostBytes) {
    return false;
  }
  buffer.resize(static_cast<size_t>(about.st_size));
  size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got = read(descriptor, &buffer[size], buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  buffer.resize(size);
  return true;
}

}  // namespace

ExportFolder::ExportFolder(std::filesystem::path path) : path_(std::move(path)) {}

ExportFolder::File ExportFolder::Read(const tlog::Tile& tile) {
  File file{tlog::TilePath(tile), ReadExactly(tile), tile.width};
  if (file.bytes.has_value() || tile.width == tlog::kTileWidth) return file;
  tlog::Tile full = tile;
  full.width = tlog::kTileWidth;
  const std::optional<absl::string_view> bytes = ReadExactly(full);
  return bytes.has_value() ? File{tlog::TilePath(full), bytes, full.width} : file;
}

std::optional<absl::string_view> ExportFolder::ReadExactly(const tlog::Tile& tile) {
  if (!ReadInto(path_ / tlog::TilePath(tile), buffer_)) return std::nullopt;
  return absl::string_view(buffer_);
}

absl::Status ExportFolder::Write(const tlog::Tile& tile, absl::string_view bytes) const {
  const std::filesystem::path path = path_ / tlog::TilePath(tile);
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    return absl::UnknownError(
        absl::StrCat("cannot make ", path.parent_path().string(), ": ", error.message()));
  }
  return internal::WriteWholeFile(path, bytes);
}

void ExportFolder::Remove(const tlog::Tile& tile) const {
  const std::filesystem::path path = path_ / tlog::TilePath(tile);
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  // The folder `NNN.p` of its partial tiles goes with the last of them.
  std::filesystem::remove(path.parent_path(), ignored);
}

absl::StatusOr<std::string> ExportFolder::ReadCheckpoint() const {
  return ReadFile(In(path_, kCheckpoint).string());
}

absl::Status ExportFolder::WriteCheckpoint(absl::string_view note) const {
  // The tiles lie in many folders.
  RETURN_IF_ERROR(internal::SyncDisk(path_));
  RETURN_IF_ERROR(internal::WriteWholeFile(In(path_, kCheckpoint), note));
  return internal::SyncFolder(path_);
}

absl::StatusOr<uint64_t> ExportFolder::ReadMinimumIndex(uint64_t size) const {
  const std::filesystem::path path = In(path_, kMinimumIndex);
  if (!std::filesystem::exists(path)) return 0;
  const absl::StatusOr<std::string> text = ReadFile(path.string());
  if (!text.ok()) return absl::DataLossError("minimum_index: it cannot be read");
  absl::string_view digits = *text;
  const bool is_a_line = absl::ConsumeSuffix(&digits, "\n");
  const std::optional<uint64_t> index = tlog::ParseDecimal(digits);
  if (!is_a_line || !index.has_value() || *index > size || *index % tlog::kTileWidth != 0) {
    return absl::DataLossError("minimum_index: it is not a multiple of 256 up to the log's size");
  }
  return *index;
}

absl::Status ExportFolder::WriteMinimumIndex(uint64_t minimum_index) const {
  return internal::WriteWholeFile(In(path_, kMinimumIndex), absl::StrCat(minimum_index, "\n"));
}

absl::StatusOr<std::optional<std::string>> ExportFolder::ReadLostCheckpoint() const {
  const std::filesystem::path path = In(path_, kLostCheckpoint);
  if (!std::filesystem::exists(path)) return std::nullopt;
  absl::StatusOr<std::string> note = ReadFile(path.string());
  if (!note.ok()) return absl::DataLossError("lost_checkpoint: it cannot be read");
  return *std::move(note);
}

}  // namespace concordat::audit_export
