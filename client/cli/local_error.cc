#include "client/cli/local_error.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace concordat::cli {
namespace {

// Payloads that never travel: what sort of error it is, and the next step.
constexpr absl::string_view kLocalUrl = "concordat.cli/local";
constexpr absl::string_view kUsageUrl = "concordat.cli/usage";
constexpr absl::string_view kAuditDamageUrl = "concordat.cli/audit-damage";

absl::string_view NextStepFor(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
    case EROFS:
      return "write to a folder where you may create files";
    case ENOENT:
    case ENOTDIR:
      return "make the folder first, or mend the path";
    case EISDIR:
      return "name a file in that folder";
    case ENAMETOOLONG:
      return "choose a shorter name";
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "make room there, or write to another disk";
    default:
      return "write to another place";
  }
}

}  // namespace

absl::Status LocalError(absl::string_view what, absl::string_view next_step) {
  return WithNextStep(absl::UnknownError(what), next_step);
}

absl::Status WithNextStep(absl::Status error, absl::string_view next_step) {
  error.SetPayload(kLocalUrl, absl::Cord(next_step));
  return error;
}

absl::Status LocalFileError(int error_number, absl::string_view what) {
  return LocalError(
      absl::StrCat(what, ": ", std::error_code(error_number, std::generic_category()).message()),
      NextStepFor(error_number));
}

absl::Status AuditDamage(absl::string_view what, absl::string_view next_step) {
  absl::Status error = absl::DataLossError(what);
  error.SetPayload(kAuditDamageUrl, absl::Cord());
  return WithNextStep(std::move(error), next_step);
}

bool IsAuditDamage(const absl::Status& status) {
  return status.GetPayload(kAuditDamageUrl).has_value();
}

absl::Status UsageError(absl::string_view what) {
  absl::Status error = absl::InvalidArgumentError(what);
  error.SetPayload(kUsageUrl, absl::Cord("run with --help for how each option is written"));
  return error;
}

bool IsUsageError(const absl::Status& status) { return status.GetPayload(kUsageUrl).has_value(); }

std::optional<std::string> LocalNextStep(const absl::Status& status) {
  for (const absl::string_view url : {kLocalUrl, kUsageUrl}) {
    if (const auto step = status.GetPayload(url); step.has_value()) return std::string(*step);
  }
  return std::nullopt;
}

}  // namespace concordat::cli
