// Command lines that are wrong, and what is said about them.
#include <memory>
#include <string>
#include <vector>

#include "client/cli/testing/cli_runner.h"
#include "client/mocks/mock_connection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::StrictMock;

// A command line, and what its error begins with.
struct UsageCase {
  std::vector<std::string> arguments;
  std::string error;
};

// Expects usage errors, and that nothing is asked of the service.
void ExpectUsageErrors(const std::vector<UsageCase>& cases) {
  for (const UsageCase& usage_case : cases) {
    const CliResult result =
        RunCli(std::make_shared<StrictMock<MockConnection>>(), usage_case.arguments);
    EXPECT_EQ(result.code, ExitCode::kUsage) << usage_case.error;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, StartsWith(usage_case.error));
  }
}

TEST(UsageTest, EmptyValueOfAnOptionIsRefusedAndTheOptionNamed) {
  ExpectUsageErrors({{{"actions", "list", "--topic", ""}, "--topic: has an empty value"},
                     {{"actions", "list", "--agency", ""}, "--agency: has an empty value"},
                     {{"actions", "list", "--rag", ""}, "--rag: has an empty value"},
                     {{"actions", "list", "--rag", "red", "--rag", ""}, "--rag: has an empty"},
                     {{"actions", "list", "--status", " "}, "--status: has an empty value"},
                     {{"actions", "list", "--on", ""}, "--on: has an empty value"},
                     {{"actions", "list", ""}, "plan: has an empty value"},
                     {{"--purpose", "", "plans", "list"}, "--purpose: has an empty value"},
                     {{"plans", "list", "--agreement", ""}, "--agreement: has an empty value"},
                     {{"plans", "list", "--profile", ""}, "--profile: has an empty value"},
                     {{"plans", "list", "--as-of", ""}, "--as-of: has an empty value"},
                     {{"measures", "list", "--provider", ""}, "--provider: has an empty value"},
                     {{"releases", "observations", "--measure", ""}, "--measure: has an empty"},
                     {{"releases", "extract", "r", "--format", "csv", "-o", ""}, "--file: has an"},
                     {{"clients", "list", ""}, "agency: has an empty value"},
                     {{"audit", "list", "--decision", ""}, "--decision: has an empty value"},
                     {{"apply", "-f", ""}, "--file: has an empty value"}});
}

TEST(UsageTest, AssignmentOfNothingDoesNotTakeTheNextArgument) {
  ExpectUsageErrors(
      {{{"actions", "list", "--topic=", "--overdue"}, "--topic: has an empty value"},
       {{"actions", "list", "--agency=", "development-2018"}, "--agency: has an empty value"},
       {{"--purpose=", "plans", "list"}, "--purpose: has an empty value"}});
}

TEST(UsageTest, LimitOutOfRangeSaysTheRange) {
  for (const char* limit : {"0", "-1", "1000001", "99999999999999999999", "1.5", "x", ""}) {
    ExpectUsageErrors({{{"audit", "list", "--limit", limit},
                        "--limit: must be a whole number from 1 to 1000000\n"},
                       {{"handshakes", "list", "--limit", limit},
                        "--limit: must be a whole number from 1 to 1000000\n"}});
  }
}

TEST(UsageTest, WordThatIsNoCommandIsNamedWithTheNearestOne) {
  ExpectUsageErrors(
      {{{"plns"}, "'plns' is no command of `concordat`: did you mean `plans`?"},
       {{"plns", "list"}, "'plns' is no command of `concordat`: did you mean `plans`?"},
       {{"--output", "json", "ACTION", "list"},
        "'ACTION' is no command of `concordat`: did you "
        "mean `actions`?"},
       {{"plans", "lst"}, "'lst' is no command of `plans`: did you mean `list`?"},
       {{"audit", "list-all"}, "'list-all' is no command of `audit`: there are list"},
       {{"releases", "frobnicate"},
        "'frobnicate' is no command of `releases`: there are list, "
        "observations, extract, preview, "},
       {{"--frob", "plns"}, "'--frob' is no option\n"},
       {{"whoami", "now"}, "The following argument was not expected: now\n"}});
}

TEST(UsageTest, FarWordListsTheCommands) {
  ExpectUsageErrors({{{"frobnicate"},
                      "'frobnicate' is no command of `concordat`: there are whoami, "
                      "plans, actions, measures, returns, releases, "}});
}

TEST(UsageTest, ControlCharactersOfAWordAreNotPrinted) {
  const CliResult result = RunCli(std::make_shared<StrictMock<MockConnection>>(), {"pl\x1b[2Jns"});
  EXPECT_THAT(result.err, Not(HasSubstr("\x1b")));
}

TEST(UsageTest, OutputFormatThatIsNoneListsThem) {
  ExpectUsageErrors(
      {{{"plans", "list", "--output", "xml"}, "--output: 'xml' is none of: table, json, csv\n"}});
}

TEST(UsageTest, AuditPeriodThatEndsBeforeItBeginsIsRefused) {
  ExpectUsageErrors(
      {{{"audit", "list", "--from", "2018-12-01", "--to", "2018-11-30"},
        "concordat: --from is later than --to"},
       {{"audit", "list", "--from", "2018-11-30T10:00:01Z", "--to", "2018-11-30T10:00:00Z"},
        "concordat: --from is later than --to"}});
}

TEST(UsageTest, AuditPeriodOfOneMomentIsAsked) {
  auto connection = std::make_shared<StrictMock<MockConnection>>();
  EXPECT_CALL(*connection, ListAuditEntries)
      .WillOnce(::testing::Return(v1::ListAuditEntriesResponse()));
  EXPECT_EQ(
      RunCli(connection, {"audit", "list", "--from", "2018-11-30", "--to", "2018-11-30"}).code,
      ExitCode::kOk);
}

}  // namespace
}  // namespace concordat::cli
