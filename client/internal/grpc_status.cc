#include "client/internal/grpc_status.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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

// What the transport's words usually mean. A service that refuses a client's
// certificate just closes the connection, so that the two look alike from here.
std::string ExplainTransport(absl::string_view message, absl::string_view target) {
  if (SaysAnyOf(message, {"connection refused"})) {
    return absl::StrCat("nothing listens at ", target,
                        ": the service is not running, or the address is wrong");
  }
  if (SaysAnyOf(message, {"dns", "name resolution", "resolve"})) {
    return absl::StrCat("the host of ", target, " is not known: check the address");
  }
  if (SaysAnyOf(message, {"certificate_verify_failed", "ssl handshake", "handshake failed",
                          "peer name", "hostname verification"})) {
    return absl::StrCat("the TLS handshake with ", target,
                        " failed: the service's certificate is not of the given authority or has "
                        "another name (server_name), or the service refused this client's");
  }
  if (SaysAnyOf(message, {"socket closed", "connection reset", "broken pipe", "goaway",
                          "connection closed", "recvmsg", "handshake"})) {
    return absl::StrCat(target,
                        " closed the connection without an answer: usually it does not accept "
                        "this client's certificate; ask the partnership's office to look at the "
                        "refused handshakes (`concordat handshakes list`)");
  }
  return absl::StrCat(target, " cannot be reached");
}

}  // namespace

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
    result = absl::UnavailableError(absl::StrCat(ExplainTransport(status.error_message(), target),
                                                 " (", status.error_message(), ")"));
  } else if (code == absl::StatusCode::kDeadlineExceeded) {
    result = absl::DeadlineExceededError(
        absl::StrCat(target, " did not answer before the call's deadline"));
  }
  if (receipt.has_value()) AttachPayload(result, *receipt);
  return result;
}

}  // namespace concordat::internal
