// The public keys of a token issuer, from its JWKS document (RFC 7517).
#ifndef CONCORDAT_AUTH_JSON_WEB_KEY_SET_H_
#define CONCORDAT_AUTH_JSON_WEB_KEY_SET_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/verification_key.h"

namespace concordat::auth {

// The keys by their `kid`. Immutable, and so thread-safe.
//
// What becomes of a key in the document:
// - EC P-256, OKP Ed25519, and RSA of 2,048 to 8,192 bits are taken, each for one
//   algorithm: that of its type, or its `alg`, which RSA without one takes from
//   the configuration. Without that too, the document is refused.
// - Another type, curve or `alg`, a `use` other than `sig`, `key_ops` without
//   `verify`, and no `kid` leave the key out, and it is listed: issuers publish
//   keys for others than us, and a token that was signed with one names no key.
// - A shared secret (`kty` oct) and a private member refuse the document: it is
//   not as public as it has to be.
// - So do a weak key, a point off its curve, an `alg` of another key type, a
//   `kid` that comes twice or has over 128 bytes; and for the document itself
//   JSON that is not strict, over 64 KiB, over 100 keys, and none to use.
//
// Certificates in the document (`x5c`, `x5u`, `x5t`) are ignored: it is trusted
// as a whole, or not at all.
class JsonWebKeySet {
 public:
  static constexpr size_t kMaxBytes = 64 << 10;
  static constexpr size_t kMaxKeys = 100;
  static constexpr size_t kMaxKeyIdBytes = 128;

  // `rsa_algorithm` is what RSA keys without `alg` are for, RS256 or PS256.
  // INVALID_ARGUMENT says which key is refused, by its place from 0, and why.
  static absl::StatusOr<JsonWebKeySet> Parse(absl::string_view document,
                                             std::optional<SignatureAlgorithm> rsa_algorithm);

  // The key with exactly this `kid`; null when there is none.
  const VerificationKey* Find(absl::string_view key_id) const;
  size_t size() const { return keys_.size(); }
  // Each key that was left out, by its place from 0, and why.
  const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  absl::flat_hash_map<std::string, VerificationKey> keys_;
  std::vector<std::string> left_out_;
};

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_JSON_WEB_KEY_SET_H_
