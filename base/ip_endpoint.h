// An IP address with a port, as configuration writes it.
#ifndef CONCORDAT_BASE_IP_ENDPOINT_H_
#define CONCORDAT_BASE_IP_ENDPOINT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace concordat {

// Where something listens.
struct IpEndpoint {
  // IPv4 in dotted form, or IPv6, without brackets.
  std::string ip;
  // From 0 to 65535; 0 takes a free one.
  int port = 0;
};

// Reads `192.0.2.1:8443` or `[2001:db8::1]:8443`; names of hosts are not looked
// up. INVALID_ARGUMENT whose message says what is wrong, to stand behind the
// name of the field.
absl::StatusOr<IpEndpoint> ParseIpEndpoint(absl::string_view text);

// The endpoint as ParseIpEndpoint reads it.
std::string ToString(const IpEndpoint& endpoint);

}  // namespace concordat

#endif  // CONCORDAT_BASE_IP_ENDPOINT_H_
