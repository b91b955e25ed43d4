#include "client/internal/grpc_status.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "google/rpc/status.pb.h"

namespace concordat::internal {
namespace {

// `phrases` are in lower case.
bool SaysAnyOf(absl::string_view message, std::initializer_list<absl::string_view> phrases) {
  const std::string lower = absl::AsciiStrToLower(message);
  return std::any_of(phrases.begin(), phrases.end(), [&lower](absl::string_view phrase) {
    return absl::StrContains(lower, phrase);
  });
}

// What the transport's words say about why there is no answer.
enum class Fault { kNobodyListens, kUnknownHost, kHandshake, kClosed, kOther };

Fault FaultOf(absl::string_view message) {
  if (SaysAnyOf(message, {"connection refused"})) return Fault::kNobodyListens;
  if (SaysAnyOf(message, {"dns", "name resolution", "resolve"})) return Fault::kUnknownHost;
  if (SaysAnyOf(message, {"certificate_verify_failed", "handshake", "peer name", "check peer",
                          "hostname verification"})) {
    return Fault::kHandshake;
  }
  if (SaysAnyOf(message, {"socket closed", "connection reset", "broken pipe", "goaway",
                          "connection closed", "recvmsg"})) {
    return Fault::kClosed;
  }
  return Fault::kOther;
}

// The cause, or the likely ones in their order: a service that refuses a client
// just closes the connection, and so does much that stands in between.
std::string ExplainTransport(absl::string_view message, absl::string_view target) {
  // Only the last error of several addresses is told, so its preface says nothing.
  absl::ConsumePrefix(&message, "failed to connect to all addresses; last error: ");
  switch (FaultOf(message)) {
    case Fault::kNobodyListens:
      return absl::StrCat("nothing listens at ", target,
                          ": the service is not running, or the address is wrong (", message, ")");
    case Fault::kUnknownHost:
      return absl::StrCat("the host of ", target, " is not known: check the address (", message,
                          ")");
    case Fault::kHandshake:
      return absl::StrCat(
          "the TLS handshake with ", target, " failed; likely causes, in order:\n",
          "wrong address or port; a proxy that intercepts TLS; other server_name or\n",
          "ca_certificate_file; your certificate's authority not trusted; it is full\n", "(",
          message, ")");
    case Fault::kClosed:
      return absl::StrCat(
          target, " closed the connection; likely causes, in order:\n",
          "wrong address or port; a proxy that intercepts TLS; your certificate's\n",
          "authority not trusted there; the service is full. Its office sees which:\n",
          "`concordat handshakes list` (", message, ")");
    case Fault::kOther:
      break;
  }
  return absl::StrCat(target, " cannot be reached (", message, ")");
}

}  // namespace

bool IsLastingFault(const grpc::Status& status) {
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE || !status.error_details().empty()) {
    return false;
  }
  const Fault fault = FaultOf(status.error_message());
  return fault == Fault::kUnknownHost || fault == Fault::kHandshake || fault == Fault::kClosed;
}

absl::Status ToAbslStatus(const grpc::Status& status, absl::string_view target,
                          const std::optional<Receipt>& receipt) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  absl::Status result(code, status.error_message());
  google::rpc::Status details;
  if (!status.error_details().empty() && details.ParseFromString(status.error_details()) &&
      details.code() == static_cast<int>(status.error_code())) {
    result = FromProto(details);
  } else if (code == absl::StatusCode::kUnavailable && !receipt.has_value()) {
    result = absl::UnavailableError(ExplainTransport(status.error_message(), target));
  } else if (code == absl::StatusCode::kDeadlineExceeded) {
    result = absl::DeadlineExceededError(
        absl::StrCat(target, " did not answer before the call's deadline"));
  }
  if (receipt.has_value()) AttachPayload(result, *receipt);
  return result;
}

}  // namespace concordat::internal
