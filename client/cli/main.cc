// The `concordat` command line: reads the environment, and runs.
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "client/cli/app.h"
#include "client/cli/profile.h"
#include "client/cli/retry_notice.h"

namespace concordat::cli {
namespace {

constexpr int kDefaultWidth = 100;
constexpr int kNarrowestTerminal = 40;

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int TerminalWidth() {
  winsize size = {};
  int width = 0;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    width = size.ws_col;
  } else if (!absl::SimpleAtoi(Variable("COLUMNS"), &width)) {
    width = kDefaultWidth;
  }
  return std::max(width, kNarrowestTerminal);
}

absl::StatusOr<ClientOptions> OptionsOf(const std::string& profile) {
  ASSIGN_OR_RETURN(ClientOptions options, ReadProfile(ProfileFolder(), profile));
  options.user_agent = "concordat/" CONCORDAT_VERSION;
  return options;
}

absl::StatusOr<Client> ConnectWithProfile(const std::string& profile) {
  ASSIGN_OR_RETURN(ClientOptions options, OptionsOf(profile));
  const auto notice =
      std::make_shared<RetryNotice>(std::cerr, isatty(STDERR_FILENO) == 1, &absl::Now);
  options.on_retry = [notice](const absl::Status& outcome) { notice->OnRetry(outcome); };
  return Client::Connect(options);
}

// gRPC would write its own log between the messages; what went wrong is in them.
void SilenceGrpc() {
  constexpr int kKeepTheUsersChoice = 0;
  setenv("GRPC_VERBOSITY", "NONE", kKeepTheUsersChoice);
}

int Main(int argc, char** argv) {
  SilenceGrpc();
  // A reader that has enough, such as `head`, ends the program without a word,
  // also when whoever started it ignores the signal.
  std::signal(SIGPIPE, SIG_DFL);
  if (const absl::Status status = CheckTimeZoneData(); !status.ok()) {
    std::cerr << "concordat: " << status.message() << "\n";
    return static_cast<int>(ExitCode::kOther);
  }
  const std::string profile = Variable("CONCORDAT_PROFILE");
  Environment environment{std::cout, std::cerr};
  environment.width = TerminalWidth();
  environment.colour = isatty(STDOUT_FILENO) == 1 && Variable("NO_COLOR").empty();
  environment.progress = isatty(STDERR_FILENO) == 1;
  environment.default_profile = profile.empty() ? "default" : profile;
  environment.read_profile = OptionsOf;
  environment.connect = ConnectWithProfile;
  return static_cast<int>(RunApp(std::vector<std::string>(argv + 1, argv + argc), environment));
}

}  // namespace
}  // namespace concordat::cli

int main(int argc, char** argv) { return concordat::cli::Main(argc, argv); }
