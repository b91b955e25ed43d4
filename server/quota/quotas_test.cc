#include "server/quota/quotas.h"

#include <memory>
#include <string>

#include "auth/test_agreements.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/support/must.h"
#include "tests/support/temporary_folder.h"

namespace concordat::quota {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kNoon = absl::FromUnixSeconds(1543579200);  // 2018-11-30T12:00:00Z

// A police force's client under an agreement with these quotas.
class QuotasTest : public ::testing::Test {
 protected:
  auth::Grant GrantWith(const v1::Agreement::Quotas& limits) {
    v1::Agreement agreement = auth::SharingPlansWith(police_.agency);
    *agreement.mutable_quotas() = limits;
    return auth::GrantUnder(agreement, police_.agency, kNoon);
  }
  auth::Grant GrantWithRequests(int64_t a_minute) {
    v1::Agreement::Quotas limits;
    limits.set_requests_per_minute(a_minute);
    return GrantWith(limits);
  }
  auth::Grant GrantWithRows(int64_t a_day) {
    v1::Agreement::Quotas limits;
    limits.set_extract_rows_per_day(a_day);
    return GrantWith(limits);
  }

  absl::Status Take(const auth::Grant& grant, absl::Time now) {
    standings_.clear();
    return quotas_.TakeRequest(police_, grant, now, standings_);
  }
  // Takes `rows`, sends `sent` of them, and makes both durable.
  absl::Status Extract(const auth::Grant& grant, int64_t rows, int64_t sent, absl::Time now) {
    DailyRows daily(grant, rows, now);
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    standings_.clear();
    RETURN_IF_ERROR(daily.Take(*batch, standings_));
    RETURN_IF_ERROR(daily.GiveBack(*batch, sent));
    return batch->Commit();
  }

  auth::Principal police_ = auth::ReaderOf("agencies/police");
  Quotas quotas_;
  Standings standings_;
  const TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_ = Must(store::OpenSqliteStore(folder_.Path("test.db")));
};

TEST_F(QuotasTest, WithoutALimitNothingIsCountedAndNothingSaid) {
  const auth::Grant grant = GrantWith({});
  for (int i = 0; i < 10000; ++i) ASSERT_TRUE(Take(grant, kNoon).ok());
  EXPECT_THAT(standings_, IsEmpty());
}

TEST_F(QuotasTest, TheLastRequestOfAMinutePassesAndTheNextDoesNot) {
  const auth::Grant grant = GrantWithRequests(2);
  ASSERT_TRUE(Take(grant, kNoon).ok());
  ASSERT_THAT(standings_, SizeIs(1));
  EXPECT_EQ(standings_[0].remaining(), 1);
  ASSERT_TRUE(Take(grant, kNoon + absl::Seconds(20)).ok());
  EXPECT_EQ(standings_[0].remaining(), 0);

  const absl::Status refused = Take(grant, kNoon + absl::Seconds(20));
  EXPECT_EQ(ReasonOf(refused), v1::QUOTA_EXCEEDED);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(PayloadOf<google::rpc::RetryInfo>(refused)->retry_delay().seconds(), 40);
  const auto failure = PayloadOf<google::rpc::QuotaFailure>(refused);
  ASSERT_EQ(failure->violations_size(), 1);
  EXPECT_EQ(failure->violations(0).subject(), police_.client);
  EXPECT_EQ(StandingText(standings_[0], kNoon + absl::Seconds(20)),
            "REQUESTS_PER_MINUTE limit=2 remaining=0 reset=40");
}

TEST_F(QuotasTest, AMinuteIsOverAfterSixtySeconds) {
  const auth::Grant grant = GrantWithRequests(1);
  ASSERT_TRUE(Take(grant, kNoon).ok());
  EXPECT_FALSE(Take(grant, kNoon + absl::Seconds(60) - absl::Microseconds(1)).ok());
  EXPECT_TRUE(Take(grant, kNoon + absl::Seconds(60)).ok());
}

TEST_F(QuotasTest, AClockThatIsSetBackLocksNobodyOut) {
  const auth::Grant grant = GrantWithRequests(1);
  ASSERT_TRUE(Take(grant, kNoon).ok());
  EXPECT_TRUE(Take(grant, kNoon - absl::Hours(1)).ok());
}

TEST_F(QuotasTest, ARefusedRequestUsesNothingOfAnyQuota) {
  police_.requests_per_minute = 10;
  const auth::Grant grant = GrantWithRequests(1);
  ASSERT_TRUE(Take(grant, kNoon).ok());
  for (int i = 0; i < 20; ++i) ASSERT_FALSE(Take(grant, kNoon).ok());
  EXPECT_EQ(quotas_.OfClient(police_, kNoon).at(0).remaining(), 9);
}

TEST_F(QuotasTest, TheClientsOwnQuotaCountsWhateverTheAgreement) {
  police_.requests_per_minute = 2;
  ASSERT_TRUE(Take(GrantWithRequests(100), kNoon).ok());
  ASSERT_TRUE(Take(GrantWith({}), kNoon).ok());
  EXPECT_EQ(ReasonOf(Take(GrantWithRequests(100), kNoon)), v1::QUOTA_EXCEEDED);
}

TEST_F(QuotasTest, EachClientHasAMinuteOfItsOwn) {
  const auth::Grant grant = GrantWithRequests(1);
  ASSERT_TRUE(Take(grant, kNoon).ok());
  police_.client = "agencies/police/clients/analyst";
  EXPECT_TRUE(Take(grant, kNoon).ok());
}

TEST_F(QuotasTest, AStreamThatEndsGivesItsPlaceBack) {
  v1::Agreement::Quotas limits;
  limits.set_concurrent_streams(1);
  const auth::Grant grant = GrantWith(limits);
  ASSERT_TRUE(quotas_.OpenStream(police_, grant, standings_).ok());
  EXPECT_EQ(ReasonOf(quotas_.OpenStream(police_, grant, standings_)), v1::QUOTA_EXCEEDED);
  quotas_.CloseStream(police_, grant);
  EXPECT_TRUE(quotas_.OpenStream(police_, grant, standings_).ok());
}

TEST_F(QuotasTest, AnExtractThatFitsExactlyPassesAndOneRowMoreDoesNot) {
  const auth::Grant grant = GrantWithRows(100);
  EXPECT_EQ(ReasonOf(Extract(grant, 101, 101, kNoon)), v1::QUOTA_EXCEEDED);
  ASSERT_TRUE(Extract(grant, 100, 100, kNoon).ok());
  EXPECT_EQ(standings_[0].remaining(), 0);
  const absl::Status refused = Extract(grant, 1, 1, kNoon);
  EXPECT_EQ(ReasonOf(refused), v1::QUOTA_EXCEEDED);
  EXPECT_EQ(PayloadOf<google::rpc::RetryInfo>(refused)->retry_delay().seconds(), 12 * 3600);
  EXPECT_TRUE(Extract(grant, 100, 100, kNoon + absl::Hours(12)).ok());
}

TEST_F(QuotasTest, RowsThatWereNotSentAreGivenBack) {
  const auth::Grant grant = GrantWithRows(100);
  ASSERT_TRUE(Extract(grant, 100, 30, kNoon).ok());
  EXPECT_TRUE(Extract(grant, 70, 70, kNoon).ok());
  EXPECT_FALSE(Extract(grant, 1, 1, kNoon).ok());
}

TEST_F(QuotasTest, RowsOfADayOutliveARestart) {
  const auth::Grant grant = GrantWithRows(100);
  ASSERT_TRUE(Extract(grant, 60, 60, kNoon).ok());
  store_.reset();
  store_ = Must(store::OpenSqliteStore(folder_.Path("test.db")));
  EXPECT_FALSE(Extract(grant, 41, 41, kNoon).ok());
  const Standings standings =
      Must(quotas_.OfAgreement(police_, *grant.agreement(), kNoon, *store_));
  ASSERT_THAT(standings, SizeIs(1));
  EXPECT_EQ(standings[0].kind(), v1::QuotaStanding::EXTRACT_ROWS_PER_DAY);
  EXPECT_EQ(standings[0].remaining(), 40);
}

TEST_F(QuotasTest, ADayOfRowsIsADayInLondon) {
  const auth::Grant grant = GrantWithRows(10);
  // Summer time: midnight in London is 23:00 UTC.
  const absl::Time midnight = StartOf(absl::CivilDay(2018, 7, 2));
  ASSERT_EQ(midnight, absl::FromCivil(absl::CivilHour(2018, 7, 1, 23), absl::UTCTimeZone()));
  ASSERT_TRUE(Extract(grant, 10, 10, midnight - absl::Microseconds(1)).ok());
  EXPECT_TRUE(Extract(grant, 10, 10, midnight).ok());
}

}  // namespace
}  // namespace concordat::quota
