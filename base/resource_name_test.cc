#include "base/resource_name.h"

#include <string>

#include "gtest/gtest.h"

namespace concordat {
namespace {

TEST(IdentifierTest, LowerCaseLettersDigitsDotsAndDashesAreAccepted) {
  for (const char* text : {"a", "1", "1.2.1", "development-2018", "e10000017", "a-", "a."}) {
    EXPECT_TRUE(IsIdentifier(text)) << text;
  }
  EXPECT_TRUE(IsIdentifier(std::string(63, 'a')));
}

TEST(IdentifierTest, EverythingElseIsRefused) {
  for (const char* text :
       {"", "-", "-a", ".a", "A", "a_b", "a b", "a/b", "caf\xC3\xA9", "..", "a\n"}) {
    EXPECT_FALSE(IsIdentifier(text)) << text;
  }
  EXPECT_FALSE(IsIdentifier(std::string(64, 'a')));
  EXPECT_FALSE(IsIdentifier(absl::string_view("a\0b", 3)));
}

TEST(PatternTest, WholeNameMatches) {
  constexpr absl::string_view kAction = "plans/{plan}/actions/{action}";
  EXPECT_TRUE(MatchesPattern("plans/p/actions/1.2.1", kAction));
  for (const char* name :
       {"", "plans/p", "plans/p/actions", "plans/p/actions/", "/plans/p/actions/a",
        "plans//actions/a", "plans/p/actions/a/", "plans/p/actions/a/reports/r",
        "plans/P/actions/a", "plan/p/actions/a", "plans/p/actions/a b"}) {
    EXPECT_FALSE(MatchesPattern(name, kAction)) << name;
  }
}

TEST(PatternTest, WildcardIsAcceptedOnlyWhereItIsAllowed) {
  EXPECT_TRUE(MatchesPattern("plans/-", "plans/{plan}", /*wildcard=*/true));
  EXPECT_FALSE(MatchesPattern("plans/-", "plans/{plan}"));
  EXPECT_FALSE(MatchesPattern("-/p", "plans/{plan}", /*wildcard=*/true));
}

TEST(NamePartsTest, IdentifiersAreFoundByPosition) {
  EXPECT_EQ(IdentifierAt("plans/p/actions/a", 0), "p");
  EXPECT_EQ(IdentifierAt("plans/p/actions/a", 1), "a");
  EXPECT_EQ(IdentifierAt("plans/p/actions/a", 2), "");
  EXPECT_EQ(IdentifierAt("", 0), "");
}

TEST(NamePartsTest, ParentIsTheNameWithoutItsLastPair) {
  EXPECT_EQ(ParentOf("plans/p/actions/a/reports/r"), "plans/p/actions/a");
  EXPECT_EQ(ParentOf("plans/p/actions/a"), "plans/p");
  EXPECT_EQ(ParentOf("plans/p"), "");
  EXPECT_EQ(ParentOf("plans"), "");
  EXPECT_EQ(ParentOf(""), "");
}

TEST(NamePartsTest, LastIdentifierFollowsTheLastSlash) {
  EXPECT_EQ(LastIdentifier("plans/p/actions/1.2.1"), "1.2.1");
  EXPECT_EQ(LastIdentifier("plans/p"), "p");
  EXPECT_EQ(LastIdentifier("plans"), "");
  EXPECT_EQ(LastIdentifier(""), "");
}

}  // namespace
}  // namespace concordat
