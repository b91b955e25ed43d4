// What a token issuer has in a test: keys, their JWKS document, and tokens.
#ifndef CONCORDAT_TESTS_SUPPORT_SIGNING_KEY_H_
#define CONCORDAT_TESTS_SUPPORT_SIGNING_KEY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/openssl_ptr.h"
#include "nlohmann/json.hpp"

namespace concordat {

// A private key for one of ES256, RS256, PS256 and EdDSA. Ends the process when
// the TLS library fails.
class SigningKey {
 public:
  // `rsa_bits` counts for RS256 and PS256 alone.
  SigningKey(std::string algorithm, std::string key_id, int rsa_bits = 2048);

  // The public key as it stands in a JWKS document.
  nlohmann::json PublicJwk() const;
  // The signature in the form of JWS: for ES256 that is r and s.
  std::string Sign(absl::string_view message) const;
  // The DER form of an ECDSA signature, which JWS does not take.
  std::string SignDer(absl::string_view message) const;

  // `alg`, `kid` and `typ` at+jwt.
  nlohmann::json Header() const;
  // The token of exactly these texts, signed.
  std::string TokenOfTexts(absl::string_view header, absl::string_view claims) const;
  std::string Token(const nlohmann::json& header, const nlohmann::json& claims) const {
    return TokenOfTexts(header.dump(), claims.dump());
  }
  std::string Token(const nlohmann::json& claims) const { return Token(Header(), claims); }

 private:
  std::string algorithm_;
  std::string key_id_;
  KeyPtr key_;
};

// The JWKS document of the public keys.
std::string JwksOf(const std::vector<nlohmann::json>& keys);

}  // namespace concordat

#endif  // CONCORDAT_TESTS_SUPPORT_SIGNING_KEY_H_
