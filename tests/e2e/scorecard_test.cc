// The board's table, against the figures that are listed, and as a workbook of the command
// line.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/civil_time.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "concordat/v1/submission.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/call.h"
#include "tests/support/command_line.h"
#include "tests/support/measures.h"
#include "tests/support/moments.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_partnership.h"
#include "tests/support/workbook_rows.h"

namespace concordat::e2e {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using v1::Observation;
using v1::Scorecard;

constexpr char kRelease[] = "releases/papers-2018";

class ScorecardTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { partnership_ = new TestPartnership(); }
  static void TearDownTestSuite() {
    delete partnership_;
    partnership_ = nullptr;
  }
  static TestPartnership& partnership() { return *partnership_; }

  static v1::GetScorecardRequest RequestFor(const std::string& release) {
    v1::GetScorecardRequest request;
    request.set_name(release);
    return request;
  }

  static std::vector<Observation> Listed(const Partner& partner) {
    v1::ListObservationsRequest list;
    list.set_parent(kRelease);
    list.set_page_size(1000);
    const auto page = partnership().Get<v1::ListObservationsResponse>(partner, list);
    return {page.observations().begin(), page.observations().end()};
  }

 private:
  static TestPartnership* partnership_;
};

TestPartnership* ScorecardTest::partnership_ = nullptr;

TEST_F(ScorecardTest, HasTheNewestFigureOfEachMeasureThatIsListed) {
  const auto scorecard = partnership().Get<Scorecard>(kBoard, RequestFor(kRelease));
  std::map<std::string, absl::CivilDay> newest;
  for (const Observation& figure : Listed(kBoard)) {
    if (figure.comparator() != Observation::OWN || figure.breakdowns_size() > 0) continue;
    const std::string key = figure.measure() + " " + figure.area();
    newest[key] = std::max(newest[key], *ToCivilDay(figure.period().end()));
  }
  size_t found = 0;
  for (const Scorecard::Row& row : scorecard.rows()) {
    for (const Scorecard::Cell& cell : row.cells()) {
      if (!cell.has_figure()) continue;
      SCOPED_TRACE(row.measure().name() + " " + cell.area());
      EXPECT_EQ(*ToCivilDay(cell.figure().period().end()),
                newest.at(row.measure().name() + " " + cell.area()));
      EXPECT_EQ(cell.trend(cell.trend_size() - 1).name(), cell.figure().name());
      ++found;
    }
  }
  EXPECT_EQ(found, newest.size());
  EXPECT_GT(found, 50u);
  EXPECT_EQ(scorecard.agreement(), "agreements/multi-agency-assurance");
}

TEST_F(ScorecardTest, NeutralMeasuresAreNotJudged) {
  int judged = 0;
  for (const auto scorecard = partnership().Get<Scorecard>(kBoard, RequestFor(kRelease));
       const Scorecard::Row& row : scorecard.rows()) {
    for (const Scorecard::Cell& cell : row.cells()) {
      const bool is_neutral = row.measure().polarity() == v1::Measure::NEUTRAL;
      const bool was_judged = cell.band() > Scorecard::NO_TARGET || cell.rank() > 0 ||
                              cell.travel() == Scorecard::IMPROVED ||
                              cell.travel() == Scorecard::WORSENED;
      EXPECT_FALSE(is_neutral && was_judged) << row.measure().name();
      judged += was_judged ? 1 : 0;
    }
  }
  EXPECT_GT(judged, 10);
}

TEST_F(ScorecardTest, EndsWhereItIsAskedToEnd) {
  v1::GetScorecardRequest request = RequestFor(kRelease);
  *request.mutable_period_to() = ToDate(absl::CivilDay(2017, 3, 31));
  const auto scorecard = partnership().Get<Scorecard>(kBoard, request);
  EXPECT_GT(scorecard.rows_size(), 0);
  for (const Scorecard::Row& row : scorecard.rows()) {
    for (const Scorecard::Cell& cell : row.cells()) {
      for (const Observation& figure : cell.trend()) {
        EXPECT_LE(*ToCivilDay(figure.period().end()), absl::CivilDay(2017, 3, 31));
      }
    }
  }
}

TEST_F(ScorecardTest, ShowsNothingThatTheAgreementLeavesOut) {
  std::set<std::string> listed;
  for (const Observation& figure : Listed(kPolice)) listed.insert(figure.name());
  size_t shown = 0;
  for (const auto scorecard = partnership().Get<Scorecard>(kPolice, RequestFor(kRelease));
       const Scorecard::Row& row : scorecard.rows()) {
    for (const Scorecard::Cell& cell : row.cells()) {
      for (const Observation& figure : cell.trend()) {
        EXPECT_EQ(listed.count(figure.name()), 1u) << figure.name();
        ++shown;
      }
    }
  }
  EXPECT_GT(shown, 0u);
}

TEST_F(ScorecardTest, AReleaseThatIsMissingIsNotFound) {
  EXPECT_TRUE(
      RefusedWith(partnership().Ask<Scorecard>(kBoard, RequestFor("releases/no-such")).outcome,
                  v1::RESOURCE_NOT_FOUND));
}

// A release of one measure with a small figure, and of more measures than a scorecard has
// room for.
class ScorecardWorkbookTest : public testing::Test {
 protected:
  static constexpr char kWideRelease[] = "releases/e2e-wide";
  static constexpr char kCounts[] = "measures/e2e-counts";
  static constexpr char kCounty[] = "areas/e10000017";
  static constexpr char kBurnley[] = "areas/e07000117";
  static constexpr char kChorley[] = "areas/e07000118";
  static constexpr int kOtherMeasures = 200;

  ScorecardWorkbookTest() : command_line_(partnership_.server().address(), kBoard) {}

  static std::string OtherMeasure(int number) { return absl::StrCat("measures/e2e-", number); }
  static v1::Measure MeasureOf(const std::string& name) {
    return OwedCount(name, kPolice, {kCounty, kBurnley, kChorley});
  }

  void Submit(const std::vector<v1::SubmittedObservation>& figures) {
    StreamCall call(partnership_.ChannelOf(kPolice),
                    PathOf(*v1::SubmitObservationsRequest::descriptor()));
    for (const std::string& message : SubmissionOf(kPolice, figures)) {
      EXPECT_TRUE(call.Write(message));
    }
    call.CloseWrites();
    EXPECT_TRUE(call.Read().has_value());
    const Outcome outcome = call.Finish();
    ASSERT_TRUE(outcome.ok()) << outcome.Text();
  }
  void Publish() {
    v1::ApplyMeasuresRequest measures;
    *measures.add_measures() = MeasureOf(kCounts);
    measures.mutable_measures(0)->set_display_name("=1+1 calls");
    std::vector<v1::SubmittedObservation> figures = {
        CountOf(kCounts, kCounty, 1234567, "=HYPERLINK(A)"), CountOf(kCounts, kBurnley, 3),
        CountOf(kCounts, kChorley, 20, "-B+C")};
    for (int i = 0; i < kOtherMeasures; ++i) {
      *measures.add_measures() = MeasureOf(OtherMeasure(i));
      figures.push_back(CountOf(OtherMeasure(i), kCounty, 100 + i));
    }
    partnership_.Get<v1::ApplyMeasuresResponse>(kAdmin, measures);
    ASSERT_NO_FATAL_FAILURE(Submit(figures));
    v1::PreviewReleaseRequest preview;
    v1::Release& release = *preview.mutable_release();
    release.set_name(kWideRelease);
    release.set_display_name("@The first quarter");
    for (const v1::Measure& measure : measures.measures()) {
      release.mutable_selection()->add_measures(measure.name());
    }
    *release.mutable_selection()->mutable_period_from() = Day("2018-04-01");
    *release.mutable_selection()->mutable_period_to() = Day("2018-06-30");
    v1::PublishReleaseRequest publish;
    *publish.mutable_release() = release;
    publish.set_preview_digest(
        partnership_.Get<v1::PreviewReleaseResponse>(kBoard, preview).preview_digest());
    publish.set_accept_missing(true);
    partnership_.Get<v1::Release>(kBoard, publish);
  }

  // Has the program write the workbook of a release.
  CommandResult Write(const std::string& release, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"scorecard", release, "--format", "xlsx", "-o", path_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return command_line_.Run(arguments);
  }
  // The cells of the sheet's rows, below the headings.
  std::vector<std::vector<std::string>> Cells() const {
    std::vector<std::vector<std::string>> rows;
    bool below = false;
    for (const std::string& line : WorkbookRows(path_, "Scorecard")) {
      const std::string content = line.substr(line.find(": ") + 2);
      if (below) rows.push_back(absl::StrSplit(content, '|'));
      below = below || content.substr(0, 10) == "\"Measure\"|";
    }
    return rows;
  }

  TestPartnership partnership_;
  const CommandLine command_line_;
  const TemporaryFolder folder_;
  const std::string path_ = folder_.Path("scorecard.xlsx");
};

TEST_F(ScorecardWorkbookTest, ItsCellsSayWhatTheTableSays) {
  const CommandResult written = Write("papers-2018");
  ASSERT_EQ(written.code, 0) << written.err;
  const CommandResult table = command_line_.Run({"--output", "csv", "scorecard", "papers-2018"});
  ASSERT_EQ(table.code, 0) << table.err;
  v1::GetScorecardRequest request;
  request.set_name(kRelease);
  const auto scorecard = partnership_.Get<Scorecard>(kBoard, request);

  const std::vector<std::vector<std::string>> rows = Cells();
  const std::vector<std::string> lines = absl::StrSplit(table.out, "\r\n", absl::SkipEmpty());
  // Its own headings.
  ASSERT_EQ(rows.size() + 1, lines.size());
  ASSERT_GT(rows.size(), 50u);
  size_t numbers = 0;
  size_t at = 0;
  for (const Scorecard::Row& row : scorecard.rows()) {
    for (const Scorecard::Cell& cell : row.cells()) {
      const std::vector<std::string>& cells = rows.at(at++);
      SCOPED_TRACE(absl::StrJoin(cells, "|"));
      EXPECT_EQ(cells[0], absl::StrCat("\"", row.measure().display_name(), "\""));
      EXPECT_EQ(cells[1], absl::StrCat("\"", cell.area_display_name(), "\""));
      EXPECT_THAT(lines[at], HasSubstr(row.measure().name() + ","));
      double value = 0;
      // Bare: a text would stand in quotes.
      const bool is_number = absl::SimpleAtod(cells[3], &value);
      EXPECT_EQ(is_number, cell.figure().has_value());
      if (!is_number) {
        EXPECT_EQ(cells[3], "");
        EXPECT_EQ(cells[4], "\"x\"");
        continue;
      }
      ++numbers;
      EXPECT_EQ(cells[4], "");
      // As the table prints it, to the measure's decimal places.
      std::string printed =
          absl::StrFormat("%.*f", row.measure().decimal_places(), cell.figure().value());
      EXPECT_THAT(lines[at], HasSubstr(absl::StrCat(",", printed, ",")));
      double of_table = 0;
      ASSERT_TRUE(absl::SimpleAtod(printed, &of_table));
      EXPECT_EQ(value, of_table);
    }
  }
  EXPECT_GT(numbers, 50u);
}

TEST_F(ScorecardWorkbookTest, AHiddenFigureIsASymbolAndNoTextIsAFormula) {
  ASSERT_NO_FATAL_FAILURE(Publish());
  const CommandResult written = Write("e2e-wide", {"--measure", "e2e-counts"});
  ASSERT_EQ(written.code, 0) << written.err;
  std::vector<std::string> rows;
  for (const std::vector<std::string>& cells : Cells()) {
    rows.push_back(absl::StrJoin(cells, "|"));
  }
  // Measure, area, period, value and status; band, travel, returns, commentary and source.
  EXPECT_THAT(
      rows,
      ElementsAre(
          R"("=1+1 calls"|"Burnley"|"2018-04-01 to 2018-06-30"||"c"|||)"
          R"(|"no figure"|"no comparison"|||"all returns came"||"lancashire-constabulary")",
          R"("=1+1 calls"|"Chorley"|"2018-04-01 to 2018-06-30"|20||||)"
          R"(|"no target"|"no comparison"|||"all returns came"|"-B+C"|"lancashire-constabulary")",
          R"("=1+1 calls"|"Lancashire"|"2018-04-01 to 2018-06-30"|1234567||||)"
          R"~(|"no target"|"no comparison"|||"all returns came"|"=HYPERLINK(A)"|)~"
          R"("lancashire-constabulary")"));
  EXPECT_THAT(WorkbookRows(path_, "Scorecard"), Contains("1: \"Scorecard: @The first quarter\""));
}

TEST_F(ScorecardWorkbookTest, OneThatWouldBeTooLargeIsRefusedAndLeavesNoFile) {
  ASSERT_NO_FATAL_FAILURE(Publish());
  const CommandResult refused = Write("e2e-wide");
  EXPECT_EQ(refused.code, 6);
  EXPECT_THAT(refused.err, HasSubstr("a scorecard has at most 200 measures"));
  EXPECT_THAT(refused.err, HasSubstr("ask for fewer measures or areas"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
}  // namespace concordat::e2e
