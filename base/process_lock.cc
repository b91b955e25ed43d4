#include "base/process_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace concordat {

absl::StatusOr<ProcessLock> ProcessLock::Take(const std::string& path, absl::string_view what) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return absl::FailedPreconditionError(absl::StrCat("cannot open ", path));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    close(file);
    return absl::FailedPreconditionError(
        absl::StrCat("another process has ", what, ": ", path, " is locked"));
  }
  return ProcessLock(file);
}

ProcessLock::~ProcessLock() {
  if (file_ >= 0) close(file_);
}

ProcessLock::ProcessLock(ProcessLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

}  // namespace concordat
