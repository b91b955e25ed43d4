#include "client/rows/row_period.h"

#include <string>

#include "base/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::rows {
namespace {

using v1::Period;

// `KIND first last` of a label, or `refused`.
std::string Meaning(const std::string& label, Period::Kind kind = Period::KIND_UNSPECIFIED) {
  const absl::StatusOr<Period> period = ParsePeriodLabel(label, kind);
  if (!period.ok()) return "refused";
  return Period::Kind_Name(period->kind()) + " " + FormatDay(*ToCivilDay(period->start())) + " " +
         FormatDay(*ToCivilDay(period->end()));
}

TEST(RowPeriodTest, EachFormHasOneMeaning) {
  EXPECT_EQ(Meaning("2018"), "CALENDAR_YEAR 2018-01-01 2018-12-31");
  EXPECT_EQ(Meaning("2018-19 Q1"), "FINANCIAL_QUARTER 2018-04-01 2018-06-30");
  EXPECT_EQ(Meaning("2018-19 Q4"), "FINANCIAL_QUARTER 2019-01-01 2019-03-31");
  EXPECT_EQ(Meaning("2018-19-q3"), "FINANCIAL_QUARTER 2018-10-01 2018-12-31");
  EXPECT_EQ(Meaning("2018-19 Autumn"), "SCHOOL_TERM 2018-09-01 2018-12-31");
  EXPECT_EQ(Meaning("2018-19 spring"), "SCHOOL_TERM 2019-01-01 2019-03-31");
  EXPECT_EQ(Meaning("2018-19 Summer"), "SCHOOL_TERM 2019-04-01 2019-08-31");
  EXPECT_EQ(Meaning("2018-05"), "MONTH 2018-05-01 2018-05-31");
  EXPECT_EQ(Meaning("2018-05-01"), "SNAPSHOT 2018-05-01 2018-05-01");
}

TEST(RowPeriodTest, TheKindDecidesWhereALabelHasTwoMeanings) {
  EXPECT_EQ(Meaning("2018-19"), "refused");
  EXPECT_EQ(Meaning("2018-19", Period::FINANCIAL_YEAR), "FINANCIAL_YEAR 2018-04-01 2019-03-31");
  EXPECT_EQ(Meaning("2018-19", Period::ACADEMIC_YEAR), "ACADEMIC_YEAR 2018-09-01 2019-08-31");
  EXPECT_EQ(Meaning("2004-05"), "refused");
  EXPECT_EQ(Meaning("2004-05", Period::MONTH), "MONTH 2004-05-01 2004-05-31");
  EXPECT_EQ(Meaning("1999-00", Period::FINANCIAL_YEAR), "FINANCIAL_YEAR 1999-04-01 2000-03-31");
}

TEST(RowPeriodTest, ALabelOfAnotherKindIsRefused) {
  EXPECT_EQ(Meaning("2018-19 Q1", Period::MONTH), "refused");
  EXPECT_EQ(Meaning("2018", Period::FINANCIAL_YEAR), "refused");
}

TEST(RowPeriodTest, WhatIsNoPeriodIsRefused) {
  for (const char* label :
       {"", "Q1", "18-19 Q1", "2018-20 Q1", "2018-19 Q5", "2018-19 Q0", "2018/19 Q1", "2018-13",
        "2018-19 Winter", "2018-02-30", "2018-19Q1", "2018-", "2018-1", "201819", "3018"}) {
    EXPECT_EQ(Meaning(label), "refused") << label;
  }
}

TEST(RowPeriodTest, KindsAreReadInCapitalsOrNot) {
  EXPECT_EQ(ParsePeriodKind("month").value(), Period::MONTH);
  EXPECT_EQ(ParsePeriodKind("FINANCIAL_YEAR").value(), Period::FINANCIAL_YEAR);
  EXPECT_FALSE(ParsePeriodKind("quarter").ok());
  EXPECT_FALSE(ParsePeriodKind("KIND_UNSPECIFIED").ok());
}

}  // namespace
}  // namespace concordat::rows
