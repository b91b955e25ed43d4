#include "tests/support/server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/support/must.h"
#include "tests/support/temporary_folder.h"

namespace concordat::e2e {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(5);

// The texts as exec takes them.
std::vector<char*> PointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the child: nothing but calls that are safe after fork.
[[noreturn]] void Execute(char* const* arguments, char* const* environment, int log,
                          int descriptors) {
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  if (descriptors > 0) {
    const rlimit limit = {static_cast<rlim_t>(descriptors), static_cast<rlim_t>(descriptors)};
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  execve(arguments[0], arguments, environment);
  _exit(127);
}

}  // namespace

ServerProcess::ServerProcess(const Options& options) {
  std::vector<std::string> words = {CONCORDAT_SERVER_PROGRAM};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  const std::vector<char*> arguments = PointersTo(words);
  // The first of two variables of one name counts.
  std::vector<std::string> variables = options.environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  const std::vector<char*> environment = PointersTo(variables);
  const int log = open(options.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) Die(absl::StrCat("cannot write ", options.log_path));
  pid_ = fork();
  if (pid_ == 0) Execute(arguments.data(), environment.data(), log, options.descriptors);
  close(log);
  if (pid_ < 0) Die("cannot start a process");
}

ServerProcess::~ServerProcess() {
  if (end_.has_value()) return;
  Signal(SIGKILL);
  Wait();
}

void ServerProcess::Signal(int signal_number) const {
  if (!end_.has_value()) kill(pid_, signal_number);
}

std::optional<ProcessEnd> ServerProcess::Wait(absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  while (!end_.has_value()) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      end_ =
          WIFEXITED(status) ? ProcessEnd{WEXITSTATUS(status), 0} : ProcessEnd{-1, WTERMSIG(status)};
    } else if (absl::Now() > deadline) {
      return std::nullopt;
    } else {
      absl::SleepFor(kPoll);
    }
  }
  return end_;
}

std::string ConfigYaml(const server::v1::ServerConfig& config) {
  const server::v1::ServerConfig::Limits& limits = config.limits();
  return absl::StrCat(
      "listen_address: ", config.listen_address(), "\ndatabase_path: ", config.database_path(),
      "\nlog_origin: ", config.log_origin(), "\naddress_file: ", config.address_file(),
      "\ndrain_seconds: ", config.drain_seconds(),
      "\ntls:\n  certificate_file: ", config.tls().certificate_file(),
      "\n  private_key_file: ", config.tls().private_key_file(),
      "\n  client_ca_file: ", config.tls().client_ca_file(),
      "\naudit:\n  key_file: ", config.audit().key_file(),
      "\n  checkpoint_file: ", config.audit().checkpoint_file(),
      "\n  checkpoint_seconds: ", config.audit().checkpoint_seconds(),
      "\n  checkpoint_records: ", config.audit().checkpoint_records(),
      "\nlimits:\n  max_connections: ", limits.max_connections(),
      "\n  max_connections_per_address: ", limits.max_connections_per_address(),
      "\n  handshake_deadline_milliseconds: ", limits.handshake_deadline_milliseconds(),
      "\n  max_calls: ", limits.max_calls(),
      "\n  max_calls_per_certificate: ", limits.max_calls_per_certificate(), "\n");
}

std::string WaitForAddress(const std::string& address_file, ServerProcess& process) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (absl::Now() < deadline && !process.Wait(absl::ZeroDuration()).has_value()) {
    if (std::filesystem::exists(address_file)) {
      const std::vector<std::string> lines = absl::StrSplit(ReadWhole(address_file), '\n');
      // The health address's line is there, though empty, once the first is whole.
      if (lines.size() >= 3) return lines[0];
    }
    absl::SleepFor(kPoll);
  }
  return {};
}

}  // namespace concordat::e2e
