// Errors that arise on this machine: no service had a part in them.
#ifndef CONCORDAT_CLIENT_CLI_LOCAL_ERROR_H_
#define CONCORDAT_CLIENT_CLI_LOCAL_ERROR_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace concordat::cli {

// Something here failed, such as a disk. `next_step` says what to do about it.
// Ends the program with ExitCode::kOther.
absl::Status LocalError(absl::string_view what, absl::string_view next_step);

// `error` with its code, and this to do about it.
absl::Status WithNextStep(absl::Status error, absl::string_view next_step);

// LocalError for a system call on a file that failed with `error_number`, with
// the reason in words and a next step that fits it.
absl::Status LocalFileError(int error_number, absl::string_view what);

// What is wrong with an exported audit log, or with a proof out of one. Ends the
// program with ExitCode::kAuditDamaged.
absl::Status AuditDamage(absl::string_view what, absl::string_view next_step);

bool IsAuditDamage(const absl::Status& status);

// Options that are right one by one and wrong together. Ends the program with
// ExitCode::kUsage.
absl::Status UsageError(absl::string_view what);

bool IsUsageError(const absl::Status& status);

// What to do about a LocalError or UsageError; nothing for any other status.
std::optional<std::string> LocalNextStep(const absl::Status& status);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_LOCAL_ERROR_H_
