#include "client/doctor/network.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/openssl_ptr.h"

namespace concordat::doctor {
namespace {

using AddressesPtr = std::unique_ptr<addrinfo, FreeWith<freeaddrinfo>>;

constexpr char kHttpsPort[] = "443";

std::string WordsOf(int error_number) {
  return std::error_code(error_number, std::generic_category()).message();
}

std::string TextOf(const sockaddr* address, socklen_t size) {
  char host[NI_MAXHOST] = "";
  getnameinfo(address, size, host, sizeof(host), nullptr, 0, NI_NUMERICHOST);
  return host;
}

// 0, or why there is no connection.
int ConnectOne(int descriptor, const Address& address, absl::Duration patience) {
  const auto* const storage = reinterpret_cast<const sockaddr*>(&address.storage);
  if (connect(descriptor, storage, address.size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd waiting = {descriptor, POLLOUT, 0};
  const int ready = poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(patience)));
  if (ready == 0) return ETIMEDOUT;
  int error_number = 0;
  socklen_t size = sizeof(error_number);
  if (ready < 0 || getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error_number, &size) != 0) {
    return errno;
  }
  return error_number;
}

void BlockFor(int descriptor, absl::Duration patience) {
  const timeval time = absl::ToTimeval(patience);
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

}  // namespace

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string ToString(const HostPort& endpoint) {
  const bool is_v6 = absl::StrContains(endpoint.host, ':');
  return absl::StrCat(is_v6 ? "[" : "", endpoint.host, is_v6 ? "]" : "", ":", endpoint.port);
}

absl::StatusOr<HostPort> ParseTarget(absl::string_view target) {
  absl::ConsumePrefix(&target, "dns:///");
  HostPort endpoint{"", kHttpsPort};
  absl::string_view rest = target;
  if (absl::ConsumePrefix(&rest, "[")) {
    const size_t end = rest.find(']');
    endpoint.host = std::string(rest.substr(0, end));
    rest = end == absl::string_view::npos ? "?" : rest.substr(end + 1);
  } else {
    endpoint.host = std::string(rest.substr(0, rest.find(':')));
    rest = rest.substr(endpoint.host.size());
  }
  int port = 0;
  if (absl::ConsumePrefix(&rest, ":")) {
    endpoint.port = std::string(rest);
    rest = "";
  }
  if (endpoint.host.empty() || !rest.empty() || !absl::SimpleAtoi(endpoint.port, &port) ||
      port < 1 || port > 65535) {
    return absl::InvalidArgumentError("the target is not of the form HOST:PORT");
  }
  return endpoint;
}

bool IsAddress(const std::string& host) {
  in6_addr address = {};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

absl::StatusOr<std::vector<Address>> Resolve(const HostPort& endpoint) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int outcome = getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &found);
  if (outcome != 0) return absl::NotFoundError(gai_strerror(outcome));
  const AddressesPtr owned(found);
  std::vector<Address> addresses;
  for (const addrinfo* item = found; item != nullptr; item = item->ai_next) {
    Address address;
    std::memcpy(&address.storage, item->ai_addr, item->ai_addrlen);
    address.size = item->ai_addrlen;
    address.text = TextOf(item->ai_addr, item->ai_addrlen);
    addresses.push_back(address);
  }
  return addresses;
}

absl::StatusOr<Socket> Connect(const std::vector<Address>& addresses, absl::Duration patience) {
  std::vector<std::string> refusals;
  for (const Address& address : addresses) {
    Socket socket(
        ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int error_number =
        socket.descriptor() < 0 ? errno : ConnectOne(socket.descriptor(), address, patience);
    if (error_number != 0) {
      refusals.push_back(absl::StrCat(address.text, ": ", WordsOf(error_number)));
      continue;
    }
    int off = 0;
    ioctl(socket.descriptor(), FIONBIO, &off);
    BlockFor(socket.descriptor(), patience);
    return socket;
  }
  return absl::UnavailableError(absl::StrJoin(refusals, "; "));
}

}  // namespace concordat::doctor
