#include "base/status.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace concordat {
namespace {

// BadRequest with more entries than this helps nobody and strains metadata limits.
constexpr size_t kMaxViolationsSent = 100;
// google.rpc.Status travels in a trailer; clients accept 8 KiB of them.
constexpr size_t kMaxViolationBytes = 4096;

}  // namespace

absl::StatusCode CodeOf(v1::ErrorReason reason) {
  switch (reason) {
    case v1::CLIENT_UNKNOWN:
    case v1::CLIENT_REVOKED:
    case v1::CERTIFICATE_EXPIRED:
    case v1::CERTIFICATE_AMBIGUOUS:
    case v1::CERTIFICATE_REVOKED:
    case v1::TOKEN_INVALID:
    case v1::TOKEN_EXPIRED:
    case v1::TOKEN_CERTIFICATE_MISMATCH:
    case v1::TOKEN_CLIENT_MISMATCH:
      return absl::StatusCode::kUnauthenticated;
    case v1::NO_AGREEMENT:
    case v1::PURPOSE_MISSING:
    case v1::OUT_OF_SCOPE:
    case v1::ROLE_MISSING:
    case v1::ON_BEHALF_OF_MISSING:
    case v1::ON_BEHALF_OF_REFUSED:
      return absl::StatusCode::kPermissionDenied;
    case v1::FIELDS_INVALID:
    case v1::REQUEST_MALFORMED:
    case v1::PAGE_TOKEN_INVALID:
    case v1::REQUEST_ID_REUSED:
    case v1::METADATA_INVALID:
    case v1::SUBMISSION_INVALID:
      return absl::StatusCode::kInvalidArgument;
    case v1::REQUEST_TOO_LARGE:
    case v1::SERVER_BUSY:
    case v1::QUOTA_EXCEEDED:
      return absl::StatusCode::kResourceExhausted;
    case v1::METHOD_UNKNOWN:
      return absl::StatusCode::kUnimplemented;
    case v1::RESOURCE_NOT_FOUND:
      return absl::StatusCode::kNotFound;
    case v1::ETAG_MISMATCH:
    case v1::ACCESS_ENDED:
      return absl::StatusCode::kAborted;
    case v1::RELEASE_WITHDRAWN:
    case v1::RELEASE_FROZEN:
    case v1::AGREEMENT_STATE:
    case v1::REDACTION_STATE:
    case v1::CHECKPOINT_PENDING:
    case v1::RECORDS_DROPPED:
    case v1::RELEASE_UNPROTECTED:
    case v1::PREVIEW_OUTDATED:
      return absl::StatusCode::kFailedPrecondition;
    case v1::AUDIT_UNAVAILABLE:
    case v1::WITNESSES_MISSING:
    case v1::SHUTTING_DOWN:
    case v1::REVOCATION_UNKNOWN:
    case v1::TOKEN_KEYS_UNKNOWN:
      return absl::StatusCode::kUnavailable;
    case v1::DEADLINE_PASSED:
      return absl::StatusCode::kDeadlineExceeded;
    case v1::CALLER_GONE:
      return absl::StatusCode::kCancelled;
    default:
      return absl::StatusCode::kInternal;
  }
}

std::string PayloadUrl(const google::protobuf::Descriptor& descriptor) {
  return absl::StrCat("type.googleapis.com/", descriptor.full_name());
}

void AttachPayload(absl::Status& status, const google::protobuf::Message& detail) {
  status.SetPayload(PayloadUrl(*detail.GetDescriptor()), absl::Cord(detail.SerializeAsString()));
}

absl::Status MakeError(
    v1::ErrorReason reason, absl::string_view message,
    std::initializer_list<std::pair<absl::string_view, absl::string_view>> metadata) {
  absl::Status status(CodeOf(reason), message);
  google::rpc::ErrorInfo info;
  info.set_reason(v1::ErrorReason_Name(reason));
  info.set_domain(std::string(kErrorDomain));
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[std::string(key)] = std::string(value);
  }
  AttachPayload(status, info);
  return status;
}

absl::Status InvalidFields(const std::vector<FieldViolation>& violations) {
  google::rpc::BadRequest bad_request;
  size_t bytes = 0;
  for (const FieldViolation& violation : violations) {
    bytes += violation.field.size() + violation.description.size();
    if (static_cast<size_t>(bad_request.field_violations_size()) == kMaxViolationsSent ||
        (bytes > kMaxViolationBytes && bad_request.field_violations_size() > 0)) {
      break;
    }
    auto* sent = bad_request.add_field_violations();
    sent->set_field(violation.field);
    sent->set_description(violation.description);
  }
  const FieldViolation& first = violations[0];
  std::string message =
      absl::StrCat(first.field.empty() ? "the request" : first.field, ": ", first.description);
  if (violations.size() > 1) {
    message = absl::StrCat(violations.size(), " fields are wrong; the first is ", message);
  }
  absl::Status status =
      MakeError(v1::FIELDS_INVALID, message, {{"violations", absl::StrCat(violations.size())}});
  AttachPayload(status, bad_request);
  return status;
}

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  return InvalidFields({{std::string(field), std::string(description)}});
}

absl::Status ResourceNotFound(absl::string_view type, absl::string_view name) {
  absl::Status status =
      MakeError(v1::RESOURCE_NOT_FOUND, absl::StrCat("there is no ", type, " with this name"));
  google::rpc::ResourceInfo info;
  info.set_resource_type(absl::StrCat(kErrorDomain, "/", type));
  info.set_resource_name(std::string(name));
  AttachPayload(status, info);
  return status;
}

v1::ErrorReason ReasonOf(const absl::Status& status) {
  std::optional<google::rpc::ErrorInfo> info = PayloadOf<google::rpc::ErrorInfo>(status);
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  if (info.has_value() && info->domain() == kErrorDomain) {
    v1::ErrorReason_Parse(info->reason(), &reason);
  }
  return reason;
}

void AttachRetryDelay(absl::Status& status, absl::Duration delay) {
  google::rpc::RetryInfo retry;
  absl::Duration rest;
  retry.mutable_retry_delay()->set_seconds(absl::IDivDuration(delay, absl::Seconds(1), &rest));
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  AttachPayload(status, retry);
}

google::rpc::Status ToProto(const absl::Status& status) {
  google::rpc::Status proto;
  proto.set_code(static_cast<int>(status.code()));
  proto.set_message(std::string(status.message()));
  std::vector<std::pair<std::string, std::string>> payloads;
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    payloads.emplace_back(std::string(url), std::string(payload));
  });
  std::sort(payloads.begin(), payloads.end());
  for (auto& [url, payload] : payloads) {
    google::protobuf::Any* any = proto.add_details();
    any->set_type_url(url);
    any->set_value(std::move(payload));
  }
  return proto;
}

absl::Status FromProto(const google::rpc::Status& proto) {
  const bool known = proto.code() >= 0 && proto.code() <= 16;
  absl::Status status(
      known ? static_cast<absl::StatusCode>(proto.code()) : absl::StatusCode::kUnknown,
      proto.message());
  for (const google::protobuf::Any& any : proto.details()) {
    status.SetPayload(any.type_url(), absl::Cord(any.value()));
  }
  return status;
}

}  // namespace concordat
