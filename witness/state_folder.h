// What the witness remembers across restarts.
#ifndef CONCORDAT_WITNESS_STATE_FOLDER_H_
#define CONCORDAT_WITNESS_STATE_FOLDER_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/process_lock.h"

namespace concordat::witness {

// A folder with the last checkpoint of each log, one file a log, named by the
// SHA-256 of its origin. One process at a time has it. Thread-safe for different
// logs; writes for one log come one after the other.
class StateFolder {
 public:
  // Takes the folder, which has to be there: one that is not mounted is no empty
  // one. FAILED_PRECONDITION when it is not, or another process has it.
  static absl::StatusOr<StateFolder> Open(const std::string& path);

  // The signed checkpoint that was written last; nothing when there never was one.
  // FAILED_PRECONDITION when there is one and it cannot be read.
  absl::StatusOr<std::optional<std::string>> Read(absl::string_view origin) const;

  // Keeps the checkpoint: it is on disk when this returns. After an error the old or
  // the new one is there, whole; it may be tried again, since all of it is then
  // written anew.
  absl::Status Write(absl::string_view origin, absl::string_view note) const;

 private:
  StateFolder(std::string path, ProcessLock lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string FileOf(absl::string_view origin) const;

  std::string path_;
  ProcessLock lock_;
};

}  // namespace concordat::witness

#endif  // CONCORDAT_WITNESS_STATE_FOLDER_H_
