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
#include "base/program.h"
#include "server/ops/log.h"
#include "witness/config.h"
#include "witness/service.h"

namespace {

using concordat::kExitDone;
using concordat::kExitFailed;
using concordat::kExitUsage;
using concordat::ServerExitCode;
using concordat::witness::v1::WitnessConfig;

constexpr concordat::ProgramEnd kEnd("concordat-witness");
constexpr char kExitCodeHelp[] =
    "Exit codes: 0 served and stopped, or done, 1 could not start or failed, 2 usage.";

ServerExitCode Serve(const WitnessConfig& config) {
  const concordat::StopSignals stop_signals;
  const concordat::SystemClock clock;
  std::atomic<bool> failed{false};
  auto service = concordat::witness::Service::Start(config, clock, [&failed] {
    failed = true;
    kill(getpid(), SIGTERM);
  });
  if (!service.ok()) return kEnd.Fail(service.status());
  concordat::ops::Log(concordat::ops::Severity::kInfo, "serving",
                      {{"address", (*service)->address()}, {"name", config.name()}});
  stop_signals.Await();
  service->reset();
  concordat::ops::Log(concordat::ops::Severity::kInfo, "stopped");
  return failed ? kExitFailed : kExitDone;
}

ServerExitCode PrintKey(const WitnessConfig& config) {
  const auto key = concordat::witness::CosigningKey(config);
  if (!key.ok()) return kEnd.Fail(key.status());
  std::cout << key->verifier().ToString() << "\n";
  return kEnd.DoneWhenWritten();
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
    return asked_for ? kEnd.DoneWhenWritten() : kExitUsage;
  }

  const absl::StatusOr<WitnessConfig> config = concordat::witness::ReadConfig(config_path);
  if (!config.ok()) return kEnd.Fail(config.status());
  return *serve ? Serve(*config) : PrintKey(*config);
}
