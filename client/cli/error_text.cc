#include "client/cli/error_text.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "client/cli/local_error.h"
#include "client/cli/text.h"
#include "google/rpc/error_details.pb.h"

namespace concordat::cli {
namespace {

absl::string_view NextStepWithoutReason(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return "run `concordat doctor`, which says what is in the way, or try again";
    case absl::StatusCode::kDeadlineExceeded:
      return "try again; ask for less if it goes on";
    case absl::StatusCode::kInvalidArgument:
      return "mend what the first line names; --help shows how each option is written";
    case absl::StatusCode::kDataLoss:
      return "fetch it again; tell the partnership's office if it goes on";
    default:
      return "tell the partnership's office, with the lines above";
  }
}

absl::string_view NextStep(v1::ErrorReason reason, absl::StatusCode code) {
  switch (reason) {
    case v1::CLIENT_UNKNOWN:
      return "ask the partnership's office to add this client to the directory";
    case v1::CLIENT_REVOKED:
      return "ask the partnership's office why this client was revoked";
    case v1::CERTIFICATE_EXPIRED:
      return "renew the certificate and put its files into the profile";
    case v1::CERTIFICATE_AMBIGUOUS:
      return "use a certificate with one subject alternative name that the directory has";
    case v1::CERTIFICATE_REVOKED:
      return "ask the authority that issued the certificate for a new one";
    case v1::TOKEN_INVALID:
      return "have the token's issuer mend what the rule names, and get a new token";
    case v1::TOKEN_EXPIRED:
      return "get a new access token";
    case v1::TOKEN_CERTIFICATE_MISMATCH:
      return "get an access token with the certificate of this profile";
    case v1::TOKEN_CLIENT_MISMATCH:
      return "ask the partnership's office to add the token's issuer and client_id to this client";
    case v1::NO_AGREEMENT:
      return "run `concordat access explain METHOD` for what is missing, `concordat whoami` for "
             "your agreements";
    case v1::PURPOSE_MISSING:
      return "say why with --purpose, or set purpose in the profile; `concordat whoami` lists them";
    case v1::OUT_OF_SCOPE:
      return "check the name; `concordat agreements list` shows what each agreement covers";
    case v1::ROLE_MISSING:
      return "ask the partnership's office for the role, or use another profile";
    case v1::ON_BEHALF_OF_MISSING:
      return "say for whom with --on-behalf-of (an identifier, never a name)";
    case v1::ON_BEHALF_OF_REFUSED:
      return "leave --on-behalf-of out: such an act is the client's own";
    case v1::FIELDS_INVALID:
      return "mend the fields named above and send again";
    case v1::REQUEST_MALFORMED:
    case v1::METHOD_UNKNOWN:
      return "this program and the service are of different versions: update the older one";
    case v1::PAGE_TOKEN_INVALID:
      return "start the list again";
    case v1::REQUEST_ID_REUSED:
      return "leave --request-id out, or use a new one for each change";
    case v1::METADATA_INVALID:
      return "mend the option that the first line names";
    case v1::REQUEST_TOO_LARGE:
      return "split the file into smaller ones";
    case v1::RESOURCE_NOT_FOUND:
      return "check the name; the list command of its kind shows those there are";
    case v1::ETAG_MISMATCH:
      return "read it again, look at what changed, and send the new etag";
    case v1::RELEASE_WITHDRAWN:
      return "use a later release: `concordat releases list`";
    case v1::RELEASE_FROZEN:
      return "publish or import the figures under another name";
    case v1::AGREEMENT_STATE:
      return "look at the agreement's state: `concordat agreements show`";
    case v1::REDACTION_STATE:
      return "an administrator proposes, another client's approver sends the same; the text has to "
             "be as it was written";
    case v1::CHECKPOINT_PENDING:
      return "try again: the next checkpoint will cover it";
    case v1::RECORDS_DROPPED:
      return "export again, and ask the operator for the archive of what was dropped";
    case v1::SUBMISSION_INVALID:
      return "mend the rows and send all again; `--dry-run` names every row that is wrong";
    case v1::RELEASE_UNPROTECTED:
      return "leave out the measures that it names, or ask their providers for coarser figures";
    case v1::PREVIEW_OUTDATED:
      return "preview the release again, and publish what you then see";
    case v1::AUDIT_UNAVAILABLE:
      return "tell the operator, and try later; a change is made once under its request id";
    case v1::REVOCATION_UNKNOWN:
      return "tell the partnership's office that its revocation list is not current; try later";
    case v1::TOKEN_KEYS_UNKNOWN:
      return "tell the operator that the keys of the token's issuer are not current; try later";
    case v1::SHUTTING_DOWN:
      return "try again in a minute";
    case v1::SERVER_BUSY:
      return "try again later";
    case v1::QUOTA_EXCEEDED:
      return "try again later; `concordat whoami` shows what is left of each quota";
    case v1::DEADLINE_PASSED:
      return "try again; ask for less if it goes on";
    case v1::CALLER_GONE:
      return "try again";
    case v1::ACCESS_ENDED:
      return "run `concordat whoami` to see which agreement ended";
    case v1::INTERNAL_ERROR:
      return "tell the operator, and quote the log and index above";
    default:
      return NextStepWithoutReason(code);
  }
}

// The message, whose further lines stand under the first.
std::string MessageText(const absl::Status& error) {
  return absl::StrCat(
      "concordat: ",
      absl::StrJoin(absl::StrSplit(error.message(), '\n'), "\n  ",
                    [](std::string* out, absl::string_view line) { out->append(Printable(line)); }),
      "\n");
}

std::string RetryDelayText(const absl::Status& error) {
  const auto retry = PayloadOf<google::rpc::RetryInfo>(error);
  if (!retry.has_value()) return "";
  const absl::Duration delay = absl::Seconds(retry->retry_delay().seconds()) +
                               absl::Nanoseconds(retry->retry_delay().nanos());
  return absl::StrCat(" (in ", absl::FormatDuration(delay), ")");
}

}  // namespace

std::string ReceiptText(const Receipt& receipt) {
  return absl::StrCat("log ", Printable(receipt.origin()), " index ", receipt.index());
}

std::string NextStepText(const absl::Status& error) {
  if (auto local = LocalNextStep(error); local.has_value()) return *std::move(local);
  return absl::StrCat(NextStep(ReasonOf(error), error.code()), RetryDelayText(error));
}

std::string ErrorText(const absl::Status& error) {
  std::string text = MessageText(error);
  if (const auto next_step = LocalNextStep(error); next_step.has_value()) {
    return absl::StrCat(text, "  next: ", *next_step, "\n");
  }
  const v1::ErrorReason reason = ReasonOf(error);
  const auto fields = PayloadOf<google::rpc::BadRequest>(error);
  if (fields.has_value() && fields->field_violations_size() > 1) {
    for (const auto& violation : fields->field_violations()) {
      absl::StrAppend(&text, "  ", Printable(violation.field()), ": ",
                      Printable(violation.description()), "\n");
    }
  }
  absl::StrAppend(&text, "  reason: ",
                  reason == v1::ERROR_REASON_UNSPECIFIED ? absl::StatusCodeToString(error.code())
                                                         : NameOf(reason));
  if (const auto receipt = PayloadOf<Receipt>(error); receipt.has_value()) {
    absl::StrAppend(&text, ", ", ReceiptText(*receipt));
  }
  absl::StrAppend(&text, "\n  next: ", NextStepText(error), "\n");
  return text;
}

}  // namespace concordat::cli
