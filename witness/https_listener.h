// The witness's https endpoint.
#ifndef CONCORDAT_WITNESS_HTTPS_LISTENER_H_
#define CONCORDAT_WITNESS_HTTPS_LISTENER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "witness/connection_limits.h"
#include "witness/witness.h"

namespace concordat::witness {

// Answers `POST /add-checkpoint` over TLS 1.2 or later, and nothing else. What comes
// from outside is bounded: the connections in hand, the bytes and the time of each,
// and the size of a body. Thread-safe, but for its end.
class HttpsListener {
 public:
  struct Options {
    // As ParseIpEndpoint reads it; port 0 takes a free one.
    std::string address;
    // The certificate chain and its key, in PEM.
    std::string certificate_file;
    std::string private_key_file;
    ConnectionLimits limits;
    // Connections that are served at once. As many again wait; further ones are not
    // accepted until one has ended.
    size_t threads = 16;
  };
  // Gives the answer to a body of at most tlog::kMaxWitnessRequestBytes. Called on
  // many threads at once.
  using AddCheckpoint = std::function<Answer(absl::string_view body)>;

  // Begins to serve. `on_failed` is called once, on a thread of the listener, when it
  // ends by itself. UNAVAILABLE when the address cannot be had, FAILED_PRECONDITION
  // when certificate and key cannot be used.
  static absl::StatusOr<std::unique_ptr<HttpsListener>> Start(Options options,
                                                              AddCheckpoint add_checkpoint,
                                                              std::function<void()> on_failed);
  // Lets the requests in hand end.
  virtual ~HttpsListener() = default;

  // With the port that was bound.
  virtual const std::string& address() const = 0;
};

}  // namespace concordat::witness

#endif  // CONCORDAT_WITNESS_HTTPS_LISTENER_H_
