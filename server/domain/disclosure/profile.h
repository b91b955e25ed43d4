// How small numbers of one figure are kept safe: which counts are hidden, and how
// the others are rounded.
#ifndef CONCORDAT_SERVER_DOMAIN_DISCLOSURE_PROFILE_H_
#define CONCORDAT_SERVER_DOMAIN_DISCLOSURE_PROFILE_H_

#include <algorithm>
#include <cstdint>
#include <limits>

namespace concordat::domain::disclosure {

// Stands for "no upper limit" in an interval.
inline constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

// Whole numbers from `low` to `high`, both included; empty when low > high.
struct Interval {
  int64_t low = 0;
  int64_t high = kNoLimit;

  bool Contains(int64_t value) const { return low <= value && value <= high; }
  bool IsPoint() const { return low == high; }
  Interval Within(const Interval& other) const {
    return {std::max(low, other.low), std::min(high, other.high)};
  }
  friend bool operator==(const Interval&, const Interval&) = default;
};

// The rule that binds one figure.
struct Profile {
  // Smallest count that may be shown. Counts from 1 to one below are hidden; a
  // true zero is shown. 0 and 1 hide nothing.
  int64_t minimum_shown = 6;
  // Counts that are shown are rounded to the nearest multiple, halves up. 1 leaves
  // them as they are.
  int64_t rounding_base = 1;
  // The figure was published before it came here: it is shown, and everybody is
  // taken to know it.
  bool already_public = false;

  friend bool operator==(const Profile&, const Profile&) = default;
};

// Department for Education, children in need: 1 to 5 hidden, the rest exact.
inline constexpr Profile kDfeChildren = {6, 1, false};
// NHS hospital data, below the nation: 1 to 7 hidden, the rest to the nearest 5.
inline constexpr Profile kNhsHospital = {8, 5, false};
// Nothing is hidden.
inline constexpr Profile kAlreadyPublic = {0, 1, true};

// Whether the rule hides this count for its size alone.
bool IsSmall(const Profile& profile, int64_t count);

// How many different values of a hidden figure have to stay possible: as many as
// the rule hides (five for 1 to 5), and at least two.
int64_t ValuesNeeded(const Profile& profile);

// The nearest multiple of `base`, halves up, as the Department for Education rounds
// (not banker's rounding). `value` is not negative, `base` is at least 1.
int64_t RoundHalfUp(int64_t value, int64_t base);

// All counts that are shown as `count` is when it is shown: what its reader learns.
Interval ShownInterval(const Profile& profile, int64_t count);

}  // namespace concordat::domain::disclosure

#endif  // CONCORDAT_SERVER_DOMAIN_DISCLOSURE_PROFILE_H_
