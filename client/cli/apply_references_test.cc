#include "client/cli/apply_references.h"

#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using ::testing::ElementsAre;

v1::ApplyPlanRequest SomePlan() {
  v1::ApplyPlanRequest request;
  request.mutable_plan()->set_name("plans/p");
  request.mutable_plan()->set_owner("agencies/lscb");
  v1::Action& action = *request.add_actions();
  action.set_name("plans/p/actions/1");
  action.add_topics("neglect");
  action.add_leads()->set_agency("agencies/police");
  return request;
}

TEST(ApplyReferencesTest, EveryNamedResourceIsDeclared) {
  EXPECT_THAT(DeclaredNames(SomePlan()), ElementsAre("plans/p", "plans/p/actions/1"));
}

TEST(ApplyReferencesTest, FigureIsPartOfItsRelease) {
  v1::ImportReleaseRequest request;
  request.mutable_release()->set_name("releases/r");
  request.add_observations()->set_name("releases/r/observations/1");
  EXPECT_THAT(DeclaredNames(request), ElementsAre("releases/r"));
}

TEST(ApplyReferencesTest, TextIsFoundByTheServicesPath) {
  const v1::ApplyPlanRequest request = SomePlan();
  EXPECT_EQ(TextAt(request, "plan.owner"), "agencies/lscb");
  EXPECT_EQ(TextAt(request, "actions[0].leads[0].agency"), "agencies/police");
  EXPECT_EQ(TextAt(request, "actions[0].topics[0]"), "neglect");
}

TEST(ApplyReferencesTest, PathToNothingGivesNoText) {
  const v1::ApplyPlanRequest request = SomePlan();
  for (const char* path : {"", "plan", "plan.none", "actions.name", "actions[1].name",
                           "actions[-1].name", "actions[x].name", "plan[0].owner",
                           "actions[0].topics", "plan.owner.x", "dry_run", "actions[0"}) {
    EXPECT_EQ(TextAt(request, path), "") << path;
  }
}

TEST(ApplyReferencesTest, ReferenceMayStandBelowAName) {
  const absl::btree_set<std::string> names = {"agencies/a"};
  EXPECT_EQ(ReferredName(names, "agencies/a"), "agencies/a");
  EXPECT_EQ(ReferredName(names, "agencies/a/clients/c"), "agencies/a");
  EXPECT_EQ(ReferredName(names, "agencies/ab"), "");
  EXPECT_EQ(ReferredName(names, ""), "");
}

}  // namespace
}  // namespace concordat::cli
