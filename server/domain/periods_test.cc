#include "server/domain/periods.h"

#include <string>
#include <utility>
#include <vector>

#include "base/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::domain {
namespace {

using Day = absl::CivilDay;
using Measure = v1::Measure;
using testing::ElementsAre;
using testing::IsEmpty;

Measure Collected(Measure::Frequency frequency, absl::CivilDay from) {
  Measure measure;
  measure.set_frequency(frequency);
  *measure.mutable_collected_from() = ToDate(from);
  return measure;
}

v1::Period Holding(const Measure& measure, absl::CivilDay day) {
  return PeriodHolding(measure, day).value_or(v1::Period());
}

// `2018-04-01..2018-06-30`.
std::string Days(const v1::Period& period) {
  return FormatDay(*ToCivilDay(period.start())) + ".." + FormatDay(*ToCivilDay(period.end()));
}

std::vector<std::string> Identifiers(const std::vector<v1::Period>& periods) {
  std::vector<std::string> identifiers;
  for (const v1::Period& period : periods) identifiers.push_back(PeriodIdentifier(period));
  return identifiers;
}

TEST(PeriodsTest, EachFrequencyDividesTheTimeInItsOwnKind) {
  struct Case {
    Measure::Frequency frequency;
    absl::CivilDay from;
    absl::CivilDay day;
    v1::Period::Kind kind;
    std::string days;
    std::string identifier;
  };
  const Day april(2018, 4, 1);
  const Day autumn(2018, 9, 1);
  for (const Case& c :
       std::vector<Case>{{Measure::EACH_MONTH, april, Day(2019, 2, 28), v1::Period::MONTH,
                          "2019-02-01..2019-02-28", "2019-02"},
                         {Measure::EACH_QUARTER, april, Day(2018, 4, 1),
                          v1::Period::FINANCIAL_QUARTER, "2018-04-01..2018-06-30", "2018-19-q1"},
                         {Measure::EACH_QUARTER, april, Day(2018, 9, 30),
                          v1::Period::FINANCIAL_QUARTER, "2018-07-01..2018-09-30", "2018-19-q2"},
                         {Measure::EACH_QUARTER, april, Day(2018, 12, 31),
                          v1::Period::FINANCIAL_QUARTER, "2018-10-01..2018-12-31", "2018-19-q3"},
                         {Measure::EACH_QUARTER, april, Day(2019, 1, 1),
                          v1::Period::FINANCIAL_QUARTER, "2019-01-01..2019-03-31", "2018-19-q4"},
                         {Measure::EACH_TERM, autumn, Day(2018, 12, 31), v1::Period::SCHOOL_TERM,
                          "2018-09-01..2018-12-31", "2018-19-autumn"},
                         {Measure::EACH_TERM, autumn, Day(2019, 3, 31), v1::Period::SCHOOL_TERM,
                          "2019-01-01..2019-03-31", "2018-19-spring"},
                         {Measure::EACH_TERM, autumn, Day(2019, 4, 1), v1::Period::SCHOOL_TERM,
                          "2019-04-01..2019-08-31", "2018-19-summer"},
                         {Measure::EACH_YEAR, april, Day(2019, 3, 31), v1::Period::FINANCIAL_YEAR,
                          "2018-04-01..2019-03-31", "2018-19"},
                         {Measure::EACH_YEAR, autumn, Day(2019, 8, 31), v1::Period::ACADEMIC_YEAR,
                          "2018-09-01..2019-08-31", "2018-19"},
                         {Measure::EACH_YEAR, Day(2018, 1, 1), Day(2018, 12, 31),
                          v1::Period::CALENDAR_YEAR, "2018-01-01..2018-12-31", "2018"},
                         {Measure::EACH_YEAR, Day(1999, 4, 1), Day(1999, 4, 1),
                          v1::Period::FINANCIAL_YEAR, "1999-04-01..2000-03-31", "1999-00"}}) {
    SCOPED_TRACE(c.identifier);
    const Measure measure = Collected(c.frequency, c.from);
    const v1::Period period = Holding(measure, c.day);
    EXPECT_EQ(period.kind(), c.kind);
    EXPECT_EQ(Days(period), c.days);
    EXPECT_EQ(PeriodIdentifier(period), c.identifier);
    const std::optional<v1::Period> back = PeriodFromIdentifier(measure, c.identifier);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(Days(*back), c.days);
  }
}

TEST(PeriodsTest, OnceIsTheWholeOfItsDays) {
  Measure measure = Collected(Measure::ONCE, Day(2018, 5, 1));
  EXPECT_FALSE(PeriodHolding(measure, Day(2018, 5, 1)).has_value());
  *measure.mutable_collected_until() = ToDate(Day(2018, 8, 15));
  const v1::Period span = Holding(measure, Day(2020, 1, 1));
  EXPECT_EQ(span.kind(), v1::Period::OTHER_SPAN);
  EXPECT_EQ(PeriodIdentifier(span), "2018-05-01-2018-08-15");
  EXPECT_THAT(Identifiers(EndedPeriods(measure, Day(2018, 8, 15))), IsEmpty());
  EXPECT_THAT(Identifiers(EndedPeriods(measure, Day(2020, 1, 1))),
              ElementsAre("2018-05-01-2018-08-15"));
  EXPECT_TRUE(PeriodFromIdentifier(measure, "2018-05-01-2018-08-15").has_value());

  *measure.mutable_collected_until() = ToDate(Day(2018, 5, 1));
  EXPECT_EQ(Holding(measure, Day(2018, 5, 1)).kind(), v1::Period::SNAPSHOT);
  EXPECT_THAT(Identifiers(EndedPeriods(measure, Day(2018, 5, 2))), ElementsAre("2018-05-01"));
}

TEST(PeriodsTest, PeriodsOfOneFrequencyFollowEachOtherWithoutGap) {
  for (const Measure::Frequency frequency :
       {Measure::EACH_MONTH, Measure::EACH_QUARTER, Measure::EACH_TERM, Measure::EACH_YEAR}) {
    const Measure measure = Collected(frequency, Day(2016, 9, 1));
    for (Day day(2016, 9, 1); day < Day(2021, 3, 1); ++day) {
      const v1::Period period = Holding(measure, day);
      ASSERT_LE(*ToCivilDay(period.start()), day);
      ASSERT_GE(*ToCivilDay(period.end()), day);
      const absl::CivilDay next = *ToCivilDay(period.end()) + 1;
      ASSERT_EQ(*ToCivilDay(Holding(measure, next).start()), next);
    }
  }
}

TEST(PeriodsTest, AWholePeriodHasTheKindAndBothDaysOfTheFrequency) {
  const Measure measure = Collected(Measure::EACH_QUARTER, Day(2018, 4, 1));
  v1::Period quarter = Holding(measure, Day(2018, 5, 1));
  EXPECT_TRUE(IsWholePeriod(measure, quarter));
  quarter.set_label("Q1");
  EXPECT_TRUE(IsWholePeriod(measure, quarter));

  v1::Period short_one = quarter;
  *short_one.mutable_end() = ToDate(Day(2018, 6, 29));
  EXPECT_FALSE(IsWholePeriod(measure, short_one));
  v1::Period late_one = quarter;
  *late_one.mutable_start() = ToDate(Day(2018, 4, 2));
  EXPECT_FALSE(IsWholePeriod(measure, late_one));
  v1::Period other_kind = quarter;
  other_kind.set_kind(v1::Period::OTHER_SPAN);
  EXPECT_FALSE(IsWholePeriod(measure, other_kind));
  v1::Period no_day = quarter;
  no_day.mutable_end()->set_day(0);
  EXPECT_FALSE(IsWholePeriod(measure, no_day));
}

TEST(PeriodsTest, WhatIsCollectedLiesBetweenTheTwoDays) {
  Measure measure = Collected(Measure::EACH_QUARTER, Day(2018, 4, 1));
  const v1::Period before = Holding(measure, Day(2018, 3, 31));
  const v1::Period first = Holding(measure, Day(2018, 4, 1));
  const v1::Period third = Holding(measure, Day(2018, 10, 1));
  EXPECT_FALSE(IsCollected(measure, before));
  EXPECT_TRUE(IsCollected(measure, first));
  EXPECT_TRUE(IsCollected(measure, third));
  *measure.mutable_collected_until() = ToDate(Day(2018, 9, 30));
  EXPECT_FALSE(IsCollected(measure, third));
  measure.clear_collected_from();
  EXPECT_FALSE(IsCollected(measure, first));
}

TEST(PeriodsTest, APeriodIsOwedFromTheDayAfterItsEnd) {
  Measure measure = Collected(Measure::EACH_QUARTER, Day(2018, 4, 1));
  EXPECT_THAT(Identifiers(EndedPeriods(measure, Day(2018, 6, 30))), IsEmpty());
  EXPECT_THAT(Identifiers(EndedPeriods(measure, Day(2018, 7, 1))), ElementsAre("2018-19-q1"));
  EXPECT_THAT(Identifiers(EndedPeriods(measure, Day(2019, 4, 1))),
              ElementsAre("2018-19-q1", "2018-19-q2", "2018-19-q3", "2018-19-q4"));
  *measure.mutable_collected_until() = ToDate(Day(2018, 9, 30));
  EXPECT_THAT(Identifiers(EndedPeriods(measure, Day(2019, 4, 1))),
              ElementsAre("2018-19-q1", "2018-19-q2"));
  measure.clear_collected_from();
  EXPECT_THAT(Identifiers(EndedPeriods(measure, Day(2019, 4, 1))), IsEmpty());
}

TEST(PeriodsTest, OnlyIdentifiersOfCollectedPeriodsAreFound) {
  Measure measure = Collected(Measure::EACH_QUARTER, Day(2018, 4, 1));
  *measure.mutable_collected_until() = ToDate(Day(2019, 3, 31));
  for (const char* identifier :
       {"", "2018", "2018-19", "2018-19-q0", "2018-19-q5", "2018-19-Q1", "2018-20-q1", "2017-18-q4",
        "2019-20-q1", "2018-19-q1 ", "x018-19-q1", "-999-00-q1", "9999-00-q1", "2018-04"}) {
    EXPECT_FALSE(PeriodFromIdentifier(measure, identifier).has_value()) << identifier;
  }
  EXPECT_TRUE(PeriodFromIdentifier(measure, "2018-19-q4").has_value());
  measure.clear_collected_until();
  EXPECT_FALSE(PeriodFromIdentifier(measure, "9999-99-q4").has_value());
  measure.clear_collected_from();
  EXPECT_FALSE(PeriodFromIdentifier(measure, "2018-19-q4").has_value());
}

TEST(PeriodsTest, TheDutysLagComesBeforeTheMeasures) {
  Measure measure = Collected(Measure::EACH_QUARTER, Day(2018, 4, 1));
  measure.set_lag_days(30);
  const v1::Period quarter = Holding(measure, Day(2018, 4, 1));
  Measure::Duty duty;
  EXPECT_EQ(DueDay(measure, duty, quarter), Day(2018, 7, 30));
  duty.set_lag_days(45);
  EXPECT_EQ(DueDay(measure, duty, quarter), Day(2018, 8, 14));
}

}  // namespace
}  // namespace concordat::domain
