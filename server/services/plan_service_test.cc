// Polls of actions by a partner whose agreement is limited to topics.
#include "server/services/plan_service.h"

#include <optional>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/service_test.h"

namespace concordat::services {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kAction[] = "plans/p/actions/1";

class PlanPollTest : public ServiceTest {
 protected:
  PlanPollTest() {
    store::Row plan;
    plan.name = "plans/p";
    plan.recorded = kNoon;
    Put(store::Kind::kPlan, plan);
  }

  // Stores a revision of an action that is known from `recorded` on; as removed
  // when `removed`.
  void PutAction(const std::string& name, const std::string& topic, bool removed = false,
                 absl::Time recorded = kNoon, const std::string& refers_to = "") {
    v1::Action action;
    action.set_name(name);
    action.set_display_name("About " + topic);
    action.add_topics(topic);
    action.set_status(v1::Action::UNDERWAY);
    action.set_refers_to(refers_to);
    store::Row row;
    row.name = name;
    row.recorded = recorded;
    row.removed = removed;
    row.topics = {topic};
    row.body = action.SerializeAsString();
    Put(store::Kind::kAction, row);
  }

  v1::ListActionsResponse List(const auth::Grant& grant,
                               const v1::ListActionsRequest& request) const {
    return Must(PlanService(*store_).ListActions(
        door::CallReactor::MakeCall(grant, "agencies/police/clients/feed", "", kNoon), request));
  }
  // What the police find in a poll from `since`, or in their first.
  v1::ListActionsResponse Poll(std::optional<google::protobuf::Timestamp> since = std::nullopt,
                               const std::string& parent = "plans/p") const {
    v1::ListActionsRequest request;
    request.set_parent(parent);
    if (since.has_value()) *request.mutable_changed_since() = *since;
    return List(neglect_, request);
  }
  // Each action's name and text, with a minus before the name of a removed one.
  static std::vector<std::string> Texts(const v1::ListActionsResponse& list) {
    std::vector<std::string> texts;
    for (const v1::Action& action : list.actions()) {
      texts.push_back((action.removed() ? "-" : "") + action.name() + ": " + action.display_name());
    }
    return texts;
  }
  // An action of which nothing is said but that it is gone.
  static std::string OnlyRemoval(const std::string& name) {
    v1::Action action;
    action.set_name(name);
    action.set_removed(true);
    return action.SerializeAsString();
  }

  const auth::Grant neglect_ = store::OverPlan("plans/-", "neglect");
};

TEST_F(PlanPollTest, AnActionThatLeftTheTopicsIsRemovedAndNothingElseIsSaidOfIt) {
  PutAction(kAction, "neglect");
  const auto first = Poll();
  ASSERT_THAT(first.actions(), SizeIs(1));
  PutAction(kAction, "exploitation");
  for (const char* parent : {"plans/p", "plans/-"}) {
    const auto second = Poll(first.read_time(), parent);
    ASSERT_THAT(second.actions(), SizeIs(1));
    EXPECT_EQ(second.actions(0).SerializeAsString(), OnlyRemoval(kAction));
  }
  EXPECT_THAT(Poll().actions(), IsEmpty());
}

TEST_F(PlanPollTest, ARemovedActionIsToldFromOneThatLeftTheTopicsByNothing) {
  PutAction(kAction, "neglect");
  const auto since = Poll().read_time();
  PutAction(kAction, "neglect", /*removed=*/true);
  const auto poll = Poll(since);
  ASSERT_THAT(poll.actions(), SizeIs(1));
  EXPECT_EQ(poll.actions(0).SerializeAsString(), OnlyRemoval(kAction));
}

TEST_F(PlanPollTest, ItIsToldOnceThatAnActionLeftTheTopics) {
  PutAction(kAction, "neglect");
  const auto since = Poll().read_time();
  PutAction(kAction, "exploitation");
  const auto told = Poll(since);
  EXPECT_THAT(Texts(told), ElementsAre("-plans/p/actions/1: "));
  PutAction(kAction, "exploitation");
  PutAction(kAction, "exploitation", /*removed=*/true);
  EXPECT_THAT(Poll(told.read_time()).actions(), IsEmpty());
  // Whoever did not poll in between is told now.
  EXPECT_THAT(Texts(Poll(since)), ElementsAre("-plans/p/actions/1: "));
}

TEST_F(PlanPollTest, AnActionThatWasNeverInTheTopicsIsNotMentioned) {
  const auto since = Poll().read_time();
  PutAction(kAction, "exploitation");
  PutAction(kAction, "early-help");
  PutAction(kAction, "early-help", /*removed=*/true);
  EXPECT_THAT(Poll(since).actions(), IsEmpty());
}

TEST_F(PlanPollTest, AnActionThatCameBackIsShownAsItIs) {
  PutAction(kAction, "neglect");
  const auto since = Poll().read_time();
  PutAction(kAction, "exploitation");
  PutAction(kAction, "neglect");
  EXPECT_THAT(Texts(Poll(since)), ElementsAre("plans/p/actions/1: About neglect"));
}

TEST_F(PlanPollTest, WhoSeesAllTopicsSeesTheChangeAndWhatWasRemoved) {
  PutAction(kAction, "neglect");
  PutAction("plans/p/actions/2", "neglect");
  v1::ListActionsRequest request;
  request.set_parent("plans/p");
  *request.mutable_changed_since() = Poll().read_time();
  PutAction(kAction, "exploitation");
  PutAction("plans/p/actions/2", "neglect", /*removed=*/true);
  EXPECT_THAT(
      Texts(List(store::OverPlan("plans/p"), request)),
      ElementsAre("plans/p/actions/1: About exploitation", "-plans/p/actions/2: About neglect"));
}

TEST_F(PlanPollTest, AsOfTheTimeBeforeAnActionLeftTheTopicsItHadNot) {
  const absl::Time left = kNoon + absl::Hours(24);
  v1::ListActionsRequest request;
  request.set_parent("plans/p");
  *request.mutable_changed_since() = Poll().read_time();
  PutAction(kAction, "neglect");
  PutAction(kAction, "exploitation", /*removed=*/false, left);
  *request.mutable_as_of() = ToTimestamp(left);
  EXPECT_THAT(Texts(List(neglect_, request)), ElementsAre("plans/p/actions/1: About neglect"));
  *request.mutable_as_of() = ToTimestamp(left + absl::Microseconds(1));
  EXPECT_THAT(Texts(List(neglect_, request)), ElementsAre("-plans/p/actions/1: "));
}

// Across plans a reference is not listed, and so not taken back either.
TEST_F(PlanPollTest, AReferenceThatLeftTheTopicsIsRemovedFromItsOwnPlanAlone) {
  PutAction(kAction, "neglect", false, kNoon, "plans/q/actions/1");
  const auto since = Poll().read_time();
  PutAction(kAction, "exploitation", false, kNoon, "plans/q/actions/1");
  EXPECT_THAT(Texts(Poll(since)), ElementsAre("-plans/p/actions/1: "));
  EXPECT_THAT(Poll(since, "plans/-").actions(), IsEmpty());
}

TEST_F(PlanPollTest, WhatLeftTheTopicsHasItsPlaceInThePages) {
  for (const char* id : {"1", "2", "3"}) {
    PutAction(std::string("plans/p/actions/") + id, "neglect");
  }
  v1::ListActionsRequest request;
  request.set_parent("plans/p");
  request.set_page_size(1);
  *request.mutable_changed_since() = Poll().read_time();
  PutAction("plans/p/actions/1", "exploitation");
  PutAction("plans/p/actions/2", "neglect");
  PutAction("plans/p/actions/3", "exploitation");
  std::vector<std::string> texts;
  do {
    const auto page = List(neglect_, request);
    for (const std::string& text : Texts(page)) texts.push_back(text);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(texts, ElementsAre("-plans/p/actions/1: ", "plans/p/actions/2: About neglect",
                                 "-plans/p/actions/3: "));
}

}  // namespace
}  // namespace concordat::services
