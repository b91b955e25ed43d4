#include "base/civil_time.h"

#include "base/clock.h"
#include "gtest/gtest.h"

namespace concordat {
namespace {

absl::Time Instant(const char* text) { return ParseInstant(text).value_or(absl::InfinitePast()); }

google::type::Date Date(int year, int month, int day) {
  google::type::Date date;
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
  return date;
}

TEST(LondonTest, RulesAreLoaded) {
  ASSERT_TRUE(CheckTimeZoneData().ok());
  EXPECT_EQ(London().name(), "Europe/London");
}

TEST(LondonTest, DayOfAnInstantFollowsSummerTime) {
  EXPECT_EQ(DayOf(Instant("2018-07-01T22:59:59Z")), absl::CivilDay(2018, 7, 1));
  EXPECT_EQ(DayOf(Instant("2018-07-01T23:00:00Z")), absl::CivilDay(2018, 7, 2));
  EXPECT_EQ(DayOf(Instant("2018-12-01T23:59:59Z")), absl::CivilDay(2018, 12, 1));
}

TEST(LondonTest, DayStartsAtItsMidnightAlsoWhenTheClocksChange) {
  EXPECT_EQ(FormatInstant(StartOf(absl::CivilDay(2018, 7, 1))), "2018-06-30T23:00:00Z");
  EXPECT_EQ(FormatInstant(StartOf(absl::CivilDay(2018, 12, 1))), "2018-12-01T00:00:00Z");
  const absl::CivilDay spring(2018, 3, 25);
  const absl::CivilDay autumn(2018, 10, 28);
  EXPECT_EQ(StartOf(spring + 1) - StartOf(spring), absl::Hours(23));
  EXPECT_EQ(StartOf(autumn + 1) - StartOf(autumn), absl::Hours(25));
}

TEST(DayTest, DatesTravelThereAndBack) {
  const absl::CivilDay day(2020, 2, 29);
  EXPECT_EQ(ToCivilDay(ToDate(day)), day);
}

TEST(DayTest, DatesThatAreNoDayAreNothing) {
  for (const auto& date :
       {Date(0, 1, 1), Date(10000, 1, 1), Date(2018, 0, 1), Date(2018, 13, 1), Date(2018, 1, 0),
        Date(2018, 4, 31), Date(2019, 2, 29), Date(-1, 1, 1)}) {
    EXPECT_FALSE(ToCivilDay(date).has_value()) << date.ShortDebugString();
  }
}

TEST(DayTest, TextTravelsThereAndBack) {
  EXPECT_EQ(FormatDay(absl::CivilDay(2018, 11, 30)), "2018-11-30");
  EXPECT_EQ(ParseDay("2018-11-30"), absl::CivilDay(2018, 11, 30));
  EXPECT_EQ(ParseDay("0001-01-01"), absl::CivilDay(1, 1, 1));
  EXPECT_EQ(FormatDay(absl::CivilDay(1, 1, 1)), "0001-01-01");
}

TEST(DayTest, OtherTextIsNothing) {
  for (const char* text : {"", "2018-11-3", "2018-11-031", "18-11-30", "2018/11/30", "2018-11-31",
                           " 2018-11-30", "2018-11-3O", "0000-01-01", "+018-11-30"}) {
    EXPECT_FALSE(ParseDay(text).has_value()) << text;
  }
}

TEST(TimestampTest, MicrosecondsTravelThereAndBack) {
  for (const char* text :
       {"2018-11-30T09:00:00.123456Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z"}) {
    EXPECT_EQ(FormatInstant(ToTime(ToTimestamp(Instant(text)))), text);
  }
  const google::protobuf::Timestamp before_epoch =
      ToTimestamp(Instant("1969-12-31T23:59:59.999999Z"));
  EXPECT_EQ(before_epoch.seconds(), -1);
  EXPECT_EQ(before_epoch.nanos(), 999999000);
}

TEST(InstantTest, OffsetsAreRead) {
  EXPECT_EQ(Instant("2018-07-01T01:00:00+01:00"), Instant("2018-07-01T00:00:00Z"));
}

TEST(InstantTest, OtherTextIsNothing) {
  for (const char* text : {"", "2018-11-30", "2018-11-30T09:00:00", "2018-11-31T09:00:00Z",
                           "infinite-future", "infinite-past", "2018-11-30T09:00:00Zx"}) {
    EXPECT_FALSE(ParseInstant(text).has_value()) << text;
  }
}

TEST(FakeClockTest, StandsWhereItWasPut) {
  FakeClock clock(Instant("2018-11-30T09:00:00Z"));
  EXPECT_EQ(clock.Now(), clock.Now());
  clock.Advance(absl::Minutes(5));
  EXPECT_EQ(FormatInstant(clock.Now()), "2018-11-30T09:05:00Z");
  clock.Set(Instant("2019-01-01T00:00:00Z"));
  EXPECT_EQ(FormatInstant(clock.Now()), "2019-01-01T00:00:00Z");
}

}  // namespace
}  // namespace concordat
