#include "server/domain/disclosure/consistency.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::domain::disclosure {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kUnknown = -1;

Count Counted(std::string name, int64_t value) {
  Count count;
  count.name = std::move(name);
  if (value == kUnknown) {
    count.availability = Availability::kNotAvailable;
  } else {
    count.value = value;
  }
  return count;
}

Ratio Share(std::string name) {
  Ratio share;
  share.numerator = name + "#numerator";
  share.denominator = name + "#denominator";
  share.name = std::move(name);
  share.is_share = true;
  return share;
}

TEST(ConsistencyTest, SumsOfKnownCountsAreAddedUp) {
  const Table table = {{Counted("a", 30), Counted("b", 10), Counted("c", 20), Counted("d", 31)},
                       {},
                       {{"a", {"b", "c"}}, {"d", {"b", "c"}}}};
  EXPECT_THAT(FindContradictions(table).sums, ElementsAre(1));
}

TEST(ConsistencyTest, WhatIsNotAvailableMayBeAnythingThatTheSumsLeave) {
  const Table table = {
      {Counted("a", 30), Counted("b", kUnknown), Counted("c", 20)}, {}, {{"a", {"b", "c"}}}};
  EXPECT_THAT(FindContradictions(table).sums, IsEmpty());
}

TEST(ConsistencyTest, PartsAboveTheirTotalCannotHoldWhateverTheOthersAre) {
  const Table table = {
      {Counted("a", 30), Counted("b", kUnknown), Counted("c", 31)}, {}, {{"a", {"b", "c"}}}};
  EXPECT_THAT(FindContradictions(table).sums, ElementsAre(0));
}

TEST(ConsistencyTest, OneOfTwoSumsThatSayDifferentThingsOfAnUnknownCountIsLeftOut) {
  const Table table = {{Counted("a", 90), Counted("b", kUnknown), Counted("c", 27),
                        Counted("d", 50), Counted("e", 20)},
                       {},
                       {{"a", {"b", "c"}}, {"b", {"d", "e"}}}};
  EXPECT_EQ(FindContradictions(table).sums.size(), 1);
}

TEST(ConsistencyTest, AShareAboveOneIsLeftOutBeforeASumIs) {
  const Table table = {{Counted("a#numerator", 40), Counted("a#denominator", 80),
                        Counted("b#numerator", 20), Counted("b#denominator", 75),
                        Counted("c#numerator", kUnknown), Counted("c#denominator", kUnknown)},
                       {Share("a"), Share("b"), Share("c")},
                       {{"a#numerator", {"b#numerator", "c#numerator"}},
                        {"a#denominator", {"b#denominator", "c#denominator"}}}};
  EXPECT_EQ(FindContradictions(table), (Contradictions{{}, {2}}));
}

}  // namespace
}  // namespace concordat::domain::disclosure
