// Access tokens: JWTs as RFC 9068 profiles them, verified as RFC 8725 advises
// and bound to the caller's certificate as RFC 8705 does it.
#ifndef CONCORDAT_AUTH_ACCESS_TOKEN_H_
#define CONCORDAT_AUTH_ACCESS_TOKEN_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "auth/json_web_key_set.h"
#include "auth/key_freshness.h"

namespace concordat::auth {

// The rules that an issuer's tokens are held to.
enum class TokenProfile {
  // RFC 9068 with every binding: the default.
  kStrict,
  // Microsoft Entra, version 2.0 tokens of applications. What it relaxes, and
  // what makes up for it:
  //
  // - `typ` is `JWT`, which an ID token has too. Instead `ver` must be `2.0` and
  //   `azpacr` must be there, which ID tokens do not have.
  // - A token may live 95 minutes: Entra gives 60 to 90 and dates `iat` back by
  //   five. The directory and the certificate decide on every call, so a revoked
  //   client is out at once, whatever its token says.
  // - `azp` stands for `client_id`, and `uti` for `jti`. Both are required.
  // - `cnf` may be missing, because most tenants issue none. The connection's
  //   certificate must then be of the same client in the directory, so a stolen
  //   token is worth nothing without the client's key; and `azpacr` must be `2`:
  //   the client proved itself to Entra with a certificate, not with a password.
  //   A `cnf` that is there must match.
  //
  // It also refuses `scp`, the mark of a token that stands for a signed-in user:
  // a client of the directory speaks for its agency.
  kMicrosoftEntra,
};

// One issuer whose tokens are accepted.
struct TokenIssuer {
  // What `iss` must be, byte for byte.
  std::string issuer;
  // What `aud` must be or hold, byte for byte: this service.
  std::string audience;
  TokenProfile profile = TokenProfile::kStrict;
  // Not null.
  std::shared_ptr<const JsonWebKeySet> keys;
  // Until when the keys may be used, where they come from the issuer's address.
  // Null for keys that hold until others take their place.
  std::shared_ptr<KeyFreshness> freshness = nullptr;
};

// A token that was verified. Holds nothing that a call could be made with.
struct AccessToken {
  std::string issuer;
  // The OAuth client that the token was issued to.
  std::string client_id;
  std::string subject;
  // The `kid` of the key that signed it.
  std::string key_id;
  // SHA-256 of the token's own identifier (`jti`), 32 bytes.
  std::string id_sha256;
  absl::Time issued;
  absl::Time not_before;
  absl::Time expires;
  // The longest life that its issuer's profile allows.
  absl::Duration longest_lifetime;
  // SHA-256 of the one certificate it may be used with, 32 bytes. Empty when it
  // is bound to none, which only kMicrosoftEntra allows.
  std::string certificate_sha256;
};

// The token in the value of an `authorization` header: exactly `Bearer`, one
// space, and the token's characters (RFC 6750, 2.1). TOKEN_INVALID for anything
// else; other spellings of the scheme are refused too.
absl::StatusOr<absl::string_view> BearerToken(absl::string_view authorization);

// Verifies the tokens of the configured issuers. Thread-safe.
//
// Errors are TOKEN_INVALID with the rule that was broken (error_reason.proto
// has them), TOKEN_EXPIRED and TOKEN_CERTIFICATE_MISMATCH, and TOKEN_KEYS_UNKNOWN
// for a token, good or bad, of an issuer whose keys are too old. They quote
// nothing of the token.
class AccessTokenVerifier {
 public:
  // How far the issuer's clock may be from ours.
  static constexpr absl::Duration kLeeway = absl::Seconds(60);

  // No two of `issuers` have the same name. Keeps at most `capacity` verified
  // tokens.
  explicit AccessTokenVerifier(std::vector<TokenIssuer> issuers, size_t capacity = 4096);

  // The token, if it holds at `now` over a connection whose client certificate
  // has this SHA-256 (32 bytes).
  //
  // A verified token is kept by its SHA-256 until it expires, so that the next
  // call verifies no signature; its times, its certificate and the age of its
  // issuer's keys are looked at each time. The issuer's `freshness` is told of a
  // token that names no key, and of one that comes when the keys are too old.
  absl::StatusOr<std::shared_ptr<const AccessToken>> Verify(absl::string_view token,
                                                            absl::string_view certificate_sha256,
                                                            absl::Time now) const;

  // How many verified tokens are kept.
  size_t kept() const;

 private:
  // Everything that does not depend on the connection, and of the times only the
  // age of the keys.
  absl::StatusOr<std::shared_ptr<const AccessToken>> Read(absl::string_view token,
                                                          absl::Time now) const;
  std::shared_ptr<const AccessToken> FindKept(absl::string_view token_sha256) const;
  void Keep(std::string token_sha256, std::shared_ptr<const AccessToken> token,
            absl::Time now) const;

  const size_t capacity_;
  absl::flat_hash_map<std::string, TokenIssuer> issuers_;
  mutable absl::Mutex mutex_;
  // By SHA-256 of the token. Only verified ones: strangers cannot fill it.
  mutable absl::flat_hash_map<std::string, std::shared_ptr<const AccessToken>> kept_
      ABSL_GUARDED_BY(mutex_);
};

// The verifier in force: a new one takes over when keys change, and begins with
// no kept tokens. Thread-safe.
class AccessTokenVerifierHolder {
 public:
  std::shared_ptr<const AccessTokenVerifier> Get() const {
    absl::ReaderMutexLock lock(&mutex_);
    return verifier_;
  }
  void Swap(std::shared_ptr<const AccessTokenVerifier> verifier) {
    absl::MutexLock lock(&mutex_);
    verifier_ = std::move(verifier);
  }

 private:
  mutable absl::Mutex mutex_;
  // At first one without issuers, which refuses every token.
  std::shared_ptr<const AccessTokenVerifier> verifier_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const AccessTokenVerifier>(std::vector<TokenIssuer>());
};

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_ACCESS_TOKEN_H_
