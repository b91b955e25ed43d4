// What a TLS handshake is made with.
#ifndef CONCORDAT_SERVER_TLS_TLS_SET_H_
#define CONCORDAT_SERVER_TLS_TLS_SET_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/config.pb.h"

namespace concordat::tls {

// Three PEM texts that fit together.
struct TlsSet {
  // The server's certificate, and any intermediate ones after it.
  std::string certificate;
  // Its private key.
  std::string key;
  // The authorities whose client certificates are accepted.
  std::string authorities;

  friend bool operator==(const TlsSet&, const TlsSet&) = default;
};

// Reads the set's files. An error says which one cannot be read.
absl::StatusOr<TlsSet> ReadTlsSet(const server::v1::ServerConfig::Tls& files);

// OK when the TLS library takes the set and its dates hold at `now`: the
// server's certificate is valid, and one of the authorities at least. gRPC
// itself would take some bad sets, and then fail every handshake. An error says
// what is wrong, and holds nothing of the key.
absl::Status CheckTlsSet(const TlsSet& set, absl::Time now);

}  // namespace concordat::tls

#endif  // CONCORDAT_SERVER_TLS_TLS_SET_H_
