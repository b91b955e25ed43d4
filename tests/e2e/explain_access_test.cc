// ExplainAccess and ListAccess: why a request is allowed or refused, now, then and
// later, and who can see what.
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "concordat/v1/agreement_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/moments.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kStrategies[] = "agreements/neglect-and-domestic-abuse";

class ExplainAccessTest : public testing::Test {
 protected:
  ExplainAccessTest() : clock_(At("2018-12-02T09:00:00Z")) {
    TestPartnership::Options options;
    options.clock = &clock_;
    partnership_.emplace(options);
  }

  // The police's reading of a plan.
  static v1::ExplainAccessRequest ReadingAPlan() {
    v1::ExplainAccessRequest request;
    request.set_method("PlanService/GetPlan");
    request.set_purpose(kPolice.purpose);
    request.set_resource("plans/neglect-strategy-2018");
    return request;
  }
  v1::ExplainAccessResponse Explain(const Partner& partner,
                                    const v1::ExplainAccessRequest& request) {
    return partnership_->Get<v1::ExplainAccessResponse>(partner, request);
  }
  Outcome Refusal(const Partner& partner, const v1::ExplainAccessRequest& request) {
    return partnership_->Ask<v1::ExplainAccessResponse>(partner, request).outcome;
  }
  void Suspend() {
    v1::SuspendAgreementRequest request;
    request.set_name(kStrategies);
    request.set_reason("A breach is being looked into");
    partnership_->Get<v1::SuspendAgreementResponse>(kAdmin, request);
  }
  v1::ListAccessResponse WhoSees(const Partner& partner, v1::DataSet data_set,
                                 const std::string& resource = "",
                                 std::optional<absl::Time> time = std::nullopt) {
    v1::ListAccessRequest request;
    request.set_data_set(data_set);
    request.set_resource(resource);
    if (time.has_value()) *request.mutable_time() = ToTimestamp(*time);
    return partnership_->Get<v1::ListAccessResponse>(partner, request);
  }
  static std::set<std::string> Agencies(const v1::ListAccessResponse& answer) {
    std::set<std::string> agencies;
    for (const auto& access : answer.access()) agencies.insert(access.agency());
    return agencies;
  }
  // The clauses that do not hold, of the only agreement that was judged.
  static std::vector<v1::AccessClause> Missing(const v1::ExplainAccessResponse& answer) {
    std::vector<v1::AccessClause> missing;
    EXPECT_THAT(answer.agreements(), SizeIs(1));
    for (const auto& clause : answer.agreements(0).clauses()) {
      EXPECT_FALSE(clause.text().empty());
      if (!clause.holds()) missing.push_back(clause.clause());
    }
    return missing;
  }

  FakeClock clock_;
  std::optional<TestPartnership> partnership_;
};

TEST_F(ExplainAccessTest, NamesTheVersionThatAllowsTheRequestAndTheCallIsDecidedByIt) {
  v1::ExplainAccessRequest request = ReadingAPlan();
  request.set_agreement(kStrategies);
  const v1::ExplainAccessResponse answer = Explain(kPolice, request);
  EXPECT_TRUE(answer.allowed());
  EXPECT_EQ(answer.client(), kPolice.client_name());
  EXPECT_EQ(answer.rule(), "AGREEMENT PLANS READ");
  EXPECT_THAT(Missing(answer), IsEmpty());
  EXPECT_TRUE(answer.agreements(0).decides());

  v1::GetPlanRequest read;
  read.set_name("plans/neglect-strategy-2018");
  const v1::AuditRecord record =
      partnership_->RecordFor(partnership_->Ask<v1::Plan>(kPolice, read).outcome);
  EXPECT_EQ(record.agreement(), answer.agreements(0).agreement());
  EXPECT_EQ(record.agreement_version(), answer.agreements(0).version());
}

TEST_F(ExplainAccessTest, SaysWhichClauseIsMissingAndTheCallSaysTheSame) {
  Suspend();
  v1::ExplainAccessRequest request = ReadingAPlan();
  request.set_agreement(kStrategies);
  const v1::ExplainAccessResponse answer = Explain(kPolice, request);
  EXPECT_FALSE(answer.allowed());
  EXPECT_EQ(answer.reason(), v1::NO_AGREEMENT);
  EXPECT_THAT(Missing(answer), testing::ElementsAre(v1::IN_FORCE));
  EXPECT_THAT(answer.agreements(0).clauses(0).text(), HasSubstr("SUSPENDED"));

  v1::GetPlanRequest read;
  read.set_name("plans/neglect-strategy-2018");
  EXPECT_TRUE(RefusedWith(partnership_->Ask<v1::Plan>(kPolice, read).outcome, answer.reason()));
}

TEST_F(ExplainAccessTest, ListsEveryClauseThatDoesNotHoldAndNotOnlyTheFirst) {
  v1::ExplainAccessRequest request = ReadingAPlan();
  request.set_agreement(kStrategies);
  request.set_purpose("curiosity");
  request.set_resource("plans/send-wsoa-2018");
  EXPECT_THAT(Missing(Explain(kPolice, request)),
              testing::ElementsAre(v1::PURPOSE_NAMED, v1::RESOURCE_IN_SCOPE));
}

TEST_F(ExplainAccessTest, APastTimeIsJudgedByTheAgreementsOfThatTime) {
  v1::ExplainAccessRequest request = ReadingAPlan();
  clock_.Advance(absl::Hours(1));
  Suspend();
  clock_.Advance(absl::Hours(1));
  *request.mutable_time() = ToTimestamp(At("2018-12-02T09:30:00Z"));
  EXPECT_TRUE(Explain(kPolice, request).allowed());
  *request.mutable_time() = ToTimestamp(At("2018-12-02T10:30:00Z"));
  EXPECT_FALSE(Explain(kPolice, request).allowed());
  // Before the directory had the client.
  *request.mutable_time() = ToTimestamp(At("2018-11-30T09:00:00Z"));
  EXPECT_EQ(Explain(kPolice, request).reason(), v1::CLIENT_UNKNOWN);
}

TEST_F(ExplainAccessTest, ATimeToComeIsJudgedByTheDatesOfTodaysAgreements) {
  auto apply =
      ReadDataFile<v1::ApplyAgreementRequest>("agreements/neglect-and-domestic-abuse.yaml");
  *apply.mutable_agreement()->mutable_effective_to() = Day("2018-12-31");
  partnership_->Get<v1::ApplyAgreementResponse>(kAdmin, apply);
  v1::ExplainAccessRequest request = ReadingAPlan();
  *request.mutable_time() = ToTimestamp(At("2018-12-31T23:59:59Z"));
  EXPECT_TRUE(Explain(kPolice, request).allowed());
  *request.mutable_time() = ToTimestamp(At("2019-01-01T00:00:00Z"));
  EXPECT_EQ(Explain(kPolice, request).reason(), v1::NO_AGREEMENT);
}

TEST_F(ExplainAccessTest, AnAgencyAsksForItselfAndTheOfficeForAnyone) {
  v1::ExplainAccessRequest request = ReadingAPlan();
  request.set_client(kPolice.client_name());
  EXPECT_TRUE(Explain({"lancashire-constabulary:information-governance", ""}, request).allowed());
  for (const Partner& office : {kAdmin, kBoard, kAuditor}) {
    EXPECT_TRUE(Explain(office, request).allowed()) << office.client;
  }
  EXPECT_TRUE(RefusedWith(Refusal(kHealthTrust, request), v1::OUT_OF_SCOPE));
  // The same whether or not there is such a client.
  const Outcome of_another = Refusal(kHealthTrust, request);
  request.set_client("agencies/lancashire-constabulary/clients/nobody");
  EXPECT_EQ(Refusal(kHealthTrust, request).status.error_message(),
            of_another.status.error_message());
  EXPECT_EQ(Explain(kAdmin, request).reason(), v1::CLIENT_UNKNOWN);
}

TEST_F(ExplainAccessTest, OfTheCallerThePurposeOfTheQuestionItselfCounts) {
  v1::ExplainAccessRequest request = ReadingAPlan();
  request.clear_purpose();
  request.set_resource("plans/development-2018");
  EXPECT_TRUE(Explain(kHealthTrust, request).allowed());
  EXPECT_EQ(Explain(kHealthTrust, request).purpose(), kHealthTrust.purpose);
  // Of another client only what is asked.
  request.set_client(kHealthTrust.client_name());
  EXPECT_EQ(Explain(kBoard, request).reason(), v1::PURPOSE_MISSING);
}

TEST_F(ExplainAccessTest, AnAgreementOfOthersIsOutOfScopeAsInTheCall) {
  v1::ExplainAccessRequest request;
  request.set_method("AgreementService/GetAgreement");
  request.set_resource("agreements/send-improvement");
  EXPECT_EQ(Explain(kPolice, request).reason(), v1::OUT_OF_SCOPE);
  EXPECT_TRUE(Explain(kBoard, request).allowed());
  request.set_method("AgreementService/SuspendAgreement");
  EXPECT_EQ(Explain({"lancashire-care-nhs-trust:information-governance", ""}, request).reason(),
            v1::OUT_OF_SCOPE);
  EXPECT_TRUE(Explain(kAdmin, request).allowed());
}

TEST_F(ExplainAccessTest, OfOneResourceItSaysWhatTheCallSays) {
  v1::ExplainAccessRequest request = ReadingAPlan();
  request.set_method("PlanService/GetAction");
  int allowed = 0;
  v1::ListActionsRequest all;
  all.set_parent("plans/development-2018");
  std::vector<std::string> names = {"plans/development-2018/actions/9.9.9"};
  const auto actions = partnership_->Get<v1::ListActionsResponse>(kBoard, all);
  for (const v1::Action& action : actions.actions()) names.push_back(action.name());
  for (const std::string& name : names) {
    request.set_resource(name);
    const v1::ExplainAccessResponse answer = Explain(kPolice, request);
    v1::GetActionRequest read;
    read.set_name(name);
    const Outcome outcome = partnership_->Ask<v1::Action>(kPolice, read).outcome;
    EXPECT_EQ(answer.allowed(), outcome.ok()) << name << ": " << outcome.Text();
    EXPECT_EQ(answer.reason(), outcome.reason()) << name;
    allowed += answer.allowed() ? 1 : 0;
  }
  EXPECT_GT(allowed, 0);
  EXPECT_LT(allowed, static_cast<int>(names.size()));
}

TEST_F(ExplainAccessTest, AMethodOrResourceThatCannotBeIsNamed) {
  v1::ExplainAccessRequest request = ReadingAPlan();
  request.set_method("PlanService/DropPlans");
  EXPECT_TRUE(RefusedWith(Refusal(kPolice, request), v1::FIELDS_INVALID));
  request = ReadingAPlan();
  request.set_resource("releases/papers-2018");
  EXPECT_TRUE(RefusedWith(Refusal(kPolice, request), v1::FIELDS_INVALID));
  request.set_resource("plans/../etc");
  EXPECT_TRUE(RefusedWith(Refusal(kPolice, request), v1::FIELDS_INVALID));
}

TEST_F(ExplainAccessTest, WithoutAPurposeTheClientsDefaultCounts) {
  v1::ExplainAccessRequest request = ReadingAPlan();
  request.clear_purpose();
  request.set_client(kPolice.client_name());
  const v1::ExplainAccessResponse answer = Explain(kAdmin, request);
  EXPECT_TRUE(answer.allowed());
  EXPECT_EQ(answer.purpose(), "neglect-and-domestic-abuse");
  request.set_client(kCouncil.client_name());
  EXPECT_EQ(Explain(kAdmin, request).reason(), v1::PURPOSE_MISSING);
}

TEST_F(ExplainAccessTest, ListAccessNamesEveryAgencyThatReceivesAndNoOther) {
  const v1::ListAccessResponse answer =
      WhoSees(kAdmin, v1::PLANS, "plans/domestic-abuse-strategy-2018");
  EXPECT_EQ(Agencies(answer),
            (std::set<std::string>{"agencies/lancashire-county-council", "agencies/lscb",
                                   "agencies/lancashire-constabulary", "agencies/opcc-lancashire",
                                   "agencies/pan-lancashire-domestic-abuse-board",
                                   "agencies/national-probation-service"}));
  for (const auto& access : answer.access()) {
    if (access.agency() != kPolice.agency_name()) continue;
    EXPECT_EQ(access.agreement(), kStrategies);
    EXPECT_TRUE(access.part_only());
    EXPECT_THAT(access.topics(), testing::ElementsAre("neglect", "domestic-abuse"));
    // The signatory's role is none of the agreement's.
    EXPECT_THAT(access.clients(), testing::ElementsAre(kPolice.client_name()));
  }
}

TEST_F(ExplainAccessTest, ListAccessFollowsASuspensionAndRemembersTheTimeBefore) {
  clock_.Advance(absl::Hours(1));
  Suspend();
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(Agencies(WhoSees(kAdmin, v1::PLANS)).contains(kPolice.agency_name()));
  EXPECT_TRUE(Agencies(WhoSees(kAdmin, v1::PLANS, "", At("2018-12-02T09:30:00Z")))
                  .contains(kPolice.agency_name()));
}

TEST_F(ExplainAccessTest, AnAgencySeesWhoSeesWhatItSharesIn) {
  const v1::ListAccessResponse answer = WhoSees(kHealthTrust, v1::PLANS);
  for (const auto& access : answer.access()) {
    EXPECT_EQ(access.agreement(), "agreements/health-safeguarding");
  }
  EXPECT_EQ(Agencies(answer), std::set<std::string>{kHealthTrust.agency_name()});
}

TEST_F(ExplainAccessTest, ListAccessComesInPages) {
  v1::ListAccessRequest request;
  request.set_data_set(v1::PLANS);
  const int all = partnership_->Get<v1::ListAccessResponse>(kAdmin, request).access_size();
  ASSERT_GT(all, 3);
  request.set_page_size(2);
  int seen = 0;
  do {
    const auto page = partnership_->Get<v1::ListAccessResponse>(kAdmin, request);
    EXPECT_LE(page.access_size(), 2);
    seen += page.access_size();
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seen, all);
}

}  // namespace
}  // namespace concordat::e2e
