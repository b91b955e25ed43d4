// Errors: how they are made, carried and read. Inside, an error is an
// absl::Status with one google.rpc.ErrorInfo payload; at the edge the same
// payloads travel as google.rpc.Status details.
#ifndef CONCORDAT_BASE_STATUS_H_
#define CONCORDAT_BASE_STATUS_H_

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "concordat/v1/error_reason.pb.h"
#include "google/protobuf/message.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace concordat {

// The domain of every ErrorInfo this project sends.
inline constexpr absl::string_view kErrorDomain = "concordat";

// Makes the status for `reason`, with the code that error_reason.proto
// documents for it. `message` says what happened and what to do next, and holds
// no personal data and no secret.
absl::Status MakeError(
    v1::ErrorReason reason, absl::string_view message,
    std::initializer_list<std::pair<absl::string_view, absl::string_view>> metadata = {});

// The status code that error_reason.proto documents for `reason`.
absl::StatusCode CodeOf(v1::ErrorReason reason);

// One wrong field: its path as in `actions[3].due.text`, and what is wrong. The
// path is empty for what is wrong with the request itself.
struct FieldViolation {
  std::string field;
  std::string description;
};

// FIELDS_INVALID with a google.rpc.BadRequest that names each field. At most
// 100 are sent; the message says how many there are. `violations` is not empty.
absl::Status InvalidFields(const std::vector<FieldViolation>& violations);
// The same for a single field.
absl::Status InvalidField(absl::string_view field, absl::string_view description);

// RESOURCE_NOT_FOUND with a google.rpc.ResourceInfo.
absl::Status ResourceNotFound(absl::string_view type, absl::string_view name);

// The error's reason; ERROR_REASON_UNSPECIFIED when it carries none.
v1::ErrorReason ReasonOf(const absl::Status& status);

// Reads a payload of type `Message` from a status.
template <typename Message>
std::optional<Message> PayloadOf(const absl::Status& status);

// Attaches `detail`, replacing one of the same type.
void AttachPayload(absl::Status& status, const google::protobuf::Message& detail);

// Attaches a google.rpc.RetryInfo: when to try again.
void AttachRetryDelay(absl::Status& status, absl::Duration delay);

// The status as it travels, and back. A code that is not in the enumeration
// becomes UNKNOWN.
google::rpc::Status ToProto(const absl::Status& status);
absl::Status FromProto(const google::rpc::Status& proto);

// The type URL under which a payload of this message type travels.
std::string PayloadUrl(const google::protobuf::Descriptor& descriptor);

template <typename Message>
std::optional<Message> PayloadOf(const absl::Status& status) {
  const auto payload = status.GetPayload(PayloadUrl(*Message::descriptor()));
  Message message;
  if (!payload.has_value() || !message.ParseFromString(std::string(*payload))) return std::nullopt;
  return message;
}

// Returns the status from the enclosing function when it is not OK.
#define RETURN_IF_ERROR(expression)                                     \
  do {                                                                  \
    if (absl::Status status_or_ok = (expression); !status_or_ok.ok()) { \
      return status_or_ok;                                              \
    }                                                                   \
  } while (false)

#define CONCORDAT_CONCAT_INNER(a, b) a##b
#define CONCORDAT_CONCAT(a, b) CONCORDAT_CONCAT_INNER(a, b)
#define CONCORDAT_ASSIGN_OR_RETURN(temporary, target, expression) \
  auto temporary = (expression);                                  \
  if (!temporary.ok()) return std::move(temporary).status();      \
  target = *std::move(temporary)

// Assigns the value of a StatusOr, or returns its status from the function.
#define ASSIGN_OR_RETURN(target, expression) \
  CONCORDAT_ASSIGN_OR_RETURN(CONCORDAT_CONCAT(status_or_value_, __LINE__), target, expression)

}  // namespace concordat

#endif  // CONCORDAT_BASE_STATUS_H_
