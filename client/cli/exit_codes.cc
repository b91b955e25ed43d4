#include "client/cli/exit_codes.h"

#include "base/status.h"
#include "client/cli/local_error.h"
#include "concordat/audit.h"

namespace concordat::cli {

ExitCode ExitCodeOf(const absl::Status& status) {
  if (IsUsageError(status)) return ExitCode::kUsage;
  if (IsAuditDamage(status)) return ExitCode::kAuditDamaged;
  if (AlarmOf(status).has_value()) return ExitCode::kAuditAlarm;
  switch (ReasonOf(status)) {
    // The codes of these say how gRPC sees them, not what a script does next.
    case v1::ACCESS_ENDED:
      return ExitCode::kRefused;
    case v1::REQUEST_TOO_LARGE:
      return ExitCode::kInvalidInput;
    case v1::CHECKPOINT_PENDING:
      return ExitCode::kUnavailable;
    default:
      break;
  }
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitCode::kOk;
    case absl::StatusCode::kUnauthenticated:
      return ExitCode::kNotAuthenticated;
    case absl::StatusCode::kPermissionDenied:
      return ExitCode::kRefused;
    case absl::StatusCode::kNotFound:
      return ExitCode::kNotFound;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return ExitCode::kInvalidInput;
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
      return ExitCode::kConflict;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return ExitCode::kUnavailable;
    case absl::StatusCode::kDataLoss:
      return ExitCode::kDataDamaged;
    default:
      return ExitCode::kOther;
  }
}

}  // namespace concordat::cli
