#include "server/domain/tidy_extract.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/domain/test_rows.h"

namespace concordat::domain {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

v1::Area Place(const char* code, const char* name) {
  v1::Area area;
  area.set_code(code);
  area.set_display_name(name);
  return area;
}

v1::Measure Counted(const char* name, const char* title, v1::Measure::Unit unit, int places) {
  v1::Measure measure;
  measure.set_name(name);
  measure.set_display_name(title);
  measure.set_unit(unit);
  measure.set_decimal_places(places);
  return measure;
}

class TidyExtractTest : public ::testing::Test {
 protected:
  TidyExtractTest() { areas_ = {&england_, &north_west_, &police_, &lancashire_, &burnley_}; }

  // A figure of the first quarter of 2018-19 in Burnley.
  v1::Observation Quarter(const v1::Measure& measure, double value) const {
    v1::Observation observation;
    observation.set_measure(measure.name());
    observation.set_area("areas/e07000117");
    observation.set_value(value);
    observation.mutable_period()->set_kind(v1::Period::FINANCIAL_QUARTER);
    *observation.mutable_period()->mutable_start() = ToDate(absl::CivilDay(2018, 4, 1));
    *observation.mutable_period()->mutable_end() = ToDate(absl::CivilDay(2018, 6, 30));
    return observation;
  }

  std::string Row(const ExtractWriter& writer, const v1::Observation& observation,
                  const v1::Measure& measure) const {
    return RowOf(writer, observation, measure, areas_);
  }

  const v1::Area england_ = Place("E92000001", "England");
  const v1::Area north_west_ = Place("E12000002", "North West");
  const v1::Area police_ = Place("E23000003", "Lancashire");
  const v1::Area lancashire_ = Place("E10000017", "Lancashire");
  const v1::Area burnley_ = Place("E07000117", "Burnley");
  AreaPath areas_;
  const v1::Measure referrals_ = Counted("measures/referrals", "Referrals", v1::Measure::COUNT, 0);
  const v1::Measure share_ = Counted("measures/in-time", "In time", v1::Measure::PERCENT, 1);
};

TEST_F(TidyExtractTest, HasAColumnForEachUnitThatOccursAndNoOther) {
  const auto writer = MakeTidyWriter();
  v1::Observation share = Quarter(share_, 79.5);
  share.set_numerator(31);
  share.set_denominator(39);
  ASSERT_TRUE(writer->Survey(Quarter(referrals_, 12), referrals_).ok());
  ASSERT_TRUE(writer->Survey(share, share_).ok());
  EXPECT_THAT(writer->Head(),
              EndsWith("measure,comparator,breakdown,value_count,value_percent,numerator,"
                       "denominator\r\n"));
  EXPECT_EQ(Row(*writer, Quarter(referrals_, 12), referrals_),
            "201819,Financial year Q1,Local authority district,E92000001,England,E12000002,North "
            "West,,E10000017,Lancashire,E07000117,Burnley,,,Referrals,Own,Total,12,z,z,z\r\n");
  EXPECT_THAT(Row(*writer, share, share_), EndsWith("In time,Own,Total,z,79.5,31,39\r\n"));
}

TEST_F(TidyExtractTest, WhatIsHiddenIsCInItsOwnColumnAndInItsParts) {
  const auto writer = MakeTidyWriter();
  v1::Observation hidden = Quarter(share_, 79.5);
  hidden.set_numerator(3);
  hidden.set_denominator(4);
  hidden.set_symbol(v1::Observation::CONFIDENTIAL);
  ASSERT_TRUE(writer->Survey(hidden, share_).ok());
  EXPECT_THAT(Row(*writer, hidden, share_), EndsWith(",Total,c,c,c\r\n"));
}

TEST_F(TidyExtractTest, APoliceAreaHasItsOwnColumnsAndTheCountrysAlone) {
  const auto writer = MakeTidyWriter();
  areas_.district = nullptr;
  areas_.authority = nullptr;
  ASSERT_TRUE(writer->Survey(Quarter(referrals_, 12), referrals_).ok());
  EXPECT_THAT(Row(*writer, Quarter(referrals_, 12), referrals_),
              HasSubstr("Police force area,E92000001,England,E12000002,North West,,,,,,E23000003,"
                        "Lancashire,Referrals"));
}

TEST_F(TidyExtractTest, QuartersAndYearsDoNotShareAFile) {
  const auto writer = MakeTidyWriter();
  ASSERT_TRUE(writer->Survey(Quarter(referrals_, 12), referrals_).ok());
  v1::Observation year = Quarter(referrals_, 12);
  year.mutable_period()->set_kind(v1::Period::FINANCIAL_YEAR);
  const absl::Status refused = writer->Survey(year, referrals_);
  EXPECT_EQ(ReasonOf(refused), v1::FIELDS_INVALID);
  v1::Observation later = Quarter(referrals_, 12);
  *later.mutable_period()->mutable_start() = ToDate(absl::CivilDay(2018, 7, 1));
  EXPECT_TRUE(writer->Survey(later, referrals_).ok());
}

TEST_F(TidyExtractTest, ASecondFigureOfTheSameTimeIsNamed) {
  const auto writer = MakeTidyWriter();
  ASSERT_TRUE(writer->Survey(Quarter(referrals_, 12), referrals_).ok());
  const absl::Status refused = writer->Survey(Quarter(referrals_, 13), referrals_);
  EXPECT_EQ(ReasonOf(refused), v1::FIELDS_INVALID);
  EXPECT_TRUE(absl::StrContains(std::string(refused.message()), "measures/referrals") ||
              absl::StrContains(refused.ToString(), "measures/referrals"))
      << refused;
  v1::Observation part = Quarter(referrals_, 13);
  part.add_breakdowns()->set_dimension("category");
  EXPECT_TRUE(writer->Survey(part, referrals_).ok());
}

TEST_F(TidyExtractTest, TheMeanAndTheMedianOfNeighboursAreTwoItems) {
  const auto writer = MakeTidyWriter();
  for (const auto average : {v1::Observation::MEAN, v1::Observation::MEDIAN}) {
    v1::Observation neighbours = Quarter(referrals_, 12);
    neighbours.set_comparator(v1::Observation::STATISTICAL_NEIGHBOURS);
    neighbours.set_average(average);
    EXPECT_TRUE(writer->Survey(neighbours, referrals_).ok());
    EXPECT_THAT(Row(*writer, neighbours, referrals_),
                HasSubstr(average == v1::Observation::MEAN ? ",Statistical neighbours (mean),"
                                                           : ",Statistical neighbours (median),"));
  }
}

TEST_F(TidyExtractTest, MetadataNamesFiltersOfSeveralItemsAndEachIndicator) {
  const auto writer = MakeTidyMetadataWriter();
  v1::Observation part = Quarter(referrals_, 3);
  part.add_breakdowns()->set_dimension("category");
  part.mutable_breakdowns(0)->set_item("Neglect");
  ASSERT_TRUE(writer->Survey(Quarter(referrals_, 12), referrals_).ok());
  ASSERT_TRUE(writer->Survey(part, referrals_).ok());
  EXPECT_FALSE(writer->has_rows());
  EXPECT_EQ(writer->Head(),
            "col_name,col_type,label,indicator_grouping,indicator_unit,indicator_dp,filter_hint,"
            "filter_grouping_column,filter_default\r\n"
            "breakdown,Filter,Breakdown,,,,,,Total\r\n"
            "value_count,Indicator,Number,,,0,,,\r\n");
}

TEST_F(TidyExtractTest, TitlesThatASpreadsheetWouldRunAreNeutralised) {
  const auto writer = MakeTidyWriter();
  const v1::Measure hostile = Counted("measures/hostile", "=HYPERLINK(1)", v1::Measure::COUNT, 0);
  ASSERT_TRUE(writer->Survey(Quarter(hostile, 1), hostile).ok());
  EXPECT_THAT(Row(*writer, Quarter(hostile, 1), hostile), HasSubstr(",'=HYPERLINK(1),"));
}

}  // namespace
}  // namespace concordat::domain
