#include "server/domain/due.h"

#include <string>
#include <utility>
#include <vector>

#include "base/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using Stages = std::vector<std::pair<std::string, std::string>>;

// A date as `2019-01-31`; empty when it is not set.
std::string Text(bool has_date, const google::type::Date& date) {
  if (!has_date) return "";
  const auto day = ToCivilDay(date);
  return day.has_value() ? FormatDay(*day) : "not a day";
}

std::string DateOf(const v1::Due& due) { return Text(due.has_date(), due.date()); }

std::string NextDateOf(const v1::Due& due, absl::CivilDay on) {
  v1::Due resolved = due;
  ResolveNextDate(resolved, on);
  return Text(resolved.has_next_date(), resolved.next_date());
}

Stages StagesOf(const v1::Due& due) {
  Stages stages;
  for (const v1::Due::Stage& stage : due.stages()) {
    stages.emplace_back(stage.label(), Text(stage.has_date(), stage.date()));
  }
  return stages;
}

struct Meaning {
  std::string text;
  v1::Due::Kind kind;
  std::string date;
  Stages stages;
};

// Every distinct due text of the development plan (November 2018) and of the
// statement of action (June 2018), as printed.
std::vector<Meaning> PrintedTexts() {
  using D = v1::Due;
  return {
      {"November 2018", D::BY_DATE, "2018-11-30", {}},
      {"December 2018", D::BY_DATE, "2018-12-31", {}},
      {"January 2019", D::BY_DATE, "2019-01-31", {}},
      {"February 2019", D::BY_DATE, "2019-02-28", {}},
      {"March 2019", D::BY_DATE, "2019-03-31", {}},
      {"April  2019", D::BY_DATE, "2019-04-30", {}},
      {"April 2019", D::BY_DATE, "2019-04-30", {}},
      {"April 2019 ", D::BY_DATE, "2019-04-30", {}},
      {"June 2019", D::BY_DATE, "2019-06-30", {}},
      {"July 2019", D::BY_DATE, "2019-07-31", {}},
      {"September 2019", D::BY_DATE, "2019-09-30", {}},
      {"October 2019", D::BY_DATE, "2019-10-31", {}},
      {"November 2019", D::BY_DATE, "2019-11-30", {}},
      {"December 2019", D::BY_DATE, "2019-12-31", {}},
      {"Monthly", D::MONTHLY, "", {}},
      {"Monthly Monitoring", D::MONTHLY, "", {}},
      {"Quarterly", D::QUARTERLY, "", {}},
      {"Quarterly Monitoring", D::QUARTERLY, "", {}},
      {"Spring Term 2019", D::TERM, "2019-03-31", {}},
      {"From January 2019", D::STARTING, "2019-01-31", {}},
      {"Service to Commence September 2019", D::STARTING, "2019-09-30", {}},
      {"New Programme To Be Delivered From March 2019", D::STARTING, "2019-03-31", {}},
      {"Plan In Place By January 2019",
       D::BY_DATE,
       "2019-01-31",
       {{"Plan In Place", "2019-01-31"}}},
      {"Initial Report January 2019", D::BY_DATE, "2019-01-31", {{"Initial Report", "2019-01-31"}}},
      {"Pilot November 2018\n\nRoll Out June 2019",
       D::STAGED,
       "2019-06-30",
       {{"Pilot", "2018-11-30"}, {"Roll Out", "2019-06-30"}}},
      {"Pilot November 2018 \n\nRoll Out June 2019",
       D::STAGED,
       "2019-06-30",
       {{"Pilot", "2018-11-30"}, {"Roll Out", "2019-06-30"}}},
      {"Pilot Nov 2018 \n\nRoll Out June 2019",
       D::STAGED,
       "2019-06-30",
       {{"Pilot", "2018-11-30"}, {"Roll Out", "2019-06-30"}}},
      {"Pilot November 2018 / Roll Out June 2019",
       D::STAGED,
       "2019-06-30",
       {{"Pilot", "2018-11-30"}, {"Roll Out", "2019-06-30"}}},
      {"Work Experience -January 2019 \n\nCEAIG \xE2\x80\x93 Y11 \xE2\x80\x93 Sept 2018 Y10 - Sept "
       "2019",
       D::STAGED,
       "2019-09-30",
       {{"Work Experience", "2019-01-31"}, {"CEAIG - Y11", "2018-09-30"}, {"Y10", "2019-09-30"}}},
      {"", D::NOT_SET, "", {}},
      {"April 2018", D::BY_DATE, "2018-04-30", {}},
      {"Mar 2018", D::BY_DATE, "2018-03-31", {}},
      {"May 2018", D::BY_DATE, "2018-05-31", {}},
      {"June 2018", D::BY_DATE, "2018-06-30", {}},
      {"July 2018", D::BY_DATE, "2018-07-31", {}},
      {"Sept 2018", D::BY_DATE, "2018-09-30", {}},
      {"Oct 2018", D::BY_DATE, "2018-10-31", {}},
      {"Nov 2018", D::BY_DATE, "2018-11-30", {}},
      {"Dec 2018", D::BY_DATE, "2018-12-31", {}},
      {"Jan 2019", D::BY_DATE, "2019-01-31", {}},
      {"Sept 2019", D::BY_DATE, "2019-09-30", {}},
      {"Dec 2019", D::BY_DATE, "2019-12-31", {}},
  };
}

TEST(DueTest, EveryTextOfThePapersHasItsExactMeaning) {
  for (const Meaning& expected : PrintedTexts()) {
    SCOPED_TRACE(expected.text);
    const v1::Due due = ParseDue(expected.text);
    EXPECT_EQ(due.text(), expected.text);
    EXPECT_EQ(due.kind(), expected.kind);
    EXPECT_EQ(DateOf(due), expected.date);
    EXPECT_EQ(StagesOf(due), expected.stages);
    EXPECT_FALSE(due.has_next_date());
  }
}

TEST(DueTest, SpacingCaseAndDashesDoNotMatter) {
  EXPECT_EQ(DateOf(ParseDue("  jANUARY\t\n2019 ")), "2019-01-31");
  EXPECT_EQ(DateOf(ParseDue("January\xC2\xA0"
                            "2019")),
            "2019-01-31");
  EXPECT_THAT(StagesOf(ParseDue("PILOT \xE2\x80\x94 nov 2018;roll out-june 2019")), IsEmpty());
  EXPECT_THAT(StagesOf(ParseDue("PILOT \xE2\x80\x94 nov 2018 ; roll out-june 2019")),
              ElementsAre(Pair("PILOT", "2018-11-30"), Pair("roll out", "2019-06-30")));
}

TEST(DueTest, TextIsKeptByteForByte) {
  EXPECT_EQ(ParseDue(" April  2019\n").text(), " April  2019\n");
  EXPECT_EQ(ParseDue(" \n").text(), " \n");
  EXPECT_EQ(ParseDue(" \n").kind(), v1::Due::NOT_SET);
}

TEST(DueTest, EveryMonthIsKnownInFullAndInShort) {
  const std::vector<std::pair<const char*, const char*>> months = {
      {"January 2019", "2019-01-31"},  {"Jan 2019", "2019-01-31"},
      {"February 2019", "2019-02-28"}, {"Feb 2020", "2020-02-29"},
      {"March 2019", "2019-03-31"},    {"Mar 2019", "2019-03-31"},
      {"April 2019", "2019-04-30"},    {"Apr 2019", "2019-04-30"},
      {"May 2019", "2019-05-31"},      {"June 2019", "2019-06-30"},
      {"Jun 2019", "2019-06-30"},      {"July 2019", "2019-07-31"},
      {"Jul 2019", "2019-07-31"},      {"August 2019", "2019-08-31"},
      {"Aug 2019", "2019-08-31"},      {"September 2019", "2019-09-30"},
      {"Sept 2019", "2019-09-30"},     {"Sep 2019", "2019-09-30"},
      {"October 2019", "2019-10-31"},  {"Oct 2019", "2019-10-31"},
      {"November 2019", "2019-11-30"}, {"Nov 2019", "2019-11-30"},
      {"December 2019", "2019-12-31"}, {"Dec 2019", "2019-12-31"}};
  for (const auto& [text, date] : months) EXPECT_EQ(DateOf(ParseDue(text)), date) << text;
}

TEST(DueTest, WholeDaysAreUnderstood) {
  for (const char* text : {"30 November 2018", "30th Nov 2018", "By 30 November 2018", "2018-11-30",
                           "By November 2018", "By end of November 2018", "End of November 2018",
                           "By the end of November 2018"}) {
    EXPECT_EQ(ParseDue(text).kind(), v1::Due::BY_DATE) << text;
    EXPECT_EQ(DateOf(ParseDue(text)), "2018-11-30") << text;
  }
}

TEST(DueTest, TermsEndOnTheirStatutoryDays) {
  EXPECT_EQ(DateOf(ParseDue("Autumn Term 2018")), "2018-12-31");
  EXPECT_EQ(DateOf(ParseDue("spring term 2019")), "2019-03-31");
  EXPECT_EQ(DateOf(ParseDue("Summer  Term 2019")), "2019-08-31");
}

TEST(DueTest, WhatIsNotUnderstoodIsKeptAndNeverGuessed) {
  for (const char* text : {"TBC",
                           "Ongoing",
                           "ASAP",
                           "2019",
                           "January",
                           "Jan 19",
                           "January 19",
                           "01/02/2019",
                           "31 February 2019",
                           "0 January 2019",
                           "January 2019 or March 2019",
                           "January 2019 / March 2019",
                           "January - March 2019",
                           "Not before January 2019",
                           "After January 2019",
                           "Postponed January 2019",
                           "Postponed from January 2019",
                           "Completed January 2019",
                           "January 2019 (provisional)",
                           "January 20190",
                           "Janury 2019",
                           "Mid January 2019",
                           "Spring Term",
                           "Winter Term 2019",
                           "Spring 2019",
                           "Spring Term 2018/19",
                           "Pilot",
                           "Pilot 2018 / Roll Out June 2019",
                           "Pilot November 2018 / TBC",
                           "Pilot November 2018 / Roll Out",
                           "/ Pilot November 2018",
                           "Not monthly",
                           "Monthly from January 2019",
                           "From 2019",
                           "From January 2019 to June 2019",
                           "January 1019",
                           "January 2119",
                           "\xFF\xFE",
                           "xjanuary 2019"}) {
    SCOPED_TRACE(text);
    const v1::Due due = ParseDue(text);
    EXPECT_EQ(due.kind(), v1::Due::KIND_UNSPECIFIED);
    EXPECT_EQ(due.text(), text);
    EXPECT_FALSE(due.has_date());
    EXPECT_THAT(due.stages(), IsEmpty());
  }
}

TEST(DueTest, StagedTextKeepsEveryStage) {
  const v1::Due due = ParseDue("Initial Report Jan 2019 / Pilot By May 2019 / Roll Out Sept 2019");
  EXPECT_EQ(due.kind(), v1::Due::STAGED);
  EXPECT_THAT(StagesOf(due),
              ElementsAre(Pair("Initial Report", "2019-01-31"), Pair("Pilot", "2019-05-31"),
                          Pair("Roll Out", "2019-09-30")));
}

TEST(DueTest, LongTextIsReadQuickly) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "Pilot November 2018 / ";
  EXPECT_EQ(ParseDue(text + "x").kind(), v1::Due::KIND_UNSPECIFIED);
}

TEST(NextDateTest, SingleDateCountsUntilItIsOver) {
  for (const char* text : {"January 2019", "From January 2019", "Initial Report January 2019"}) {
    const v1::Due due = ParseDue(text);
    EXPECT_EQ(NextDateOf(due, absl::CivilDay(2018, 11, 1)), "2019-01-31");
    EXPECT_EQ(NextDateOf(due, absl::CivilDay(2019, 1, 31)), "2019-01-31");
    EXPECT_EQ(NextDateOf(due, absl::CivilDay(2019, 2, 1)), "");
  }
  EXPECT_EQ(NextDateOf(ParseDue("Spring Term 2019"), absl::CivilDay(2019, 3, 31)), "2019-03-31");
  EXPECT_EQ(NextDateOf(ParseDue("Spring Term 2019"), absl::CivilDay(2019, 4, 1)), "");
}

TEST(NextDateTest, StagesCountOneAfterTheOtherWhateverTheirPrintedOrder) {
  const v1::Due due = ParseDue("Work Experience January 2019 / Y11 Sept 2018 / Y10 Sept 2019");
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2018, 9, 30)), "2018-09-30");
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2018, 10, 1)), "2019-01-31");
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2019, 2, 1)), "2019-09-30");
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2019, 10, 1)), "");
}

TEST(NextDateTest, MonthlyIsTheEndOfTheMonth) {
  const v1::Due due = ParseDue("Monthly");
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2018, 11, 1)), "2018-11-30");
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2018, 11, 30)), "2018-11-30");
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2020, 2, 3)), "2020-02-29");
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2018, 12, 31)), "2018-12-31");
}

TEST(NextDateTest, QuarterlyIsTheEndOfTheQuarter) {
  const v1::Due due = ParseDue("Quarterly Monitoring");
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2018, 10, 1)), "2018-12-31");
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2018, 12, 31)), "2018-12-31");
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2019, 1, 1)), "2019-03-31");
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2019, 5, 15)), "2019-06-30");
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2019, 7, 1)), "2019-09-30");
}

TEST(NextDateTest, NothingIsNextWithoutADate) {
  EXPECT_EQ(NextDateOf(ParseDue(""), absl::CivilDay(2018, 11, 1)), "");
  EXPECT_EQ(NextDateOf(ParseDue("TBC"), absl::CivilDay(2018, 11, 1)), "");
}

TEST(NextDateTest, AnEarlierAnswerIsReplaced) {
  v1::Due due = ParseDue("January 2019");
  ResolveNextDate(due, absl::CivilDay(2019, 1, 1));
  ASSERT_TRUE(due.has_next_date());
  ResolveNextDate(due, absl::CivilDay(2019, 2, 1));
  EXPECT_FALSE(due.has_next_date());
}

TEST(PastDueTest, BeginsOnTheDayAfterTheLast) {
  for (const char* text : {"January 2019", "31 January 2019", "Initial Report January 2019",
                           "Y11 Sept 2018 / Pilot January 2019 / Y10 Nov 2018"}) {
    const v1::Due due = ParseDue(text);
    EXPECT_FALSE(IsPastDue(due, v1::Action::UNDERWAY, absl::CivilDay(2019, 1, 31))) << text;
    EXPECT_TRUE(IsPastDue(due, v1::Action::UNDERWAY, absl::CivilDay(2019, 2, 1))) << text;
    EXPECT_TRUE(IsPastDue(due, v1::Action::PLANNED, absl::CivilDay(2019, 2, 1))) << text;
    EXPECT_TRUE(IsPastDue(due, v1::Action::STATUS_UNSPECIFIED, absl::CivilDay(2019, 2, 1))) << text;
  }
  EXPECT_FALSE(
      IsPastDue(ParseDue("Spring Term 2019"), v1::Action::PLANNED, absl::CivilDay(2019, 3, 31)));
  EXPECT_TRUE(
      IsPastDue(ParseDue("Spring Term 2019"), v1::Action::PLANNED, absl::CivilDay(2019, 4, 1)));
}

TEST(PastDueTest, CompleteAndWithdrawnAreNeverPastDue) {
  for (const char* text : {"January 2019", "From January 2019", "Spring Term 2019"}) {
    EXPECT_FALSE(IsPastDue(ParseDue(text), v1::Action::COMPLETE, absl::CivilDay(2025, 1, 1)))
        << text;
    EXPECT_FALSE(IsPastDue(ParseDue(text), v1::Action::WITHDRAWN, absl::CivilDay(2025, 1, 1)))
        << text;
  }
}

TEST(PastDueTest, StartingIsMetByHavingBegun) {
  const v1::Due due = ParseDue("From January 2019");
  EXPECT_FALSE(IsPastDue(due, v1::Action::PLANNED, absl::CivilDay(2019, 1, 31)));
  EXPECT_TRUE(IsPastDue(due, v1::Action::PLANNED, absl::CivilDay(2019, 2, 1)));
  EXPECT_TRUE(IsPastDue(due, v1::Action::STATUS_UNSPECIFIED, absl::CivilDay(2019, 2, 1)));
  EXPECT_FALSE(IsPastDue(due, v1::Action::UNDERWAY, absl::CivilDay(2019, 2, 1)));
}

TEST(PastDueTest, WhatHasNoLastDayIsNeverPastDue) {
  for (const char* text : {"Monthly", "Quarterly Monitoring", "", "TBC"}) {
    EXPECT_FALSE(IsPastDue(ParseDue(text), v1::Action::PLANNED, absl::CivilDay(2099, 1, 1)))
        << text;
  }
}

TEST(PastDueTest, ADateThatIsNoDayIsNeverPastDue) {
  v1::Due due;
  due.set_kind(v1::Due::BY_DATE);
  EXPECT_FALSE(IsPastDue(due, v1::Action::PLANNED, absl::CivilDay(2099, 1, 1)));
  due.mutable_date()->set_year(2018);
  due.mutable_date()->set_month(2);
  due.mutable_date()->set_day(31);
  EXPECT_FALSE(IsPastDue(due, v1::Action::PLANNED, absl::CivilDay(2099, 1, 1)));
  EXPECT_EQ(NextDateOf(due, absl::CivilDay(2017, 1, 1)), "");
}

}  // namespace
}  // namespace concordat::domain
