// One TLS handshake with the service, looked at from this side.
#ifndef CONCORDAT_CLIENT_DOCTOR_TLS_PROBE_H_
#define CONCORDAT_CLIENT_DOCTOR_TLS_PROBE_H_

#include <string>

#include "absl/status/status.h"
#include "client/doctor/network.h"
#include "concordat/options.h"

namespace concordat::doctor {

// What the handshake showed. Each status is OK, or says what was seen.
struct TlsFindings {
  // That the other side speaks TLS and showed a certificate. When it is not OK,
  // nothing else is known.
  absl::Status spoke_tls;
  // That its chain ends in an authority of `ca_certificate_file`. Else the issuer
  // that was seen: that of an intercepting proxy, perhaps.
  absl::Status authority;
  // That its certificates are valid by this machine's clock.
  absl::Status dates;
  // That its certificate is for the name that gRPC wants.
  absl::Status name;
  // That it chose HTTP/2 by ALPN.
  absl::Status alpn;
  // That it took this client's certificate and began to speak HTTP/2. Not asked
  // when one of the above is not OK.
  absl::Status accepted;
  // In words: version and suite, the server's certificate.
  std::string protocol;
  std::string server;
};

// Does the handshake over `socket` as gRPC would, as the client of `options`,
// whose files can be read. `name` is what the server's certificate must be for. The
// client's certificate is shown only to a server whose own is as it should be. Not
// thread-safe: the process ignores SIGPIPE meanwhile.
TlsFindings ProbeTls(const Socket& socket, const ClientOptions& options, const std::string& name);

}  // namespace concordat::doctor

#endif  // CONCORDAT_CLIENT_DOCTOR_TLS_PROBE_H_
