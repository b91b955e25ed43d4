#include "server/domain/extract.h"

#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/civil_time.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "server/domain/test_rows.h"

namespace concordat::domain {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Area OneArea(const char* code, const char* name, const char* old_code = "") {
  v1::Area area;
  area.set_code(code);
  area.set_display_name(name);
  area.set_old_code(old_code);
  return area;
}

class ExtractTest : public ::testing::Test {
 protected:
  ExtractTest() {
    measure_.set_name("measures/referrals-rate");
    measure_.set_display_name("Referrals");
    measure_.set_unit(v1::Measure::RATE);
    measure_.set_rate_per(10000);
    measure_.set_decimal_places(1);
    observation_.set_value(403.9);
    SetPeriod(v1::Period::FINANCIAL_YEAR, absl::CivilDay(2017, 4, 1), absl::CivilDay(2018, 3, 31));
    observation_.mutable_source()->set_document("performance-2018");
    observation_.mutable_source()->set_line(452);
    areas_.nation = &england_;
    areas_.region = &north_west_;
    areas_.authority = &lancashire_;
  }

  void SetPeriod(v1::Period::Kind kind, absl::CivilDay start, absl::CivilDay end) {
    observation_.mutable_period()->set_kind(kind);
    *observation_.mutable_period()->mutable_start() = ToDate(start);
    *observation_.mutable_period()->mutable_end() = ToDate(end);
  }

  std::string Csv() const { return RowOf(*MakeCsvWriter(), observation_, measure_, areas_); }
  std::string Ndjson() const { return RowOf(*MakeNdjsonWriter(), observation_, measure_, areas_); }

  // One column of the CSV row, as it is written. Only for rows without quoted
  // separators.
  std::string Column(const std::string& name) const {
    const std::string header = MakeCsvWriter()->Head();
    const std::string row = Csv();
    const std::vector<std::string> names = absl::StrSplit(header.substr(0, header.size() - 2), ',');
    const std::vector<std::string> cells = absl::StrSplit(row.substr(0, row.size() - 2), ',');
    EXPECT_EQ(names.size(), cells.size()) << row;
    for (size_t i = 0; i < names.size() && i < cells.size(); ++i) {
      if (names[i] == name) return cells[i];
    }
    ADD_FAILURE() << "no column " << name;
    return "";
  }

  // One member of the JSON row, read by an independent parser.
  google::protobuf::Value Member(const std::string& name) const {
    google::protobuf::Struct object;
    const auto status = google::protobuf::util::JsonStringToMessage(Ndjson(), &object);
    EXPECT_TRUE(status.ok()) << status.ToString() << Ndjson();
    EXPECT_TRUE(object.fields().contains(name)) << name;
    return object.fields().contains(name) ? object.fields().at(name) : google::protobuf::Value();
  }

  const v1::Area england_ = OneArea("E92000001", "England");
  const v1::Area north_west_ = OneArea("E12000002", "North West");
  const v1::Area police_ = OneArea("E23000003", "Lancashire Constabulary");
  const v1::Area lancashire_ = OneArea("E10000017", "Lancashire", "888");
  const v1::Area burnley_ = OneArea("E07000117", "Burnley");
  v1::Measure measure_;
  v1::Observation observation_;
  AreaPath areas_;
};

TEST_F(ExtractTest, HeaderNamesEveryColumn) {
  EXPECT_EQ(MakeCsvWriter()->Head(),
            "time_period,time_identifier,geographic_level,country_code,country_name,region_code,"
            "region_name,pfa_code,pfa_name,old_la_code,new_la_code,la_name,lad_code,lad_name,"
            "measure,measure_name,unit,comparator,average,neighbour_set,breakdown_dimension,"
            "breakdown_item,value,numerator,denominator,provisional,period_start,period_end,source_"
            "document,"
            "source_line\r\n");
}

TEST_F(ExtractTest, CsvRowHoldsTheFigureAndItsPlace) {
  EXPECT_EQ(Csv(),
            "201718,Financial year,Local authority,E92000001,England,E12000002,North West,,,888,"
            "E10000017,Lancashire,,,referrals-rate,Referrals,per 10000,Own,,,,Total,403.9,x,x,"
            "false,2017-04-01,2018-03-31,performance-2018,452\r\n");
}

TEST_F(ExtractTest, NdjsonRowHoldsTheSame) {
  EXPECT_EQ(Ndjson(),
            R"({"time_period":"201718","time_identifier":"Financial year",)"
            R"("geographic_level":"Local authority","country_code":"E92000001",)"
            R"("country_name":"England","region_code":"E12000002","region_name":"North West",)"
            R"("pfa_code":null,"pfa_name":null,"old_la_code":"888","new_la_code":"E10000017",)"
            R"("la_name":"Lancashire","lad_code":null,"lad_name":null,)"
            R"("measure":"referrals-rate","measure_name":"Referrals","unit":"per 10000",)"
            R"("comparator":"Own","average":null,"neighbour_set":null,)"
            R"("breakdown_dimension":null,"breakdown_item":"Total",)"
            R"("value":403.9,"symbol":null,"numerator":null,"denominator":null,)"
            R"("provisional":false,"period_start":"2017-04-01","period_end":"2018-03-31",)"
            R"("source_document":"performance-2018","source_line":452})"
            "\n");
}

TEST_F(ExtractTest, RowsAreAppended) {
  const auto writer = MakeNdjsonWriter();
  const PeriodCells period_cells = writer->CellsOf(observation_.period());
  const std::string area_cells = writer->CellsOf(areas_);
  const std::string measure_cells = writer->CellsOf(measure_);
  std::string out = "before\n";
  for (int i = 0; i < 2; ++i) {
    writer->AppendRow({observation_, measure_, period_cells, area_cells, measure_cells}, out);
  }
  EXPECT_EQ(out, absl::StrCat("before\n", Ndjson(), Ndjson()));
}

TEST_F(ExtractTest, LevelIsThatOfTheFinestArea) {
  EXPECT_EQ(Column("geographic_level"), "Local authority");
  areas_.district = &burnley_;
  EXPECT_EQ(Column("geographic_level"), "Local authority district");
  EXPECT_EQ(Column("lad_code"), "E07000117");
  EXPECT_EQ(Column("lad_name"), "Burnley");
  areas_.district = nullptr;
  areas_.authority = nullptr;
  areas_.police_force = &police_;
  EXPECT_EQ(Column("geographic_level"), "Police force area");
  EXPECT_EQ(Column("pfa_code"), "E23000003");
  EXPECT_EQ(Column("new_la_code"), "");
  EXPECT_EQ(Column("old_la_code"), "");
  areas_.police_force = nullptr;
  EXPECT_EQ(Column("geographic_level"), "Regional");
  areas_.region = nullptr;
  EXPECT_EQ(Column("geographic_level"), "National");
}

TEST_F(ExtractTest, EveryPeriodHasItsTidyWords) {
  struct Case {
    v1::Period::Kind kind;
    absl::CivilDay start;
    absl::CivilDay end;
    const char* time_period;
    const char* time_identifier;
  };
  using P = v1::Period;
  const std::vector<Case> cases = {
      {P::CALENDAR_YEAR, absl::CivilDay(2017, 1, 1), absl::CivilDay(2017, 12, 31), "2017",
       "Calendar year"},
      {P::FINANCIAL_YEAR, absl::CivilDay(1999, 4, 1), absl::CivilDay(2000, 3, 31), "199900",
       "Financial year"},
      {P::ACADEMIC_YEAR, absl::CivilDay(2018, 9, 1), absl::CivilDay(2019, 8, 31), "201819",
       "Academic year"},
      {P::FINANCIAL_QUARTER, absl::CivilDay(2018, 4, 1), absl::CivilDay(2018, 6, 30), "201819",
       "Financial year Q1"},
      {P::FINANCIAL_QUARTER, absl::CivilDay(2018, 7, 1), absl::CivilDay(2018, 9, 30), "201819",
       "Financial year Q2"},
      {P::FINANCIAL_QUARTER, absl::CivilDay(2018, 10, 1), absl::CivilDay(2018, 12, 31), "201819",
       "Financial year Q3"},
      {P::FINANCIAL_QUARTER, absl::CivilDay(2019, 1, 1), absl::CivilDay(2019, 3, 31), "201819",
       "Financial year Q4"},
      {P::MONTH, absl::CivilDay(2018, 1, 1), absl::CivilDay(2018, 1, 31), "2018", "January"},
      {P::MONTH, absl::CivilDay(2018, 12, 1), absl::CivilDay(2018, 12, 31), "2018", "December"},
      {P::SNAPSHOT, absl::CivilDay(2018, 3, 31), absl::CivilDay(2018, 3, 31), "2018",
       "Reporting year"},
      {P::OTHER_SPAN, absl::CivilDay(2016, 10, 1), absl::CivilDay(2017, 9, 30), "2017",
       "Reporting year"},
      {P::SCHOOL_TERM, absl::CivilDay(2018, 9, 1), absl::CivilDay(2018, 12, 31), "201819",
       "Autumn term"},
      {P::SCHOOL_TERM, absl::CivilDay(2019, 1, 1), absl::CivilDay(2019, 3, 31), "201819",
       "Spring term"},
      {P::SCHOOL_TERM, absl::CivilDay(2019, 4, 1), absl::CivilDay(2019, 8, 31), "201819",
       "Summer term"}};
  for (const Case& expected : cases) {
    SetPeriod(expected.kind, expected.start, expected.end);
    EXPECT_EQ(Column("time_period"), expected.time_period) << expected.time_identifier;
    EXPECT_EQ(Column("time_identifier"), expected.time_identifier);
    EXPECT_EQ(Column("period_start"), FormatDay(expected.start));
    EXPECT_EQ(Column("period_end"), FormatDay(expected.end));
  }
}

TEST_F(ExtractTest, ValuesHaveTheDecimalPlacesOfTheirMeasure) {
  struct Case {
    double value;
    int decimal_places;
    const char* text;
  };
  const std::vector<Case> cases = {
      {403.9, 1, "403.9"},
      {79, 0, "79"},
      {79, 1, "79.0"},
      {9907, 0, "9907"},
      {0, 0, "0"},
      {-0.0, 1, "0.0"},
      {-2.5, 1, "-2.5"},
      {0.1, 2, "0.10"},
      // What the places cannot hold is not lost.
      {403.95, 1, "403.95"},
      {0.5, 0, "0.5"},
      {1e-7, 0, "0.0000001"},
      // Large numbers are not scientific.
      {1e21, 0, "1000000000000000000000"},
      {1234567890, 0, "1234567890"},
  };
  for (const Case& expected : cases) {
    observation_.set_value(expected.value);
    measure_.set_decimal_places(expected.decimal_places);
    EXPECT_EQ(Column("value"), expected.text);
    EXPECT_EQ(Member("value").number_value(), expected.value);
  }
}

TEST_F(ExtractTest, ExtremeNumbersReadBackExactly) {
  for (const double value :
       {std::numeric_limits<double>::max(), std::numeric_limits<double>::min(),
        std::numeric_limits<double>::denorm_min(), 1.0 / 3, -std::numeric_limits<double>::max()}) {
    observation_.set_value(value);
    EXPECT_EQ(std::strtod(Column("value").c_str(), nullptr), value);
    EXPECT_THAT(Column("value"), Not(HasSubstr("e")));
  }
}

TEST_F(ExtractTest, NumbersThatAreNoneAreNotAvailable) {
  for (const double value :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    observation_.set_value(value);
    EXPECT_EQ(Column("value"), "x");
    EXPECT_EQ(Member("symbol").string_value(), "x");
  }
}

TEST_F(ExtractTest, NumeratorAndDenominatorAreExact) {
  observation_.set_numerator(9907);
  observation_.set_denominator(245281.5);
  EXPECT_EQ(Column("numerator"), "9907");
  EXPECT_EQ(Column("denominator"), "245281.5");
  EXPECT_EQ(Member("numerator").number_value(), 9907);
  observation_.set_numerator(0);
  EXPECT_EQ(Column("numerator"), "0");
}

TEST_F(ExtractTest, EverySymbolStandsForItsReason) {
  using O = v1::Observation;
  const std::vector<std::pair<O::Symbol, const char*>> symbols = {{O::NOT_APPLICABLE, "z"},
                                                                  {O::NOT_AVAILABLE, "x"},
                                                                  {O::CONFIDENTIAL, "c"},
                                                                  {O::LOW, "low"},
                                                                  {O::NONE, "x"}};
  observation_.clear_value();
  for (const auto& [symbol, text] : symbols) {
    observation_.set_symbol(symbol);
    EXPECT_EQ(Column("value"), text);
    EXPECT_EQ(Member("value").kind_case(), google::protobuf::Value::kNullValue);
    EXPECT_EQ(Member("symbol").string_value(), text);
  }
}

TEST_F(ExtractTest, NumeratorAndDenominatorDoNotApplyToACount) {
  EXPECT_EQ(Column("numerator"), "x");
  measure_.set_unit(v1::Measure::COUNT);
  for (const auto symbol : {v1::Observation::NONE, v1::Observation::CONFIDENTIAL}) {
    observation_.set_symbol(symbol);
    EXPECT_EQ(Column("numerator"), "z");
    EXPECT_EQ(Column("denominator"), "z");
    EXPECT_EQ(Member("numerator").kind_case(), google::protobuf::Value::kNullValue);
  }
}

TEST_F(ExtractTest, HiddenValueHidesEverythingItCouldBeComputedFrom) {
  observation_.set_value(4711.5);
  observation_.set_numerator(4712);
  observation_.set_denominator(4713);
  observation_.set_printed("4714");
  observation_.set_symbol(v1::Observation::CONFIDENTIAL);
  EXPECT_THAT(Csv(), AllOf(HasSubstr(",c,c,c,"), Not(HasSubstr("471"))));
  EXPECT_THAT(Ndjson(), AllOf(HasSubstr(R"("value":null,"symbol":"c","numerator":null)"),
                              Not(HasSubstr("471"))));
}

TEST_F(ExtractTest, EveryUnitHasItsWords) {
  using M = v1::Measure;
  const std::vector<std::pair<M::Unit, const char*>> units = {
      {M::COUNT, "number"},    {M::PERCENT, "%"},     {M::RATE, "per 10000"},
      {M::DAYS, "days"},       {M::NUMBER, "number"}, {M::PERCENTAGE_POINTS, "pp"},
      {M::POUNDS, "\xC2\xA3"}, {M::MONTHS, "months"}};
  for (const auto& [unit, text] : units) {
    measure_.set_unit(unit);
    EXPECT_EQ(Column("unit"), text);
  }
  measure_.set_unit_label("children aged 0 to 17");
  measure_.set_unit(M::RATE);
  EXPECT_EQ(Column("unit"), "per 10000 children aged 0 to 17");
  measure_.set_unit(M::COUNT);
  EXPECT_EQ(Column("unit"), "children aged 0 to 17");
}

TEST_F(ExtractTest, EveryComparatorHasItsWords) {
  using O = v1::Observation;
  const std::vector<std::pair<O::Comparator, const char*>> comparators = {
      {O::OWN, "Own"},
      {O::ENGLAND, "England"},
      {O::NORTH_WEST, "North West"},
      {O::STATISTICAL_NEIGHBOURS, "Statistical neighbours"},
      {O::PLANNED, "Planned"}};
  for (const auto& [comparator, text] : comparators) {
    observation_.set_comparator(comparator);
    EXPECT_EQ(Column("comparator"), text);
  }
}

TEST_F(ExtractTest, OfNeighboursItSaysMeanOrMedianAndWhichTheyAre) {
  observation_.set_comparator(v1::Observation::STATISTICAL_NEIGHBOURS);
  EXPECT_EQ(Column("average"), "");
  EXPECT_EQ(Column("neighbour_set"), "");
  EXPECT_EQ(ComparatorOf(observation_), "Statistical neighbours");
  observation_.set_average(v1::Observation::MEDIAN);
  EXPECT_EQ(Column("average"), "median");
  EXPECT_EQ(ComparatorOf(observation_), "Statistical neighbours (median)");
  observation_.set_neighbour_set("lait-2018");
  EXPECT_EQ(Column("neighbour_set"), "lait-2018");
  EXPECT_EQ(ComparatorOf(observation_), "Statistical neighbours (median of lait-2018)");
  observation_.set_average(v1::Observation::MEAN);
  EXPECT_EQ(Column("average"), "mean");
  observation_.clear_average();
  EXPECT_EQ(ComparatorOf(observation_), "Statistical neighbours (of lait-2018)");
}

TEST_F(ExtractTest, SeveralBreakdownsAreJoined) {
  for (const auto& [dimension, item] : {std::pair("sex", "Female"), std::pair("age", "10 to 15")}) {
    auto& breakdown = *observation_.add_breakdowns();
    breakdown.set_dimension(dimension);
    breakdown.set_item(item);
  }
  EXPECT_EQ(Column("breakdown_dimension"), "sex; age");
  EXPECT_EQ(Column("breakdown_item"), "Female; 10 to 15");
}

TEST_F(ExtractTest, ProvisionalIsSaid) {
  observation_.set_provisional(true);
  EXPECT_EQ(Column("provisional"), "true");
  EXPECT_TRUE(Member("provisional").bool_value());
}

TEST_F(ExtractTest, UnknownSourceIsEmpty) {
  observation_.clear_source();
  EXPECT_EQ(Column("source_document"), "");
  EXPECT_EQ(Column("source_line"), "");
  EXPECT_EQ(Member("source_line").kind_case(), google::protobuf::Value::kNullValue);
}

TEST_F(ExtractTest, CellsAreQuotedWhereTheyMustBe) {
  const std::vector<std::pair<const char*, const char*>> names = {
      {"a,b", "\"a,b\""},
      {"say \"x\"", "\"say \"\"x\"\"\""},
      {"two\nlines", "\"two\nlines\""},
      {"two\r\nlines", "\"two\r\nlines\""},
      {"plain; text", "plain; text"}};
  for (const auto& [name, cell] : names) {
    measure_.set_display_name(name);
    EXPECT_THAT(Csv(), HasSubstr(absl::StrCat(",referrals-rate,", cell, ",per 10000,"))) << name;
    EXPECT_EQ(Member("measure_name").string_value(), name);
  }
}

TEST_F(ExtractTest, TextThatASpreadsheetWouldRunIsNeutralised) {
  const std::vector<std::pair<const char*, const char*>> names = {{"=1+1", "'=1+1"},
                                                                  {"@SUM(A1)", "'@SUM(A1)"},
                                                                  {"+1+1", "'+1+1"},
                                                                  {"-x", "'-x"},
                                                                  {"\tx", "'\tx"},
                                                                  {"\rx", "\"'\rx\""},
                                                                  {"-1,2", "\"'-1,2\""},
                                                                  {"+", "'+"},
                                                                  {"-1.", "'-1."},
                                                                  {"--1", "'--1"},
                                                                  {"=\"a\"", "\"'=\"\"a\"\"\""}};
  for (const auto& [name, cell] : names) {
    measure_.set_display_name(name);
    EXPECT_THAT(Csv(), HasSubstr(absl::StrCat(",referrals-rate,", cell, ",per 10000,"))) << name;
    EXPECT_EQ(Member("measure_name").string_value(), name);
  }
}

TEST_F(ExtractTest, SignedNumbersAndABareDashAreLeftAlone) {
  for (const char* name : {"-1", "+2.5", "-", "-403.9", "a=b", "'quoted"}) {
    measure_.set_display_name(name);
    EXPECT_EQ(Column("measure_name"), name);
  }
  observation_.set_value(-2.5);
  EXPECT_EQ(Column("value"), "-2.5");
}

TEST_F(ExtractTest, JsonKeepsEveryCharacter) {
  std::string name;
  for (char c = 1; c < 0x7F; ++c) name.push_back(c);
  name += "\x7F caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \xE2\x80\xA8";
  measure_.set_display_name(name);
  EXPECT_EQ(Member("measure_name").string_value(), name);
  const std::string row = Ndjson();
  EXPECT_EQ(row.find('\n'), row.size() - 1);
  for (const char c : row.substr(0, row.size() - 1)) {
    EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  }
}

TEST_F(ExtractTest, JsonKeepsANul) {
  measure_.set_display_name(std::string("a\0b", 3));
  EXPECT_THAT(Ndjson(), HasSubstr("a\\u0000b"));
}

}  // namespace
}  // namespace concordat::domain
