// Attacks what releases show by what they show alone, of what one agency sent, or several. The
// attacker is the public, or all agencies but one, which know what they sent themselves. It
// knows the areas and the categories, that every figure is a sum of the finest ones, whether
// somebody sent them or not, and which of those that were sent have not changed: nothing of how
// the releases were protected. 200 runs of three releases of each kind, 2,000 with
// CONCORDAT_LONG.
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
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "server/domain/disclosure/linear_program.h"
#include "server/domain/disclosure/random_table.h"
#include "server/domain/disclosure/release.h"
#include "server/domain/submission.h"
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
constexpr int kReleases = 3;
// The smallest population that a ratio is of, where it is public.
constexpr int64_t kPopulation = 1000;

// A police area of a unitary and a county with three districts, by three categories. Of
// the finest counts everything else is the sum.
class ReleaseAttackTest : public ::testing::Test {
 protected:
  ReleaseAttackTest() {
    measure_.set_name("measures/m");
    AddDimension("category", {"Neglect", "Physical", "Not known"});
    children_["areas/county"] = {"areas/east", "areas/north", "areas/west"};
    children_["areas/police"] = {"areas/county", "areas/unitary"};
  }

  void AddDimension(const std::string& name, const std::vector<std::string>& items) {
    Measure::Dimension& dimension = *measure_.add_dimensions();
    dimension.set_name(name);
    for (const std::string& item : items) dimension.add_items(item);
  }

  struct Place {
    std::string area;
    // None, an item, or one of every dimension with `&` between them.
    std::string breakdown;

    friend auto operator<=>(const Place&, const Place&) = default;
  };

  std::vector<Place> Finest(const Place& place) const {
    std::vector<Place> finest;
    if (const auto children = children_.find(place.area); children != children_.end()) {
      for (const std::string& child : children->second) {
        for (Place& below : Finest({child, place.breakdown})) finest.push_back(std::move(below));
      }
    } else {
      for (const std::string& breakdown : Crossed(0)) {
        const std::vector<std::string> items = absl::StrSplit(breakdown, '&');
        if (place.breakdown.empty() || place.breakdown == breakdown ||
            absl::c_linear_search(items, place.breakdown)) {
          finest.push_back({place.area, breakdown});
        }
      }
    }
    return finest;
  }

  std::vector<std::string> ItemsOf(int dimension) const {
    const Measure::Dimension& from = measure_.dimensions(dimension);
    std::vector<std::string> items;
    for (const std::string& item : from.items()) {
      items.push_back(absl::StrCat(from.name(), "=", item));
    }
    return items;
  }

  // Items of the dimension and all that follow it.
  std::vector<std::string> Crossed(int dimension) const {
    if (dimension + 1 == measure_.dimensions_size()) return ItemsOf(dimension);
    std::vector<std::string> crossed;
    for (const std::string& item : ItemsOf(dimension)) {
      for (const std::string& others : Crossed(dimension + 1)) {
        crossed.push_back(absl::StrCat(item, "&", others));
      }
    }
    return crossed;
  }

  std::vector<Place> AllPlaces() const {
    std::vector<std::string> breakdowns = {""};
    for (int i = 0; i < measure_.dimensions_size(); ++i) {
      for (std::string& item : ItemsOf(i)) breakdowns.push_back(std::move(item));
    }
    std::vector<Place> places;
    for (const char* area : {"areas/police", "areas/unitary", "areas/county", "areas/east",
                             "areas/north", "areas/west"}) {
      for (const std::string& breakdown : breakdowns) places.push_back({area, breakdown});
    }
    return places;
  }

  // The finest counts. Of ratios they are the numerators, and `rests` what the denominators
  // have beyond them; of averages the number of cases.
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
    for (const Place& place : Finest({"areas/police", ""})) {
      truth.counts[place] = RandomCount(random);
      truth.rests[place] = RandomCount(random);
      if (HasResidents()) truth.rests[place] += kPopulation;
      // A small part of few people is for nobody to protect.
      if (is_of_few_ && truth.counts[place] > 0 && Below(8, random) > 0) {
        truth.rests[place] += profile_.rule.minimum_shown;
      }
    }
    return truth;
  }

  // One in eight counts is another, and one in three populations.
  Truth Revised(Truth truth, std::mt19937_64& random) const {
    for (auto& [place, count] : truth.counts) {
      if (Below(8, random) == 0) count = Below(2, random) == 0 ? RandomCount(random) : count + 1;
      if (HasPopulation() && Below(3, random) == 0) truth.rests[place] += RandomCount(random);
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

  bool IsRatio() const { return domain::IsMadeOfParts(measure_); }

  // Everybody knows what the ratios are of.
  bool HasPopulation() const { return measure_.denominator_public(); }

  // They are many, and known where no figure is.
  bool HasResidents() const { return HasPopulation() && !is_of_few_; }

  // Three in four places have a figure; half of the others a row that says that it is not
  // available. Some send a ratio or an average alone.
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
      } else if (whole == 0 || (count == 0 && !IsRatio())) {
        figure.figure.set_symbol(Observation::NOT_APPLICABLE);
      } else if (!IsRatio()) {
        figure.figure.set_value(static_cast<double>(Below(400, random)) / 10);
        if (chance != 2) figure.figure.set_denominator(count);
      } else {
        figure.figure.set_value((measure_.unit() == Measure::RATE ? 1000 : 100) * count / whole);
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

  // A release after `earlier`; nothing where it is refused.
  std::optional<Round> Release(Truth truth, std::mt19937_64& random,
                               const std::vector<Round>& earlier) const {
    ReleaseBlock block;
    block.measure = std::make_shared<const Measure>(measure_);
    block.profile = profile_;
    block.figures = RandomFigures(truth, random);
    for (TableFigure& figure : block.figures) {
      figure.revision = static_cast<int64_t>(earlier.size()) + 1;
    }
    for (const Round& round : earlier) {
      EarlierRelease& before = block.earlier.emplace_back(EarlierRelease{profile_.rule, {}});
      for (const auto& [place, figure] : round.figures) {
        const Observation::Symbol symbol = round.shown.at(place).symbol;
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

  // Who attacks, and with what.
  struct Attacker {
    // Everybody but this agency, against what it sent; empty for the public, against all.
    std::string but;
    // Knows what its agencies sent, and of the others' which counts are zero, and nothing else
    // of any release.
    bool has_no_release = false;
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
    if (measure_.unit() == Measure::COUNT) return figure.figure.has_value();
    return IsRatio() ? figure.figure.has_numerator() : figure.figure.has_denominator();
  }

  // The counts that a shown one may be of.
  Bounds BoundsOf(double shown) const {
    if (shown == 0) return {0, 0};
    const auto said = domain::disclosure::ShownInterval(profile_.rule, static_cast<int64_t>(shown));
    return {static_cast<double>(said.low), static_cast<double>(said.high)};
  }

  // What the attacker knows of a figure: of its count, and of the rest of a ratio. Whether a
  // count is zero is known of every one, but where a figure is hidden whatever it is.
  std::pair<Bounds, Bounds> Known(const Attacker& attacker, const Round& round,
                                  const Place& place) const {
    Bounds counts;
    Bounds rests;
    const auto found = round.shown.find(place);
    if (found == round.shown.end()) return {counts, rests};
    const DisclosedFigure& shown = found->second;
    const TableFigure& figure = round.figures.at(place);
    const auto count = static_cast<double>(SumOf(round.truth.counts, Finest(place)));
    const auto rest = static_cast<double>(SumOf(round.truth.rests, Finest(place)));
    const bool is_held = !attacker.but.empty() && figure.holders[0] != attacker.but;
    if (shown.symbol == Observation::NOT_APPLICABLE || (HasCounts(figure) && is_held)) {
      counts = {count, count};
      rests = {rest, rest};
    } else if (attacker.has_no_release || shown.symbol == Observation::CONFIDENTIAL) {
      if (HasCounts(figure)) counts = count == 0 ? Bounds{0, 0} : Bounds{1, kLargest};
      if (HasCounts(figure)) rests = rest == 0 ? Bounds{0, 0} : Bounds{1, kLargest};
    } else if (shown.symbol == Observation::NONE && measure_.unit() == Measure::COUNT) {
      counts = BoundsOf(*shown.value);
    } else if (shown.symbol == Observation::NONE && !IsRatio()) {
      counts = BoundsOf(*shown.denominator);
    } else if (shown.symbol == Observation::NONE) {
      counts = {*shown.numerator, *shown.numerator};
      rests = {*shown.denominator - *shown.numerator, *shown.denominator - *shown.numerator};
    }
    if (!IsRatio()) rests = Bounds();
    return {counts, rests};
  }

  // Whether both releases have counts of the place, and these are the same.
  bool IsUnchanged(const Round& first, const Round& second, const Place& place) const {
    const auto before = first.figures.find(place);
    const auto after = second.figures.find(place);
    if (before == first.figures.end() || after == second.figures.end()) return false;
    const std::vector<Place> finest = Finest(place);
    return HasCounts(before->second) && HasCounts(after->second) &&
           SumOf(first.truth.counts, finest) == SumOf(second.truth.counts, finest) &&
           (!IsRatio() || HasPopulation() ||
            SumOf(first.truth.rests, finest) == SumOf(second.truth.rests, finest));
  }

  // Columns for all places of each release, which are sums of the finest ones. What is known
  // not to have changed is equal.
  std::vector<Columns> Read(const Attacker& attacker, const std::vector<Round>& rounds,
                            LinearProgram& program) const {
    std::vector<Columns> all;
    for (size_t i = 0; i < rounds.size(); ++i) {
      Columns finest;
      for (const auto& [place, count] : rounds[i].truth.counts) {
        finest.counts[place] = program.AddColumn(0, kLargest, 0);
        finest.rests[place] = program.AddColumn(0, kLargest, 0);
      }
      Columns& columns = all.emplace_back();
      for (const Place& place : AllPlaces()) {
        const auto [counts, rests] = Known(attacker, rounds[i], place);
        columns.counts[place] = AddSum(finest.counts, place, counts, program);
        columns.rests[place] = AddSum(finest.rests, place, rests, program);
        const auto sent = rounds[i].figures.find(place);
        const bool is_sent = sent != rounds[i].figures.end() && HasCounts(sent->second);
        if (HasPopulation() && (HasResidents() || is_sent)) {
          const auto population = static_cast<double>(SumOf(rounds[i].truth.counts, Finest(place)) +
                                                      SumOf(rounds[i].truth.rests, Finest(place)));
          program.AddRow({{columns.counts[place], 1}, {columns.rests[place], 1}}, population,
                         population);
        }
        for (size_t k = 0; k < i; ++k) {
          if (!IsUnchanged(rounds[k], rounds[i], place)) continue;
          program.AddRow({{columns.counts[place], 1}, {all[k].counts[place], -1}}, 0, 0);
          if (!IsRatio() || HasPopulation()) continue;
          program.AddRow({{columns.rests[place], 1}, {all[k].rests[place], -1}}, 0, 0);
        }
      }
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

  // What the attacker is kept from: small counts, sent or not, and small rests of ratios, in
  // words; and how far apart their lowest and highest values are to it.
  std::map<std::string, double> WidthsOf(const Attacker& attacker,
                                         const std::vector<Round>& rounds) const {
    LinearProgram program;
    const std::vector<Columns> columns = Read(attacker, rounds, program);
    std::map<std::string, double> widths;
    for (size_t i = 0; i < rounds.size(); ++i) {
      for (const Place& place : AllPlaces()) {
        const auto figure = rounds[i].figures.find(place);
        const bool is_sent = figure != rounds[i].figures.end() && HasCounts(figure->second);
        const bool is_others = !is_sent || figure->second.holders[0] != attacker.but;
        if (!attacker.but.empty() && is_others) continue;
        const auto add = [&](absl::string_view what, const std::map<Place, int64_t>& truth,
                             int column) {
          const int64_t count = SumOf(truth, Finest(place));
          if (!domain::disclosure::IsSmall(profile_.rule, count)) return;
          widths[absl::StrCat("release ", i + 1, ", ", what, " ", count, " of ", place.area, " ",
                              place.breakdown)] = WidthOf(column, program);
        };
        add("count", rounds[i].truth.counts, columns[i].counts.at(place));
        if (IsRatio()) add("rest", rounds[i].truth.rests, columns[i].rests.at(place));
      }
    }
    return widths;
  }

  struct Tally {
    // Small counts that were attacked.
    int targets = 0;
    // Runs of which a release was refused, since what was released before, or what agencies
    // hold together, leaves no way to protect it.
    int refused = 0;
  };

  // Expects that what is small is left as many values as the rule asks for, but where
  // agencies know better by what they sent themselves, or everybody by the population.
  void Attack(const std::string& but, const std::vector<Round>& rounds, Tally& tally) const {
    const auto needed =
        static_cast<double>(domain::disclosure::ValuesNeeded(profile_.rule) - 1) - kTolerance;
    std::map<std::string, double> own;
    const bool has_own = !but.empty() || HasPopulation();
    if (has_own) own = WidthsOf({but, /*has_no_release=*/true}, rounds);
    for (const auto& [what, width] : WidthsOf({but}, rounds)) {
      if (has_own && own.at(what) < needed) continue;
      ++tally.targets;
      EXPECT_GE(width, needed) << what << ", to all but " << but;
    }
  }

  void AttackOnce(uint64_t seed, Tally& tally) {
    std::mt19937_64 random(seed);
    several_agencies_ = seed % 2 == 0;
    std::vector<Round> rounds;
    Truth truth = RandomTruth(random);
    for (int i = 0; i < kReleases; ++i) {
      std::optional<Round> round = Release(truth, random, rounds);
      if (!round.has_value()) {
        ++tally.refused;
        break;
      }
      truth = Revised(round->truth, random);
      rounds.push_back(*std::move(round));
    }
    Attack("", rounds, tally);
    if (!several_agencies_) return;
    for (const char* agency : {"areas/police", "areas/unitary", "areas/county"}) {
      Attack(agency, rounds, tally);
    }
  }

  void AttackMany() {
    const int runs = std::getenv("CONCORDAT_LONG") != nullptr ? 2000 : 200;
    Tally tally;
    for (int run = 1; run <= runs; ++run) {
      SCOPED_TRACE(run);
      AttackOnce(static_cast<uint64_t>(run), tally);
      if (HasFailure()) return;
    }
    // What is left of a population is never small.
    EXPECT_GE(tally.targets, (HasPopulation() ? 8 : 10) * runs);
    // Few people leave little to hide among.
    EXPECT_LE(tally.refused, is_of_few_ ? runs / 2 : runs / 3);
  }

  Measure measure_;
  ReleaseProfile profile_{domain::disclosure::kDfeChildren, v1::DFE_CHILDREN};
  AreaChildren children_;
  bool several_agencies_ = false;
  // The population is small, and is known where a figure is.
  bool is_of_few_ = false;
};

TEST_F(ReleaseAttackTest, NoSmallCountIsDerivableFromWhatIsShownWhateverWasNotSent) {
  measure_.set_unit(Measure::COUNT);
  measure_.mutable_additivity()->set_over_area(true);
  measure_.mutable_additivity()->set_over_category(true);
  AttackMany();
}

// The finest counts are by both, and no release has them.
TEST_F(ReleaseAttackTest, NoSmallCountIsDerivableFromTwoBreakdownsWhateverWasNotSent) {
  AddDimension("age", {"Under 5", "5 and over"});
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

TEST_F(ReleaseAttackTest, NoSmallCountOfARateIsDerivableFromWhatIsShownWhateverWasNotSent) {
  measure_.set_unit(Measure::RATE);
  measure_.set_rate_per(1000);
  measure_.set_decimal_places(1);
  AttackMany();
}

TEST_F(ReleaseAttackTest, NoSmallNumberOfCasesIsDerivableFromWhatIsShownWhateverWasNotSent) {
  measure_.set_unit(Measure::DAYS);
  measure_.set_decimal_places(1);
  AttackMany();
}

TEST_F(ReleaseAttackTest, NoSmallCountOfAPopulationIsDerivableThoughThePopulationIsRevised) {
  measure_.set_unit(Measure::PERCENT);
  measure_.set_decimal_places(1);
  measure_.set_denominator_public(true);
  AttackMany();
}

TEST_F(ReleaseAttackTest, NoSmallCountOfASmallPopulationIsDerivableThoughThePopulationIsRevised) {
  measure_.set_unit(Measure::PERCENT);
  measure_.set_decimal_places(1);
  measure_.set_denominator_public(true);
  is_of_few_ = true;
  AttackMany();
}

TEST_F(ReleaseAttackTest, NoSmallCountOfARateOfAPopulationIsDerivableThoughThatIsRevised) {
  measure_.set_unit(Measure::RATE);
  measure_.set_rate_per(1000);
  measure_.set_decimal_places(1);
  measure_.set_denominator_public(true);
  AttackMany();
}

}  // namespace
}  // namespace concordat::services
