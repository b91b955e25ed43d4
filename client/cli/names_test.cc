#include "client/cli/names.h"

#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

TEST(NamesTest, WholeAndShortNamesMeanTheSame) {
  EXPECT_EQ(*ExpandName("development-2018", kPlanPattern), "plans/development-2018");
  EXPECT_EQ(*ExpandName("plans/development-2018", kPlanPattern), "plans/development-2018");
  EXPECT_EQ(*ExpandName("development-2018/1.2.1", kActionPattern),
            "plans/development-2018/actions/1.2.1");
  EXPECT_EQ(*ExpandName("plans/p/actions/1", kActionPattern), "plans/p/actions/1");
}

TEST(NamesTest, AreaCodeMayBeWrittenAsPrinted) {
  EXPECT_EQ(*ExpandName("E10000017", kAreaPattern), "areas/e10000017");
}

TEST(NamesTest, WildcardIsOneOnlyWhereItIsAccepted) {
  EXPECT_EQ(*ExpandName("-", kPlanPattern, Wildcard::kAccepted), "plans/-");
  EXPECT_FALSE(ExpandName("-", kPlanPattern).ok());
}

TEST(NamesTest, OtherTextsAreRefused) {
  for (const char* text : {"", "/", "plans/", "plans/a/b", "a b", "p/1/2", "agencies/x/y/z"}) {
    EXPECT_EQ(ExpandName(text, kPlanPattern).status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(NamesTest, OptionThatWasNotGivenStaysEmpty) {
  EXPECT_EQ(*ExpandOptionalName("", kAgencyPattern), "");
  EXPECT_EQ(*ExpandOptionalName("police", kAgencyPattern), "agencies/police");
}

TEST(NamesTest, ShortNameExpandsBack) {
  const std::string name = "agencies/police/clients/dashboard";
  EXPECT_EQ(ShortName(name), "police/dashboard");
  EXPECT_EQ(*ExpandName(ShortName(name), kClientPattern), name);
}

}  // namespace
}  // namespace concordat::cli
