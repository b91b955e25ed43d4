#include "tests/crash/trace.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace concordat::crash {
namespace {

// The database's file, and the beginning of the names of those beside it.
constexpr char kDatabase[] = "/concordat.db";

}  // namespace

std::vector<Operation> ParseTrace(const std::string& trace) {
  std::vector<Operation> operations;
  std::vector<std::string> lines = absl::StrSplit(trace, '\n');
  lines.pop_back();
  for (const std::string& line : lines) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 4));
    Operation operation;
    if (words.size() != 5 || !absl::SimpleAtoi(words[0], &operation.number)) continue;
    operation.name = words[1];
    operation.fault = words[3];
    operation.path = words[4];
    operations.push_back(std::move(operation));
  }
  return operations;
}

std::vector<std::string> FaultsOf(const Operation& operation) {
  if (operation.name == "write") {
    return {"EIO", "ENOSPC", "SHORT", "KILL_BEFORE", "KILL_TORN", "KILL_AFTER"};
  }
  return {"EIO", "ENOSPC", "KILL_BEFORE", "KILL_AFTER"};
}

bool AnyFault(const std::vector<Operation>& operations) {
  return std::any_of(operations.begin(), operations.end(),
                     [](const Operation& operation) { return operation.fault != "-"; });
}

int FirstRetriedSync(const std::vector<Operation>& operations) {
  std::set<std::string> failed;
  for (const Operation& operation : operations) {
    if (operation.name != "sync" || !absl::StartsWith(operation.path, kDatabase)) continue;
    if (failed.contains(operation.path)) return operation.number;
    if (operation.failed()) failed.insert(operation.path);
  }
  return 0;
}

}  // namespace concordat::crash
