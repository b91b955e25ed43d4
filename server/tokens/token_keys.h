// The keys of all configured token issuers.
#ifndef CONCORDAT_SERVER_TOKENS_TOKEN_KEYS_H_
#define CONCORDAT_SERVER_TOKENS_TOKEN_KEYS_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "auth/access_token.h"
#include "base/clock.h"
#include "server/config.pb.h"
#include "server/tokens/fetched_keys.h"

namespace concordat::tokens {

// Keeps a verifier with the keys of each issuer in force: from a file, read again
// when it changes, or from an https address (FetchedKeys). A file that cannot be
// read or is refused leaves the last good keys in force, with a line in the log.
// Thread-safe.
class TokenKeys {
 public:
  // Reads all files, begins to fetch from all addresses, and gives `holder` its
  // first verifier. `clock` and `holder` outlive this. Waits for the first fetch
  // of each address, in all for no longer than one fetch may take; an address
  // without keys by then is no error, and its issuer is closed until it has some.
  // FAILED_PRECONDITION names a file of keys that cannot be used.
  static absl::StatusOr<std::unique_ptr<TokenKeys>> Start(
      const server::v1::ServerConfig::Tokens& config, const Clock& clock,
      auth::AccessTokenVerifierHolder& holder);
  ~TokenKeys();
  TokenKeys(const TokenKeys&) = delete;
  TokenKeys& operator=(const TokenKeys&) = delete;

  const TokenKeyCounters& counters() const { return counters_; }

 private:
  // An issuer, and where its keys come from: `fetched` is null for a file.
  struct Source {
    server::v1::ServerConfig::Tokens::Issuer config;
    std::unique_ptr<FetchedKeys> fetched;
    // The last good keys of the file.
    std::shared_ptr<const auth::JsonWebKeySet> keys;
    // SHA-256 of what the file held when it was last looked at, good or bad.
    // Empty when it could not be read.
    std::string seen_sha256;
  };

  TokenKeys(const server::v1::ServerConfig::Tokens& config,
            auth::AccessTokenVerifierHolder& holder);

  absl::Status ReadFiles() ABSL_LOCKS_EXCLUDED(mutex_);
  void StartFetching(const server::v1::ServerConfig::Tokens& config, const Clock& clock)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void WatchFiles();
  // Looks at the files once.
  void Reload() ABSL_LOCKS_EXCLUDED(mutex_);
  // Takes what the file holds, if it is new. Whether the keys changed.
  absl::StatusOr<bool> Refresh(Source& source) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SwapVerifier() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const absl::Duration interval_;
  auth::AccessTokenVerifierHolder& holder_;
  TokenKeyCounters counters_;
  // Never held while something is fetched.
  absl::Mutex mutex_;
  std::vector<Source> sources_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread file_watcher_;
};

}  // namespace concordat::tokens

#endif  // CONCORDAT_SERVER_TOKENS_TOKEN_KEYS_H_
