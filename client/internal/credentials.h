// A client's certificate, key and authority, read and looked at before gRPC
// gets them: gRPC itself says nothing about a file that it cannot use.
#ifndef CONCORDAT_CLIENT_INTERNAL_CREDENTIALS_H_
#define CONCORDAT_CLIENT_INTERNAL_CREDENTIALS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "concordat/options.h"
#include "grpcpp/security/credentials.h"

namespace concordat::internal {

// Credentials for TLS on both sides. INVALID_ARGUMENT names the option or file
// that is missing, is not PEM, does not belong to the key, or has expired.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ReadCredentials(
    const ClientOptions& options);

}  // namespace concordat::internal

#endif  // CONCORDAT_CLIENT_INTERNAL_CREDENTIALS_H_
