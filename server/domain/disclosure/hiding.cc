#include "server/domain/disclosure/hiding.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "server/domain/disclosure/linear_program.h"
#include "server/domain/disclosure/profile.h"

namespace concordat::domain::disclosure {
namespace {

constexpr double kTolerance = 1e-6;

const Figure& FigureAt(const Model& model, int figure) {
  return model.figures[static_cast<size_t>(figure)];
}

bool IsHidden(const Hiding& hiding, int figure) {
  return hiding.reasons[static_cast<size_t>(figure)] != Reason::kShown;
}

void HideDependents(const Model& model, int figure, Hiding& hiding) {
  for (const int dependent : FigureAt(model, figure).dependents) {
    Hide(model, dependent, Reason::kDependent, -1, hiding);
  }
}

// All tables that one attacker has to hold possible, seen from the true one: by how
// much each count may be off. Counts that are shown may move too, at the cost of hiding
// what shows them, so that the cheapest movement of a target says what to hide for it.
//
// A count's movement is the sum of three columns: within what is known of it, which
// costs nothing, and beyond that, up and down.
class Movements {
 public:
  Movements(const Model& model, const Attacker& attacker, const Hiding& hiding)
      : model_(model), hiding_(hiding), locks_(model.variables.size()),
        columns_(model.variables.size(), -1), reach_(model.variables.size()) {
    Hiding nothing_shown = hiding;
    std::fill(nothing_shown.reasons.begin(), nothing_shown.reasons.end(), Reason::kComplementary);
    possible_ = KnowledgeOf(model, nothing_shown.ShownFigures(), attacker).bounds;
    for (size_t i = 0; i < model.figures.size(); ++i) {
      if (!model.figures[i].can_be_hidden) continue;
      for (const Lock& lock : model.figures[i].locks) {
        locks_[static_cast<size_t>(lock.variable)].push_back(
            {static_cast<int>(i), lock.interval});
      }
    }
    for (size_t i = 0; i < model.variables.size(); ++i) {
      if (!possible_[i].IsPoint()) AddColumns(static_cast<int>(i));
    }
    for (const Constraint& equation : model.equations) AddRow(equation, -1);
    for (const Constraint& fact : model.facts) AddRow(fact, -1);
    for (size_t i = 0; i < model.figures.size(); ++i) {
      if (!model.figures[i].can_be_hidden) continue;
      for (const Constraint& constraint : model.figures[i].constraints) {
        AddRow(constraint, static_cast<int>(i));
      }
    }
    is_known_hidden_.assign(model.figures.size(), false);
    TakeOver();
  }

  // How many values the tables found so far give the variable.
  int64_t Reach(int variable) const {
    const Interval& reach = reach_[static_cast<size_t>(variable)];
    return reach.high - reach.low + 1;
  }

  // The figures to hide so that `target` has the values it needs; nullopt when hiding
  // all would not do.
  std::optional<std::vector<int>> WaysFor(const Target& target) {
    TakeOver();
    const int64_t width = target.values_needed - 1;
    const std::optional<double> up = CostOf(target.variable, width);
    if (up && *up < kTolerance) return Take(target.variable, width);
    const std::optional<double> down = CostOf(target.variable, -width);
    if (down && (!up || *down < *up - kTolerance)) return Take(target.variable, -width);
    if (up) {
      // The last solution is the other way's.
      CostOf(target.variable, width);
      return Take(target.variable, width);
    }
    return BothWays(target.variable, width);
  }

  int64_t solutions() const { return solutions_; }

 private:
  struct ShownBy {
    int figure;
    Interval interval;
  };
  // A row that a ratio's figure stands for, while it is shown.
  struct Slack {
    int column;
    int figure;
  };

  const Variable& VariableAt(int variable) const {
    return model_.variables[static_cast<size_t>(variable)];
  }
  int ColumnOf(int variable) const { return columns_[static_cast<size_t>(variable)]; }

  // Cost of hiding a figure and what goes with it.
  double CostOfHiding(int figure) const {
    double cost = 0;
    if (!IsHidden(hiding_, figure)) cost += static_cast<double>(FigureAt(model_, figure).cost);
    for (const int dependent : FigureAt(model_, figure).dependents) {
      if (!IsHidden(hiding_, dependent)) {
        cost += static_cast<double>(FigureAt(model_, dependent).cost);
      }
    }
    return cost;
  }

  void AddColumns(int variable) {
    columns_[static_cast<size_t>(variable)] = program_.AddColumn(0, 0, 0);
    program_.AddColumn(0, 0, 0);
    program_.AddColumn(0, 0, 0);
    stale_.push_back(variable);
  }

  void AddRow(const Constraint& constraint, int figure) {
    double scale = 1;
    for (const Term& term : constraint.terms) {
      scale = std::max(scale, std::abs(static_cast<double>(term.coefficient)));
    }
    double activity = 0;
    std::vector<std::pair<int, double>> terms;
    for (const Term& term : constraint.terms) {
      const double coefficient = static_cast<double>(term.coefficient) / scale;
      activity += coefficient * static_cast<double>(VariableAt(term.variable).actual);
      const int column = ColumnOf(term.variable);
      if (column < 0) continue;
      terms.emplace_back(column, coefficient);
      terms.emplace_back(column + 1, coefficient);
      terms.emplace_back(column + 2, -coefficient);
    }
    if (terms.empty()) return;
    if (figure >= 0) {
      slacks_.push_back({program_.AddColumn(0, kInfinity, 0), figure});
      terms.emplace_back(slacks_.back().column, 1);
    }
    const double low = static_cast<double>(constraint.low) / scale - activity;
    const double high = constraint.high == kNoLimit
                            ? kInfinity
                            : static_cast<double>(constraint.high) / scale - activity;
    // The true table is possible, whatever the division rounds to.
    program_.AddRow(terms, std::min(low, 0.0), std::max(high, 0.0));
  }

  // Brings the columns up to what is hidden by now.
  void TakeOver() {
    for (size_t i = 0; i < model_.figures.size(); ++i) {
      if (is_known_hidden_[i] || !IsHidden(hiding_, static_cast<int>(i))) continue;
      is_known_hidden_[i] = true;
      for (const Lock& lock : model_.figures[i].locks) {
        if (ColumnOf(lock.variable) >= 0) stale_.push_back(lock.variable);
      }
    }
    for (const int variable : stale_) Refresh(variable);
    stale_.clear();
    for (const Slack& slack : slacks_) program_.SetCost(slack.column, CostOfHiding(slack.figure));
  }

  Interval FreeBoundsOf(int variable) const {
    Interval bounds = possible_[static_cast<size_t>(variable)];
    for (const ShownBy& shown : locks_[static_cast<size_t>(variable)]) {
      if (!IsHidden(hiding_, shown.figure)) bounds = bounds.Within(shown.interval);
    }
    return bounds;
  }

  void Refresh(int variable) {
    const Interval& possible = possible_[static_cast<size_t>(variable)];
    const Interval within = FreeBoundsOf(variable);
    double cost = 0;
    for (const ShownBy& shown : locks_[static_cast<size_t>(variable)]) {
      if (!IsHidden(hiding_, shown.figure)) cost += CostOfHiding(shown.figure);
    }
    const int column = ColumnOf(variable);
    const double actual = static_cast<double>(VariableAt(variable).actual);
    program_.SetBounds(column, static_cast<double>(within.low) - actual, UpperOf(within) - actual);
    const double beyond = within.high == kNoLimit
                              ? 0
                              : UpperOf(possible) - static_cast<double>(within.high);
    program_.SetBounds(column + 1, 0, beyond);
    program_.SetBounds(column + 2, 0, static_cast<double>(within.low - possible.low));
    program_.SetCost(column + 1, cost);
    program_.SetCost(column + 2, cost);
  }

  static double UpperOf(const Interval& interval) {
    return interval.high == kNoLimit ? kInfinity : static_cast<double>(interval.high);
  }

  // What the cheapest movement of the variable by `distance` costs; nullopt when there
  // is none.
  std::optional<double> CostOf(int variable, int64_t distance) {
    const int column = ColumnOf(variable);
    if (column < 0) return std::nullopt;
    const int64_t goal = VariableAt(variable).actual + distance;
    if (!FreeBoundsOf(variable).Contains(goal)) return std::nullopt;
    program_.SetBounds(column, static_cast<double>(distance), static_cast<double>(distance));
    ++solutions_;
    const LinearProgram::Outcome outcome = program_.Minimise();
    Refresh(variable);
    if (outcome != LinearProgram::Outcome::kOptimal) return std::nullopt;
    return program_.objective();
  }

  double MovementOf(int variable) const {
    const int column = ColumnOf(variable);
    if (column < 0) return 0;
    return program_.ValueOf(column) + program_.ValueOf(column + 1) - program_.ValueOf(column + 2);
  }

  // What the last solution needs hidden. Its table counts as reached: for all counts
  // when it is whole, else for the target alone, and the audit looks for a whole one.
  std::vector<int> Take(int target, int64_t distance) {
    std::vector<int> figures;
    bool is_whole = true;
    for (size_t i = 0; i < model_.variables.size(); ++i) {
      const double movement = MovementOf(static_cast<int>(i));
      if (std::abs(movement) < kTolerance) continue;
      is_whole = is_whole && std::abs(movement - std::round(movement)) < kTolerance;
      const double value = static_cast<double>(model_.variables[i].actual) + movement;
      for (const ShownBy& shown : locks_[i]) {
        if (value < static_cast<double>(shown.interval.low) - kTolerance ||
            value > UpperOf(shown.interval) + kTolerance) {
          figures.push_back(shown.figure);
        }
      }
    }
    for (const Slack& slack : slacks_) {
      if (program_.ValueOf(slack.column) > kTolerance) figures.push_back(slack.figure);
    }
    Extend(target, distance);
    for (size_t i = 0; is_whole && i < model_.variables.size(); ++i) {
      Extend(static_cast<int>(i), std::llround(MovementOf(static_cast<int>(i))));
    }
    return figures;
  }

  void Extend(int variable, int64_t distance) {
    Interval& reach = reach_[static_cast<size_t>(variable)];
    reach = {std::min(reach.low, distance), std::max(reach.high, distance)};
  }

  // Part of the way up and the rest down, where neither direction is long enough.
  std::optional<std::vector<int>> BothWays(int variable, int64_t width) {
    for (int64_t up = width - 1; up > 0; --up) {
      if (!CostOf(variable, up)) continue;
      std::vector<int> figures = Take(variable, up);
      if (!CostOf(variable, up - width)) return std::nullopt;
      const std::vector<int> more = Take(variable, up - width);
      figures.insert(figures.end(), more.begin(), more.end());
      return figures;
    }
    return std::nullopt;
  }

  const Model& model_;
  const Hiding& hiding_;
  // What stays possible with every figure hidden.
  std::vector<Interval> possible_;
  std::vector<std::vector<ShownBy>> locks_;
  // The first of a variable's three columns; -1 for what cannot move.
  std::vector<int> columns_;
  std::vector<Slack> slacks_;
  // By how much each count moved in the tables found so far.
  std::vector<Interval> reach_;
  std::vector<bool> is_known_hidden_;
  std::vector<int> stale_;
  LinearProgram program_;
  int64_t solutions_ = 0;
};

}  // namespace

Shown Hiding::ShownFigures() const {
  Shown shown(reasons.size());
  for (size_t i = 0; i < reasons.size(); ++i) shown[i] = reasons[i] == Reason::kShown;
  return shown;
}

Hiding HideFirst(const Model& model) {
  Hiding hiding;
  hiding.reasons.assign(model.figures.size(), Reason::kShown);
  hiding.protects.assign(model.figures.size(), -1);
  for (size_t i = 0; i < model.figures.size(); ++i) {
    hiding.reasons[i] = model.figures[i].first_reason;
  }
  for (size_t i = 0; i < model.figures.size(); ++i) {
    if (IsHidden(hiding, static_cast<int>(i))) HideDependents(model, static_cast<int>(i), hiding);
  }
  return hiding;
}

bool Hide(const Model& model, int figure, Reason reason, int protects, Hiding& hiding) {
  if (IsHidden(hiding, figure) || !FigureAt(model, figure).can_be_hidden) return false;
  hiding.reasons[static_cast<size_t>(figure)] = reason;
  hiding.protects[static_cast<size_t>(figure)] = protects;
  HideDependents(model, figure, hiding);
  return true;
}

void HideComplements(const Model& model, const std::vector<Attacker>& attackers,
                     int64_t most_solutions, Hiding& hiding) {
  std::vector<std::unique_ptr<Movements>> movements;
  for (const Attacker& attacker : attackers) {
    movements.push_back(std::make_unique<Movements>(model, attacker, hiding));
  }
  // What cannot be had even with everything hidden is not asked for twice.
  std::vector<std::vector<bool>> is_settled(
      attackers.size(), std::vector<bool>(model.variables.size(), false));
  int64_t solutions = 0;
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    for (size_t i = 0; i < attackers.size(); ++i) {
      for (const Target& target : TargetsOf(model, hiding.ShownFigures(), attackers[i])) {
        const size_t place = static_cast<size_t>(target.variable);
        if (is_settled[i][place]) continue;
        is_settled[i][place] = true;
        if (movements[i]->Reach(target.variable) >= target.values_needed) continue;
        if (solutions >= most_solutions) {
          has_changed |= HideAround(model, target.variable, kEverywhere, hiding) > 0;
          continue;
        }
        const int64_t before = movements[i]->solutions();
        const std::optional<std::vector<int>> figures = movements[i]->WaysFor(target);
        solutions += movements[i]->solutions() - before;
        if (!figures) continue;
        for (const int figure : *figures) {
          has_changed |= Hide(model, figure, Reason::kComplementary, target.variable, hiding);
        }
      }
    }
  }
}

int HideAround(const Model& model, int variable, int distance, Hiding& hiding) {
  std::vector<bool> is_near(model.variables.size(), false);
  is_near[static_cast<size_t>(variable)] = true;
  const auto spread = [&](const Constraint& constraint, std::vector<bool>& next) {
    const bool touches = std::any_of(
        constraint.terms.begin(), constraint.terms.end(),
        [&](const Term& term) { return is_near[static_cast<size_t>(term.variable)]; });
    if (!touches) return;
    for (const Term& term : constraint.terms) next[static_cast<size_t>(term.variable)] = true;
  };
  for (int i = 0; i < distance; ++i) {
    std::vector<bool> next = is_near;
    for (const Constraint& equation : model.equations) spread(equation, next);
    for (const Constraint& fact : model.facts) spread(fact, next);
    for (const Figure& figure : model.figures) {
      for (const Constraint& constraint : figure.constraints) spread(constraint, next);
    }
    if (next == is_near) break;
    is_near = std::move(next);
  }
  int count = 0;
  for (size_t i = 0; i < model.figures.size(); ++i) {
    const Figure& figure = model.figures[i];
    bool touches = false;
    for (const Lock& lock : figure.locks) {
      touches = touches || is_near[static_cast<size_t>(lock.variable)];
    }
    for (const Constraint& constraint : figure.constraints) {
      for (const Term& term : constraint.terms) {
        touches = touches || is_near[static_cast<size_t>(term.variable)];
      }
    }
    if (touches && Hide(model, static_cast<int>(i), Reason::kComplementary, variable, hiding)) {
      ++count;
    }
  }
  return count;
}

}  // namespace concordat::domain::disclosure
