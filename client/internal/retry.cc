#include "client/internal/retry.h"

#include "absl/random/random.h"
#include "absl/time/clock.h"

namespace concordat::internal {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Milliseconds(200);

}  // namespace

absl::Duration Backoff(int attempt) {
  thread_local absl::BitGen random;
  const absl::Duration longest = kFirstBackoff * (1 << (attempt - 1));
  return longest * absl::Uniform(random, 0.5, 1.0);
}

absl::Status RunWithRetry(absl::FunctionRef<absl::Status()> attempt,
                          absl::FunctionRef<bool()> may_repeat, absl::Time deadline,
                          const Sleeper& sleep) {
  for (int number = 1;; ++number) {
    absl::Status status = attempt();
    if (!absl::IsUnavailable(status) || number == kMaxAttempts || !may_repeat()) return status;
    const absl::Duration wait = Backoff(number);
    if (absl::Now() + wait >= deadline) return status;
    sleep(wait);
  }
}

}  // namespace concordat::internal
