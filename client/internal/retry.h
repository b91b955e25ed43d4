// When a call is tried again, and after how long (AIP-194).
#ifndef CONCORDAT_CLIENT_INTERNAL_RETRY_H_
#define CONCORDAT_CLIENT_INTERNAL_RETRY_H_

#include <functional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace concordat::internal {

// Attempts of one call, the first included.
inline constexpr int kMaxAttempts = 3;

// Sleeps; tests put their own.
using Sleeper = std::function<void(absl::Duration)>;

// The wait before the attempt after `attempt` (from 1): random between half and
// the whole of 0.2 s, then 0.4 s, so that many clients do not come back at once.
absl::Duration Backoff(int attempt);

// Runs `attempt` until it is something else than UNAVAILABLE, three times at
// most and only while `may_repeat()`, and the wait ends before `deadline`.
// Returns the newest outcome.
absl::Status RunWithRetry(absl::FunctionRef<absl::Status()> attempt,
                          absl::FunctionRef<bool()> may_repeat, absl::Time deadline,
                          const Sleeper& sleep);

}  // namespace concordat::internal

#endif  // CONCORDAT_CLIENT_INTERNAL_RETRY_H_
