// The outcome of a gRPC call as an absl::Status that a person can act on.
#ifndef CONCORDAT_CLIENT_INTERNAL_GRPC_STATUS_H_
#define CONCORDAT_CLIENT_INTERNAL_GRPC_STATUS_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "concordat/options.h"
#include "grpcpp/support/status.h"

namespace concordat::internal {

// OK, or the error with the service's details and `receipt` as payloads. When
// the service itself said nothing, the message says what that usually means for
// a connection to `target`.
absl::Status ToAbslStatus(const grpc::Status& status, absl::string_view target,
                          const std::optional<Receipt>& receipt);

}  // namespace concordat::internal

#endif  // CONCORDAT_CLIENT_INTERNAL_GRPC_STATUS_H_
