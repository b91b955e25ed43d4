// The command line as a whole.
#ifndef CONCORDAT_CLIENT_CLI_APP_H_
#define CONCORDAT_CLIENT_CLI_APP_H_

#include <string>
#include <vector>

#include "client/cli/exit_codes.h"
#include "client/cli/session.h"

namespace concordat::cli {

// Runs one command line, without the program's name. Answers go to the
// environment's `out`, everything else to its `err`.
ExitCode RunApp(std::vector<std::string> arguments, Environment& environment);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_APP_H_
