// concordatd: the server.
#include <signal.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "absl/synchronization/mutex.h"
#include "base/clock.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "server/config.h"
#include "server/ops/log.h"
#include "server/server.h"

namespace {

using concordat::server::v1::ServerConfig;

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "concordatd: %s\n", std::string(status.message()).c_str());
  return 1;
}

// Blocked in every thread, so that Serve alone takes them.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

int Serve(const ServerConfig& config) {
  // Debian's Abseil is built with the lock-order checker on, which every lock
  // pays for; the tests run with it.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const sigset_t signals = BlockStopSignals();
  const concordat::SystemClock clock;
  auto server = concordat::Server::Start(config, clock);
  if (!server.ok()) return Fail(server.status());
  concordat::ops::Log(
      concordat::ops::Severity::kInfo, "serving",
      {{"address", (*server)->address()}, {"health_address", (*server)->health_address()}});
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  concordat::ops::Log(concordat::ops::Severity::kInfo, "draining");
  (*server)->Stop(absl::Seconds(config.drain_seconds()));
  concordat::ops::Log(concordat::ops::Severity::kInfo, "stopped");
  return 0;
}

struct InitFlags {
  std::string client;
  std::string client_name = "Administrator";
  std::string agency_name;
  std::string agency_kind = "BOARD";
  std::string identity;
};

int Init(const ServerConfig& config, const InitFlags& flags) {
  concordat::FirstAdministrator first;
  if (!concordat::MatchesPattern(flags.client, "agencies/{agency}/clients/{client}")) {
    return Fail(absl::InvalidArgumentError("--client must be agencies/{agency}/clients/{client}"));
  }
  concordat::v1::Agency::Kind kind;
  if (!concordat::v1::Agency::Kind_Parse(flags.agency_kind, &kind)) {
    return Fail(absl::InvalidArgumentError("--agency-kind is no kind of agency, such as BOARD"));
  }
  first.agency.set_name(std::string(concordat::ParentOf(flags.client)));
  first.agency.set_display_name(flags.agency_name);
  first.agency.set_kind(kind);
  first.client.set_name(flags.client);
  first.client.set_display_name(flags.client_name);
  first.client.add_roles(concordat::v1::ADMINISTRATOR);
  first.client.add_roles(concordat::v1::COORDINATOR);
  first.client.add_roles(concordat::v1::READER);
  first.client.add_certificate_identities(flags.identity);
  const concordat::SystemClock clock;
  const auto made = concordat::Initialise(config, clock, first);
  if (!made.ok()) return Fail(made.status());
  std::printf(
      *made ? "made the first administrator %s\n" : "the administrator %s is there already\n",
      flags.client.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // What the server writes is for its own user alone.
  umask(077);
  CLI::App app("The server of Concordat: shared progress of a safeguarding partnership.");
  app.require_subcommand(1);
  std::string config_path;
  CLI::App* serve = app.add_subcommand("serve", "Serves until SIGTERM or SIGINT, then drains.");
  CLI::App* init = app.add_subcommand("init", "Makes the first administrator.");
  for (CLI::App* command : {serve, init}) {
    command->add_option("--config", config_path, "The configuration file (YAML)")->required();
  }
  InitFlags flags;
  init->add_option("--client", flags.client, "agencies/{agency}/clients/{client}")->required();
  init->add_option("--client-name", flags.client_name, "What the client is, in a few words");
  init->add_option("--agency-name", flags.agency_name, "The agency's name in full")->required();
  init->add_option("--agency-kind", flags.agency_kind, "The agency's kind, such as BOARD");
  init->add_option("--identity", flags.identity,
                   "The certificate: uri:…, dns:… or sha256:<hexadecimal digits>")
      ->required();
  CLI11_PARSE(app, argc, argv);

  const absl::StatusOr<ServerConfig> config = concordat::ReadConfig(config_path);
  if (!config.ok()) return Fail(config.status());
  return *serve ? Serve(*config) : Init(*config, flags);
}
