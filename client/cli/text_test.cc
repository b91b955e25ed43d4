#include "client/cli/text.h"

#include "concordat/v1/plan.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using ::testing::HasSubstr;

TEST(TextTest, EnumWordsAreReadInAnyCaseAndWithDashes) {
  EXPECT_EQ(*ParseWord<v1::Rag::Color>("not-reported"), v1::Rag::NOT_REPORTED);
  EXPECT_EQ(*ParseWord<v1::Rag::Color>("Red"), v1::Rag::RED);
}

TEST(TextTest, WordThatIsNoneListsThoseThereAre) {
  const absl::Status status = ParseWord<v1::Action::Status>("status-unspecified").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("planned, underway, complete, withdrawn"));
}

TEST(TextTest, MomentOfADayIncludesTheDay) {
  EXPECT_EQ(InstantText(*ParseMomentByEndOfDay("2018-11-30")), "2018-11-30T23:59:59.999999Z");
  // Summer time: the day ends an hour earlier in UTC.
  EXPECT_EQ(InstantText(*ParseMomentByEndOfDay("2018-07-01")), "2018-07-01T22:59:59.999999Z");
  EXPECT_EQ(InstantText(*ParseMomentFromStartOfDay("2018-07-01")), "2018-06-30T23:00:00Z");
}

TEST(TextTest, MomentInRfc3339IsKept) {
  EXPECT_EQ(InstantText(*ParseMomentByEndOfDay("2018-11-30T10:00:00+01:00")),
            "2018-11-30T09:00:00Z");
  EXPECT_FALSE(ParseMomentByEndOfDay("yesterday").ok());
  EXPECT_FALSE(ParseDate("30/11/2018").ok());
}

TEST(TextTest, NumbersHaveNoNeedlessDigits) {
  EXPECT_EQ(NumberText(79), "79");
  EXPECT_EQ(NumberText(12.5), "12.5");
  EXPECT_EQ(NumberText(0.1), "0.1");
}

TEST(TextTest, CountsAgreeWithTheirNoun) {
  EXPECT_EQ(Counted(1, "agency", "agencies"), "1 agency");
  EXPECT_EQ(Counted(0, "agency", "agencies"), "0 agencies");
  EXPECT_EQ(Counted(2, "plan"), "2 plans");
}

TEST(TextTest, WhatTurnsOrHidesTextIsSpeltOut) {
  EXPECT_EQ(Printable("a\u202Eb"), "a<U+202E>b");
  EXPECT_EQ(Printable("\u00AD\u061C\u200B\u200F"), "<U+00AD><U+061C><U+200B><U+200F>");
  EXPECT_EQ(Printable("\u2028\u202A\u2060\u2069"), "<U+2028><U+202A><U+2060><U+2069>");
  EXPECT_EQ(Printable("\uFEFF\U000E0041"), "<U+FEFF><U+E0041>");
}

TEST(TextTest, NeighboursOfWhatIsSpeltOutStayAsTheyAre) {
  const std::string text = "caf\u00E9 \u200A\u2010 \u2027\u202F \u205F\u206F \u20AC \U0001F600";
  EXPECT_EQ(Printable(text), text);
}

TEST(TextTest, ControlCharactersBecomeSpacesAndBadBytesAreReplaced) {
  EXPECT_EQ(Printable(std::string("a\x1b[2J\0b\x7f\xc2\x9b", 10)), "a [2J b  ");
  EXPECT_EQ(Printable("a\x9b\xe2\x80"), "a\uFFFD\uFFFD\uFFFD");
  // Longer than need be, and half of a pair of surrogates.
  EXPECT_EQ(Printable("\xc1\x81"), "\uFFFD\uFFFD");
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");
}

}  // namespace
}  // namespace concordat::cli
