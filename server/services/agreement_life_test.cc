#include "server/services/agreement_life.h"

#include <string>

#include "absl/strings/escaping.h"
#include "auth/grant.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace concordat::services {
namespace {

using v1::Agreement;

const absl::Time kNow = *ParseInstant("2018-11-30T09:00:00Z");

auth::Principal Approver(const std::string& agency, v1::Role role = v1::APPROVER) {
  auth::Principal principal;
  principal.agency = "agencies/" + agency;
  principal.client = principal.agency + "/clients/signatory";
  principal.roles = {role};
  return principal;
}

const auth::Principal kPolice = Approver("police");
const auth::Principal kTrust = Approver("trust");
const auth::Principal kAdministrator = Approver("board", v1::ADMINISTRATOR);

Actor As(const auth::Principal& principal) { return {principal, kNow, "as agreed"}; }

// A draft between the police, the trust, and a board that only looks on.
Agreement Draft() {
  Agreement agreement;
  agreement.set_name("agreements/a");
  agreement.set_state(Agreement::DRAFT);
  agreement.set_retention("one year");
  for (const char* agency : {"agencies/police", "agencies/trust", "agencies/board"}) {
    agreement.add_parties()->set_agency(agency);
  }
  agreement.mutable_parties(0)->set_provides(true);
  agreement.mutable_parties(1)->set_receives(true);
  *agreement.mutable_effective_from() = ToDate(absl::CivilDay(2018, 1, 1));
  *agreement.mutable_review_date() = ToDate(absl::CivilDay(2019, 1, 1));
  return agreement;
}

Agreement OnPaper(Agreement::State state) {
  Agreement agreement = Draft();
  agreement.set_state(state);
  agreement.add_approvals()->set_body("Cabinet");
  return agreement;
}

std::string DigestOf(const Agreement& agreement) {
  return absl::BytesToHexString(auth::TermsDigest(agreement));
}

Agreement Approved() {
  Agreement agreement = Draft();
  EXPECT_TRUE(Approve(agreement, As(kPolice), DigestOf(agreement)).ok());
  EXPECT_TRUE(Approve(agreement, As(kTrust), DigestOf(agreement)).ok());
  return agreement;
}

Agreement Suspended(Agreement agreement) {
  EXPECT_TRUE(Suspend(agreement, As(kTrust)).ok());
  return agreement;
}

TEST(ApproveTest, TheLastPartyThatGivesOrGetsMakesItApproved) {
  Agreement agreement = Draft();
  const std::string digest = DigestOf(agreement);
  ASSERT_TRUE(Approve(agreement, As(kPolice), digest).ok());
  EXPECT_EQ(agreement.state(), Agreement::DRAFT);
  ASSERT_TRUE(Approve(agreement, As(kTrust), digest).ok());
  EXPECT_EQ(agreement.state(), Agreement::APPROVED);
  ASSERT_EQ(agreement.recorded_approvals_size(), 2);
  const Agreement::RecordedApproval& approval = agreement.recorded_approvals(1);
  EXPECT_EQ(approval.agency(), "agencies/trust");
  EXPECT_EQ(approval.client(), "agencies/trust/clients/signatory");
  EXPECT_EQ(approval.terms_digest(), digest);
  EXPECT_EQ(approval.reason(), "as agreed");
  EXPECT_EQ(ToTime(approval.time()), kNow);
}

TEST(ApproveTest, APartyThatOnlyLooksOnMayApproveAndIsNotWaitedFor) {
  Agreement agreement = Draft();
  EXPECT_TRUE(Approve(agreement, As(kAdministrator), DigestOf(agreement)).ok());
  EXPECT_EQ(agreement.state(), Agreement::DRAFT);
}

TEST(ApproveTest, OtherTermsOrASecondTimeOrNoDraftIsRefused) {
  Agreement agreement = Draft();
  const std::string digest = DigestOf(agreement);
  agreement.set_retention("two years");
  EXPECT_EQ(ReasonOf(Approve(agreement, As(kPolice), digest)), v1::ETAG_MISMATCH);
  EXPECT_TRUE(Approve(agreement, As(kPolice), DigestOf(agreement)).ok());
  EXPECT_EQ(ReasonOf(Approve(agreement, As(kPolice), DigestOf(agreement))), v1::AGREEMENT_STATE);
  EXPECT_EQ(agreement.recorded_approvals_size(), 1);
  for (const auto state :
       {Agreement::APPROVED, Agreement::ACTIVE, Agreement::SUSPENDED, Agreement::ENDED}) {
    agreement.set_state(state);
    EXPECT_EQ(ReasonOf(Approve(agreement, As(kTrust), DigestOf(agreement))), v1::AGREEMENT_STATE);
  }
}

TEST(SuspendTest, OnlyWhatIsApprovedOrActive) {
  for (int number = Agreement::DRAFT; number <= Agreement::ENDED; ++number) {
    Agreement agreement = Draft();
    const auto state = static_cast<Agreement::State>(number);
    agreement.set_state(state);
    const bool may = state == Agreement::APPROVED || state == Agreement::ACTIVE;
    const absl::Status suspended = Suspend(agreement, As(kTrust));
    EXPECT_EQ(suspended.ok(), may) << Agreement::State_Name(state);
    if (may) {
      EXPECT_EQ(agreement.state(), Agreement::SUSPENDED);
      EXPECT_EQ(agreement.last_act().kind(), Agreement::Act::SUSPEND);
      EXPECT_EQ(agreement.last_act().client(), kTrust.client);
      EXPECT_EQ(agreement.last_act().reason(), "as agreed");
    } else {
      EXPECT_EQ(ReasonOf(suspended), v1::AGREEMENT_STATE);
      EXPECT_FALSE(agreement.has_last_act());
    }
  }
}

TEST(ResumeTest, TheAgencyThatSuspendedOrAnAdministratorMay) {
  Agreement agreement = Suspended(Approved());
  EXPECT_EQ(ReasonOf(Resume(agreement, As(kPolice))), v1::OUT_OF_SCOPE);
  EXPECT_EQ(agreement.state(), Agreement::SUSPENDED);
  EXPECT_TRUE(Resume(agreement, As(kTrust)).ok());
  EXPECT_EQ(agreement.state(), Agreement::APPROVED);
  EXPECT_EQ(ReasonOf(Resume(agreement, As(kTrust))), v1::AGREEMENT_STATE);

  agreement = Suspended(OnPaper(Agreement::ACTIVE));
  EXPECT_TRUE(Resume(agreement, As(kAdministrator)).ok());
  EXPECT_EQ(agreement.state(), Agreement::ACTIVE);
  EXPECT_EQ(agreement.last_act().kind(), Agreement::Act::RESUME);
}

TEST(ResumeTest, NothingIsInForceThatNobodyApproved) {
  Agreement agreement = Draft();
  agreement.set_state(Agreement::SUSPENDED);
  EXPECT_EQ(ReasonOf(Resume(agreement, As(kTrust))), v1::OUT_OF_SCOPE);
  EXPECT_TRUE(Resume(agreement, As(kAdministrator)).ok());
  EXPECT_EQ(agreement.state(), Agreement::DRAFT);
}

TEST(EndTest, EndsWhatHasNotEnded) {
  Agreement agreement = Draft();
  EXPECT_TRUE(End(agreement, As(kTrust)).ok());
  EXPECT_EQ(agreement.state(), Agreement::ENDED);
  EXPECT_EQ(ReasonOf(End(agreement, As(kTrust))), v1::AGREEMENT_STATE);
}

TEST(CarryLifeTest, ANewOneIsADraftUnlessItWasSignedOnPaper) {
  Agreement sent = Draft();
  sent.set_state(Agreement::ACTIVE);
  ASSERT_TRUE(CarryLife(nullptr, sent).ok());
  EXPECT_EQ(sent.state(), Agreement::DRAFT);
  sent = OnPaper(Agreement::ACTIVE);
  ASSERT_TRUE(CarryLife(nullptr, sent).ok());
  EXPECT_EQ(sent.state(), Agreement::ACTIVE);
}

TEST(CarryLifeTest, TheSameTermsKeepStateAndApprovals) {
  const Agreement stored = Approved();
  Agreement sent = Draft();
  ASSERT_TRUE(CarryLife(&stored, sent).ok());
  EXPECT_EQ(sent.SerializeAsString(), stored.SerializeAsString());
}

TEST(CarryLifeTest, OtherTermsVoidTheApprovals) {
  const Agreement stored = Approved();
  Agreement sent = Draft();
  sent.set_state(Agreement::ACTIVE);
  sent.set_retention("two years");
  ASSERT_TRUE(CarryLife(&stored, sent).ok());
  EXPECT_EQ(sent.state(), Agreement::DRAFT);
  EXPECT_EQ(sent.recorded_approvals_size(), 0);

  sent = OnPaper(Agreement::ACTIVE);
  sent.set_retention("two years");
  ASSERT_TRUE(CarryLife(&stored, sent).ok());
  EXPECT_EQ(sent.state(), Agreement::ACTIVE);
  EXPECT_EQ(sent.recorded_approvals_size(), 0);
}

TEST(CarryLifeTest, ASuspensionByActIsNotLiftedByAFile) {
  const Agreement stored = Suspended(OnPaper(Agreement::ACTIVE));
  Agreement sent = OnPaper(Agreement::ACTIVE);
  ASSERT_TRUE(CarryLife(&stored, sent).ok());
  EXPECT_EQ(sent.SerializeAsString(), stored.SerializeAsString());

  sent = OnPaper(Agreement::ACTIVE);
  sent.set_retention("two years");
  ASSERT_TRUE(CarryLife(&stored, sent).ok());
  EXPECT_EQ(sent.state(), Agreement::SUSPENDED);
  EXPECT_EQ(sent.last_act().client(), kTrust.client);

  sent = OnPaper(Agreement::ENDED);
  ASSERT_TRUE(CarryLife(&stored, sent).ok());
  EXPECT_EQ(sent.state(), Agreement::ENDED);
}

TEST(CarryLifeTest, AFileMaySuspendEndAndOnPaperReturnToDraft) {
  const Agreement stored = Approved();
  for (const auto state : {Agreement::SUSPENDED, Agreement::ENDED}) {
    Agreement sent = Draft();
    sent.set_state(state);
    ASSERT_TRUE(CarryLife(&stored, sent).ok());
    EXPECT_EQ(sent.state(), state);
  }
  Agreement again = OnPaper(Agreement::DRAFT);
  ASSERT_TRUE(CarryLife(&stored, again).ok());
  EXPECT_EQ(again.state(), Agreement::DRAFT);
  EXPECT_EQ(again.recorded_approvals_size(), 0);
}

TEST(CarryLifeTest, WhatHasEndedTakesOnlyItself) {
  Agreement stored = OnPaper(Agreement::ACTIVE);
  ASSERT_TRUE(End(stored, As(kTrust)).ok());
  Agreement same = OnPaper(Agreement::ENDED);
  ASSERT_TRUE(CarryLife(&stored, same).ok());
  EXPECT_EQ(same.SerializeAsString(), stored.SerializeAsString());
  Agreement revived = OnPaper(Agreement::ACTIVE);
  EXPECT_EQ(ReasonOf(CarryLife(&stored, revived)), v1::AGREEMENT_STATE);
}

TEST(WithholdTest, OnlyAPartyAndOnlyItsOwnAndOnce) {
  Agreement agreement = Approved();
  const std::string digest = DigestOf(agreement);
  ASSERT_TRUE(Withhold(agreement, As(kPolice)).ok());
  EXPECT_EQ(agreement.state(), Agreement::APPROVED);
  ASSERT_EQ(agreement.withholdings_size(), 1);
  EXPECT_EQ(agreement.withholdings(0).agency(), "agencies/police");
  EXPECT_EQ(agreement.withholdings(0).client(), kPolice.client);
  EXPECT_EQ(agreement.withholdings(0).reason(), "as agreed");
  EXPECT_EQ(DigestOf(agreement), digest) << "the terms are the same";
  EXPECT_EQ(ReasonOf(Withhold(agreement, As(kPolice))), v1::AGREEMENT_STATE);
  EXPECT_EQ(ReasonOf(Withhold(agreement, As(kTrust))), v1::OUT_OF_SCOPE) << "it only receives";
  auth::Principal outsider = kPolice;
  outsider.agency = "agencies/council";
  EXPECT_EQ(ReasonOf(Withhold(agreement, As(outsider))), v1::OUT_OF_SCOPE);
  Agreement draft = Draft();
  EXPECT_EQ(ReasonOf(Withhold(draft, As(kPolice))), v1::AGREEMENT_STATE);
}

TEST(RestoreTest, OnlyTheAgencyItselfOrAnAdministrator) {
  Agreement agreement = Approved();
  agreement.mutable_parties(1)->set_provides(true);
  ASSERT_TRUE(Withhold(agreement, As(kPolice)).ok());
  ASSERT_TRUE(Withhold(agreement, As(kTrust)).ok());
  EXPECT_EQ(ReasonOf(Restore(agreement, As(kTrust), "agencies/police")), v1::OUT_OF_SCOPE);
  ASSERT_TRUE(Restore(agreement, As(kTrust), "").ok());
  ASSERT_EQ(agreement.withholdings_size(), 1);
  EXPECT_EQ(agreement.withholdings(0).agency(), "agencies/police");
  EXPECT_EQ(ReasonOf(Restore(agreement, As(kTrust), "")), v1::AGREEMENT_STATE);
  EXPECT_TRUE(Restore(agreement, As(kAdministrator), "agencies/police").ok());
  EXPECT_EQ(agreement.withholdings_size(), 0);
}

// The version that the server stores of `sent`.
Agreement Carried(const Agreement& stored, Agreement sent) {
  EXPECT_TRUE(CarryLife(&stored, sent).ok());
  return sent;
}

TEST(CarryLifeTest, NoRowOfFilesLiftsASuspension) {
  const Agreement suspended = Suspended(OnPaper(Agreement::ACTIVE));
  Agreement other_terms = Draft();
  other_terms.set_retention("two years");
  const Agreement draft = Carried(suspended, other_terms);
  EXPECT_EQ(draft.state(), Agreement::DRAFT);
  EXPECT_EQ(Carried(draft, OnPaper(Agreement::ACTIVE)).state(), Agreement::SUSPENDED);
  EXPECT_EQ(Carried(Carried(draft, other_terms), OnPaper(Agreement::ACTIVE)).state(),
            Agreement::SUSPENDED);
  const Agreement without_paper = Carried(suspended, Draft());
  EXPECT_EQ(Carried(without_paper, OnPaper(Agreement::ACTIVE)).state(), Agreement::SUSPENDED);
  EXPECT_EQ(Carried(draft, OnPaper(Agreement::ENDED)).state(), Agreement::ENDED);
}

TEST(CarryLifeTest, PartiesThatApproveOtherTermsBeginAnewAfterASuspension) {
  Agreement other_terms = Draft();
  other_terms.set_retention("two years");
  Agreement draft = Carried(Suspended(Approved()), other_terms);
  ASSERT_TRUE(Approve(draft, As(kPolice), DigestOf(draft)).ok());
  ASSERT_TRUE(Approve(draft, As(kTrust), DigestOf(draft)).ok());
  EXPECT_EQ(draft.state(), Agreement::APPROVED);
  EXPECT_EQ(Carried(draft, other_terms).state(), Agreement::APPROVED);
}

TEST(CarryLifeTest, NoFileResumesWhatAnAgencySuspendedOfItsOwn) {
  Agreement stored = OnPaper(Agreement::ACTIVE);
  ASSERT_TRUE(Withhold(stored, As(kPolice)).ok());
  Agreement sent = OnPaper(Agreement::ACTIVE);
  sent.set_retention("two years");
  ASSERT_TRUE(CarryLife(&stored, sent).ok());
  ASSERT_EQ(sent.withholdings_size(), 1);
  EXPECT_EQ(sent.withholdings(0).agency(), "agencies/police");
}

struct ReviewCase {
  absl::CivilDay today;
  int days;
  Agreement::ReviewWarning warning;
};

TEST(SetReviewTest, WarnsFromNinetyAndThirtyDaysBeforeAndAfter) {
  const ReviewCase cases[] = {
      {absl::CivilDay(2018, 10, 2), 91, Agreement::REVIEW_WARNING_UNSPECIFIED},
      {absl::CivilDay(2018, 10, 3), 90, Agreement::WITHIN_90_DAYS},
      {absl::CivilDay(2018, 12, 1), 31, Agreement::WITHIN_90_DAYS},
      {absl::CivilDay(2018, 12, 2), 30, Agreement::WITHIN_30_DAYS},
      {absl::CivilDay(2019, 1, 1), 0, Agreement::WITHIN_30_DAYS},
      {absl::CivilDay(2019, 1, 2), -1, Agreement::OVERDUE},
  };
  for (const ReviewCase& expected : cases) {
    Agreement agreement = Draft();
    SetReview(agreement, expected.today);
    EXPECT_EQ(agreement.days_until_review(), expected.days);
    EXPECT_EQ(agreement.review_warning(), expected.warning) << expected.days;
  }
  Agreement ended = Draft();
  ended.set_state(Agreement::ENDED);
  SetReview(ended, absl::CivilDay(2018, 12, 31));
  EXPECT_FALSE(ended.has_days_until_review());
  EXPECT_EQ(ended.review_warning(), Agreement::REVIEW_WARNING_UNSPECIFIED);
}

}  // namespace
}  // namespace concordat::services
