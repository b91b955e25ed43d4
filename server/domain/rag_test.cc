#include "server/domain/rag.h"

#include "base/civil_time.h"
#include "gtest/gtest.h"
#include "server/domain/due.h"

namespace concordat::domain {
namespace {

using Action = v1::Action;
using Rag = v1::Rag;

const absl::CivilDay kBefore(2019, 1, 31);
const absl::CivilDay kAfter(2019, 2, 1);

v1::Rag RagOf(Action::Status status, std::optional<Rag::Color> reported, absl::CivilDay on) {
  return EffectiveRag(status, ParseDue("January 2019"), reported, on);
}

TEST(RagTest, EveryCombinationFollowsTheFirstRuleThatApplies) {
  for (const Action::Status status : {Action::STATUS_UNSPECIFIED, Action::PLANNED, Action::UNDERWAY,
                                      Action::COMPLETE, Action::WITHDRAWN}) {
    for (const Rag::Color color :
         {Rag::NOT_REPORTED, Rag::RED, Rag::AMBER, Rag::GREEN, Rag::BLUE}) {
      for (const absl::CivilDay on : {kBefore, kAfter}) {
        SCOPED_TRACE(testing::Message() << status << " " << color << " " << FormatDay(on));
        const v1::Rag rag = RagOf(status, color, on);
        Rag::Color effective = Rag::NOT_REPORTED;
        Rag::Reason reason = Rag::NO_REPORT;
        if (status == Action::WITHDRAWN) {
          reason = Rag::STATUS_WITHDRAWN;
        } else if (status == Action::COMPLETE) {
          effective = Rag::BLUE;
          reason = Rag::STATUS_COMPLETE;
        } else if (on == kAfter) {
          effective = Rag::RED;
          reason = Rag::PAST_DUE;
        } else if (color != Rag::NOT_REPORTED && color != Rag::BLUE) {
          effective = color;
          reason = Rag::REPORTED;
        }
        EXPECT_EQ(rag.effective(), effective);
        EXPECT_EQ(rag.reason(), reason);
        EXPECT_EQ(rag.reported(), color);
        EXPECT_EQ(rag.on().day(), on.day());
      }
    }
  }
}

TEST(RagTest, PastDueIsRedWhateverWasReported) {
  const v1::Rag rag = RagOf(Action::UNDERWAY, Rag::GREEN, kAfter);
  EXPECT_EQ(rag.effective(), Rag::RED);
  EXPECT_EQ(rag.reason(), Rag::PAST_DUE);
  EXPECT_EQ(rag.reported(), Rag::GREEN);
}

TEST(RagTest, NobodyHasReported) {
  const v1::Rag rag = RagOf(Action::PLANNED, std::nullopt, kBefore);
  EXPECT_EQ(rag.effective(), Rag::NOT_REPORTED);
  EXPECT_EQ(rag.reason(), Rag::NO_REPORT);
  EXPECT_EQ(rag.reported(), Rag::NOT_REPORTED);
}

TEST(RagTest, ReportedBlueWithoutCompleteIsShownAndDecidesNothing) {
  const v1::Rag rag = RagOf(Action::UNDERWAY, Rag::BLUE, kBefore);
  EXPECT_EQ(rag.reported(), Rag::BLUE);
  EXPECT_EQ(rag.effective(), Rag::NOT_REPORTED);
  EXPECT_EQ(rag.reason(), Rag::NO_REPORT);
}

TEST(RagTest, CompleteLateIsStillBlue) {
  EXPECT_EQ(RagOf(Action::COMPLETE, Rag::RED, kAfter).effective(), Rag::BLUE);
}

TEST(RagTest, MonitoredWorkIsNeverRedByItself) {
  const v1::Rag rag = EffectiveRag(Action::UNDERWAY, ParseDue("Quarterly Monitoring"), Rag::AMBER,
                                   absl::CivilDay(2030, 1, 1));
  EXPECT_EQ(rag.effective(), Rag::AMBER);
  EXPECT_EQ(rag.reason(), Rag::REPORTED);
}

TEST(RagTest, StartingTurnsRedOnlyWhileNothingHasBegun) {
  const v1::Due due = ParseDue("From January 2019");
  EXPECT_EQ(EffectiveRag(Action::PLANNED, due, Rag::GREEN, kAfter).effective(), Rag::RED);
  EXPECT_EQ(EffectiveRag(Action::UNDERWAY, due, Rag::GREEN, kAfter).effective(), Rag::GREEN);
}

}  // namespace
}  // namespace concordat::domain
