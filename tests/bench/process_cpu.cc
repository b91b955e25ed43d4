#include "tests/bench/process_cpu.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace concordat::bench {
namespace {

// proc(5): fields 14 and 15. Counted from the state, which is field 3 and the
// first one after the command's closing parenthesis.
constexpr size_t kUserTicks = 14 - 3;
constexpr size_t kSystemTicks = 15 - 3;

}  // namespace

absl::StatusOr<absl::Duration> ProcessCpu(pid_t pid) {
  const std::string path = absl::StrCat("/proc/", pid, "/stat");
  std::ifstream file(path);
  const std::string line{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  // The command may hold spaces and parentheses itself.
  const size_t command_end = line.rfind(')');
  if (command_end == std::string::npos) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path));
  }
  const std::vector<absl::string_view> fields =
      absl::StrSplit(absl::string_view(line).substr(command_end + 1), ' ', absl::SkipEmpty());
  int64_t user = 0;
  int64_t system = 0;
  if (fields.size() <= kSystemTicks || !absl::SimpleAtoi(fields[kUserTicks], &user) ||
      !absl::SimpleAtoi(fields[kSystemTicks], &system)) {
    return absl::DataLossError(absl::StrCat(path, " is not as proc(5) says"));
  }
  return absl::Seconds(1) * (user + system) / sysconf(_SC_CLK_TCK);
}

}  // namespace concordat::bench
