#include "server/domain/disclosure/succession.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

namespace concordat::domain::disclosure {
namespace {

Sum Sorted(Sum sum) {
  std::sort(sum.parts.begin(), sum.parts.end());
  return sum;
}

class Joining {
 public:
  Joining(const Table& earlier, const ProtectedRelease& release, const Table& current)
      : earlier_(earlier), joined_(current) {
    for (const ShownFigure& figure : release.figures) symbols_[figure.name] = figure.symbol;
    for (Count& count : joined_.counts) current_[count.name] = &count;
    for (const Count& count : earlier.counts) taken_.insert(count.name);
    for (const Count& count : current.counts) taken_.insert(count.name);
    for (const Ratio& ratio : earlier.ratios) taken_.insert(ratio.name);
    for (const Ratio& ratio : current.ratios) taken_.insert(ratio.name);
    FindRevised();
  }

  Table Run() && {
    for (const Count& count : earlier_.counts) TakeCount(count);
    TakeSums();
    for (const Ratio& ratio : earlier_.ratios) TakeRatio(ratio);
    joined_.counts.insert(joined_.counts.end(), old_counts_.begin(), old_counts_.end());
    joined_.ratios.insert(joined_.ratios.end(), old_ratios_.begin(), old_ratios_.end());
    return std::move(joined_);
  }

 private:
  bool WasShown(const std::string& name) const {
    const auto found = symbols_.find(name);
    return found != symbols_.end() &&
           (found->second == Symbol::kValue || found->second == Symbol::kLow);
  }
  bool WasHidden(const std::string& name) const {
    const auto found = symbols_.find(name);
    return found != symbols_.end() && found->second == Symbol::kConfidential;
  }

  // What nobody has said may have changed since.
  static bool IsSame(const Count& a, const Count& b) {
    if (a.availability != b.availability) return false;
    return a.availability == Availability::kAvailable
               ? a.value == b.value
               : a.availability == Availability::kNotApplicable;
  }

  // A total of a revised part is revised too, also where its value came out the same: a
  // reader from whom it is hidden does not know that.
  void FindRevised() {
    for (const Count& count : earlier_.counts) {
      const auto found = current_.find(count.name);
      if (found == current_.end() || !IsSame(count, *found->second)) revised_.insert(count.name);
    }
    for (bool has_changed = true; has_changed;) {
      has_changed = false;
      for (const Sum& sum : earlier_.sums) {
        const bool has_revised_part =
            std::any_of(sum.parts.begin(), sum.parts.end(),
                        [&](const std::string& part) { return revised_.contains(part); });
        if (has_revised_part && revised_.insert(sum.total).second) has_changed = true;
      }
    }
  }

  std::string NewName(const std::string& name) {
    for (int i = 1;; ++i) {
      std::string candidate = absl::StrCat(name, "@", i);
      if (taken_.insert(candidate).second) return candidate;
    }
  }

  // The earlier count, with what its release said of it.
  Count Known(const Count& count) const {
    Count known = count;
    known.was_hidden = count.was_hidden || WasHidden(count.name);
    if (WasShown(count.name) && count.value > 0) {
      const Interval shown = ShownInterval(count.profile, count.value);
      known.known = count.known ? count.known->Within(shown) : shown;
    }
    return known;
  }

  void TakeCount(const Count& count) {
    Count known = Known(count);
    const auto found = current_.find(count.name);
    if (!revised_.contains(count.name)) {
      Count& same = *found->second;
      same.was_hidden = same.was_hidden || known.was_hidden;
      if (known.known) same.known = same.known ? same.known->Within(*known.known) : *known.known;
      names_[count.name] = count.name;
      return;
    }
    if (found != current_.end()) {
      found->second->was_hidden = found->second->was_hidden || known.was_hidden;
      known.name = NewName(count.name);
    }
    names_[count.name] = known.name;
    known.is_published = false;
    old_counts_.push_back(std::move(known));
  }

  // The sums between earlier values, unless they are those of today.
  void TakeSums() {
    absl::btree_set<Sum> today;
    for (const Sum& sum : joined_.sums) today.insert(Sorted(sum));
    for (const Sum& sum : earlier_.sums) {
      Sum old = {names_.at(sum.total), {}};
      for (const std::string& part : sum.parts) old.parts.push_back(names_.at(part));
      if (today.insert(Sorted(old)).second) joined_.sums.push_back(std::move(old));
    }
  }

  void TakeRatio(const Ratio& ratio) {
    Ratio known = ratio;
    known.numerator = names_.at(ratio.numerator);
    if (!ratio.denominator.empty()) known.denominator = names_.at(ratio.denominator);
    known.was_shown = ratio.was_shown || WasShown(ratio.name);
    known.was_hidden = ratio.was_hidden || WasHidden(ratio.name);
    const auto found = std::find_if(joined_.ratios.begin(), joined_.ratios.end(),
                                    [&](const Ratio& each) { return each.name == ratio.name; });
    if (found != joined_.ratios.end()) {
      found->was_hidden = found->was_hidden || known.was_hidden;
      if (found->numerator == known.numerator && found->denominator == known.denominator &&
          found->population == known.population && found->per == known.per &&
          found->decimals == known.decimals) {
        found->was_shown = known.was_shown;
        return;
      }
      known.name = NewName(ratio.name);
    }
    known.is_published = false;
    old_ratios_.push_back(std::move(known));
  }

  const Table& earlier_;
  Table joined_;
  absl::flat_hash_map<std::string, Symbol> symbols_;
  absl::flat_hash_map<std::string, Count*> current_;
  absl::flat_hash_set<std::string> taken_;
  // Earlier counts that are not those of today.
  absl::flat_hash_set<std::string> revised_;
  // Of each earlier count, what it is called now.
  absl::flat_hash_map<std::string, std::string> names_;
  std::vector<Count> old_counts_;
  std::vector<Ratio> old_ratios_;
};

}  // namespace

Table Following(const Table& earlier, const ProtectedRelease& release, const Table& current) {
  return Joining(earlier, release, current).Run();
}

}  // namespace concordat::domain::disclosure
