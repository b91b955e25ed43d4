#include "server/domain/disclosure/hiding.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/numeric/int128.h"
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

// A constraint of the model, and the figure that states it: -1 for what is true whatever
// is hidden.
struct Tie {
  const Constraint* constraint;
  int figure;
};

// Which constraints and figures speak of a variable.
class Ties {
 public:
  explicit Ties(const Model& model)
      : ties_of_(model.variables.size()), locks_of_(model.variables.size()) {
    for (const Constraint& equation : model.equations) Add(equation, -1);
    for (const Constraint& fact : model.facts) Add(fact, -1);
    for (size_t i = 0; i < model.figures.size(); ++i) {
      if (!model.figures[i].can_be_hidden) continue;
      const int figure = static_cast<int>(i);
      for (const Constraint& constraint : model.figures[i].constraints) Add(constraint, figure);
      for (const Lock& lock : model.figures[i].locks) {
        locks_of_[static_cast<size_t>(lock.variable)].push_back({figure, lock.interval});
      }
    }
  }

  struct ShownBy {
    int figure;
    Interval interval;
  };

  const Tie& At(int tie) const { return ties_[static_cast<size_t>(tie)]; }
  const std::vector<int>& Of(int variable) const { return ties_of_[static_cast<size_t>(variable)]; }
  // Only figures that can be hidden: what the others say is known anyway.
  const std::vector<ShownBy>& LocksOf(int variable) const {
    return locks_of_[static_cast<size_t>(variable)];
  }

 private:
  void Add(const Constraint& constraint, int figure) {
    for (const Term& term : constraint.terms) {
      ties_of_[static_cast<size_t>(term.variable)].push_back(static_cast<int>(ties_.size()));
    }
    ties_.push_back({&constraint, figure});
  }

  std::vector<Tie> ties_;
  std::vector<std::vector<int>> ties_of_;
  std::vector<std::vector<ShownBy>> locks_of_;
};

// How another possible table differs from the true one.
struct Movement {
  double cost = 0;
  // Figures to hide, so that readers cannot tell the two apart.
  std::vector<int> figures;
  // By how much each count is off, without those that are not; only when all are whole.
  std::vector<std::pair<int, int64_t>> counts;
};

// Tables that one attacker has to hold possible, seen from the true one. Counts that are
// shown may move too, at the cost of hiding what shows them: so the cheapest movement of
// a target says what to hide for it.
class Movements {
 public:
  Movements(const Model& model, const Ties& ties, const Attacker& attacker, const Hiding& hiding)
      : model_(model), ties_(ties), hiding_(hiding), reach_(model.variables.size(), {0, 0}) {
    const Shown nothing(model.figures.size(), false);
    possible_ = KnowledgeOf(model, nothing, attacker).bounds;
  }

  // How many values the tables found so far give the variable.
  int64_t Reach(int variable) const {
    const Interval& reach = reach_[static_cast<size_t>(variable)];
    return reach.high - reach.low + 1;
  }

  // The cheapest ways found for the target to have the values it needs: one movement, or
  // one up and one down. Empty when hiding everything would not do. `solutions` counts
  // the linear programs.
  std::vector<Movement> WaysFor(const Target& target, int64_t& solutions) const {
    const int64_t width = target.values_needed - 1;
    for (size_t size = kFirstSize;; size *= kGrowth) {
      const std::vector<int> near = Near(target.variable, size);
      std::vector<Movement> ways = WaysAmong(near, target.variable, width, solutions);
      if (!ways.empty() || near.size() < size) return ways;
    }
  }

  // Takes note of a table, and of the same table the other way round, wherever this
  // attacker has to hold them possible.
  void Learn(const Movement& movement) {
    for (const int64_t sign : {1, -1}) {
      if (!IsPossible(movement, sign)) continue;
      for (const auto& [variable, distance] : movement.counts) {
        Interval& reach = reach_[static_cast<size_t>(variable)];
        reach = {std::min(reach.low, sign * distance), std::max(reach.high, sign * distance)};
      }
    }
  }

 private:
  // Variables that are looked at first around a target, and how much more each time that
  // they are too few.
  static constexpr size_t kFirstSize = 300;
  static constexpr size_t kGrowth = 4;
  // Cost of a step away from the target, so that near and costly is weighed against far
  // and cheap.
  static constexpr double kCostOfStep = 0.3;

  const Variable& VariableAt(int variable) const {
    return model_.variables[static_cast<size_t>(variable)];
  }
  bool IsActive(const Tie& tie) const { return tie.figure < 0 || !IsHidden(hiding_, tie.figure); }

  // Cost of hiding a figure that is shown, and what goes with it.
  double CostOfHiding(int figure) const {
    int64_t cost = FigureAt(model_, figure).cost;
    for (const int dependent : FigureAt(model_, figure).dependents) {
      if (!IsHidden(hiding_, dependent)) cost += FigureAt(model_, dependent).cost;
    }
    return static_cast<double>(cost);
  }

  // Cost for each one that the count moves beyond what is known of it.
  double CostOfMoving(int variable) const {
    double cost = 0;
    for (const Ties::ShownBy& shown : ties_.LocksOf(variable)) {
      if (!IsHidden(hiding_, shown.figure)) cost += CostOfHiding(shown.figure);
    }
    return cost;
  }

  Interval PossibleFor(int variable) const { return possible_[static_cast<size_t>(variable)]; }

  // What readers hold possible with what is shown now, of this variable alone.
  Interval FreeFor(int variable) const {
    Interval bounds = PossibleFor(variable);
    for (const Ties::ShownBy& shown : ties_.LocksOf(variable)) {
      if (!IsHidden(hiding_, shown.figure)) bounds = bounds.Within(shown.interval);
    }
    return bounds;
  }

  // Up to `size` variables that can move, those nearest to the target by cost first.
  std::vector<int> Near(int target, size_t size) const {
    using Entry = std::pair<double, int>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    std::vector<bool> is_queued(model_.variables.size(), false);
    std::vector<bool> is_spread;
    std::vector<int> near;
    queue.push({0, target});
    is_queued[static_cast<size_t>(target)] = true;
    while (!queue.empty() && near.size() < size) {
      const auto [cost, variable] = queue.top();
      queue.pop();
      near.push_back(variable);
      for (const int tie : ties_.Of(variable)) {
        if (is_spread.size() <= static_cast<size_t>(tie)) {
          is_spread.resize(static_cast<size_t>(tie) + 1, false);
        }
        if (is_spread[static_cast<size_t>(tie)] || !IsActive(ties_.At(tie))) continue;
        is_spread[static_cast<size_t>(tie)] = true;
        for (const Term& term : ties_.At(tie).constraint->terms) {
          const size_t next = static_cast<size_t>(term.variable);
          if (is_queued[next] || PossibleFor(term.variable).IsPoint()) continue;
          is_queued[next] = true;
          queue.push({cost + kCostOfStep + CostOfMoving(term.variable), term.variable});
        }
      }
    }
    return near;
  }

  // One movement if that is enough: up, or down where that is cheaper. Else part of the
  // way up, and the rest down.
  std::vector<Movement> WaysAmong(const std::vector<int>& near, int target, int64_t width,
                                  int64_t& solutions) const {
    std::optional<Movement> up = Cheapest(near, target, width, solutions);
    if (up && up->cost < kTolerance) return {*std::move(up)};
    std::optional<Movement> down = Cheapest(near, target, -width, solutions);
    if (down && (!up || down->cost < up->cost - kTolerance)) return {*std::move(down)};
    if (up) return {*std::move(up)};
    for (int64_t part = width - 1; part > 0; --part) {
      up = Cheapest(near, target, part, solutions);
      if (!up) continue;
      down = Cheapest(near, target, part - width, solutions);
      if (down) return {*std::move(up), *std::move(down)};
    }
    return {};
  }

  // The columns of one variable's movement: within what is known of it, which costs
  // nothing, and beyond that, up and down.
  struct Columns {
    int within;
    int up;
    int down;
  };
  struct Slack {
    int column;
    int figure;
  };

  Columns AddColumns(int variable, LinearProgram& program) const {
    const double actual = static_cast<double>(VariableAt(variable).actual);
    const Interval possible = PossibleFor(variable);
    const Interval within = FreeFor(variable);
    Columns columns = {
        program.AddColumn(static_cast<double>(within.low) - actual, UpperOf(within) - actual, 0),
        -1, -1};
    if (within == possible) return columns;
    const double cost = CostOfMoving(variable);
    const double above =
        within.high == kNoLimit ? 0 : UpperOf(possible) - static_cast<double>(within.high);
    columns.up = program.AddColumn(0, above, cost);
    columns.down = program.AddColumn(0, static_cast<double>(within.low - possible.low), cost);
    return columns;
  }

  static double UpperOf(const Interval& interval) {
    return interval.high == kNoLimit ? kInfinity : static_cast<double>(interval.high);
  }

  std::optional<Movement> Cheapest(const std::vector<int>& near, int target, int64_t distance,
                                   int64_t& solutions) const {
    if (!FreeFor(target).Contains(VariableAt(target).actual + distance)) return std::nullopt;
    LinearProgram program;
    absl::flat_hash_map<int, Columns> columns;
    for (const int variable : near) columns[variable] = AddColumns(variable, program);
    std::vector<Slack> slacks;
    absl::flat_hash_set<int> done;
    for (const int variable : near) {
      for (const int tie : ties_.Of(variable)) {
        if (IsActive(ties_.At(tie)) && done.insert(tie).second) {
          AddRow(ties_.At(tie), columns, program, slacks);
        }
      }
    }
    const int goal = columns.at(target).within;
    program.SetBounds(goal, static_cast<double>(distance), static_cast<double>(distance));
    ++solutions;
    if (program.Minimise() != LinearProgram::Outcome::kOptimal) return std::nullopt;
    return Read(near, columns, slacks, program);
  }

  // In movements, the constraint's sides are as far off as the true table leaves room.
  void AddRow(const Tie& tie, const absl::flat_hash_map<int, Columns>& columns,
              LinearProgram& program, std::vector<Slack>& slacks) const {
    double scale = 1;
    for (const Term& term : tie.constraint->terms) {
      scale = std::max(scale, std::abs(static_cast<double>(term.coefficient)));
    }
    double activity = 0;
    std::vector<std::pair<int, double>> terms;
    for (const Term& term : tie.constraint->terms) {
      const double coefficient = static_cast<double>(term.coefficient) / scale;
      activity += coefficient * static_cast<double>(VariableAt(term.variable).actual);
      const auto found = columns.find(term.variable);
      if (found == columns.end()) continue;
      terms.emplace_back(found->second.within, coefficient);
      if (found->second.up < 0) continue;
      terms.emplace_back(found->second.up, coefficient);
      terms.emplace_back(found->second.down, -coefficient);
    }
    if (tie.figure >= 0) {
      slacks.push_back({program.AddColumn(0, kInfinity, CostOfHiding(tie.figure)), tie.figure});
      terms.emplace_back(slacks.back().column, 1);
    }
    const double low = static_cast<double>(tie.constraint->low) / scale - activity;
    const double high = tie.constraint->high == kNoLimit
                            ? kInfinity
                            : static_cast<double>(tie.constraint->high) / scale - activity;
    // The true table is possible, whatever the division rounds to.
    program.AddRow(terms, std::min(low, 0.0), std::max(high, 0.0));
  }

  Movement Read(const std::vector<int>& near, const absl::flat_hash_map<int, Columns>& columns,
                const std::vector<Slack>& slacks, const LinearProgram& program) const {
    Movement movement;
    movement.cost = program.objective();
    bool is_whole = true;
    for (const int variable : near) {
      const Columns& place = columns.at(variable);
      double distance = program.ValueOf(place.within);
      if (place.up >= 0) distance += program.ValueOf(place.up) - program.ValueOf(place.down);
      if (std::abs(distance) < kTolerance) continue;
      is_whole = is_whole && std::abs(distance - std::round(distance)) < kTolerance;
      movement.counts.emplace_back(variable, std::llround(distance));
      const double value = static_cast<double>(VariableAt(variable).actual) + distance;
      for (const Ties::ShownBy& shown : ties_.LocksOf(variable)) {
        if (value < static_cast<double>(shown.interval.low) - kTolerance ||
            value > UpperOf(shown.interval) + kTolerance) {
          movement.figures.push_back(shown.figure);
        }
      }
    }
    if (!is_whole) movement.counts.clear();
    for (const Slack& slack : slacks) {
      if (program.ValueOf(slack.column) > kTolerance) movement.figures.push_back(slack.figure);
    }
    return movement;
  }

  bool IsPossible(const Movement& movement, int64_t sign) const {
    absl::flat_hash_map<int, int64_t> moved;
    for (const auto& [variable, distance] : movement.counts) {
      const int64_t value = VariableAt(variable).actual + sign * distance;
      if (!FreeFor(variable).Contains(value)) return false;
      moved[variable] = value;
    }
    for (const auto& [variable, distance] : movement.counts) {
      for (const int tie : ties_.Of(variable)) {
        if (IsActive(ties_.At(tie)) && !IsKept(*ties_.At(tie).constraint, moved)) return false;
      }
    }
    return true;
  }

  // Whether the constraint is satisfied by the true counts with some of them moved.
  bool IsKept(const Constraint& constraint, const absl::flat_hash_map<int, int64_t>& moved) const {
    absl::int128 sum = 0;
    for (const Term& term : constraint.terms) {
      const auto found = moved.find(term.variable);
      const int64_t value = found == moved.end() ? VariableAt(term.variable).actual : found->second;
      sum += absl::int128(term.coefficient) * value;
    }
    return sum >= constraint.low && (constraint.high == kNoLimit || sum <= constraint.high);
  }

  const Model& model_;
  const Ties& ties_;
  const Hiding& hiding_;
  // What stays possible with every figure hidden.
  std::vector<Interval> possible_;
  // By how much each count moved in the tables found so far. Hiding more leaves them
  // possible.
  std::vector<Interval> reach_;
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
  const Ties ties(model);
  std::vector<Movements> movements;
  movements.reserve(attackers.size());
  for (const Attacker& attacker : attackers) movements.emplace_back(model, ties, attacker, hiding);
  // What was looked at is not looked at again: hiding more leaves its tables possible.
  std::vector<std::vector<bool>> is_settled(attackers.size(),
                                            std::vector<bool>(model.variables.size(), false));
  int64_t solutions = 0;
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    for (size_t i = 0; i < attackers.size(); ++i) {
      for (const Target& target : TargetsOf(model, hiding.ShownFigures(), attackers[i])) {
        const size_t place = static_cast<size_t>(target.variable);
        if (is_settled[i][place]) continue;
        is_settled[i][place] = true;
        if (movements[i].Reach(target.variable) >= target.values_needed) continue;
        if (solutions >= most_solutions) {
          has_changed |= HideAround(model, target.variable, kEverywhere, hiding) > 0;
          continue;
        }
        for (const Movement& movement : movements[i].WaysFor(target, solutions)) {
          for (const int figure : movement.figures) {
            has_changed |= Hide(model, figure, Reason::kComplementary, target.variable, hiding);
          }
          for (Movements& each : movements) each.Learn(movement);
        }
      }
    }
  }
}

int HideAround(const Model& model, int variable, int distance, Hiding& hiding) {
  std::vector<bool> is_near(model.variables.size(), false);
  is_near[static_cast<size_t>(variable)] = true;
  const auto spread = [&](const Constraint& constraint, std::vector<bool>& next) {
    const bool touches =
        std::any_of(constraint.terms.begin(), constraint.terms.end(),
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
