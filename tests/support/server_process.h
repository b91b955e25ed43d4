// The real `concordatd` as a process of its own.
#ifndef CONCORDAT_TESTS_SUPPORT_SERVER_PROCESS_H_
#define CONCORDAT_TESTS_SUPPORT_SERVER_PROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/config.pb.h"

namespace concordat::e2e {

// How a process ended.
struct ProcessEnd {
  // The exit code; -1 when a signal ended it.
  int exit_code = -1;
  // The signal; 0 when it ended by itself.
  int signal = 0;
};

// One run of `concordatd`. Killed, if it still runs, when this goes.
class ServerProcess {
 public:
  struct Options {
    // The program's arguments after its name.
    std::vector<std::string> arguments;
    // Where standard output and error go.
    std::string log_path;
    // The most descriptors that it may open; 0 for what the test may.
    int descriptors = 0;
    // `NAME=value`, beside the test's own environment.
    std::vector<std::string> environment = {};
  };
  explicit ServerProcess(const Options& options);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  void Signal(int signal_number) const;
  // Waits for the end; nothing when it still runs after `patience`.
  std::optional<ProcessEnd> Wait(absl::Duration patience = absl::Seconds(30));
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  std::optional<ProcessEnd> end_;
};

// `config` as the YAML that concordatd reads.
std::string ConfigYaml(const server::v1::ServerConfig& config);

// Waits until the server has written `address_file`: its listen address. Empty
// when it ended, or did not serve within 30 s.
std::string WaitForAddress(const std::string& address_file, ServerProcess& process);

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_SERVER_PROCESS_H_
