// The `concordat` command line as a partner's people run it.
#ifndef CONCORDAT_TESTS_SUPPORT_COMMAND_LINE_H_
#define CONCORDAT_TESTS_SUPPORT_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {

// How a command ended.
struct CommandResult {
  // -1 when it could not be started.
  int code = -1;
  std::string out;
  std::string err;
};

// Runs the program as processes of its own, with the partner's certificate and purpose
// and nothing else. Not thread-safe.
class CommandLine {
 public:
  // Calls the server at `address`.
  CommandLine(const std::string& address, const Partner& partner);

  // Runs one command and waits for its end.
  CommandResult Run(const std::vector<std::string>& arguments) const;

 private:
  const TemporaryFolder folder_;
};

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_COMMAND_LINE_H_
