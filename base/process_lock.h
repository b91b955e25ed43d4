// A file that one process at a time has to itself.
#ifndef CONCORDAT_BASE_PROCESS_LOCK_H_
#define CONCORDAT_BASE_PROCESS_LOCK_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace concordat {

// A lock on a file, whatever path it is opened by, held as long as the object
// lives and gone with the process. It is flock's: those of fcntl would be dropped
// by closing any descriptor of the file. Not thread-safe.
class ProcessLock {
 public:
  // Locks the file, which is made when it is not there, readable by its owner
  // alone. `what` says in an error what the file stands for, such as `the database`.
  // FAILED_PRECONDITION when another process, or another object of this one, has
  // it, or it cannot be opened.
  static absl::StatusOr<ProcessLock> Take(const std::string& path, absl::string_view what);
  ~ProcessLock();
  ProcessLock(ProcessLock&& other) noexcept;
  ProcessLock& operator=(ProcessLock&&) = delete;

 private:
  explicit ProcessLock(int file) : file_(file) {}

  int file_;
};

}  // namespace concordat

#endif  // CONCORDAT_BASE_PROCESS_LOCK_H_
