// What changes while partners call: days that pass, agreements and clients that
// are changed. Each change holds from the next call on, on open streams too.
// Each test has a partnership of its own, in the past, so that no deadline is
// behind it.
#include <functional>
#include <optional>
#include <string>

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

Outcome ReadPlan(TestPartnership& partnership, const Partner& partner,
                 std::optional<Metadata> metadata = std::nullopt) {
  v1::GetPlanRequest request;
  request.set_name("plans/development-2018");
  return partnership.Ask<v1::Plan>(partner, request, std::move(metadata)).outcome;
}

// A partnership with a clock of its own.
struct Timed {
  explicit Timed(const std::string& now) : clock(At(now)) {
    TestPartnership::Options options;
    options.clock = &clock;
    partnership.emplace(options);
  }

  void ApplyPoliceAgreement(const std::function<void(v1::Agreement&)>& change) {
    auto request =
        ReadDataFile<v1::ApplyAgreementRequest>("agreements/neglect-and-domestic-abuse.yaml");
    change(*request.mutable_agreement());
    partnership->Get<v1::ApplyAgreementResponse>(kAdmin, request);
  }
  bool InForceSaysWhoAmI() {
    for (const auto list = partnership->Get<v1::WhoAmIResponse>(kPolice, v1::WhoAmIRequest());
         const auto& access : list.agreements()) {
      if (access.agreement() == "agreements/neglect-and-domestic-abuse") return access.in_force();
    }
    ADD_FAILURE() << "the police have no such agreement";
    return false;
  }
  // Refused, and WhoAmI says why.
  void ExpectNotInForce() {
    EXPECT_TRUE(RefusedWith(ReadPlan(*partnership, kPolice), v1::NO_AGREEMENT));
    EXPECT_FALSE(InForceSaysWhoAmI());
  }
  void ExpectInForce() {
    const Outcome outcome = ReadPlan(*partnership, kPolice);
    EXPECT_TRUE(outcome.ok()) << outcome.Text();
    EXPECT_TRUE(InForceSaysWhoAmI());
  }

  FakeClock clock;
  std::optional<TestPartnership> partnership;
};

struct Boundary {
  std::string from;
  std::string to;
  // The first instant in force, and the first no longer.
  std::string first;
  std::string end;
};

TEST(AgreementDatesTest, AreDaysOfLondonInclusiveInWinterAndSummer) {
  const Boundary boundaries[] = {
      {"2019-01-10", "2019-01-20", "2019-01-10T00:00:00Z", "2019-01-21T00:00:00Z"},
      {"2019-06-01", "2019-06-30", "2019-05-31T23:00:00Z", "2019-06-30T23:00:00Z"},
      // The day on which summer time begins, and the one on which it ends.
      {"2019-03-31", "2019-03-31", "2019-03-31T00:00:00Z", "2019-03-31T23:00:00Z"},
      {"2019-10-27", "2019-10-27", "2019-10-26T23:00:00Z", "2019-10-28T00:00:00Z"},
  };
  Timed timed("2018-12-02T09:00:00Z");
  for (const Boundary& boundary : boundaries) {
    SCOPED_TRACE(boundary.from);
    timed.ApplyPoliceAgreement([&](v1::Agreement& agreement) {
      *agreement.mutable_effective_from() = Day(boundary.from);
      *agreement.mutable_effective_to() = Day(boundary.to);
      *agreement.mutable_review_date() = Day("2020-01-01");
    });
    timed.clock.Set(At(boundary.first) - absl::Microseconds(1));
    timed.ExpectNotInForce();
    timed.clock.Set(At(boundary.first));
    timed.ExpectInForce();
    timed.clock.Set(At(boundary.end) - absl::Microseconds(1));
    timed.ExpectInForce();
    timed.clock.Set(At(boundary.end));
    timed.ExpectNotInForce();
  }
}

TEST(AgreementDatesTest, AReviewThatLapsesEndsAccessOnlyWhereTheAgreementSaysSo) {
  Timed timed("2019-06-15T12:00:00Z");
  for (const bool suspends : {false, true}) {
    timed.ApplyPoliceAgreement([&](v1::Agreement& agreement) {
      *agreement.mutable_review_date() = Day("2019-06-30");
      agreement.set_suspend_when_review_lapses(suspends);
    });
    timed.clock.Set(At("2019-06-30T22:59:59Z"));
    timed.ExpectInForce();
    timed.clock.Set(At("2019-06-30T23:00:00Z"));
    if (suspends) {
      timed.ExpectNotInForce();
    } else {
      timed.ExpectInForce();
    }
  }
}

TEST(AgreementStateTest, AnImportedStateHoldsFromTheNextCallOn) {
  Timed timed("2018-12-02T09:00:00Z");
  timed.ExpectInForce();
  for (const v1::Agreement::State state : {v1::Agreement::DRAFT, v1::Agreement::SUSPENDED}) {
    SCOPED_TRACE(v1::Agreement::State_Name(state));
    timed.ApplyPoliceAgreement([&](v1::Agreement& agreement) { agreement.set_state(state); });
    timed.ExpectNotInForce();
    timed.ApplyPoliceAgreement([](v1::Agreement&) {});
    timed.ExpectInForce();
  }
  timed.ApplyPoliceAgreement(
      [](v1::Agreement& agreement) { agreement.set_state(v1::Agreement::APPROVED); });
  timed.ExpectInForce();
  timed.ApplyPoliceAgreement(
      [](v1::Agreement& agreement) { agreement.set_state(v1::Agreement::ENDED); });
  timed.ExpectNotInForce();
}

TEST(AgreementStateTest, ANarrowerScopeHoldsFromTheNextCallOn) {
  Timed timed("2018-12-02T09:00:00Z");
  timed.ApplyPoliceAgreement([](v1::Agreement& agreement) {
    agreement.mutable_scope()->clear_plans();
    agreement.mutable_scope()->add_plans("plans/neglect-strategy-2018");
  });
  const auto list = timed.partnership->Get<v1::ListPlansResponse>(kPolice, v1::ListPlansRequest());
  ASSERT_EQ(list.plans_size(), 1);
  EXPECT_EQ(list.plans(0).name(), "plans/neglect-strategy-2018");
  const Outcome outcome = ReadPlan(*timed.partnership, kPolice);
  EXPECT_TRUE(RefusedWith(outcome, v1::OUT_OF_SCOPE));
}

TEST(AgreementStateTest, ADefaultPurposeIsNoLongerAccepted) {
  Timed timed("2018-12-02T09:00:00Z");
  timed.ApplyPoliceAgreement(
      [](v1::Agreement& agreement) { agreement.set_accepts_default_purpose(false); });
  EXPECT_TRUE(RefusedWith(ReadPlan(*timed.partnership, kPolice, Metadata()), v1::PURPOSE_MISSING));
  EXPECT_TRUE(ReadPlan(*timed.partnership, kPolice).ok());
}

TEST(AgreementStateTest, OfSeveralThatCoverTheRequestTheLowestNameDecides) {
  Timed timed("2018-12-02T09:00:00Z");
  for (const std::string name : {"agreements/zz-twin", "agreements/aa-twin"}) {
    timed.ApplyPoliceAgreement([&](v1::Agreement& agreement) {
      agreement.set_name(name);
      agreement.mutable_scope()->clear_topics();
    });
  }
  // The two cover the whole plan, the one of the data set a part of it.
  const Outcome outcome = ReadPlan(*timed.partnership, kPolice);
  EXPECT_EQ(timed.partnership->RecordFor(outcome).agreement(), "agreements/aa-twin");
  const Outcome named = ReadPlan(*timed.partnership, kPolice,
                                 Metadata{{"concordat-purpose", "neglect-and-domestic-abuse"},
                                          {"concordat-agreement", "agreements/zz-twin"}});
  EXPECT_EQ(timed.partnership->RecordFor(named).agreement(), "agreements/zz-twin");
}

v1::ApplyDirectoryRequest PoliceDirectory(const std::function<void(v1::Agency&)>& change_agency,
                                          const std::function<void(v1::Client&)>& change_client) {
  const auto whole = ReadDataFile<v1::ApplyDirectoryRequest>("directory.yaml");
  v1::ApplyDirectoryRequest request;
  for (const v1::Agency& agency : whole.agencies()) {
    if (agency.name() == kPolice.agency_name()) *request.add_agencies() = agency;
  }
  for (const v1::Client& client : whole.clients()) {
    if (client.name() == kPolice.client_name()) *request.add_clients() = client;
  }
  if (change_agency) change_agency(*request.mutable_agencies(0));
  if (change_client) change_client(*request.mutable_clients(0));
  return request;
}

TEST(DirectoryChangeTest, RevokingAClientHoldsFromItsNextCallOnTheSameConnection) {
  Timed timed("2018-12-02T09:00:00Z");
  timed.ExpectInForce();
  timed.partnership->Get<v1::ApplyDirectoryResponse>(
      kAdmin, PoliceDirectory(nullptr, [](v1::Client& client) { client.set_revoked(true); }));
  EXPECT_TRUE(RefusedWith(ReadPlan(*timed.partnership, kPolice), v1::CLIENT_REVOKED));
  EXPECT_TRUE(
      RefusedWith(timed.partnership->Ask<v1::WhoAmIResponse>(kPolice, v1::WhoAmIRequest()).outcome,
                  v1::CLIENT_REVOKED));
  timed.partnership->Get<v1::ApplyDirectoryResponse>(kAdmin, PoliceDirectory(nullptr, nullptr));
  timed.ExpectInForce();
}

TEST(DirectoryChangeTest, TakingTheRoleAwayHoldsFromTheNextCall) {
  Timed timed("2018-12-02T09:00:00Z");
  timed.partnership->Get<v1::ApplyDirectoryResponse>(
      kAdmin, PoliceDirectory(nullptr, [](v1::Client& client) {
        client.clear_roles();
        client.add_roles(v1::APPROVER);
      }));
  EXPECT_TRUE(RefusedWith(ReadPlan(*timed.partnership, kPolice), v1::ROLE_MISSING));
}

TEST(DirectoryChangeTest, TakingTheCertificateAwayMakesTheClientUnknown) {
  Timed timed("2018-12-02T09:00:00Z");
  timed.partnership->Get<v1::ApplyDirectoryResponse>(
      kAdmin, PoliceDirectory(nullptr, [](v1::Client& client) {
        client.set_certificate_identities(0, "uri:urn:concordat:somebody:else");
      }));
  EXPECT_TRUE(RefusedWith(ReadPlan(*timed.partnership, kPolice), v1::CLIENT_UNKNOWN));
}

TEST(DirectoryChangeTest, AnAgencyTakesPartOnTheDaysOfItsValidity) {
  Timed timed("2018-12-02T09:00:00Z");
  timed.partnership->Get<v1::ApplyDirectoryResponse>(
      kAdmin, PoliceDirectory(
                  [](v1::Agency& agency) {
                    *agency.mutable_valid_from() = Day("2019-04-01");
                    *agency.mutable_valid_to() = Day("2019-12-31");
                  },
                  nullptr));
  const auto at = [&](const std::string& instant) {
    timed.clock.Set(At(instant));
    return ReadPlan(*timed.partnership, kPolice);
  };
  EXPECT_TRUE(RefusedWith(at("2019-03-31T22:59:59.999999Z"), v1::CLIENT_REVOKED));
  EXPECT_TRUE(at("2019-03-31T23:00:00Z").ok());
  EXPECT_TRUE(at("2019-12-31T23:59:59.999999Z").ok());
  EXPECT_TRUE(RefusedWith(at("2020-01-01T00:00:00Z"), v1::CLIENT_REVOKED));
}

TEST(CertificateTest, ItsLifeIsJudgedAtEachCallByTheServersClock) {
  // Within the patience of a call, so that no deadline passes before its end.
  const absl::Time start = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  const absl::Time not_before = start - absl::Minutes(1);
  const absl::Time not_after = start + absl::Seconds(20);
  FakeClock clock(start);
  TestPartnership::Options options;
  options.clock = &clock;
  TestPartnership partnership(options);
  const std::shared_ptr<grpc::Channel> channel =
      MakeChannel(partnership.server().address(),
                  Certificates::Get().OfClient(kPolice.uri(), not_before, not_after));
  const auto who_am_i_at = [&](absl::Time time) {
    clock.Set(time);
    return Call(channel, PathOf(*v1::WhoAmIRequest::descriptor()), "");
  };
  EXPECT_TRUE(who_am_i_at(start).ok());
  EXPECT_TRUE(who_am_i_at(not_after - absl::Microseconds(1)).ok());
  const Outcome expired = who_am_i_at(not_after);
  EXPECT_TRUE(RefusedWith(expired, v1::CERTIFICATE_EXPIRED));
  EXPECT_EQ(partnership.RecordFor(expired).decision(), v1::AuditRecord::REFUSED);
  EXPECT_TRUE(
      RefusedWith(who_am_i_at(not_before - absl::Microseconds(1)), v1::CERTIFICATE_EXPIRED));
  EXPECT_TRUE(who_am_i_at(not_before).ok());
}

// An extract that is open, because its reader has not read on, when access ends.
class OpenExtract : public testing::Test {
 protected:
  static constexpr int kCopies = 10;

  OpenExtract() : clock_(At("2018-12-02T09:00:00Z")) {
    TestPartnership::Options options;
    options.clock = &clock_;
    options.configure = [](server::v1::ServerConfig& config) {
      config.mutable_limits()->set_max_request_bytes(8 << 20);
    };
    partnership_.emplace(options);
    // Far more than the transport holds for a reader who does not read.
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
    v1::ExtractObservationsRequest request;
    request.set_parent("releases/large");
    request.set_format(v1::ExtractObservationsRequest::NDJSON);
    stream_.emplace(SlowReader(), PathOf(*request.descriptor()),
                    TestPartnership::PurposeOf(kHealthTrust));
    EXPECT_TRUE(stream_->Write(request.SerializeAsString()));
    stream_->CloseWrites();
    EXPECT_TRUE(stream_->Read().has_value());
  }

  std::shared_ptr<grpc::Channel> SlowReader() {
    return MakeChannel(partnership_->server().address(),
                       Certificates::Get().OfClient(kHealthTrust.uri()), WithSmallWindow());
  }

  // Reads on: the stream is cut, and the log says so.
  void ExpectCut() {
    while (const std::optional<std::string> bytes = stream_->Read()) {
      v1::ExtractObservationsResponse part;
      ASSERT_TRUE(part.ParseFromString(*bytes));
      EXPECT_FALSE(part.has_manifest());
    }
    const Outcome outcome = stream_->Finish();
    EXPECT_TRUE(RefusedWith(outcome, v1::ACCESS_ENDED));
    const v1::AuditRecord record = partnership_->RecordFor(outcome);
    EXPECT_EQ(record.event(), v1::AuditRecord::STREAM_ENDED);
    EXPECT_EQ(record.decision(), v1::AuditRecord::REFUSED);
    EXPECT_EQ(record.reason(), "ACCESS_ENDED");
    EXPECT_LT(record.rows(), kCopies * 423);
  }

  v1::ApplyDirectoryRequest TrustDirectory(const std::function<void(v1::Client&)>& change) {
    v1::ApplyDirectoryRequest request;
    for (const auto list = ReadDataFile<v1::ApplyDirectoryRequest>("directory.yaml");
         const v1::Client& client : list.clients()) {
      if (client.name() == kHealthTrust.client_name()) *request.add_clients() = client;
    }
    change(*request.mutable_clients(0));
    return request;
  }

  FakeClock clock_;
  std::optional<TestPartnership> partnership_;
  std::optional<StreamCall> stream_;
};

TEST_F(OpenExtract, RunsToItsManifestWhenNothingChanges) {
  bool manifest = false;
  while (const std::optional<std::string> bytes = stream_->Read()) {
    v1::ExtractObservationsResponse part;
    ASSERT_TRUE(part.ParseFromString(*bytes));
    manifest |= part.has_manifest();
  }
  EXPECT_TRUE(stream_->Finish().ok());
  EXPECT_TRUE(manifest);
}

TEST_F(OpenExtract, IsCutWhenItsAgreementIsSuspended) {
  auto request = ReadDataFile<v1::ApplyAgreementRequest>("agreements/health-safeguarding.yaml");
  request.mutable_agreement()->set_state(v1::Agreement::SUSPENDED);
  partnership_->Get<v1::ApplyAgreementResponse>(kAdmin, request);
  ExpectCut();
}

TEST_F(OpenExtract, IsCutWhenItsAgreementIsNarrowed) {
  auto request = ReadDataFile<v1::ApplyAgreementRequest>("agreements/health-safeguarding.yaml");
  request.mutable_agreement()->mutable_scope()->clear_areas();
  request.mutable_agreement()->mutable_scope()->add_areas("areas/e23000003");
  partnership_->Get<v1::ApplyAgreementResponse>(kAdmin, request);
  ExpectCut();
}

TEST_F(OpenExtract, IsCutWhenItsClientIsRevoked) {
  partnership_->Get<v1::ApplyDirectoryResponse>(
      kAdmin, TrustDirectory([](v1::Client& client) { client.set_revoked(true); }));
  ExpectCut();
}

TEST_F(OpenExtract, IsCutWhenItsClientLosesTheRole) {
  partnership_->Get<v1::ApplyDirectoryResponse>(kAdmin, TrustDirectory([](v1::Client& client) {
                                                  client.clear_roles();
                                                  client.add_roles(v1::APPROVER);
                                                }));
  ExpectCut();
}

TEST_F(OpenExtract, IsCutWhenTheLastDayIsOver) {
  auto request = ReadDataFile<v1::ApplyAgreementRequest>("agreements/health-safeguarding.yaml");
  *request.mutable_agreement()->mutable_effective_to() = Day("2018-12-02");
  // A change cuts it too: what is tested is a stream that was opened after it.
  partnership_->Get<v1::ApplyAgreementResponse>(kAdmin, request);
  v1::ExtractObservationsRequest extract;
  extract.set_parent("releases/large");
  extract.set_format(v1::ExtractObservationsRequest::NDJSON);
  stream_.emplace(SlowReader(), PathOf(*extract.descriptor()),
                  TestPartnership::PurposeOf(kHealthTrust));
  ASSERT_TRUE(stream_->Write(extract.SerializeAsString()));
  stream_->CloseWrites();
  ASSERT_TRUE(stream_->Read().has_value());
  clock_.Set(At("2018-12-03T00:00:00Z"));
  ExpectCut();
}

}  // namespace
}  // namespace concordat::e2e
