// `concordat access …`: what it asks and prints.
#include <memory>
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
using ::testing::AllOf;
using ::testing::HasSubstr;

class AccessCommandsTest : public ::testing::Test {
 protected:
  CliResult Run(std::vector<std::string> arguments) {
    return RunCli(connection_, std::move(arguments));
  }
  // The answer of a suspended agreement.
  void AnswerRefused() {
    v1::ExplainAccessResponse answer;
    answer.set_reason(v1::NO_AGREEMENT);
    answer.set_text("no agreement in force");
    answer.set_client("agencies/police/clients/feed");
    answer.set_rule("AGREEMENT PLANS READ");
    auto& judgement = *answer.add_agreements();
    judgement.set_agreement("agreements/sharing");
    judgement.set_version(3);
    auto& clause = *judgement.add_clauses();
    clause.set_clause(v1::IN_FORCE);
    clause.set_text("it is SUSPENDED");
    EXPECT_CALL(*connection_, ExplainAccess(_, _))
        .WillRepeatedly([this, answer](const auto& request, const auto&) {
          explain_ = request;
          return absl::StatusOr<v1::ExplainAccessResponse>(answer);
        });
  }

  const std::shared_ptr<MockConnection> connection_ = std::make_shared<MockConnection>();
  v1::ExplainAccessRequest explain_;
};

TEST_F(AccessCommandsTest, ExplainAsksWhatTheOptionsSayAndShowsEachClause) {
  AnswerRefused();
  const CliResult result = Run({"access", "explain", "PlanService/GetPlan", "--client",
                                "police/feed", "--purpose", "oversight", "--agreement", "sharing",
                                "--resource", "plans/p", "--at", "2018-11-30T09:00:00Z"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(explain_.method(), "PlanService/GetPlan");
  EXPECT_EQ(explain_.client(), "agencies/police/clients/feed");
  EXPECT_EQ(explain_.purpose(), "oversight");
  EXPECT_EQ(explain_.agreement(), "agreements/sharing");
  EXPECT_EQ(explain_.resource(), "plans/p");
  EXPECT_EQ(explain_.time().seconds(), 1543568400);
  EXPECT_FALSE(explain_.on_behalf_of());
  EXPECT_THAT(result.out, AllOf(HasSubstr("refused, no agreement"), HasSubstr("in force"),
                                HasSubstr("it is SUSPENDED"), HasSubstr("sharing")));
}

TEST_F(AccessCommandsTest, ExplainAsksForTheCallerAndNowWhenNothingElseIsSaid) {
  AnswerRefused();
  EXPECT_EQ(Run({"access", "explain", "PlanService/GetPlan", "--on-behalf-of", "u1"}).code,
            ExitCode::kOk);
  EXPECT_EQ(explain_.client(), "");
  EXPECT_FALSE(explain_.has_time());
  EXPECT_TRUE(explain_.on_behalf_of());
}

TEST_F(AccessCommandsTest, ExplainGivesProgramsEveryClause) {
  AnswerRefused();
  EXPECT_THAT(Run({"access", "explain", "PlanService/GetPlan", "--output", "csv"}).out,
              HasSubstr("agreements/sharing,3,,IN_FORCE,false,it is SUSPENDED"));
  EXPECT_THAT(Run({"access", "explain", "PlanService/GetPlan", "--output", "json"}).out,
              HasSubstr("\"reason\": \"NO_AGREEMENT\""));
}

TEST_F(AccessCommandsTest, WhoListsAgenciesWithWhatTheyAreLimitedTo) {
  v1::ListAccessResponse page;
  auto& access = *page.add_access();
  access.set_agency("agencies/police");
  access.set_agency_display_name("The Police");
  access.set_purpose("oversight");
  access.set_agreement("agreements/sharing");
  access.set_version(3);
  access.add_topics("neglect");
  access.add_clients("agencies/police/clients/feed");
  v1::ListAccessRequest request;
  EXPECT_CALL(*connection_, ListAccess(_, _)).WillRepeatedly([&](const auto& r, const auto&) {
    request = r;
    return absl::StatusOr<v1::ListAccessResponse>(page);
  });
  const CliResult result = Run({"access", "who", "plans", "--resource", "plans/p"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(request.data_set(), v1::PLANS);
  EXPECT_EQ(request.resource(), "plans/p");
  EXPECT_THAT(result.out, AllOf(HasSubstr("The Police"), HasSubstr("oversight"),
                                HasSubstr("neglect"), HasSubstr("1 way to see it")));
  EXPECT_EQ(Run({"access", "who", "children"}).code, ExitCode::kInvalidInput);
}

}  // namespace
}  // namespace concordat::cli
