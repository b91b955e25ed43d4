#include "server/domain/disclosure/model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/numeric/int128.h"
#include "base/status.h"
#include "server/domain/disclosure/linear_program.h"

namespace concordat::domain::disclosure {
namespace {

// Nodes of the search for counts in the place of what is not available.
constexpr int kMostNodes = 10'000;
constexpr double kTolerance = 1e-6;

int64_t PowerOfTen(int exponent) {
  int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// What a reader who knows the population learns of the numerator.
Interval NumeratorInterval(const Ratio& ratio, int64_t scaled) {
  // scaled - 1/2 <= numerator × scale ÷ population < scaled + 1/2
  const int64_t twice_scale = 2 * ratio.per * PowerOfTen(ratio.decimals);
  const auto least = [&](int64_t twice_scaled) {
    const absl::int128 product = absl::int128(twice_scaled) * ratio.population;
    const absl::int128 least_numerator = (product + twice_scale - 1) / twice_scale;
    return static_cast<int64_t>(least_numerator);
  };
  return {std::max<int64_t>(0, least(2 * scaled - 1)), least(2 * scaled + 1) - 1};
}

// The same of numerator and denominator, as two rows.
std::vector<Constraint> RatioConstraints(const Ratio& ratio, int64_t scaled, int numerator,
                                         int denominator) {
  const int64_t twice_scale = 2 * ratio.per * PowerOfTen(ratio.decimals);
  return {{{{numerator, twice_scale}, {denominator, -(2 * scaled - 1)}}, 0, kNoLimit},
          {{{numerator, -twice_scale}, {denominator, 2 * scaled + 1}}, 1, kNoLimit}};
}

// What a reader learns of the count where it, or a ratio of it, is shown. A small one is
// never rounded: were it shown, it would be known.
Interval LockOf(const Count& count) {
  if (count.value == 0 || IsSmall(count.profile, count.value)) return {count.value, count.value};
  return ShownInterval(count.profile, count.value);
}

class Builder {
 public:
  explicit Builder(const Table& table) : table_(table) {}

  absl::StatusOr<Model> Build() {
    for (const Count& count : table_.counts) AddCount(count);
    for (const Sum& sum : table_.sums) AddSum(sum);
    for (const Ratio& ratio : table_.ratios) {
      if (ratio.is_share) AddComplement(ratio);
    }
    RETURN_IF_ERROR(FillGaps());
    // What is small is known only now that the gaps are filled.
    for (size_t i = 0; i < table_.counts.size(); ++i) AddCountFigure(static_cast<int>(i));
    for (size_t i = 0; i < table_.ratios.size(); ++i) AddRatioFigure(static_cast<int>(i));
    return std::move(model_);
  }

 private:
  Variable& At(int variable) { return model_.variables[static_cast<size_t>(variable)]; }
  const Count& CountAt(int i) const { return table_.counts[static_cast<size_t>(i)]; }

  int AgencyNumber(const std::string& agency) {
    const auto [place, is_new] =
        agencies_.emplace(agency, static_cast<int>(model_.agencies.size()));
    if (is_new) model_.agencies.push_back(agency);
    return place->second;
  }

  void AddCount(const Count& count) {
    Variable variable;
    variable.name = count.name;
    variable.actual = count.availability == Availability::kAvailable ? count.value : 0;
    variable.is_available = count.availability != Availability::kNotAvailable;
    if (count.availability == Availability::kAvailable) {
      variable.known = variable.actual == 0 ? Interval{0, 0} : Interval{1, kNoLimit};
      variable.is_public = count.profile.already_public;
      if (variable.is_public) variable.known = {variable.actual, variable.actual};
    } else if (count.availability == Availability::kNotApplicable) {
      variable.known = {0, 0};
    }
    if (count.known) variable.known = variable.known.Within(*count.known);
    SetProfile(count.profile, variable);
    variable.was_hidden = count.was_hidden && variable.actual > 0;
    for (const std::string& agency : count.holders) {
      variable.holders.push_back(AgencyNumber(agency));
    }
    std::sort(variable.holders.begin(), variable.holders.end());
    variable.holders.erase(std::unique(variable.holders.begin(), variable.holders.end()),
                           variable.holders.end());
    numbers_[count.name] = static_cast<int>(model_.variables.size());
    model_.variables.push_back(std::move(variable));
  }

  static void SetProfile(const Profile& profile, Variable& variable) {
    variable.minimum_shown = profile.minimum_shown;
    variable.values_needed = ValuesNeeded(profile);
    variable.is_small = IsSmall(profile, variable.actual);
  }

  void AddSum(const Sum& sum) {
    Constraint equation;
    equation.terms.push_back({numbers_.at(sum.total), -1});
    for (const std::string& part : sum.parts) equation.terms.push_back({numbers_.at(part), 1});
    model_.equations.push_back(std::move(equation));
  }

  // Who holds both numerator and denominator knows the rest; where nobody does, those
  // who hold either are taken to be its owners.
  void AddComplement(const Ratio& ratio) {
    const int numerator = numbers_.at(ratio.numerator);
    const int denominator = numbers_.at(ratio.denominator);
    const Count& part = CountAt(numerator);
    const Count& whole = CountAt(denominator);
    Variable rest;
    rest.name = ComplementName(ratio);
    rest.actual = At(denominator).actual - At(numerator).actual;
    rest.is_available = part.availability == Availability::kAvailable &&
                        whole.availability == Availability::kAvailable;
    if (rest.is_available) rest.known = rest.actual == 0 ? Interval{0, 0} : Interval{1, kNoLimit};
    // A true zero is shown, whatever it leaves of a population that everybody knows.
    const bool is_all = rest.is_available && part.value == 0 && whole.profile.already_public;
    SetProfile(is_all ? whole.profile : part.profile, rest);
    const std::vector<int>& a = At(numerator).holders;
    const std::vector<int>& b = At(denominator).holders;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest.holders));
    if (rest.holders.empty()) {
      std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest.holders));
    }
    const int number = static_cast<int>(model_.variables.size());
    numbers_[rest.name] = number;
    model_.variables.push_back(std::move(rest));
    model_.equations.push_back({{{numerator, 1}, {number, 1}, {denominator, -1}}, 0, 0});
  }

  // Gives what is not available whole numbers that satisfy the sums, and finds those among
  // it that may be small and that who knew all counts would have pinned down.
  absl::Status FillGaps() {
    const auto is_available = [](const Variable& variable) { return variable.is_available; };
    if (std::all_of(model_.variables.begin(), model_.variables.end(), is_available)) {
      return absl::OkStatus();
    }
    LinearProgram program;
    std::vector<int> columns(model_.variables.size(), -1);
    for (size_t i = 0; i < columns.size(); ++i) {
      const Interval& known = model_.variables[i].known;
      if (model_.variables[i].is_available) continue;
      columns[i] =
          program.AddColumn(static_cast<double>(known.low),
                            static_cast<double>(std::min(known.high, kLargestCount)), /*cost=*/0);
    }
    for (const Constraint& equation : model_.equations) {
      std::vector<std::pair<int, double>> terms;
      int64_t rest = 0;
      for (const Term& term : equation.terms) {
        const int column = columns[static_cast<size_t>(term.variable)];
        if (column < 0) {
          rest -= term.coefficient * At(term.variable).actual;
        } else {
          terms.emplace_back(column, static_cast<double>(term.coefficient));
        }
      }
      const double side = static_cast<double>(rest);
      if (!terms.empty()) program.AddRow(terms, side, side);
    }
    if (program.FindWhole(kMostNodes) != LinearProgram::Outcome::kOptimal) {
      return absl::InvalidArgumentError(
          "no counts in the place of those that are not available satisfy the sums");
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] < 0) continue;
      Variable& variable = model_.variables[i];
      variable.actual = std::llround(program.ValueOf(columns[i]));
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] >= 0) {
        model_.variables[i].is_small = MayBeSmall(model_.variables[i], columns[i], program);
      }
    }
    return absl::OkStatus();
  }

  // Where more values are left than have to be, nothing that is shown can say too much. What
  // is not found out may be small.
  static bool MayBeSmall(const Variable& variable, int column, LinearProgram& program) {
    program.SetCost(column, 1);
    bool is_found = program.Minimise() == LinearProgram::Outcome::kOptimal;
    const double low = is_found ? std::ceil(program.ValueOf(column) - kTolerance) : 0;
    program.SetCost(column, -1);
    is_found = is_found && program.Minimise() == LinearProgram::Outcome::kOptimal;
    const double high = is_found ? std::floor(program.ValueOf(column) + kTolerance) : 0;
    program.SetCost(column, 0);
    if (!is_found) return variable.minimum_shown > 1;
    return high >= 1 && low < static_cast<double>(variable.minimum_shown) &&
           high - low < static_cast<double>(variable.values_needed - 1);
  }

  void AddCountFigure(int number) {
    const Count& count = CountAt(number);
    if (!count.is_published) return;
    Variable& variable = At(number);
    Figure figure;
    figure.name = count.name;
    figure.index = number;
    figure.cost =
        count.cost > 0 ? count.cost : 1 + std::bit_width(static_cast<uint64_t>(variable.actual));
    if (count.availability == Availability::kAvailable && variable.actual > 0) {
      const Interval lock = LockOf(count);
      figure.locks.push_back({number, lock});
      figure.can_be_hidden = variable.known.Within(lock) != variable.known;
      if (variable.is_small) {
        figure.first_reason = Reason::kSmall;
      } else if (count.was_hidden) {
        figure.first_reason = Reason::kCarriedOver;
      }
    }
    variable.figure = static_cast<int>(model_.figures.size());
    model_.figures.push_back(std::move(figure));
  }

  void AddRatioFigure(int index) {
    const Ratio& ratio = table_.ratios[static_cast<size_t>(index)];
    const int numerator = numbers_.at(ratio.numerator);
    const int denominator = ratio.denominator.empty() ? -1 : numbers_.at(ratio.denominator);
    Figure figure;
    figure.name = ratio.name;
    figure.index = index;
    figure.is_ratio = true;
    figure.cost = std::max<int64_t>(1, ratio.cost);
    const bool says_something =
        CountAt(numerator).availability == Availability::kAvailable && At(numerator).actual > 0 &&
        (denominator < 0 || (CountAt(denominator).availability == Availability::kAvailable &&
                             At(denominator).actual > 0));
    if (says_something) {
      SayRatio(ratio, numerator, denominator, figure);
      figure.can_be_hidden = !ratio.was_shown;
      if (ratio.was_shown) MakeKnown(figure);
      figure.first_reason = FirstReason(ratio, numerator, denominator);
    }
    if (!ratio.is_published) return;
    const int number = static_cast<int>(model_.figures.size());
    for (const int input : {numerator, denominator}) {
      if (input < 0 || At(input).figure < 0 || !figure.can_be_hidden) continue;
      model_.figures[static_cast<size_t>(At(input).figure)].dependents.push_back(number);
    }
    model_.figures.push_back(std::move(figure));
  }

  // A ratio of rounded counts says no more than they do.
  void SayRatio(const Ratio& ratio, int numerator, int denominator, Figure& figure) {
    const bool is_rounded = CountAt(numerator).profile.rounding_base > 1 ||
                            (denominator >= 0 && CountAt(denominator).profile.rounding_base > 1);
    if (is_rounded) {
      figure.locks.push_back({numerator, LockOf(CountAt(numerator))});
      if (denominator >= 0) figure.locks.push_back({denominator, LockOf(CountAt(denominator))});
      return;
    }
    const int64_t scaled = ScaledRatio(At(numerator).actual,
                                       denominator < 0 ? ratio.population : At(denominator).actual,
                                       ratio.per, ratio.decimals);
    if (denominator < 0) {
      figure.locks.push_back({numerator, NumeratorInterval(ratio, scaled)});
    } else {
      figure.constraints = RatioConstraints(ratio, scaled, numerator, denominator);
    }
  }

  void MakeKnown(const Figure& figure) {
    for (const Lock& lock : figure.locks) {
      At(lock.variable).known = At(lock.variable).known.Within(lock.interval);
    }
    model_.facts.insert(model_.facts.end(), figure.constraints.begin(), figure.constraints.end());
  }

  Reason FirstReason(const Ratio& ratio, int numerator, int denominator) {
    if (ratio.was_shown) return Reason::kShown;
    if (At(numerator).is_small) return Reason::kSmallPart;
    if (denominator >= 0 && At(denominator).is_small) return Reason::kSmallPart;
    if (ratio.is_share && At(numbers_.at(ComplementName(ratio))).is_small) {
      return Reason::kSmallRest;
    }
    return ratio.was_hidden ? Reason::kCarriedOver : Reason::kShown;
  }

  const Table& table_;
  Model model_;
  absl::flat_hash_map<std::string, int> numbers_;
  absl::flat_hash_map<std::string, int> agencies_;
};

}  // namespace

absl::StatusOr<Model> BuildModel(const Table& table) {
  RETURN_IF_ERROR(Validate(table));
  return Builder(table).Build();
}

int64_t ScaledRatio(int64_t numerator, int64_t denominator, int64_t per, int decimals) {
  const absl::int128 scaled = absl::int128(numerator) * per * PowerOfTen(decimals);
  return static_cast<int64_t>((2 * scaled + denominator) / (2 * absl::int128(denominator)));
}

bool IsSatisfied(const Constraint& constraint, const std::vector<int64_t>& values) {
  absl::int128 sum = 0;
  for (const Term& term : constraint.terms) {
    sum += absl::int128(term.coefficient) * values[static_cast<size_t>(term.variable)];
  }
  return sum >= constraint.low && (constraint.high == kNoLimit || sum <= constraint.high);
}

}  // namespace concordat::domain::disclosure
