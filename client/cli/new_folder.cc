#include "client/cli/new_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/status.h"
#include "client/cli/local_error.h"

namespace concordat::cli {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFolderMode = 0700;
constexpr size_t kSuffixBytes = 6;

absl::Status Failed(absl::string_view what, const fs::path& path) {
  return LocalFileError(errno, absl::StrCat("cannot ", what, " ", path.string()));
}

absl::Status IsThere(const fs::path& path, absl::string_view next) {
  return LocalError(absl::StrCat(path.string(), " is there already; nothing was written"), next);
}

// Holds back what would end the program between two files.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, &earlier_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &earlier_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

 private:
  sigset_t earlier_;
};

// A temporary place that goes unless it was renamed.
class Scratch {
 public:
  explicit Scratch(const fs::path& target)
      : path_(absl::StrCat(target.string(), ".",
                           absl::BytesToHexString(RandomBytes(kSuffixBytes)))) {}
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

absl::Status WriteAll(int descriptor, absl::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(descriptor) != 0) return Failed("write", path);
  return absl::OkStatus();
}

absl::Status WriteFile(const fs::path& path, absl::string_view content, mode_t mode) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) return Failed("create", path);
  absl::Status written = WriteAll(descriptor, content, path);
  close(descriptor);
  return written;
}

fs::path WithoutTrailingSlash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

absl::Status WriteNewFolder(const fs::path& folder, const std::vector<NewFile>& files) {
  const fs::path target = WithoutTrailingSlash(folder);
  const HeldSignals held;
  const Scratch scratch(target);
  if (mkdir(scratch.path().c_str(), kFolderMode) != 0) return Failed("create", target);
  for (const NewFile& file : files) {
    const fs::path path = scratch.path() / file.path;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) return LocalFileError(error.value(), absl::StrCat("cannot create ", path.string()));
    RETURN_IF_ERROR(WriteFile(path, file.content, file.mode));
  }
  // A folder is renamed only over an empty folder, never over anything else.
  if (std::rename(scratch.path().c_str(), target.c_str()) == 0) return absl::OkStatus();
  if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) {
    return IsThere(target, "name another, or move that one away: it may hold a key that is in use");
  }
  return Failed("create", target);
}

absl::Status WriteNewFile(const fs::path& path, const std::string& content) {
  const HeldSignals held;
  const Scratch scratch(path);
  RETURN_IF_ERROR(WriteFile(scratch.path(), content, 0666));
  // A link is never made over what is there.
  if (link(scratch.path().c_str(), path.c_str()) == 0) return absl::OkStatus();
  if (errno == EEXIST) return IsThere(path, "name another, or move that one away");
  return Failed("create", path);
}

}  // namespace concordat::cli
