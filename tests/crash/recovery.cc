#include "tests/crash/recovery.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/crash/caller.h"
#include "tests/crash/checker.h"
#include "tests/crash/stored_log.h"

namespace concordat::crash {
namespace {

// Those that the calls were shown.
std::set<std::string> CheckpointsOf(const std::vector<SeenCall>& calls) {
  std::set<std::string> checkpoints;
  for (const SeenCall& call : calls) {
    if (!call.checkpoint.empty()) checkpoints.insert(call.checkpoint);
  }
  return checkpoints;
}

}  // namespace

bool Recover(CrashServer& server, const std::string& where, Ledger& ledger, Findings& findings) {
  server.Launch();
  if (!server.WaitUntilServing()) {
    findings.Broken(where, absl::StrCat("the server does not start again: ", server.Log()));
    return false;
  }
  findings.NoteStart(server.start_time());
  if (server.start_time() > kLongestStart) {
    findings.Broken(where, absl::StrCat("the server took ",
                                        absl::FormatDuration(server.start_time()), " to start"));
  }
  findings.Broken(where, FindBroken(server.database_path(), ledger.calls()));
  const std::string wrong = FindWrongInLog(server.config(), CheckpointsOf(ledger.calls()));
  if (!wrong.empty()) findings.Broken(where, wrong);
  Caller caller(server.address());
  for (const std::string& change : UnansweredChanges(ledger.calls())) {
    SeenCall repeated = caller.Change(change);
    if (!repeated.outcome.ok()) {
      findings.Broken(where, absl::StrCat("the repeated change ", change,
                                          " was refused: ", repeated.outcome.Text()));
    }
    ledger.Add(std::move(repeated));
  }
  return true;
}

}  // namespace concordat::crash
