// A file that appears whole or not at all.
#ifndef CONCORDAT_CLIENT_CLI_ATOMIC_FILE_H_
#define CONCORDAT_CLIENT_CLI_ATOMIC_FILE_H_

#include <filesystem>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cli/signal_cleanup.h"

namespace concordat::cli {

// Writes to a temporary file beside the wanted one and renames it when it is
// complete and on disk. Without Commit() nothing is left, not even by Ctrl-C or
// SIGTERM. Not thread-safe, and one at a time. Errors are local ones
// (local_error.h).
class AtomicFile {
 public:
  // Starts the file `path`, replacing it at Commit() if it exists.
  static absl::StatusOr<AtomicFile> Create(const std::filesystem::path& path);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  // Appends `bytes`.
  absl::Status Write(absl::string_view bytes);
  // Where the file is until Commit(), for a library that writes it by its name in the
  // place of Write().
  const std::filesystem::path& temporary() const { return temporary_; }
  // Makes the file durable under its name. No other call may follow.
  absl::Status Commit();

 private:
  AtomicFile(int descriptor, std::unique_ptr<SignalCleanup> cleanup,
             std::filesystem::path temporary, std::filesystem::path path);

  int descriptor_;
  std::unique_ptr<SignalCleanup> cleanup_;
  std::filesystem::path temporary_;
  std::filesystem::path path_;
};

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_ATOMIC_FILE_H_
