#include "server/domain/disclosure/release.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "server/domain/disclosure/hiding.h"

namespace concordat::domain::disclosure {
namespace {

// Names that an error message holds.
constexpr size_t kMostNames = 10;
// Constraints that a circle around a figure spans before it spans everything.
constexpr int kFarthestCircle = 8;

bool FallsShort(const Finding& finding) { return !finding.is_protected && !finding.is_unavoidable; }

absl::Status CannotBeProtected(const absl::btree_set<std::string>& names) {
  std::vector<std::string> first(names.begin(), names.end());
  const size_t rest = first.size() - std::min(first.size(), kMostNames);
  first.resize(first.size() - rest);
  return absl::FailedPreconditionError(absl::StrCat(
      "even with everything hidden, what else is known gives away ", absl::StrJoin(first, ", "),
      rest == 0 ? "" : absl::StrCat(" and ", rest, " more")));
}

// Hides more around whatever the audit finds too narrow, in growing circles, until it
// finds nothing.
absl::StatusOr<std::vector<Finding>> WidenUntilProtected(const Model& model,
                                                         const std::vector<Attacker>& attackers,
                                                         const AuditLimits& limits,
                                                         Hiding& hiding) {
  for (int distance = 1;;) {
    std::vector<Finding> findings = AuditRelease(model, hiding.ShownFigures(), attackers, limits);
    absl::btree_set<int> short_of;
    for (const Finding& finding : findings) {
      if (FallsShort(finding)) short_of.insert(finding.variable);
    }
    if (short_of.empty()) return findings;
    int more = 0;
    for (const int variable : short_of) more += HideAround(model, variable, distance, hiding);
    if (more > 0 || distance < kEverywhere) {
      distance = more > 0 && distance < kFarthestCircle ? 2 * distance : kEverywhere;
      continue;
    }
    absl::btree_set<std::string> names;
    for (const int variable : short_of) {
      names.insert(model.variables[static_cast<size_t>(variable)].name);
    }
    return CannotBeProtected(names);
  }
}

class Presentation {
 public:
  Presentation(const Table& table, const Model& model, const Hiding& hiding)
      : table_(table), model_(model), hiding_(hiding) {
    for (const Count& count : table.counts) counts_[count.name] = &count;
  }

  std::vector<ShownFigure> Figures() const {
    std::vector<ShownFigure> figures;
    figures.reserve(model_.figures.size());
    for (size_t i = 0; i < model_.figures.size(); ++i) {
      const Figure& figure = model_.figures[i];
      ShownFigure& shown = figures.emplace_back();
      shown.name = figure.name;
      shown.reason = hiding_.reasons[i];
      const size_t index = static_cast<size_t>(figure.index);
      if (shown.reason != Reason::kShown) {
        shown.symbol = Symbol::kConfidential;
        const int protects = hiding_.protects[i];
        if (protects >= 0) shown.protects = model_.variables[static_cast<size_t>(protects)].name;
      } else if (figure.is_ratio) {
        ShowRatio(table_.ratios[index], shown);
      } else {
        ShowCount(table_.counts[index], shown);
      }
    }
    return figures;
  }

 private:
  static Symbol SymbolOf(Availability availability) {
    switch (availability) {
      case Availability::kAvailable:
        return Symbol::kValue;
      case Availability::kNotAvailable:
        return Symbol::kNotAvailable;
      case Availability::kNotApplicable:
        return Symbol::kNotApplicable;
    }
    return Symbol::kNotAvailable;
  }

  static void ShowCount(const Count& count, ShownFigure& shown) {
    shown.symbol = SymbolOf(count.availability);
    if (shown.symbol != Symbol::kValue) return;
    shown.value = RoundHalfUp(count.value, count.profile.rounding_base);
    if (shown.value == 0 && count.value > 0) shown.symbol = Symbol::kLow;
  }

  // Made of the counts as they are shown, so that it says no more than they do.
  void ShowRatio(const Ratio& ratio, ShownFigure& shown) const {
    const Count& numerator = *counts_.at(ratio.numerator);
    shown.symbol = SymbolOf(numerator.availability);
    int64_t denominator = ratio.population;
    if (!ratio.denominator.empty()) {
      const Count& count = *counts_.at(ratio.denominator);
      if (shown.symbol == Symbol::kValue) shown.symbol = SymbolOf(count.availability);
      denominator = RoundHalfUp(count.value, count.profile.rounding_base);
    }
    if (shown.symbol != Symbol::kValue) return;
    if (denominator == 0) {
      // Of what was rounded down to nothing there is a ratio, though not one to be shown.
      const bool is_none = ratio.denominator.empty() || counts_.at(ratio.denominator)->value == 0;
      shown.symbol = is_none ? Symbol::kNotApplicable : Symbol::kConfidential;
      if (!is_none) shown.reason = Reason::kSmallPart;
      return;
    }
    const int64_t rounded = RoundHalfUp(numerator.value, numerator.profile.rounding_base);
    shown.value = ScaledRatio(rounded, denominator, ratio.per, ratio.decimals);
    if (shown.value == 0 && numerator.value > 0) shown.symbol = Symbol::kLow;
  }

  const Table& table_;
  const Model& model_;
  const Hiding& hiding_;
  absl::flat_hash_map<std::string, const Count*> counts_;
};

// The widths of an interval, none being the widest.
bool IsNarrower(const Interval& a, const Interval& b) {
  if (a.high == kNoLimit || b.high == kNoLimit) return a.high != kNoLimit;
  return a.high - a.low < b.high - b.low;
}

void AddNarrowest(const Model& model, const std::vector<Finding>& findings,
                  const std::vector<Attacker>& attackers, std::vector<ShownFigure>& figures) {
  absl::flat_hash_set<std::string> told;
  for (const Attacker& attacker : attackers) {
    if (attacker.knows_which_are_small) told.insert(attacker.name);
  }
  for (const Finding& finding : findings) {
    const int figure = model.variables[static_cast<size_t>(finding.variable)].figure;
    if (figure < 0 || told.contains(finding.attacker)) continue;
    std::optional<Finding>& narrowest = figures[static_cast<size_t>(figure)].narrowest;
    if (!narrowest || IsNarrower(finding.derivable, narrowest->derivable)) narrowest = finding;
  }
}

Cost CostOf(const Table& table, const Model& model, const Hiding& hiding) {
  Cost cost;
  for (size_t i = 0; i < model.figures.size(); ++i) {
    const Figure& figure = model.figures[i];
    ++cost.figures;
    if (!figure.is_ratio) {
      const Count& count = table.counts[static_cast<size_t>(figure.index)];
      const int64_t value = count.availability == Availability::kAvailable ? count.value : 0;
      cost.sum += value;
      if (hiding.reasons[i] != Reason::kShown) cost.sum_hidden += value;
    }
    switch (hiding.reasons[i]) {
      case Reason::kShown:
        break;
      case Reason::kSmall:
      case Reason::kSmallPart:
      case Reason::kSmallRest:
        ++cost.hidden_first;
        break;
      case Reason::kDependent:
        ++cost.hidden_dependent;
        break;
      case Reason::kCarriedOver:
        ++cost.hidden_carried_over;
        break;
      case Reason::kComplementary:
        ++cost.hidden_complementary;
        break;
    }
  }
  return cost;
}

}  // namespace

absl::StatusOr<ProtectedRelease> Protect(const Table& table, const Options& options) {
  ASSIGN_OR_RETURN(const Model model, BuildModel(table));
  const std::vector<Attacker> attackers = AttackersOf(model, options.pooling);
  Hiding hiding = HideFirst(model);
  HideComplements(model, attackers, options.most_solutions, hiding);
  ProtectedRelease release;
  ASSIGN_OR_RETURN(release.findings, WidenUntilProtected(model, attackers, options.audit, hiding));
  release.figures = Presentation(table, model, hiding).Figures();
  AddNarrowest(model, release.findings, attackers, release.figures);
  release.cost = CostOf(table, model, hiding);
  return release;
}

absl::StatusOr<std::vector<Finding>> AuditHidden(const Table& table,
                                                 const std::vector<std::string>& hidden,
                                                 const Options& options) {
  ASSIGN_OR_RETURN(const Model model, BuildModel(table));
  const absl::flat_hash_set<std::string> names(hidden.begin(), hidden.end());
  Shown shown;
  for (const Figure& figure : model.figures) shown.push_back(!names.contains(figure.name));
  return AuditRelease(model, shown, AttackersOf(model, options.pooling), options.audit);
}

}  // namespace concordat::domain::disclosure
