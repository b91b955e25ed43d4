#include "server/domain/disclosure/table.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::domain::disclosure {
namespace {

using testing::HasSubstr;

Table SoundTable() {
  Table table;
  table.counts = {{.name = "a", .value = 3}, {.name = "b", .value = 9}, {.name = "t", .value = 12}};
  table.ratios = {{.name = "a%", .numerator = "a", .denominator = "t", .is_share = true},
                  {.name = "rate", .numerator = "a", .population = 30'000, .per = 10'000}};
  table.sums = {{"t", {"a", "b"}}};
  return table;
}

void ExpectRefused(const Table& table, const std::string& what) {
  const absl::Status status = Validate(table);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(what));
}

TEST(TableTest, ASoundTableIsAccepted) { EXPECT_TRUE(Validate(SoundTable()).ok()); }

TEST(TableTest, ASumThatDoesNotAddUpIsNamed) {
  Table table = SoundTable();
  table.counts[1].value = 8;
  ExpectRefused(table, "t: the parts do not add up");
  table.counts[1].availability = Availability::kNotAvailable;
  EXPECT_TRUE(Validate(table).ok());
}

TEST(TableTest, WhatIsNotApplicableAddsNothing) {
  Table table = SoundTable();
  table.counts[1] = {.name = "b", .availability = Availability::kNotApplicable, .value = 9};
  ExpectRefused(table, "do not add up");
  table.counts[2].value = 3;
  EXPECT_TRUE(Validate(table).ok());
}

TEST(TableTest, NamesAreUniqueAlsoAmongComplements) {
  Table table = SoundTable();
  table.counts.push_back({.name = "a", .value = 1});
  ExpectRefused(table, "two figures have this name");
  table.counts.back().name = "a%#rest";
  ExpectRefused(table, "two figures have this name");
}

TEST(TableTest, WhatANameStandsForHasToBeThere) {
  Table table = SoundTable();
  table.sums.push_back({"t", {"a", "nowhere"}});
  ExpectRefused(table, "nowhere: a sum's part that the table lacks");
  table = SoundTable();
  table.ratios[0].denominator = "nowhere";
  ExpectRefused(table, "lacks its denominator");
}

TEST(TableTest, NumbersThatCouldNotBeComputedExactlyAreRefused) {
  Table table = SoundTable();
  table.counts[0].value = kLargestCount + 1;
  ExpectRefused(table, "a: out of range");
  table = SoundTable();
  table.ratios[1].decimals = 6;
  ExpectRefused(table, "too many decimal places");
}

TEST(TableTest, APartIsNoLargerThanItsWhole) {
  Table table = SoundTable();
  table.ratios[0].numerator = "t";
  table.ratios[0].denominator = "a";
  ExpectRefused(table, "exceeds the denominator");
}

}  // namespace
}  // namespace concordat::domain::disclosure
