// The rules of submitted figures, one by one and as a whole.
#include "server/domain/submission.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/domain/submission_state.h"

namespace concordat::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using v1::Measure;
using v1::Observation;
using v1::SubmittedObservation;

constexpr char kPolice[] = "agencies/police";
const absl::CivilDay kToday(2018, 12, 1);

v1::Period Quarter(int year, int month) {
  v1::Period period;
  period.set_kind(v1::Period::FINANCIAL_QUARTER);
  *period.mutable_start() = ToDate(absl::CivilDay(year, month, 1));
  *period.mutable_end() = ToDate(absl::CivilDay(absl::CivilMonth(year, month) + 3) - 1);
  return period;
}

Measure MeasureOf(Measure::Unit unit) {
  Measure measure;
  measure.set_name("measures/m");
  measure.set_unit(unit);
  if (unit == Measure::RATE) measure.set_rate_per(10000);
  measure.set_decimal_places(1);
  measure.set_frequency(Measure::EACH_QUARTER);
  *measure.mutable_collected_from() = ToDate(absl::CivilDay(2018, 4, 1));
  Measure::Duty& duty = *measure.add_duties();
  duty.set_agency(kPolice);
  for (const char* area : {"areas/county", "areas/east", "areas/west"}) duty.add_areas(area);
  Measure::Dimension& dimension = *measure.add_dimensions();
  dimension.set_name("kind");
  dimension.add_items("Old");
  dimension.add_items("New");
  return measure;
}

SubmittedObservation Figure(int64_t row = 1) {
  SubmittedObservation figure;
  figure.set_row(row);
  figure.set_measure("measures/m");
  figure.set_area("areas/east");
  *figure.mutable_period() = Quarter(2018, 4);
  return figure;
}

SubmittedObservation Valued(double value) {
  SubmittedObservation figure = Figure();
  figure.set_value(value);
  return figure;
}

SubmittedObservation Share(double numerator, double denominator) {
  SubmittedObservation figure = Figure();
  figure.set_numerator(numerator);
  figure.set_denominator(denominator);
  return figure;
}

// `row column` of each problem.
std::vector<std::string> Places(const SubmissionProblems& problems) {
  std::vector<std::string> places;
  for (const v1::RowProblem& problem : problems.kept()) {
    places.push_back(absl::StrCat(problem.row(), " ", problem.column()));
  }
  return places;
}

// The columns that are wrong of a figure of `measure`.
std::vector<std::string> Check(Measure measure, SubmittedObservation figure,
                               const std::string& provider = kPolice) {
  SubmissionProblems problems;
  const bool right = MeasureRules(std::move(measure)).CheckRow(provider, kToday, figure, problems);
  EXPECT_EQ(right, problems.count() == 0);
  return Places(problems);
}
std::vector<std::string> Check(Measure::Unit unit, const SubmittedObservation& figure) {
  return Check(MeasureOf(unit), figure);
}

TEST(SubmittedRowTest, AWholeFigureOfTheProvidersDutyIsRight) {
  EXPECT_THAT(Check(Measure::COUNT, Valued(12)), IsEmpty());
}

TEST(SubmittedRowTest, AnotherAgencysMeasureAndAreaAreNamed) {
  EXPECT_THAT(Check(MeasureOf(Measure::COUNT), Valued(12), "agencies/trust"),
              ElementsAre("1 measure"));
  SubmittedObservation elsewhere = Valued(12);
  elsewhere.set_area("areas/north");
  EXPECT_THAT(Check(Measure::COUNT, elsewhere), ElementsAre("1 area"));
}

TEST(SubmittedRowTest, ThePeriodIsAWholeOneThatIsCollectedAndHasEnded) {
  SubmittedObservation figure = Valued(12);
  *figure.mutable_period()->mutable_end() = ToDate(absl::CivilDay(2018, 6, 29));
  EXPECT_THAT(Check(Measure::COUNT, figure), ElementsAre("1 period"));
  *figure.mutable_period() = Quarter(2018, 1);
  EXPECT_THAT(Check(Measure::COUNT, figure), ElementsAre("1 period")) << "before collected_from";
  *figure.mutable_period() = Quarter(2018, 10);
  EXPECT_THAT(Check(Measure::COUNT, figure), ElementsAre("1 period")) << "it runs";
  *figure.mutable_period() = Quarter(2018, 7);
  EXPECT_THAT(Check(Measure::COUNT, figure), IsEmpty());
}

TEST(SubmittedRowTest, WhyAPeriodIsNotTakenIsSaid) {
  const auto why = [](const Measure& measure, const v1::Period& period) {
    SubmittedObservation figure = Valued(12);
    *figure.mutable_period() = period;
    SubmissionProblems problems;
    MeasureRules(measure).CheckRow(kPolice, kToday, figure, problems);
    return problems.count() == 1 ? problems.kept()[0].description() : "";
  };
  Measure measure = MeasureOf(Measure::COUNT);
  v1::Period half = Quarter(2018, 4);
  *half.mutable_end() = ToDate(absl::CivilDay(2018, 5, 15));
  EXPECT_THAT(why(measure, half),
              HasSubstr("whose frequency is EACH_QUARTER; the one that holds its first day is "
                        "2018-04-01 to 2018-06-30, FINANCIAL_QUARTER"));
  EXPECT_THAT(why(measure, Quarter(2018, 1)), HasSubstr("before or after"));
  EXPECT_THAT(why(measure, Quarter(2018, 10)), HasSubstr("has not ended"));
  measure.clear_collected_from();
  EXPECT_THAT(why(measure, Quarter(2018, 4)), HasSubstr("no figures of this measure"));
}

TEST(SubmittedRowTest, ABreakdownIsOneOfTheMeasuresLetterByLetter) {
  SubmittedObservation figure = Valued(12);
  auto* breakdown = figure.add_breakdowns();
  breakdown->set_dimension("kind");
  breakdown->set_item("New");
  EXPECT_THAT(Check(Measure::COUNT, figure), IsEmpty());
  breakdown->set_item("new");
  EXPECT_THAT(Check(Measure::COUNT, figure), ElementsAre("1 breakdowns"));
  breakdown->set_dimension("age");
  EXPECT_THAT(Check(Measure::COUNT, figure), ElementsAre("1 breakdowns"));
}

TEST(SubmittedRowTest, ThereIsAValueOrASymbolAndNotBoth) {
  EXPECT_THAT(Check(Measure::COUNT, Figure()), ElementsAre("1 value"));
  SubmittedObservation figure = Figure();
  figure.set_symbol(Observation::NOT_AVAILABLE);
  EXPECT_THAT(Check(Measure::COUNT, figure), IsEmpty());
  figure.set_value(3);
  EXPECT_THAT(Check(Measure::COUNT, figure), ElementsAre("1 value"));
  figure.clear_value();
  figure.set_symbol(Observation::CONFIDENTIAL);
  EXPECT_THAT(Check(Measure::COUNT, figure), ElementsAre("1 symbol"));
}

TEST(SubmittedRowTest, ACountIsAWholeNumberThatIsNotNegative) {
  EXPECT_THAT(Check(Measure::COUNT, Valued(0)), IsEmpty());
  EXPECT_THAT(Check(Measure::COUNT, Valued(-1)), ElementsAre("1 value"));
  EXPECT_THAT(Check(Measure::COUNT, Valued(1.5)), ElementsAre("1 value"));
  SubmittedObservation parts = Valued(1);
  parts.set_numerator(1);
  parts.set_denominator(2);
  EXPECT_THAT(Check(Measure::COUNT, parts), ElementsAre("1 numerator", "1 denominator"));
  EXPECT_THAT(Check(Measure::PERCENTAGE_POINTS, Valued(-1.5)), IsEmpty());
}

TEST(SubmittedRowTest, AnAverageSaysOfHowManyCasesItIsWhereSmallNumbersAreHidden) {
  for (const Measure::Unit unit : {Measure::DAYS, Measure::NUMBER, Measure::MONTHS,
                                   Measure::PERCENTAGE_POINTS, Measure::POUNDS}) {
    Measure measure = MeasureOf(unit);
    SubmittedObservation figure = Valued(1.5);
    EXPECT_THAT(Check(measure, figure), IsEmpty()) << "all is public";
    measure.set_disclosure_minimum(6);
    EXPECT_THAT(Check(measure, figure), ElementsAre("1 denominator"));
    figure.set_denominator(0);
    EXPECT_THAT(Check(measure, figure), ElementsAre("1 denominator"));
    figure.set_denominator(2.5);
    EXPECT_THAT(Check(measure, figure), ElementsAre("1 denominator"));
    figure.set_denominator(4);
    EXPECT_THAT(Check(measure, figure), IsEmpty());
    figure.set_numerator(6);
    EXPECT_THAT(Check(measure, figure), ElementsAre("1 numerator"));
    figure = Figure();
    figure.set_denominator(4);
    EXPECT_THAT(Check(measure, figure), ElementsAre("1 value"));
    figure.clear_denominator();
    figure.set_symbol(Observation::NOT_APPLICABLE);
    EXPECT_THAT(Check(measure, figure), IsEmpty()) << "over no cases";
    measure.set_denominator_public(true);
    EXPECT_THAT(Check(measure, Valued(1.5)), IsEmpty());
  }
}

TEST(SubmittedRowTest, ACountIsNotMoreThanCanBeProtectedNorAValueThanIsHeldExactly) {
  EXPECT_THAT(Check(Measure::COUNT, Valued(100'000'000)), IsEmpty());
  EXPECT_THAT(Check(Measure::COUNT, Valued(100'000'001)), ElementsAre("1 value"));
  EXPECT_THAT(Check(Measure::RATE, Share(100'000'000, 100'000'000)), IsEmpty());
  EXPECT_THAT(Check(Measure::RATE, Share(100'000'001, 5)), ElementsAre("1 numerator"));
  EXPECT_THAT(Check(Measure::PERCENT, Share(5, 100'000'001)), ElementsAre("1 denominator"));
  const double exact = 9007199254740991;
  EXPECT_THAT(Check(Measure::PERCENTAGE_POINTS, Valued(-exact)), IsEmpty());
  EXPECT_THAT(Check(Measure::PERCENTAGE_POINTS, Valued(exact + 1)), ElementsAre("1 value"));
  EXPECT_THAT(Check(Measure::DAYS, Valued(exact + 1)), ElementsAre("1 value"));
}

TEST(SubmittedRowTest, WhatAShareIsMadeOfIsCountedWhereSmallNumbersAreHidden) {
  Measure measure = MeasureOf(Measure::PERCENT);
  EXPECT_THAT(Check(measure, Share(1.5, 3)), IsEmpty()) << "all is public";
  measure.set_disclosure_minimum(6);
  EXPECT_THAT(Check(measure, Share(1.5, 3)), ElementsAre("1 numerator"));
  EXPECT_THAT(Check(measure, Share(1, 2.5)), ElementsAre("1 denominator"));
  EXPECT_THAT(Check(measure, Share(1, 2)), IsEmpty());
}

TEST(SubmittedRowTest, AShareIsSentWithItsCountsWhereSmallNumbersAreHidden) {
  for (const Measure::Unit unit : {Measure::PERCENT, Measure::RATE}) {
    Measure measure = MeasureOf(unit);
    EXPECT_THAT(Check(measure, Valued(12.5)), IsEmpty()) << "all is public";
    measure.set_disclosure_minimum(6);
    EXPECT_THAT(Check(measure, Valued(12.5)), ElementsAre("1 numerator"));
    SubmittedObservation none = Figure();
    none.set_symbol(Observation::NOT_AVAILABLE);
    EXPECT_THAT(Check(measure, none), IsEmpty());
  }
}

TEST(SubmittedRowTest, AShareIsOfSomethingAndNotMoreThanAllOfIt) {
  EXPECT_THAT(Check(Measure::PERCENT, Share(5, 5)), IsEmpty());
  EXPECT_THAT(Check(Measure::PERCENT, Share(6, 5)), ElementsAre("1 numerator"));
  EXPECT_THAT(Check(Measure::PERCENT, Share(-1, 5)), ElementsAre("1 numerator"));
  EXPECT_THAT(Check(Measure::PERCENT, Share(0, 0)), ElementsAre("1 denominator"));
  SubmittedObservation half = Valued(50);
  half.set_numerator(5);
  EXPECT_THAT(Check(Measure::PERCENT, half), ElementsAre("1 denominator"));
  EXPECT_THAT(Check(Measure::RATE, Share(6, 5)), IsEmpty()) << "a rate may be of more";
  const double largest = std::numeric_limits<double>::max();
  EXPECT_THAT(Check(Measure::RATE, Share(largest, 0.5)), ElementsAre("1 numerator"));
}

TEST(SubmittedRowTest, AValueRecomputesToTheMeasuresDecimalPlaces) {
  SubmittedObservation figure = Share(1, 3);
  figure.set_value(33.3);
  EXPECT_THAT(Check(Measure::PERCENT, figure), IsEmpty());
  figure.set_value(33.333333);
  EXPECT_THAT(Check(Measure::PERCENT, figure), IsEmpty()) << "more places than are printed";
  figure.set_value(33.4);
  EXPECT_THAT(Check(Measure::PERCENT, figure), ElementsAre("1 value"));
  figure = Share(7, 12000);
  figure.set_value(5.8);
  EXPECT_THAT(Check(Measure::RATE, figure), IsEmpty());
}

TEST(SubmittedRowTest, AValueThatIsLeftOutIsComputedAndTheLabelDropped) {
  SubmittedObservation figure = Share(1, 3);
  figure.mutable_period()->set_label("first quarter");
  SubmissionProblems problems;
  EXPECT_TRUE(
      MeasureRules(MeasureOf(Measure::PERCENT)).CheckRow(kPolice, kToday, figure, problems));
  EXPECT_EQ(figure.value(), 33.3);
  EXPECT_EQ(figure.period().label(), "");
}

TEST(SubmissionProblemsTest, AreSentWithTheirRowsAndAllOfThemCounted) {
  SubmissionProblems problems;
  EXPECT_TRUE(problems.ToStatus().ok());
  problems.Add(0, "revision_reason", "is required");
  for (int row = 1; row <= 1500; ++row) problems.Add(row, "value", "must not be negative");
  EXPECT_EQ(problems.kept().size(), SubmissionProblems::kMostKept);
  EXPECT_EQ(problems.count(), 1501);
  const absl::Status status = problems.ToStatus();
  EXPECT_EQ(ReasonOf(status), v1::SUBMISSION_INVALID);
  EXPECT_THAT(std::string(status.message()), HasSubstr("1501 problems"));
  const auto bad_request = PayloadOf<google::rpc::BadRequest>(status);
  ASSERT_TRUE(bad_request.has_value());
  ASSERT_EQ(bad_request->field_violations_size(), 20);
  EXPECT_EQ(bad_request->field_violations(0).field(), "header.revision_reason");
  EXPECT_EQ(bad_request->field_violations(2).field(), "rows[2].value");
  const auto info = PayloadOf<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info->metadata().at("problems"), "1501");
}

TEST(SubmissionProblemsTest, AreKeptByTheirRowsHoweverTheyWereFound) {
  SubmissionProblems problems;
  for (int row = 2000; row > 0; --row) problems.Add(row, "value", "must not be negative");
  SubmissionProblems others;
  others.Add(7, "area", "is not one of the areas");
  others.Add(0, "revision_reason", "is required");
  problems.Add(others);
  ASSERT_EQ(problems.kept().size(), SubmissionProblems::kMostKept);
  EXPECT_EQ(problems.kept()[0].column(), "revision_reason");
  EXPECT_EQ(problems.kept()[7].row(), 7);
  EXPECT_EQ(problems.kept()[8].column(), "area");
  EXPECT_EQ(problems.kept().back().row(), 998);
  EXPECT_EQ(problems.count(), 2002);
}

// The figures of one measure together.
class MeasureStateTest : public ::testing::Test {
 public:
  MeasureStateTest() : measure_(MeasureOf(Measure::COUNT)) {
    measure_.mutable_additivity()->set_over_area(true);
    measure_.mutable_additivity()->set_over_category(true);
    measure_.set_jump_factor(3);
  }

  // Row 0 is what was there before.
  MeasureStateTest& Add(int64_t row, const std::string& area, double value,
                        const std::string& item = "", v1::Period period = Quarter(2018, 4)) {
    SubmittedObservation figure = Valued(value);
    figure.set_area("areas/" + area);
    *figure.mutable_period() = std::move(period);
    if (!item.empty()) {
      auto* breakdown = figure.add_breakdowns();
      breakdown->set_dimension("kind");
      breakdown->set_item(item);
    }
    figures_.emplace_back(row, figure);
    return *this;
  }
  std::vector<std::string> Problems() {
    Run();
    return Places(problems_);
  }
  std::vector<std::string> Jumps() {
    Run();
    return Places(jumps_);
  }

  Measure measure_;

 protected:
  void Run() {
    const AreaParents parents = {{"areas/east", "areas/county"}, {"areas/west", "areas/county"}};
    MeasureStateCheck check(measure_, std::string(kPolice), parents, problems_, jumps_);
    for (const auto& [row, figure] : figures_) check.Add(row, figure);
    check.End();
  }

  std::vector<std::pair<int64_t, SubmittedObservation>> figures_;
  SubmissionProblems problems_;
  SubmissionProblems jumps_;
};

TEST_F(MeasureStateTest, AreasThatAddUpAreRight) {
  EXPECT_THAT(Add(1, "county", 10).Add(2, "east", 4).Add(3, "west", 6).Problems(), IsEmpty());
}

TEST_F(MeasureStateTest, AreasThatDoNotAddUpAreNamedByTheTotal) {
  EXPECT_THAT(Add(1, "county", 11).Add(2, "east", 4).Add(3, "west", 6).Problems(),
              ElementsAre("1 value"));
}

TEST_F(MeasureStateTest, APartThatBreaksATotalOfEarlierIsNamedItself) {
  EXPECT_THAT(Add(0, "county", 10).Add(7, "east", 5).Add(0, "west", 6).Problems(),
              ElementsAre("7 value"));
}

TEST_F(MeasureStateTest, NothingIsSaidOfWhatAnotherAgencySent) {
  measure_.mutable_duties(0)->clear_areas();
  measure_.mutable_duties(0)->add_areas("areas/county");
  measure_.mutable_duties(0)->add_areas("areas/east");
  Measure::Duty& another = *measure_.add_duties();
  another.set_agency("agencies/another");
  another.add_areas("areas/west");
  EXPECT_THAT(Add(1, "county", 10).Add(2, "east", 4).Add(0, "west", 3).Problems(), IsEmpty());
}

TEST_F(MeasureStateTest, ATotalThatLacksAPartMayBeMoreThanTheRest) {
  EXPECT_THAT(Add(1, "county", 11).Add(2, "east", 11).Problems(), IsEmpty());
}

TEST_F(MeasureStateTest, ACountIsNotLessThanAPartOfItThoughAnotherLacks) {
  EXPECT_THAT(Add(1, "county", 11).Add(2, "east", 12).Problems(), ElementsAre("1 value"));
}

TEST_F(MeasureStateTest, AnItemIsNotMoreThanItsTotalThoughAnotherLacks) {
  EXPECT_THAT(Add(0, "east", 10).Add(3, "east", 11, "New").Problems(), ElementsAre("3 value"));
}

TEST_F(MeasureStateTest, WhatIsNoCountMayBeLessThanAPartOfIt) {
  measure_.set_unit(Measure::PERCENTAGE_POINTS);
  EXPECT_THAT(Add(1, "county", 11).Add(2, "east", 12).Problems(), IsEmpty());
}

TEST_F(MeasureStateTest, WhatWasWrongBeforeIsNotTheSubmissionsFault) {
  EXPECT_THAT(Add(0, "county", 11).Add(0, "east", 4).Add(0, "west", 6).Problems(), IsEmpty());
}

TEST_F(MeasureStateTest, ItemsAddUpToTheTotalWhereTheMeasureSaysSo) {
  Add(1, "east", 10).Add(2, "east", 4, "New").Add(3, "east", 7, "Old");
  EXPECT_THAT(Problems(), ElementsAre("1 value"));
}

TEST_F(MeasureStateTest, ItemsOfAMeasureThatIsNotAdditiveNeedNotAddUp) {
  measure_.mutable_additivity()->set_over_category(false);
  Add(1, "east", 10).Add(2, "east", 4, "New").Add(3, "east", 7, "Old");
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(MeasureStateTest, AreasAddUpWithinEachItem) {
  measure_.mutable_additivity()->set_over_category(false);
  Add(1, "county", 9, "New").Add(2, "east", 4, "New").Add(3, "west", 6, "New");
  EXPECT_THAT(Problems(), ElementsAre("1 value"));
}

TEST_F(MeasureStateTest, AJumpIsAgainstThePeriodBefore) {
  Add(0, "east", 10).Add(0, "west", 10);
  Add(1, "east", 31, "", Quarter(2018, 7)).Add(2, "west", 30, "", Quarter(2018, 7));
  EXPECT_THAT(Jumps(), ElementsAre("1 value"));
}

TEST_F(MeasureStateTest, AFallIsAJumpToo) {
  Add(0, "east", 10).Add(1, "east", 3, "", Quarter(2018, 7));
  EXPECT_THAT(Jumps(), ElementsAre("1 value"));
}

TEST_F(MeasureStateTest, ThereIsNoJumpFromNothingOverAGapOrWithoutAFactor) {
  Add(0, "east", 0).Add(1, "east", 31, "", Quarter(2018, 7));
  Add(2, "east", 1, "", Quarter(2019, 1));
  EXPECT_THAT(Jumps(), IsEmpty());
  measure_.set_jump_factor(0);
  Add(3, "east", 100, "", Quarter(2019, 4));
  EXPECT_THAT(Jumps(), IsEmpty());
}

}  // namespace
}  // namespace concordat::domain
