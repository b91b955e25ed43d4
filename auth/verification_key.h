// A public key that signatures of access tokens are verified with.
#ifndef CONCORDAT_AUTH_VERIFICATION_KEY_H_
#define CONCORDAT_AUTH_VERIFICATION_KEY_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/openssl_ptr.h"

namespace concordat::auth {

// The signature algorithms of RFC 7518 and RFC 8037 that are accepted. There is
// no `none` and none with a shared secret.
enum class SignatureAlgorithm {
  // ECDSA with P-256 and SHA-256.
  kEs256,
  // RSASSA-PKCS1-v1_5 with SHA-256.
  kRs256,
  // RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes.
  kPs256,
  // Ed25519.
  kEdDsa,
};

// The name in `alg`, such as `ES256`.
absl::string_view NameOf(SignatureAlgorithm algorithm);
// The algorithm of exactly that name; nothing for any other.
std::optional<SignatureAlgorithm> SignatureAlgorithmNamed(absl::string_view name);

// A key and the one algorithm it is for (RFC 8725, 3.1): whoever presents a
// token has no say in how it is verified. Immutable, and so thread-safe.
class VerificationKey {
 public:
  // The smallest and largest modulus of an RSA key, in bits. Larger ones only
  // cost time.
  static constexpr int kMinRsaBits = 2048;
  static constexpr int kMaxRsaBits = 8192;

  // For ES256: the coordinates of a point of P-256, 32 bytes each, big-endian.
  static absl::StatusOr<VerificationKey> P256(absl::string_view x, absl::string_view y);
  // For RS256 or PS256: modulus and public exponent, big-endian without leading
  // zeros. Refuses a modulus out of bounds, an exponent that is even, below
  // 65537 or over 64 bits (FIPS 186-5, A.1.1), and the keys that CVE-2017-15361
  // (ROCA) can factor.
  static absl::StatusOr<VerificationKey> Rsa(SignatureAlgorithm algorithm,
                                             absl::string_view modulus, absl::string_view exponent);
  // For EdDSA: the 32 bytes of an Ed25519 public key (RFC 8032, 5.1.5).
  static absl::StatusOr<VerificationKey> Ed25519(absl::string_view key);

  SignatureAlgorithm algorithm() const { return algorithm_; }

  // Whether `signature`, in the form that JWS gives it, is this key's for
  // `message`. For ES256 that is r and s of 32 bytes each, never DER.
  bool Verify(absl::string_view message, absl::string_view signature) const;

 private:
  VerificationKey(SignatureAlgorithm algorithm, KeyPtr key)
      : algorithm_(algorithm), key_(std::move(key)) {}

  SignatureAlgorithm algorithm_;
  KeyPtr key_;
};

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_VERIFICATION_KEY_H_
