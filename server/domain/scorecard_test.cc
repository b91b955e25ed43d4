#include "server/domain/scorecard.h"

#include <limits>
#include <optional>
#include <vector>

#include "base/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::domain {
namespace {

using v1::Measure;
using v1::Scorecard;

Measure Judged(Measure::Polarity polarity, std::optional<double> target = std::nullopt,
               double tolerance = 0, int places = 1) {
  Measure measure;
  measure.set_polarity(polarity);
  measure.set_decimal_places(places);
  if (target.has_value()) measure.set_target(*target);
  measure.set_tolerance(tolerance);
  return measure;
}

TEST(ScorecardBandTest, TargetAndTheToleranceSEndBelongToTheBetterBand) {
  const Measure high = Judged(Measure::HIGH_GOOD, 90, 5);
  EXPECT_EQ(BandOf(high, 90), Scorecard::ON_TRACK);
  EXPECT_EQ(BandOf(high, 89.9), Scorecard::SLIGHTLY_BELOW);
  EXPECT_EQ(BandOf(high, 85), Scorecard::SLIGHTLY_BELOW);
  EXPECT_EQ(BandOf(high, 84.9), Scorecard::REQUIRES_IMPROVEMENT);
  const Measure low = Judged(Measure::LOW_GOOD, 20, 2);
  EXPECT_EQ(BandOf(low, 20), Scorecard::ON_TRACK);
  EXPECT_EQ(BandOf(low, 22), Scorecard::SLIGHTLY_BELOW);
  EXPECT_EQ(BandOf(low, 22.1), Scorecard::REQUIRES_IMPROVEMENT);
}

TEST(ScorecardBandTest, IsDecidedByWhatIsPrinted) {
  EXPECT_EQ(BandOf(Judged(Measure::HIGH_GOOD, 90, 0), 89.96), Scorecard::ON_TRACK);
  EXPECT_EQ(BandOf(Judged(Measure::HIGH_GOOD, 90, 0), 89.94), Scorecard::REQUIRES_IMPROVEMENT);
  // 0.3 is not 0.1 + 0.2 in binary digits.
  EXPECT_EQ(BandOf(Judged(Measure::LOW_GOOD, 0.1, 0.2), 0.3), Scorecard::SLIGHTLY_BELOW);
}

TEST(ScorecardBandTest, NeutralMeasuresAndThoseWithoutTargetHaveNone) {
  EXPECT_EQ(BandOf(Judged(Measure::NEUTRAL, 90, 5), 1), Scorecard::NO_TARGET);
  EXPECT_EQ(BandOf(Judged(Measure::HIGH_GOOD), 1), Scorecard::NO_TARGET);
  EXPECT_EQ(BandOf(Judged(Measure::HIGH_GOOD, 90, 5), std::nullopt), Scorecard::BAND_UNSPECIFIED);
}

TEST(ScorecardTravelTest, GoesByPolarityAndByWhatIsPrinted) {
  EXPECT_EQ(TravelOf(Judged(Measure::HIGH_GOOD), 1, 2), Scorecard::IMPROVED);
  EXPECT_EQ(TravelOf(Judged(Measure::LOW_GOOD), 1, 2), Scorecard::WORSENED);
  EXPECT_EQ(TravelOf(Judged(Measure::LOW_GOOD), 2, 1), Scorecard::IMPROVED);
  EXPECT_EQ(TravelOf(Judged(Measure::NEUTRAL), 1, 2), Scorecard::ROSE);
  EXPECT_EQ(TravelOf(Judged(Measure::NEUTRAL), 2, 1), Scorecard::FELL);
  EXPECT_EQ(TravelOf(Judged(Measure::HIGH_GOOD), 1.01, 1.04), Scorecard::UNCHANGED);
}

TEST(ScorecardTravelTest, NeedsBothFigures) {
  EXPECT_EQ(TravelOf(Judged(Measure::HIGH_GOOD), std::nullopt, 2), Scorecard::TRAVEL_UNSPECIFIED);
  EXPECT_EQ(TravelOf(Judged(Measure::HIGH_GOOD), 2, std::nullopt), Scorecard::TRAVEL_UNSPECIFIED);
}

v1::Period PeriodOf(v1::Period::Kind kind, absl::CivilDay start, absl::CivilDay end) {
  v1::Period period;
  period.set_kind(kind);
  *period.mutable_start() = ToDate(start);
  *period.mutable_end() = ToDate(end);
  return period;
}

TEST(ScorecardTravelTest, ComparesNeighboursOfTheCalendar) {
  const auto year = [](int first) {
    return PeriodOf(v1::Period::FINANCIAL_YEAR, absl::CivilDay(first, 4, 1),
                    absl::CivilDay(first + 1, 3, 31));
  };
  EXPECT_TRUE(AreComparable(year(2016), year(2017)));
  EXPECT_FALSE(AreComparable(year(2015), year(2017)));
  v1::Period to_date = year(2017);
  *to_date.mutable_start() = ToDate(absl::CivilDay(2016, 4, 1));
  EXPECT_FALSE(AreComparable(year(2016), to_date));
}

TEST(ScorecardTravelTest, ComparesRollingYearsAndNoRunningTotals) {
  const auto span = [](absl::CivilDay start, absl::CivilDay end) {
    return PeriodOf(v1::Period::OTHER_SPAN, start, end);
  };
  const absl::CivilDay start(2016, 7, 1);
  EXPECT_TRUE(AreComparable(span(start, absl::CivilDay(2017, 6, 30)),
                            span(absl::CivilDay(2016, 10, 1), absl::CivilDay(2017, 9, 30))));
  EXPECT_FALSE(AreComparable(span(start, absl::CivilDay(2018, 1, 31)),
                             span(start, absl::CivilDay(2018, 4, 30))));
  EXPECT_TRUE(AreComparable(PeriodOf(v1::Period::SNAPSHOT, start, start),
                            PeriodOf(v1::Period::SNAPSHOT, start + 90, start + 90)));
}

TEST(ScorecardPlaceTest, WhoIsAloneHasNone) {
  EXPECT_EQ(PlacesOf(Judged(Measure::HIGH_GOOD), {1.0, std::nullopt})[0].rank, 0);
}

TEST(ScorecardPlaceTest, EqualOnesShareTheSmallerNumber) {
  const std::vector<Place> places =
      PlacesOf(Judged(Measure::LOW_GOOD), {3.0, 1.0, std::nullopt, 3.0, 2.0, 9.0});
  std::vector<int> ranks;
  for (const Place& place : places) ranks.push_back(place.rank);
  EXPECT_THAT(ranks, ::testing::ElementsAre(3, 1, 0, 3, 2, 5));
  EXPECT_EQ(places[0].ranked, 5);
}

TEST(ScorecardPlaceTest, AQuartileIncludesItsUpperBound) {
  std::vector<std::optional<double>> values;
  for (int i = 1; i <= 8; ++i) values.emplace_back(i);
  std::string quartiles;
  for (const Place& place : PlacesOf(Judged(Measure::LOW_GOOD), values))
    quartiles += place.quartile;
  EXPECT_EQ(quartiles, "AABBCCDD");
  quartiles.clear();
  values.resize(5);
  for (const Place& place : PlacesOf(Judged(Measure::HIGH_GOOD), values))
    quartiles += place.quartile;
  EXPECT_EQ(quartiles, "DDCBA");
  values.resize(3);
  EXPECT_EQ(PlacesOf(Judged(Measure::HIGH_GOOD), values)[0].quartile, "");
}

TEST(ScorecardPlaceTest, NobodyHasOneWhereNeitherWayIsGood) {
  EXPECT_EQ(PlacesOf(Judged(Measure::NEUTRAL), {1.0, 2.0})[0].rank, 0);
}

TEST(ScorecardValueTest, ASymbolWinsOverTheValueBesideIt) {
  v1::Observation figure;
  EXPECT_EQ(ShownValue(figure), std::nullopt);
  figure.set_value(4);
  EXPECT_EQ(ShownValue(figure), 4.0);
  figure.set_symbol(v1::Observation::CONFIDENTIAL);
  EXPECT_EQ(ShownValue(figure), std::nullopt);
  figure.clear_symbol();
  figure.set_value(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(ShownValue(figure), std::nullopt);
}

TEST(ScorecardValueTest, HalvesAreRoundedUpNotToEven) {
  const Measure whole = Judged(Measure::HIGH_GOOD, std::nullopt, 0, 0);
  EXPECT_EQ(AsPrinted(whole, 2.5), 3);
  EXPECT_EQ(AsPrinted(whole, 0.5), 1);
  // 1.005 is a little less than itself in binary digits.
  EXPECT_EQ(AsPrinted(Judged(Measure::HIGH_GOOD, std::nullopt, 0, 2), 1.005), 1.01);
}

}  // namespace
}  // namespace concordat::domain
