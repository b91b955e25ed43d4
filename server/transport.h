// What gRPC is told of connections. Apart, so that the benchmark's bare server
// speaks over the very same transport.
#ifndef CONCORDAT_SERVER_TRANSPORT_H_
#define CONCORDAT_SERVER_TRANSPORT_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace concordat {

// The limits that a deployment may set.
struct TransportLimits {
  // Largest message that gRPC reads; a larger one is cut off.
  int max_receive_bytes = 16 << 20;
  // Longest TLS handshake.
  absl::Duration handshake_deadline = absl::Seconds(5);
  // What gRPC may use for connections and calls.
  size_t memory_bytes = size_t{512} << 20;
};

// Sets these limits, and those that are the same everywhere.
void LimitTransport(grpc::ServerBuilder& builder, const TransportLimits& limits);

// Mutual TLS: every client shows a certificate of `authorities`. All are PEM.
// Null when gRPC does not accept them.
std::shared_ptr<grpc::ServerCredentials> MutualTls(const std::string& authorities,
                                                   const std::string& certificate,
                                                   const std::string& key);

}  // namespace concordat

#endif  // CONCORDAT_SERVER_TRANSPORT_H_
