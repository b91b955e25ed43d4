#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "client/cli/testing/cli_runner.h"
#include "client/mocks/mock_connection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using ::testing::_;
using ::testing::HasSubstr;
using ::testing::Not;

class RedactTest : public ::testing::Test {
 protected:
  CliResult Run(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {
        "redact",   "plans/p/actions/1", "--text-file", folder_.Write("text", "Alice Example\n"),
        "--reason", "personal-data",     "--reference", "incident-2026-14"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunCli(connection_, arguments);
  }
  void Answer(v1::Redaction::State state) {
    EXPECT_CALL(*connection_, RedactText(_, _)).WillOnce([this, state](const auto& request, auto&) {
      request_ = request;
      v1::Redaction redaction;
      redaction.set_resource(request.resource());
      redaction.set_state(state);
      redaction.set_proposed_by("agencies/board/clients/administrator");
      redaction.set_texts(2);
      redaction.set_revisions(1);
      return redaction;
    });
  }

  const TemporaryFolder folder_;
  v1::RedactTextRequest request_;
  std::shared_ptr<MockConnection> connection_ = std::make_shared<MockConnection>();
};

TEST_F(RedactTest, TheTextIsReadFromTheFileWithoutItsLineEnd) {
  Answer(v1::Redaction::PROPOSED);
  const CliResult result = Run({"--yes"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(request_.resource(), "plans/p/actions/1");
  EXPECT_EQ(request_.text(), "Alice Example");
  EXPECT_EQ(request_.reason(), v1::Redaction::PERSONAL_DATA);
  EXPECT_EQ(request_.reference(), "incident-2026-14");
  EXPECT_FALSE(request_.dry_run());
  EXPECT_EQ(result.out,
            "plans/p/actions/1: proposed by agencies/board/clients/administrator, 2 texts in 1 "
            "revision or figure\n"
            "next: an approver of another client sends the same within seven days\n");
}

TEST_F(RedactTest, TheTextMayComeThroughAPipe) {
  Answer(v1::Redaction::PROPOSED);
  std::istringstream pipe("Alice Example\n");
  std::streambuf* const before = std::cin.rdbuf(pipe.rdbuf());
  const CliResult result = RunCli(connection_, {"redact", "plans/p", "--text-file", "-", "--reason",
                                                "legal", "--reference", "case-1", "--yes"});
  std::cin.rdbuf(before);
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(request_.text(), "Alice Example");
}

TEST_F(RedactTest, ItSaysWhatWasDoneAndWhatWouldBe) {
  Answer(v1::Redaction::DONE);
  EXPECT_EQ(Run({"--yes"}).out, "plans/p/actions/1: redacted, 2 texts in 1 revision or figure\n");
  Answer(v1::Redaction::DONE);
  EXPECT_EQ(Run({"--dry-run"}).out,
            "plans/p/actions/1: would be redacted, 2 texts in 1 revision or figure\n");
  EXPECT_TRUE(request_.dry_run());
  Answer(v1::Redaction::PROPOSED);
  EXPECT_THAT(Run({"--dry-run"}).out, HasSubstr("would be proposed, 2 texts"));
  Answer(v1::Redaction::DONE);
  const CliResult json = Run({"--yes", "--output", "json"});
  EXPECT_THAT(json.out, HasSubstr("\"state\": \"DONE\""));
  EXPECT_THAT(json.out, Not(HasSubstr("Alice")));
}

TEST_F(RedactTest, NothingIsSentWithoutYesOrWithoutAFile) {
  EXPECT_CALL(*connection_, RedactText(_, _)).Times(0);
  EXPECT_EQ(Run({}).code, ExitCode::kUsage);
  const CliResult missing =
      RunCli(connection_, {"redact", "plans/p", "--text-file", folder_.Path("none"), "--reason",
                           "legal", "--reference", "case-1", "--yes"});
  EXPECT_EQ(missing.code, ExitCode::kOther);
  EXPECT_THAT(missing.err, HasSubstr("cannot read"));
}

}  // namespace
}  // namespace concordat::cli
