// `concordat apply`: files read, problems placed, requests sent in order.
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/cli/apply_files.h"
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

constexpr char kPlan[] =
    "kind: plan\n"
    "plan:\n"
    "  name: plans/p\n"
    "actions:\n"
    "  - name: plans/p/actions/1\n"
    "    due:\n"
    "      text: November 2018\n";
constexpr char kDirectory[] =
    "kind: directory\n"
    "agencies:\n"
    "  - name: agencies/lscb\n"
    "    kind: BOARD\n";

constexpr char kMeasures[] =
    "kind: measures\n"
    "measures:\n"
    "  - name: measures/m\n"
    "    provider: agencies/lscb\n";

// Adds to a response that the service changed `name`.
template <typename Response>
void AddChange(Response& response, v1::Change::Kind kind, const std::string& name) {
  v1::Change& change = *response.add_changes();
  change.set_kind(kind);
  change.set_name(name);
}

class ApplyTest : public ::testing::Test {
 protected:
  CliResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "apply");
    return RunCli(connection_, std::move(arguments));
  }

  TemporaryFolder folder_;
  std::shared_ptr<MockConnection> connection_ = std::make_shared<MockConnection>();
};

TEST_F(ApplyTest, FolderIsSentInTheOrderOfItsKinds) {
  folder_.Write("a/plan.yaml", kPlan);
  folder_.Write("z/directory.yaml", kDirectory);
  folder_.Write("notes.txt", "not yaml: [");
  ::testing::InSequence in_order;
  EXPECT_CALL(*connection_, ApplyDirectory(_, _))
      .WillOnce([](const v1::ApplyDirectoryRequest& request, const auto&) {
        EXPECT_EQ(request.agencies(0).kind(), v1::Agency::BOARD);
        return v1::ApplyDirectoryResponse();
      });
  EXPECT_CALL(*connection_, ApplyPlan(_, _))
      .WillOnce([](const v1::ApplyPlanRequest& request, const auto&) {
        EXPECT_EQ(request.actions(0).due().text(), "November 2018");
        EXPECT_FALSE(request.dry_run());
        return v1::ApplyPlanResponse();
      });
  const CliResult result = Run({"-f", folder_.path().string()});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out, folder_.Path("z/directory.yaml") + ": unchanged\n" +
                            folder_.Path("a/plan.yaml") + ": unchanged\n2 files: unchanged\n");
}

TEST_F(ApplyTest, ChangesAndNoticesArePrinted) {
  v1::ApplyPlanResponse response;
  v1::Change* change = response.add_changes();
  change->set_name("plans/p/actions/1");
  change->set_kind(v1::Change::REVISED);
  change->add_fields("due");
  change->add_fields("status");
  v1::Notice* notice = response.add_notices();
  notice->set_name("plans/p/actions/1");
  notice->set_field("due.text");
  notice->set_description("names no date");
  EXPECT_CALL(*connection_, ApplyPlan(_, _)).Times(2).WillRepeatedly(Return(response));
  const std::string path = folder_.Write("plan.yaml", kPlan);
  EXPECT_EQ(Run({"-f", path}).out, path +
                                       ": 1 revised, 1 unchanged\n"
                                       "  revised plans/p/actions/1 (due, status)\n"
                                       "  notice plans/p/actions/1 due.text: names no date\n");
  const auto json = nlohmann::json::parse(Run({"-f", path, "--output", "json"}).out);
  EXPECT_EQ(json[0]["kind"], "plan");
  EXPECT_EQ(json[0]["changes"][0]["kind"], "REVISED");
  EXPECT_EQ(json[0]["unchanged"], 1);
}

TEST_F(ApplyTest, DryRunIsSaidInTheRequestAndInTheAnswer) {
  v1::ApplyPlanResponse response;
  AddChange(response, v1::Change::ADDED, "plans/p");
  EXPECT_CALL(*connection_, ApplyPlan(::testing::Property(&v1::ApplyPlanRequest::dry_run, true), _))
      .WillOnce(Return(response));
  EXPECT_THAT(Run({"-f", folder_.Write("plan.yaml", kPlan), "--dry-run"}).out,
              HasSubstr(": 1 added, 1 unchanged (dry run: nothing is stored)\n"));
}

TEST_F(ApplyTest, ProblemsOfAllFilesArePrintedAndNothingIsSent) {
  EXPECT_CALL(*connection_, ApplyDirectory(_, _)).Times(0);
  EXPECT_CALL(*connection_, ApplyPlan(_, _)).Times(0);
  folder_.Write("good.yaml", kDirectory);
  const std::string unknown = folder_.Write("unknown.yaml", "kind: plan\nplan:\n  nme: plans/p\n");
  const std::string no_kind = folder_.Write("no_kind.yaml", "plan:\n  name: plans/p\n");
  const std::string broken = folder_.Write("broken.yaml", "kind: plan\nplan: [\n");
  const CliResult result = Run({"-f", folder_.path().string()});
  EXPECT_EQ(result.code, ExitCode::kInvalidInput);
  EXPECT_THAT(result.err, HasSubstr(unknown + ":3: plan.nme: "));
  EXPECT_THAT(result.err, HasSubstr(no_kind + ":1: kind: is missing"));
  EXPECT_THAT(result.err, HasSubstr(broken + ":3: "));
  EXPECT_THAT(result.err, HasSubstr("nothing was sent"));
}

TEST_F(ApplyTest, FieldsThatTheServiceRefusesArePlacedAtTheirLines) {
  EXPECT_CALL(*connection_, ApplyPlan(_, _))
      .WillOnce(Return(InvalidField("actions[0].due.text", "is too long")));
  const std::string path = folder_.Write("plan.yaml", kPlan);
  const CliResult result = Run({"-f", path});
  EXPECT_EQ(result.code, ExitCode::kInvalidInput);
  EXPECT_THAT(result.err, HasSubstr(path + ":7: actions[0].due.text: is too long\n"));
  EXPECT_THAT(result.err, HasSubstr("reason: FIELDS_INVALID"));
}

TEST_F(ApplyTest, FailureStopsTheSendingAndSaysWhatStands) {
  const std::string first = folder_.Write("directory.yaml", kDirectory);
  folder_.Write("plan-a.yaml", kPlan);
  folder_.Write("plan-b.yaml", kPlan);
  EXPECT_CALL(*connection_, ApplyDirectory(_, _)).WillOnce(Return(v1::ApplyDirectoryResponse()));
  EXPECT_CALL(*connection_, ApplyPlan(_, _))
      .WillOnce(Return(MakeError(v1::ETAG_MISMATCH, "the plan changed")));
  const CliResult result = Run({"-f", folder_.path().string()});
  EXPECT_EQ(result.code, ExitCode::kConflict);
  EXPECT_EQ(result.out, first + ": unchanged\n");
  EXPECT_THAT(
      result.err,
      HasSubstr("plan-a.yaml: the plan changed; of 3 files: 1 unchanged, 1 failed, 1 not sent"));
}

TEST_F(ApplyTest, SumOfAllFilesTellsAddedFromUnchanged) {
  folder_.Write("directory.yaml", kDirectory);
  folder_.Write("plan.yaml", kPlan);
  v1::ApplyPlanResponse response;
  AddChange(response, v1::Change::REVISED, "plans/p");
  AddChange(response, v1::Change::ADDED, "plans/p/actions/1");
  AddChange(response, v1::Change::REMOVED, "plans/p/actions/2");
  EXPECT_CALL(*connection_, ApplyDirectory(_, _)).WillOnce(Return(v1::ApplyDirectoryResponse()));
  EXPECT_CALL(*connection_, ApplyPlan(_, _)).WillOnce(Return(response));
  EXPECT_THAT(Run({"-f", folder_.path().string()}).out,
              AllOf(HasSubstr("directory.yaml: unchanged\n"),
                    HasSubstr("plan.yaml: 1 added, 1 revised, 1 removed\n"),
                    HasSubstr("\n2 files: 1 added, 1 revised, 1 removed, 1 unchanged\n")));
}

TEST_F(ApplyTest, DryRunReportsOnEveryFile) {
  const std::string directory = folder_.Write("directory.yaml", kDirectory);
  const std::string measures = folder_.Write("measures.yaml", kMeasures);
  const std::string plan = folder_.Write("plan.yaml", kPlan);
  v1::ApplyDirectoryResponse directory_response;
  AddChange(directory_response, v1::Change::ADDED, "agencies/lscb");
  EXPECT_CALL(*connection_, ApplyDirectory(_, _))
      .Times(2)
      .WillRepeatedly(Return(directory_response));
  EXPECT_CALL(*connection_, ApplyMeasures(_, _))
      .Times(2)
      .WillRepeatedly(Return(InvalidField("measures[0].provider", "names no agency")));
  EXPECT_CALL(*connection_, ApplyPlan(_, _))
      .Times(2)
      .WillRepeatedly(Return(MakeError(v1::ETAG_MISMATCH, "the plan changed")));
  const CliResult result = Run({"-f", folder_.path().string(), "--dry-run"});
  EXPECT_EQ(result.code, ExitCode::kInvalidInput);
  EXPECT_EQ(result.out,
            directory + ": 1 added (dry run: nothing is stored)\n  added agencies/lscb\n");
  EXPECT_THAT(
      result.err,
      AllOf(HasSubstr(measures +
                      ":4: measures[0].provider: names no agency; agencies/lscb "
                      "is not stored yet: " +
                      directory + " of this run would add it\n"),
            HasSubstr(measures + ": 1 field is wrong\n"), HasSubstr(plan + ": the plan changed\n"),
            HasSubstr("concordat: dry run of 3 files: 1 changed, 2 failed\n"
                      "  each file was judged by what is stored now")));
  const auto json = nlohmann::json::parse(
      Run({"-f", folder_.path().string(), "--dry-run", "--output", "json"}).out);
  ASSERT_EQ(json.size(), 3u);
  EXPECT_EQ(json[2]["error"], plan + ": the plan changed");
}

TEST_F(ApplyTest, DryRunBlamesNoEarlierFileForWhatIsStored) {
  folder_.Write("directory.yaml", kDirectory);
  folder_.Write("measures.yaml", kMeasures);
  EXPECT_CALL(*connection_, ApplyDirectory(_, _)).WillOnce(Return(v1::ApplyDirectoryResponse()));
  EXPECT_CALL(*connection_, ApplyMeasures(_, _))
      .WillOnce(Return(InvalidField("measures[0].provider", "is wrong")));
  const CliResult result = Run({"-f", folder_.path().string(), "--dry-run"});
  EXPECT_THAT(result.err, Not(HasSubstr("of this run")));
  EXPECT_THAT(result.err, Not(HasSubstr("judged by what is stored")));
}

TEST_F(ApplyTest, DryRunSaysWhenTheFileReferredToIsRefusedItself) {
  const std::string directory = folder_.Write("directory.yaml", kDirectory);
  folder_.Write("measures.yaml", kMeasures);
  EXPECT_CALL(*connection_, ApplyDirectory(_, _))
      .WillOnce(Return(InvalidField("agencies[0].kind", "is wrong")));
  EXPECT_CALL(*connection_, ApplyMeasures(_, _))
      .WillOnce(Return(InvalidField("measures[0].provider", "names no agency")));
  EXPECT_THAT(Run({"-f", folder_.path().string(), "--dry-run"}).err,
              HasSubstr(directory + " of this run names it, and is refused itself"));
}

TEST_F(ApplyTest, DryRunStopsWhenTheServiceCannotBeReached) {
  folder_.Write("directory.yaml", kDirectory);
  folder_.Write("plan.yaml", kPlan);
  EXPECT_CALL(*connection_, ApplyDirectory(_, _))
      .WillOnce(Return(absl::UnavailableError("nothing listens")));
  EXPECT_CALL(*connection_, ApplyPlan(_, _)).Times(0);
  const CliResult result = Run({"-f", folder_.path().string(), "--dry-run"});
  EXPECT_EQ(result.code, ExitCode::kUnavailable);
  EXPECT_THAT(result.err, HasSubstr("dry run of 2 files: 1 failed, 1 not sent"));
}

TEST_F(ApplyTest, SyntaxErrorStandsAtItsTrueLineAndOnce) {
  const std::string path = folder_.Write("broken.yaml", "kind: plan\nplan:\n  name: [a\nx: y\n");
  const std::string err = Run({"-f", path}).err;
  const size_t first_colon = path.size();
  EXPECT_EQ(err.substr(0, first_colon + 1), path + ":");
  EXPECT_NE(err.substr(first_colon, 3), ":1:") << err;
  EXPECT_THAT(err, Not(HasSubstr(": line "))) << err;
}

TEST_F(ApplyTest, KindThatIsWrongStandsAtItsLine) {
  const std::string unknown = folder_.Write("a.yaml", "plan:\n  name: plans/p\nkind: plam\n");
  const std::string list = folder_.Write("b.yaml", "- kind: plan\n");
  const CliResult result = Run({"-f", folder_.path().string()});
  EXPECT_THAT(result.err, HasSubstr(unknown + ":3: kind: is not known: expected one of directory"));
  EXPECT_THAT(result.err, HasSubstr(list + ":1: the file must be keys with values"));
}

TEST_F(ApplyTest, EachOfSeveralFilesHasARequestIdOfItsOwn) {
  std::vector<std::string> ids;
  EXPECT_CALL(*connection_, ApplyPlan(_, _))
      .Times(2)
      .WillRepeatedly([&](const auto&, const CallOptions& options) {
        ids.push_back(options.request_id);
        return v1::ApplyPlanResponse();
      });
  Run({"-f", folder_.Write("a.yaml", kPlan), "-f", folder_.Write("b.yaml", kPlan), "--request-id",
       "nightly"});
  EXPECT_EQ(ids, (std::vector<std::string>{"nightly-1", "nightly-2"}));
}

TEST_F(ApplyTest, FileThatIsNamedTwiceIsSentOnce) {
  const std::string path = folder_.Write("plan.yaml", kPlan);
  const auto files = FindFiles({path, folder_.path().string()});
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(*files, std::vector<std::string>{path});
}

TEST_F(ApplyTest, MissingFilesAndEmptyFoldersAreNamed) {
  EXPECT_THAT(Run({"-f", folder_.Path("none.yaml")}).err, HasSubstr("no file or folder"));
  EXPECT_THAT(Run({"-f", folder_.path().string()}).err, HasSubstr("holds no *.yaml file"));
}

}  // namespace
}  // namespace concordat::cli
