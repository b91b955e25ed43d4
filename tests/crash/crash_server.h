// A database, and the `concordatd` over it: one process after another.
#ifndef CONCORDAT_TESTS_CRASH_CRASH_SERVER_H_
#define CONCORDAT_TESTS_CRASH_CRASH_SERVER_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "server/config.pb.h"
#include "tests/support/server_process.h"
#include "tests/support/temporary_folder.h"

namespace concordat::crash {

// How soon a server has to serve after whatever happened to the one before it.
inline constexpr absl::Duration kLongestStart = absl::Seconds(5);

// Where the last checkpoint is kept, from the data folder on.
inline constexpr char kCheckpointFile[] = "kept/checkpoint";

// Fills `folder` with a server's files: the data set, without quotas. Ends the
// process when it cannot.
void PrepareData(const std::filesystem::path& folder);

// Not thread-safe.
class CrashServer {
 public:
  // Over a copy of the files in `prepared`.
  explicit CrashServer(const std::filesystem::path& prepared);

  // Starts the next process, and returns at once.
  void Launch();
  // The same with fault_shim.cc before it, which numbers and traces what it does to
  // data_folder(), and makes `fault` happen, such as `17:EIO`, unless it is empty.
  void LaunchWithFault(const std::string& fault);
  // Waits until the process serves. False when it ended first, or took 30 s.
  bool WaitUntilServing();
  // From the launch until it was seen to serve.
  absl::Duration start_time() const { return start_time_; }

  void Kill();
  // SIGTERM; how the process ended, nothing when it has not within 15 s.
  std::optional<e2e::ProcessEnd> Stop();
  // How the process ended; nothing while it runs, and `patience` has passed.
  std::optional<e2e::ProcessEnd> End(absl::Duration patience = absl::ZeroDuration());

  const std::string& address() const { return address_; }
  // Whether health says NOT_SERVING.
  bool IsNotServing() const;
  // What the processes said so far.
  std::string Log() const;
  // What the shim traced since LaunchWithFault.
  std::string Trace() const;
  const server::v1::ServerConfig& config() const { return config_; }
  const std::string& database_path() const { return config_.database_path(); }
  // Where all is that the server writes.
  const std::filesystem::path& data_folder() const { return data_; }

 private:
  void Launch(std::vector<std::string> environment);

  TemporaryFolder folder_;
  const std::filesystem::path data_;
  server::v1::ServerConfig config_;
  std::unique_ptr<e2e::ServerProcess> process_;
  absl::Time launched_;
  absl::Duration start_time_;
  std::string address_;
  std::string health_address_;
};

}  // namespace concordat::crash

#endif  // CONCORDAT_TESTS_CRASH_CRASH_SERVER_H_
