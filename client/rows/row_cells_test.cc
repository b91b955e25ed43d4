#include "client/rows/row_cells.h"

#include <cmath>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/must.h"

namespace concordat::rows {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::vector<std::string> kHeader = {
    "measure",   "area",        "period", "breakdown_dimension", "breakdown_item", "value",
    "numerator", "denominator", "status", "provisional",         "commentary"};

// A row that is right, to be changed.
struct CellTexts {
  std::string measure = "contacts";
  std::string area = "e10000017";
  std::string period = "2018-19 Q1";
  std::string dimension = "";
  std::string item = "";
  std::string value = "12";
  std::string numerator = "";
  std::string denominator = "";
  std::string status = "";
  std::string provisional = "";
  std::string commentary = "";

  std::vector<std::string> All() const {
    return {measure,   area,        period, dimension,   item,      value,
            numerator, denominator, status, provisional, commentary};
  }
};

absl::StatusOr<std::optional<v1::SubmittedObservation>> Parse(const CellTexts& cells) {
  return Must(RowCells::Make(kHeader)).Parse(7, cells.All());
}
v1::SubmittedObservation Parsed(const CellTexts& cells) { return Must(Parse(cells)).value(); }
std::string Refusal(const CellTexts& cells) { return std::string(Parse(cells).status().message()); }
std::string RefusalOfValue(const std::string& value) { return Refusal({.value = value}); }

TEST(RowCellsTest, ARowIsReadAsItStands) {
  const auto figure = Parsed({.dimension = "category-of-abuse",
                              .item = "Neglect",
                              .value = "33.3",
                              .numerator = "1",
                              .denominator = "3",
                              .provisional = "TRUE",
                              .commentary = "two teams,\none form"});
  EXPECT_EQ(figure.row(), 7);
  EXPECT_EQ(figure.measure(), "measures/contacts");
  EXPECT_EQ(figure.area(), "areas/e10000017");
  EXPECT_EQ(figure.period().kind(), v1::Period::FINANCIAL_QUARTER);
  ASSERT_EQ(figure.breakdowns_size(), 1);
  EXPECT_EQ(figure.breakdowns(0).item(), "Neglect");
  EXPECT_EQ(figure.value(), 33.3);
  EXPECT_EQ(figure.numerator(), 1);
  EXPECT_EQ(figure.denominator(), 3);
  EXPECT_TRUE(figure.provisional());
  EXPECT_EQ(figure.commentary(), "two teams,\none form");
}

TEST(RowCellsTest, NamesMayBeWholeAndAreasTheirCodes) {
  EXPECT_EQ(Parsed({.measure = "measures/contacts"}).measure(), "measures/contacts");
  EXPECT_EQ(Parsed({.area = "areas/e10000017"}).area(), "areas/e10000017");
  EXPECT_EQ(Parsed({.area = "E10000017"}).area(), "areas/e10000017");
  EXPECT_THAT(Refusal({.area = " "}), StartsWith("area: "));
}

TEST(RowCellsTest, XAndZSayWhyThereIsNoValue) {
  for (const CellTexts& cells : {CellTexts{.value = "x"}, CellTexts{.value = "", .status = "x"},
                                 CellTexts{.value = "x", .status = "x"}}) {
    EXPECT_EQ(Parsed(cells).symbol(), v1::Observation::NOT_AVAILABLE);
    EXPECT_FALSE(Parsed(cells).has_value());
  }
  EXPECT_EQ(Parsed({.value = "z"}).symbol(), v1::Observation::NOT_APPLICABLE);
  EXPECT_THAT(Refusal({.value = "12", .status = "x"}), StartsWith("status: "));
  EXPECT_THAT(Refusal({.value = "x", .status = "z"}), StartsWith("status: "));
  EXPECT_THAT(Refusal({.value = "", .status = "c"}), StartsWith("status: "));
}

TEST(RowCellsTest, ASymbolInTheWrongPlaceOrInCapitalsIsToldWhereItStandsAndHow) {
  EXPECT_THAT(Refusal({.value = "", .numerator = "z", .denominator = "5"}),
              StartsWith("numerator: x and z stand in value alone"));
  EXPECT_THAT(Refusal({.numerator = "1", .denominator = "x"}),
              StartsWith("denominator: x and z stand in value alone"));
  EXPECT_THAT(RefusalOfValue("Z"), HasSubstr("small letters"));
}

TEST(RowCellsTest, ThereIsOneZero) { EXPECT_FALSE(std::signbit(Parsed({.value = "-0"}).value())); }

TEST(RowCellsTest, NothingIsGuessedOfWhatIsNoNumberAndTheReasonSaysWhatToWrite) {
  EXPECT_THAT(RefusalOfValue("1,234"), HasSubstr("without commas"));
  EXPECT_THAT(RefusalOfValue("12%"), HasSubstr("without the sign"));
  EXPECT_THAT(RefusalOfValue("c"), HasSubstr("service's work"));
  EXPECT_THAT(RefusalOfValue("low"), HasSubstr("service's work"));
  EXPECT_THAT(RefusalOfValue(":"), HasSubstr("x (not available)"));
  EXPECT_THAT(RefusalOfValue("~"), HasSubstr("x (not available)"));
  EXPECT_THAT(RefusalOfValue("n/a"), HasSubstr("x (not available)"));
  EXPECT_THAT(RefusalOfValue(""), HasSubstr("blank"));
  EXPECT_THAT(RefusalOfValue("1e3"), HasSubstr("all its digits"));
  EXPECT_THAT(RefusalOfValue("5.00000000000000000000000000000001"), HasSubstr("more digits"));
  EXPECT_THAT(RefusalOfValue("123456789012345678"), HasSubstr("more digits"));
  for (const char* text : {"true", "#REF!", "2018-04-01"}) {
    EXPECT_THAT(RefusalOfValue(text), HasSubstr("is no number")) << text;
  }
  for (const char* text :
       {"X", "Z", "+5", ".5", "5.", "--5", "0x10", "nan", "inf", "1 000", "£5"}) {
    EXPECT_THAT(RefusalOfValue(text), StartsWith("value: ")) << text;
  }
}

TEST(RowCellsTest, ARefusalDoesNotRepeatWhatStandsThere) {
  EXPECT_THAT(RefusalOfValue("Jane Example"), Not(HasSubstr("Jane")));
  EXPECT_THAT(Refusal({.period = "Jane Example"}), Not(HasSubstr("Jane")));
  EXPECT_THAT(Refusal({.provisional = "Jane Example"}), Not(HasSubstr("Jane")));
}

TEST(RowCellsTest, SpacesAroundATextDoNotCount) {
  EXPECT_EQ(Parsed({.value = " -1.50 "}).value(), -1.5);
}

TEST(RowCellsTest, AnAverageHasAValueAndADenominatorAlone) {
  const auto figure = Parsed({.value = "1.5", .denominator = "4"});
  EXPECT_EQ(figure.value(), 1.5);
  EXPECT_FALSE(figure.has_numerator());
  EXPECT_EQ(figure.denominator(), 4);
}

TEST(RowCellsTest, AValueMayBeLeftOutBesideItsParts) {
  const auto figure = Parsed({.value = "", .numerator = "1", .denominator = "3"});
  EXPECT_FALSE(figure.has_value());
  EXPECT_THAT(Refusal({.value = "", .numerator = "1"}), StartsWith("value: "));
}

TEST(RowCellsTest, ABreakdownIsWhole) {
  EXPECT_EQ(Parsed({.item = "Total"}).breakdowns_size(), 0);
  EXPECT_THAT(Refusal({.item = "Neglect"}), StartsWith("breakdown_dimension: "));
  EXPECT_THAT(Refusal({.dimension = "category"}), StartsWith("breakdown_item: "));
}

TEST(RowCellsTest, ARowOfBlanksIsNone) {
  EXPECT_FALSE(
      Must(Must(RowCells::Make(kHeader)).Parse(1, std::vector<std::string>(11))).has_value());
}

TEST(RowCellsTest, ARowWithMoreOrFewerCellsThanTheHeaderIsRefused) {
  const RowCells cells = Must(RowCells::Make(kHeader));
  EXPECT_THAT(std::string(cells.Parse(1, std::vector<std::string>(10)).status().message()),
              HasSubstr("has 10 cells"));
}

TEST(RowCellsTest, DaysComeWithTheirKind) {
  const RowCells cells = Must(
      RowCells::Make({"measure", "area", "period_kind", "period_start", "period_end", "value"}));
  const auto parse = [&](const std::string& kind, const std::string& start) {
    return cells.Parse(1, {"contacts", "e10000017", kind, start, "2018-06-30", "1"});
  };
  const auto figure = Must(parse("financial_quarter", "2018-04-01"));
  EXPECT_EQ(figure->period().start().month(), 4);
  EXPECT_EQ(figure->period().end().day(), 30);
  EXPECT_THAT(std::string(parse("", "2018-04-01").status().message()), StartsWith("period_kind: "));
  EXPECT_THAT(std::string(parse("MONTH", "01/04/2018").status().message()),
              StartsWith("period_start: "));
}

TEST(RowCellsTest, AHeaderThatIsNotKnownWholeIsRefused) {
  const auto refusal = [](const std::vector<std::string>& header) {
    return std::string(RowCells::Make(header).status().message());
  };
  EXPECT_THAT(refusal({"measure;area;period;value"}), HasSubstr("column 1 is not known"));
  EXPECT_THAT(refusal({"measure", "area", "period", "Value"}), HasSubstr("column 4 is not known"));
  EXPECT_THAT(refusal({"measure", "area", "periode"}), HasSubstr("column 3, `periode`, is not"));
  EXPECT_THAT(refusal({"measure", "Alice Example"}), Not(HasSubstr("Alice")));
  EXPECT_THAT(refusal({"measure", "measure"}), HasSubstr("twice"));
  EXPECT_THAT(refusal({"measure", "period", "value"}), HasSubstr("lacks area"));
  EXPECT_THAT(refusal({"measure", "area", "value"}), HasSubstr("lacks period"));
  EXPECT_THAT(refusal({"measure", "area", "period", "numerator"}), HasSubstr("lacks value"));
}

}  // namespace
}  // namespace concordat::rows
