// Whether the keys of a token issuer, which come from elsewhere, are recent
// enough to be believed.
#ifndef CONCORDAT_AUTH_KEY_FRESHNESS_H_
#define CONCORDAT_AUTH_KEY_FRESHNESS_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace concordat::auth {

// What the verifier of tokens and the one who fetches an issuer's keys tell each
// other. Neither waits for the other's work: a fetch never holds up a call.
// Thread-safe.
class KeyFreshness {
 public:
  // Whether tokens may be verified with the keys at `now`. False before the first
  // SetUsableUntil.
  bool IsUsableAt(absl::Time now) const {
    absl::ReaderMutexLock lock(&mutex_);
    return now < usable_until_;
  }
  // From when on the keys are too old.
  absl::Time usable_until() const {
    absl::ReaderMutexLock lock(&mutex_);
    return usable_until_;
  }
  void SetUsableUntil(absl::Time end) {
    absl::MutexLock lock(&mutex_);
    usable_until_ = end;
  }

  // A token came whose key is not there, perhaps a new one, or all are too old.
  void MissKey() {
    absl::MutexLock lock(&mutex_);
    key_missed_ = true;
  }
  // Forgets which keys were missed, before the keys are fetched.
  void BeginFetch() {
    absl::MutexLock lock(&mutex_);
    key_missed_ = false;
  }
  // Waits until a key is missed, Stop, or the end of `patience`.
  void AwaitMissedKey(absl::Duration patience) const {
    absl::MutexLock lock(&mutex_);
    const auto is_due = [this]()
                            ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return key_missed_ || stopped_; };
    mutex_.AwaitWithTimeout(absl::Condition(&is_due), patience);
  }
  // Waits until Stop, or the end of `patience`. Whether it was Stop.
  bool AwaitStop(absl::Duration patience) const {
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&stopped_), patience);
  }
  void Stop() {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Time usable_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool key_missed_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_KEY_FRESHNESS_H_
