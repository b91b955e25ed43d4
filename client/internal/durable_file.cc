#include "client/internal/durable_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace concordat::internal {
namespace {

// Narrowed by the user's umask.
constexpr mode_t kMode = 0666;

absl::Status Failed(absl::string_view what, const std::filesystem::path& path) {
  const int error_number = errno;
  return absl::UnknownError(
      absl::StrCat("cannot ", what, " ", path.string(), ": ",
                   std::error_code(error_number, std::generic_category()).message()));
}

absl::Status WriteAndSync(const std::filesystem::path& path, absl::string_view bytes) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
  if (descriptor < 0) return Failed("create", path);
  const absl::Cleanup closer = [descriptor] { close(descriptor); };
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(descriptor) == 0 ? absl::OkStatus() : Failed("sync", path);
}

absl::Status SyncWith(int (*sync)(int), const std::filesystem::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return Failed("open", folder);
  const absl::Cleanup closer = [descriptor] { close(descriptor); };
  return sync(descriptor) == 0 ? absl::OkStatus() : Failed("sync", folder);
}

}  // namespace

absl::Status WriteWholeFile(const std::filesystem::path& path, absl::string_view bytes) {
  const std::filesystem::path temporary = absl::StrCat(path.string(), ".tmp");
  absl::Status status = WriteAndSync(temporary, bytes);
  if (status.ok() && std::rename(temporary.c_str(), path.c_str()) != 0) {
    status = Failed("write", path);
  }
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

absl::Status SyncFolder(const std::filesystem::path& folder) { return SyncWith(&fsync, folder); }

absl::Status SyncDisk(const std::filesystem::path& folder) { return SyncWith(&syncfs, folder); }

absl::StatusOr<FileLock> FileLock::Take(const std::filesystem::path& path, Wait wait) {
  std::error_code ignored;
  const int flags =
      std::filesystem::is_directory(path, ignored) ? O_RDONLY | O_DIRECTORY : O_RDWR | O_CREAT;
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC, kMode);
  if (descriptor < 0) return Failed("open", path);
  FileLock lock(descriptor);
  const int operation = wait == Wait::kYes ? LOCK_EX : LOCK_EX | LOCK_NB;
  while (flock(descriptor, operation) != 0) {
    if (errno == EWOULDBLOCK) {
      return absl::FailedPreconditionError(
          absl::StrCat("another program is at work in ", path.string()));
    }
    if (errno != EINTR) return Failed("lock", path);
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace concordat::internal
