// The proxy that gRPC 1.51 would take, by the environment variables that it reads.
#ifndef CONCORDAT_CLIENT_DOCTOR_PROXY_H_
#define CONCORDAT_CLIENT_DOCTOR_PROXY_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/doctor/network.h"

namespace concordat::doctor {

// Reads one environment variable; nothing when it is not set.
using ReadVariable = std::function<std::optional<std::string>(const char* name)>;

// What was decided, and why.
struct ProxyChoice {
  // Where CONNECT is sent; nothing when calls go straight to the service.
  std::optional<HostPort> proxy;
  // The value of `Proxy-Authorization`, if the variable has user and password.
  // Secret: never shown.
  std::string authorization;
  // In words, with the variable's name and without its secrets.
  std::string reason;
};

// What gRPC 1.51 does for calls to `host`: the first that is set of grpc_proxy,
// https_proxy and http_proxy, if it is an `http://` address, unless `host` ends
// with an entry of the first that is set of no_grpc_proxy and no_proxy. Names in
// capitals are not read, and neither are addresses such as 10.0.0.0/8.
ProxyChoice ChooseProxy(absl::string_view host, const ReadVariable& read);

// Asks the proxy at the other end of `socket` for a way to `target`. An error has
// the proxy's answer in its words: UNAVAILABLE when it refused or hung up.
absl::Status AskProxy(const Socket& socket, const ProxyChoice& choice, const HostPort& target);

}  // namespace concordat::doctor

#endif  // CONCORDAT_CLIENT_DOCTOR_PROXY_H_
