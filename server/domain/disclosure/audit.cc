#include "server/domain/disclosure/audit.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/numeric/int128.h"
#include "server/domain/disclosure/linear_program.h"

namespace concordat::domain::disclosure {
namespace {

// A derived limit this high is reported as none.
constexpr int64_t kFar = 1'000'000;
// How far the solver's numbers may be from the exact ones.
constexpr double kTolerance = 1e-6;
// Rounds of narrowing bounds by single constraints. Each is sound; more rounds only
// leave less to the solver.
constexpr int kMostRounds = 20;

int64_t FloorDivide(absl::int128 numerator, int64_t denominator) {
  absl::int128 quotient = numerator / denominator;
  if (numerator % denominator != 0 && (numerator < 0) != (denominator < 0)) quotient -= 1;
  return static_cast<int64_t>(std::clamp<absl::int128>(quotient, -kNoLimit, kNoLimit));
}

int64_t CeilDivide(absl::int128 numerator, int64_t denominator) {
  return -FloorDivide(-numerator, denominator);
}

// Narrows bounds by one constraint at a time, as a person with a pencil would.
class Narrowing {
 public:
  explicit Narrowing(const Knowledge& knowledge)
      : constraints_(knowledge.constraints), bounds_(knowledge.bounds) {}

  std::vector<Interval> Run() && {
    for (int round = 0; round < kMostRounds && has_changed_; ++round) {
      has_changed_ = false;
      for (const Constraint& constraint : constraints_) {
        NarrowFromBelow(constraint, 1, constraint.low);
        if (constraint.high != kNoLimit) NarrowFromBelow(constraint, -1, -constraint.high);
      }
    }
    return std::move(bounds_);
  }

 private:
  const Interval& At(const Term& term) const { return bounds_[static_cast<size_t>(term.variable)]; }

  // sign × the constraint's sum >= side: each term is at least the side less the most
  // that the other terms can be.
  void NarrowFromBelow(const Constraint& constraint, int64_t sign, int64_t side) {
    absl::int128 most = 0;
    int unlimited = 0;
    for (const Term& term : constraint.terms) {
      const int64_t coefficient = sign * term.coefficient;
      if (coefficient > 0 && At(term).high == kNoLimit) {
        ++unlimited;
      } else {
        most += absl::int128(coefficient) * (coefficient > 0 ? At(term).high : At(term).low);
      }
    }
    if (unlimited > 1) return;
    for (const Term& term : constraint.terms) {
      const int64_t coefficient = sign * term.coefficient;
      const bool is_unlimited = coefficient > 0 && At(term).high == kNoLimit;
      if (unlimited == 1 && !is_unlimited) continue;
      const absl::int128 own = is_unlimited ? 0
                                            : absl::int128(coefficient) *
                                                  (coefficient > 0 ? At(term).high : At(term).low);
      const absl::int128 least = side - (most - own);
      Interval& bounds = bounds_[static_cast<size_t>(term.variable)];
      const Interval narrowed = coefficient > 0 ? Interval{CeilDivide(least, coefficient), kNoLimit}
                                                : Interval{0, FloorDivide(least, coefficient)};
      if (bounds.Within(narrowed) == bounds) continue;
      // The other end than the one that `most` is made of.
      bounds = bounds.Within(narrowed);
      has_changed_ = true;
    }
  }

  const std::vector<Constraint>& constraints_;
  std::vector<Interval> bounds_;
  bool has_changed_ = true;
};

// Unknown counts that constraints tie together, and nothing ties to others.
class Component {
 public:
  // `values` has the known counts; those of this component are written into it, and
  // the numbers of their columns into `columns`, which has -1 for what is known.
  Component(std::vector<int> variables, std::vector<const Constraint*> constraints,
            const std::vector<Interval>& bounds, std::vector<int64_t>& values,
            std::vector<int>& columns, const AuditLimits& limits)
      : variables_(std::move(variables)),
        constraints_(std::move(constraints)),
        bounds_(bounds),
        values_(values),
        columns_(columns),
        limits_(limits),
        proven_(variables_.size(), Interval{1, 0}) {
    for (const int variable : variables_) {
      const Interval& interval = BoundsOf(variable);
      columns_[static_cast<size_t>(variable)] =
          program_.AddColumn(static_cast<double>(interval.low), Upper(interval), 0);
    }
    for (const Constraint* constraint : constraints_) AddRow(*constraint);
  }

  void Examine(const Target& target, Finding& finding) {
    const int column = columns_[static_cast<size_t>(target.variable)];
    const Interval bounds = BoundsOf(target.variable);
    Interval& derivable = finding.derivable;
    derivable = bounds;
    finding.proven = Proven(column);
    if (!limits_.every_limit && IsEnough(column, target.values_needed)) return;
    program_.SetCost(column, 1);
    if (Minimise()) derivable.low = RoundedUp(program_.ValueOf(column), bounds.low);
    const bool is_far = bounds.high == kNoLimit;
    if (is_far) SetBounds(column, {bounds.low, derivable.low + kFar});
    program_.SetCost(column, -1);
    if (Minimise()) derivable.high = RoundedDown(program_.ValueOf(column), bounds.high);
    if (is_far && derivable.high >= derivable.low + kFar) derivable.high = kNoLimit;
    program_.SetCost(column, 0);
    SetBounds(column, bounds);
    Search(column, target.values_needed, derivable, bounds);
    finding.proven = Proven(column);
  }

 private:
  const Interval& BoundsOf(int variable) const { return bounds_[static_cast<size_t>(variable)]; }
  Interval& Proven(int column) { return proven_[static_cast<size_t>(column)]; }

  bool IsEnough(int column, int64_t needed) {
    return Proven(column).high - Proven(column).low >= needed - 1;
  }

  static double Upper(const Interval& interval) {
    return interval.high == kNoLimit ? kInfinity : static_cast<double>(interval.high);
  }

  void SetBounds(int column, const Interval& interval) {
    program_.SetBounds(column, static_cast<double>(interval.low), Upper(interval));
  }

  // Coefficients are scaled to 1 at most: those of ratios are large.
  void AddRow(const Constraint& constraint) {
    absl::int128 rest = 0;
    double scale = 1;
    for (const Term& term : constraint.terms) {
      scale = std::max(scale, std::abs(static_cast<double>(term.coefficient)));
    }
    std::vector<std::pair<int, double>> terms;
    for (const Term& term : constraint.terms) {
      const int column = columns_[static_cast<size_t>(term.variable)];
      if (column < 0) {
        rest += absl::int128(term.coefficient) * values_[static_cast<size_t>(term.variable)];
      } else {
        terms.emplace_back(column, static_cast<double>(term.coefficient) / scale);
      }
    }
    const double low = static_cast<double>(constraint.low - rest) / scale;
    const double high = constraint.high == kNoLimit
                            ? kInfinity
                            : static_cast<double>(constraint.high - rest) / scale;
    program_.AddRow(terms, low, high);
  }

  static int64_t RoundedUp(double value, int64_t at_least) {
    return std::max(at_least, static_cast<int64_t>(std::ceil(value - kTolerance)));
  }
  static int64_t RoundedDown(double value, int64_t at_most) {
    return std::min(at_most, static_cast<int64_t>(std::floor(value + kTolerance)));
  }

  // Solves, and keeps the solution if it is a table of whole numbers.
  bool Minimise() {
    if (program_.Minimise() != LinearProgram::Outcome::kOptimal) return false;
    KeepIfWhole();
    return true;
  }

  // Rounds the solver's values and checks them exactly. Only what passes is proven.
  void KeepIfWhole() {
    for (size_t i = 0; i < variables_.size(); ++i) {
      const double value = program_.ValueOf(static_cast<int>(i));
      const double whole = std::round(value);
      if (std::abs(value - whole) > kTolerance * std::max(1.0, whole)) return;
      if (!BoundsOf(variables_[i]).Contains(static_cast<int64_t>(whole))) return;
      values_[static_cast<size_t>(variables_[i])] = static_cast<int64_t>(whole);
    }
    for (const Constraint* constraint : constraints_) {
      if (!IsSatisfied(*constraint, values_)) return;
    }
    for (size_t i = 0; i < variables_.size(); ++i) {
      const int64_t value = values_[static_cast<size_t>(variables_[i])];
      Interval& proven = proven_[i];
      proven = proven.low > proven.high
                   ? Interval{value, value}
                   : Interval{std::min(proven.low, value), std::max(proven.high, value)};
    }
  }

  // Looks for whole numbers where linear programming found fractions, or only a far
  // limit.
  void Search(int column, int64_t needed, const Interval& derivable, const Interval& bounds) {
    const int64_t width = needed - 1;
    const auto is_enough = [&] { return IsEnough(column, needed); };
    if (is_enough() || (derivable.high != kNoLimit && derivable.high - derivable.low < width)) {
      return;
    }
    const int64_t high = derivable.high == kNoLimit ? derivable.low + 2 * width : derivable.high;
    const int64_t spare = high - derivable.low - width;
    FindBetween(column, {derivable.low, derivable.low + spare / 2});
    if (!is_enough()) FindBetween(column, {high - (spare - spare / 2), high});
    if (!is_enough() && Proven(column).low <= Proven(column).high) {
      FindBetween(column, {Proven(column).low + width, derivable.high});
      if (!is_enough()) FindBetween(column, {bounds.low, Proven(column).high - width});
    }
    SetBounds(column, bounds);
  }

  void FindBetween(int column, const Interval& interval) {
    if (interval.low > interval.high) return;
    SetBounds(column, interval);
    // The linear program is solved first: it shows cheaply what cannot be, and often
    // ends at whole numbers.
    const Interval before = Proven(column);
    if (!Minimise() || Proven(column) != before) return;
    if (program_.FindWhole(limits_.most_nodes) == LinearProgram::Outcome::kOptimal) KeepIfWhole();
  }

  // The column of a variable is its place here.
  std::vector<int> variables_;
  std::vector<const Constraint*> constraints_;
  const std::vector<Interval>& bounds_;
  std::vector<int64_t>& values_;
  std::vector<int>& columns_;
  const AuditLimits& limits_;
  std::vector<Interval> proven_;
  LinearProgram program_;
};

// Splits what is unknown into components.
class Components {
 public:
  Components(const Knowledge& knowledge, const std::vector<Interval>& bounds,
             const AuditLimits& limits)
      : bounds_(bounds),
        limits_(limits),
        parents_(bounds.size()),
        values_(bounds.size()),
        columns_(bounds.size(), -1) {
    std::iota(parents_.begin(), parents_.end(), 0);
    for (size_t i = 0; i < bounds.size(); ++i) values_[i] = bounds[i].low;
    for (const Constraint& constraint : knowledge.constraints) {
      int first = -1;
      for (const Term& term : constraint.terms) {
        if (bounds[static_cast<size_t>(term.variable)].IsPoint()) continue;
        if (first < 0) first = term.variable;
        parents_[static_cast<size_t>(RootOf(term.variable))] = RootOf(first);
      }
    }
    members_.resize(bounds.size());
    constraints_.resize(bounds.size());
    components_.resize(bounds.size());
    for (size_t i = 0; i < bounds.size(); ++i) {
      const int variable = static_cast<int>(i);
      if (!bounds[i].IsPoint()) members_[static_cast<size_t>(RootOf(variable))].push_back(variable);
    }
    for (const Constraint& constraint : knowledge.constraints) {
      for (const Term& term : constraint.terms) {
        if (bounds[static_cast<size_t>(term.variable)].IsPoint()) continue;
        constraints_[static_cast<size_t>(RootOf(term.variable))].push_back(&constraint);
        break;
      }
    }
  }

  // The component of an unknown variable.
  Component& At(int variable) {
    const size_t root = static_cast<size_t>(RootOf(variable));
    if (components_[root] == nullptr) {
      components_[root] = std::make_unique<Component>(members_[root], constraints_[root], bounds_,
                                                      values_, columns_, limits_);
    }
    return *components_[root];
  }

 private:
  int RootOf(int variable) {
    int& parent = parents_[static_cast<size_t>(variable)];
    if (parent != variable) parent = RootOf(parent);
    return parent;
  }

  const std::vector<Interval>& bounds_;
  const AuditLimits& limits_;
  std::vector<int> parents_;
  std::vector<int64_t> values_;
  std::vector<int> columns_;
  std::vector<std::vector<int>> members_;
  std::vector<std::vector<const Constraint*>> constraints_;
  std::vector<std::unique_ptr<Component>> components_;
};

// What an attacker works out of the counts that it holds and what is public, were nothing ever
// released.
Knowledge OwnKnowledgeOf(const Model& model, const Attacker& attacker) {
  Knowledge knowledge;
  knowledge.constraints = model.equations;
  for (size_t i = 0; i < model.variables.size(); ++i) {
    const Variable& variable = model.variables[i];
    const bool is_known = attacker.holds[i] || variable.is_public;
    knowledge.bounds.push_back(is_known ? Interval{variable.actual, variable.actual} : Interval{});
  }
  return knowledge;
}

// Marks what would fail with every figure hidden, too. A small count stops the release all
// the same, unless the attacker was told more than is published, or is one agency, whose own
// counts tell it what the public does not learn, or would know as much without any release.
void MarkUnavoidable(const Model& model, const Attacker& attacker, const AuditLimits& limits,
                     std::vector<Finding>& findings) {
  std::vector<Target> failing;
  for (const Finding& finding : findings) {
    if (!finding.is_protected) failing.push_back({finding.variable, finding.values_needed});
  }
  if (failing.empty()) return;
  Shown nothing(model.figures.size());
  for (size_t i = 0; i < nothing.size(); ++i) nothing[i] = !model.figures[i].can_be_hidden;
  const std::vector<Finding> best = Audit(KnowledgeOf(model, nothing, attacker), failing, limits);
  const std::vector<Finding> own = Audit(OwnKnowledgeOf(model, attacker), failing, limits);
  size_t next = 0;
  for (Finding& finding : findings) {
    if (finding.is_protected) continue;
    const Variable& variable = model.variables[static_cast<size_t>(finding.variable)];
    const bool is_told =
        attacker.knows_which_are_small || attacker.is_one_agency || !variable.is_small;
    finding.is_own = !own[next].is_protected;
    finding.is_unavoidable = !best[next++].is_protected && (is_told || finding.is_own);
  }
}

}  // namespace

std::vector<Finding> Audit(const Knowledge& knowledge, const std::vector<Target>& targets,
                           const AuditLimits& limits) {
  const std::vector<Interval> bounds = Narrowing(knowledge).Run();
  Components components(knowledge, bounds, limits);
  std::vector<Finding> findings;
  findings.reserve(targets.size());
  for (const Target& target : targets) {
    Finding& finding = findings.emplace_back();
    finding.variable = target.variable;
    finding.values_needed = target.values_needed;
    const Interval& known = bounds[static_cast<size_t>(target.variable)];
    if (known.low >= known.high) {
      finding.derivable = known;
      finding.proven = known;
    } else {
      components.At(target.variable).Examine(target, finding);
    }
    finding.is_protected = finding.proven.high - finding.proven.low >= target.values_needed - 1;
  }
  return findings;
}

std::vector<Finding> AuditRelease(const Model& model, const Shown& shown,
                                  const std::vector<Attacker>& attackers,
                                  const AuditLimits& limits) {
  std::vector<Finding> all;
  for (const Attacker& attacker : attackers) {
    const std::vector<Target> targets = TargetsOf(model, shown, attacker);
    if (targets.empty()) continue;
    std::vector<Finding> findings = Audit(KnowledgeOf(model, shown, attacker), targets, limits);
    MarkUnavoidable(model, attacker, limits, findings);
    for (Finding& finding : findings) {
      finding.name = model.variables[static_cast<size_t>(finding.variable)].name;
      finding.attacker = attacker.name;
      all.push_back(std::move(finding));
    }
  }
  return all;
}

}  // namespace concordat::domain::disclosure
