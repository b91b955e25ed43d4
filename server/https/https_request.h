// One small document from, or to, an https address that the operator has chosen.
#ifndef CONCORDAT_SERVER_HTTPS_HTTPS_REQUEST_H_
#define CONCORDAT_SERVER_HTTPS_HTTPS_REQUEST_H_

#include <atomic>
#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace concordat::https {

// Who is asked, and how far the other side is trusted.
struct HttpsAddress {
  // As CheckHttpsUrl takes it.
  std::string url;
  // The only authorities, in PEM, that may have signed the certificate there.
  std::string ca_file;
  // As CheckProxyUrl takes it. Empty for none.
  std::string proxy;
  // Name look-up, proxy and TLS handshake.
  absl::Duration connect_timeout;
  // All of it.
  absl::Duration timeout;
  // The largest document that is taken.
  size_t max_bytes = 0;
};

// What came back, whatever its status; nothing of it is to be trusted.
struct HttpsAnswer {
  // The HTTP status, such as 200 or 302.
  long status = 0;
  // The header of that name; empty when there was none.
  std::string content_type;
  // At most HttpsAddress::max_bytes.
  std::string document;
};

// OK for an https address with a host and without user, password and fragment.
absl::Status CheckHttpsUrl(const std::string& url);
// OK for an http address with a host and without user and password.
absl::Status CheckProxyUrl(const std::string& url);

// Gets the document over TLS 1.2 or later. An error says what failed, quotes
// nothing that the other side sent, and comes for every status but 200 (so for
// redirects), and for more than `max_bytes`.
//
// Nothing of the environment counts: no proxy, no authorities, no credentials,
// no cookies. Blocks for up to `timeout`, or about a second after `cancelled`
// was set; a name look-up that the system does not give up may take longer.
// Thread-safe.
absl::StatusOr<std::string> FetchHttps(const HttpsAddress& address,
                                       const std::atomic<bool>& cancelled);

// Posts `body` as text/plain, under the same conditions, and gives the answer
// with any status; a redirect is an answer and not followed. An error means that
// no whole answer came, so that whether the body was taken is not known.
absl::StatusOr<HttpsAnswer> PostHttps(const HttpsAddress& address, const std::string& body,
                                      const std::atomic<bool>& cancelled);

}  // namespace concordat::https

#endif  // CONCORDAT_SERVER_HTTPS_HTTPS_REQUEST_H_
