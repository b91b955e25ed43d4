// The crash campaign: kills and faults, and what they broke. Ends with 1 when
// anything is not as it has to be.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>

#include "absl/time/clock.h"
#include "tests/crash/crash_server.h"
#include "tests/crash/faults.h"
#include "tests/crash/findings.h"
#include "tests/crash/kills.h"
#include "tests/support/temporary_folder.h"

int main(int argc, char** argv) {
  uint64_t seed = std::random_device()();
  int kills = 15;
  int fault_runs = 20;
  bool every_fault = false;
  CLI::App app("Kills and fails concordatd under load, and checks what it had claimed.");
  app.add_option("--seed", seed, "What decides the instants and the sample; random if not given");
  app.add_option("--kills", kills, "How often it is killed at a random instant");
  app.add_option("--fault-runs", fault_runs, "How many fault points are tried");
  app.add_flag("--every-fault", every_fault, "Tries every fault point");
  CLI11_PARSE(app, argc, argv);

  namespace crash = concordat::crash;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  const concordat::TemporaryFolder folder;
  const std::filesystem::path prepared = folder.path() / "prepared";
  crash::PrepareData(prepared);

  crash::Findings findings;
  const absl::Time begin = absl::Now();
  crash::RunKills(prepared, seed, kills, findings);
  const absl::Time killed = absl::Now();
  std::printf("%d kills in %.0f s: %zu calls, %zu acknowledged; slowest start %.2f s\n", kills,
              absl::ToDoubleSeconds(killed - begin), findings.calls(), findings.acknowledged(),
              absl::ToDoubleSeconds(findings.slowest_start()));
  std::fflush(stdout);
  const int points = crash::RunFaults(prepared, seed,
                                      every_fault ? crash::kEveryFaultPoint : fault_runs, findings);
  std::printf("%d of %d fault points in %.0f s; slowest start %.2f s\n",
              every_fault ? points : std::min(points, fault_runs), points,
              absl::ToDoubleSeconds(absl::Now() - killed),
              absl::ToDoubleSeconds(findings.slowest_start()));
  std::printf("%zu broken\n", findings.broken());
  return findings.broken() == 0 ? 0 : 1;
}
