// concordatd with an audit log whose records go nowhere, over a database that has
// been filled: the difference to concordatd is what durable records cost.
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/status.h"
#include "server/config.h"
#include "server/server.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/bench/unaudited_store.h"

namespace concordat::bench {
namespace {

// Serves until SIGTERM or SIGINT, as concordatd does.
absl::Status Serve(const std::string& config_path) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  ASSIGN_OR_RETURN(const server::v1::ServerConfig config, ReadConfig(config_path));
  ASSIGN_OR_RETURN(std::unique_ptr<store::Store> store,
                   store::OpenSqliteStore(config.database_path()));
  const SystemClock clock;
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Server> server,
      Server::StartOver(std::make_unique<UnauditedStore>(std::move(store)), config, clock));
  int signal = 0;
  sigwait(&signals, &signal);
  server->Stop(absl::Seconds(1));
  return absl::OkStatus();
}

}  // namespace
}  // namespace concordat::bench

int main(int argc, char** argv) {
  std::string config_path;
  CLI::App app("concordatd whose audit records go nowhere, for the benchmark alone.");
  app.add_option("--config", config_path, "The configuration file (YAML)")->required();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = concordat::bench::Serve(config_path);
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench_unaudited_server: %s\n", std::string(status.message()).c_str());
  return 1;
}
