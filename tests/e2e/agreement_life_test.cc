// The life of an agreement, from a draft that its parties approve to its end, and
// the revocation of a client: each act holds from the next call on, and open
// streams are cut within a second, read or not.
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/resource_name.h"
#include "concordat/v1/agreement_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/moments.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

const Partner kPoliceSignatory{"lancashire-constabulary:information-governance", ""};
const Partner kTrustSignatory{"lancashire-care-nhs-trust:information-governance", ""};
constexpr char kNew[] = "agreements/new";
constexpr char kHealth[] = "agreements/health-safeguarding";
constexpr char kReason[] = "A breach is being looked into";

template <typename Request>
Request ActOn(const std::string& agreement) {
  Request request;
  request.set_name(agreement);
  request.set_reason(kReason);
  return request;
}

class AgreementLifeTest : public testing::Test {
 protected:
  AgreementLifeTest() : clock_(At("2018-12-02T09:00:00Z")) {
    TestPartnership::Options options;
    options.clock = &clock_;
    partnership_.emplace(options);
  }

  // The police's agreement under another name and purpose, as a draft between the
  // police and the council that nobody has signed.
  static v1::ApplyAgreementRequest Unsigned() {
    auto request =
        ReadDataFile<v1::ApplyAgreementRequest>("agreements/neglect-and-domestic-abuse.yaml");
    v1::Agreement& agreement = *request.mutable_agreement();
    agreement.set_name(kNew);
    agreement.clear_approvals();
    agreement.mutable_parties()->DeleteSubrange(3, 2);
    agreement.mutable_parties()->DeleteSubrange(1, 1);
    agreement.set_purposes(0, "new-purpose");
    return request;
  }
  v1::Agreement Apply(const v1::ApplyAgreementRequest& request) {
    return partnership_->Get<v1::ApplyAgreementResponse>(kAdmin, request).agreement();
  }
  v1::Agreement Read(const std::string& name, int64_t version = 0) {
    v1::GetAgreementRequest request;
    request.set_name(name);
    request.set_version(version);
    return partnership_->Get<v1::Agreement>(kAdmin, request);
  }
  Outcome Approve(const Partner& partner, const std::string& digest, const Metadata& metadata = {},
                  bool dry_run = false) {
    auto request = ActOn<v1::ApproveAgreementRequest>(kNew);
    request.set_terms_digest(digest);
    request.set_dry_run(dry_run);
    return partnership_->Ask<v1::ApproveAgreementResponse>(partner, request, metadata).outcome;
  }
  template <typename Response, typename Request>
  Outcome Do(const Partner& partner, const Request& request) {
    return partnership_->Ask<Response>(partner, request).outcome;
  }
  Outcome Suspend(const Partner& partner, const std::string& name) {
    return Do<v1::SuspendAgreementResponse>(partner, ActOn<v1::SuspendAgreementRequest>(name));
  }
  Outcome Resume(const Partner& partner, const std::string& name) {
    return Do<v1::ResumeAgreementResponse>(partner, ActOn<v1::ResumeAgreementRequest>(name));
  }
  Outcome End(const Partner& partner, const std::string& name) {
    return Do<v1::EndAgreementResponse>(partner, ActOn<v1::EndAgreementRequest>(name));
  }
  Outcome ReadPlanAs(const std::string& purpose) {
    v1::GetPlanRequest request;
    request.set_name("plans/development-2018");
    return partnership_->Ask<v1::Plan>(kPolice, request, Metadata{{"concordat-purpose", purpose}})
        .outcome;
  }

  FakeClock clock_;
  std::optional<TestPartnership> partnership_;
};

TEST_F(AgreementLifeTest, ADraftIsInForceWhenItsPartiesHaveApprovedTheSameTerms) {
  const v1::Agreement draft = Apply(Unsigned());
  EXPECT_EQ(draft.state(), v1::Agreement::DRAFT);
  const std::string& digest = draft.terms_digest();
  EXPECT_TRUE(RefusedWith(ReadPlanAs("new-purpose"), v1::NO_AGREEMENT));

  const Outcome first = Approve(kPoliceSignatory, digest);
  EXPECT_TRUE(first.ok()) << first.Text();
  EXPECT_EQ(partnership_->RecordFor(first).resource(), kNew);
  EXPECT_EQ(partnership_->RecordFor(first).client(), kPoliceSignatory.client_name());
  EXPECT_TRUE(RefusedWith(Approve(kPoliceSignatory, digest), v1::AGREEMENT_STATE));
  EXPECT_TRUE(RefusedWith(ReadPlanAs("new-purpose"), v1::NO_AGREEMENT));

  EXPECT_TRUE(Approve(kCouncil, digest, {}, true).ok());
  EXPECT_EQ(Read(kNew).recorded_approvals_size(), 1) << "a dry run approves nothing";
  EXPECT_TRUE(Approve(kCouncil, digest).ok());
  const v1::Agreement active = Read(kNew);
  EXPECT_EQ(active.state(), v1::Agreement::ACTIVE);
  EXPECT_TRUE(active.in_force());
  EXPECT_EQ(active.terms_digest(), digest);
  ASSERT_EQ(active.recorded_approvals_size(), 2);
  EXPECT_EQ(active.recorded_approvals(0).client(), kPoliceSignatory.client_name());
  EXPECT_EQ(active.recorded_approvals(1).client(), kCouncil.client_name());
  EXPECT_EQ(active.recorded_approvals(1).reason(), kReason);
  EXPECT_TRUE(ReadPlanAs("new-purpose").ok());
}

TEST_F(AgreementLifeTest, AnAgreementThatBeginsLaterIsApprovedUntilThen) {
  v1::ApplyAgreementRequest request = Unsigned();
  *request.mutable_agreement()->mutable_effective_from() = Day("2018-12-03");
  const std::string digest = Apply(request).terms_digest();
  EXPECT_TRUE(Approve(kPoliceSignatory, digest).ok());
  EXPECT_TRUE(Approve(kCouncil, digest).ok());
  EXPECT_EQ(Read(kNew).state(), v1::Agreement::APPROVED);
  EXPECT_TRUE(RefusedWith(ReadPlanAs("new-purpose"), v1::NO_AGREEMENT));
  clock_.Set(At("2018-12-03T00:00:00Z"));
  EXPECT_EQ(Read(kNew).state(), v1::Agreement::ACTIVE);
  EXPECT_TRUE(ReadPlanAs("new-purpose").ok());
}

TEST_F(AgreementLifeTest, WhoMayNotApproveIsRefusedAndOnRecord) {
  const std::string digest = Apply(Unsigned()).terms_digest();
  EXPECT_TRUE(RefusedWith(Approve(kPolice, digest), v1::ROLE_MISSING));
  EXPECT_TRUE(RefusedWith(Approve(kAdmin, digest), v1::ROLE_MISSING));
  EXPECT_TRUE(RefusedWith(Approve(kTrustSignatory, digest), v1::OUT_OF_SCOPE));
  EXPECT_TRUE(
      RefusedWith(Approve(kPoliceSignatory, digest, {{"concordat-on-behalf-of", "person-7"}}),
                  v1::ON_BEHALF_OF_REFUSED));
  const Outcome other = Approve(kPoliceSignatory, std::string(64, '0'));
  EXPECT_TRUE(RefusedWith(other, v1::ETAG_MISMATCH));
  EXPECT_EQ(partnership_->RecordFor(other).decision(), v1::AuditRecord::REFUSED);
  EXPECT_EQ(Read(kNew).recorded_approvals_size(), 0);
  // To somebody else's approver, what is not there looks the same.
  EXPECT_TRUE(RefusedWith(Suspend(kTrustSignatory, kNew), v1::OUT_OF_SCOPE));
  EXPECT_TRUE(RefusedWith(Suspend(kTrustSignatory, "agreements/none"), v1::OUT_OF_SCOPE));
  EXPECT_TRUE(RefusedWith(Suspend(kAdmin, "agreements/none"), v1::RESOURCE_NOT_FOUND));
}

TEST_F(AgreementLifeTest, OtherTermsVoidTheApprovals) {
  v1::ApplyAgreementRequest request = Unsigned();
  const std::string digest = Apply(request).terms_digest();
  EXPECT_TRUE(Approve(kPoliceSignatory, digest).ok());
  request.mutable_agreement()->set_retention("One year more");
  const v1::Agreement revised = Apply(request);
  EXPECT_EQ(revised.state(), v1::Agreement::DRAFT);
  EXPECT_EQ(revised.recorded_approvals_size(), 0);
  EXPECT_NE(revised.terms_digest(), digest);
  EXPECT_TRUE(RefusedWith(Approve(kPoliceSignatory, digest), v1::ETAG_MISMATCH));
}

TEST_F(AgreementLifeTest, ASuspensionHoldsUntilItsAgencyOrAnAdministratorResumes) {
  ASSERT_TRUE(ReadPlanAs("neglect-and-domestic-abuse").ok());
  const std::string name = "agreements/neglect-and-domestic-abuse";
  EXPECT_TRUE(RefusedWith(Resume(kCouncil, name), v1::AGREEMENT_STATE));
  EXPECT_TRUE(Suspend(kCouncil, name).ok());
  EXPECT_TRUE(RefusedWith(ReadPlanAs("neglect-and-domestic-abuse"), v1::NO_AGREEMENT));
  EXPECT_TRUE(RefusedWith(Suspend(kPoliceSignatory, name), v1::AGREEMENT_STATE));
  EXPECT_EQ(Read(name).last_act().client(), kCouncil.client_name());
  EXPECT_EQ(Read(name).last_act().reason(), kReason);

  // The file of before does not lift it.
  Apply(ReadDataFile<v1::ApplyAgreementRequest>("agreements/neglect-and-domestic-abuse.yaml"));
  EXPECT_TRUE(RefusedWith(ReadPlanAs("neglect-and-domestic-abuse"), v1::NO_AGREEMENT));

  EXPECT_TRUE(RefusedWith(Resume(kPoliceSignatory, name), v1::OUT_OF_SCOPE));
  EXPECT_TRUE(Resume(kCouncil, name).ok());
  EXPECT_TRUE(ReadPlanAs("neglect-and-domestic-abuse").ok());
  EXPECT_TRUE(Suspend(kPoliceSignatory, name).ok());
  EXPECT_TRUE(Resume(kAdmin, name).ok());
  EXPECT_TRUE(ReadPlanAs("neglect-and-domestic-abuse").ok());
}

TEST_F(AgreementLifeTest, APartySuspendsWhatItContributesAndTheRestGoesOn) {
  constexpr char kStrategies[] = "agreements/neglect-and-domestic-abuse";
  const auto plan = [&](const std::string& name) {
    v1::GetPlanRequest request;
    request.set_name(name);
    return partnership_->Ask<v1::Plan>(kPolice, request).outcome;
  };
  v1::ListObservationsRequest figures;
  figures.set_parent("releases/papers-2018");
  const int before =
      partnership_->Get<v1::ListObservationsResponse>(kPolice, figures).observations_size();
  ASSERT_GT(before, 0);

  auto suspend = ActOn<v1::SuspendAgreementRequest>(kStrategies);
  suspend.set_own_contributions(true);
  EXPECT_TRUE(
      RefusedWith(Do<v1::SuspendAgreementResponse>(kTrustSignatory, suspend), v1::OUT_OF_SCOPE));
  const Outcome done = Do<v1::SuspendAgreementResponse>(kCouncil, suspend);
  ASSERT_TRUE(done.ok()) << done.Text();
  EXPECT_TRUE(Read(kStrategies).in_force());
  EXPECT_TRUE(RefusedWith(plan("plans/development-2018"), v1::OUT_OF_SCOPE));
  EXPECT_TRUE(plan("plans/neglect-strategy-2018").ok()) << "the board's plan";
  v1::ListActionsRequest actions;
  actions.set_parent("plans/-");
  const auto left = partnership_->Get<v1::ListActionsResponse>(kPolice, actions);
  EXPECT_GT(left.actions_size(), 0);
  for (const v1::Action& action : left.actions()) {
    EXPECT_NE(IdentifierAt(action.name(), 0), "development-2018") << action.name();
  }
  const auto shown = partnership_->Get<v1::ListObservationsResponse>(kPolice, figures);
  EXPECT_LT(shown.observations_size(), before) << "the council's figures are gone";

  // No file resumes it, and nobody but the council or the administrator.
  Apply(ReadDataFile<v1::ApplyAgreementRequest>("agreements/neglect-and-domestic-abuse.yaml"));
  EXPECT_TRUE(RefusedWith(plan("plans/development-2018"), v1::OUT_OF_SCOPE));
  auto resume = ActOn<v1::ResumeAgreementRequest>(kStrategies);
  resume.set_own_contributions(true);
  resume.set_agency(kCouncil.agency_name());
  EXPECT_TRUE(
      RefusedWith(Do<v1::ResumeAgreementResponse>(kPoliceSignatory, resume), v1::OUT_OF_SCOPE));
  resume.clear_agency();
  EXPECT_TRUE(Do<v1::ResumeAgreementResponse>(kCouncil, resume).ok());
  EXPECT_TRUE(plan("plans/development-2018").ok());
  EXPECT_EQ(partnership_->Get<v1::ListObservationsResponse>(kPolice, figures).observations_size(),
            before);
}

TEST_F(AgreementLifeTest, WhatHasEndedStaysEnded) {
  const std::string name = "agreements/neglect-and-domestic-abuse";
  EXPECT_TRUE(End(kPoliceSignatory, name).ok());
  EXPECT_TRUE(RefusedWith(ReadPlanAs("neglect-and-domestic-abuse"), v1::NO_AGREEMENT));
  EXPECT_TRUE(RefusedWith(End(kAdmin, name), v1::AGREEMENT_STATE));
  EXPECT_TRUE(RefusedWith(Suspend(kAdmin, name), v1::AGREEMENT_STATE));
  EXPECT_TRUE(RefusedWith(Resume(kAdmin, name), v1::AGREEMENT_STATE));
  const auto file =
      ReadDataFile<v1::ApplyAgreementRequest>("agreements/neglect-and-domestic-abuse.yaml");
  EXPECT_TRUE(RefusedWith(Do<v1::ApplyAgreementResponse>(kAdmin, file), v1::AGREEMENT_STATE));
}

TEST_F(AgreementLifeTest, AnActIsRefusedWithoutAReasonWithAnOldEtagOrAboutAPerson) {
  auto request = ActOn<v1::SuspendAgreementRequest>(kHealth);
  request.clear_reason();
  EXPECT_TRUE(
      RefusedWith(Do<v1::SuspendAgreementResponse>(kTrustSignatory, request), v1::FIELDS_INVALID));
  request.set_reason("Ask jo.bloggs@example.org");
  EXPECT_TRUE(
      RefusedWith(Do<v1::SuspendAgreementResponse>(kTrustSignatory, request), v1::FIELDS_INVALID));
  request.set_reason(kReason);
  request.set_etag("99");
  EXPECT_TRUE(
      RefusedWith(Do<v1::SuspendAgreementResponse>(kTrustSignatory, request), v1::ETAG_MISMATCH));
  EXPECT_TRUE(Read(kHealth).in_force());
}

TEST_F(AgreementLifeTest, EarlierVersionsAreReadByThoseWhoSeeTheAgreement) {
  ASSERT_TRUE(Suspend(kTrustSignatory, kHealth).ok());
  ASSERT_TRUE(Resume(kTrustSignatory, kHealth).ok());
  const v1::Agreement now = Read(kHealth);
  EXPECT_EQ(now.version(), 3);
  EXPECT_EQ(Read(kHealth, 1).state(), v1::Agreement::ACTIVE);
  const v1::Agreement suspended = Read(kHealth, 2);
  EXPECT_EQ(suspended.version(), 2);
  EXPECT_EQ(suspended.state(), v1::Agreement::SUSPENDED);
  EXPECT_EQ(suspended.terms_digest(), now.terms_digest());
  EXPECT_NE(suspended.digest(), now.digest());
  EXPECT_FALSE(suspended.in_force());
  EXPECT_FALSE(suspended.has_days_until_review());

  v1::GetAgreementRequest request;
  request.set_name(kHealth);
  request.set_version(2);
  EXPECT_TRUE(partnership_->Ask<v1::Agreement>(kHealthTrust, request).ok());
  EXPECT_TRUE(
      RefusedWith(partnership_->Ask<v1::Agreement>(kPolice, request).outcome, v1::OUT_OF_SCOPE));
  request.set_version(4);
  EXPECT_TRUE(RefusedWith(partnership_->Ask<v1::Agreement>(kHealthTrust, request).outcome,
                          v1::RESOURCE_NOT_FOUND));
}

TEST_F(AgreementLifeTest, TheReviewIsCountedInDaysOfLondon) {
  // In London it is the 1st of June already.
  clock_.Set(At("2019-05-31T23:30:00Z"));
  v1::ApplyAgreementRequest request = Unsigned();
  *request.mutable_agreement()->mutable_review_date() = Day("2019-07-01");
  const v1::Agreement agreement = Apply(request);
  EXPECT_EQ(agreement.days_until_review(), 30);
  EXPECT_EQ(agreement.review_warning(), v1::Agreement::WITHIN_30_DAYS);
}

TEST_F(AgreementLifeTest, ARevokedClientStaysOutWhateverTheFileSays) {
  auto request = ActOn<v1::RevokeClientRequest>(kPolice.client_name());
  EXPECT_TRUE(RefusedWith(Do<v1::RevokeClientResponse>(kCouncil, request), v1::ROLE_MISSING));
  ASSERT_TRUE(ReadPlanAs("neglect-and-domestic-abuse").ok());
  const auto revoked = partnership_->Get<v1::RevokeClientResponse>(kAdmin, request).client();
  EXPECT_TRUE(revoked.revoked());
  EXPECT_EQ(revoked.revocation().client(), kAdmin.client_name());
  EXPECT_EQ(revoked.revocation().reason(), kReason);
  EXPECT_TRUE(RefusedWith(ReadPlanAs("neglect-and-domestic-abuse"), v1::CLIENT_REVOKED));
  partnership_->Get<v1::ApplyDirectoryResponse>(
      kAdmin, ReadDataFile<v1::ApplyDirectoryRequest>("directory.yaml"));
  EXPECT_TRUE(RefusedWith(ReadPlanAs("neglect-and-domestic-abuse"), v1::CLIENT_REVOKED));
  // Again is no error, and keeps the first reason.
  request.set_reason("Once more");
  const auto again = partnership_->Get<v1::RevokeClientResponse>(kAdmin, request).client();
  EXPECT_EQ(again.revocation().reason(), kReason);
  EXPECT_EQ(again.revision(), revoked.revision());
}

TEST_F(AgreementLifeTest, TheLastAdministratorIsNotRevoked) {
  EXPECT_TRUE(RefusedWith(
      Do<v1::RevokeClientResponse>(kAdmin, ActOn<v1::RevokeClientRequest>(kAdmin.client_name())),
      v1::FIELDS_INVALID));
  EXPECT_TRUE(Do<v1::WhoAmIResponse>(kAdmin, v1::WhoAmIRequest()).ok());
}

// An extract by the trust, far larger than the transport holds, that is open
// while access ends.
class OpenStreamTest : public AgreementLifeTest {
 protected:
  static constexpr int kCopies = 10;
  static constexpr absl::Duration kMostUntilCut = absl::Seconds(1);

  void SetUp() override {
    TestPartnership::Options options;
    options.clock = &clock_;
    options.configure = [](server::v1::ServerConfig& config) {
      config.mutable_limits()->set_max_request_bytes(8 << 20);
    };
    partnership_.emplace(options);
    auto release = ReadDataFile<v1::ImportReleaseRequest>("releases/papers-2018.yaml");
    release.mutable_release()->set_name("releases/large");
    const auto figures = release.observations();
    release.clear_observations();
    for (int copy = 0; copy < kCopies; ++copy) {
      for (v1::Observation figure : figures) {
        figure.set_name(
            absl::StrCat("releases/large/observations/", copy, "-", LastIdentifier(figure.name())));
        figure.set_note(std::string(280, 'x'));
        *release.add_observations() = std::move(figure);
      }
    }
    partnership_->Get<v1::ImportReleaseResponse>(kAdmin, release);
    before_ = ReadAudit(partnership_->database_path()).size();
    v1::ExtractObservationsRequest request;
    request.set_parent("releases/large");
    request.set_format(v1::ExtractObservationsRequest::NDJSON);
    stream_.emplace(
        MakeChannel(partnership_->server().address(),
                    Certificates::Get().OfClient(kHealthTrust.uri()), WithSmallWindow()),
        PathOf(*request.descriptor()), TestPartnership::PurposeOf(kHealthTrust));
    ASSERT_TRUE(stream_->Write(request.SerializeAsString()));
    stream_->CloseWrites();
    ASSERT_TRUE(stream_->Read().has_value());
  }

  // The act ends the access of a stream that nobody reads on.
  void ExpectCutWhileNobodyReads(const std::function<Outcome()>& act, v1::ErrorReason refusal) {
    const Outcome done = act();
    ASSERT_TRUE(done.ok()) << done.Text();
    const absl::Time acted = absl::Now();
    std::optional<v1::AuditRecord> ending;
    while (!ending.has_value() && absl::Now() < acted + absl::Seconds(10)) {
      absl::SleepFor(absl::Milliseconds(5));
      ending = Ending();
    }
    EXPECT_LT(absl::Now() - acted, kMostUntilCut);
    ASSERT_TRUE(ending.has_value());
    ExpectEndOfAccess(*ending);
    EXPECT_TRUE(RefusedWith(NextCall(), refusal));
  }

  // The same while a reader takes its time for each message.
  void ExpectCutWhileItIsRead(const std::function<Outcome()>& act, v1::ErrorReason refusal) {
    std::optional<Outcome> ended;
    absl::Time end;
    std::thread reader([&] {
      while (stream_->Read().has_value()) absl::SleepFor(absl::Milliseconds(50));
      ended = stream_->Finish();
      end = absl::Now();
    });
    absl::SleepFor(absl::Milliseconds(100));
    const Outcome done = act();
    const absl::Time acted = absl::Now();
    reader.join();
    ASSERT_TRUE(done.ok()) << done.Text();
    EXPECT_TRUE(RefusedWith(*ended, v1::ACCESS_ENDED));
    EXPECT_LT(end - acted, kMostUntilCut);
    ExpectEndOfAccess(partnership_->RecordFor(*ended));
    EXPECT_TRUE(RefusedWith(NextCall(), refusal));
  }

  Outcome RevokeTrust() {
    return Do<v1::RevokeClientResponse>(kAdmin,
                                        ActOn<v1::RevokeClientRequest>(kHealthTrust.client_name()));
  }

 private:
  std::optional<v1::AuditRecord> Ending() const {
    for (const StoredRecord& stored : ReadAudit(partnership_->database_path(), before_)) {
      if (stored.record.event() == v1::AuditRecord::STREAM_ENDED) return stored.record;
    }
    return std::nullopt;
  }
  static void ExpectEndOfAccess(const v1::AuditRecord& record) {
    EXPECT_EQ(record.event(), v1::AuditRecord::STREAM_ENDED);
    EXPECT_EQ(record.decision(), v1::AuditRecord::REFUSED);
    EXPECT_EQ(record.reason(), "ACCESS_ENDED");
    EXPECT_EQ(record.client(), kHealthTrust.client_name());
    EXPECT_LT(record.rows(), kCopies * 423);
  }
  Outcome NextCall() {
    v1::GetReleaseRequest request;
    request.set_name("releases/large");
    return partnership_->Ask<v1::Release>(kHealthTrust, request).outcome;
  }

  size_t before_ = 0;
  std::optional<StreamCall> stream_;
};

TEST_F(OpenStreamTest, ASuspensionCutsAStreamThatNobodyReads) {
  ExpectCutWhileNobodyReads([&] { return Suspend(kTrustSignatory, kHealth); }, v1::NO_AGREEMENT);
}

TEST_F(OpenStreamTest, ASuspensionCutsAStreamThatIsRead) {
  ExpectCutWhileItIsRead([&] { return Suspend(kCouncil, kHealth); }, v1::NO_AGREEMENT);
}

TEST_F(OpenStreamTest, AnEndCutsAStreamThatNobodyReads) {
  ExpectCutWhileNobodyReads([&] { return End(kTrustSignatory, kHealth); }, v1::NO_AGREEMENT);
}

TEST_F(OpenStreamTest, ARevocationCutsAStreamThatNobodyReads) {
  ExpectCutWhileNobodyReads([&] { return RevokeTrust(); }, v1::CLIENT_REVOKED);
}

TEST_F(OpenStreamTest, ARevocationCutsAStreamThatIsRead) {
  ExpectCutWhileItIsRead([&] { return RevokeTrust(); }, v1::CLIENT_REVOKED);
}

}  // namespace
}  // namespace concordat::e2e
