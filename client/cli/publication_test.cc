#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "client/cli/testing/cli_runner.h"
#include "client/mocks/mock_connection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using ::testing::_;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Return;

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

  const TemporaryFolder folder_;
  const std::string file_ = folder_.Path("q1.yaml");
  std::shared_ptr<MockConnection> connection_ = std::make_shared<MockConnection>();
};

TEST_F(PublicationCommandsTest, APreviewPrintsTheReportAndHowToPublishIt) {
  v1::PreviewReleaseRequest request;
  EXPECT_CALL(*connection_, PreviewRelease(_, _)).WillOnce([&](const auto& sent, auto&) {
    request = sent;
    v1::PreviewReleaseResponse preview;
    *preview.mutable_release() = sent.release();
    preview.set_preview_digest("abcd");
    preview.mutable_release()->set_observation_count(7);
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
  EXPECT_THAT(result.out, HasSubstr("1 hidden figure, 12.5% of all figures"));
  EXPECT_THAT(result.out, HasSubstr("1 to 9"));
  EXPECT_THAT(result.out, HasSubstr("measures/visits/returns/2018-19-q1.police"));
  EXPECT_THAT(result.out, HasSubstr("--preview-digest abcd"));
}

TEST_F(PublicationCommandsTest, APreviewWithQueriedReturnsDoesNotSayHowToPublish) {
  EXPECT_CALL(*connection_, PreviewRelease(_, _)).WillOnce([](const auto& sent, auto&) {
    v1::PreviewReleaseResponse preview;
    *preview.mutable_release() = sent.release();
    preview.set_preview_digest("abcd");
    preview.mutable_release()->set_observation_count(7);
    preview.add_queried_returns("measures/visits/returns/2018-19-q1.police");
    return preview;
  });
  const CliResult result = RunCli(connection_, Making("preview"));
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("before the queries are ended"));
  EXPECT_THAT(result.out, Not(HasSubstr("--preview-digest")));
}

TEST_F(PublicationCommandsTest, APreviewWithoutFiguresSaysWhyAndNotHowToPublish) {
  EXPECT_CALL(*connection_, PreviewRelease(_, _)).WillOnce([](const auto& sent, auto&) {
    v1::PreviewReleaseResponse preview;
    *preview.mutable_release() = sent.release();
    preview.set_preview_digest("abcd");
    return preview;
  });
  const CliResult result = RunCli(connection_, Making("preview"));
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("There is nothing to publish"));
  EXPECT_THAT(result.out, Not(HasSubstr("--preview-digest")));
}

TEST_F(PublicationCommandsTest, APreviewPrintsTheSumsThatDoNotHold) {
  EXPECT_CALL(*connection_, PreviewRelease(_, _)).WillOnce([](const auto&, auto&) {
    v1::PreviewReleaseResponse preview;
    auto& areas = *preview.add_broken_sums();
    areas.set_measure("measures/contacts");
    areas.set_area("areas/e10000017");
    auto& breakdown = *areas.add_breakdowns();
    breakdown.set_dimension("age");
    breakdown.set_item("Under 5");
    auto& items = *preview.add_broken_sums();
    items.set_measure("measures/visits");
    items.set_area("areas/e07000117");
    items.set_dimension("age");
    return preview;
  });
  const CliResult result = RunCli(connection_, Making("preview"));
  EXPECT_THAT(result.out, HasSubstr("--accept-broken-sums"));
  EXPECT_THAT(result.out, HasSubstr("age: Under 5: the areas within it do not add up"));
  EXPECT_THAT(result.out, HasSubstr("visits, e07000117"));
  EXPECT_THAT(result.out, HasSubstr("the items of age do not add up"));
}

TEST_F(PublicationCommandsTest, APreviewPrintsWhatHidingCannotKeepFromEverybody) {
  EXPECT_CALL(*connection_, PreviewRelease(_, _)).WillOnce([](const auto& sent, auto&) {
    v1::PreviewReleaseResponse preview;
    *preview.mutable_release() = sent.release();
    auto& narrow = *preview.add_narrow_counts();
    narrow.set_measure("measures/contacts");
    narrow.set_readers("the public, told which counts are small");
    narrow.set_counts(6);
    return preview;
  });
  const CliResult result = RunCli(connection_, Making("preview"));
  EXPECT_THAT(result.out, HasSubstr("--accept-narrow-counts"));
  EXPECT_THAT(result.out, HasSubstr("6 counts, by the public, told which counts are small"));
}

TEST_F(PublicationCommandsTest, PublishingSendsTheSameWithThePreviewsDigest) {
  v1::PublishReleaseRequest request;
  EXPECT_CALL(*connection_, PublishRelease(_, _)).WillOnce([&](const auto& sent, auto&) {
    request = sent;
    return sent.release();
  });
  const CliResult result =
      RunCli(connection_, Making("publish", {"--preview-digest", "abcd", "--accept-missing",
                                             "--accept-broken-sums", "--accept-narrow-counts"}));
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(request.release().display_name(), "The first quarter");
  EXPECT_EQ(request.preview_digest(), "abcd");
  EXPECT_TRUE(request.accept_missing());
  EXPECT_TRUE(request.accept_broken_sums());
  EXPECT_TRUE(request.accept_narrow_counts());
}

constexpr char kReleaseFile[] = R"(kind: release
release:
  name: releases/q1
  display_name: The first quarter
  note: Provisional
  selection:
    measures: [measures/contacts, measures/visits]
    period_from: 2018-04-01
    period_to: 2018-06-30
)";

TEST_F(PublicationCommandsTest, AFileSaysWhatOptionsSay) {
  folder_.Write("q1.yaml", kReleaseFile);
  std::vector<std::string> sent;
  EXPECT_CALL(*connection_, PreviewRelease(_, _)).WillRepeatedly([&](const auto& request, auto&) {
    sent.push_back(request.release().DebugString());
    return v1::PreviewReleaseResponse();
  });
  EXPECT_CALL(*connection_, PublishRelease(_, _)).WillOnce([&](const auto& request, auto&) {
    EXPECT_EQ(request.preview_digest(), "abcd");
    sent.push_back(request.release().DebugString());
    return request.release();
  });
  EXPECT_EQ(RunCli(connection_, Making("preview", {"--note", "Provisional"})).code, ExitCode::kOk);
  EXPECT_EQ(RunCli(connection_, {"releases", "preview", "-f", file_}).code, ExitCode::kOk);
  EXPECT_EQ(
      RunCli(connection_, {"releases", "publish", "-f", file_, "--preview-digest", "abcd"}).code,
      ExitCode::kOk);
  EXPECT_THAT(sent, ElementsAre(sent[0], sent[0], sent[0]));
}

TEST_F(PublicationCommandsTest, AFileThatIsWrongIsNotSent) {
  EXPECT_CALL(*connection_, PreviewRelease(_, _)).Times(0);
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"kind: release\nrelease:\n  title: One\n", ":3: release.title: "},
      {"kind: plan\nplan: {}\n", ":1: kind: is not known: expected release"},
      {"release: {}\n", ":1: kind: is missing: expected release"},
      {"kind: release\nobservations: []\n", ":2: observations: "},
      {"kind: release\nrelease: [\n", ":"}};
  for (const auto& [text, problem] : wrong) {
    folder_.Write("q1.yaml", text);
    const CliResult result = RunCli(connection_, {"releases", "preview", "-f", file_});
    EXPECT_EQ(result.code, ExitCode::kInvalidInput) << text;
    EXPECT_THAT(result.err, HasSubstr(file_ + problem));
    EXPECT_THAT(result.err, HasSubstr("so nothing was sent"));
  }
  const CliResult missing = RunCli(connection_, {"releases", "preview", "-f", file_ + "-"});
  EXPECT_EQ(missing.code, ExitCode::kInvalidInput);
  EXPECT_THAT(missing.err, HasSubstr("there is no file " + file_ + "-"));
}

TEST_F(PublicationCommandsTest, WhatTheServiceRefusesIsNamedByItsLineInTheFile) {
  folder_.Write("q1.yaml", kReleaseFile);
  EXPECT_CALL(*connection_, PreviewRelease(_, _))
      .WillOnce(Return(InvalidFields({{"release.selection.measures[1]", "is not known"}})));
  EXPECT_CALL(*connection_, PublishRelease(_, _))
      .WillOnce(Return(MakeError(v1::PREVIEW_OUTDATED, "preview it again")))
      .WillOnce(Return(InvalidFields({{"accept_missing", "is required"}})));
  const CliResult refused = RunCli(connection_, {"releases", "preview", "-f", file_});
  EXPECT_EQ(refused.code, ExitCode::kInvalidInput);
  EXPECT_THAT(refused.err, HasSubstr(file_ + ":7: release.selection.measures[1]: is not known"));
  EXPECT_THAT(refused.err, HasSubstr(file_ + ": 1 field is wrong"));
  const CliResult outdated =
      RunCli(connection_, {"releases", "publish", "-f", file_, "--preview-digest", "abcd"});
  EXPECT_EQ(outdated.code, ExitCode::kConflict);
  EXPECT_THAT(outdated.err, HasSubstr(file_ + ": preview it again"));
  // What the file does not say is not wrong in it.
  const CliResult missing =
      RunCli(connection_, {"releases", "publish", "-f", file_, "--preview-digest", "abcd"});
  EXPECT_EQ(missing.code, ExitCode::kInvalidInput);
  EXPECT_THAT(missing.err, HasSubstr("accept_missing: is required"));
  EXPECT_THAT(missing.err, Not(HasSubstr(file_)));
}

TEST_F(PublicationCommandsTest, AReleaseIsSaidByAFileOrByAllItsOptions) {
  EXPECT_CALL(*connection_, PreviewRelease(_, _)).Times(0);
  folder_.Write("q1.yaml", kReleaseFile);
  EXPECT_EQ(RunCli(connection_, Making("preview", {"-f", file_})).code, ExitCode::kUsage);
  EXPECT_EQ(RunCli(connection_, {"releases", "preview", "-f", file_, "--note", "New"}).code,
            ExitCode::kUsage);
  const CliResult few = RunCli(connection_, {"releases", "preview", "q1", "--title", "One"});
  EXPECT_EQ(few.code, ExitCode::kUsage);
  EXPECT_THAT(few.err, HasSubstr("or --file"));
}

TEST_F(PublicationCommandsTest, AListNamesNoRuleForAReleaseOfSubmittedFigures) {
  EXPECT_CALL(*connection_, ListReleases(_, _)).WillOnce([](const auto&, auto&) {
    v1::ListReleasesResponse list;
    for (const char* name : {"releases/q1", "releases/papers"}) {
      list.add_releases()->set_name(name);
      list.mutable_releases()->rbegin()->set_state(v1::Release::PUBLISHED);
    }
    list.mutable_releases(1)->set_disclosure_profile(v1::ALREADY_PUBLIC);
    return list;
  });
  const CliResult result = RunCli(connection_, {"releases", "list"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("already public"));
  EXPECT_THAT(result.out, Not(HasSubstr("unspecified")));
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
