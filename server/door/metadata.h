// The metadata keys of a call (docs/integrating.md has the table).
#ifndef CONCORDAT_SERVER_DOOR_METADATA_H_
#define CONCORDAT_SERVER_DOOR_METADATA_H_

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/support/string_ref.h"

namespace concordat::door {

// Sent by the caller.
inline constexpr char kPurposeKey[] = "concordat-purpose";
inline constexpr char kAgreementKey[] = "concordat-agreement";
inline constexpr char kOnBehalfOfKey[] = "concordat-on-behalf-of";
inline constexpr char kRequestIdKey[] = "concordat-request-id";
inline constexpr char kTraceParentKey[] = "traceparent";
// Sent by a caller with a token: `Bearer`, one space, and the access token (RFC 6750).
inline constexpr char kAuthorizationKey[] = "authorization";
// Sent with every answer: a serialised v1::Receipt.
inline constexpr char kReceiptKey[] = "concordat-receipt-bin";
// Sent with an answer for each quota that applies to the call: what quota::StandingText says.
inline constexpr char kQuotaKey[] = "concordat-quota";

// What the caller said beside the request. Empty where it said nothing.
struct CallMetadata {
  // An identifier.
  std::string purpose;
  // `agreements/{agreement}`.
  std::string agreement;
  // An opaque identifier of a person, at most 128 printable ASCII bytes.
  std::string on_behalf_of;
  // At most 128 printable ASCII bytes.
  std::string request_id;
  // 32 hexadecimal digits. A `traceparent` that is none is left out, as W3C
  // Trace Context asks.
  std::string trace_id;
};

// Reads the caller's metadata. METADATA_INVALID for a bad value, a key given
// twice, or a `concordat-` key that is not in the table.
absl::StatusOr<CallMetadata> ReadMetadata(
    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata);

// The access token of `authorization`; nothing when the header is not there.
// TOKEN_INVALID when there are several, or one that is no bearer token. The token
// points into `metadata`.
absl::StatusOr<std::optional<absl::string_view>> ReadBearerToken(
    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata);

}  // namespace concordat::door

#endif  // CONCORDAT_SERVER_DOOR_METADATA_H_
