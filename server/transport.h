// What gRPC is told of connections. Apart, so that the benchmark's bare server
// speaks over the very same transport.
#ifndef CONCORDAT_SERVER_TRANSPORT_H_
#define CONCORDAT_SERVER_TRANSPORT_H_

#include <cstddef>

#include "absl/time/time.h"
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

}  // namespace concordat

#endif  // CONCORDAT_SERVER_TRANSPORT_H_
