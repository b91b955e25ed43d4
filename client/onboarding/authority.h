// The partnership's own certificate authority, for clients and nothing else.
#ifndef CONCORDAT_CLIENT_ONBOARDING_AUTHORITY_H_
#define CONCORDAT_CLIENT_ONBOARDING_AUTHORITY_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/openssl_ptr.h"

namespace concordat::onboarding {

// A certificate that was just made.
struct IssuedCertificate {
  // PEM.
  std::string pem;
  // SHA-256 of its DER form in hexadecimal digits: `sha256:` and this is an
  // identity that the directory can have.
  std::string sha256;
  // 128 random bits, in hexadecimal digits.
  std::string serial;
  absl::Time not_after;
};

// Signs requests. Not thread-safe.
class Authority {
 public:
  // The longest life of a certificate: the browsers' limit of 398 days, less one
  // for the part of a day (CA/Browser Forum baseline requirements, 6.3.2).
  static constexpr int kMostDays = 397;

  // Reads the authority's certificate and its key, both PEM; `passphrase` opens a
  // key that is encrypted. INVALID_ARGUMENT when one cannot be read, they do not
  // belong together, or the certificate is no authority's or not valid at `now`.
  static absl::StatusOr<Authority> Read(absl::string_view certificate_pem,
                                        absl::string_view key_pem, const std::string& passphrase,
                                        absl::Time now);

  // Issues a certificate for TLS clients: no authority, digital signatures alone,
  // `identity` as its one alternative name, a random serial number of 128 bits,
  // valid for `days` from `now` and from five minutes before it, since clocks
  // differ. INVALID_ARGUMENT says every reason not to sign (ReviewRequest), or
  // that it would live longer than kMostDays or than the authority.
  absl::StatusOr<IssuedCertificate> Issue(absl::string_view request_pem, absl::string_view identity,
                                          int days, absl::Time now) const;

 private:
  Authority(X509Ptr certificate, KeyPtr key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}

  X509Ptr certificate_;
  KeyPtr key_;
};

}  // namespace concordat::onboarding

#endif  // CONCORDAT_CLIENT_ONBOARDING_AUTHORITY_H_
