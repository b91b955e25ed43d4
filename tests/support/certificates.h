// Throwaway certificates for tests that speak TLS, made once a process.
#ifndef CONCORDAT_TESTS_SUPPORT_CERTIFICATES_H_
#define CONCORDAT_TESTS_SUPPORT_CERTIFICATES_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace concordat::e2e {

// A certificate and its private key, in PEM. Both are empty for a caller who
// shows none.
struct KeyPair {
  std::string certificate;
  std::string key;
};

// The authority, the server's certificate, and those of the two callers whom no
// client of the directory is: what scripts/make_certificates.sh writes into a
// folder that goes with the process. Thread-safe.
class Certificates {
 public:
  static const Certificates& Get();

  // The path of one of the script's files, such as `server.key`.
  std::string Path(const std::string& file) const { return folder_ + "/" + file; }
  // The pair NAME.crt and NAME.key of the script, such as `nobody`.
  KeyPair Read(const std::string& name) const;
  // The authority that the server trusts, and that signed the server's own.
  std::string Authority() const;

  // A client certificate of the authority, with `uri` as its only alternative
  // name. The same arguments give the same certificate.
  KeyPair OfClient(const std::string& uri, absl::Time not_before = kLongAgo,
                   absl::Time not_after = kFarAhead) const;

  // A revocation list of the authority that names the certificates of `revoked`,
  // and holds from `last_update` to `next_update`.
  std::string RevocationList(const std::vector<KeyPair>& revoked, absl::Time last_update = kLongAgo,
                             absl::Time next_update = kFarAhead) const;
  // The same of another authority, or of whoever has a key.
  static std::string RevocationListOf(const KeyPair& authority, const std::vector<KeyPair>& revoked,
                                      absl::Time last_update = kLongAgo,
                                      absl::Time next_update = kFarAhead);
  // A certificate of the authority for the server, with the names of the first.
  KeyPair AnotherServer(absl::Time not_after = kFarAhead) const;

  // The same of the authority that nobody trusts.
  KeyPair OfUntrustedServer() const;

  // So wide that a test's own clock falls within it.
  static const absl::Time kLongAgo;
  static const absl::Time kFarAhead;

 private:
  Certificates();

  std::string folder_;
};

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_CERTIFICATES_H_
