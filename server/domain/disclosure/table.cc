#include "server/domain/disclosure/table.h"

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"

namespace concordat::domain::disclosure {
namespace {

constexpr int64_t kLargestCost = 1'000'000;
constexpr int kMostDecimals = 9;

absl::Status Wrong(absl::string_view name, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", what));
}

class Validator {
 public:
  explicit Validator(const Table& table) : table_(table) {}

  absl::Status Check() {
    for (const Count& count : table_.counts) RETURN_IF_ERROR(CheckCount(count));
    for (const Ratio& ratio : table_.ratios) RETURN_IF_ERROR(CheckRatio(ratio));
    for (const Sum& sum : table_.sums) RETURN_IF_ERROR(CheckSum(sum));
    return absl::OkStatus();
  }

 private:
  absl::Status TakeName(const std::string& name) {
    if (name.empty()) return absl::InvalidArgumentError("a figure without a name");
    if (!names_.insert(name).second) return Wrong(name, "two figures have this name");
    return absl::OkStatus();
  }

  absl::Status CheckCount(const Count& count) {
    RETURN_IF_ERROR(TakeName(count.name));
    counts_[count.name] = &count;
    if (count.value < 0 || count.value > kLargestCount) return Wrong(count.name, "out of range");
    if (count.cost < 0 || count.cost > kLargestCost) return Wrong(count.name, "cost out of range");
    if (count.profile.minimum_shown < 0 || count.profile.minimum_shown > 1000 ||
        count.profile.rounding_base < 1 || count.profile.rounding_base > 1000) {
      return Wrong(count.name, "the profile's minimum or rounding base is out of range");
    }
    if (count.known && count.availability == Availability::kAvailable &&
        !count.known->Contains(count.value)) {
      return Wrong(count.name, "earlier releases say otherwise");
    }
    return absl::OkStatus();
  }

  absl::Status CheckRatio(const Ratio& ratio) {
    RETURN_IF_ERROR(TakeName(ratio.name));
    if (ratio.is_share) RETURN_IF_ERROR(TakeName(ComplementName(ratio)));
    if (ratio.cost < 0 || ratio.cost > kLargestCost) return Wrong(ratio.name, "cost out of range");
    if (ratio.decimals < 0 || ratio.decimals > kMostDecimals || ratio.per < 1) {
      return Wrong(ratio.name, "`per` or the decimal places are out of range");
    }
    int64_t scale = ratio.per;
    for (int i = 0; i < ratio.decimals && scale <= kLargestRatioScale; ++i) scale *= 10;
    if (scale > kLargestRatioScale) return Wrong(ratio.name, "too many decimal places");
    const auto numerator = counts_.find(ratio.numerator);
    if (numerator == counts_.end()) return Wrong(ratio.name, "the table lacks its numerator");
    if (ratio.denominator.empty()) {
      if (ratio.is_share) return Wrong(ratio.name, "a share needs a denominator");
      if (ratio.population < 1 || ratio.population > kLargestCount) {
        return Wrong(ratio.name, "the population is out of range");
      }
      return absl::OkStatus();
    }
    const auto denominator = counts_.find(ratio.denominator);
    if (denominator == counts_.end()) return Wrong(ratio.name, "the table lacks its denominator");
    if (denominator == numerator) return Wrong(ratio.name, "numerator and denominator are one");
    if (ratio.is_share && numerator->second->availability == Availability::kAvailable &&
        denominator->second->availability == Availability::kAvailable &&
        numerator->second->value > denominator->second->value) {
      return Wrong(ratio.name, "the numerator exceeds the denominator");
    }
    return absl::OkStatus();
  }

  absl::Status CheckSum(const Sum& sum) {
    const auto total = counts_.find(sum.total);
    if (total == counts_.end()) return Wrong(sum.total, "a sum's total that the table lacks");
    if (sum.parts.empty()) return Wrong(sum.total, "a sum without parts");
    bool is_complete = total->second->availability != Availability::kNotAvailable;
    int64_t rest = ValueOf(*total->second);
    absl::flat_hash_set<std::string> seen = {sum.total};
    for (const std::string& name : sum.parts) {
      const auto part = counts_.find(name);
      if (part == counts_.end()) return Wrong(name, "a sum's part that the table lacks");
      if (!seen.insert(name).second) return Wrong(name, "it stands twice in one sum");
      is_complete = is_complete && part->second->availability != Availability::kNotAvailable;
      rest -= ValueOf(*part->second);
    }
    if (is_complete && rest != 0) return Wrong(sum.total, "the parts do not add up to it");
    return absl::OkStatus();
  }

  static int64_t ValueOf(const Count& count) {
    return count.availability == Availability::kAvailable ? count.value : 0;
  }

  const Table& table_;
  absl::flat_hash_set<std::string> names_;
  absl::flat_hash_map<std::string, const Count*> counts_;
};

}  // namespace

std::string ComplementName(const Ratio& ratio) { return ratio.name + "#rest"; }

absl::Status Validate(const Table& table) { return Validator(table).Check(); }

}  // namespace concordat::domain::disclosure
