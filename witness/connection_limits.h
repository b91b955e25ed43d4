// Bounds on what a TLS connection may take, which the https library lacks.
#ifndef CONCORDAT_WITNESS_CONNECTION_LIMITS_H_
#define CONCORDAT_WITNESS_CONNECTION_LIMITS_H_

#include <openssl/ssl.h>

#include <chrono>
#include <cstddef>

namespace concordat::witness {

// Of one connection, the handshake included.
struct ConnectionLimits {
  // Bytes that are read, as they come over the network.
  size_t max_bytes = size_t{1} << 20;
  // From the beginning of the handshake on. Nothing is read later; a reader that
  // waits already does so to the end of its own patience.
  std::chrono::milliseconds max_time{10000};
};

// From then on a connection of `context` that is over its limits fails at the next
// read. A second handshake on one connection is refused. `limits` outlives the
// connections. The callbacks are safe for connections on different threads.
void LimitConnections(SSL_CTX& context, const ConnectionLimits& limits);

}  // namespace concordat::witness

#endif  // CONCORDAT_WITNESS_CONNECTION_LIMITS_H_
