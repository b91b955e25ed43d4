#include "client/cli/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/status.h"
#include "client/cli/local_error.h"

namespace concordat::cli {
namespace {

// Narrowed by the user's umask.
constexpr mode_t kMode = 0666;
constexpr mode_t kPermissions = 0777;
constexpr size_t kSuffixBytes = 6;

absl::Status Failed(absl::string_view what, const std::filesystem::path& path) {
  return LocalFileError(errno, absl::StrCat("cannot ", what, " ", path.string()));
}

// A rename is durable once its folder is.
absl::Status SyncFolder(const std::filesystem::path& path) {
  std::filesystem::path folder = path.parent_path();
  if (folder.empty()) folder = ".";
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return Failed("open", folder);
  const bool synced = fsync(descriptor) == 0;
  absl::Status status = synced ? absl::OkStatus() : Failed("sync", folder);
  close(descriptor);
  return status;
}

}  // namespace

AtomicFile::AtomicFile(int descriptor, std::unique_ptr<SignalCleanup> cleanup,
                       std::filesystem::path temporary, std::filesystem::path path)
    : descriptor_(descriptor),
      cleanup_(std::move(cleanup)),
      temporary_(std::move(temporary)),
      path_(std::move(path)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      cleanup_(std::move(other.cleanup_)),
      temporary_(std::move(other.temporary_)),
      path_(std::move(other.path_)) {}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(temporary_.c_str());
}

absl::StatusOr<AtomicFile> AtomicFile::Create(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return LocalFileError(EISDIR, absl::StrCat("cannot write ", path.string()));
  }
  // A rename would replace a device or a pipe, and a link instead of its target.
  if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error)) {
    return LocalError(absl::StrCat(path.string(), " is no regular file"),
                      "name a file, or redirect the output to it instead");
  }
  const std::filesystem::path target = std::filesystem::is_symlink(path, error)
                                           ? std::filesystem::weakly_canonical(path, error)
                                           : path;
  const std::filesystem::path temporary =
      absl::StrCat(target.string(), ".", absl::BytesToHexString(RandomBytes(kSuffixBytes)));
  // Before the file is there, so that no signal comes between.
  auto cleanup = std::make_unique<SignalCleanup>(temporary.string());
  const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  if (descriptor < 0) return Failed("create", target);
  // Who may read the file that is replaced, and nobody else, may read the new one.
  if (struct stat replaced = {}; stat(target.c_str(), &replaced) == 0) {
    fchmod(descriptor, replaced.st_mode & kPermissions);
  }
  return AtomicFile(descriptor, std::move(cleanup), temporary, target);
}

absl::Status AtomicFile::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", path_);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status AtomicFile::Commit() {
  if (fsync(descriptor_) != 0) return Failed("write", path_);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return Failed("write", path_);
  cleanup_.reset();
  close(std::exchange(descriptor_, -1));
  return SyncFolder(path_);
}

}  // namespace concordat::cli
