// The outcome of a gRPC call as an absl::Status that a person can act on.
#ifndef CONCORDAT_CLIENT_INTERNAL_GRPC_STATUS_H_
#define CONCORDAT_CLIENT_INTERNAL_GRPC_STATUS_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "concordat/options.h"
#include "grpcpp/support/status.h"

namespace concordat::internal {

// Whether the call failed because no connection could be made for a reason that
// seldom goes away by itself: an unknown host, or a handshake that failed. A
// restarting service refuses connections instead.
bool IsLastingFault(const grpc::Status& status);

// OK, or the error with the service's details and `receipt` as payloads. When
// the service itself said nothing, the message says what that usually means for
// a connection to `target`, in at most four lines.
absl::Status ToAbslStatus(const grpc::Status& status, absl::string_view target,
                          const std::optional<Receipt>& receipt);

}  // namespace concordat::internal

#endif  // CONCORDAT_CLIENT_INTERNAL_GRPC_STATUS_H_
