#include "server/door/refusal_brake.h"

#include <algorithm>

namespace concordat::door {
namespace {

// Callers that are kept track of before those that are calm are forgotten.
constexpr size_t kManyCallers = 10000;

}  // namespace

RefusalBrake::RefusalBrake(int64_t burst, int64_t per_second)
    : turn_(Duration(std::chrono::seconds(1)) / per_second), burst_(turn_ * burst) {}

RefusalBrake::Verdict RefusalBrake::Take(absl::string_view caller, Moment now) {
  absl::MutexLock lock(&mutex_);
  if (whole_at_.size() >= kManyCallers) Forget(now);
  Moment& whole_at = whole_at_[caller];
  whole_at = std::max(whole_at, now) + turn_;
  const Duration delay = whole_at - now - burst_;
  if (delay <= Duration::zero()) return {};
  if (delay <= kLongestDelay) return {delay, false};
  // It does not stand in the line, which so grows no longer.
  whole_at -= turn_;
  return {kLongestDelay, true};
}

RefusalBrake::Duration RefusalBrake::DelayOf(absl::string_view caller, Moment now) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = whole_at_.find(caller);
  if (found == whole_at_.end()) return Duration::zero();
  return std::clamp<Duration>(found->second + turn_ - now - burst_, Duration::zero(),
                              kLongestDelay);
}

void RefusalBrake::Forget(Moment now) {
  absl::erase_if(whole_at_, [now](const auto& entry) { return entry.second <= now; });
}

}  // namespace concordat::door
