#include "server/domain/disclosure/release.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/domain/disclosure/random_table.h"

namespace concordat::domain::disclosure {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;

ProtectedRelease MustProtect(const Table& table, const Options& options = {}) {
  auto release = Protect(table, options);
  EXPECT_TRUE(release.ok()) << release.status();
  return release.ok() ? *std::move(release) : ProtectedRelease();
}

ShownFigure FigureOf(const ProtectedRelease& release, const std::string& name) {
  for (const ShownFigure& figure : release.figures) {
    if (figure.name == name) return figure;
  }
  ADD_FAILURE() << "no figure " << name;
  return {};
}

// A county of three districts.
Table County(int64_t burnley, int64_t pendle, int64_t chorley) {
  Table table;
  table.counts = {{.name = "burnley", .value = burnley},
                  {.name = "pendle", .value = pendle},
                  {.name = "chorley", .value = chorley},
                  {.name = "county", .value = burnley + pendle + chorley}};
  table.sums = {{"county", {"burnley", "pendle", "chorley"}}};
  return table;
}

TEST(ProtectTest, TablesWithoutSmallCountsAreShownAsTheyAre) {
  const ProtectedRelease release = MustProtect(County(6, 0, 40));
  for (const ShownFigure& figure : release.figures) {
    EXPECT_EQ(figure.symbol, Symbol::kValue) << figure.name;
  }
  EXPECT_EQ(FigureOf(release, "pendle").value, 0);
  EXPECT_EQ(release.cost.sum_hidden, 0);
}

TEST(ProtectTest, ASmallCountIsHiddenWithAComplementThatIsNeverAZero) {
  const ProtectedRelease release = MustProtect(County(3, 0, 40));
  EXPECT_EQ(FigureOf(release, "burnley").symbol, Symbol::kConfidential);
  EXPECT_EQ(FigureOf(release, "burnley").reason, Reason::kSmall);
  EXPECT_EQ(FigureOf(release, "pendle").symbol, Symbol::kValue);
  const ShownFigure complement = FigureOf(release, "chorley");
  EXPECT_EQ(complement.symbol, Symbol::kConfidential);
  EXPECT_EQ(complement.reason, Reason::kComplementary);
  EXPECT_EQ(complement.protects, "burnley");
  EXPECT_EQ(FigureOf(release, "county").value, 43);
  EXPECT_EQ(release.cost.hidden_first, 1);
  EXPECT_EQ(release.cost.hidden_complementary, 1);
  EXPECT_EQ(release.cost.sum, 86);
  EXPECT_EQ(release.cost.sum_hidden, 43);
}

TEST(ProtectTest, TheWorkedExampleOfTheDocumentation) {
  Table table;
  table.counts = {{.name = "burnley", .value = 3},
                  {.name = "pendle", .value = 20},
                  {.name = "chorley", .value = 40},
                  {.name = "rossendale", .value = 0},
                  {.name = "county", .value = 63}};
  table.sums = {{"county", {"burnley", "pendle", "chorley", "rossendale"}}};
  const ProtectedRelease release = MustProtect(table);
  const auto text = ReadFile(CONCORDAT_SOURCE_DIR "/docs/disclosure.md");
  ASSERT_TRUE(text.ok()) << text.status();
  for (size_t i = 0; i < table.counts.size(); ++i) {
    const ShownFigure& figure = release.figures[i];
    std::string row = absl::StrCat("| ", figure.name, " | ", table.counts[i].value, " | ");
    if (figure.symbol == Symbol::kConfidential) {
      ASSERT_TRUE(figure.narrowest.has_value());
      absl::StrAppend(
          &row, "c | ",
          figure.reason == Reason::kSmall ? "small" : absl::StrCat("protects ", figure.protects),
          " | ", figure.narrowest->derivable.low, " to ", figure.narrowest->derivable.high, " |\n");
    } else {
      absl::StrAppend(&row, figure.value, " | | |\n");
    }
    EXPECT_THAT(*text, HasSubstr(row));
  }
}

TEST(ProtectTest, TheCheaperComplementIsTaken) {
  Table table = County(3, 30, 40);
  table.counts[1].cost = 50;
  table.counts[2].cost = 10;
  table.counts[3].cost = 100;
  EXPECT_EQ(FigureOf(MustProtect(table), "chorley").symbol, Symbol::kConfidential);
  table.counts[2].cost = 90;
  EXPECT_EQ(FigureOf(MustProtect(table), "pendle").symbol, Symbol::kConfidential);
}

TEST(ProtectTest, TwoFivesThatAddUpToTenHideTheTotalToo) {
  Table table = County(5, 5, 0);
  EXPECT_EQ(FigureOf(MustProtect(table), "county").symbol, Symbol::kConfidential);
}

TEST(ProtectTest, SmallCountsThatOnlySumsGiveAwayAreReportedAsUnavoidable) {
  const ProtectedRelease release = MustProtect(County(1, 1, 1));
  bool is_reported = false;
  for (const Finding& finding : release.findings) {
    EXPECT_TRUE(finding.is_protected || finding.is_unavoidable) << finding.name;
    is_reported = is_reported || finding.is_unavoidable;
  }
  EXPECT_FALSE(is_reported) << "two of three ones may be two or three for all that is known";
  Table ones = County(1, 1, 0);
  for (Count& count : ones.counts) count.profile = {3, 1, false};
  for (const Finding& finding : MustProtect(ones).findings) {
    is_reported = is_reported || finding.is_unavoidable;
  }
  EXPECT_TRUE(is_reported);
}

TEST(ProtectTest, NhsCountsAreRoundedAndRatesComeFromTheRoundedCount) {
  Table table;
  table.counts = {{.name = "n", .value = 13, .profile = kNhsHospital},
                  {.name = "small", .value = 7, .profile = kNhsHospital}};
  table.ratios = {
      {.name = "rate", .numerator = "n", .population = 30'000, .per = 10'000},
      {.name = "small rate", .numerator = "small", .population = 30'000, .per = 10'000}};
  const ProtectedRelease release = MustProtect(table);
  EXPECT_EQ(FigureOf(release, "n").value, 15);
  EXPECT_EQ(FigureOf(release, "rate").value, 50);  // 5.0, where 13 would have given 4.3
  EXPECT_EQ(FigureOf(release, "small").symbol, Symbol::kConfidential);
  EXPECT_EQ(FigureOf(release, "small rate").reason, Reason::kSmallPart);
}

TEST(ProtectTest, APercentageGoesWithItsSmallNumeratorEvenWhenThatIsNotPublished) {
  Table table;
  table.counts = {{.name = "n", .value = 3, .is_published = false}, {.name = "of", .value = 90}};
  table.ratios = {{.name = "n%", .numerator = "n", .denominator = "of", .is_share = true}};
  const ProtectedRelease release = MustProtect(table);
  EXPECT_EQ(FigureOf(release, "n%").reason, Reason::kSmallPart);
  EXPECT_EQ(FigureOf(release, "of").value, 90);
}

TEST(ProtectTest, APercentageGoesWhenTheRestIsSmall) {
  Table table;
  table.counts = {{.name = "n", .value = 97}, {.name = "of", .value = 100}};
  table.ratios = {{.name = "n%", .numerator = "n", .denominator = "of", .is_share = true}};
  const ProtectedRelease release = MustProtect(table);
  EXPECT_EQ(FigureOf(release, "n%").symbol, Symbol::kConfidential);
  const int hidden = (FigureOf(release, "n").symbol == Symbol::kConfidential) +
                     (FigureOf(release, "of").symbol == Symbol::kConfidential);
  EXPECT_EQ(hidden, 1) << "100 - 97 gives the three away";
}

TEST(ProtectTest, APercentageOfAHiddenComplementIsHiddenWithIt) {
  Table table = County(3, 30, 40);
  table.counts[1].cost = 1;
  table.counts.push_back({.name = "all", .value = 300});
  table.ratios = {{.name = "pendle%", .numerator = "pendle", .denominator = "all"}};
  const ProtectedRelease release = MustProtect(table);
  EXPECT_EQ(FigureOf(release, "pendle").symbol, Symbol::kConfidential);
  EXPECT_EQ(FigureOf(release, "pendle%").reason, Reason::kDependent);
}

TEST(ProtectTest, UnpublishedCountsBehindPercentagesAreEquationsToo) {
  // Only percentages are published. The county's and Pendle's give Burnley's three away.
  Table table = County(3, 40, 0);
  for (Count& count : table.counts) count.is_published = false;
  for (const char* area : {"burnley", "pendle", "county"}) {
    const std::string name = area;
    table.counts.push_back({.name = name + " all", .value = name == "county" ? 100 : 50});
    table.ratios.push_back({.name = name + "%", .numerator = name, .denominator = name + " all"});
  }
  const ProtectedRelease release = MustProtect(table);
  EXPECT_EQ(FigureOf(release, "burnley%").reason, Reason::kSmallPart);
  int hidden = 0;
  for (const ShownFigure& figure : release.figures) {
    hidden += figure.symbol == Symbol::kConfidential;
  }
  EXPECT_GE(hidden, 2);
}

TEST(ProtectTest, PercentagesAreRoundedHalfUp) {
  Table table;
  table.counts = {{.name = "n", .value = 25}, {.name = "of", .value = 200}};
  table.ratios = {{.name = "n%", .numerator = "n", .denominator = "of", .decimals = 0}};
  EXPECT_EQ(FigureOf(MustProtect(table), "n%").value, 13);
}

TEST(ProtectTest, WhatIsNotAvailableButFollowsFromTheSumsIsProtected) {
  Table table = County(3, 30, 40);
  table.counts[0].availability = Availability::kNotAvailable;
  const ProtectedRelease release = MustProtect(table);
  EXPECT_EQ(FigureOf(release, "burnley").symbol, Symbol::kNotAvailable);
  EXPECT_GE(release.cost.hidden_complementary, 1);

  table.counts[3].value = 100;
  EXPECT_EQ(MustProtect(table).cost.hidden_complementary, 0) << "thirty is not small";
}

TEST(ProtectTest, AgenciesThatPoolWhatTheyHoldCostMoreThanAgenciesThatDoNot) {
  Table table = County(3, 30, 40);
  for (Count& count : table.counts) count.holders = {"agencies/" + count.name};
  table.counts[3].holders = {"agencies/burnley"};
  // Pendle and Chorley together know all but Burnley's: only the total can be hidden.
  EXPECT_EQ(FigureOf(MustProtect(table), "county").symbol, Symbol::kConfidential);
  // Each for itself, one of them may be hidden from the other.
  Options separate;
  separate.pooling = Pooling::kSeparate;
  EXPECT_EQ(MustProtect(table, separate).cost.sum_hidden >= 43, true);
}

TEST(ProtectTest, WhoSaysThatACountIsNotAvailableDoesNotHoldIt) {
  Table table = County(3, 30, 40);
  for (Count& count : table.counts) count.holders = {"agencies/" + count.name};
  table.counts[3].holders = {"agencies/burnley"};
  table.counts.push_back({.name = "police", .value = 50, .holders = {"agencies/pendle"}});
  table.counts.push_back({.name = "elsewhere",
                          .availability = Availability::kNotAvailable,
                          .holders = {"agencies/pendle"}});
  table.sums.push_back({"police", {"burnley", "elsewhere"}});
  // Who held it would know Burnley's by the difference, and would not be kept from it.
  EXPECT_THAT(MustProtect(table).findings,
              Contains(AllOf(Field(&Finding::name, "burnley"),
                             Field(&Finding::attacker, "all agencies but agencies/burnley"))));
}

TEST(ProtectTest, WhatOthersHoldAnywayCannotBeProtectedAndIsNamed) {
  Table table = County(3, 30, 40);
  table.counts[0].holders = {"agencies/burnley"};
  table.counts[1].holders = table.counts[2].holders = {"agencies/other"};
  table.counts[3].known = Interval{73, 73};
  const auto release = Protect(table, {});
  EXPECT_EQ(release.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(release.status().message()), HasSubstr("burnley"));
}

TEST(ProtectTest, TheSameTableGivesTheSameRelease) {
  std::mt19937_64 random(3);
  const Table table =
      RandomCube({RandomDimension(random), RandomDimension(random)}, kDfeChildren, random);
  const ProtectedRelease first = MustProtect(table);
  const ProtectedRelease second = MustProtect(table);
  for (size_t i = 0; i < first.figures.size(); ++i) {
    EXPECT_EQ(first.figures[i].symbol, second.figures[i].symbol);
    EXPECT_EQ(first.figures[i].protects, second.figures[i].protects);
  }
}

TEST(ProtectTest, AReachedWorkLimitHidesMoreAndNeverLess) {
  std::mt19937_64 random(4);
  const Table table =
      RandomCube({RandomDimension(random), RandomDimension(random)}, kDfeChildren, random);
  Options hurried;
  hurried.most_solutions = 3;
  const ProtectedRelease full = MustProtect(table);
  const ProtectedRelease less_work = MustProtect(table, hurried);
  EXPECT_GT(less_work.cost.hidden_complementary, full.cost.hidden_complementary);
  for (const Finding& finding : less_work.findings) {
    EXPECT_TRUE(finding.is_protected || finding.is_unavoidable) << finding.name;
  }
}

}  // namespace
}  // namespace concordat::domain::disclosure
