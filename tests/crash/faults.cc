#include "tests/crash/faults.h"

#include <algorithm>
#include <csignal>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/crash/caller.h"
#include "tests/crash/checker.h"
#include "tests/crash/crash_server.h"
#include "tests/crash/recovery.h"
#include "tests/crash/trace.h"
#include "tests/support/must.h"

namespace concordat::crash {
namespace {

namespace fs = std::filesystem;

// Bytes of the write-ahead log that a killed server has left, which the next start
// copies into the database.
constexpr uintmax_t kBytesOfWriteAheadLog = 256 * 1024;
constexpr int kRoundsOfCalls = 6;
constexpr int kKindsOfCalls = 5;

struct FaultPoint {
  Operation operation;
  std::string fault;

  std::string Text() const { return absl::StrCat(operation.number, ":", fault); }
  // What points of a sample are told apart by first.
  std::string Group() const {
    return absl::StrCat(operation.name, " ", operation.path, " ", fault);
  }
};

// Whether the server has to stop: after all but the failure of a checkpoint, without
// which records are durable, and of SQLite's own sync of the folder, which the store
// has done before.
bool Stops(const Operation& fault) {
  return !fault.killed() && !fault.path.empty() && !absl::StartsWith(fault.path, "/kept");
}

// Leaves the files of a killed server in `folder`.
void PrepareKilled(const fs::path& prepared, const fs::path& folder) {
  CrashServer server(prepared);
  server.Launch();
  if (!server.WaitUntilServing()) Die(server.Log());
  Caller caller(server.address());
  const std::string log = server.database_path() + "-wal";
  while (fs::file_size(log) < kBytesOfWriteAheadLog) caller.Read();
  server.Kill();
  fs::copy(server.data_folder(), folder, fs::copy_options::recursive);
}

// One call of a run, the same each time.
SeenCall CallNumber(Caller& caller, int number) {
  switch (number % kKindsOfCalls) {
    case 0:
      return caller.Change(absl::StrCat("call-", number));
    case 1:
      return caller.Read();
    case 2:
      return caller.BeRefused();
    case 3:
      return caller.ReadCheckpoint();
    default:
      return caller.Extract();
  }
}

// A server of one fault point, and what its callers saw.
class FaultRun {
 public:
  FaultRun(const fs::path& prepared, std::string fault, std::string where, Findings& findings)
      : server_(prepared),
        fault_(std::move(fault)),
        where_(std::move(where)),
        findings_(findings) {}

  void Run() {
    server_.LaunchWithFault(fault_);
    if (server_.WaitUntilServing()) {
      MakeCalls();
      const std::optional<Operation> fault = Fault();
      if (fault.has_value() && Stops(*fault)) CheckStopped();
      EndServer();
    } else if (!server_.End(absl::Seconds(5)).has_value()) {
      Broken("the server neither serves nor ends");
      server_.Kill();
    }
    const int retried = FirstRetriedSync(ParseTrace(server_.Trace()));
    if (retried > 0) Broken(absl::StrCat("operation ", retried, " repeats a sync that failed"));
    if (Recover(server_, where_, ledger_, findings_)) {
      findings_.Broken(where_, FindBroken(server_.database_path(), ledger_.calls()));
      server_.Kill();
    }
    findings_.Count(ledger_.calls());
  }

 private:
  void Broken(const std::string& what) { findings_.Broken(where_, what); }
  std::optional<Operation> Fault() const { return FirstFault(ParseTrace(server_.Trace())); }

  void MakeCalls() {
    Caller caller(server_.address());
    for (int i = 0; i < kRoundsOfCalls * kKindsOfCalls && !Fault().has_value(); ++i) {
      ledger_.Add(CallNumber(caller, i));
      if (ledger_.calls().back().cut_off()) return;
    }
  }

  // A process that lives on after a failed write or sync answers nothing more.
  void CheckStopped() {
    Caller caller(server_.address());
    for (int i = 0; i < kKindsOfCalls; ++i) {
      SeenCall seen = CallNumber(caller, 1000 + i);
      if (!seen.unavailable() || seen.messages > 0) {
        Broken(absl::StrCat("a call after the fault was answered: ", seen.outcome.Text()));
      }
      ledger_.Add(std::move(seen));
    }
    if (!server_.IsNotServing()) Broken("health does not say NOT_SERVING after the fault");
  }

  void EndServer() {
    if (!server_.Stop().has_value()) {
      Broken("the server does not end by SIGTERM");
      server_.Kill();
    }
    const std::optional<Operation> fault = Fault();
    if (fault.has_value() && fault->killed() && server_.End()->signal != SIGKILL) {
      Broken("the shim did not kill the server");
    }
  }

  CrashServer server_;
  const std::string fault_;
  const std::string where_;
  Findings& findings_;
  Ledger ledger_;
};

// All fault points of a run in which nothing fails.
std::vector<FaultPoint> CountFaultPoints(const fs::path& prepared, Findings& findings) {
  CrashServer server(prepared);
  server.LaunchWithFault("");
  if (!server.WaitUntilServing()) Die(server.Log());
  Caller caller(server.address());
  for (int i = 0; i < kRoundsOfCalls * kKindsOfCalls; ++i) {
    const SeenCall seen = CallNumber(caller, i);
    if (!seen.acknowledged()) findings.Broken("the counting run", seen.outcome.Text());
  }
  const bool copied = absl::StrContains(server.Trace(), " - /concordat.db\n");
  if (!copied) findings.Broken("the counting run", "it does not copy the write-ahead log");
  server.Stop();
  std::vector<FaultPoint> points;
  for (const Operation& operation : ParseTrace(server.Trace())) {
    for (const std::string& fault : FaultsOf(operation)) points.push_back({operation, fault});
  }
  return points;
}

// At most `count` of them, those first that differ most.
std::vector<FaultPoint> Sample(std::vector<FaultPoint> points, uint64_t seed, int count) {
  if (static_cast<size_t>(count) >= points.size()) return points;
  std::mt19937_64 random(seed);
  std::shuffle(points.begin(), points.end(), random);
  std::map<std::string, int> of_group;
  std::vector<std::pair<int, size_t>> order;
  for (size_t i = 0; i < points.size(); ++i) {
    order.emplace_back(of_group[points[i].Group()]++, i);
  }
  std::sort(order.begin(), order.end());
  std::vector<FaultPoint> sample;
  for (int i = 0; i < count; ++i) sample.push_back(points[order[static_cast<size_t>(i)].second]);
  return sample;
}

}  // namespace

void RunFault(const fs::path& prepared, const std::string& fault, Findings& findings) {
  const TemporaryFolder folder;
  const fs::path killed = folder.path() / "killed";
  PrepareKilled(prepared, killed);
  FaultRun(killed, fault, absl::StrCat("fault ", fault), findings).Run();
}

int RunFaults(const fs::path& prepared, uint64_t seed, int runs, Findings& findings) {
  const TemporaryFolder folder;
  const fs::path killed = folder.path() / "killed";
  PrepareKilled(prepared, killed);
  const std::vector<FaultPoint> points = CountFaultPoints(killed, findings);
  for (const FaultPoint& point : Sample(points, seed, runs)) {
    const std::string where =
        absl::StrCat("fault ", point.Text(), " (", point.operation.name, point.operation.path, ")");
    FaultRun(killed, point.Text(), where, findings).Run();
  }
  return static_cast<int>(points.size());
}

}  // namespace concordat::crash
