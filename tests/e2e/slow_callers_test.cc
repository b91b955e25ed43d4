// Callers who begin calls and do not go on with them.
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "concordat/v1/directory_service.pb.h"
#include "gtest/gtest.h"
#include "tests/support/call.h"
#include "tests/support/stored_audit.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using server::v1::ServerConfig;

const std::string kWhoAmI = PathOf(*v1::WhoAmIRequest::descriptor());

class SlowCallersTest : public testing::Test {
 protected:
  void StartWith(int calls, int calls_per_client, int request_deadline_milliseconds) {
    TestPartnership::Options options;
    options.configure = [=](ServerConfig& config) {
      ServerConfig::Limits& limits = *config.mutable_limits();
      limits.set_max_calls(calls);
      limits.set_max_calls_per_certificate(calls_per_client);
      limits.set_request_deadline_milliseconds(request_deadline_milliseconds);
    };
    partnership_ = std::make_unique<TestPartnership>(std::move(options));
  }

  // Begins calls whose requests never come, and waits until the server has them.
  void BeginIdle(const Partner& partner, int count) {
    for (int i = 0; i < count; ++i) {
      idle_.push_back(std::make_unique<StreamCall>(partnership_->ChannelOf(partner), kWhoAmI));
    }
    const absl::Time patience = absl::Now() + absl::Seconds(10);
    while (InHand() < static_cast<int64_t>(idle_.size()) && absl::Now() < patience) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    ASSERT_EQ(InHand(), static_cast<int64_t>(idle_.size()));
  }

  int64_t InHand() const { return partnership_->server().calls_in_hand(); }
  Outcome WhoAmI(const Partner& partner) const { return partnership_->Call(partner, kWhoAmI, ""); }

  std::unique_ptr<TestPartnership> partnership_;
  std::vector<std::unique_ptr<StreamCall>> idle_;
};

TEST_F(SlowCallersTest, ACallWhoseRequestDoesNotComeEndsOnRecordAndGivesItsPlaceBack) {
  StartWith(100, 100, 300);
  const size_t before = ReadAudit(partnership_->database_path()).size();
  BeginIdle(kPolice, 5);
  for (const auto& call : idle_) {
    EXPECT_FALSE(call->Read().has_value());
    const Outcome refused = call->Finish();
    EXPECT_EQ(refused.reason(), v1::DEADLINE_PASSED) << refused.Text();
    EXPECT_EQ(partnership_->RecordFor(refused).reason(), "DEADLINE_PASSED");
  }
  const absl::Time patience = absl::Now() + absl::Seconds(10);
  while (InHand() > 0 && absl::Now() < patience) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(InHand(), 0);
  const std::vector<StoredRecord> records = ReadAudit(partnership_->database_path(), before);
  ASSERT_EQ(records.size(), 5U);
  for (const StoredRecord& stored : records) {
    EXPECT_EQ(stored.record.decision(), v1::AuditRecord::REFUSED);
    EXPECT_EQ(stored.record.reason(), "DEADLINE_PASSED");
    EXPECT_EQ(stored.record.client(), kPolice.client_name());
  }
}

TEST_F(SlowCallersTest, ARequestThatComesWhenItIsOverdueIsAnsweredOnceAndTheServerGoesOn) {
  // Requests and their deadline meet again and again, in every order.
  StartWith(1000, 1000, 200);
  const size_t before = ReadAudit(partnership_->database_path()).size();
  constexpr int kRounds = 20;
  constexpr int kCalls = 10;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::unique_ptr<StreamCall>> calls;
    for (int i = 0; i < kCalls; ++i) {
      calls.push_back(std::make_unique<StreamCall>(partnership_->ChannelOf(kPolice), kWhoAmI));
    }
    absl::SleepFor(absl::Milliseconds(200 + 5 * round));
    for (const auto& call : calls) {
      call->Write("");
      call->CloseWrites();
      while (call->Read().has_value()) {
      }
      const Outcome outcome = call->Finish();
      EXPECT_TRUE(outcome.ok() || outcome.reason() == v1::DEADLINE_PASSED) << outcome.Text();
      EXPECT_TRUE(outcome.receipt.has_value());
    }
  }
  const absl::Time patience = absl::Now() + absl::Seconds(10);
  while (InHand() > 0 && absl::Now() < patience) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(InHand(), 0);
  EXPECT_EQ(ReadAudit(partnership_->database_path(), before).size(), size_t{kRounds * kCalls});
  EXPECT_TRUE(WhoAmI(kPolice).ok());
}

TEST_F(SlowCallersTest, OneClientsIdleCallsLeavePlacesForTheOthers) {
  StartWith(100, 3, 60000);
  BeginIdle(kPolice, 3);
  EXPECT_EQ(WhoAmI(kPolice).reason(), v1::SERVER_BUSY);
  const Outcome other = WhoAmI(kBoard);
  EXPECT_TRUE(other.ok()) << other.Text();
  idle_.pop_back();
  const absl::Time patience = absl::Now() + absl::Seconds(10);
  while (!WhoAmI(kPolice).ok() && absl::Now() < patience) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_TRUE(WhoAmI(kPolice).ok());
}

TEST_F(SlowCallersTest, ACallTooManyIsRefusedBeforeItsRequestComes) {
  StartWith(3, 3, 60000);
  BeginIdle(kPolice, 3);
  StreamCall too_many(partnership_->ChannelOf(kBoard), kWhoAmI);
  EXPECT_FALSE(too_many.Read().has_value());
  const Outcome refused = too_many.Finish();
  EXPECT_EQ(refused.reason(), v1::SERVER_BUSY) << refused.Text();
  EXPECT_EQ(partnership_->RecordFor(refused).client(), kBoard.client_name());
}

}  // namespace
}  // namespace concordat::e2e
