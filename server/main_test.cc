// The command line of `concordatd`: how it exits. What it serves is for the
// suites in tests/e2e.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/server_process.h"
#include "tests/support/temporary_folder.h"

namespace concordat {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class MainTest : public ::testing::Test {
 protected:
  // Runs the program to its end: its exit code, with all that it printed in the
  // file `output`.
  static int Run(std::vector<std::string> arguments, const std::string& output) {
    e2e::ServerProcess process({std::move(arguments), output, 0});
    const std::optional<e2e::ProcessEnd> end = process.Wait();
    EXPECT_TRUE(end.has_value()) << "it runs";
    return end.has_value() ? end->exit_code : -1;
  }
  int Run(std::vector<std::string> arguments) {
    WriteWhole(output_, "");
    return Run(std::move(arguments), output_);
  }
  std::string Printed() const { return ReadWhole(output_); }

  const TemporaryFolder folder_;
  const std::string output_ = folder_.Path("output");
};

TEST_F(MainTest, AWrongCommandLineIsAUsageError) {
  const std::vector<std::string> cases[] = {
      {}, {"serve"}, {"serve", "--no-such-flag"}, {"no-such-command"}, {"init", "--config", "x"}};
  for (const std::vector<std::string>& arguments : cases) {
    EXPECT_EQ(Run(arguments), 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(Printed(), HasSubstr("--help"));
  }
}

TEST_F(MainTest, AValueThatAFlagCannotHaveIsAUsageErrorThatNamesIt) {
  const std::vector<std::string> init = {"init",          "--config", folder_.Path("none.yaml"),
                                         "--agency-name", "A board",  "--identity",
                                         "uri:urn:board"};
  std::vector<std::string> wrong_client = init;
  wrong_client.insert(wrong_client.end(), {"--client", "lscb:administrator"});
  EXPECT_EQ(Run(wrong_client), 2);
  EXPECT_THAT(Printed(), AllOf(HasSubstr("--client"), HasSubstr("agencies/{agency}/clients/")));
  for (const char* kind : {"GUILD", "KIND_UNSPECIFIED", "1"}) {
    std::vector<std::string> wrong_kind = init;
    wrong_kind.insert(wrong_kind.end(),
                      {"--client", "agencies/lscb/clients/administrator", "--agency-kind", kind});
    EXPECT_EQ(Run(wrong_kind), 2) << kind;
    EXPECT_THAT(Printed(), AllOf(HasSubstr("--agency-kind"), HasSubstr("BOARD")));
  }
}

TEST_F(MainTest, WhatCannotStartHasFailed) {
  EXPECT_EQ(Run({"serve", "--config", folder_.Path("none.yaml")}), 1);
  EXPECT_THAT(Printed(), HasSubstr("concordatd: "));
}

TEST_F(MainTest, TheVersionIsThatOfTheAuditRecords) {
  EXPECT_EQ(Run({"--version"}), 0);
  EXPECT_THAT(Printed(), testing::MatchesRegex("concordatd [0-9]+\\.[0-9]+\\.[0-9]+\\+.+\n"));
}

TEST_F(MainTest, HelpIsDoneWhenItIsWritten) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(Printed(), AllOf(HasSubstr("serve"), HasSubstr("init"), HasSubstr("Exit codes: 0")));
  EXPECT_EQ(Run({"serve", "--help"}), 0);
  EXPECT_EQ(Run({"--help"}, "/dev/full"), 1);
}

}  // namespace
}  // namespace concordat
