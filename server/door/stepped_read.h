// A read that would hold its thread for too long in one piece: it is made in
// steps, and other calls have their turn between two of them.
#ifndef CONCORDAT_SERVER_DOOR_STEPPED_READ_H_
#define CONCORDAT_SERVER_DOOR_STEPPED_READ_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace concordat::door {

// Not thread-safe; the door takes the steps on one thread. It holds no read
// transaction between two steps, each of which takes some milliseconds at most.
// The door ends it when the deadline passes, access ends or the server stops.
template <typename Reply>
class SteppedRead {
 public:
  virtual ~SteppedRead() = default;
  // The answer; nothing when there are more steps to take. Not called again after
  // the answer or an error.
  virtual absl::StatusOr<std::optional<Reply>> Step() = 0;
  // How long the door waits before the next step: none for a read that has work to do,
  // some for one that waits for another thread.
  virtual absl::Duration pause() const { return absl::ZeroDuration(); }
};

}  // namespace concordat::door

#endif  // CONCORDAT_SERVER_DOOR_STEPPED_READ_H_
