// What travels beside a message: the documented metadata keys, and the receipt.
#ifndef CONCORDAT_CLIENT_INTERNAL_CALL_METADATA_H_
#define CONCORDAT_CLIENT_INTERNAL_CALL_METADATA_H_

#include <optional>

#include "absl/status/status.h"
#include "concordat/options.h"
#include "grpcpp/client_context.h"

namespace concordat::internal {

// METADATA_INVALID when a text of `options` cannot travel as metadata. gRPC
// would end the process.
absl::Status CheckMetadata(const CallOptions& options);

// Adds what `options` says. They passed CheckMetadata.
void AddMetadata(const CallOptions& options, grpc::ClientContext& context);

// The receipt of a finished call; nothing when the service sent none.
std::optional<Receipt> ReadReceipt(const grpc::ClientContext& context);

}  // namespace concordat::internal

#endif  // CONCORDAT_CLIENT_INTERNAL_CALL_METADATA_H_
