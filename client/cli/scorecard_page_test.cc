#include "client/cli/scorecard_page.h"

#include <string>

#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "base/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using v1::Measure;
using v1::Observation;
using v1::Scorecard;

Observation FigureOf(const char* label, double value) {
  Observation figure;
  figure.mutable_period()->set_label(label);
  figure.set_value(value);
  return figure;
}

Observation Hidden(const char* label) {
  Observation figure;
  figure.mutable_period()->set_label(label);
  figure.set_symbol(Observation::CONFIDENTIAL);
  return figure;
}

// Reviews in time in two areas; in the second the latest figure is hidden.
Scorecard TwoAreas() {
  Scorecard scorecard;
  scorecard.set_release("releases/r");
  scorecard.set_release_display_name("Figures <of> 2018");
  scorecard.set_agreement("agreements/a");
  scorecard.set_agreement_version(3);
  Scorecard::Row& row = *scorecard.add_rows();
  row.mutable_measure()->set_name("measures/reviews");
  row.mutable_measure()->set_display_name("Reviews in time");
  row.mutable_measure()->set_group("child-protection");
  row.mutable_measure()->set_unit(v1::Measure::PERCENT);
  row.mutable_measure()->set_decimal_places(1);
  row.mutable_measure()->set_target(95);
  Scorecard::Cell& first = *row.add_cells();
  first.set_area_display_name("Burnley");
  *first.mutable_figure() = FigureOf("Q2", 91);
  first.mutable_figure()->set_provisional(true);
  first.set_band(Scorecard::SLIGHTLY_BELOW);
  first.set_travel(Scorecard::IMPROVED);
  first.set_change(1.5);
  first.set_rank(2);
  first.set_ranked(8);
  first.set_quartile("A");
  *first.add_trend() = FigureOf("Q1", 89.5);
  *first.add_trend() = FigureOf("Q2", 91);
  Observation& england = *first.add_comparators();
  england = FigureOf("2017-18", 90.5);
  england.set_comparator(Observation::ENGLAND);
  Scorecard::Cell& second = *row.add_cells();
  second.set_area_display_name("Chorley");
  *second.mutable_figure() = Hidden("Q2");
  *second.add_trend() = FigureOf("Q1", 80);
  *second.add_trend() = Hidden("Q2");
  return scorecard;
}

TEST(ScorecardPageTest, ALineSaysBandTravelPlaceAndComparatorsInWords) {
  const Table table = ScorecardTable(TwoAreas());
  ASSERT_EQ(table.rows.size(), 2u);
  std::string first;
  for (const Cell& cell : table.rows[0]) first += cell.text + "|";
  EXPECT_EQ(first,
            "Reviews in time|Burnley|91.0%|Q2|95.0|slightly below|improved (+1.5 since Q1)|2 of 8, "
            "quartile "
            "A|England 90.5% (2017-18)|");
  std::string second;
  for (const Cell& cell : table.rows[1]) second += cell.text + "|";
  EXPECT_EQ(second, "Reviews in time|Chorley|hidden|Q2|95.0|no figure|no comparison|||");
}

TEST(ScorecardPageTest, OfNeighboursItSaysMeanOrMedianAndOfWhichAreas) {
  Scorecard scorecard = TwoAreas();
  Observation& neighbours = *scorecard.mutable_rows(0)->mutable_cells(0)->mutable_comparators(0);
  neighbours.set_comparator(Observation::STATISTICAL_NEIGHBOURS);
  const auto text = [&] { return ScorecardTable(scorecard).rows[0].back().text; };
  EXPECT_EQ(text(), "statistical neighbours (mean or median not stated) 90.5% (2017-18)");
  neighbours.set_average(Observation::MEDIAN);
  neighbours.set_neighbour_set("lait-2018");
  EXPECT_EQ(text(), "statistical neighbours (median of lait-2018) 90.5% (2017-18)");
}

TEST(ScorecardPageTest, InCsvWhatIsHiddenIsASymbolAndNoNumber) {
  const std::vector<std::string> lines = absl::StrSplit(ScorecardCsv(TwoAreas()), "\r\n");
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[1], HasSubstr(",91.0,,%,95,,SLIGHTLY_BELOW,IMPROVED,1.5,,2,8,A,"));
  EXPECT_THAT(lines[2],
              HasSubstr(",,CONFIDENTIAL,%,95,,BAND_UNSPECIFIED,TRAVEL_UNSPECIFIED,,,,,,,"));
}

TEST(ScorecardPageTest, InCsvEachRowSaysWhichReturnsAreMissingAndWhereItIsFrom) {
  Scorecard scorecard = TwoAreas();
  Measure::Duty& duty = *scorecard.mutable_rows(0)->mutable_measure()->add_duties();
  duty.set_agency("agencies/police");
  duty.add_areas("areas/burnley");
  auto& cells = *scorecard.mutable_rows(0)->mutable_cells();
  cells[0].mutable_figure()->set_area("areas/burnley");
  cells[1].mutable_figure()->mutable_source()->set_document("report.pdf");
  cells[1].mutable_figure()->mutable_source()->set_line(7);
  const auto lines = [&] {
    return std::vector<std::string>(absl::StrSplit(ScorecardCsv(scorecard), "\r\n"));
  };
  EXPECT_THAT(lines()[1], EndsWith(",all returns came,police,releases/r,agreements/a,3"));
  scorecard.add_missing_returns("measures/reviews/returns/police-2018-q2");
  scorecard.add_missing_returns("measures/others/returns/police-2018-q2");
  EXPECT_THAT(lines()[2], EndsWith(",missing: police-2018-q2,\"report.pdf, line 7\",releases/r,"
                                   "agreements/a,3"));
}

TEST(ScorecardPageTest, ThePageSaysInWordsWhatItDrawsAndNeedsNoOtherFile) {
  const std::string page = ScorecardHtml(TwoAreas(), v1::Release());
  EXPECT_THAT(page, AllOf(HasSubstr("<html lang=\"en-GB\">"), HasSubstr("Figures &lt;of&gt; 2018"),
                          HasSubstr("<td>slightly below</td>"), HasSubstr("<td>provisional</td>"),
                          HasSubstr("<title>Q1: 89.5%; Q2: 91.0%</title>")));
  EXPECT_THAT(page,
              AllOf(Not(HasSubstr("http")), Not(HasSubstr("<script")), Not(HasSubstr("src="))));
  // A dozen columns need the long side of the paper, and no word is broken.
  EXPECT_THAT(page, AllOf(HasSubstr("@page{size:A4 landscape"),
                          Not(HasSubstr("td{overflow-wrap:anywhere"))));
  EXPECT_THAT(page, HasSubstr("<li>Reviews in time: not stated</li>"));
  // Each shown figure is a dot, also where its neighbours are hidden.
  EXPECT_THAT(page, AllOf(HasSubstr("M3.0 21.0h0L"), HasSubstr("stroke-linecap=\"round\"")));
  // One shown figure makes no course.
  EXPECT_EQ(page.find("<svg", page.find("<svg") + 1), std::string::npos);
}

TEST(ScorecardPageTest, ThePageBeginsWithWhatHasToBeReadBeforeAnyFigure) {
  Scorecard scorecard = TwoAreas();
  scorecard.mutable_rows(0)->mutable_measure()->set_display_name("Reviews (synthetic)");
  v1::Release release;
  release.set_state(v1::Release::WITHDRAWN);
  release.set_withdrawn_reason("Wrong <districts>");
  release.set_note("Provisional for the police.");
  *release.mutable_document_date() = ToDate(absl::CivilDay(2018, 7, 1));
  const std::string page = ScorecardHtml(scorecard, release);
  const std::string head = page.substr(0, page.find("<h2>"));
  EXPECT_THAT(head, AllOf(HasSubstr("WITHDRAWN: do not use these figures. Wrong &lt;districts&gt;"),
                          HasSubstr("SYNTHETIC: the figures of 1 measure"),
                          HasSubstr("Provisional for the police."), HasSubstr(" of 2018-07-01"),
                          HasSubstr("Period")));
}

TEST(ScorecardPageTest, EveryRowOfThePageHasACellForEachHeading) {
  const std::string page = ScorecardHtml(TwoAreas(), v1::Release());
  const std::string body = page.substr(page.find("<tbody>"));
  for (const std::string& row : {body.substr(0, body.find("</tr>")),
                                 body.substr(body.find("</tr>") + 5, body.rfind("</tr>") - 5)}) {
    size_t cells = 0;
    for (size_t at = 0; (at = row.find("<td>", at)) != std::string::npos; ++at) ++cells;
    EXPECT_EQ(cells, 10u) << row;
  }
}

}  // namespace
}  // namespace concordat::cli
