#include "client/internal/retry.h"

#include <algorithm>

#include "absl/random/random.h"
#include "absl/time/clock.h"

namespace concordat::internal {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Milliseconds(200);
// A service that was restarted is found again soon after.
constexpr absl::Duration kHighestBackoff = absl::Seconds(2);
// With less time left, an attempt would end at the deadline, which would hide
// why the others failed.
constexpr absl::Duration kTimeForAnAttempt = absl::Milliseconds(100);

}  // namespace

absl::Duration LongestBackoff(int attempt) {
  absl::Duration longest = kFirstBackoff;
  for (int i = 1; i < attempt && longest < kHighestBackoff; ++i) longest *= 2;
  return std::min(longest, kHighestBackoff);
}

absl::Status RunWithRetry(absl::FunctionRef<absl::Status()> attempt,
                          absl::FunctionRef<bool()> may_repeat, absl::Time deadline,
                          const Sleeper& sleep) {
  thread_local absl::BitGen random;
  for (int number = 1;; ++number) {
    absl::Status status = attempt();
    if (!absl::IsUnavailable(status) || !may_repeat()) return status;
    const absl::Duration wait = LongestBackoff(number) * absl::Uniform(random, 0.0, 1.0);
    if (absl::Now() + wait + kTimeForAnAttempt >= deadline) return status;
    sleep(status, wait);
  }
}

}  // namespace concordat::internal
