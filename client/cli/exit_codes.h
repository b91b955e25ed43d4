// What the program's exit code says. Scripts depend on these: they are added
// to, never changed. A program that a signal ends has none of them: a shell then
// shows 128 and the signal's number, 130 for Ctrl-C and 143 for SIGTERM.
#ifndef CONCORDAT_CLIENT_CLI_EXIT_CODES_H_
#define CONCORDAT_CLIENT_CLI_EXIT_CODES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace concordat::cli {

enum class ExitCode {
  kOk = 0,
  // None of the others, such as a file of this machine that cannot be written.
  kOther = 1,
  // The command line itself is wrong.
  kUsage = 2,
  // The service does not know who calls.
  kNotAuthenticated = 3,
  // It knows, and refuses.
  kRefused = 4,
  // The name names nothing.
  kNotFound = 5,
  // A profile, a file or a value is wrong.
  kInvalidInput = 6,
  // Something changed meanwhile, or can no longer be changed or read.
  kConflict = 7,
  // No answer, or too much asked; try later.
  kUnavailable = 8,
  // What came is incomplete or not what the service sent.
  kDataDamaged = 9,
  // An exported audit log, or a proof out of one, is not whole.
  kAuditDamaged = 10,
  // The service's audit log was rewritten, went back, or is not signed by its key.
  kAuditAlarm = 11,
};

// The exit code of a command's outcome.
ExitCode ExitCodeOf(const absl::Status& status);

// The table of exit codes for `--help`.
inline constexpr absl::string_view kExitCodeHelp =
    "Exit codes: 0 ok, 1 other, 2 usage, 3 not authenticated, 4 refused, 5 not found,\n"
    "6 invalid input, 7 conflict, 8 unavailable, 9 data damaged, 10 audit log damaged, 11 audit\n"
    "alarm. Ended by a signal: 130 for Ctrl-C, 143 for SIGTERM, and no part of a file that -o\n"
    "names is left.";

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_EXIT_CODES_H_
