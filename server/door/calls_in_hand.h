// The calls that were begun and have not ended.
#ifndef CONCORDAT_SERVER_DOOR_CALLS_IN_HAND_H_
#define CONCORDAT_SERVER_DOOR_CALLS_IN_HAND_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

namespace concordat::door {

// Keeps calls from taking the server's places for ever: it counts them, in all
// and for each certificate, and ends those that take too long. A peer that opens
// calls and sends nothing, or never reads its answer, costs a place for a limited
// time, and never all of them. Thread-safe.
class CallsInHand {
 public:
  // Not the wall clock: a clock that is set must not end calls.
  using Moment = std::chrono::steady_clock::time_point;

  // A call as the watch sees it.
  class Member {
   public:
    virtual ~Member() = default;
    // Ends the call if it should have ended before `now`, because its time is up
    // or its access is over. Called on the watch's thread ten times a second, at
    // any time between Add and Remove.
    virtual void EndIfLate(Moment now) = 0;
  };

  // How many calls there may be, in all and of one certificate.
  CallsInHand(int64_t most, int64_t most_of_certificate);
  ~CallsInHand();

  // SERVER_BUSY when there are too many; the call is then in hand all the same,
  // since its refusal has yet to be recorded and sent. `certificate` tells the
  // peer's certificates apart; it is empty when it has none.
  absl::Status Add(Member& call, absl::string_view certificate);
  // What Add took, with the same certificate. The watch has forgotten the call
  // when this returns.
  void Remove(Member& call, absl::string_view certificate);

  int64_t size() const;
  // Returns when there are none.
  void AwaitNone() const;

 private:
  void Watch();

  const int64_t most_;
  const int64_t most_of_certificate_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_set<Member*> calls_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, int64_t> by_certificate_ ABSL_GUARDED_BY(mutex_);
  absl::Notification closing_;
  std::thread watch_;
};

}  // namespace concordat::door

#endif  // CONCORDAT_SERVER_DOOR_CALLS_IN_HAND_H_
