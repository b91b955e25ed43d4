// Addresses and sockets, one step at a time, so that each can be reported.
#ifndef CONCORDAT_CLIENT_DOCTOR_NETWORK_H_
#define CONCORDAT_CLIENT_DOCTOR_NETWORK_H_

#include <sys/socket.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace concordat::doctor {

// A host by name or address, without brackets, and its port.
struct HostPort {
  std::string host;
  std::string port;
};

// `host:port`, with brackets around an IPv6 host.
std::string ToString(const HostPort& endpoint);

// Reads a target as gRPC does: `host:port`, `[v6]:port`, either behind `dns:///`;
// 443 without a port. INVALID_ARGUMENT for every other kind of target.
absl::StatusOr<HostPort> ParseTarget(absl::string_view target);

// Whether `host` is an IP address.
bool IsAddress(const std::string& host);

// One address of a host.
struct Address {
  sockaddr_storage storage = {};
  socklen_t size = 0;
  // Without the port.
  std::string text;
};

// The addresses of a host, at least one. NOT_FOUND in the resolver's words.
absl::StatusOr<std::vector<Address>> Resolve(const HostPort& endpoint);

// An open socket, closed when it goes.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket();

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// Connects to the first address that answers, and gives every read and write
// `patience` from then on. UNAVAILABLE says what became of each address.
absl::StatusOr<Socket> Connect(const std::vector<Address>& addresses, absl::Duration patience);

}  // namespace concordat::doctor

#endif  // CONCORDAT_CLIENT_DOCTOR_NETWORK_H_
