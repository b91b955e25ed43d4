#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/cli/testing/cli_runner.h"
#include "client/mocks/mock_connection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using ::testing::_;
using ::testing::HasSubstr;

constexpr char kFile[] =
    "measure,area,period,value\r\n"
    "contacts,E10000017,2018-19 Q1,12\r\n"
    "contacts,E10000017,2018-19 Q2,x\r\n";

class SubmitTest : public ::testing::Test {
 protected:
  CliResult Run(const std::string& text, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"measures", "submit", folder_.Write("f.csv", text)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCli(connection_, arguments);
  }
  // Takes all messages, and answers.
  void Answer(const v1::SubmitObservationsResponse& response) {
    EXPECT_CALL(*connection_, SubmitObservations(_, _))
        .WillOnce([this, response](SubmissionMessages& messages, const CallOptions& options)
                      -> absl::StatusOr<v1::SubmitObservationsResponse> {
          EXPECT_FALSE(options.request_id.empty());
          RETURN_IF_ERROR(messages.Begin());
          while (true) {
            ASSIGN_OR_RETURN(const auto message, messages.Next());
            if (!message.has_value()) return response;
            sent_.push_back(*message);
          }
        });
  }
  void KnowMe() {
    v1::WhoAmIResponse me;
    me.set_agency("agencies/police");
    EXPECT_CALL(*connection_, WhoAmI(_, _)).WillOnce(::testing::Return(me));
  }
  static v1::SubmitObservationsResponse Applied() {
    v1::SubmitObservationsResponse response;
    v1::Submission& submission = *response.mutable_submission();
    submission.set_name("submissions/1");
    submission.set_provider("agencies/police");
    submission.set_row_count(2);
    submission.set_added(1);
    submission.set_revised(1);
    return response;
  }

  const TemporaryFolder folder_;
  std::vector<v1::SubmitObservationsRequest> sent_;
  std::shared_ptr<MockConnection> connection_ = std::make_shared<MockConnection>();
};

TEST_F(SubmitTest, TheFileIsSentAsAHeaderItsRowsAndAnEnd) {
  KnowMe();
  Answer(Applied());
  const CliResult result = Run(kFile);
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  ASSERT_EQ(sent_.size(), 3U);
  EXPECT_EQ(sent_[0].header().provider(), "agencies/police");
  ASSERT_EQ(sent_[1].rows().rows_size(), 2);
  EXPECT_EQ(sent_[1].rows().rows(0).row(), 2);
  EXPECT_EQ(sent_[1].rows().rows(1).symbol(), v1::Observation::NOT_AVAILABLE);
  EXPECT_EQ(sent_[2].end().row_count(), 2);
  EXPECT_EQ(result.out, "submissions/1: 2 rows for police, 1 new, 1 revised, 0 as they were\n");
}

TEST_F(SubmitTest, OptionsBecomeTheHeader) {
  Answer(Applied());
  const CliResult result = Run(kFile, {"--provider", "trust", "--source", "a workbook", "--reason",
                                       "two teams more", "--confirm", "--dry-run"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  const v1::SubmissionHeader& header = sent_.at(0).header();
  EXPECT_EQ(header.provider(), "agencies/trust");
  EXPECT_EQ(header.source(), "a workbook");
  EXPECT_EQ(header.revision_reason(), "two teams more");
  EXPECT_TRUE(header.confirm());
  EXPECT_TRUE(header.dry_run());
  EXPECT_THAT(result.out, HasSubstr("dry run: 2 rows for police"));
}

TEST_F(SubmitTest, NothingIsSentOfAFileWithWrongRowsAndEachIsNamed) {
  EXPECT_CALL(*connection_, SubmitObservations(_, _)).Times(0);
  const CliResult result = Run("measure,area,period,value\nm,a,2018,12%\nm,a,2018,\"1,234\"\n");
  EXPECT_EQ(result.code, ExitCode::kInvalidInput);
  EXPECT_THAT(result.err, HasSubstr("line 2, value: write the percentage without the sign"));
  EXPECT_THAT(result.err, HasSubstr("line 3, value: write the number without commas"));
  EXPECT_THAT(result.err, HasSubstr("2 rows are wrong in the file, so nothing was sent"));
}

TEST_F(SubmitTest, ADryRunThatFindsProblemsPrintsThemAndFails) {
  KnowMe();
  v1::SubmitObservationsResponse response = Applied();
  v1::RowProblem& problem = *response.add_problems();
  problem.set_row(2);
  problem.set_column("value");
  problem.set_description("must be a whole number: it counts");
  response.set_problem_count(5);
  v1::RowProblem& warning = *response.add_warnings();
  warning.set_row(3);
  warning.set_column("value");
  warning.set_description("jumps");
  response.set_warning_count(1);
  Answer(response);
  const CliResult result = Run(kFile, {"--dry-run"});
  EXPECT_EQ(result.code, ExitCode::kInvalidInput);
  EXPECT_THAT(result.out, HasSubstr("problem: row 2, value: must be a whole number: it counts\n"
                                    "problem: and 4 more\nwarning: row 3, value: jumps\n"));
}

TEST_F(SubmitTest, ADryRunWithWarningsEndsAsTheSubmissionWould) {
  KnowMe();
  v1::SubmitObservationsResponse response = Applied();
  response.add_warnings()->set_row(3);
  response.set_warning_count(1);
  Answer(response);
  const CliResult result = Run(kFile, {"--dry-run"});
  EXPECT_EQ(result.code, ExitCode::kInvalidInput);
  EXPECT_THAT(result.err, HasSubstr("--confirm"));
}

TEST_F(SubmitTest, ADryRunWithWarningsThatAreConfirmedIsOk) {
  KnowMe();
  v1::SubmitObservationsResponse response = Applied();
  response.add_warnings()->set_row(3);
  response.set_warning_count(1);
  Answer(response);
  EXPECT_EQ(Run(kFile, {"--dry-run", "--confirm"}).code, ExitCode::kOk);
}

TEST_F(SubmitTest, AFileThatIsNotThereEmptyOrOfAnotherFormatIsSaidSo) {
  EXPECT_CALL(*connection_, SubmitObservations(_, _)).Times(0);
  EXPECT_EQ(Run("measure,area,period,value\n").code, ExitCode::kInvalidInput);
  EXPECT_EQ(Run("").code, ExitCode::kInvalidInput);
  EXPECT_EQ(RunCli(connection_, {"measures", "submit", folder_.Path("none.csv")}).code,
            ExitCode::kOther);
  EXPECT_EQ(RunCli(connection_, {"measures", "submit", folder_.Write("f.ods", "x")}).code,
            ExitCode::kInvalidInput);
}

}  // namespace
}  // namespace concordat::cli
