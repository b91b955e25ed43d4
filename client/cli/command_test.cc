// Whole command lines: what they ask, what they print, how they exit.
#include <filesystem>
#include <memory>
#include <ostream>
#include <sstream>
#include <streambuf>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/digest.h"
#include "base/status.h"
#include "client/cli/app.h"
#include "client/cli/local_error.h"
#include "client/cli/testing/cli_runner.h"
#include "client/mocks/mock_connection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace concordat::cli {
namespace {

using ::testing::_;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Return;
using ::testing::StartsWith;

class CommandTest : public ::testing::Test {
 protected:
  CliResult Run(std::vector<std::string> arguments) {
    return RunCli(connection_, std::move(arguments));
  }

  std::shared_ptr<MockConnection> connection_ = std::make_shared<MockConnection>();
};

v1::ListActionsResponse TwoActions() {
  v1::ListActionsResponse page;
  v1::Action* action = page.add_actions();
  action->set_name("plans/development-2018/actions/1.2.1");
  action->set_display_name("Agree one approach");
  action->set_status(v1::Action::UNDERWAY);
  action->mutable_due()->set_text("November 2018");
  action->mutable_due()->mutable_date()->set_year(2018);
  action->mutable_due()->mutable_date()->set_month(11);
  action->mutable_due()->mutable_date()->set_day(30);
  action->set_overdue(true);
  action->mutable_rag()->set_effective(v1::Rag::RED);
  action->add_leads()->set_agency("agencies/lscb");
  action = page.add_actions();
  action->set_name("plans/development-2018/actions/1.2.2");
  action->set_display_name("Train, and \"check\"");
  return page;
}

TEST_F(CommandTest, ActionsListPutsEveryFilterIntoTheRequest) {
  v1::ListActionsRequest request;
  CallOptions options;
  EXPECT_CALL(*connection_, ListActions(_, _)).WillOnce([&](const auto& r, const auto& o) {
    request = r;
    options = o;
    return v1::ListActionsResponse();
  });
  const CliResult result = Run({"actions",
                                "list",
                                "development-2018",
                                "--topic",
                                "neglect",
                                "--rag",
                                "red",
                                "--rag",
                                "not-reported",
                                "--status",
                                "underway",
                                "--agency",
                                "lscb",
                                "--overdue",
                                "--on",
                                "2019-01-15",
                                "--changed-since",
                                "2018-12-01T00:00:00Z",
                                "--purpose",
                                "improvement",
                                "--agreement",
                                "sharing",
                                "--on-behalf-of",
                                "u-1"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(request.parent(), "plans/development-2018");
  EXPECT_EQ(request.topic(), "neglect");
  ASSERT_EQ(request.rags_size(), 2);
  EXPECT_EQ(request.rags(0), v1::Rag::RED);
  EXPECT_EQ(request.rags(1), v1::Rag::NOT_REPORTED);
  EXPECT_EQ(request.statuses(0), v1::Action::UNDERWAY);
  EXPECT_EQ(request.agency(), "agencies/lscb");
  EXPECT_TRUE(request.overdue());
  EXPECT_EQ(request.on().day(), 15);
  EXPECT_EQ(request.changed_since().seconds(), 1543622400);
  EXPECT_EQ(options.purpose, "improvement");
  EXPECT_EQ(options.agreement, "agreements/sharing");
  EXPECT_EQ(options.on_behalf_of, "u-1");
}

TEST_F(CommandTest, ActionsListWithoutAPlanAsksForAllPlans) {
  EXPECT_CALL(*connection_,
              ListActions(::testing::Property(&v1::ListActionsRequest::parent, "plans/-"), _))
      .WillOnce(Return(v1::ListActionsResponse()));
  EXPECT_EQ(Run({"actions", "list"}).out, "0 actions\n");
}

TEST_F(CommandTest, ActionsTableSaysStatusAndRagInWords) {
  EXPECT_CALL(*connection_, ListActions(_, _)).WillOnce(Return(TwoActions()));
  const CliResult result = Run({"actions", "list"});
  EXPECT_EQ(
      result.out,
      "Action                  Title               Due                 Lead  Status      Rag\n"
      "development-2018/1.2.1  Agree one approach  2018-11-30 overdue  lscb  underway    RED\n"
      "development-2018/1.2.2  Train, and \"check\"                            not stated  "
      "NOT REPORTED\n"
      "\n2 actions\n");
}

TEST_F(CommandTest, ActionsCsvHasAHeaderAndRawValues) {
  EXPECT_CALL(*connection_, ListActions(_, _)).WillOnce(Return(TwoActions()));
  const std::string out = Run({"--output", "csv", "actions", "list"}).out;
  EXPECT_THAT(out, StartsWith("name,reference,theme,"));
  EXPECT_THAT(out, HasSubstr("\r\nplans/development-2018/actions/1.2.1,"));
  EXPECT_THAT(out, HasSubstr(",2018-11-30,"));
  EXPECT_THAT(out, HasSubstr("\"Train, and \"\"check\"\"\""));
  EXPECT_THAT(out, HasSubstr(",STATUS_UNSPECIFIED,NOT_REPORTED,"));
}

TEST_F(CommandTest, ActionsJsonIsOneArrayOfAllPages) {
  v1::ListActionsResponse first = TwoActions();
  first.set_next_page_token("next");
  EXPECT_CALL(*connection_, ListActions(_, _))
      .WillOnce(Return(first))
      .WillOnce(Return(TwoActions()));
  const auto json = nlohmann::json::parse(Run({"actions", "list", "--output", "json"}).out);
  ASSERT_EQ(json.size(), 4u);
  EXPECT_EQ(json[0]["due"]["date"], "2018-11-30");
  EXPECT_FALSE(json[3].contains("rag"));
}

TEST_F(CommandTest, ListThatFailsOnALaterPagePrintsNoPart) {
  v1::ListActionsResponse first = TwoActions();
  first.set_next_page_token("next");
  EXPECT_CALL(*connection_, ListActions(_, _))
      .WillOnce(Return(first))
      .WillOnce(Return(absl::UnavailableError("gone")));
  const CliResult result = Run({"actions", "list"});
  EXPECT_EQ(result.code, ExitCode::kUnavailable);
  EXPECT_EQ(result.out, "");
}

TEST_F(CommandTest, PlanStatusShowsEachGrouping) {
  v1::PlanStatus status;
  status.set_plan("plans/p");
  status.mutable_total()->set_total(3);
  status.mutable_total()->set_red(2);
  auto* theme = status.add_by_theme();
  theme->set_key("1");
  theme->set_display_name("Partnership");
  theme->set_not_reported(1);
  EXPECT_CALL(*connection_, GetPlanStatus(_, _)).Times(2).WillRepeatedly(Return(status));
  const std::string table = Run({"plans", "status", "p"}).out;
  EXPECT_THAT(table, AllOf(HasSubstr("plans/p"), HasSubstr("Theme"), HasSubstr("Partnership"),
                           HasSubstr("NOT"), Not(HasSubstr("Recommendation"))));
  const std::string csv = Run({"plans", "status", "p", "--output", "csv"}).out;
  EXPECT_EQ(csv,
            "grouped_by,key,display_name,total,red,amber,green,blue,not_reported,overdue\r\n"
            "total,,,3,2,0,0,0,0,0\r\n"
            "theme,1,Partnership,0,0,0,0,0,1,0\r\n");
}

TEST_F(CommandTest, RefusalSaysWhatWhyAndWhatNext) {
  absl::Status refusal = MakeError(v1::NO_AGREEMENT, "no agreement covers plans");
  Receipt receipt;
  receipt.set_origin("log.test");
  receipt.set_index(12);
  AttachPayload(refusal, receipt);
  EXPECT_CALL(*connection_, ListPlans(_, _)).WillOnce(Return(refusal));
  const CliResult result = Run({"plans", "list"});
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_EQ(
      result.err,
      "concordat: no agreement covers plans\n"
      "  reason: NO_AGREEMENT, log log.test index 12\n"
      "  next: run `concordat access explain METHOD` for what is missing, `concordat whoami` for "
      "your agreements\n");
}

TEST_F(CommandTest, ReceiptIsShownWhenAskedFor) {
  EXPECT_CALL(*connection_, ListPlans(_, _)).WillOnce([](const auto&, const CallOptions& options) {
    options.receipt->set_origin("log.test");
    options.receipt->set_index(3);
    options.receipt->set_leaf_hash("\x0a");
    return v1::ListPlansResponse();
  });
  EXPECT_THAT(Run({"plans", "list", "--show-receipt"}).err,
              HasSubstr("receipt: log log.test index 3 leaf 0a"));
}

TEST_F(CommandTest, AuditListStopsAtItsLimit) {
  v1::ListAuditEntriesResponse page;
  for (int i = 0; i < 3; ++i) page.add_entries()->set_index(static_cast<uint64_t>(i));
  page.set_next_page_token("more");
  EXPECT_CALL(
      *connection_,
      ListAuditEntries(AllOf(::testing::Property(&v1::ListAuditEntriesRequest::page_size, 2),
                             ::testing::Property(&v1::ListAuditEntriesRequest::decision,
                                                 v1::AuditRecord::REFUSED),
                             ::testing::Property(&v1::ListAuditEntriesRequest::client,
                                                 "agencies/police/clients/app")),
                       _))
      .WillOnce(Return(page));
  EXPECT_THAT(
      Run({"audit", "list", "--limit", "2", "--decision", "refused", "--client", "police/app"}).out,
      HasSubstr("\n2 records\n"));
}

TEST_F(CommandTest, WhoAmIShowsAgreements) {
  v1::WhoAmIResponse answer;
  answer.set_client("agencies/police/clients/app");
  answer.add_roles(v1::READER);
  auto* access = answer.add_agreements();
  access->set_agreement("agreements/sharing");
  access->add_data_sets(v1::PLANS);
  access->set_in_force(true);
  EXPECT_CALL(*connection_, WhoAmI(_, _)).WillOnce(Return(answer));
  EXPECT_THAT(Run({"whoami"}).out,
              AllOf(HasSubstr("agencies/police/clients/app"), HasSubstr("READER"),
                    HasSubstr("sharing"), HasSubstr("PLANS"), HasSubstr("1 agreement")));
}

// Sends one chunk of a CSV, and the manifest unless `cut`.
absl::Status SendExtract(Connection::ExtractMessageSink sink, bool cut) {
  const std::string data = "measure\r\na\r\n";
  v1::ExtractObservationsResponse message;
  message.mutable_header()->set_release("releases/r");
  RETURN_IF_ERROR(sink(message));
  message.mutable_chunk()->set_data(data);
  message.mutable_chunk()->set_sha256(Sha256Of(data));
  RETURN_IF_ERROR(sink(message));
  if (cut) return absl::OkStatus();
  message.mutable_manifest()->set_rows(1);
  message.mutable_manifest()->set_chunks(1);
  message.mutable_manifest()->set_bytes(static_cast<int64_t>(data.size()));
  message.mutable_manifest()->set_sha256(Sha256Of(data));
  return sink(message);
}

TEST_F(CommandTest, ExtractReplacesTheFileWithAWholeOne) {
  TemporaryFolder folder;
  const std::string path = folder.Write("figures.csv", "old");
  EXPECT_CALL(*connection_, ExtractObservations(_, _, _))
      .WillOnce([](const auto&, auto sink, const auto&) { return SendExtract(sink, false); });
  const CliResult result = Run({"releases", "extract", "r", "--format", "csv", "-o", path});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(ReadFile(path), "measure\r\na\r\n");
  EXPECT_THAT(result.err, HasSubstr("1 row"));
}

TEST_F(CommandTest, TheManifestOfAnExtractIsWrittenBesideIt) {
  TemporaryFolder folder;
  const std::string path = folder.Path("figures.csv");
  const std::string manifest = folder.Path("figures.json");
  EXPECT_CALL(*connection_, ExtractObservations(_, _, _))
      .WillOnce([](const auto&, auto sink, const auto&) { return SendExtract(sink, false); });
  const std::vector<std::string> command = {"releases", "extract", "r",  "--format",
                                            "csv",      "-o",      path, "--manifest"};
  for (const std::string& wrong : {path, folder.Path("./figures.csv"), std::string("-")}) {
    std::vector<std::string> same = command;
    same.push_back(wrong);
    EXPECT_EQ(Run(same).code, ExitCode::kUsage) << wrong;
  }
  std::vector<std::string> other = command;
  other.push_back(manifest);
  const CliResult result = Run(other);
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  const auto said = nlohmann::json::parse(ReadFile(manifest));
  EXPECT_EQ(said["header"]["release"], "releases/r");
  EXPECT_EQ(said["file"]["sha256"], said["manifest"]["sha256"]);
  EXPECT_EQ(said["manifest"]["rows"], 1);
  EXPECT_EQ(said["manifest"]["sha256"], absl::BytesToHexString(Sha256Of("measure\r\na\r\n")));
  EXPECT_TRUE(said["manifest"]["disclosures"].is_array());
}

TEST_F(CommandTest, DamagedExtractLeavesTheOldFileAndNothingElse) {
  TemporaryFolder folder;
  const std::string path = folder.Write("figures.csv", "old");
  EXPECT_CALL(*connection_, ExtractObservations(_, _, _))
      .WillOnce([](const auto&, auto sink, const auto&) { return SendExtract(sink, true); });
  const CliResult result = Run({"releases", "extract", "r", "--format", "csv", "-o", path});
  EXPECT_EQ(result.code, ExitCode::kDataDamaged);
  EXPECT_EQ(ReadFile(path), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST_F(CommandTest, ExtractWithoutAFileGoesToStandardOutput) {
  EXPECT_CALL(*connection_, ExtractObservations(_, _, _))
      .WillOnce([](const auto&, auto sink, const auto&) { return SendExtract(sink, false); });
  EXPECT_EQ(Run({"releases", "extract", "r", "--format", "csv"}).out, "measure\r\na\r\n");
}

TEST_F(CommandTest, DashAsTheFileMeansStandardOutput) {
  EXPECT_CALL(*connection_, ExtractObservations(_, _, _))
      .WillOnce([](const auto&, auto sink, const auto&) { return SendExtract(sink, false); });
  const CliResult result = Run({"releases", "extract", "r", "--format", "csv", "-o", "-"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out, "measure\r\na\r\n");
  EXPECT_FALSE(std::filesystem::exists("-"));
}

TEST_F(CommandTest, FileThatCannotBeWrittenIsSaidBeforeAnythingIsAsked) {
  EXPECT_CALL(*connection_, ExtractObservations(_, _, _)).Times(0);
  TemporaryFolder folder;
  const std::string path = folder.Path("none/figures.csv");
  const CliResult result = Run({"releases", "extract", "r", "--format", "csv", "-o", path});
  EXPECT_EQ(result.code, ExitCode::kOther);
  EXPECT_EQ(result.err, "concordat: cannot create " + path +
                            ": No such file or directory\n"
                            "  next: make the folder first, or mend the path\n");
}

// Takes no byte, like a full disk.
class FullBuffer final : public std::streambuf {
 protected:
  int_type overflow(int_type) override { return traits_type::eof(); }
  int sync() override { return -1; }
};

TEST_F(CommandTest, OutputThatCannotBeWrittenIsOneLineAndAnExitCode) {
  EXPECT_CALL(*connection_, ListActions(_, _)).WillRepeatedly(Return(TwoActions()));
  EXPECT_CALL(*connection_, ExtractObservations(_, _, _))
      .WillOnce([](const auto&, auto sink, const auto&) { return SendExtract(sink, false); });
  const std::vector<std::vector<std::string>> commands = {
      {"--help"},
      {"--version"},
      {"plans", "list", "--help"},
      {"actions", "list"},
      {"releases", "extract", "r", "--format", "csv"}};
  for (const std::vector<std::string>& arguments : commands) {
    FullBuffer full;
    std::ostream out(&full);
    std::ostringstream err;
    Environment environment{out, err};
    environment.connect = [&](const std::string&) { return Client(connection_); };
    EXPECT_EQ(RunApp(arguments, environment), ExitCode::kOther) << arguments.back();
    EXPECT_EQ(err.str(), "concordat: the output could not be written\n");
  }
}

TEST_F(CommandTest, CsvCellThatASpreadsheetWouldRunIsNeutralised) {
  v1::ListActionsResponse page;
  page.add_actions()->set_display_name("=HYPERLINK(1)");
  EXPECT_CALL(*connection_, ListActions(_, _)).WillOnce(Return(page));
  EXPECT_THAT(Run({"actions", "list", "--output", "csv"}).out, HasSubstr(",'=HYPERLINK(1),"));
}

TEST_F(CommandTest, MessageOfTheServiceCannotSteerTheTerminal) {
  EXPECT_CALL(*connection_, ListPlans(_, _))
      .WillOnce(Return(absl::UnavailableError("first\nsecond \x1b[2J\u202E")));
  const CliResult result = Run({"plans", "list"});
  EXPECT_THAT(result.err, StartsWith("concordat: first\n  second  [2J<U+202E>\n  reason: "));
}

// An error, and the exit code that scripts see.
struct ExitCase {
  absl::Status status;
  ExitCode code;
};

TEST_F(CommandTest, ExitCodeTellsScriptsWhatHappened) {
  const std::vector<ExitCase> cases = {
      {MakeError(v1::CLIENT_UNKNOWN, "x"), ExitCode::kNotAuthenticated},
      {MakeError(v1::OUT_OF_SCOPE, "x"), ExitCode::kRefused},
      {MakeError(v1::ACCESS_ENDED, "x"), ExitCode::kRefused},
      {ResourceNotFound("Plan", "plans/p"), ExitCode::kNotFound},
      {InvalidField("name", "x"), ExitCode::kInvalidInput},
      {MakeError(v1::REQUEST_TOO_LARGE, "x"), ExitCode::kInvalidInput},
      {MakeError(v1::ETAG_MISMATCH, "x"), ExitCode::kConflict},
      {MakeError(v1::RELEASE_FROZEN, "x"), ExitCode::kConflict},
      {MakeError(v1::SHUTTING_DOWN, "x"), ExitCode::kUnavailable},
      {absl::DataLossError("x"), ExitCode::kDataDamaged},
      {LocalError("x", "y"), ExitCode::kOther},
      {UsageError("x"), ExitCode::kUsage},
      {MakeError(v1::INTERNAL_ERROR, "x"), ExitCode::kOther}};
  for (const ExitCase& exit_case : cases) {
    EXPECT_CALL(*connection_, GetPlanStatus(_, _)).WillOnce(Return(exit_case.status));
    EXPECT_EQ(Run({"plans", "status", "p"}).code, exit_case.code) << exit_case.status;
  }
}

TEST_F(CommandTest, WrongCommandLinesAreUsageErrors) {
  const std::vector<std::vector<std::string>> wrong = {
      {}, {"plans"}, {"plans", "status"}, {"fly"}, {"plans", "list", "--output", "xml"}, {"apply"}};
  for (const std::vector<std::string>& arguments : wrong) {
    const CliResult result = Run(arguments);
    EXPECT_EQ(result.code, ExitCode::kUsage);
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(CommandTest, WrongValuesAreInvalidInputAndNothingIsAsked) {
  EXPECT_CALL(*connection_, ListActions(_, _)).Times(0);
  EXPECT_EQ(Run({"actions", "list", "--on", "tomorrow"}).code, ExitCode::kInvalidInput);
  EXPECT_EQ(Run({"actions", "list", "--rag", "purple"}).code, ExitCode::kInvalidInput);
  EXPECT_EQ(Run({"actions", "list", "a/b"}).code, ExitCode::kInvalidInput);
}

TEST_F(CommandTest, HelpListsTheExitCodes) {
  const CliResult result = Run({"--help"});
  EXPECT_EQ(result.code, ExitCode::kOk);
  EXPECT_THAT(result.out, AllOf(HasSubstr("9 data damaged"), HasSubstr("130"), HasSubstr("143"),
                                HasSubstr("GRPC_VERBOSITY")));
}

}  // namespace
}  // namespace concordat::cli
