#include "server/services/release_table.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "auth/policy.h"
#include "auth/test_agreements.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/domain/disclosure/release.h"
#include "server/store/test_grants.h"

namespace concordat::services {
namespace {

using domain::disclosure::kDfeChildren;
using domain::disclosure::kNhsHospital;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using v1::Measure;
using v1::Observation;

constexpr char kPeriod[] = "2018-04-01/2018-06-30/4";

TableFigure Submitted(const std::string& area, const std::string& breakdown = "") {
  TableFigure figure;
  figure.key = {kPeriod, area, breakdown};
  figure.revision = 1;
  figure.holders = {"agencies/police"};
  return figure;
}

TableFigure Counted(const std::string& area, double value, const std::string& breakdown = "") {
  TableFigure figure = Submitted(area, breakdown);
  figure.figure.set_value(value);
  return figure;
}

TableFigure Share(const std::string& area, double numerator, double denominator) {
  TableFigure figure = Submitted(area);
  figure.figure.set_numerator(numerator);
  figure.figure.set_denominator(denominator);
  return figure;
}

TableFigure Missing(const std::string& area) {
  TableFigure figure = Submitted(area);
  figure.revision = 0;
  figure.figure.set_symbol(Observation::NOT_AVAILABLE);
  return figure;
}

EarlierFigure Shown(TableFigure version) {
  EarlierFigure earlier;
  earlier.version = std::move(version);
  earlier.was_shown = true;
  return earlier;
}

EarlierFigure Hidden(TableFigure version) {
  EarlierFigure earlier;
  earlier.version = std::move(version);
  earlier.was_hidden = true;
  return earlier;
}

// A county of two districts, inside a police area with a unitary beside it.
class ReleaseTableTest : public ::testing::Test {
 protected:
  ReleaseTableTest() {
    measure_.set_name("measures/m");
    measure_.set_unit(Measure::COUNT);
    measure_.mutable_additivity()->set_over_area(true);
    measure_.mutable_additivity()->set_over_category(true);
    children_["areas/county"] = {"areas/east", "areas/west"};
    children_["areas/police"] = {"areas/county", "areas/unitary"};
  }

  ReleaseBlock Block(std::vector<TableFigure> figures) const {
    ReleaseBlock block;
    block.measure = std::make_shared<const Measure>(measure_);
    block.profile = profile_;
    block.figures = std::move(figures);
    return block;
  }
  // `total = part + part` of each sum that the table has.
  std::vector<std::string> SumsOf(const ReleaseBlock& block) const {
    std::vector<std::string> sums;
    const ReleaseTable table(block, children_);
    for (const auto& sum : table.table().sums) {
      sums.push_back(absl::StrCat(sum.total, " = ", absl::StrJoin(sum.parts, " + ")));
    }
    return sums;
  }
  std::vector<DisclosedFigure> Disclosed(const ReleaseBlock& block) const {
    const ReleaseTable table(block, children_);
    const auto release = domain::disclosure::Protect(table.table(), {});
    EXPECT_TRUE(release.ok()) << release.status();
    return release.ok() ? table.Disclose(*release) : std::vector<DisclosedFigure>();
  }
  std::vector<Observation::Symbol> SymbolsOf(const ReleaseBlock& block) const {
    std::vector<Observation::Symbol> symbols;
    for (const DisclosedFigure& figure : Disclosed(block)) symbols.push_back(figure.symbol);
    return symbols;
  }

  Measure measure_;
  AreaChildren children_;
  ReleaseProfile profile_{kDfeChildren, v1::DFE_CHILDREN};
};

TEST_F(ReleaseTableTest, AreasAddUpToTheAreaThatHoldsThemWithAnUnknownCountForThoseNotThere) {
  EXPECT_THAT(SumsOf(Block({Counted("areas/county", 30), Counted("areas/east", 10),
                            Counted("areas/west", 20)})),
              ElementsAre("areas/county = areas/east + areas/west"));
  EXPECT_THAT(SumsOf(Block({Counted("areas/county", 30), Counted("areas/east", 10)})),
              ElementsAre("areas/county = areas/county#others + areas/east"));
  EXPECT_THAT(SumsOf(Block({Counted("areas/county", 30), Counted("areas/unitary", 7)})), IsEmpty());
  EXPECT_THAT(SumsOf(Block({Counted("areas/police", 37), Counted("areas/east", 10)})),
              ElementsAre("areas/police = areas/county + areas/police#others",
                          "areas/county = areas/county#others + areas/east"));
}

TEST_F(ReleaseTableTest, AnAreaWithoutAFigureStandsBetweenItsPartsAndWhatItIsAPartOf) {
  EXPECT_THAT(SumsOf(Block({Counted("areas/police", 37), Counted("areas/unitary", 7),
                            Counted("areas/east", 10), Counted("areas/west", 20)})),
              ElementsAre("areas/police = areas/county + areas/unitary",
                          "areas/county = areas/east + areas/west"));
}

TEST_F(ReleaseTableTest, ItemsAddUpToTheFigureWithoutBreakdownWithAnUnknownCountForThoseNotThere) {
  Measure::Dimension& dimension = *measure_.add_dimensions();
  dimension.set_name("category");
  dimension.add_items("Neglect");
  dimension.add_items("Not known");
  EXPECT_THAT(
      SumsOf(Block({Counted("areas/east", 30), Counted("areas/east", 21, "category=Neglect"),
                    Counted("areas/east", 9, "category=Not known")})),
      ElementsAre("areas/east = areas/east|category=Neglect + "
                  "areas/east|category=Not known"));
  EXPECT_THAT(
      SumsOf(Block({Counted("areas/east", 30), Counted("areas/east", 21, "category=Neglect")})),
      ElementsAre("areas/east = areas/east|category#others + areas/east|category=Neglect"));
}

TEST_F(ReleaseTableTest, APartThatNobodySentDoesNotLetAReaderSubtractTheOthers) {
  children_["areas/county"] = {"areas/east", "areas/north", "areas/west"};
  // 38 - 37 leaves 1 for west, of which `c` says that it is not zero.
  const ReleaseBlock block =
      Block({Counted("areas/county", 38), Counted("areas/east", 37), Counted("areas/west", 1)});
  const std::vector<Observation::Symbol> symbols = SymbolsOf(block);
  ASSERT_EQ(symbols.size(), 3);
  EXPECT_EQ(symbols[2], Observation::CONFIDENTIAL);
  EXPECT_TRUE(symbols[0] == Observation::CONFIDENTIAL || symbols[1] == Observation::CONFIDENTIAL);
}

TEST_F(ReleaseTableTest, WhatOthersKnowAnywayIsKeptFromThoseWhoDoNot) {
  const auto of = [](std::string agency, TableFigure figure) {
    figure.holders = {std::move(agency)};
    return figure;
  };
  // The council and the constabulary together know the unitary's 3: 153 - 150.
  const std::vector<Observation::Symbol> symbols =
      SymbolsOf(Block({of("agencies/police", Counted("areas/police", 153)),
                       of("agencies/council", Counted("areas/county", 150)),
                       of("agencies/unitary", Counted("areas/unitary", 3))}));
  ASSERT_EQ(symbols.size(), 3);
  EXPECT_EQ(symbols[2], Observation::CONFIDENTIAL);
  EXPECT_TRUE(symbols[0] == Observation::CONFIDENTIAL || symbols[1] == Observation::CONFIDENTIAL);
}

TEST_F(ReleaseTableTest, ItemsThatTheMeasureDoesNotHaveKeepTheirPlaceInTheSum) {
  const std::vector<TableFigure> figures = {Counted("areas/east", 30),
                                            Counted("areas/east", 3, "category=Neglect"),
                                            Counted("areas/east", 17, "category=Physical")};
  EXPECT_THAT(SumsOf(Block(figures)),
              ElementsAre("areas/east = areas/east|category#others + "
                          "areas/east|category=Neglect + areas/east|category=Physical"));
}

TEST_F(ReleaseTableTest, ItemsMayBeCalledWhatTheTableCallsItsOwnCounts) {
  Measure::Dimension& dimension = *measure_.add_dimensions();
  dimension.set_name("category");
  for (const char* item : {"A", "A@1", "#others"}) dimension.add_items(item);
  ReleaseBlock block = Block({Counted("areas/east", 40), Counted("areas/east", 21, "category=A"),
                              Counted("areas/east", 9, "category=A@1"),
                              Counted("areas/east", 10, "category=#others")});
  block.figures[1].revision = 2;
  block.earlier.push_back({kDfeChildren, {Shown(Counted("areas/east", 20, "category=A"))}});
  const ReleaseTable table(block, children_);
  EXPECT_TRUE(domain::disclosure::Validate(table.table()).ok());
  EXPECT_THAT(table.broken_sums(), IsEmpty());
}

TEST_F(ReleaseTableTest, LargeCountsThatDifferInTheirLastDigitAreTwoVersions) {
  ReleaseBlock block =
      Block({Counted("areas/county", 1'000'007), Counted("areas/east", 1'000'000)});
  block.figures[0].revision = 2;
  block.earlier.push_back(
      {kDfeChildren,
       {Shown(Counted("areas/county", 1'000'012)), Shown(Counted("areas/east", 1'000'000))}});
  EXPECT_THAT(SumsOf(block),
              Contains("@1 areas/county = @release2 areas/county#others + areas/east"));
}

TEST_F(ReleaseTableTest, APercentageOfAPublicDenominatorGoesWhenItsRestIsSmall) {
  measure_.set_unit(Measure::PERCENT);
  measure_.set_denominator_public(true);
  EXPECT_THAT(SymbolsOf(Block({Share("areas/east", 97, 100), Share("areas/west", 60, 100)})),
              ElementsAre(Observation::CONFIDENTIAL, Observation::NONE));
}

TEST_F(ReleaseTableTest, NoneOfAFewWhoAreKnownIsShownAsATrueZero) {
  measure_.set_unit(Measure::PERCENT);
  measure_.set_denominator_public(true);
  EXPECT_THAT(SymbolsOf(Block({Share("areas/east", 0, 5), Share("areas/west", 60, 100)})),
              ElementsAre(Observation::NONE, Observation::NONE));
}

TEST_F(ReleaseTableTest, WhoeverHasNoFigureHasNotMoreThanIsLeftOfAPublicDenominator) {
  measure_.set_unit(Measure::PERCENT);
  measure_.set_denominator_public(true);
  const TableFigure county = Share("areas/county", 6, 100);
  const TableFigure east = Share("areas/east", 5, 99);
  // One is left for west, so 6 of the county would be 5 or 6 of east.
  for (const ReleaseBlock& block :
       {Block({county, east}), Block({county, east, Missing("areas/west")})}) {
    EXPECT_EQ(Disclosed(block)[0].symbol, Observation::CONFIDENTIAL);
    EXPECT_EQ(Disclosed(block)[1].symbol, Observation::CONFIDENTIAL);
  }
  // Enough are left.
  EXPECT_EQ(Disclosed(Block({county, Share("areas/east", 5, 60)}))[0].symbol, Observation::NONE);
}

TEST_F(ReleaseTableTest, APopulationThatWasRevisedBoundsTheSameNumeratorOnceMore) {
  measure_.set_unit(Measure::PERCENT);
  measure_.set_denominator_public(true);
  ReleaseBlock block = Block({Share("areas/county", 6, 100), Share("areas/east", 5, 60)});
  block.earlier.push_back(
      {kDfeChildren, {Hidden(Share("areas/county", 6, 70)), Hidden(Share("areas/east", 5, 69))}});
  EXPECT_THAT(SumsOf(block),
              IsSupersetOf({"areas/county#numerator = @1 areas/county#numerator",
                            "areas/east#numerator = @1 areas/east#numerator",
                            "@1 areas/county#denominator = @1 areas/east#denominator + "
                            "@release2 areas/county#others#denominator"}));
  EXPECT_THAT(SymbolsOf(block), ElementsAre(Observation::CONFIDENTIAL, Observation::CONFIDENTIAL));
}

TEST_F(ReleaseTableTest, ANumeratorThatWasShownIsKnownBesideARevisedPopulationToo) {
  measure_.set_unit(Measure::PERCENT);
  measure_.set_denominator_public(true);
  measure_.set_decimal_places(1);
  ReleaseBlock block = Block({Share("areas/county", 63, 40300), Share("areas/east", 60, 20200),
                              Share("areas/west", 3, 20100)});
  for (TableFigure& figure : block.figures) figure.revision = 2;
  block.earlier.push_back(
      {kDfeChildren,
       {Shown(Share("areas/county", 72, 40000)), Shown(Share("areas/east", 60, 20000)),
        Shown(Share("areas/west", 12, 20000))}});
  EXPECT_THAT(SumsOf(block), Contains("areas/east#numerator = @1 areas/east#numerator"));
  // 63 less what was shown of east before is west.
  EXPECT_THAT(SymbolsOf(block),
              ElementsAre(Observation::CONFIDENTIAL, Observation::NONE, Observation::CONFIDENTIAL));
}

TEST_F(ReleaseTableTest, PublicPopulationsThatDoNotAddUpAreNotForAnybodyToPutRight) {
  measure_.set_unit(Measure::PERCENT);
  measure_.set_denominator_public(true);
  const ReleaseBlock block = Block({Share("areas/county", 60, 1000), Share("areas/east", 20, 600),
                                    Share("areas/west", 40, 500)});
  EXPECT_THAT(ReleaseTable(block, children_).broken_sums(), IsEmpty());
  EXPECT_THAT(SymbolsOf(block),
              ElementsAre(Observation::NONE, Observation::NONE, Observation::NONE));
}

TEST_F(ReleaseTableTest, ARateOfNearlyAllGoesAsAShareDoes) {
  measure_.set_unit(Measure::RATE);
  measure_.set_rate_per(100);
  EXPECT_THAT(SymbolsOf(Block({Share("areas/east", 97, 100), Share("areas/west", 60, 100)})),
              ElementsAre(Observation::CONFIDENTIAL, Observation::NONE));
}

TEST_F(ReleaseTableTest, AnAverageOfARoundedNumberOfCasesIsRoundedTooSoThatItDoesNotTellIt) {
  profile_ = {kNhsHospital, v1::NHS_HOSPITAL};
  measure_.set_unit(Measure::DAYS);
  measure_.set_decimal_places(1);
  // 139 days of 13 cases, and of no other number from 13 to 17.
  TableFigure figure = Counted("areas/east", 10.692307692308);
  figure.figure.set_denominator(13);
  const std::vector<DisclosedFigure> figures = Disclosed(Block({figure}));
  EXPECT_EQ(figures[0].value, 11);
  EXPECT_EQ(figures[0].denominator, 15);
  EXPECT_TRUE(figures[0].is_rounded);
}

TEST_F(ReleaseTableTest, PartsThatNobodySentAreNotSmallByThemselves) {
  EXPECT_THAT(SymbolsOf(Block({Counted("areas/county", 38), Counted("areas/east", 10)})),
              ElementsAre(Observation::NONE, Observation::NONE));
  // What is left is 2, of whoever was not sent.
  EXPECT_THAT(SymbolsOf(Block({Counted("areas/county", 38), Counted("areas/east", 36)})),
              Contains(Observation::CONFIDENTIAL));
}

TEST_F(ReleaseTableTest, CountsAddUpUndeclaredOnlyWhereThatComesOutRight) {
  measure_.clear_additivity();
  EXPECT_THAT(SumsOf(Block({Counted("areas/county", 30), Counted("areas/east", 10),
                            Counted("areas/west", 20)})),
              ElementsAre("areas/county = areas/east + areas/west"));
  const ReleaseBlock other =
      Block({Counted("areas/county", 29), Counted("areas/east", 10), Counted("areas/west", 20)});
  EXPECT_THAT(SumsOf(other), IsEmpty());
  EXPECT_THAT(ReleaseTable(other, children_).broken_sums(), IsEmpty());
  EXPECT_THAT(SumsOf(Block({Counted("areas/county", 30), Counted("areas/east", 10)})), IsEmpty());
}

TEST_F(ReleaseTableTest, ADeclaredSumThatDoesNotHoldIsNamed) {
  for (const Measure::Unit unit : {Measure::COUNT, Measure::PERCENT}) {
    measure_.set_unit(unit);
    const auto of = [unit](const std::string& area, double count) {
      return unit == Measure::COUNT ? Counted(area, count) : Share(area, count, 400);
    };
    for (const double total : {29, 31}) {
      const ReleaseBlock block =
          Block({of("areas/county", total), of("areas/east", 10), of("areas/west", 20)});
      EXPECT_THAT(ReleaseTable(block, children_).broken_sums(),
                  ElementsAre(BrokenSum{"areas/county", "", ""}))
          << unit << " " << total;
    }
  }
}

TEST_F(ReleaseTableTest, WhatIsMissingFromATotalIsAnUnknownCountAndWhatIsTooMuchMakesNoSum) {
  EXPECT_THAT(SumsOf(Block({Counted("areas/county", 31), Counted("areas/east", 10),
                            Counted("areas/west", 20)})),
              ElementsAre("areas/county = @rest0 areas/county + areas/east + areas/west"));
  EXPECT_THAT(SumsOf(Block({Counted("areas/county", 29), Counted("areas/east", 10),
                            Counted("areas/west", 20)})),
              IsEmpty());
  measure_.set_unit(Measure::PERCENT);
  // 42 less 40 leaves one or two for west, though one child lives nowhere.
  EXPECT_THAT(SymbolsOf(Block({Share("areas/county", 42, 400), Share("areas/east", 40, 200),
                               Share("areas/west", 1, 199)})),
              Contains(Observation::CONFIDENTIAL).Times(Ge(2)));
}

TEST_F(ReleaseTableTest, AnAreaThatReportsNothingHidesNothingInASumThatComesOutRight) {
  children_["areas/county"].push_back("areas/new");
  EXPECT_THAT(SumsOf(Block({Counted("areas/county", 25), Counted("areas/east", 20),
                            Counted("areas/west", 5)})),
              ElementsAre("areas/county = areas/east + areas/west"));
}

TEST_F(ReleaseTableTest, NumeratorsAndDenominatorsAddUpWhereTheyDoInTruth) {
  measure_.set_unit(Measure::PERCENT);
  measure_.clear_additivity();
  EXPECT_THAT(SumsOf(Block({Share("areas/county", 30, 99), Share("areas/east", 10, 40),
                            Share("areas/west", 20, 60)})),
              ElementsAre("areas/county#numerator = areas/east#numerator + areas/west#numerator"));
}

TEST_F(ReleaseTableTest, NumeratorsAddUpAcrossATotalThatWasNotSent) {
  measure_.set_unit(Measure::PERCENT);
  measure_.clear_additivity();
  // 70 - 30 - 37 leaves 3 for west.
  const ReleaseBlock block =
      Block({Share("areas/police", 70, 200), Share("areas/unitary", 30, 80),
             Missing("areas/county"), Share("areas/east", 37, 60), Share("areas/west", 3, 60)});
  EXPECT_THAT(SumsOf(block), IsSupersetOf({"areas/police#numerator = areas/county#numerator + "
                                           "areas/unitary#numerator",
                                           "areas/county#numerator = areas/east#numerator + "
                                           "areas/west#numerator"}));
  const std::vector<Observation::Symbol> symbols = SymbolsOf(block);
  EXPECT_EQ(absl::c_count(symbols, Observation::CONFIDENTIAL), 2);
}

TEST_F(ReleaseTableTest, AShareWithoutItsCountsKeepsItsPlaceInTheSum) {
  measure_.set_unit(Measure::PERCENT);
  // 40 - 38 leaves 2 for west, which sent its percentage alone.
  const ReleaseBlock block = Block(
      {Share("areas/county", 40, 80), Share("areas/east", 38, 60), Counted("areas/west", 10)});
  EXPECT_THAT(SumsOf(block), Contains("areas/county#numerator = areas/east#numerator + "
                                      "areas/west#numerator"));
  EXPECT_THAT(SymbolsOf(block), Contains(Observation::CONFIDENTIAL).Times(Ge(2)));
}

TEST_F(ReleaseTableTest, NoShareIsAboveOneThoughItsCountsAreUnknown) {
  measure_.set_unit(Measure::PERCENT);
  const ReleaseBlock block =
      Block({Share("areas/county", 40, 80), Share("areas/east", 20, 40), Missing("areas/west")});
  const ReleaseTable table(block, children_);
  const auto is_share = [](const ReleaseTable& made) {
    const auto ratio = absl::c_find_if(made.table().ratios,
                                       [](const auto& each) { return each.name == "areas/west"; });
    return ratio != made.table().ratios.end() && ratio->is_share;
  };
  EXPECT_TRUE(is_share(table));
  // More cases than there are leaves nothing to conclude.
  const ReleaseBlock broken =
      Block({Share("areas/county", 40, 80), Share("areas/east", 20, 75), Missing("areas/west")});
  EXPECT_FALSE(is_share(ReleaseTable(broken, children_)));
}

TEST_F(ReleaseTableTest, NoRateIsAboveItsDenominatorWhereMostAreNot) {
  measure_.set_unit(Measure::RATE);
  measure_.set_rate_per(1000);
  const auto is_share = [this](double numerator) {
    const ReleaseBlock block = Block({Share("areas/county", 90, 180),
                                      Share("areas/east", numerator, 40), Missing("areas/west")});
    const ReleaseTable table(block, children_);
    return absl::c_any_of(table.table().ratios, [](const auto& ratio) {
      return ratio.name == "areas/west" && ratio.is_share;
    });
  };
  EXPECT_TRUE(is_share(20));
  EXPECT_FALSE(is_share(41)) << "a rate of something else";
  // A single one may be a mistake: one is left for west, so 6 would be 5 or 6 of east.
  EXPECT_THAT(SymbolsOf(Block({Share("areas/county", 6, 100), Share("areas/east", 5, 99),
                               Share("areas/unitary", 30, 20)})),
              ElementsAre(Observation::CONFIDENTIAL, Observation::CONFIDENTIAL, Observation::NONE));
}

TEST_F(ReleaseTableTest, SumsThatCannotHoldTogetherAreNamed) {
  // The county is 63 by the police area, and 70 by its districts.
  const ReleaseBlock block =
      Block({Counted("areas/police", 90), Counted("areas/unitary", 27), Missing("areas/county"),
             Counted("areas/east", 50), Counted("areas/west", 20)});
  EXPECT_THAT(ReleaseTable(block, children_).broken_sums(), SizeIs(1));
}

TEST_F(ReleaseTableTest, OneSmallCountOfAShareHidesAllOfIt) {
  measure_.set_unit(Measure::PERCENT);
  const std::vector<DisclosedFigure> figures = Disclosed(Block(
      {Share("areas/east", 3, 40), Share("areas/west", 38, 40), Share("areas/unitary", 20, 40)}));
  ASSERT_EQ(figures.size(), 3);
  // 3 is small, and so is the rest of the second, 2.
  for (const DisclosedFigure& figure : {figures[0], figures[1]}) {
    EXPECT_EQ(figure.symbol, Observation::CONFIDENTIAL);
    EXPECT_EQ(figure.why, v1::DisclosureReport::HiddenFigure::PRIMARY);
    EXPECT_FALSE(figure.value.has_value() || figure.numerator.has_value() ||
                 figure.denominator.has_value());
  }
  EXPECT_EQ(figures[2].symbol, Observation::NONE);
  EXPECT_EQ(figures[2].value, 50);
  EXPECT_EQ(figures[2].numerator, 20);
  EXPECT_EQ(figures[2].denominator, 40);
}

// The county has 2 cases more than its districts, 1 of them in the numerator: 39 − 28 of it and
// 26 − 17 of the west leave the east a small rest of 2 at most.
TEST_F(ReleaseTableTest, WhatIsLeftOfNumeratorsIsNotAboveWhatIsLeftOfDenominators) {
  measure_.set_unit(Measure::PERCENT);
  measure_.set_decimal_places(1);
  Measure::Dimension& dimension = *measure_.add_dimensions();
  dimension.set_name("sex");
  dimension.add_items("F");
  dimension.add_items("M");
  measure_.clear_additivity();
  const auto item = [](const std::string& area, const std::string& name, double numerator,
                       double denominator) {
    TableFigure figure = Share(area, numerator, denominator);
    figure.key.breakdown = "sex=" + name;
    return figure;
  };
  const ReleaseBlock block =
      Block({Share("areas/county", 28, 39), Share("areas/east", 9, 11), Share("areas/west", 17, 26),
             item("areas/county", "F", 12, 19), item("areas/county", "M", 16, 20),
             item("areas/east", "F", 3, 4), item("areas/east", "M", 6, 7),
             item("areas/west", "F", 7, 13), item("areas/west", "M", 10, 13)});
  EXPECT_THAT(ReleaseTable(block, children_).broken_sums(), IsEmpty());
  const std::vector<Observation::Symbol> symbols = SymbolsOf(block);
  EXPECT_EQ(symbols[1], Observation::CONFIDENTIAL);
  EXPECT_TRUE(symbols[0] == Observation::CONFIDENTIAL || symbols[2] == Observation::CONFIDENTIAL);
}

TEST_F(ReleaseTableTest, AShareWithoutItsCountsCannotBeProtectedAndIsHidden) {
  measure_.set_unit(Measure::PERCENT);
  EXPECT_THAT(SymbolsOf(Block({Counted("areas/east", 12.5)})),
              ElementsAre(Observation::CONFIDENTIAL));
  profile_ = {domain::disclosure::kAlreadyPublic, v1::ALREADY_PUBLIC};
  EXPECT_THAT(SymbolsOf(Block({Counted("areas/east", 12.5)})), ElementsAre(Observation::NONE));
}

TEST_F(ReleaseTableTest, AnAverageIsShownOnlyWhereItIsOfEnoughCases) {
  measure_.set_unit(Measure::DAYS);
  TableFigure few = Counted("areas/east", 12.5);
  few.figure.set_denominator(4);
  TableFigure many = Counted("areas/west", 14.25);
  many.figure.set_denominator(40);
  // Of how many cases it is, nobody said.
  const TableFigure unsaid = Counted("areas/unitary", 9);
  EXPECT_THAT(SymbolsOf(Block({few, many, unsaid})),
              ElementsAre(Observation::CONFIDENTIAL, Observation::NONE, Observation::CONFIDENTIAL));
  measure_.set_denominator_public(true);
  EXPECT_THAT(SymbolsOf(Block({unsaid})), ElementsAre(Observation::NONE));
  measure_.set_denominator_public(false);
  profile_ = {domain::disclosure::kAlreadyPublic, v1::ALREADY_PUBLIC};
  EXPECT_THAT(SymbolsOf(Block({unsaid})), ElementsAre(Observation::NONE));
}

TEST_F(ReleaseTableTest, RoundedCountsAreShownRoundedAndSoAreTheirShares) {
  profile_ = {kNhsHospital, v1::NHS_HOSPITAL};
  std::vector<DisclosedFigure> figures = Disclosed(Block({Counted("areas/east", 23)}));
  EXPECT_EQ(figures[0].value, 25);
  EXPECT_TRUE(figures[0].is_rounded);
  measure_.set_unit(Measure::PERCENT);
  figures = Disclosed(Block({Share("areas/east", 23, 101)}));
  EXPECT_EQ(figures[0].numerator, 25);
  EXPECT_EQ(figures[0].denominator, 100);
  EXPECT_EQ(figures[0].value, 25);
}

TEST_F(ReleaseTableTest, AMissingFigureKeepsItsSymbolAndItsPlaceInTheSum) {
  // What is missing would be 30 - 27 = 3.
  const ReleaseBlock block =
      Block({Counted("areas/county", 30), Counted("areas/east", 27), Missing("areas/west")});
  EXPECT_THAT(SumsOf(block), ElementsAre("areas/county = areas/east + areas/west"));
  EXPECT_THAT(SymbolsOf(block), UnorderedElementsAre(Observation::NOT_AVAILABLE,
                                                     Observation::CONFIDENTIAL, ::testing::_));
}

TEST_F(ReleaseTableTest, WhatAnEarlierReleaseHidStaysHiddenThoughItIsNoLongerSmall) {
  ReleaseBlock block = Block({Counted("areas/east", 30)});
  block.figures[0].revision = 2;
  block.earlier.push_back({kDfeChildren, {Hidden(Counted("areas/east", 3))}});
  const std::vector<DisclosedFigure> figures = Disclosed(block);
  EXPECT_EQ(figures[0].symbol, Observation::CONFIDENTIAL);
  EXPECT_EQ(figures[0].why, v1::DisclosureReport::HiddenFigure::CARRIED_OVER);
}

TEST_F(ReleaseTableTest, OldSumsStandBesideTheNewOnesWithTheRevisionsThatTheyHad) {
  ReleaseBlock block =
      Block({Counted("areas/county", 45), Counted("areas/east", 25), Counted("areas/west", 20)});
  block.figures[0].revision = 2;
  block.figures[1].revision = 2;
  block.earlier.push_back({kDfeChildren,
                           {Shown(Counted("areas/county", 30)), Shown(Counted("areas/east", 10)),
                            Shown(Counted("areas/west", 20))}});
  EXPECT_THAT(SumsOf(block), UnorderedElementsAre("areas/county = areas/east + areas/west",
                                                  "@1 areas/county = @1 areas/east + areas/west"));
}

TEST_F(ReleaseTableTest, ARevisionThatLeavesTheCountsAsTheyWereIsNoOtherVersion) {
  const auto revised = [](TableFigure figure, double value) {
    figure.revision = 2;
    figure.figure.set_value(value);
    return figure;
  };
  const auto average = [](const std::string& area, double value, double cases) {
    TableFigure figure = Counted(area, value);
    figure.figure.set_denominator(cases);
    return figure;
  };
  const std::vector<std::string> sums = {"areas/county = areas/east + areas/west",
                                         "@1 areas/county = @1 areas/west + areas/east"};
  const auto check = [&](const std::vector<TableFigure>& first,
                         const std::vector<TableFigure>& second, absl::string_view ending) {
    ReleaseBlock block = Block(second);
    block.earlier.push_back({kDfeChildren, {}});
    for (const TableFigure& figure : first) block.earlier[0].figures.push_back(Shown(figure));
    std::vector<std::string> expected;
    for (const std::string& sum : sums) {
      std::string named = absl::StrCat(sum, " ");
      absl::StrReplaceAll({{"county ", absl::StrCat("county", ending, " ")},
                           {"east ", absl::StrCat("east", ending, " ")},
                           {"west ", absl::StrCat("west", ending, " ")}},
                          &named);
      named.pop_back();
      expected.push_back(named);
    }
    EXPECT_THAT(SumsOf(block), IsSupersetOf(expected));
    // 63 less what was shown of east before is west.
    EXPECT_THAT(SymbolsOf(block), Contains(Observation::CONFIDENTIAL).Times(2));
  };

  measure_.set_unit(Measure::PERCENT);
  check(
      {Share("areas/county", 72, 400), Share("areas/east", 60, 200), Share("areas/west", 12, 200)},
      {revised(Share("areas/county", 63, 400), 15.75), revised(Share("areas/east", 60, 200), 30.01),
       revised(Share("areas/west", 3, 200), 1.5)},
      "#numerator");

  measure_.set_unit(Measure::DAYS);
  check(
      {average("areas/county", 9, 72), average("areas/east", 9, 60), average("areas/west", 9, 12)},
      {revised(average("areas/county", 9, 63), 8), revised(average("areas/east", 9, 60), 8),
       revised(average("areas/west", 9, 3), 8)},
      "#denominator");

  measure_.set_rate_per(10000);
  measure_.set_denominator_public(true);
  measure_.set_unit(Measure::RATE);
  check(
      {Share("areas/county", 72, 40000), Share("areas/east", 60, 20000),
       Share("areas/west", 12, 20000)},
      {revised(Share("areas/county", 63, 40300), 15.6),
       revised(Share("areas/east", 60, 20200), 29.7), revised(Share("areas/west", 3, 20100), 1.5)},
      "#numerator");
}

TEST_F(ReleaseTableTest, AShareOfWhatIsRoundedToNothingIsHidden) {
  profile_ = {{3, 10, false}, v1::CUSTOM};
  measure_.set_unit(Measure::PERCENT);
  EXPECT_THAT(SymbolsOf(Block({Share("areas/east", 3, 3)})),
              ElementsAre(Observation::CONFIDENTIAL));
}

TEST_F(ReleaseTableTest, WhatIsNotAvailableMayHaveChangedBetweenReleases) {
  ReleaseBlock block =
      Block({Counted("areas/police", 110), Counted("areas/unitary", 47), Missing("areas/county"),
             Counted("areas/east", 60), Counted("areas/west", 3)});
  block.figures[0].revision = 2;
  block.figures[3].revision = 2;
  EarlierFigure total;
  total.version = Missing("areas/county");
  block.earlier.push_back(
      {kDfeChildren,
       {Shown(Counted("areas/police", 100)), Shown(Counted("areas/unitary", 47)), total,
        Hidden(Counted("areas/east", 50)), Hidden(Counted("areas/west", 3))}});
  EXPECT_THAT(SymbolsOf(block),
              ElementsAre(Observation::NONE, Observation::NONE, Observation::NOT_AVAILABLE,
                          Observation::CONFIDENTIAL, Observation::CONFIDENTIAL));
}

TEST_F(ReleaseTableTest, AShareWithoutItsCountsMayBeOfOthersInEachRelease) {
  measure_.set_unit(Measure::PERCENT);
  ReleaseBlock block = Block(
      {Share("areas/county", 30, 30), Share("areas/east", 20, 20), Counted("areas/west", 100)});
  block.figures[0].revision = 2;
  block.earlier.push_back(
      {kDfeChildren,
       {Shown(Share("areas/county", 60, 60)), Shown(Share("areas/east", 20, 20)),
        Hidden(Counted("areas/west", 100))}});
  // One count in both would be 10 and 40, and the sums could not hold together.
  EXPECT_THAT(SumsOf(block),
              IsSupersetOf({"areas/county#numerator = areas/east#numerator + areas/west#numerator",
                            "@1 areas/county#numerator = @release2 areas/west#numerator + "
                            "areas/east#numerator"}));
}

TEST_F(ReleaseTableTest, TheSameFiguresInAnEarlierReleaseSayNothingMore) {
  ReleaseBlock block = Block({Counted("areas/police", 100), Counted("areas/unitary", 47),
                              Missing("areas/county"), Counted("areas/east", 50)});
  const size_t counts = ReleaseTable(block, children_).table().counts.size();
  EarlierRelease earlier = {kDfeChildren, {}};
  for (const TableFigure& figure : block.figures) earlier.figures.push_back(Shown(figure));
  block.earlier = {earlier, earlier};
  EXPECT_EQ(ReleaseTable(block, children_).table().counts.size(), counts);
}

TEST(ReleaseProfileTest, EveryAgreementThatLetsAMeasureOutAndHasNotEndedTightensItsRule) {
  Measure measure;
  measure.set_name("measures/m");
  measure.set_disclosure_minimum(3);
  measure.set_disclosure_profile(v1::CUSTOM);
  v1::Agreement agreement = auth::SharingPlansWith("agencies/police");
  agreement.mutable_scope()->add_measures("measures/m");
  agreement.mutable_scope()->add_releases("releases/-");
  agreement.mutable_scope()->add_data_sets(v1::RELEASES);
  agreement.set_disclosure_profile(v1::NHS_HOSPITAL);
  const auto rule = [&] {
    auth::Policy::Source source;
    source.agreements = {agreement};
    return StrictestProfile(measure, "releases/r", auth::Policy(source), store::kNoon, {});
  };
  EXPECT_EQ(rule().rule, kNhsHospital);
  EXPECT_EQ(rule().name, v1::NHS_HOSPITAL);
  agreement.set_state(v1::Agreement::SUSPENDED);
  EXPECT_EQ(rule().rule, kNhsHospital);
  agreement.set_state(v1::Agreement::ENDED);
  EXPECT_EQ(rule().rule, (domain::disclosure::Profile{3, 1, false}));
  agreement.set_state(v1::Agreement::ACTIVE);
  agreement.mutable_scope()->set_releases(0, "releases/another");
  EXPECT_EQ(rule().rule, (domain::disclosure::Profile{3, 1, false}));
}

TEST(ReleaseProfileTest, AMeasureWithoutAMinimumIsAlreadyPublic) {
  Measure measure;
  EXPECT_EQ(StrictestProfile(measure, "releases/r", auth::Policy({}), store::kNoon, {}).name,
            v1::ALREADY_PUBLIC);
  measure.set_disclosure_minimum(10);
  EXPECT_EQ(StrictestProfile(measure, "releases/r", auth::Policy({}), store::kNoon, {})
                .rule.minimum_shown,
            10);
}

}  // namespace
}  // namespace concordat::services
