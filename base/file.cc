#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace concordat {
namespace {

// Far more than any file that is read whole, and far less than memory.
constexpr off_t kMostBytes = off_t{256} << 20;

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  absl::Status unreadable = absl::NotFoundError(absl::StrCat("cannot read ", path));
  // Opening a pipe would wait for somebody to write to it.
  const int file = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return unreadable;
  const absl::Cleanup closer = [file] { close(file); };
  struct stat facts = {};
  if (fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_size > kMostBytes) {
    return unreadable;
  }
  std::string bytes(static_cast<size_t>(facts.st_size), '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = read(file, &bytes[size], bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return unreadable;
    size += static_cast<size_t>(got);
  }
  return bytes;
}

}  // namespace concordat
