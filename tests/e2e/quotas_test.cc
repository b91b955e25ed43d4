// Quotas as callers meet them: refused with the time to come back, said in trailing
// metadata and by WhoAmI, kept over a restart. And floods of refused calls, which
// are slowed and cut off while others go on.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "base/status.h"
#include "concordat/v1/agreement_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/moments.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kStrategies[] = "agreements/neglect-and-domestic-abuse";

v1::GetPlanRequest ReadAPlan() {
  v1::GetPlanRequest request;
  request.set_name("plans/development-2018");
  return request;
}

v1::ExtractObservationsRequest Extract() {
  v1::ExtractObservationsRequest request;
  request.set_parent("releases/papers-2018");
  request.set_format(v1::ExtractObservationsRequest::CSV);
  return request;
}

class QuotasTest : public testing::Test {
 protected:
  QuotasTest() : clock_(At("2018-12-02T09:00:00Z")) {
    TestPartnership::Options options;
    options.clock = &clock_;
    partnership_.emplace(options);
  }

  void Allow(const v1::Agreement::Quotas& quotas) {
    auto apply =
        ReadDataFile<v1::ApplyAgreementRequest>("agreements/neglect-and-domestic-abuse.yaml");
    *apply.mutable_agreement()->mutable_quotas() = quotas;
    partnership_->Get<v1::ApplyAgreementResponse>(kAdmin, apply);
  }
  void AllowRequests(int64_t a_minute) {
    v1::Agreement::Quotas quotas;
    quotas.set_requests_per_minute(a_minute);
    Allow(quotas);
  }
  void AllowRows(int64_t a_day) {
    v1::Agreement::Quotas quotas;
    quotas.set_extract_rows_per_day(a_day);
    Allow(quotas);
  }
  Outcome Read(const Partner& partner = kPolice) {
    return partnership_->Ask<v1::Plan>(partner, ReadAPlan()).outcome;
  }
  // The whole extract, and how it ended.
  Outcome ReadExtract(int64_t& rows) {
    StreamCall call(partnership_->ChannelOf(kPolice), PathOf(*Extract().descriptor()),
                    TestPartnership::PurposeOf(kPolice));
    call.Write(Extract().SerializeAsString());
    call.CloseWrites();
    while (const auto bytes = call.Read()) {
      v1::ExtractObservationsResponse part;
      EXPECT_TRUE(part.ParseFromString(*bytes));
      if (part.has_manifest()) rows = part.manifest().rows();
    }
    return call.Finish();
  }
  v1::WhoAmIResponse WhoAmI() {
    return partnership_->Get<v1::WhoAmIResponse>(kPolice, v1::WhoAmIRequest());
  }
  v1::WhoAmIResponse::Access Strategies() {
    const v1::WhoAmIResponse self = WhoAmI();
    for (const auto& access : self.agreements()) {
      if (access.agreement() == kStrategies) return access;
    }
    ADD_FAILURE() << "the agreement is not listed";
    return {};
  }

  FakeClock clock_;
  std::optional<TestPartnership> partnership_;
};

TEST_F(QuotasTest, OneRequestTooManyIsRefusedUntilTheMinuteIsOver) {
  AllowRequests(2);
  EXPECT_TRUE(Read().ok());
  EXPECT_TRUE(Read().ok());
  const Outcome refused = Read();
  ASSERT_TRUE(RefusedWith(refused, v1::QUOTA_EXCEEDED));
  EXPECT_EQ(PayloadOf<google::rpc::RetryInfo>(refused.error())->retry_delay().seconds(), 60);
  EXPECT_EQ(PayloadOf<google::rpc::QuotaFailure>(refused.error())->violations(0).subject(),
            kPolice.client_name());
  EXPECT_EQ(partnership_->RecordFor(refused).reason(), "QUOTA_EXCEEDED");
  EXPECT_TRUE(Read(kBoard).ok()) << "another client has its own";
  clock_.Advance(absl::Seconds(60));
  EXPECT_TRUE(Read().ok());
}

TEST_F(QuotasTest, EachAnswerSaysWhatIsLeft) {
  AllowRequests(2);
  EXPECT_THAT(Read().quotas, ElementsAre("REQUESTS_PER_MINUTE limit=2 remaining=1 reset=60"));
  clock_.Advance(absl::Seconds(10));
  EXPECT_THAT(Read().quotas, ElementsAre("REQUESTS_PER_MINUTE limit=2 remaining=0 reset=50"));
  EXPECT_THAT(Read().quotas, ElementsAre("REQUESTS_PER_MINUTE limit=2 remaining=0 reset=50"));
  AllowRequests(0);
  EXPECT_THAT(Read().quotas, IsEmpty());
}

TEST_F(QuotasTest, TheDirectoryLimitsAClientWhateverItCalls) {
  auto directory = ReadDataFile<v1::ApplyDirectoryRequest>("directory.yaml");
  v1::ApplyDirectoryRequest apply;
  for (const v1::Client& client : directory.clients()) {
    if (client.name() == kPolice.client_name()) *apply.add_clients() = client;
  }
  ASSERT_EQ(apply.clients_size(), 1);
  apply.mutable_clients(0)->set_requests_per_minute(2);
  partnership_->Get<v1::ApplyDirectoryResponse>(kAdmin, apply);
  EXPECT_TRUE(Read().ok());
  const v1::WhoAmIResponse self = WhoAmI();
  ASSERT_THAT(self.quotas(), SizeIs(1));
  EXPECT_EQ(self.quotas(0).limit(), 2);
  EXPECT_EQ(self.quotas(0).remaining(), 0);
  EXPECT_TRUE(RefusedWith(Read(), v1::QUOTA_EXCEEDED));
  EXPECT_TRUE(
      RefusedWith(partnership_->Ask<v1::WhoAmIResponse>(kPolice, v1::WhoAmIRequest()).outcome,
                  v1::QUOTA_EXCEEDED));
}

TEST_F(QuotasTest, AnExtractThatWouldPassTheDaysRowsIsRefusedBeforeItsFirstRow) {
  AllowRows(1000000);
  int64_t rows = 0;
  ASSERT_TRUE(ReadExtract(rows).ok());
  ASSERT_GT(rows, 0);
  AllowRows(2 * rows + 1);
  EXPECT_EQ(Strategies().quotas(0).remaining(), rows + 1);
  ASSERT_TRUE(ReadExtract(rows).ok());
  const Outcome refused = ReadExtract(rows);
  ASSERT_TRUE(RefusedWith(refused, v1::QUOTA_EXCEEDED));
  const v1::AuditRecord record = partnership_->RecordFor(refused);
  EXPECT_EQ(record.event(), v1::AuditRecord::CALL);
  EXPECT_EQ(record.rows(), 0);
  // 15 hours to midnight in London.
  EXPECT_EQ(PayloadOf<google::rpc::RetryInfo>(refused.error())->retry_delay().seconds(), 15 * 3600);
}

TEST_F(QuotasTest, RowsOfTheDayOutliveARestartAndEndWithTheDay) {
  AllowRows(1000000);
  int64_t rows = 0;
  ASSERT_TRUE(ReadExtract(rows).ok());
  partnership_->Stop();
  partnership_->Start();
  EXPECT_EQ(Strategies().quotas(0).remaining(), 1000000 - rows);
  AllowRows(rows);
  EXPECT_TRUE(RefusedWith(ReadExtract(rows), v1::QUOTA_EXCEEDED));
  clock_.Advance(absl::Hours(15));
  EXPECT_TRUE(ReadExtract(rows).ok());
}

TEST_F(QuotasTest, AStreamTooManyIsRefusedWhileOthersAreOpen) {
  auto apply = ReadDataFile<v1::ApplyAgreementRequest>("agreements/health-safeguarding.yaml");
  apply.mutable_agreement()->mutable_quotas()->set_concurrent_streams(1);
  partnership_->Get<v1::ApplyAgreementResponse>(kAdmin, apply);
  v1::ExtractObservationsRequest request = Extract();
  request.set_format(v1::ExtractObservationsRequest::NDJSON);
  const std::string path = PathOf(*request.descriptor());
  const Metadata purpose = TestPartnership::PurposeOf(kHealthTrust);
  // It stands still, since its reader does.
  StreamCall open(MakeChannel(partnership_->server().address(),
                              Certificates::Get().OfClient(kHealthTrust.uri()), WithSmallWindow()),
                  path, purpose);
  open.Write(request.SerializeAsString());
  ASSERT_TRUE(open.Read().has_value());

  const auto second = [&] {
    StreamCall call(partnership_->ChannelOf(kHealthTrust), path, purpose);
    call.Write(request.SerializeAsString());
    call.CloseWrites();
    while (call.Read().has_value()) continue;
    return call.Finish();
  };
  const Outcome refused = second();
  EXPECT_TRUE(RefusedWith(refused, v1::QUOTA_EXCEEDED));
  EXPECT_THAT(refused.quotas, testing::Contains("CONCURRENT_STREAMS limit=1 remaining=0"));
  while (open.Read().has_value()) continue;
  EXPECT_TRUE(open.Finish().ok());
  EXPECT_TRUE(second().ok()) << "the place was given back";
}

TEST_F(QuotasTest, WhoAmISaysHowManyDaysAreLeft) {
  EXPECT_FALSE(Strategies().has_days_left());
  auto apply =
      ReadDataFile<v1::ApplyAgreementRequest>("agreements/neglect-and-domestic-abuse.yaml");
  *apply.mutable_agreement()->mutable_effective_to() = Day("2018-12-31");
  partnership_->Get<v1::ApplyAgreementResponse>(kAdmin, apply);
  EXPECT_EQ(Strategies().days_left(), 29);
  clock_.Advance(absl::Hours(24 * 29));
  EXPECT_EQ(Strategies().days_left(), 0);
  clock_.Advance(absl::Hours(24));
  EXPECT_FALSE(Strategies().in_force());
  EXPECT_FALSE(Strategies().has_days_left());
}

// A server that lets five refusals of a certificate through at once, and ten a
// second after that.
TestPartnership::Options WithSmallBrake() {
  TestPartnership::Options options;
  options.configure = [](server::v1::ServerConfig& config) {
    config.mutable_limits()->set_refused_calls_burst(5);
    config.mutable_limits()->set_refused_calls_per_second(10);
  };
  return options;
}

TEST(RefusalFloodTest, RefusalsAreSlowedAndCallsThatAreAllowedAreNot) {
  TestPartnership partnership(WithSmallBrake());
  v1::GetPlanRequest of_another;
  of_another.set_name("plans/send-wsoa-2018");
  const absl::Time begin = absl::Now();
  for (int i = 0; i < 15; ++i) {
    EXPECT_TRUE(
        RefusedWith(partnership.Ask<v1::Plan>(kPolice, of_another).outcome, v1::OUT_OF_SCOPE));
  }
  // The ten beyond the burst wait a tenth of a second each.
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(900));
  // The next refusal would wait; what is allowed does not stand behind it.
  EXPECT_TRUE(partnership.Ask<v1::Plan>(kPolice, ReadAPlan()).ok());
  EXPECT_TRUE(partnership.Ask<v1::Plan>(kBoard, ReadAPlan()).ok());
}

TEST(RefusalFloodTest, AFloodHasItsConnectionClosedAndOthersGoOn) {
  TestPartnership partnership(WithSmallBrake());
  const std::string path = PathOf(*v1::GetPlanRequest::descriptor());
  // Eighty at once: five pass, fifty wait up to five seconds, the rest are too many.
  std::vector<std::thread> flood;
  std::atomic<int> cut{0};
  std::atomic<int> refused{0};
  const auto channel = partnership.NewChannel(kNobody);
  for (int i = 0; i < 80; ++i) {
    flood.emplace_back([&] {
      const Outcome outcome = Call(channel, path, "");
      if (outcome.reason() == v1::CLIENT_UNKNOWN) ++refused;
      if (outcome.status.error_code() == grpc::StatusCode::UNAVAILABLE) ++cut;
    });
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(partnership.Ask<v1::Plan>(kBoard, ReadAPlan()).ok());
  }
  for (std::thread& thread : flood) thread.join();
  EXPECT_GE(refused, 5);
  EXPECT_EQ(refused + cut, 80);
  // The connection is closed as soon as the first of those is answered.
  const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(10);
  grpc_connectivity_state state = channel->GetState(false);
  while (state == GRPC_CHANNEL_READY && channel->WaitForStateChange(state, deadline)) {
    state = channel->GetState(false);
  }
  EXPECT_NE(state, GRPC_CHANNEL_READY);
  // Each is recorded, answered or cut off.
  const auto recorded = [&] {
    const auto records = ReadAudit(partnership.database_path());
    return std::count_if(records.begin(), records.end(), [](const StoredRecord& stored) {
      return stored.record.reason() == "CLIENT_UNKNOWN";
    });
  };
  const absl::Time patience = absl::Now() + absl::Seconds(20);
  while (recorded() < 80 && absl::Now() < patience) absl::SleepFor(absl::Milliseconds(50));
  EXPECT_GE(recorded(), 80);
}

}  // namespace
}  // namespace concordat::e2e
