#include "tests/crash/kills.h"

#include <algorithm>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/crash/caller.h"
#include "tests/crash/checker.h"
#include "tests/crash/crash_server.h"
#include "tests/crash/recovery.h"

namespace concordat::crash {
namespace {

// What was claimed is checked after every later kill of the same database too.
constexpr int kKillsOfADatabase = 10;
constexpr int kOneInSoManyWhileItStarts = 8;
constexpr int64_t kLongestStartMicros = 250'000;
constexpr int64_t kLongestLoadMicros = 900'000;

absl::Duration Moment(std::mt19937_64& random, int64_t longest_micros) {
  return absl::Microseconds(std::uniform_int_distribution<int64_t>(0, longest_micros)(random));
}

// Kills a server that is starting, and knows no caller yet.
void KillStart(CrashServer& server, std::mt19937_64& random) {
  server.Launch();
  absl::SleepFor(Moment(random, kLongestStartMicros));
  server.Kill();
}

// Kills a server that serves.
void KillUnderLoad(CrashServer& server, const std::string& name, std::mt19937_64& random,
                   Ledger& ledger) {
  Traffic traffic(server.address(), name, ledger);
  absl::SleepFor(Moment(random, kLongestLoadMicros));
  server.Kill();
  traffic.Stop();
}

}  // namespace

void RunKills(const std::filesystem::path& prepared, uint64_t seed, int kills, Findings& findings) {
  std::mt19937_64 random(seed);
  for (int kill = 0; kill < kills;) {
    CrashServer server(prepared);
    Ledger ledger;
    const int end = std::min(kills, kill + kKillsOfADatabase);
    for (; kill < end; ++kill) {
      const std::string where = absl::StrCat("seed ", seed, " kill ", kill);
      if (random() % kOneInSoManyWhileItStarts == 0) {
        KillStart(server, random);
        continue;
      }
      if (!Recover(server, where, ledger, findings)) break;
      KillUnderLoad(server, absl::StrCat("kill-", kill), random, ledger);
    }
    kill = end;
    const std::string where = absl::StrCat("seed ", seed, " after kill ", kill - 1);
    if (Recover(server, where, ledger, findings)) {
      // What was repeated is there, once.
      findings.Broken(where, FindBroken(server.database_path(), ledger.calls()));
      const auto ended = server.Stop();
      if (!ended.has_value() || ended->exit_code != 0) {
        findings.Broken(where, "the server does not end by SIGTERM");
      }
    }
    findings.Count(ledger.calls());
  }
}

}  // namespace concordat::crash
