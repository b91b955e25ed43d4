// concordat-witness: sees a log's checkpoints in their order, and signs that it did.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <iostream>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "server/ops/log.h"
#include "witness/config.h"
#include "witness/service.h"

namespace {

using concordat::witness::v1::WitnessConfig;

// What the exit code says. Scripts and orchestrators depend on these.
enum ExitCode {
  // Served until it was told to stop, or did what was asked.
  kDone = 0,
  // Could not start, or failed.
  kFailed = 1,
  // The command line itself is wrong.
  kUsage = 2,
};

constexpr char kExitCodeHelp[] =
    "Exit codes: 0 served and stopped, or done, 1 could not start or failed, 2 usage.";

ExitCode Fail(const absl::Status& status) {
  std::cerr << "concordat-witness: " << status.message() << "\n";
  return kFailed;
}

ExitCode DoneWhenWritten() {
  if (std::cout.flush()) return kDone;
  return Fail(absl::DataLossError("the output could not be written"));
}

// Blocked in every thread, so that Serve alone takes them.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A caller that goes away in the middle of its answer.
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

ExitCode Serve(const WitnessConfig& config) {
  const sigset_t signals = BlockStopSignals();
  const concordat::SystemClock clock;
  std::atomic<bool> failed{false};
  auto service = concordat::witness::Service::Start(config, clock, [&failed] {
    failed = true;
    kill(getpid(), SIGTERM);
  });
  if (!service.ok()) return Fail(service.status());
  concordat::ops::Log(concordat::ops::Severity::kInfo, "serving",
                      {{"address", (*service)->address()}, {"name", config.name()}});
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  service->reset();
  concordat::ops::Log(concordat::ops::Severity::kInfo, "stopped");
  return failed ? kFailed : kDone;
}

ExitCode PrintKey(const WitnessConfig& config) {
  const auto key = concordat::witness::CosigningKey(config);
  if (!key.ok()) return Fail(key.status());
  std::cout << key->verifier().ToString() << "\n";
  return DoneWhenWritten();
}

}  // namespace

int main(int argc, char** argv) {
  // What the witness writes is for its own user alone.
  umask(077);
  CLI::App app("A witness of transparency logs (C2SP tlog-witness).");
  app.footer(kExitCodeHelp);
  app.set_version_flag("--version", "concordat-witness " CONCORDAT_VERSION);
  app.require_subcommand(1);
  std::string config_path;
  CLI::App* serve = app.add_subcommand("serve", "Cosigns checkpoints until SIGTERM or SIGINT.");
  CLI::App* key = app.add_subcommand("key", "Prints the public key of the cosignatures.");
  for (CLI::App* command : {serve, key}) {
    command->add_option("--config", config_path, "The configuration file (YAML)")->required();
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help is what was asked for, though the parser throws it.
    const bool asked_for = app.exit(error, std::cout, std::cerr) == 0;
    return asked_for ? DoneWhenWritten() : kUsage;
  }

  const absl::StatusOr<WitnessConfig> config = concordat::witness::ReadConfig(config_path);
  if (!config.ok()) return Fail(config.status());
  return *serve ? Serve(*config) : PrintKey(*config);
}
