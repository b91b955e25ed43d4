// What each partner may see, and when: the police see what their agreement
// names and nothing else, and learn nothing about what lies outside.
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "concordat/v1/agreement_service.pb.h"
#include "concordat/v1/audit_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::IsEmpty;
using testing::Not;

const Partner kCommissioner{"opcc-lancashire:commissioning", "neglect-and-domestic-abuse"};
const Partner kProbation{"national-probation-service:partnership-desk",
                         "domestic-abuse-offender-management"};
const Partner kSendProgramme{"morecambe-bay-ccg:send-programme", "send-improvement"};
const Partner kHospital{"blackpool-teaching-hospitals:hub-team", "safeguarding-hub-support"};
const Partner kPoliceGovernance{"lancashire-constabulary:information-governance",
                                "neglect-and-domestic-abuse"};
const Partner kRetired{"lancashire-county-council:retired-dashboard", "multi-agency-assurance"};

const std::vector<std::string> kPlanFiles = {
    "plans/development-2018.yaml", "plans/domestic-abuse-strategy-2018.yaml",
    "plans/key-stage-4-recovery-2018.yaml", "plans/neglect-strategy-2018.yaml",
    "plans/send-wsoa-2018.yaml"};
const std::set<std::string> kPolicePlans = {"plans/development-2018", "plans/neglect-strategy-2018",
                                            "plans/domestic-abuse-strategy-2018"};
const std::set<std::string> kPoliceTopics = {"neglect", "domestic-abuse"};

using Names = std::set<std::string>;

template <typename Items>
Names NamesOf(const Items& items) {
  Names names;
  for (const auto& item : items) names.insert(item.name());
  return names;
}

template <typename Item>
bool HasTopicOf(const Item& item, const std::set<std::string>& topics) {
  for (const std::string& topic : item.topics()) {
    if (topics.count(topic) > 0) return true;
  }
  return false;
}

// Names of the actions in the data set's files of these plans with one of these
// topics, or with any when there are none.
Names ActionsInFiles(const std::set<std::string>& plans, const std::set<std::string>& topics) {
  Names names;
  for (const std::string& file : kPlanFiles) {
    const auto request = ReadDataFile<v1::ApplyPlanRequest>(file);
    if (plans.count(request.plan().name()) == 0) continue;
    for (const v1::Action& action : request.actions()) {
      if (topics.empty() || HasTopicOf(action, topics)) names.insert(action.name());
    }
  }
  return names;
}

// Everything that `partner` finds in a list, page by page.
template <typename Response, typename Request, typename Take>
void ListAll(TestPartnership& partnership, const Partner& partner, Request request, Take take) {
  do {
    const auto response = partnership.Get<Response>(partner, request);
    take(response);
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
}

Names ActionsSeenBy(TestPartnership& partnership, const Partner& partner,
                    const std::string& parent) {
  v1::ListActionsRequest request;
  request.set_parent(parent);
  Names names;
  ListAll<v1::ListActionsResponse>(partnership, partner, request, [&](const auto& response) {
    names.merge(NamesOf(response.actions()));
  });
  return names;
}

Names FiguresSeenBy(TestPartnership& partnership, const Partner& partner,
                    const std::string& parent = "releases/papers-2018") {
  v1::ListObservationsRequest request;
  request.set_parent(parent);
  request.set_page_size(1000);
  Names names;
  ListAll<v1::ListObservationsResponse>(partnership, partner, request, [&](const auto& response) {
    names.merge(NamesOf(response.observations()));
  });
  return names;
}

Names PlansSeenBy(TestPartnership& partnership, const Partner& partner) {
  return NamesOf(partnership.Get<v1::ListPlansResponse>(partner, v1::ListPlansRequest()).plans());
}

// Whether `partner` may read the development plan or, for those without it,
// is refused for `reason`.
Outcome ReadPlan(TestPartnership& partnership, const Partner& partner,
                 const std::string& plan = "plans/development-2018",
                 std::optional<Metadata> metadata = std::nullopt) {
  v1::GetPlanRequest request;
  request.set_name(plan);
  return partnership.Ask<v1::Plan>(partner, request, std::move(metadata)).outcome;
}

class Scope : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    partnership_ = new TestPartnership();
    // A release that exists and that the police agreement does not name, with
    // figures of a district and of a neighbour, which the papers have not.
    auto other = ReadDataFile<v1::ImportReleaseRequest>("releases/papers-2018.yaml");
    other.mutable_release()->set_name("releases/other-2018");
    for (int i = 0; i < other.observations_size(); ++i) {
      v1::Observation& figure = *other.mutable_observations(i);
      if (i % 3 == 1) figure.set_area("areas/e07000117");
      if (i % 3 == 2) figure.set_area("areas/e06000009");
      figure.set_name(
          absl::StrCat("releases/other-2018/observations/", LastIdentifier(figure.name())));
    }
    partnership_->Get<v1::ImportReleaseResponse>(kAdmin, other);
  }
  static void TearDownTestSuite() {
    delete partnership_;
    partnership_ = nullptr;
  }
  static TestPartnership& partnership() { return *partnership_; }

  // Two requests of the police are refused with the very same bytes, although
  // the first names what exists and the second what does not.
  template <typename Response, typename Request>
  static void ExpectSameRefusal(const Request& existing, const Request& missing) {
    SCOPED_TRACE(existing.ShortDebugString());
    const Outcome of_existing = partnership().Ask<Response>(kPolice, existing).outcome;
    const Outcome of_missing = partnership().Ask<Response>(kPolice, missing).outcome;
    EXPECT_TRUE(RefusedWith(of_existing, v1::OUT_OF_SCOPE));
    EXPECT_EQ(of_existing.status.error_code(), of_missing.status.error_code());
    EXPECT_EQ(of_existing.status.error_message(), of_missing.status.error_message());
    EXPECT_EQ(of_existing.status.error_details(), of_missing.status.error_details());
    // And it is there, for those who may see it.
    EXPECT_NE(partnership().Ask<Response>(kBoard, existing).outcome.reason(), v1::OUT_OF_SCOPE);
  }

  // The same for a request with a field that names the thing.
  template <typename Request, typename Response>
  static void ExpectSameAnswer(void (Request::*set)(const std::string&), Request request,
                               const std::string& existing, const std::string& missing) {
    Request other = request;
    (request.*set)(existing);
    (other.*set)(missing);
    ExpectSameRefusal<Response>(request, other);
  }

 private:
  static TestPartnership* partnership_;
};

TestPartnership* Scope::partnership_ = nullptr;

TEST_F(Scope, ThePoliceSeeThePlansOfTheirAgreement) {
  EXPECT_EQ(PlansSeenBy(partnership(), kPolice), kPolicePlans);
}

TEST_F(Scope, ThePoliceSeeTheActionsOfTheirTopicsAndNothingElse) {
  const Names expected = ActionsInFiles(kPolicePlans, kPoliceTopics);
  EXPECT_GT(expected.size(), 20U);
  EXPECT_LT(expected.size(), ActionsInFiles(kPolicePlans, {}).size());
  Names seen;
  for (const std::string& plan : kPolicePlans) {
    seen.merge(ActionsSeenBy(partnership(), kPolice, plan));
  }
  EXPECT_EQ(seen, expected);
}

TEST_F(Scope, AcrossPlansThePoliceSeeTheSameActionsEachOnce) {
  Names expected;
  for (const std::string& file : kPlanFiles) {
    const auto request = ReadDataFile<v1::ApplyPlanRequest>(file);
    if (kPolicePlans.count(request.plan().name()) == 0) continue;
    for (const v1::Action& action : request.actions()) {
      if (action.refers_to().empty() && HasTopicOf(action, kPoliceTopics)) {
        expected.insert(action.name());
      }
    }
  }
  EXPECT_EQ(ActionsSeenBy(partnership(), kPolice, "plans/-"), expected);
}

TEST_F(Scope, AFilterCannotWidenWhatThePoliceSee) {
  v1::ListActionsRequest request;
  request.set_parent("plans/-");
  request.set_topic("send");
  for (const auto list = partnership().Get<v1::ListActionsResponse>(kPolice, request);
       const v1::Action& action : list.actions()) {
    EXPECT_TRUE(HasTopicOf(action, kPoliceTopics)) << action.name();
  }
  request.set_topic("early-help");
  request.set_parent("plans/development-2018");
  for (const auto list = partnership().Get<v1::ListActionsResponse>(kPolice, request);
       const v1::Action& action : list.actions()) {
    EXPECT_TRUE(HasTopicOf(action, kPoliceTopics)) << action.name();
  }
}

TEST_F(Scope, APlanShowsThePoliceOnlyWhatItsVisibleActionsUse) {
  for (const std::string& file : kPlanFiles) {
    const auto whole = ReadDataFile<v1::ApplyPlanRequest>(file);
    if (kPolicePlans.count(whole.plan().name()) == 0) continue;
    SCOPED_TRACE(file);
    std::set<std::string> themes;
    std::set<std::string> objectives;
    std::set<std::string> recommendations;
    int actions = 0;
    for (const v1::Action& action : whole.actions()) {
      if (!HasTopicOf(action, kPoliceTopics)) continue;
      ++actions;
      themes.insert(action.theme());
      objectives.insert(absl::StrCat(action.theme(), "/", action.objective()));
      for (const std::string& id : action.recommendations()) recommendations.insert(id);
    }
    v1::GetPlanRequest request;
    request.set_name(whole.plan().name());
    const auto plan = partnership().Get<v1::Plan>(kPolice, request);
    EXPECT_EQ(plan.action_count(), actions);
    std::set<std::string> seen_themes;
    std::set<std::string> seen_objectives;
    for (const v1::Plan::Theme& theme : plan.themes()) {
      seen_themes.insert(theme.id());
      for (const auto& objective : theme.objectives()) {
        seen_objectives.insert(absl::StrCat(theme.id(), "/", objective.id()));
      }
    }
    std::set<std::string> seen_recommendations;
    for (const auto& item : plan.recommendations()) seen_recommendations.insert(item.id());
    EXPECT_EQ(seen_themes, themes);
    EXPECT_EQ(seen_objectives, objectives);
    EXPECT_EQ(seen_recommendations, recommendations);

    // The same plan in the list, and counted by its status.
    const auto list = partnership().Get<v1::ListPlansResponse>(kPolice, v1::ListPlansRequest());
    for (const v1::Plan& listed : list.plans()) {
      if (listed.name() != plan.name()) continue;
      EXPECT_EQ(listed.SerializeAsString(), plan.SerializeAsString());
    }
    v1::GetPlanStatusRequest status_request;
    status_request.set_name(plan.name());
    EXPECT_EQ(partnership().Get<v1::PlanStatus>(kPolice, status_request).total().total(), actions);
  }
}

TEST_F(Scope, ThePoliceSeeTheMeasuresOfTheirTopics) {
  Names expected;
  for (const auto list = ReadDataFile<v1::ApplyMeasuresRequest>("measures.yaml");
       const v1::Measure& measure : list.measures()) {
    if (HasTopicOf(measure, kPoliceTopics)) expected.insert(measure.name());
  }
  EXPECT_GT(expected.size(), 3U);
  Names seen;
  ListAll<v1::ListMeasuresResponse>(
      partnership(), kPolice, v1::ListMeasuresRequest(),
      [&](const auto& response) { seen.merge(NamesOf(response.measures())); });
  EXPECT_EQ(seen, expected);
}

// The figures of the data set that an agreement of these topics and areas covers.
Names FiguresInFile(const std::set<std::string>& topics, const std::set<std::string>& areas) {
  std::set<std::string> measures;
  for (const auto list = ReadDataFile<v1::ApplyMeasuresRequest>("measures.yaml");
       const v1::Measure& measure : list.measures()) {
    if (topics.empty() || HasTopicOf(measure, topics)) measures.insert(measure.name());
  }
  Names names;
  for (const auto list = ReadDataFile<v1::ImportReleaseRequest>("releases/papers-2018.yaml");
       const v1::Observation& figure : list.observations()) {
    const bool in_area = areas.empty() || areas.count(figure.area()) > 0;
    if (in_area && measures.count(figure.measure()) > 0) names.insert(figure.name());
  }
  return names;
}

TEST_F(Scope, ThePoliceSeeTheFiguresOfTheirTopicsAndAreas) {
  const Names expected = FiguresInFile(kPoliceTopics, {"areas/e10000017", "areas/e23000003"});
  EXPECT_GT(expected.size(), 3U);
  EXPECT_LT(expected.size(), FiguresInFile({}, {"areas/e10000017", "areas/e23000003"}).size());
  EXPECT_EQ(FiguresSeenBy(partnership(), kPolice), expected);
  EXPECT_EQ(FiguresSeenBy(partnership(), kPolice, "releases/-"), expected);
  v1::GetReleaseRequest request;
  request.set_name("releases/papers-2018");
  EXPECT_EQ(partnership().Get<v1::Release>(kPolice, request).observation_count(),
            static_cast<int64_t>(expected.size()));
}

TEST_F(Scope, AFilterByWhatLiesOutsideIsRefusedTheSameWhetherItExistsOrNot) {
  v1::ListObservationsRequest list;
  list.set_parent("releases/papers-2018");
  v1::GetScorecardRequest scorecard;
  scorecard.set_name(list.parent());
  const auto description_of = [](const Outcome& outcome, const std::string& field) {
    EXPECT_TRUE(RefusedWith(outcome, v1::FIELDS_INVALID));
    const auto bad_request = PayloadOf<google::rpc::BadRequest>(outcome.error());
    if (!bad_request.has_value() || bad_request->field_violations_size() != 1) return std::string();
    EXPECT_EQ(bad_request->field_violations(0).field(), field);
    return bad_request->field_violations(0).description();
  };
  const auto list_with = [&](const std::string& area, const std::string& measure) {
    list.mutable_filter()->Clear();
    if (!area.empty()) list.mutable_filter()->add_areas(area);
    if (!measure.empty()) list.mutable_filter()->add_measures(measure);
    return partnership().Ask<v1::ListObservationsResponse>(kPolice, list).outcome;
  };
  const auto scorecard_with = [&](const std::string& measure) {
    scorecard.clear_measures();
    scorecard.add_measures(measure);
    return partnership().Ask<v1::Scorecard>(kPolice, scorecard).outcome;
  };
  const std::string area = description_of(list_with("areas/e07000117", ""), "filter.areas[0]");
  EXPECT_NE(area, "");
  EXPECT_EQ(description_of(list_with("areas/e99999999", ""), "filter.areas[0]"), area);
  const std::string measure =
      description_of(list_with("", "measures/ehc-plans"), "filter.measures[0]");
  EXPECT_NE(measure, "");
  EXPECT_EQ(description_of(list_with("", "measures/no-such"), "filter.measures[0]"), measure);
  EXPECT_EQ(description_of(scorecard_with("measures/ehc-plans"), "measures[0]"), measure);
  EXPECT_EQ(description_of(scorecard_with("measures/no-such"), "measures[0]"), measure);
  EXPECT_TRUE(list_with("areas/e10000017", "").ok());
}

TEST_F(Scope, ThePoliceSeeTheReleaseOfTheirAgreement) {
  EXPECT_EQ(NamesOf(partnership()
                        .Get<v1::ListReleasesResponse>(kPolice, v1::ListReleasesRequest())
                        .releases()),
            Names{"releases/papers-2018"});
  EXPECT_EQ(NamesOf(partnership()
                        .Get<v1::ListReleasesResponse>(kBoard, v1::ListReleasesRequest())
                        .releases()),
            (Names{"releases/other-2018", "releases/papers-2018"}));
}

TEST_F(Scope, ThePoliceSeeNoDirectory) {
  EXPECT_TRUE(RefusedWith(
      partnership().Ask<v1::ListAgenciesResponse>(kPolice, v1::ListAgenciesRequest()).outcome,
      v1::NO_AGREEMENT));
  v1::ListClientsRequest clients;
  clients.set_parent(kPolice.agency_name());
  EXPECT_TRUE(RefusedWith(partnership().Ask<v1::ListClientsResponse>(kPolice, clients).outcome,
                          v1::ROLE_MISSING));
}

TEST_F(Scope, AnAgencySeesTheAgreementsThatItIsAPartyOf) {
  const auto seen_by = [&](const Partner& partner) {
    return NamesOf(partnership()
                       .Get<v1::ListAgreementsResponse>(partner, v1::ListAgreementsRequest())
                       .agreements());
  };
  EXPECT_EQ(seen_by(kPolice),
            (Names{"agreements/exploitation-figures-2015", "agreements/neglect-and-domestic-abuse",
                   "agreements/probation-domestic-abuse"}));
  EXPECT_EQ(seen_by(kStranger), Names{"agreements/exploitation-figures-2015"});
  EXPECT_EQ(seen_by(kAuditor).size(), 8U);
  EXPECT_EQ(seen_by(kAdmin).size(), 8U);
}

TEST_F(Scope, AnAgencySeesItsOwnCallsInTheAuditLogAndThoseToItsPlans) {
  ASSERT_TRUE(ReadPlan(partnership(), kBoard, "plans/send-wsoa-2018").ok());
  ASSERT_TRUE(ReadPlan(partnership(), kPolice).ok());
  const auto entries_of = [&](const Partner& partner) {
    v1::ListAuditEntriesRequest request;
    request.set_page_size(1000);
    return partnership().Get<v1::ListAuditEntriesResponse>(partner, request);
  };
  const auto contributed = [](const Partner& partner, const v1::AuditEntry& entry) {
    return absl::c_linear_search(entry.record().contributors(), partner.agency_name());
  };
  for (const auto list = entries_of(kPolice); const v1::AuditEntry& entry : list.entries()) {
    EXPECT_TRUE(entry.record().agency() == kPolice.agency_name() || contributed(kPolice, entry));
    EXPECT_THAT(entry.record().salt(), IsEmpty());
  }
  bool council_sees_police = false;
  for (const auto list = entries_of(kCouncil); const v1::AuditEntry& entry : list.entries()) {
    if (entry.record().agency() == kCouncil.agency_name()) continue;
    // The council owns these two plans.
    EXPECT_TRUE(contributed(kCouncil, entry) ||
                absl::StartsWith(entry.record().resource(), "plans/development-2018") ||
                absl::StartsWith(entry.record().resource(), "plans/key-stage-4-recovery-2018"))
        << entry.record().resource();
    council_sees_police |= entry.record().agency() == kPolice.agency_name();
  }
  EXPECT_TRUE(council_sees_police);
}

TEST_F(Scope, AnotherPlanIsRefusedTheSameWhetherOrNotItExists) {
  v1::GetPlanRequest plan;
  v1::GetPlanRequest no_plan;
  plan.set_name("plans/send-wsoa-2018");
  no_plan.set_name("plans/no-such-plan");
  ExpectSameRefusal<v1::Plan>(plan, no_plan);
  // Nor does the past tell.
  *plan.mutable_as_of() = ToTimestamp(absl::FromUnixSeconds(0));
  *no_plan.mutable_as_of() = plan.as_of();
  const auto refused = partnership().Ask<v1::Plan>(kPolice, plan).outcome;
  EXPECT_TRUE(RefusedWith(refused, v1::OUT_OF_SCOPE));
  EXPECT_EQ(refused.status.error_details(),
            partnership().Ask<v1::Plan>(kPolice, no_plan).outcome.status.error_details());

  v1::GetPlanStatusRequest status;
  v1::GetPlanStatusRequest no_status;
  status.set_name("plans/key-stage-4-recovery-2018");
  no_status.set_name("plans/no-such-plan");
  ExpectSameRefusal<v1::PlanStatus>(status, no_status);

  v1::ListActionsRequest list;
  v1::ListActionsRequest no_list;
  list.set_parent("plans/send-wsoa-2018");
  no_list.set_parent("plans/no-such-plan");
  ExpectSameRefusal<v1::ListActionsResponse>(list, no_list);
}

TEST_F(Scope, AnotherActionIsRefusedTheSameWhetherOrNotItExists) {
  const struct {
    std::string existing;
    std::string missing;
  } cases[] = {
      // Another topic of a plan that the agreement names.
      {"plans/development-2018/actions/1.1.1", "plans/development-2018/actions/9.9.9"},
      // A plan that it does not name.
      {*ActionsInFiles({"plans/send-wsoa-2018"}, {}).begin(), "plans/send-wsoa-2018/actions/x"},
  };
  for (const auto& [existing, missing] : cases) {
    v1::GetActionRequest action;
    v1::GetActionRequest no_action;
    action.set_name(existing);
    no_action.set_name(missing);
    ExpectSameRefusal<v1::Action>(action, no_action);

    v1::ListProgressReportsRequest reports;
    v1::ListProgressReportsRequest no_reports;
    reports.set_parent(existing);
    no_reports.set_parent(missing);
    ExpectSameRefusal<v1::ListProgressReportsResponse>(reports, no_reports);
  }
}

TEST_F(Scope, AnotherMeasureIsRefusedTheSameWhetherOrNotItExists) {
  v1::GetMeasureRequest measure;
  v1::GetMeasureRequest no_measure;
  measure.set_name("measures/ehc-plans");
  no_measure.set_name("measures/no-such-measure");
  ExpectSameRefusal<v1::Measure>(measure, no_measure);
}

TEST_F(Scope, AnotherReleaseIsRefusedTheSameWhetherOrNotItExists) {
  v1::GetReleaseRequest release;
  v1::GetReleaseRequest no_release;
  release.set_name("releases/other-2018");
  no_release.set_name("releases/no-such-release");
  ExpectSameRefusal<v1::Release>(release, no_release);

  v1::ListObservationsRequest list;
  v1::ListObservationsRequest no_list;
  list.set_parent("releases/other-2018");
  no_list.set_parent("releases/no-such-release");
  ExpectSameRefusal<v1::ListObservationsResponse>(list, no_list);

  v1::ExtractObservationsRequest extract;
  extract.set_format(v1::ExtractObservationsRequest::CSV);
  v1::ExtractObservationsRequest no_extract = extract;
  extract.set_parent("releases/other-2018");
  no_extract.set_parent("releases/no-such-release");
  const Outcome refused =
      partnership().Ask<v1::ExtractObservationsResponse>(kPolice, extract).outcome;
  EXPECT_TRUE(RefusedWith(refused, v1::OUT_OF_SCOPE));
  EXPECT_EQ(refused.status.error_details(),
            partnership()
                .Ask<v1::ExtractObservationsResponse>(kPolice, no_extract)
                .outcome.status.error_details());
}

TEST_F(Scope, AnotherAgreementIsRefusedTheSameWhetherOrNotItExists) {
  v1::GetAgreementRequest agreement;
  v1::GetAgreementRequest no_agreement;
  agreement.set_name("agreements/health-safeguarding");
  no_agreement.set_name("agreements/no-such-agreement");
  ExpectSameRefusal<v1::Agreement>(agreement, no_agreement);
}

TEST_F(Scope, WithinTheScopeWhatIsMissingIsNotFound) {
  v1::GetPlanRequest plan;
  plan.set_name("plans/no-such-plan");
  EXPECT_TRUE(
      RefusedWith(partnership().Ask<v1::Plan>(kBoard, plan).outcome, v1::RESOURCE_NOT_FOUND));
  v1::GetReleaseRequest release;
  release.set_name("releases/no-such-release");
  EXPECT_TRUE(RefusedWith(partnership().Ask<v1::Release>(kHealthTrust, release).outcome,
                          v1::RESOURCE_NOT_FOUND));
}

TEST_F(Scope, EveryOtherAgreementGivesWhatItNames) {
  EXPECT_EQ(PlansSeenBy(partnership(), kHealthTrust),
            (Names{"plans/development-2018", "plans/send-wsoa-2018"}));
  EXPECT_EQ(ActionsSeenBy(partnership(), kHealthTrust, "plans/development-2018").size(), 109U);
  EXPECT_EQ(FiguresSeenBy(partnership(), kHealthTrust), FiguresInFile({}, {}));
  for (const Partner& partner : {kBoard, kCouncil}) {
    EXPECT_EQ(PlansSeenBy(partnership(), partner).size(), 5U);
    EXPECT_EQ(FiguresSeenBy(partnership(), partner), FiguresInFile({}, {}));
    EXPECT_EQ(partnership()
                  .Get<v1::ListAgenciesResponse>(partner, v1::ListAgenciesRequest())
                  .agencies_size(),
              32);
  }
  EXPECT_EQ(PlansSeenBy(partnership(), kCommissioner), kPolicePlans);
  EXPECT_EQ(PlansSeenBy(partnership(), kSendProgramme), Names{"plans/send-wsoa-2018"});
  EXPECT_EQ(ActionsSeenBy(partnership(), kSendProgramme, "plans/send-wsoa-2018").size(), 47U);
  const auto measures =
      partnership().Get<v1::ListMeasuresResponse>(kSendProgramme, v1::ListMeasuresRequest());
  EXPECT_EQ(measures.measures_size(), 6);
}

TEST_F(Scope, FiguresOfOtherAreasAreLeftOutOfListsAndCounts) {
  v1::GetReleaseRequest request;
  request.set_name("releases/other-2018");
  EXPECT_EQ(FiguresSeenBy(partnership(), kBoard, request.name()).size(), 423U);
  EXPECT_EQ(partnership().Get<v1::Release>(kBoard, request).observation_count(), 423);
  // A third of them is of the county.
  EXPECT_EQ(FiguresSeenBy(partnership(), kHealthTrust, request.name()).size(), 141U);
  EXPECT_EQ(partnership().Get<v1::Release>(kHealthTrust, request).observation_count(), 141);
}

TEST_F(Scope, AReferenceOutOfScopeSaysNothingOfItsAction) {
  v1::GetActionRequest request;
  for (const auto list =
           ReadDataFile<v1::ApplyPlanRequest>("plans/domestic-abuse-strategy-2018.yaml");
       const v1::Action& action : list.actions()) {
    if (!action.refers_to().empty()) request.set_name(action.name());
  }
  ASSERT_FALSE(request.name().empty());
  Metadata metadata = TestPartnership::PurposeOf(kProbation);
  metadata.emplace_back("concordat-on-behalf-of", "desk 4");
  const auto for_probation = partnership().Get<v1::Action>(kProbation, request, metadata);
  EXPECT_THAT(for_probation.display_name(), IsEmpty());
  EXPECT_THAT(for_probation.leads(), IsEmpty());
  EXPECT_FALSE(for_probation.has_due());
  EXPECT_THAT(partnership().Get<v1::Action>(kPolice, request).display_name(), Not(IsEmpty()));
}

TEST_F(Scope, AnotherPurposeIsNoGround) {
  for (const std::string purpose : {"multi-agency-assurance", "curiosity"}) {
    EXPECT_TRUE(RefusedWith(ReadPlan(partnership(), kPolice, "plans/development-2018",
                                     Metadata{{"concordat-purpose", purpose}}),
                            v1::NO_AGREEMENT));
  }
}

TEST_F(Scope, ADefaultPurposeCountsWhereTheAgreementAcceptsIt) {
  const Outcome by_default = ReadPlan(partnership(), kPolice, "plans/development-2018", Metadata());
  EXPECT_TRUE(by_default.ok()) << by_default.Text();
  EXPECT_EQ(partnership().RecordFor(by_default).purpose(), "neglect-and-domestic-abuse");
  // A client without one.
  EXPECT_TRUE(
      RefusedWith(ReadPlan(partnership(), kHealthTrust, "plans/development-2018", Metadata()),
                  v1::PURPOSE_MISSING));
}

TEST_F(Scope, TheAgreementThatIsNamedDecides) {
  const Outcome named =
      ReadPlan(partnership(), kPolice, "plans/development-2018",
               Metadata{{"concordat-purpose", "neglect-and-domestic-abuse"},
                        {"concordat-agreement", "agreements/neglect-and-domestic-abuse"}});
  EXPECT_TRUE(named.ok()) << named.Text();
  for (const std::string agreement :
       {"agreements/health-safeguarding", "agreements/exploitation-figures-2015",
        "agreements/no-such"}) {
    EXPECT_TRUE(RefusedWith(ReadPlan(partnership(), kPolice, "plans/development-2018",
                                     Metadata{{"concordat-purpose", "neglect-and-domestic-abuse"},
                                              {"concordat-agreement", agreement}}),
                            v1::NO_AGREEMENT));
  }
}

TEST_F(Scope, SuspendedEndedAndForeignAgreementsAreNoGround) {
  EXPECT_TRUE(RefusedWith(ReadPlan(partnership(), kHospital), v1::NO_AGREEMENT));
  for (const Partner& partner : {kPolice, kCouncil, kStranger}) {
    v1::GetMeasureRequest request;
    request.set_name("measures/ehc-plans");
    EXPECT_TRUE(
        RefusedWith(partnership()
                        .Ask<v1::Measure>(partner, request,
                                          Metadata{{"concordat-purpose", "exploitation-profile"}})
                        .outcome,
                    v1::NO_AGREEMENT));
  }
  // The county council gives under the health agreement, and gets nothing.
  EXPECT_TRUE(RefusedWith(ReadPlan(partnership(), kCouncil, "plans/development-2018",
                                   Metadata{{"concordat-purpose", "safeguarding-improvement"}}),
                          v1::NO_AGREEMENT));
}

TEST_F(Scope, ARoleThatTheAgreementDoesNotNameIsMissing) {
  const Outcome outcome = ReadPlan(partnership(), kPoliceGovernance);
  EXPECT_TRUE(RefusedWith(outcome, v1::ROLE_MISSING));
  EXPECT_EQ(partnership().RecordFor(outcome).client(), kPoliceGovernance.client_name());
}

TEST_F(Scope, ThePersonActedForIsAskedForWhereTheAgreementDoes) {
  const std::string plan = "plans/domestic-abuse-strategy-2018";
  EXPECT_TRUE(RefusedWith(ReadPlan(partnership(), kProbation, plan), v1::ON_BEHALF_OF_MISSING));
  Metadata metadata = TestPartnership::PurposeOf(kProbation);
  metadata.emplace_back("concordat-on-behalf-of", "desk 4");
  const Outcome outcome = ReadPlan(partnership(), kProbation, plan, metadata);
  EXPECT_TRUE(outcome.ok()) << outcome.Text();
  EXPECT_EQ(partnership().RecordFor(outcome).on_behalf_of(), "desk 4");
}

TEST_F(Scope, ARevokedClientIsUnauthenticated) {
  const Outcome outcome = ReadPlan(partnership(), kRetired);
  EXPECT_TRUE(RefusedWith(outcome, v1::CLIENT_REVOKED));
  EXPECT_EQ(partnership().RecordFor(outcome).decision(), v1::AuditRecord::REFUSED);
}

}  // namespace
}  // namespace concordat::e2e
