#include "tests/crash/recovery.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/crash/caller.h"
#include "tests/crash/checker.h"

namespace concordat::crash {

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
