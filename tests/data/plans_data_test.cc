// The bundled plans against the papers that they were taken from: every file
// reads, hangs together, and says what the papers print.
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/resource_name.h"
#include "base/yaml_message.h"
#include "concordat/v1/plan.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// The bundled plans by resource name.
using Plans = std::map<std::string, v1::ApplyPlanRequest>;

// Text of a whole file; nothing when it cannot be read.
std::optional<std::string> ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Reads every file of the plans' folder. A file that has problems fails the
// current test and is left out.
Plans LoadPlans() {
  Plans plans;
  const std::filesystem::path folder =
      std::filesystem::path(CONCORDAT_SOURCE_DIR) / "data" / "lancashire" / "plans";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::optional<std::string> text = ReadFile(entry.path());
    if (!text.has_value()) {
      ADD_FAILURE() << entry.path() << " cannot be read";
      continue;
    }
    v1::ApplyPlanRequest request;
    const std::vector<YamlProblem> problems = ReadYaml(*text, request, {"kind"});
    for (const YamlProblem& problem : problems) {
      ADD_FAILURE() << entry.path().filename() << ":" << problem.line << " " << problem.field << " "
                    << problem.description;
    }
    if (problems.empty()) plans[request.plan().name()] = request;
  }
  return plans;
}

// The same plans for all tests, read once.
const Plans& AllPlans() {
  static const Plans* const plans = new Plans(LoadPlans());
  return *plans;
}

// The named plan; an empty one when there is none.
const v1::ApplyPlanRequest& PlanNamed(const std::string& name) {
  static const v1::ApplyPlanRequest* const none = new v1::ApplyPlanRequest();
  const auto found = AllPlans().find(name);
  return found == AllPlans().end() ? *none : found->second;
}

// The named action of any plan; null when there is none.
const v1::Action* FindAction(const std::string& name) {
  for (const v1::Action& action : PlanNamed(std::string(ParentOf(name))).actions()) {
    if (action.name() == name) return &action;
  }
  return nullptr;
}

// How many actions have each status.
std::map<v1::Action::Status, int> CountByStatus(const v1::ApplyPlanRequest& request) {
  std::map<v1::Action::Status, int> counts;
  for (const v1::Action& action : request.actions()) ++counts[action.status()];
  return counts;
}

// How many actions answer a recommendation.
int CountAnswering(const v1::ApplyPlanRequest& request, absl::string_view recommendation) {
  int count = 0;
  for (const v1::Action& action : request.actions()) {
    for (const std::string& answered : action.recommendations())
      count += answered == recommendation;
  }
  return count;
}

TEST(PlansDataTest, EveryFileReadsWithoutAProblem) {
  std::vector<std::string> names;
  for (const auto& [name, request] : AllPlans()) names.push_back(name);
  EXPECT_THAT(names,
              UnorderedElementsAre("plans/development-2018", "plans/domestic-abuse-strategy-2018",
                                   "plans/key-stage-4-recovery-2018", "plans/neglect-strategy-2018",
                                   "plans/send-wsoa-2018"));
}

TEST(PlansDataTest, DevelopmentPlanHasAsManyPartsAsPrinted) {
  const v1::ApplyPlanRequest& request = PlanNamed("plans/development-2018");
  EXPECT_THAT(request.actions(), SizeIs(109));
  EXPECT_THAT(request.plan().themes(), SizeIs(5));
  EXPECT_THAT(request.plan().recommendations(), SizeIs(11));
  int objectives = 0;
  std::map<std::string, int> by_theme;
  for (const v1::Plan::Theme& theme : request.plan().themes()) {
    objectives += theme.objectives_size();
  }
  for (const v1::Action& action : request.actions()) ++by_theme[action.theme()];
  EXPECT_EQ(objectives, 20);
  const std::map<std::string, int> printed = {{"1", 13}, {"2", 9}, {"3", 27}, {"4", 46}, {"5", 14}};
  EXPECT_EQ(by_theme, printed);
}

TEST(PlansDataTest, DevelopmentPlanStatesNoStatus) {
  for (const v1::Action& action : PlanNamed("plans/development-2018").actions()) {
    EXPECT_EQ(action.status(), v1::Action::STATUS_UNSPECIFIED) << action.name();
    EXPECT_FALSE(action.due().text().empty()) << action.name();
    EXPECT_FALSE(action.leads().empty()) << action.name();
  }
}

TEST(PlansDataTest, ReferencePrintedTwiceNamesTwoActions) {
  std::vector<std::string> names;
  for (const v1::Action& action : PlanNamed("plans/development-2018").actions()) {
    if (action.reference() == "4.7.2") names.push_back(action.name());
  }
  EXPECT_THAT(names, ElementsAre("plans/development-2018/actions/4.7.2",
                                 "plans/development-2018/actions/4.7.2-b"));
}

TEST(PlansDataTest, ReferencesMissingInPrintStayMissing) {
  ASSERT_THAT(PlanNamed("plans/development-2018").actions(), SizeIs(109));
  for (const char* reference : {"1.3.5", "2.2.1", "4.7.1"}) {
    EXPECT_EQ(FindAction(absl::StrCat("plans/development-2018/actions/", reference)), nullptr);
  }
}

TEST(PlansDataTest, RecommendationsAreAnsweredAsOftenAsPrinted) {
  const v1::ApplyPlanRequest& request = PlanNamed("plans/development-2018");
  const std::map<std::string, int> printed = {{"1", 13}, {"2", 6},   {"3", 9},  {"4", 13},
                                              {"5", 7},  {"6", 13},  {"7", 11}, {"8", 9},
                                              {"9", 11}, {"10", 23}, {"11", 8}};
  for (const auto& [recommendation, count] : printed) {
    EXPECT_EQ(CountAnswering(request, recommendation), count) << recommendation;
  }
}

TEST(PlansDataTest, WrittenStatementHasAsManyPartsAsPrinted) {
  const v1::ApplyPlanRequest& request = PlanNamed("plans/send-wsoa-2018");
  EXPECT_THAT(request.actions(), SizeIs(47));
  EXPECT_THAT(request.plan().themes(), SizeIs(5));
  EXPECT_THAT(request.plan().recommendations(), SizeIs(12));
  std::set<std::string> objectives;
  std::set<int> concerns;
  for (const v1::Plan::Theme& theme : request.plan().themes()) {
    EXPECT_TRUE(theme.has_lead()) << theme.id();
    for (const v1::Plan::Objective& objective : theme.objectives()) {
      objectives.insert(objective.id());
      concerns.insert(objective.concerns().begin(), objective.concerns().end());
    }
  }
  EXPECT_THAT(objectives, SizeIs(12));
  EXPECT_THAT(concerns, SizeIs(12));
  const std::map<v1::Action::Status, int> printed = {
      {v1::Action::PLANNED, 23}, {v1::Action::UNDERWAY, 22}, {v1::Action::COMPLETE, 2}};
  EXPECT_EQ(CountByStatus(request), printed);
}

TEST(PlansDataTest, RecoveryPlanIsUnderwayOrCompleteAsPrinted) {
  const v1::ApplyPlanRequest& request = PlanNamed("plans/key-stage-4-recovery-2018");
  EXPECT_THAT(request.plan().themes(), SizeIs(6));
  const std::map<v1::Action::Status, int> printed = {{v1::Action::UNDERWAY, 15},
                                                     {v1::Action::COMPLETE, 16}};
  EXPECT_EQ(CountByStatus(request), printed);
}

TEST(PlansDataTest, StrategiesReferToTheDevelopmentPlanAndNeverCopyIt) {
  std::map<std::string, std::vector<std::string>> references;
  for (const auto& [name, request] : AllPlans()) {
    for (const v1::Action& action : request.actions()) {
      if (action.refers_to().empty()) continue;
      references[name].push_back(std::string(LastIdentifier(action.refers_to())));
      EXPECT_NE(FindAction(action.refers_to()), nullptr) << action.name();
      EXPECT_TRUE(action.display_name().empty()) << action.name();
      EXPECT_FALSE(action.has_due()) << action.name();
      EXPECT_THAT(action.leads(), IsEmpty()) << action.name();
      EXPECT_EQ(action.status(), v1::Action::STATUS_UNSPECIFIED) << action.name();
    }
  }
  EXPECT_THAT(references, SizeIs(2));
  EXPECT_THAT(references["plans/neglect-strategy-2018"],
              ElementsAre("1.2.1", "1.2.2", "1.2.3", "1.2.4", "1.2.5"));
  EXPECT_THAT(references["plans/domestic-abuse-strategy-2018"],
              ElementsAre("1.3.1", "1.3.2", "1.3.3", "1.3.4", "1.3.6", "1.3.7"));
}

TEST(PlansDataTest, EveryActionOfAStrategyHasTheStrategysTopic) {
  const std::map<std::string, std::string> topics = {
      {"plans/neglect-strategy-2018", "neglect"},
      {"plans/domestic-abuse-strategy-2018", "domestic-abuse"}};
  for (const auto& [plan, topic] : topics) {
    EXPECT_THAT(PlanNamed(plan).actions(), ::testing::Not(IsEmpty()));
    for (const v1::Action& action : PlanNamed(plan).actions()) {
      EXPECT_THAT(action.topics(), ::testing::Contains(topic)) << action.name();
    }
  }
}

TEST(PlansDataTest, ActionsHaveUniqueNamesUnderTheirPlan) {
  std::set<std::string> seen;
  for (const auto& [plan, request] : AllPlans()) {
    for (const v1::Action& action : request.actions()) {
      EXPECT_TRUE(MatchesPattern(action.name(), "plans/{plan}/actions/{action}")) << action.name();
      EXPECT_EQ(ParentOf(action.name()), plan);
      EXPECT_TRUE(seen.insert(action.name()).second) << action.name() << " stands twice";
    }
  }
  EXPECT_FALSE(seen.empty());
}

TEST(PlansDataTest, ActionsNameOnlyThemesObjectivesAndRecommendationsOfTheirPlan) {
  for (const auto& [plan, request] : AllPlans()) {
    std::map<std::string, std::set<std::string>> objectives;
    std::set<std::string> recommendations;
    for (const v1::Plan::Theme& theme : request.plan().themes()) {
      objectives[theme.id()] = {""};
      for (const v1::Plan::Objective& objective : theme.objectives()) {
        objectives[theme.id()].insert(objective.id());
      }
    }
    for (const v1::Plan::Recommendation& recommendation : request.plan().recommendations()) {
      recommendations.insert(recommendation.id());
      EXPECT_TRUE(objectives.contains(recommendation.theme())) << plan << recommendation.id();
    }
    for (const v1::Action& action : request.actions()) {
      EXPECT_TRUE(objectives[action.theme()].contains(action.objective())) << action.name();
      for (const std::string& recommendation : action.recommendations()) {
        EXPECT_TRUE(recommendations.contains(recommendation)) << action.name();
      }
    }
  }
}

TEST(PlansDataTest, EveryPlanAndActionNamesItsSource) {
  for (const auto& [plan, request] : AllPlans()) {
    EXPECT_FALSE(request.plan().source().document().empty()) << plan;
    EXPECT_GT(request.plan().source().line(), 0) << plan;
    for (const v1::Action& action : request.actions()) {
      EXPECT_FALSE(action.source().document().empty()) << action.name();
      EXPECT_GT(action.source().line(), 0) << action.name();
    }
  }
}

std::string DocumentDate(absl::string_view plan) {
  const google::type::Date& date = PlanNamed(std::string(plan)).plan().document_date();
  return absl::StrCat(date.year(), "-", date.month(), "-", date.day());
}

TEST(PlansDataTest, PlansBearTheDateOfTheirPaper) {
  EXPECT_EQ(DocumentDate("plans/development-2018"), "2018-11-1");
  EXPECT_EQ(DocumentDate("plans/send-wsoa-2018"), "2018-6-27");
  EXPECT_EQ(DocumentDate("plans/key-stage-4-recovery-2018"), "2018-6-27");
}

// What a fact says something about. Each is a function from the action to text.
std::string Reference(const v1::Action& action) { return action.reference(); }

std::string DueText(const v1::Action& action) { return action.due().text(); }

std::string LeadRoles(const v1::Action& action) {
  return absl::StrJoin(action.leads(), " | ", [](std::string* out, const v1::Lead& lead) {
    absl::StrAppend(out, lead.role());
  });
}

std::string LeadAgencies(const v1::Action& action) {
  return absl::StrJoin(action.leads(), " | ", [](std::string* out, const v1::Lead& lead) {
    absl::StrAppend(out, LastIdentifier(lead.agency()));
  });
}

std::string Recommendations(const v1::Action& action) {
  return absl::StrJoin(action.recommendations(), ",");
}

std::string Theme(const v1::Action& action) { return action.theme(); }

std::string StatusName(const v1::Action& action) {
  return v1::Action::Status_Name(action.status());
}

// One fact of the papers: what is printed, where, and which action carries it.
struct Fact {
  // The document, by its short identifier, and the action's line in it.
  const char* document;
  int line;
  // Action, as `{plan}/{action}`.
  const char* plan;
  const char* action;
  // What of the action is looked at, and what it must say.
  std::string (*what)(const v1::Action&);
  const char* expected;
};

void PrintTo(const Fact& fact, std::ostream* out) {
  *out << fact.document << ":" << fact.line << " " << fact.plan << "/" << fact.action;
}

class PlansDataFactTest : public ::testing::TestWithParam<Fact> {};

TEST_P(PlansDataFactTest, ActionSaysWhatThePaperPrints) {
  const Fact& fact = GetParam();
  const v1::Action* const action =
      FindAction(absl::StrCat("plans/", fact.plan, "/actions/", fact.action));
  ASSERT_NE(action, nullptr);
  EXPECT_EQ(action->source().document(), fact.document);
  EXPECT_EQ(action->source().line(), fact.line);
  EXPECT_EQ(fact.what(*action), fact.expected);
}

constexpr char kDevelopment[] = "development-plan-2018";
constexpr char kCommittee[] = "cabinet-committee-2018-06";
constexpr char kScrutiny[] = "scrutiny-2018-05";
constexpr char kPeers[] = "peer-challenge-2014";
constexpr char kPlan[] = "development-2018";
constexpr char kStatement[] = "send-wsoa-2018";
constexpr char kRecovery[] = "key-stage-4-recovery-2018";
constexpr char kAbuse[] = "domestic-abuse-strategy-2018";
constexpr char kNeglect[] = "neglect-strategy-2018";

INSTANTIATE_TEST_SUITE_P(
    Papers, PlansDataFactTest,
    ::testing::Values(
        Fact{kDevelopment, 140, kPlan, "1.1.1", Recommendations, "1,5,6,8,11"},
        Fact{kDevelopment, 164, kPlan, "1.2.2", LeadAgencies, "lancashire-county-council | lscb"},
        Fact{kDevelopment, 210, kPlan, "1.3.1", LeadAgencies,
             "lancashire-county-council | pan-lancashire-domestic-abuse-board"},
        Fact{kDevelopment, 312, kPlan, "2.2.3", LeadRoles, "Head of FARY | Head of CFW Service"},
        Fact{kDevelopment, 229, kPlan, "1.3.3", DueText, "Initial Report January 2019"},
        Fact{kDevelopment, 385, kPlan, "3.1.4", Recommendations, "1,2,3,4,5,6,7,8,9,10,11"},
        Fact{kDevelopment, 403, kPlan, "3.2.1", DueText, "Plan In Place By January 2019"},
        Fact{kDevelopment, 417, kPlan, "3.2.3", DueText, "April  2019"},
        Fact{kDevelopment, 448, kPlan, "3.3.3", DueText,
             "Pilot November 2018 / Roll Out June 2019"},
        Fact{kDevelopment, 661, kPlan, "4.3.1", DueText, "From January 2019"},
        Fact{kDevelopment, 830, kPlan, "4.6.1", DueText, "Spring Term 2019"},
        Fact{kDevelopment, 858, kPlan, "4.6.5", DueText,
             "Work Experience -January 2019 / CEAIG – Y11 – Sept 2018 Y10 - Sept 2019"},
        Fact{kDevelopment, 905, kPlan, "4.7.2", Recommendations, "9,4"},
        Fact{kDevelopment, 914, kPlan, "4.7.2-b", DueText, "June 2019"},
        Fact{kDevelopment, 1050, kPlan, "5.2.1", LeadRoles,
             "Head of Safeguarding, Inspection and Audit"},
        Fact{kCommittee, 799, kStatement, "a4", StatusName, "COMPLETE"},
        Fact{kCommittee, 804, kStatement, "b2", DueText, "Sept 2018"},
        Fact{kCommittee, 820, kStatement, "e1", DueText, "Mar 2018"},
        Fact{kCommittee, 860, kStatement, "c4", Theme, "5"},
        Fact{kCommittee, 871, kStatement, "l9", Reference, "L9"},
        Fact{kCommittee, 1027, kRecovery, "disadvantaged-f", StatusName, "UNDERWAY"},
        Fact{kCommittee, 1058, kRecovery, "requiring-improvement-c", StatusName, "COMPLETE"},
        Fact{kScrutiny, 250, kAbuse, "nest", LeadAgencies, "opcc-lancashire"},
        Fact{kScrutiny, 712, kAbuse, "police-referral-training", StatusName, "PLANNED"},
        Fact{kPeers, 411, kNeglect, "local-characteristics", StatusName, "COMPLETE"}));

}  // namespace
}  // namespace concordat
