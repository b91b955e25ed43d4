#include "server/domain/returns.h"

#include <string>
#include <vector>

#include "base/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/domain/periods.h"

namespace concordat::domain {
namespace {

using Day = absl::CivilDay;
using Return = v1::Return;
using testing::ElementsAre;

constexpr char kPolice[] = "agencies/lancashire-constabulary";
constexpr char kBurnley[] = "areas/burnley";
constexpr char kWyre[] = "areas/wyre";

// The first quarter of 2018-19 is due on 30 July 2018.
const Day kDue(2018, 7, 30);

v1::Measure Quarterly() {
  v1::Measure measure;
  measure.set_name("measures/notifications");
  measure.set_display_name("Notifications");
  measure.set_frequency(v1::Measure::EACH_QUARTER);
  measure.set_lag_days(30);
  *measure.mutable_collected_from() = ToDate(Day(2018, 4, 1));
  v1::Measure::Duty& duty = *measure.add_duties();
  duty.set_agency(kPolice);
  duty.add_areas(kBurnley);
  duty.add_areas(kWyre);
  duty.set_contact("figures@lancashire-constabulary.example");
  return measure;
}

Arrival From(const char* area, Day day, const char* submission = "submissions/1") {
  return {area, StartOf(day) + absl::Hours(12), submission};
}

class ReturnTest : public testing::Test {
 protected:
  Return Judge(const std::vector<Arrival>& arrivals, Day on) {
    return JudgeReturn(measure_,
                       {&measure_.duties(0), *PeriodFromIdentifier(measure_, "2018-19-q1")},
                       arrivals, said_, on);
  }
  Return::State StateOf(const std::vector<Arrival>& arrivals, Day on) {
    return Judge(arrivals, on).state();
  }
  const std::vector<Arrival> both_ = {From(kBurnley, kDue - 5), From(kWyre, kDue)};
  const std::vector<Arrival> one_late_ = {From(kBurnley, kDue - 5), From(kWyre, kDue + 1)};
  const std::vector<Arrival> one_ = {From(kBurnley, kDue - 5)};

  v1::Measure measure_ = Quarterly();
  Return said_;
};

TEST_F(ReturnTest, IsDueUntilTheEndOfItsDueDayAndThenOverdue) {
  EXPECT_EQ(StateOf({}, kDue), Return::DUE);
  EXPECT_EQ(StateOf({}, kDue + 1), Return::OVERDUE);
  EXPECT_EQ(StateOf(one_, kDue), Return::DUE);
  EXPECT_EQ(StateOf(one_, kDue + 1), Return::OVERDUE);
}

TEST_F(ReturnTest, IsReceivedWhenTheLastAreaCame) {
  EXPECT_EQ(StateOf(both_, kDue), Return::RECEIVED);
  EXPECT_EQ(StateOf(both_, kDue + 100), Return::RECEIVED);
  EXPECT_EQ(StateOf(one_late_, kDue + 1), Return::RECEIVED_LATE);
  const Return judged = Judge(one_late_, kDue + 1);
  EXPECT_EQ(judged.areas_received(), 2);
  EXPECT_EQ(ToTime(judged.received_time()), one_late_[1].time);
}

TEST_F(ReturnTest, ComesInTimeOnTheLondonDayThatItIsDue) {
  // In July, midnight in London is 23:00 UTC of the day before.
  const absl::Time midnight = StartOf(kDue + 1);
  const Arrival burnley = From(kBurnley, kDue);
  EXPECT_EQ(StateOf({burnley, {kWyre, midnight - absl::Seconds(1), "submissions/1"}}, kDue + 1),
            Return::RECEIVED);
  EXPECT_EQ(StateOf({burnley, {kWyre, midnight, "submissions/1"}}, kDue + 1),
            Return::RECEIVED_LATE);
}

TEST_F(ReturnTest, IsNotMadeLateByARevision) {
  std::vector<Arrival> arrivals = both_;
  arrivals.push_back(From(kWyre, kDue + 40, "submissions/2"));
  const Return judged = Judge(arrivals, kDue + 50);
  EXPECT_EQ(judged.state(), Return::RECEIVED);
  EXPECT_EQ(judged.areas_received(), 2);
  EXPECT_EQ(judged.submission(), "submissions/2");
  EXPECT_EQ(ToTime(judged.received_time()), both_[1].time);
}

TEST_F(ReturnTest, CountsOnlyTheAreasOfItsDuty) {
  const Return judged =
      Judge({From(kBurnley, kDue), From("areas/blackpool", kDue, "submissions/2")}, kDue);
  EXPECT_EQ(judged.state(), Return::DUE);
  EXPECT_EQ(judged.areas_received(), 1);
  EXPECT_FALSE(judged.has_received_time());
  EXPECT_EQ(judged.submission(), "submissions/1");
}

TEST_F(ReturnTest, IsAsSaidWhenNoFiguresAreToCome) {
  for (const Return::State state : {Return::NIL, Return::NOT_AVAILABLE}) {
    said_.set_state(state);
    EXPECT_EQ(StateOf({}, kDue), state);
    EXPECT_EQ(StateOf({}, kDue + 1), state);
    EXPECT_EQ(StateOf(one_, kDue + 1), state);
    EXPECT_EQ(StateOf(both_, kDue + 1), Return::RECEIVED);
    EXPECT_EQ(StateOf(one_late_, kDue + 1), Return::RECEIVED_LATE);
  }
}

TEST_F(ReturnTest, IsQueriedUntilTheBoardSaysOtherwise) {
  said_.set_state(Return::QUERIED);
  EXPECT_EQ(StateOf({}, kDue + 1), Return::QUERIED);
  EXPECT_EQ(StateOf(both_, kDue), Return::QUERIED);
  EXPECT_EQ(StateOf(one_late_, kDue + 1), Return::QUERIED);
  said_.clear_state();
  EXPECT_EQ(StateOf(both_, kDue), Return::RECEIVED);
}

TEST_F(ReturnTest, IsJudgedByTheDayItWasExtendedTo) {
  said_.set_state(Return::EXTENDED);
  *said_.mutable_due() = ToDate(kDue + 14);
  EXPECT_EQ(StateOf({}, kDue), Return::EXTENDED);
  EXPECT_EQ(StateOf({}, kDue + 14), Return::EXTENDED);
  EXPECT_EQ(StateOf({}, kDue + 15), Return::OVERDUE);
  EXPECT_EQ(StateOf(one_late_, kDue + 1), Return::RECEIVED);
  EXPECT_EQ(ToCivilDay(Judge({}, kDue).due()), kDue + 14);
}

TEST_F(ReturnTest, SaysWhatItIsAboutAndWhatWasSaid) {
  said_.set_state(Return::NOT_AVAILABLE);
  said_.set_reason("The system was replaced");
  said_.set_set_by("agencies/lancashire-constabulary/clients/performance-hub");
  said_.add_chases()->add_contacts("figures@lancashire-constabulary.example");
  const Return judged = Judge({}, kDue);
  EXPECT_EQ(judged.name(), "measures/notifications/returns/2018-19-q1.lancashire-constabulary");
  EXPECT_EQ(judged.measure_display_name(), "Notifications");
  EXPECT_EQ(judged.agency(), kPolice);
  EXPECT_EQ(PeriodIdentifier(judged.period()), "2018-19-q1");
  EXPECT_THAT(judged.areas(), ElementsAre(kBurnley, kWyre));
  EXPECT_EQ(ToCivilDay(judged.due()), kDue);
  EXPECT_EQ(judged.contact(), "figures@lancashire-constabulary.example");
  EXPECT_EQ(judged.reason(), said_.reason());
  EXPECT_EQ(judged.set_by(), said_.set_by());
  EXPECT_EQ(judged.chases_size(), 1);
}

TEST_F(ReturnTest, IsFoundByItsIdentifierOnceItsPeriodHasEnded) {
  const Day after(2018, 7, 1);
  const auto found = FindReturn(measure_, "2018-19-q1.lancashire-constabulary", after);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->duty->agency(), kPolice);
  EXPECT_EQ(ReturnIdentifier(found->period, kPolice), "2018-19-q1.lancashire-constabulary");
  EXPECT_FALSE(FindReturn(measure_, "2018-19-q1.lancashire-constabulary", after - 1).has_value());
  for (const char* identifier :
       {"2018-19-q1", "2018-19-q1.", "2018-19-q1.blackpool-council", ".lancashire-constabulary",
        "2018-19-q2.lancashire-constabulary"}) {
    EXPECT_FALSE(FindReturn(measure_, identifier, after).has_value()) << identifier;
  }
}

TEST_F(ReturnTest, IsFoundThoughTheAgencysIdentifierHasADot) {
  measure_.mutable_duties(0)->set_agency("agencies/st.annes");
  EXPECT_TRUE(FindReturn(measure_, "2018-19-q1.st.annes", Day(2018, 7, 1)).has_value());
}

}  // namespace
}  // namespace concordat::domain
