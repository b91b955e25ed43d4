// When a call is tried again, and after how long (AIP-194).
#ifndef CONCORDAT_CLIENT_INTERNAL_RETRY_H_
#define CONCORDAT_CLIENT_INTERNAL_RETRY_H_

#include <functional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace concordat::internal {

// Waits before a call is tried again, and is told what became of it; tests put their own.
using Sleeper = std::function<void(const absl::Status& outcome, absl::Duration wait)>;

// The longest wait before the attempt after `attempt` (from 1): 0.2 s, doubled
// each time, up to 2 s.
absl::Duration LongestBackoff(int attempt);

// Runs `attempt` until it is something else than UNAVAILABLE, `may_repeat()` says
// no, or another one would come too close to `deadline` for an answer. Waits are
// random between nothing and the longest (full jitter), so that many clients do
// not come back at once when a service starts again. Returns the newest outcome.
absl::Status RunWithRetry(absl::FunctionRef<absl::Status()> attempt,
                          absl::FunctionRef<bool()> may_repeat, absl::Time deadline,
                          const Sleeper& sleep);

}  // namespace concordat::internal

#endif  // CONCORDAT_CLIENT_INTERNAL_RETRY_H_
