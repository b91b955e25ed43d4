// Preloaded into concordatd by the crash campaign: stands between it and the C
// library's writes, syncs and renames, numbers those in one folder, and has one of
// them fail. What it does is said by environment variables:
//
//   CRASH_FAULT_FOLDER  the folder, without a slash at its end
//   CRASH_FAULT_TRACE   file to which each operation is appended before it is done,
//                       as `number operation bytes fault path`
//   CRASH_FAULT         `number:fault`, such as `17:EIO`; none without it
//
// Faults: EIO and ENOSPC fail it; SHORT writes half, and fails the next write with
// ENOSPC; KILL_BEFORE, KILL_TORN and KILL_AFTER end the process before it, after
// half of a write, and after it. SQLite, the C++ library and the server itself
// reach the disk through the functions below and no others.
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

namespace {

enum class Fault { kNone, kEio, kEnospc, kShort, kKillBefore, kKillTorn, kKillAfter };

constexpr const char* kFaultNames[] = {"-",           "EIO",       "ENOSPC",    "SHORT",
                                       "KILL_BEFORE", "KILL_TORN", "KILL_AFTER"};

// What the environment said, read once, before the program's main.
struct Plan {
  const char* folder = nullptr;
  size_t folder_length = 0;
  int trace = -1;
  long number = 0;
  Fault fault = Fault::kNone;

  Plan() {
    folder = std::getenv("CRASH_FAULT_FOLDER");
    const char* const trace_path = std::getenv("CRASH_FAULT_TRACE");
    if (folder == nullptr || trace_path == nullptr) return;
    folder_length = std::strlen(folder);
    trace = open(trace_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const char* const planned = std::getenv("CRASH_FAULT");
    const char* const colon = planned == nullptr ? nullptr : std::strchr(planned, ':');
    if (colon == nullptr) return;
    number = std::strtol(planned, nullptr, 10);
    for (int i = 0; i < static_cast<int>(std::size(kFaultNames)); ++i) {
      if (std::strcmp(colon + 1, kFaultNames[i]) == 0) fault = static_cast<Fault>(i);
    }
  }
};

const Plan& ThePlan() {
  static const Plan plan;
  return plan;
}

std::atomic<long> operations{0};
// The rest of a short write is still to fail.
std::atomic<bool> disk_full{false};

// Whether `path` is the folder or lies in it.
bool IsCounted(const char* path) {
  const Plan& plan = ThePlan();
  if (plan.trace < 0 || std::strncmp(path, plan.folder, plan.folder_length) != 0) return false;
  return path[plan.folder_length] == '/' || path[plan.folder_length] == '\0';
}

// The fault of the operation that comes now, which is traced; kNone outside the
// folder.
Fault Next(const char* operation, size_t bytes, const char* path) {
  if (!IsCounted(path)) return Fault::kNone;
  const Plan& plan = ThePlan();
  const long number = ++operations;
  Fault fault = number == plan.number ? plan.fault : Fault::kNone;
  if (std::strcmp(operation, "write") == 0 && disk_full.exchange(false)) fault = Fault::kEnospc;
  char line[PATH_MAX + 128];
  const int length =
      std::snprintf(line, sizeof(line), "%ld %s %zu %s %s\n", number, operation, bytes,
                    kFaultNames[static_cast<int>(fault)], path + plan.folder_length);
  syscall(SYS_write, plan.trace, line, static_cast<size_t>(length));
  return fault;
}

Fault Next(const char* operation, size_t bytes, int file) {
  if (ThePlan().trace < 0) return Fault::kNone;
  char link[64];
  char path[PATH_MAX];
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, sizeof(path) - 1);
  if (length < 0) return Fault::kNone;
  path[length] = '\0';
  return Next(operation, bytes, path);
}

[[noreturn]] void Die() {
  kill(getpid(), SIGKILL);
  while (true) pause();
}

// Does what `perform` does, or what the fault makes of it.
template <typename Perform>
auto WithFault(Fault fault, Perform perform) -> decltype(perform()) {
  switch (fault) {
    case Fault::kEio:
      errno = EIO;
      return -1;
    case Fault::kEnospc:
      errno = ENOSPC;
      return -1;
    case Fault::kKillBefore:
      Die();
    case Fault::kKillAfter:
      perform();
      Die();
    default:
      return perform();
  }
}

// The same for a write of `bytes` bytes: `perform` is told how many to write.
template <typename Perform>
ssize_t WriteWithFault(Fault fault, size_t bytes, Perform perform) {
  if (fault == Fault::kShort && bytes > 1) {
    disk_full = true;
    return perform(bytes / 2);
  }
  if (fault == Fault::kKillTorn) {
    perform(bytes / 2);
    Die();
  }
  // Of one byte there is no half.
  if (fault == Fault::kShort) fault = Fault::kEnospc;
  return WithFault(fault, [&] { return perform(bytes); });
}

ssize_t WriteAt(int file, const void* data, size_t size, off64_t offset) {
  return WriteWithFault(Next("write", size, file), size, [&](size_t bytes) -> ssize_t {
    return syscall(SYS_pwrite64, file, data, bytes, offset);
  });
}

int Truncate(int file, off64_t length) {
  return WithFault(Next("truncate", static_cast<size_t>(length), file),
                   [&] { return static_cast<int>(syscall(SYS_ftruncate, file, length)); });
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* data, size_t size) {
  return WriteWithFault(Next("write", size, file), size, [&](size_t bytes) -> ssize_t {
    return syscall(SYS_write, file, data, bytes);
  });
}

ssize_t writev(int file, const iovec* parts, int count) {
  size_t size = 0;
  for (int i = 0; i < count; ++i) size += parts[i].iov_len;
  return WriteWithFault(Next("write", size, file), size, [&](size_t bytes) -> ssize_t {
    if (bytes == size) return syscall(SYS_writev, file, parts, count);
    return syscall(SYS_write, file, parts[0].iov_base, std::min(bytes, parts[0].iov_len));
  });
}

ssize_t pwrite(int file, const void* data, size_t size, off_t offset) {
  return WriteAt(file, data, size, offset);
}

ssize_t pwrite64(int file, const void* data, size_t size, off64_t offset) {
  return WriteAt(file, data, size, offset);
}

int fsync(int file) {
  return WithFault(Next("sync", 0, file),
                   [&] { return static_cast<int>(syscall(SYS_fsync, file)); });
}

int fdatasync(int file) {
  return WithFault(Next("sync", 0, file),
                   [&] { return static_cast<int>(syscall(SYS_fdatasync, file)); });
}

int ftruncate(int file, off_t length) noexcept { return Truncate(file, length); }

int ftruncate64(int file, off64_t length) noexcept { return Truncate(file, length); }

int rename(const char* from, const char* to) noexcept {
  return WithFault(Next("rename", 0, to), [&] {
    return static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
  });
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  return WithFault(Next("rename", 0, to), [&] {
    return static_cast<int>(syscall(SYS_renameat2, from_folder, from, to_folder, to, 0));
  });
}

}  // extern "C"
