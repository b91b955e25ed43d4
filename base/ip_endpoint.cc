#include "base/ip_endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace concordat {
namespace {

constexpr int kMaxPort = 65535;

bool IsAddress(int family, const std::string& ip) {
  in6_addr address;
  return inet_pton(family, ip.c_str(), &address) == 1;
}

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, ": write an IP address and a port, such as 127.0.0.1:8443 or [::1]:8443"));
}

}  // namespace

absl::StatusOr<IpEndpoint> ParseIpEndpoint(absl::string_view text) {
  // The colons within brackets are the address's own.
  const bool bracketed = absl::StartsWith(text, "[");
  const size_t colon = text.find(':', bracketed ? text.find(']') : 0);
  const absl::string_view host = text.substr(0, colon);
  const absl::string_view port =
      colon == absl::string_view::npos ? absl::string_view() : text.substr(colon + 1);

  IpEndpoint endpoint;
  endpoint.ip = std::string(host);
  if (bracketed) {
    const bool closed = absl::EndsWith(host, "]");
    if (closed) endpoint.ip = std::string(host.substr(1, host.size() - 2));
    if (!closed || !IsAddress(AF_INET6, endpoint.ip)) {
      return Wrong("has brackets that do not enclose an IPv6 address");
    }
  } else if (absl::StrContains(port, ':')) {
    return Wrong("has more than one colon; an IPv6 address stands in brackets");
  } else if (!IsAddress(AF_INET, endpoint.ip)) {
    return Wrong("is not an IP address; names of hosts are not looked up");
  }
  if (port.empty()) return Wrong("has no port");
  if (!std::all_of(port.begin(), port.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(port, &endpoint.port) || endpoint.port > kMaxPort) {
    return Wrong("has a port that is not a number from 0 to 65535");
  }
  return endpoint;
}

std::string ToString(const IpEndpoint& endpoint) {
  const bool v6 = absl::StrContains(endpoint.ip, ':');
  return absl::StrCat(v6 ? "[" : "", endpoint.ip, v6 ? "]:" : ":", endpoint.port);
}

}  // namespace concordat
