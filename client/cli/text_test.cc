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

}  // namespace
}  // namespace concordat::cli
