// What disclosure control works on: counts, the ratios made of them, and the sums
// that hold between them. Plain values, without transport or storage.
#ifndef CONCORDAT_SERVER_DOMAIN_DISCLOSURE_TABLE_H_
#define CONCORDAT_SERVER_DOMAIN_DISCLOSURE_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/domain/disclosure/profile.h"

namespace concordat::domain::disclosure {

// Largest count, so that all arithmetic here is exact.
inline constexpr int64_t kLargestCount = 100'000'000;
// Largest `per` times ten to the `decimals` of a ratio.
inline constexpr int64_t kLargestRatioScale = 1'000'000'000;

enum class Availability {
  kAvailable,
  // Nobody has said (`x`). It may still be derivable, and is protected then.
  kNotAvailable,
  // There is nothing to count (`z`): it adds 0 to every sum.
  kNotApplicable,
};

// A count of one measure, area, period and category.
struct Count {
  // Unique among counts, ratios and complements of the table.
  std::string name;
  Availability availability = Availability::kAvailable;
  // The true count, 0 to kLargestCount. Ignored unless available.
  int64_t value = 0;
  Profile profile = kDfeChildren;
  // False for a count that is not in the release but stands behind a ratio of it.
  bool is_published = true;
  // Agencies that know the true value.
  std::vector<std::string> holders;
  // What hiding it costs beside other figures, 1 to 1,000,000. 0 takes a cost that
  // grows with the logarithm of the value, so that parts go before totals.
  int64_t cost = 0;
  // An earlier release had it as `c`. It stays hidden.
  bool was_hidden = false;
  // What earlier releases said of it.
  std::optional<Interval> known;
};

// numerator × per ÷ denominator, rounded half up: a percentage or a rate.
struct Ratio {
  // Unique among counts, ratios and complements of the table.
  std::string name;
  // A count of the table.
  std::string numerator;
  // A count of the table. Empty: `population` is used, which everybody knows.
  std::string denominator;
  int64_t population = 0;
  // 100 for a percentage, 10,000 for a rate per 10,000.
  int64_t per = 100;
  // Decimal places that it is shown with.
  int decimals = 1;
  // The numerator counts a part of the denominator, so that the rest of it is a
  // count too, and must not be small and derivable.
  bool is_share = false;
  // False when only earlier releases showed it.
  bool is_published = true;
  // As a count's; 0 is 1.
  int64_t cost = 0;
  // An earlier release showed it, from the same counts.
  bool was_shown = false;
  // An earlier release had it as `c`. It stays hidden.
  bool was_hidden = false;
};

// total = the sum of the parts, of true values.
struct Sum {
  std::string total;
  std::vector<std::string> parts;

  friend bool operator==(const Sum&, const Sum&) = default;
  friend auto operator<=>(const Sum&, const Sum&) = default;
};

struct Table {
  std::vector<Count> counts;
  std::vector<Ratio> ratios;
  std::vector<Sum> sums;
};

// The name of denominator − numerator of a share: `ratio#rest`.
std::string ComplementName(const Ratio& ratio);

// INVALID_ARGUMENT naming the first figure that breaks a rule above, names what the
// table does not have, is larger than what it is a part of, or whose sum does not
// add up. A sum with a part or total that is not available is not checked.
absl::Status Validate(const Table& table);

}  // namespace concordat::domain::disclosure

#endif  // CONCORDAT_SERVER_DOMAIN_DISCLOSURE_TABLE_H_
