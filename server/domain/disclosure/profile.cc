#include "server/domain/disclosure/profile.h"

namespace concordat::domain::disclosure {

bool IsSmall(const Profile& profile, int64_t count) {
  return !profile.already_public && count >= 1 && count < profile.minimum_shown;
}

int64_t ValuesNeeded(const Profile& profile) {
  return std::max<int64_t>(2, profile.minimum_shown - 1);
}

int64_t RoundHalfUp(int64_t value, int64_t base) { return (value + base / 2) / base * base; }

Interval ShownInterval(const Profile& profile, int64_t count) {
  const int64_t shown = RoundHalfUp(count, profile.rounding_base);
  const int64_t low = shown - profile.rounding_base / 2;
  return {std::max({low, profile.minimum_shown, int64_t{0}}), low + profile.rounding_base - 1};
}

}  // namespace concordat::domain::disclosure
