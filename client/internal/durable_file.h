// Files that are whole whatever happens, and locks between processes: those of a
// user's machine. base/durable_file.h and base/process_lock.h are those of a server,
// and are not the same: their files are for their owner alone and not by the user's
// umask, each write is synced with its folder where an export syncs thousands of files
// at once, their lock never waits, and their errors are a server's.
#ifndef CONCORDAT_CLIENT_INTERNAL_DURABLE_FILE_H_
#define CONCORDAT_CLIENT_INTERNAL_DURABLE_FILE_H_

#include <filesystem>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace concordat::internal {

// Makes the file hold these bytes, or leaves it as it was: written beside it as
// `<path>.tmp`, synced, renamed. One writer of a path at a time. UNKNOWN says what
// failed.
absl::Status WriteWholeFile(const std::filesystem::path& path, absl::string_view bytes);

// Makes what was renamed or made in `folder` outlast a power failure; the second, on
// all of the disk that it lies on. UNKNOWN says what failed.
absl::Status SyncFolder(const std::filesystem::path& folder);
absl::Status SyncDisk(const std::filesystem::path& folder);

// Holds a file for one process at a time, and within it for one lock.
class FileLock {
 public:
  enum class Wait { kYes, kNo };

  // Locks `path`, a folder or a file that is made where it is missing. FAILED_PRECONDITION
  // when another has it and `wait` is kNo; UNKNOWN says what failed.
  static absl::StatusOr<FileLock> Take(const std::filesystem::path& path, Wait wait);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace concordat::internal

#endif  // CONCORDAT_CLIENT_INTERNAL_DURABLE_FILE_H_
