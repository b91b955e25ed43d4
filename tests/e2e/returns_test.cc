// What agencies owe, as they and the board's office see it over the wire: listed, said
// and chased, while the days go by.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "concordat/v1/measure_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/measures.h"
#include "tests/support/moments.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::Return;

constexpr char kPoliceReturn[] = "measures/calls/returns/2018-19-q3.lancashire-constabulary";
constexpr char kCouncilReturn[] = "measures/calls/returns/2018-19-q3.lancashire-county-council";
// Contributes for the county council, and may do no more.
const Partner kCouncilFeed{"lancashire-county-council:business-intelligence", ""};

class ReturnsTest : public testing::Test {
 protected:
  // The quarter to December 2018 is owed by the police and the council, and due on
  // 30 January 2019.
  ReturnsTest() : clock_(At("2018-12-31T12:00:00Z")) {
    TestPartnership::Options options;
    options.clock = &clock_;
    partnership_.emplace(options);
    v1::ApplyMeasuresRequest request;
    v1::Measure& measure = *request.add_measures();
    measure = QuarterlyCount("measures/calls", kPolice);
    measure.set_lag_days(30);
    *measure.mutable_collected_from() = Day("2018-10-01");
    AddDuty(measure, kPolice, "areas/e07000117");
    AddDuty(measure, kCouncilFeed, "areas/e07000118");
    partnership_->Get<v1::ApplyMeasuresResponse>(kBoard, request);
  }

  static void AddDuty(v1::Measure& measure, const Partner& partner, const std::string& area) {
    v1::Measure::Duty& duty = *measure.add_duties();
    duty.set_agency(partner.agency_name());
    duty.add_areas(area);
    duty.set_contact(absl::StrCat("figures@", partner.agency_name().substr(9), ".example"));
  }
  Answer<v1::ListReturnsResponse> List(const Partner& partner,
                                       const v1::ListReturnsRequest& request = {}) {
    return partnership_->Ask<v1::ListReturnsResponse>(partner, request);
  }
  // `name STATE` of each that the partner sees.
  std::vector<std::string> Seen(const Partner& partner) {
    std::vector<std::string> seen;
    const auto answer = List(partner);
    EXPECT_TRUE(answer.ok()) << answer.outcome.Text();
    for (const Return& one : answer.message.returns()) {
      seen.push_back(absl::StrCat(one.name(), " ", Return::State_Name(one.state())));
    }
    return seen;
  }
  Answer<Return> Say(const Partner& partner, const std::string& name, Return::State state) {
    v1::SetReturnStateRequest request;
    request.set_name(name);
    request.set_state(state);
    request.set_reason("The system was replaced");
    return partnership_->Ask<Return>(partner, request);
  }

  FakeClock clock_;
  std::optional<TestPartnership> partnership_;
};

TEST_F(ReturnsTest, TheBoardAndTheAuditorSeeAllAndAnAgencyItsOwn) {
  EXPECT_THAT(Seen(kBoard), IsEmpty());
  clock_.Set(At("2019-01-01T09:00:00Z"));
  const std::vector<std::string> all = {absl::StrCat(kPoliceReturn, " DUE"),
                                        absl::StrCat(kCouncilReturn, " DUE")};
  EXPECT_EQ(Seen(kBoard), all);
  EXPECT_EQ(Seen(kAuditor), all);
  EXPECT_THAT(Seen(kPolice), ElementsAre(all[0]));
  EXPECT_THAT(Seen(kCouncilFeed), ElementsAre(all[1]));
  EXPECT_THAT(Seen(kStranger), IsEmpty());
  v1::ListReturnsRequest request;
  request.set_agency(kCouncilFeed.agency_name());
  EXPECT_TRUE(RefusedWith(List(kPolice, request).outcome, v1::OUT_OF_SCOPE));
  EXPECT_THAT(List(kBoard, request).message.returns(), SizeIs(1));
}

TEST_F(ReturnsTest, ADueDayIsOverWhenItIsOverInLondon) {
  clock_.Set(At("2019-01-30T23:59:59Z"));
  EXPECT_THAT(Seen(kPolice), ElementsAre(absl::StrCat(kPoliceReturn, " DUE")));
  clock_.Set(At("2019-01-31T00:00:00Z"));
  EXPECT_THAT(Seen(kPolice), ElementsAre(absl::StrCat(kPoliceReturn, " OVERDUE")));
}

TEST_F(ReturnsTest, AnAgencySaysOfItsOwnThatThereIsNothingAndOfNoOther) {
  clock_.Set(At("2019-02-01T09:00:00Z"));
  const Answer<Return> said = Say(kPolice, kPoliceReturn, Return::NOT_AVAILABLE);
  ASSERT_TRUE(said.ok()) << said.outcome.Text();
  EXPECT_EQ(said.message.state(), Return::NOT_AVAILABLE);
  EXPECT_EQ(said.message.set_by(), kPolice.client_name());
  EXPECT_TRUE(RefusedWith(Say(kPolice, kCouncilReturn, Return::NIL).outcome, v1::OUT_OF_SCOPE));
  EXPECT_TRUE(RefusedWith(Say(kPolice, kPoliceReturn, Return::QUERIED).outcome, v1::ROLE_MISSING));
  EXPECT_TRUE(RefusedWith(Say(kPolice, kPoliceReturn, Return::STATE_UNSPECIFIED).outcome,
                          v1::ROLE_MISSING));
  ASSERT_TRUE(Say(kBoard, kPoliceReturn, Return::STATE_UNSPECIFIED).ok());
  EXPECT_THAT(Seen(kPolice), ElementsAre(absl::StrCat(kPoliceReturn, " OVERDUE")));
}

TEST_F(ReturnsTest, AReasonThatLooksLikeARecordOfAPersonIsRefused) {
  clock_.Set(At("2019-02-01T09:00:00Z"));
  v1::SetReturnStateRequest request;
  request.set_name(kPoliceReturn);
  request.set_state(Return::NIL);
  request.set_reason("Ask for NHS number 943 476 5919");
  const Outcome outcome = partnership_->Ask<Return>(kPolice, request).outcome;
  EXPECT_TRUE(RefusedWith(outcome, v1::FIELDS_INVALID));
  EXPECT_EQ(outcome.Text().find("943"), std::string::npos);
}

TEST_F(ReturnsTest, AChaseIsRememberedOnceHoweverOftenItIsSent) {
  clock_.Set(At("2019-02-01T09:00:00Z"));
  v1::ChaseReturnsRequest request;
  request.set_dry_run(true);
  EXPECT_THAT(partnership_->Get<v1::ChaseReturnsResponse>(kBoard, request).reminders(), SizeIs(2));
  EXPECT_THAT(List(kPolice).message.returns(0).chases(), IsEmpty());

  request.set_dry_run(false);
  const Metadata metadata = {{"concordat-request-id", "chase-1"}};
  const auto first = partnership_->Get<v1::ChaseReturnsResponse>(kBoard, request, metadata);
  const auto again = partnership_->Get<v1::ChaseReturnsResponse>(kBoard, request, metadata);
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  ASSERT_THAT(first.reminders(), SizeIs(2));
  EXPECT_EQ(first.reminders(0).agency_display_name(), "Lancashire Constabulary");
  EXPECT_THAT(first.reminders(0).contacts(),
              ElementsAre("figures@lancashire-constabulary.example"));
  const Return chased = List(kPolice).message.returns(0);
  ASSERT_THAT(chased.chases(), SizeIs(1));
  EXPECT_EQ(chased.chases(0).client(), kBoard.client_name());
  EXPECT_TRUE(RefusedWith(
      partnership_->Ask<v1::ChaseReturnsResponse>(kPolice, v1::ChaseReturnsRequest()).outcome,
      v1::ROLE_MISSING));
}

TEST_F(ReturnsTest, WhatWasSaidOutlivesTheServer) {
  clock_.Set(At("2019-02-01T09:00:00Z"));
  ASSERT_TRUE(Say(kPolice, kPoliceReturn, Return::NIL).ok());
  partnership_->Get<v1::ChaseReturnsResponse>(kBoard, v1::ChaseReturnsRequest());
  const std::string before = List(kBoard).message.SerializeAsString();
  partnership_->Stop();
  partnership_->Start();
  EXPECT_EQ(List(kBoard).message.SerializeAsString(), before);
}

TEST_F(ReturnsTest, TheRecordOfAListNamesWhoseReturnsWereSeen) {
  clock_.Set(At("2019-02-01T09:00:00Z"));
  const v1::AuditRecord record = partnership_->RecordFor(List(kBoard).outcome);
  EXPECT_THAT(record.contributors(),
              ElementsAre(kPolice.agency_name(), kCouncilFeed.agency_name()));
}

}  // namespace
}  // namespace concordat::e2e
