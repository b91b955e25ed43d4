// The token issuers' keys, from their files.
#ifndef CONCORDAT_SERVER_TOKEN_KEYS_H_
#define CONCORDAT_SERVER_TOKEN_KEYS_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "auth/access_token.h"
#include "server/config.pb.h"

namespace concordat {

// Reads the JWKS file of each configured issuer, and again when it changes. A
// file that cannot be read or is refused then leaves the last good keys in
// force, with a line in the log. Thread-safe, but for Run.
class TokenKeys {
 public:
  // Reads all files and gives `holder`, which outlives this, its first verifier.
  // FAILED_PRECONDITION names the file that cannot be used.
  static absl::StatusOr<std::unique_ptr<TokenKeys>> Load(
      const server::v1::ServerConfig::Tokens& config, auth::AccessTokenVerifierHolder& holder);
  ~TokenKeys();
  TokenKeys(const TokenKeys&) = delete;
  TokenKeys& operator=(const TokenKeys&) = delete;

  // From now on looks at the files as often as configured, on a thread of its
  // own. Call once.
  void Run();
  // Looks at the files once.
  void Reload();

 private:
  struct Source {
    server::v1::ServerConfig::Tokens::Issuer config;
    // The last good keys.
    std::shared_ptr<const auth::JsonWebKeySet> keys;
    // SHA-256 of what the file held when it was last looked at, good or bad.
    // Empty when it could not be read.
    std::string seen_sha256;
  };

  TokenKeys(const server::v1::ServerConfig::Tokens& config,
            auth::AccessTokenVerifierHolder& holder);

  // Takes what the file holds, if it is new. Whether the keys changed.
  absl::StatusOr<bool> Refresh(Source& source) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SwapVerifier() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Watch();

  const absl::Duration interval_;
  auth::AccessTokenVerifierHolder& holder_;
  absl::Mutex mutex_;
  std::vector<Source> sources_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread watcher_;
};

}  // namespace concordat

#endif  // CONCORDAT_SERVER_TOKEN_KEYS_H_
