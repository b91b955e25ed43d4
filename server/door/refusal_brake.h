// Slows floods of refused calls, so that their records cannot fill the disk
// (DESIGN: "Floods of refusals").
#ifndef CONCORDAT_SERVER_DOOR_REFUSAL_BRAKE_H_
#define CONCORDAT_SERVER_DOOR_REFUSAL_BRAKE_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace concordat::door {

// A burst of refusals goes through; what comes faster than the rate after that
// waits its turn. Each caller has a turn of its own, so that one flood slows nobody
// else. Thread-safe.
class RefusalBrake {
 public:
  // Not the wall clock: a clock that is set must slow nobody.
  using Moment = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  // What to do with one refusal.
  struct Verdict {
    // How long it waits; zero for none.
    Duration delay{0};
    // It would have had to wait longer: its connection is closed after it.
    bool close = false;
  };

  // The longest that a refusal waits.
  static constexpr std::chrono::seconds kLongestDelay{5};

  // At most `burst` refusals of a caller are answered at once, and `per_second`
  // from then on. Both are positive.
  RefusalBrake(int64_t burst, int64_t per_second);

  // One call of `caller` was refused at `now`.
  Verdict Take(absl::string_view caller, Moment now);
  // How long a refusal of `caller` would wait at `now`.
  Duration DelayOf(absl::string_view caller, Moment now) const;

 private:
  // Forgets callers whose burst is whole again, when there are many.
  void Forget(Moment now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Duration turn_;
  const Duration burst_;
  mutable absl::Mutex mutex_;
  // When the burst of each caller is whole again; it is used up when that is more
  // than the burst's length away.
  absl::flat_hash_map<std::string, Moment> whole_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace concordat::door

#endif  // CONCORDAT_SERVER_DOOR_REFUSAL_BRAKE_H_
