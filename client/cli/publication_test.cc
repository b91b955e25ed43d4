#include <memory>
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

class PublicationCommandsTest : public ::testing::Test {
 protected:
  static std::vector<std::string> Making(const std::string& command,
                                         const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {
        "releases",   command,    "q1",        "--title", "The first quarter",
        "--measure",  "contacts", "--measure", "visits",  "--from",
        "2018-04-01", "--to",     "2018-06-30"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  std::shared_ptr<MockConnection> connection_ = std::make_shared<MockConnection>();
};

TEST_F(PublicationCommandsTest, APreviewPrintsTheReportAndHowToPublishIt) {
  v1::PreviewReleaseRequest request;
  EXPECT_CALL(*connection_, PreviewRelease(_, _)).WillOnce([&](const auto& sent, auto&) {
    request = sent;
    v1::PreviewReleaseResponse preview;
    *preview.mutable_release() = sent.release();
    preview.set_preview_digest("abcd");
    preview.mutable_release()->add_missing_returns("measures/visits/returns/2018-19-q1.police");
    v1::DisclosureReport& report = *preview.mutable_release()->mutable_report();
    report.set_hidden_count(1);
    report.set_hidden_share(0.125);
    auto& line = *report.add_measures();
    line.set_measure("measures/contacts");
    line.set_profile(v1::DFE_CHILDREN);
    line.set_threshold(6);
    auto& hidden = *report.add_hidden();
    hidden.set_measure("measures/contacts");
    hidden.set_area("areas/e07000117");
    hidden.set_why(v1::DisclosureReport::HiddenFigure::PRIMARY);
    hidden.set_lowest(1);
    hidden.set_highest(9);
    hidden.set_required_width(5);
    return preview;
  });
  const CliResult result = RunCli(connection_, Making("preview"));
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(request.release().name(), "releases/q1");
  EXPECT_EQ(request.release().selection().measures(1), "measures/visits");
  EXPECT_EQ(request.release().selection().period_to().month(), 6);
  EXPECT_THAT(result.out, HasSubstr("dfe children, from 6"));
  EXPECT_THAT(result.out, HasSubstr("1 hidden figure, 12.5% of all that was counted"));
  EXPECT_THAT(result.out, HasSubstr("1 to 9"));
  EXPECT_THAT(result.out, HasSubstr("measures/visits/returns/2018-19-q1.police"));
  EXPECT_THAT(result.out, HasSubstr("--preview-digest abcd"));
}

TEST_F(PublicationCommandsTest, PublishingSendsTheSameWithThePreviewsDigest) {
  v1::PublishReleaseRequest request;
  EXPECT_CALL(*connection_, PublishRelease(_, _)).WillOnce([&](const auto& sent, auto&) {
    request = sent;
    return sent.release();
  });
  const CliResult result =
      RunCli(connection_, Making("publish", {"--preview-digest", "abcd", "--accept-missing"}));
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(request.release().display_name(), "The first quarter");
  EXPECT_EQ(request.preview_digest(), "abcd");
  EXPECT_TRUE(request.accept_missing());
}

TEST_F(PublicationCommandsTest, AWithdrawalNeedsAReason) {
  EXPECT_CALL(*connection_, WithdrawRelease(_, _)).Times(0);
  EXPECT_EQ(RunCli(connection_, {"releases", "withdraw", "q1"}).code, ExitCode::kUsage);
}

TEST_F(PublicationCommandsTest, AWithdrawalPrintsWhoHasHadTheRelease) {
  EXPECT_CALL(*connection_, WithdrawRelease(_, _)).WillOnce([](const auto& sent, auto&) {
    v1::Release release;
    release.set_name(sent.name());
    auto& recipient = *release.add_recipients();
    recipient.set_agency("agencies/county-council");
    recipient.set_agreement("agreements/assurance");
    recipient.set_agreement_version(3);
    recipient.mutable_first_time()->set_seconds(1543741200);
    recipient.mutable_last_time()->set_seconds(1546333200);
    return release;
  });
  const CliResult result = RunCli(connection_, {"releases", "withdraw", "q1", "--reason", "Wrong"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("county-council"));
  EXPECT_THAT(result.out, HasSubstr("assurance"));
  EXPECT_THAT(result.out, HasSubstr("2018-12-02 09:00"));
  EXPECT_THAT(result.out, HasSubstr("2019-01-01 09:00"));
}

TEST_F(PublicationCommandsTest, AWithdrawalSaysThatNobodyHasHadTheRelease) {
  EXPECT_CALL(*connection_, WithdrawRelease(_, _)).WillOnce([](const auto& sent, auto&) {
    v1::Release release;
    release.set_name(sent.name());
    return release;
  });
  const CliResult result = RunCli(connection_, {"releases", "withdraw", "q1", "--reason", "Wrong"});
  EXPECT_THAT(result.out, HasSubstr("Nobody has had figures of it."));
}

}  // namespace
}  // namespace concordat::cli
