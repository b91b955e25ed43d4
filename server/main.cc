// concordatd: the server.
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "base/program.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "server/config.h"
#include "server/ops/log.h"
#include "server/server.h"

namespace {

using concordat::kExitDone;
using concordat::kExitFailed;
using concordat::kExitUsage;
using concordat::ServerExitCode;
using concordat::server::v1::ServerConfig;
using concordat::v1::Agency;

constexpr concordat::ProgramEnd kEnd("concordatd");
constexpr char kExitCodeHelp[] =
    "Exit codes: 0 served and drained, or done, 1 could not start, failed, or the audit log "
    "stopped, 2 usage.";
constexpr char kClientPattern[] = "agencies/{agency}/clients/{client}";

ServerExitCode Serve(const ServerConfig& config) {
  // Debian's Abseil is built with the lock-order checker on, which every lock
  // pays for; the tests run with it.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const concordat::StopSignals stop_signals;
  const concordat::SystemClock clock;
  auto server = concordat::Server::Start(config, clock);
  if (!server.ok()) return kEnd.Fail(server.status());
  concordat::ops::Log(concordat::ops::Severity::kInfo, "serving",
                      {{"address", (*server)->address()},
                       {"health_address", (*server)->health_address()},
                       {"metrics_address", (*server)->metrics_address()}});
  stop_signals.Await();
  concordat::ops::Log(concordat::ops::Severity::kInfo, "draining");
  (*server)->Stop(absl::Seconds(config.drain_seconds()));
  concordat::ops::Log(concordat::ops::Severity::kInfo, "stopped");
  // An orchestrator has to see it, though the drain went well.
  return (*server)->audit_log_stopped() ? kExitFailed : kExitDone;
}

ServerExitCode ShowLogKeys(const ServerConfig& config) {
  const auto keys = concordat::LogKeys(config);
  if (!keys.ok()) return kEnd.Fail(keys.status());
  for (const std::string& key : *keys) std::cout << key << "\n";
  return kEnd.DoneWhenWritten();
}

struct SuccessionFlags {
  std::string predecessor_checkpoint;
  std::string archive;
};

ServerExitCode Succeed(const ServerConfig& config, const SuccessionFlags& flags) {
  const concordat::SystemClock clock;
  const auto succeeded =
      concordat::LetLogSucceed(config, clock, flags.predecessor_checkpoint, flags.archive);
  if (!succeeded.ok()) return kEnd.Fail(succeeded.status());
  std::cout << "the log " << config.log_origin() << " succeeds " << succeeded->predecessor
            << ", which is archived in " << flags.archive << "\n";
  if (!succeeded->verifies) {
    std::cout << "the archive does not verify: what is left is not what was signed, or no "
                 "configured key is the old log's; docs/operating.md, section Restore\n";
  }
  return kEnd.DoneWhenWritten();
}

struct InitFlags {
  std::string client;
  std::string client_name = "Administrator";
  std::string agency_name;
  std::string agency_kind = "BOARD";
  std::string identity;
};

// The kind of that name; KIND_UNSPECIFIED when there is none.
Agency::Kind KindOf(const std::string& name) {
  Agency::Kind kind;
  return Agency::Kind_Parse(name, &kind) ? kind : Agency::KIND_UNSPECIFIED;
}

// What is wrong with a flag's value, as the command line's parser asks for it:
// empty when nothing is.
std::string CheckClient(const std::string& name) {
  if (concordat::MatchesPattern(name, kClientPattern)) return "";
  return std::string("must be ") + kClientPattern;
}
std::string CheckAgencyKind(const std::string& name) {
  return KindOf(name) == Agency::KIND_UNSPECIFIED ? "is no kind of agency, such as BOARD" : "";
}

ServerExitCode Init(const ServerConfig& config, const InitFlags& flags) {
  concordat::FirstAdministrator first;
  first.agency.set_name(std::string(concordat::ParentOf(flags.client)));
  first.agency.set_display_name(flags.agency_name);
  first.agency.set_kind(KindOf(flags.agency_kind));
  first.client.set_name(flags.client);
  first.client.set_display_name(flags.client_name);
  first.client.add_roles(concordat::v1::ADMINISTRATOR);
  first.client.add_roles(concordat::v1::COORDINATOR);
  first.client.add_roles(concordat::v1::READER);
  first.client.add_certificate_identities(flags.identity);
  const concordat::SystemClock clock;
  const auto made = concordat::Initialise(config, clock, first);
  if (!made.ok()) return kEnd.Fail(made.status());
  if (*made) {
    std::cout << "made the first administrator " << flags.client << "\n";
  } else {
    std::cout << "the administrator " << flags.client << " is there already\n";
  }
  return kEnd.DoneWhenWritten();
}

}  // namespace

int main(int argc, char** argv) {
  // What the server writes is for its own user alone.
  umask(077);
  CLI::App app("The server of Concordat: shared progress of a safeguarding partnership.");
  app.footer(kExitCodeHelp);
  app.set_version_flag("--version", "concordatd " CONCORDAT_BUILD);
  app.require_subcommand(1);
  std::string config_path;
  CLI::App* serve = app.add_subcommand("serve", "Serves until SIGTERM or SIGINT, then drains.");
  CLI::App* init = app.add_subcommand("init", "Makes the first administrator.");
  CLI::App* log_key = app.add_subcommand(
      "log-key", "Prints the public key of the audit log, for those who verify it.");
  CLI::App* succeed = app.add_subcommand(
      "succeed-log",
      "Begins the log of log_origin in a restored database that lacks signed records.");
  for (CLI::App* command : {serve, init, log_key, succeed}) {
    command->add_option("--config", config_path, "The configuration file (YAML)")->required();
  }
  InitFlags flags;
  init->add_option("--client", flags.client, kClientPattern)->required()->check(CheckClient);
  init->add_option("--client-name", flags.client_name, "What the client is, in a few words");
  init->add_option("--agency-name", flags.agency_name, "The agency's name in full")->required();
  init->add_option("--agency-kind", flags.agency_kind, "The agency's kind, such as BOARD")
      ->check(CheckAgencyKind);
  init->add_option("--identity", flags.identity,
                   "The certificate: uri:…, dns:… or sha256:<hexadecimal digits>")
      ->required();
  SuccessionFlags succession;
  succeed
      ->add_option("--predecessor-checkpoint", succession.predecessor_checkpoint,
                   "The checkpoint of the old log that was kept apart")
      ->required();
  succeed->add_option("--archive", succession.archive, "A new folder for what is left of it")
      ->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help is what was asked for, though the parser throws it.
    const bool asked_for = app.exit(error, std::cout, std::cerr) == 0;
    return asked_for ? kEnd.DoneWhenWritten() : kExitUsage;
  }

  const absl::StatusOr<ServerConfig> config = concordat::ReadConfig(config_path);
  if (!config.ok()) return kEnd.Fail(config.status());
  if (*succeed) return Succeed(*config, succession);
  if (*log_key) return ShowLogKeys(*config);
  return *serve ? Serve(*config) : Init(*config, flags);
}
