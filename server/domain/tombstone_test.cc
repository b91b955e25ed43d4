#include "server/domain/tombstone.h"

#include <set>
#include <string>

#include "concordat/v1/measure.pb.h"
#include "concordat/v1/plan.pb.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/return.pb.h"
#include "concordat/v1/submission.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::domain {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using ::testing::UnorderedElementsAre;

constexpr char kText[] = "Alice Example";

// Of the fields that hold strings, in `type` and all that it holds, those that are free
// text.
void Collect(const Descriptor& type, std::set<std::string>& visited, std::set<std::string>& found) {
  if (type.file()->package() != "concordat.v1" || !visited.insert(type.full_name()).second) return;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.message_type() != nullptr) Collect(*field.message_type(), visited, found);
    if (IsFreeText(field)) found.insert(type.name() + "." + field.name());
  }
}

// A field that is added to the contract has to be thought of here.
TEST(TombstoneTest, TheseFieldsHoldTextThatPeopleWrite) {
  std::set<std::string> visited;
  std::set<std::string> found;
  for (const Descriptor* type :
       {v1::Plan::descriptor(), v1::Action::descriptor(), v1::ProgressReport::descriptor(),
        v1::Measure::descriptor(), v1::Release::descriptor(), v1::Observation::descriptor(),
        v1::Return::descriptor(), v1::Submission::descriptor(),
        v1::SubmittedObservation::descriptor()}) {
    Collect(*type, visited, found);
  }
  EXPECT_THAT(
      found,
      UnorderedElementsAre(
          "Plan.display_name", "Theme.display_name", "Theme.outcomes", "Objective.display_name",
          "Recommendation.display_name", "Board.display_name", "Board.remit", "Citation.document",
          "Lead.role", "Action.reference", "Action.display_name", "Action.expected_outcome",
          "Due.text", "Stage.label", "ProgressReport.narrative", "ProgressReport.evidence",
          "Measure.display_name", "Measure.definition", "Measure.unit_label", "Dimension.items",
          "Breakdown.item", "Chase.contacts", "Duty.contact", "Observation.area_display_name",
          "Observation.measure_display_name", "Observation.note", "Observation.printed",
          "Period.label", "Release.display_name", "Release.note", "Release.sources",
          "Release.withdrawn_reason", "Return.area_display_names", "Return.contact",
          "Return.measure_display_name", "Return.reason", "Submission.source",
          "Submission.revision_reason", "SubmittedObservation.commentary"));
}

TEST(TombstoneTest, ATextThatHoldsItGoesAsAWholeAndTheOthersStay) {
  v1::Plan plan;
  plan.set_name("plans/p");
  plan.set_display_name("Development plan");
  v1::Plan::Theme& theme = *plan.add_themes();
  theme.add_outcomes("Nobody waits");
  theme.add_outcomes("As Alice Example was told, nobody waits");
  theme.mutable_lead()->set_role("Alice Example");
  EXPECT_EQ(RedactTexts(plan, kText), 2);
  EXPECT_EQ(plan.display_name(), "Development plan");
  EXPECT_EQ(theme.outcomes(0), "Nobody waits");
  EXPECT_EQ(theme.outcomes(1), kTombstone);
  EXPECT_EQ(theme.lead().role(), kTombstone);
  EXPECT_EQ(RedactTexts(plan, kText), 0) << "once is enough";
}

TEST(TombstoneTest, NamesAndIdentifiersStay) {
  v1::Action action;
  action.set_name("plans/alice/actions/alice");
  action.set_theme("alice");
  action.add_topics("alice");
  action.mutable_leads()->Add()->set_agency("agencies/alice");
  action.set_etag("alice");
  v1::Action before = action;
  EXPECT_EQ(RedactTexts(action, "alice"), 0);
  EXPECT_EQ(action.SerializeAsString(), before.SerializeAsString());
}

TEST(TombstoneTest, TheStepsOfADueDateGoWithItsWordsAndItsDatesStay) {
  v1::Action action;
  v1::Due& due = *action.mutable_due();
  due.set_text("Pilot with Alice Example by May 2018, all by June 2018");
  due.set_kind(v1::Due::STAGED);
  due.add_stages()->set_label("Pilot with Alice");
  due.mutable_stages(0)->mutable_date()->set_year(2018);
  due.add_stages();
  EXPECT_EQ(RedactTexts(action, kText), 2);
  EXPECT_EQ(due.text(), kTombstone);
  EXPECT_EQ(due.stages(0).label(), kTombstone);
  EXPECT_EQ(due.stages(0).date().year(), 2018);
  EXPECT_EQ(due.stages(1).label(), "");
}

TEST(TombstoneTest, ATombstoneIsNotRedactedAgain) {
  v1::Measure measure;
  measure.set_definition(std::string(kTombstone));
  measure.set_unit_label("reports redacted");
  EXPECT_EQ(RedactTexts(measure, "redacted"), 1);
  EXPECT_EQ(measure.unit_label(), kTombstone);
}

}  // namespace
}  // namespace concordat::domain
