// Keeps a large upload from being felt by other callers.
#ifndef CONCORDAT_SERVER_DOOR_UPLOAD_PACE_H_
#define CONCORDAT_SERVER_DOOR_UPLOAD_PACE_H_

#include <chrono>
#include <optional>

namespace concordat::door {

// An upload works in steps, and rests after each for a multiple of the time that the step
// took: an upload is background work, and others wait for the cores and the disk that it
// uses. It rests whether or not anybody else calls: who calls next would meet the work
// that is under way. Not thread-safe.
class UploadPace {
 public:
  // Not the wall clock: a clock that is set must stop no upload.
  using Moment = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  // Measured (docs/performance.md, "A million rows"): without rest the others' p99 is about
  // twice what it is with it.
  static constexpr int kRestForWork = 3;
  // On a server so busy that steps take long, an upload still gets somewhere: with 25 rows
  // a step, a million rows rest for 200 s while they are staged, and 50 s while they are checked.
  static constexpr std::chrono::milliseconds kLongestRest{5};

  // A step begins.
  void Begin(Moment now) { began_ = now; }

  // The step is over, and what it had to write is written. Does nothing when none has begun.
  void End(Moment now);

  // How long to wait before the next step; zero for not at all. What the upload waited for
  // its sender since the last step is rest, too.
  Duration RestAt(Moment now) const;

 private:
  std::optional<Moment> began_;
  Moment rests_until_ = Moment::min();
};

}  // namespace concordat::door

#endif  // CONCORDAT_SERVER_DOOR_UPLOAD_PACE_H_
