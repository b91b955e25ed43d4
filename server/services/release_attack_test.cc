// Attacks what two releases show by what they show alone, of what one agency sent, or several.
// The attacker is none of these. It knows the areas and the categories, that every figure is a
// sum of the finest ones, whether somebody sent them or not, and which of those that were
// sent have not changed: nothing of how the releases were protected. 200 pairs of releases of
// each kind, 2,000 with CONCORDAT_LONG.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/domain/disclosure/linear_program.h"
#include "server/domain/disclosure/random_table.h"
#include "server/domain/disclosure/release.h"
#include "server/services/release_table.h"

namespace concordat::services {
namespace {

using domain::disclosure::Below;
using domain::disclosure::LinearProgram;
using v1::Measure;
using v1::Observation;

constexpr char kPeriod[] = "2018-04-01/2018-06-30/4";
constexpr double kTolerance = 1e-6;
// No count of these tests comes near.
constexpr double kLargest = 1'000'000;

// A police area of a unitary and a county with three districts, by three categories. Of
// the finest counts everything else is the sum.
class ReleaseAttackTest : public ::testing::Test {
 protected:
  ReleaseAttackTest() {
    measure_.set_name("measures/m");
    Measure::Dimension& dimension = *measure_.add_dimensions();
    dimension.set_name("category");
    for (const char* item : {"Neglect", "Physical", "Not known"}) dimension.add_items(item);
    children_["areas/county"] = {"areas/east", "areas/north", "areas/west"};
    children_["areas/police"] = {"areas/county", "areas/unitary"};
  }

  struct Place {
    std::string area;
    std::string breakdown;

    friend auto operator<=>(const Place&, const Place&) = default;
  };

  std::vector<Place> Finest(const Place& place) const {
    std::vector<Place> finest;
    if (const auto children = children_.find(place.area); children != children_.end()) {
      for (const std::string& child : children->second) {
        for (Place& below : Finest({child, place.breakdown})) finest.push_back(std::move(below));
      }
    } else if (place.breakdown.empty()) {
      for (const std::string& item : measure_.dimensions(0).items()) {
        finest.push_back({place.area, absl::StrCat("category=", item)});
      }
    } else {
      finest.push_back(place);
    }
    return finest;
  }

  std::vector<Place> AllPlaces() const {
    std::vector<Place> places;
    for (const char* area : {"areas/police", "areas/unitary", "areas/county", "areas/east",
                             "areas/north", "areas/west"}) {
      for (const char* breakdown :
           {"", "category=Neglect", "category=Physical", "category=Not known"}) {
        places.push_back({area, breakdown});
      }
    }
    return places;
  }

  // The finest counts. Of shares they are the numerators, and `rests` what the denominators
  // have beyond them.
  struct Truth {
    std::map<Place, int64_t> counts;
    std::map<Place, int64_t> rests;
  };

  static int64_t SumOf(const std::map<Place, int64_t>& counts, const std::vector<Place>& finest) {
    int64_t sum = 0;
    for (const Place& place : finest) sum += counts.at(place);
    return sum;
  }

  static int64_t RandomCount(std::mt19937_64& random) {
    if (Below(3, random) == 0) return 0;
    return 1 + Below(Below(2, random) == 0 ? 7 : 60, random);
  }

  Truth RandomTruth(std::mt19937_64& random) const {
    Truth truth;
    for (const Place& place : AllPlaces()) {
      if (Finest(place) != std::vector<Place>{place}) continue;
      truth.counts[place] = RandomCount(random);
      truth.rests[place] = RandomCount(random);
    }
    return truth;
  }

  // One in eight counts is another.
  static Truth Revised(Truth truth, std::mt19937_64& random) {
    for (auto& [place, count] : truth.counts) {
      if (Below(8, random) == 0) count = Below(2, random) == 0 ? RandomCount(random) : count + 1;
    }
    return truth;
  }

  // One agency for all, or the constabulary, the county council with its districts, and the
  // unitary one.
  std::string HolderOf(const std::string& area) const {
    if (!several_agencies_) return "agencies/police";
    if (area == "areas/police" || area == "areas/unitary") return area;
    return "areas/county";
  }

  // Three in four places have a figure; half of the others a row that says that it is not
  // available. Some send a percentage alone.
  std::vector<TableFigure> RandomFigures(const Truth& truth, std::mt19937_64& random) const {
    std::vector<TableFigure> figures;
    for (const Place& place : AllPlaces()) {
      const int64_t chance = Below(8, random);
      if (chance == 0) continue;
      TableFigure& figure = figures.emplace_back();
      figure.key = {kPeriod, place.area, place.breakdown};
      figure.revision = 1;
      figure.holders = {HolderOf(place.area)};
      const auto count = static_cast<double>(SumOf(truth.counts, Finest(place)));
      const double whole = count + static_cast<double>(SumOf(truth.rests, Finest(place)));
      if (chance == 1) {
        figure.figure.set_symbol(Observation::NOT_AVAILABLE);
      } else if (measure_.unit() == Measure::COUNT) {
        figure.figure.set_value(count);
      } else if (whole == 0) {
        figure.figure.set_symbol(Observation::NOT_APPLICABLE);
      } else {
        figure.figure.set_value(100 * count / whole);
        if (chance == 2) continue;
        figure.figure.set_numerator(count);
        figure.figure.set_denominator(whole);
      }
    }
    return figures;
  }

  // One release: what went in, and what is shown of it.
  struct Round {
    Truth truth;
    std::map<Place, TableFigure> figures;
    std::map<Place, DisclosedFigure> shown;
  };

  // A release after `earlier`.
  std::optional<Round> Release(Truth truth, std::mt19937_64& random,
                               const std::optional<Round>& earlier) const {
    ReleaseBlock block;
    block.measure = std::make_shared<const Measure>(measure_);
    block.profile = profile_;
    block.figures = RandomFigures(truth, random);
    for (TableFigure& figure : block.figures) figure.revision = earlier.has_value() ? 2 : 1;
    if (earlier.has_value()) {
      EarlierRelease& before = block.earlier.emplace_back(EarlierRelease{profile_.rule, {}});
      for (const auto& [place, figure] : earlier->figures) {
        const Observation::Symbol symbol = earlier->shown.at(place).symbol;
        before.figures.push_back({figure, symbol == Observation::CONFIDENTIAL,
                                  symbol == Observation::NONE || symbol == Observation::LOW});
      }
    }
    const ReleaseTable table(block, children_);
    EXPECT_TRUE(table.broken_sums().empty());
    const auto release = domain::disclosure::Protect(table.table(), {});
    if (!release.ok()) return std::nullopt;
    const std::vector<DisclosedFigure> shown = table.Disclose(*release);
    Round round;
    round.truth = std::move(truth);
    for (size_t i = 0; i < shown.size(); ++i) {
      const Place place = {block.figures[i].key.area, block.figures[i].key.breakdown};
      round.figures[place] = block.figures[i];
      round.shown[place] = shown[i];
    }
    return round;
  }

  struct Bounds {
    double low = 0;
    double high = kLargest;
  };
  struct Columns {
    std::map<Place, int> counts;
    std::map<Place, int> rests;
  };

  // A column for the sum of the finest counts.
  int AddSum(const std::map<Place, int>& columns, const Place& place, const Bounds& bounds,
             LinearProgram& program) const {
    const int sum = program.AddColumn(bounds.low, bounds.high, 0);
    std::vector<std::pair<int, double>> terms = {{sum, -1}};
    for (const Place& finest : Finest(place)) terms.emplace_back(columns.at(finest), 1);
    program.AddRow(terms, 0, 0);
    return sum;
  }

  bool HasCounts(const TableFigure& figure) const {
    return measure_.unit() == Measure::COUNT ? figure.figure.has_value()
                                             : figure.figure.has_numerator();
  }

  // What is shown of a figure: of its count, and of the rest of a share. That what is
  // hidden is not zero is known too, but where a figure is hidden whatever it is.
  std::pair<Bounds, Bounds> Said(const Round& round, const Place& place) const {
    Bounds counts;
    Bounds rests;
    const auto found = round.shown.find(place);
    if (found == round.shown.end()) return {counts, rests};
    const DisclosedFigure& shown = found->second;
    if (shown.symbol == Observation::CONFIDENTIAL) {
      const bool is_known = HasCounts(round.figures.at(place));
      if (is_known && SumOf(round.truth.counts, Finest(place)) > 0) counts.low = 1;
    } else if (shown.symbol == Observation::NOT_APPLICABLE) {
      counts = rests = {0, 0};
    } else if (shown.symbol == Observation::NONE && measure_.unit() == Measure::COUNT) {
      const auto value = static_cast<int64_t>(*shown.value);
      const auto said = value == 0 ? domain::disclosure::Interval{0, 0}
                                   : domain::disclosure::ShownInterval(profile_.rule, value);
      counts = {static_cast<double>(said.low), static_cast<double>(said.high)};
    } else if (shown.symbol == Observation::NONE) {
      const double rest = *shown.denominator - *shown.numerator;
      counts = {*shown.numerator, *shown.numerator};
      rests = {rest, rest};
    }
    return {counts, rests};
  }

  // Columns for the finest counts of a release, and for all places that are sums of them.
  // `same` has columns of an earlier release for what is known not to have changed.
  Columns Read(const Round& round, const Columns& same, LinearProgram& program) const {
    Columns finest = same;
    for (const auto& [place, count] : round.truth.counts) {
      if (finest.counts.contains(place)) continue;
      finest.counts[place] = program.AddColumn(0, kLargest, 0);
      finest.rests[place] = program.AddColumn(0, kLargest, 0);
    }
    Columns all;
    for (const Place& place : AllPlaces()) {
      const auto [counts, rests] = Said(round, place);
      all.counts[place] = AddSum(finest.counts, place, counts, program);
      all.rests[place] = AddSum(finest.rests, place, rests, program);
    }
    return all;
  }

  // How far apart the lowest and the highest value of the column are.
  static double WidthOf(int column, LinearProgram& program) {
    program.SetCost(column, 1);
    EXPECT_EQ(program.Minimise(), LinearProgram::Outcome::kOptimal);
    const double low = program.ValueOf(column);
    program.SetCost(column, -1);
    EXPECT_EQ(program.Minimise(), LinearProgram::Outcome::kOptimal);
    const double high = program.ValueOf(column);
    program.SetCost(column, 0);
    return high - low;
  }

  // Expects that no small count, sent or not, and no small rest of a share is left fewer
  // values than the rule asks for. Returns how many there are.
  int Attack(const Round& round, const Columns& columns, LinearProgram& program) const {
    const auto needed = static_cast<double>(domain::disclosure::ValuesNeeded(profile_.rule) - 1);
    int targets = 0;
    const auto attack = [&](const Place& place, const std::map<Place, int64_t>& truth, int column) {
      const int64_t count = SumOf(truth, Finest(place));
      if (!domain::disclosure::IsSmall(profile_.rule, count)) return;
      ++targets;
      EXPECT_GE(WidthOf(column, program), needed - kTolerance)
          << count << " in " << place.area << " " << place.breakdown;
    };
    for (const Place& place : AllPlaces()) {
      attack(place, round.truth.counts, columns.counts.at(place));
      if (measure_.unit() == Measure::PERCENT) {
        attack(place, round.truth.rests, columns.rests.at(place));
      }
    }
    return targets;
  }

  // The finest counts that both releases have, and that did not change.
  Columns Unchanged(const Round& first, const Round& second, const Columns& columns) const {
    Columns same;
    for (const auto& [place, count] : first.truth.counts) {
      const auto before = first.figures.find(place);
      const auto after = second.figures.find(place);
      if (before == first.figures.end() || after == second.figures.end() ||
          !HasCounts(before->second) || !HasCounts(after->second) ||
          second.truth.counts.at(place) != count) {
        continue;
      }
      same.counts[place] = columns.counts.at(place);
      same.rests[place] = columns.rests.at(place);
    }
    return same;
  }

  struct Tally {
    // Small counts that were attacked.
    int targets = 0;
    // Runs of which a release was refused, since what was released before, or what agencies
    // hold together, leaves no way to protect it.
    int refused = 0;
  };

  void AttackOnce(uint64_t seed, Tally& tally) {
    std::mt19937_64 random(seed);
    several_agencies_ = seed % 2 == 0;
    const auto first = Release(RandomTruth(random), random, std::nullopt);
    if (!first.has_value()) {
      ++tally.refused;
      return;
    }
    LinearProgram alone;
    tally.targets += Attack(*first, Read(*first, {}, alone), alone);

    const auto second = Release(Revised(first->truth, random), random, first);
    if (!second.has_value()) {
      ++tally.refused;
      return;
    }
    LinearProgram both;
    const Columns before = Read(*first, {}, both);
    const Columns after = Read(*second, Unchanged(*first, *second, before), both);
    tally.targets += Attack(*first, before, both);
    tally.targets += Attack(*second, after, both);
  }

  void AttackMany() {
    const int runs = std::getenv("CONCORDAT_LONG") != nullptr ? 2000 : 200;
    Tally tally;
    for (int run = 1; run <= runs; ++run) {
      SCOPED_TRACE(run);
      AttackOnce(static_cast<uint64_t>(run), tally);
      if (HasFailure()) return;
    }
    EXPECT_GE(tally.targets, 10 * runs);
    EXPECT_LE(tally.refused, runs / 3);
  }

  Measure measure_;
  ReleaseProfile profile_{domain::disclosure::kDfeChildren, v1::DFE_CHILDREN};
  AreaChildren children_;
  bool several_agencies_ = false;
};

TEST_F(ReleaseAttackTest, NoSmallCountIsDerivableFromWhatIsShownWhateverWasNotSent) {
  measure_.set_unit(Measure::COUNT);
  measure_.mutable_additivity()->set_over_area(true);
  measure_.mutable_additivity()->set_over_category(true);
  AttackMany();
}

TEST_F(ReleaseAttackTest, NoSmallCountIsDerivableFromRoundedCountsWhateverWasNotSent) {
  profile_ = {domain::disclosure::kNhsHospital, v1::NHS_HOSPITAL};
  measure_.set_unit(Measure::COUNT);
  measure_.mutable_additivity()->set_over_area(true);
  measure_.mutable_additivity()->set_over_category(true);
  AttackMany();
}

TEST_F(ReleaseAttackTest, NoSmallCountOfAShareIsDerivableFromWhatIsShownWhateverWasNotSent) {
  measure_.set_unit(Measure::PERCENT);
  measure_.set_decimal_places(1);
  AttackMany();
}

}  // namespace
}  // namespace concordat::services
