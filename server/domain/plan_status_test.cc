#include "server/domain/plan_status.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::domain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Group = v1::PlanStatus::Group;

const absl::CivilDay kOn(2019, 2, 1);

v1::Plan TwoThemes() {
  v1::Plan plan;
  plan.set_name("plans/p");
  plan.set_display_name("A plan");
  for (const char* id : {"2", "1", "10"}) {
    v1::Plan::Theme& theme = *plan.add_themes();
    theme.set_id(id);
    theme.set_display_name(std::string("Theme ") + id);
  }
  for (const char* id : {"11", "5"}) {
    v1::Plan::Recommendation& recommendation = *plan.add_recommendations();
    recommendation.set_id(id);
    recommendation.set_display_name(std::string("Recommendation ") + id);
  }
  return plan;
}

v1::Action OneAction(const std::string& theme, v1::Action::Status status, v1::Rag::Color color,
                     bool overdue = false) {
  v1::Action action;
  action.set_theme(theme);
  action.set_status(status);
  action.mutable_rag()->set_effective(color);
  action.set_overdue(overdue);
  return action;
}

// `key:total` of each group.
template <typename Groups>
std::vector<std::string> Totals(const Groups& groups) {
  std::vector<std::string> totals;
  for (const Group& group : groups) {
    totals.push_back(group.key() + ":" + std::to_string(group.total()));
  }
  return totals;
}

TEST(PlanStatusTest, ColoursAndOverdueAreCounted) {
  const v1::PlanStatus status =
      CountActions(TwoThemes(),
                   {OneAction("1", v1::Action::UNDERWAY, v1::Rag::RED, true),
                    OneAction("1", v1::Action::UNDERWAY, v1::Rag::RED),
                    OneAction("2", v1::Action::UNDERWAY, v1::Rag::AMBER),
                    OneAction("2", v1::Action::UNDERWAY, v1::Rag::GREEN),
                    OneAction("2", v1::Action::COMPLETE, v1::Rag::BLUE),
                    OneAction("2", v1::Action::PLANNED, v1::Rag::NOT_REPORTED)},
                   kOn);
  EXPECT_EQ(status.plan(), "plans/p");
  EXPECT_EQ(status.display_name(), "A plan");
  EXPECT_EQ(status.on().month(), 2);
  EXPECT_FALSE(status.has_as_of());
  EXPECT_EQ(status.total().key(), "p");
  EXPECT_EQ(status.total().total(), 6);
  EXPECT_EQ(status.total().red(), 2);
  EXPECT_EQ(status.total().amber(), 1);
  EXPECT_EQ(status.total().green(), 1);
  EXPECT_EQ(status.total().blue(), 1);
  EXPECT_EQ(status.total().not_reported(), 1);
  EXPECT_EQ(status.total().overdue(), 1);
  EXPECT_EQ(status.by_theme(1).red(), 2);
  EXPECT_EQ(status.by_theme(1).overdue(), 1);
  EXPECT_EQ(status.by_theme(0).red(), 0);
}

TEST(PlanStatusTest, ThemesStandInPrintedOrderWithTitlesAlsoWhenEmpty) {
  const v1::PlanStatus status =
      CountActions(TwoThemes(), {OneAction("1", v1::Action::PLANNED, v1::Rag::NOT_REPORTED)}, kOn);
  EXPECT_THAT(Totals(status.by_theme()), ElementsAre("2:0", "1:1", "10:0"));
  EXPECT_EQ(status.by_theme(2).display_name(), "Theme 10");
}

TEST(PlanStatusTest, ThemeThatThePlanDoesNotHaveStillSumsToTheTotal) {
  const v1::PlanStatus status =
      CountActions(TwoThemes(), {OneAction("9", v1::Action::PLANNED, v1::Rag::NOT_REPORTED)}, kOn);
  EXPECT_THAT(Totals(status.by_theme()), ElementsAre("2:0", "1:0", "10:0", "9:1"));
  EXPECT_EQ(status.by_theme(3).display_name(), "");
}

TEST(PlanStatusTest, StatusesStandInTheOrderOfTheEnumeration) {
  const v1::PlanStatus status =
      CountActions(TwoThemes(),
                   {OneAction("1", v1::Action::WITHDRAWN, v1::Rag::NOT_REPORTED),
                    OneAction("1", v1::Action::COMPLETE, v1::Rag::BLUE),
                    OneAction("1", v1::Action::COMPLETE, v1::Rag::BLUE)},
                   kOn);
  EXPECT_THAT(Totals(status.by_status()), ElementsAre("STATUS_UNSPECIFIED:0", "PLANNED:0",
                                                      "UNDERWAY:0", "COMPLETE:2", "WITHDRAWN:1"));
  EXPECT_EQ(status.by_status(0).display_name(), "Not stated");
  EXPECT_EQ(status.by_status(4).display_name(), "Withdrawn");
}

TEST(PlanStatusTest, ActionCountsOnceForEachOfItsAgencies) {
  v1::Action action = OneAction("1", v1::Action::UNDERWAY, v1::Rag::AMBER);
  for (const char* agency : {"agencies/lscb", "agencies/lcc", "agencies/lscb"}) {
    action.add_leads()->set_agency(agency);
  }
  v1::Action other = OneAction("1", v1::Action::UNDERWAY, v1::Rag::GREEN);
  other.add_leads()->set_agency("agencies/lcc");
  const v1::PlanStatus status = CountActions(TwoThemes(), {action, other}, kOn);
  EXPECT_THAT(Totals(status.by_agency()), ElementsAre("lcc:2", "lscb:1"));
  EXPECT_EQ(status.by_agency(0).amber(), 1);
  EXPECT_EQ(status.by_agency(0).green(), 1);
  EXPECT_EQ(status.total().total(), 2);
}

TEST(PlanStatusTest, ActionCountsOnceForEachOfItsRecommendations) {
  v1::Action action = OneAction("1", v1::Action::UNDERWAY, v1::Rag::AMBER);
  for (const char* id : {"5", "11", "5", "7"}) action.add_recommendations(id);
  const v1::PlanStatus status = CountActions(TwoThemes(), {action}, kOn);
  EXPECT_THAT(Totals(status.by_recommendation()), ElementsAre("11:1", "5:1", "7:1"));
  EXPECT_EQ(status.by_recommendation(0).display_name(), "Recommendation 11");
}

TEST(PlanStatusTest, RemovedActionsDoNotCount) {
  v1::Action removed = OneAction("1", v1::Action::UNDERWAY, v1::Rag::RED, true);
  removed.set_removed(true);
  const v1::PlanStatus status = CountActions(TwoThemes(), {removed}, kOn);
  EXPECT_EQ(status.total().total(), 0);
  EXPECT_EQ(status.total().overdue(), 0);
}

TEST(PlanStatusTest, PlanWithoutActionsHasItsEmptyGroups) {
  const v1::PlanStatus status = CountActions(TwoThemes(), {}, kOn);
  EXPECT_EQ(status.total().total(), 0);
  EXPECT_EQ(status.by_theme_size(), 3);
  EXPECT_EQ(status.by_recommendation_size(), 2);
  EXPECT_THAT(status.by_agency(), IsEmpty());
}

}  // namespace
}  // namespace concordat::domain
