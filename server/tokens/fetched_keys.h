// The keys of a token issuer from its https address.
#ifndef CONCORDAT_SERVER_TOKENS_FETCHED_KEYS_H_
#define CONCORDAT_SERVER_TOKENS_FETCHED_KEYS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "auth/json_web_key_set.h"
#include "auth/key_freshness.h"
#include "base/clock.h"
#include "server/https/https_request.h"

namespace concordat::tokens {

// Numbers of all fetched issuers since the start. Thread-safe.
struct TokenKeyCounters {
  // Fetches that brought keys, new or the same, and those that failed.
  std::atomic<int64_t> fetches_succeeded{0};
  std::atomic<int64_t> fetches_failed{0};
  // How often an issuer was found closed, and open again.
  std::atomic<int64_t> issuers_closed{0};
  std::atomic<int64_t> issuers_opened{0};
};

// Fetches the keys of one issuer on a thread of its own, and keeps the last good
// ones. While fetches fail they stay usable for a time; then the issuer is
// closed: `freshness` says so to the very second, whatever the thread does. The
// next good fetch opens it. A document that JsonWebKeySet refuses is a fetch that
// failed. Thread-safe.
class FetchedKeys final {
 public:
  struct Options {
    // The issuer's name, for the log.
    std::string issuer;
    https::HttpsAddress address;
    std::optional<auth::SignatureAlgorithm> rsa_algorithm;
    // Between two fetches.
    absl::Duration interval;
    // Between two fetches when the first failed or a key is missed.
    absl::Duration least_interval;
    // How long keys are usable, from the beginning of the fetch that brought them.
    absl::Duration usable_for;
  };

  // Begins to fetch. `clock`, `counters` and what `on_change` uses outlive this.
  // `clock` says how old keys are; when to fetch is a matter of elapsed time.
  // `on_change` is called on this object's thread when `keys` are others.
  FetchedKeys(Options options, const Clock& clock, TokenKeyCounters& counters,
              std::function<void()> on_change);
  // Ends a fetch that is under way.
  ~FetchedKeys();
  FetchedKeys(const FetchedKeys&) = delete;
  FetchedKeys& operator=(const FetchedKeys&) = delete;

  // The last good keys; none before the first. Never null.
  std::shared_ptr<const auth::JsonWebKeySet> keys() const;
  const std::shared_ptr<auth::KeyFreshness>& freshness() const { return freshness_; }
  // Waits until the first fetch has ended, well or not, or `patience` has.
  void AwaitFirstFetch(absl::Duration patience) const;

 private:
  void Loop();
  void Fetch();
  // Takes the document's keys, and says whether they are others.
  absl::StatusOr<bool> Take(const absl::StatusOr<std::string>& document);
  void LogFailure(const absl::Status& failure);
  // Logs when the issuer becomes closed, or open again.
  void NoteWhetherUsable();

  const Options options_;
  const Clock& clock_;
  TokenKeyCounters& counters_;
  const std::function<void()> on_change_;
  const std::shared_ptr<auth::KeyFreshness> freshness_ = std::make_shared<auth::KeyFreshness>();
  std::atomic<bool> stopping_{false};

  // Of the thread alone.
  std::string document_sha256_;
  bool failed_ = false;
  // What was last logged, so that an outage fills no log.
  std::string logged_failure_;
  bool logged_closed_ = false;

  mutable absl::Mutex mutex_;
  std::shared_ptr<const auth::JsonWebKeySet> keys_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const auth::JsonWebKeySet>();
  bool fetched_once_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace concordat::tokens

#endif  // CONCORDAT_SERVER_TOKENS_FETCHED_KEYS_H_
