// `--format xlsx`: extracts and scorecards as workbooks, read back.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/digest.h"
#include "base/status.h"
#include "client/cli/extract_workbook.h"
#include "client/cli/local_error.h"
#include "client/cli/testing/cli_runner.h"
#include "client/mocks/mock_connection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/workbook_rows.h"

namespace concordat::cli {
namespace {

using ::testing::_;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Return;
using ::testing::StartsWith;
using v1::Observation;
using v1::Scorecard;
using Request = v1::ExtractObservationsRequest;

constexpr char kHead[] = "time_period,time_identifier,measure,value_count,value_percent\r\n";
constexpr char kRows[] =
    "201718,Financial year,'=1+1,1234567,z\r\n"
    "201718,Financial year,\"Calls, \"\"all\"\"\",c,z\r\n"
    "201718,Financial year,007,z,12.50\r\n"
    "201718,Financial year,-,low,x\r\n";
constexpr char kMetadata[] =
    "col_name,col_type,label,indicator_dp\r\n"
    "measure,Filter,Measure,\r\n"
    "value_count,Indicator,Number,0\r\n"
    "value_percent,Indicator,Percentage,1\r\n";

// Sends a file in these chunks, and its manifest.
absl::Status Send(Connection::ExtractMessageSink sink, const std::vector<std::string>& chunks,
                  int64_t rows, const std::string& digest = "d1") {
  v1::ExtractObservationsResponse message;
  message.mutable_header()->set_release("releases/r");
  message.mutable_header()->set_release_digest(digest);
  message.mutable_header()->set_agreement("agreements/a");
  message.mutable_header()->set_agreement_version(3);
  RETURN_IF_ERROR(sink(message));
  const std::string file = absl::StrJoin(chunks, "");
  for (size_t i = 0; i < chunks.size(); ++i) {
    message.mutable_chunk()->set_index(static_cast<int64_t>(i));
    message.mutable_chunk()->set_data(chunks[i]);
    message.mutable_chunk()->set_sha256(Sha256Of(chunks[i]));
    RETURN_IF_ERROR(sink(message));
  }
  message.mutable_manifest()->set_rows(rows);
  message.mutable_manifest()->set_hidden(1);
  message.mutable_manifest()->set_chunks(static_cast<int64_t>(chunks.size()));
  message.mutable_manifest()->set_bytes(static_cast<int64_t>(file.size()));
  message.mutable_manifest()->set_sha256(Sha256Of(file));
  return sink(message);
}

class WorkbookCommandsTest : public ::testing::Test {
 protected:
  CliResult Run(std::vector<std::string> arguments) {
    return RunCli(connection_, std::move(arguments));
  }

  // The service answers with the metadata file, and with the rows in two chunks.
  void ServeTidyFiles() {
    EXPECT_CALL(*connection_, ExtractObservations(_, _, _))
        .WillRepeatedly([](const Request& request, auto sink, const auto&) {
          if (request.format() == Request::TIDY_METADATA) return Send(sink, {kMetadata}, 0);
          EXPECT_EQ(request.format(), Request::TIDY_CSV);
          EXPECT_EQ(request.period_kind(), v1::Period::FINANCIAL_YEAR);
          return Send(sink, {kHead, kRows}, 4);
        });
  }

  size_t FilesInFolder() const {
    return static_cast<size_t>(
        std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.Path("figures.xlsx");
  std::shared_ptr<MockConnection> connection_ = std::make_shared<MockConnection>();
};

TEST_F(WorkbookCommandsTest, AnExtractHasNumbersAndSymbolsInColumnsOfTheirOwn) {
  ServeTidyFiles();
  const CliResult result = Run({"releases", "extract", "r", "--format", "xlsx", "--period-kind",
                                "financial-year", "-o", path_});
  ASSERT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.err, HasSubstr("4 rows"));
  EXPECT_THAT(
      WorkbookRows(path_, "observations"),
      ElementsAre(
          R"(1: "time_period"|"time_identifier"|"measure"|"value_count"|"value_count_status"|)"
          R"("value_percent"|"value_percent_status")",
          R"(2: "201718"|"Financial year"|"'=1+1"|1234567|||"z")",
          R"(3: "201718"|"Financial year"|"Calls, "all""||"c"||"z")",
          R"(4: "201718"|"Financial year"|"007"||"z"|12.5)",
          R"(5: "201718"|"Financial year"|"-"||"low"||"x")"));
  EXPECT_THAT(WorkbookRows(path_, "metadata"),
              ElementsAre(R"(1: "col_name"|"col_type"|"label"|"indicator_dp")",
                          R"(2: "measure"|"Filter"|"Measure")",
                          R"(3: "value_count"|"Indicator"|"Number"|"0")",
                          R"(4: "value_percent"|"Indicator"|"Percentage"|"1")"));
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(WorkbookCommandsTest, AnExtractPrintsTheSizeAndDigestOfTheWorkbookItself) {
  ServeTidyFiles();
  const CliResult result = Run({"releases", "extract", "r", "--format", "xlsx", "--period-kind",
                                "financial-year", "-o", path_});
  ASSERT_EQ(result.code, ExitCode::kOk) << result.err;
  std::ostringstream bytes;
  bytes << std::ifstream(path_, std::ios::binary).rdbuf();
  EXPECT_THAT(result.err,
              HasSubstr(absl::StrCat(bytes.str().size(), " bytes, SHA-256 ",
                                     absl::BytesToHexString(Sha256Of(bytes.str())), ",")));
}

TEST_F(WorkbookCommandsTest, AnExtractSaysWhatItsManifestSays) {
  ServeTidyFiles();
  ASSERT_EQ(Run({"releases", "extract", "r", "--format", "xlsx", "--period-kind", "financial-year",
                 "-o", path_})
                .code,
            ExitCode::kOk);
  const std::vector<std::string> about = WorkbookRows(path_, "about");
  EXPECT_THAT(about, Contains(R"(2: "release"|"releases/r")"));
  EXPECT_THAT(about, Contains(R"(4: "shared under"|"agreements/a")"));
  EXPECT_THAT(about, Contains(R"(5: "version"|3)"));
  EXPECT_THAT(about, Contains(R"(6: "figures"|4)"));
  EXPECT_THAT(about, Contains(R"(7: "figures hidden by disclosure control"|1)"));
  const auto digest_of = [](absl::string_view file) {
    return absl::BytesToHexString(Sha256Of(file));
  };
  EXPECT_THAT(about, Contains(absl::StrCat(R"(8: "SHA-256 of the same figures as tidy-csv"|")",
                                           digest_of(absl::StrCat(kHead, kRows)), "\"")));
  EXPECT_THAT(about, Contains(absl::StrCat(R"(9: "SHA-256 of tidy-metadata"|")",
                                           digest_of(kMetadata), "\"")));
}

TEST_F(WorkbookCommandsTest, AnExtractThatIsTooLargeIsRefusedAndLeavesNothing) {
  ServeTidyFiles();
  Request request;
  request.set_parent("releases/r");
  request.set_period_kind(v1::Period::FINANCIAL_YEAR);
  const auto write = [&](const WorkbookLimits& limits) {
    Client client(connection_);
    return WriteExtractWorkbook(
               path_, client, request, {}, [](int64_t) {}, limits)
        .status();
  };
  const auto bytes = static_cast<int64_t>(std::string(kHead).size() + std::string(kRows).size());
  EXPECT_EQ(write({.rows = 4, .bytes = bytes}), absl::OkStatus());
  std::filesystem::remove(path_);
  for (const WorkbookLimits& limits :
       {WorkbookLimits{.rows = 3, .bytes = bytes}, WorkbookLimits{.rows = 4, .bytes = bytes - 1}}) {
    const absl::Status refused = write(limits);
    EXPECT_THAT(refused.message(), HasSubstr("more than a workbook takes"));
    EXPECT_THAT(LocalNextStep(refused).value_or(""), HasSubstr("tidy-csv"));
    EXPECT_EQ(FilesInFolder(), 0u);
  }
}

TEST_F(WorkbookCommandsTest, AnExtractThatChangedBetweenItsFilesIsDamaged) {
  EXPECT_CALL(*connection_, ExtractObservations(_, _, _))
      .WillOnce([](const auto&, auto sink, const auto&) { return Send(sink, {kMetadata}, 0); })
      .WillOnce([](const auto&, auto sink, const auto&) {
        return Send(sink, {kHead, kRows}, 4, "d2");
      });
  const CliResult result = Run({"releases", "extract", "r", "--format", "xlsx", "-o", path_});
  EXPECT_EQ(result.code, ExitCode::kDataDamaged);
  EXPECT_EQ(FilesInFolder(), 0u);
}

TEST_F(WorkbookCommandsTest, LinesThatAreNoTableAreDamaged) {
  const std::vector<std::vector<std::string>> damaged = {
      {}, {kHead, "201718,Financial year\r\n"}, {kHead, "\"201718\r\n"}};
  for (const std::vector<std::string>& chunks : damaged) {
    EXPECT_CALL(*connection_, ExtractObservations(_, _, _))
        .WillOnce([](const auto&, auto sink, const auto&) { return Send(sink, {kMetadata}, 0); })
        .WillOnce([&](const auto&, auto sink, const auto&) {
          return Send(sink, chunks, chunks.empty() ? 0 : 1);
        });
    const CliResult result = Run({"releases", "extract", "r", "--format", "xlsx", "-o", path_});
    EXPECT_EQ(result.code, ExitCode::kDataDamaged) << result.err;
    EXPECT_EQ(FilesInFolder(), 0u);
  }
}

TEST_F(WorkbookCommandsTest, AWorkbookNeedsAFileAndNoOtherOutput) {
  const std::vector<std::vector<std::string>> wrong = {
      {"releases", "extract", "r", "--format", "xlsx"},
      {"releases", "extract", "r", "--format", "xlsx", "-o", "-"},
      {"scorecard", "r", "--format", "xlsx"},
      {"scorecard", "r", "--format", "xlsx", "-o", path_, "--output", "csv"}};
  for (const std::vector<std::string>& arguments : wrong) {
    EXPECT_EQ(Run(arguments).code, ExitCode::kUsage) << absl::StrJoin(arguments, " ");
  }
  EXPECT_EQ(Run({"scorecard", "r", "--format", "pdf"}).code, ExitCode::kInvalidInput);
}

Observation FigureOf(const char* label, double value) {
  Observation figure;
  figure.mutable_period()->set_label(label);
  figure.set_value(value);
  return figure;
}

// Calls in two areas; in the second the figure and one of its comparators are hidden.
Scorecard Calls() {
  Scorecard scorecard;
  scorecard.set_release("releases/r");
  scorecard.set_release_display_name("Quarter 2");
  scorecard.set_release_digest("d1");
  scorecard.set_agreement("agreements/a");
  scorecard.set_agreement_version(3);
  scorecard.add_missing_returns("measures/calls/returns/2018-19-q2.police");
  scorecard.add_missing_returns("measures/others/returns/2018-19-q2.police");
  Scorecard::Row& row = *scorecard.add_rows();
  v1::Measure& measure = *row.mutable_measure();
  measure.set_name("measures/calls");
  measure.set_display_name("=Calls (synthetic)");
  measure.set_provider("agencies/police");
  v1::Measure::Duty& duty = *measure.add_duties();
  duty.set_agency("agencies/council");
  duty.add_areas("areas/e07000118");
  measure.set_unit(v1::Measure::PERCENT);
  measure.set_decimal_places(1);
  measure.set_target(95);
  measure.set_tolerance(2.5);
  Scorecard::Cell& first = *row.add_cells();
  first.set_area_display_name("Burnley");
  *first.mutable_figure() = FigureOf("Q2", 91.04);
  first.mutable_figure()->set_provisional(true);
  first.mutable_figure()->set_note("Counted anew");
  first.mutable_figure()->mutable_source()->set_document("paper");
  first.mutable_figure()->mutable_source()->set_line(7);
  first.set_band(Scorecard::SLIGHTLY_BELOW);
  first.set_travel(Scorecard::IMPROVED);
  first.set_change(1.5);
  first.set_rank(2);
  first.set_ranked(8);
  *first.add_trend() = FigureOf("Q1", 89.5);
  *first.add_trend() = FigureOf("Q2", 91.04);
  *first.add_comparators() = FigureOf("2017-18", 90.5);
  first.mutable_comparators(0)->set_comparator(Observation::ENGLAND);
  Scorecard::Cell& second = *row.add_cells();
  second.set_area_display_name("Chorley");
  second.mutable_figure()->set_area("areas/e07000118");
  second.mutable_figure()->mutable_period()->set_label("Q2");
  second.mutable_figure()->set_symbol(Observation::CONFIDENTIAL);
  *second.add_comparators() = second.figure();
  second.mutable_comparators(0)->set_comparator(Observation::ENGLAND);
  return scorecard;
}

TEST_F(WorkbookCommandsTest, AScorecardWithoutRowsSaysSo) {
  EXPECT_CALL(*connection_, GetScorecard(_, _)).WillOnce(Return(Scorecard()));
  const CliResult result = Run({"scorecard", "r"});
  EXPECT_EQ(result.code, ExitCode::kOk);
  EXPECT_THAT(result.err, HasSubstr("No figures match"));
}

TEST_F(WorkbookCommandsTest, AScorecardSaysInCellsWhatItsOtherFormsSay) {
  EXPECT_CALL(*connection_, GetScorecard(_, _)).WillOnce(Return(Calls()));
  v1::Release release;
  release.set_state(v1::Release::WITHDRAWN);
  release.set_withdrawn_reason("Wrong districts");
  release.set_note("Provisional for the police.");
  EXPECT_CALL(*connection_, GetRelease(_, _)).WillOnce(Return(release));
  const CliResult result = Run({"scorecard", "r", "--format", "xlsx", "-o", path_});
  ASSERT_EQ(result.code, ExitCode::kOk) << result.err;
  const std::vector<std::string> rows = WorkbookRows(path_, "Scorecard");
  ASSERT_EQ(rows.size(), 12u) << absl::StrJoin(rows, "\n");
  EXPECT_EQ(rows[0], R"(1: "Scorecard: Quarter 2")");
  EXPECT_EQ(rows[1], R"(2: "WITHDRAWN: do not use these figures. Wrong districts")");
  EXPECT_THAT(rows[2], StartsWith(R"(3: "SYNTHETIC: the figures of 1 measure,)"));
  EXPECT_THAT(rows[3], HasSubstr("shared under agreements/a version 3"));
  EXPECT_EQ(rows[5], R"(6: "Provisional for the police.")");
  EXPECT_THAT(rows[6], HasSubstr(": 2"));
  EXPECT_EQ(rows[9],
            R"(10: "Measure"|"Area"|"Period"|"Value"|"Status"|"Unit"|"Target"|"Within"|"Band"|)"
            R"("Travel"|"Change"|"Place"|"England"|"England: status"|"England: period"|"Returns"|)"
            R"~("Commentary"|"Source")~");
  EXPECT_EQ(rows[10],
            R"~(11: "=Calls (synthetic)"|"Burnley"|"Q2"|91||"%"|95|2.5|"slightly below"|)~"
            R"~("improved (+1.5 since Q1)"|1.5|"2 of 8"|90.5||"2017-18"|)~"
            R"~("missing: 2018-19-q2.police"|"provisional; Counted anew"|"paper, line 7")~");
  EXPECT_EQ(rows[11], R"~(12: "=Calls (synthetic)"|"Chorley"|"Q2"||"c"|"%"|95|2.5|"no figure"|)~"
                      R"~("no comparison"||||"c"|"Q2"|"missing: 2018-19-q2.police"||"council")~");
}

TEST_F(WorkbookCommandsTest, AScorecardWithoutItsReleaseLeavesNothing) {
  EXPECT_CALL(*connection_, GetScorecard(_, _)).WillOnce(Return(Calls()));
  EXPECT_CALL(*connection_, GetRelease(_, _))
      .WillOnce(Return(MakeError(v1::RELEASE_WITHDRAWN, "withdrawn")));
  EXPECT_NE(Run({"scorecard", "r", "--format", "xlsx", "-o", path_}).code, ExitCode::kOk);
  EXPECT_EQ(FilesInFolder(), 0u);
}

}  // namespace
}  // namespace concordat::cli
