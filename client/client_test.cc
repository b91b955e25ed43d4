#include "concordat/client.h"

#include <memory>
#include <string>
#include <vector>

#include "client/internal/retry.h"
#include "client/mocks/mock_connection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat {
namespace {

using ::testing::_;
using ::testing::Field;
using ::testing::Property;
using ::testing::Return;

TEST(ClientTest, ChangeWithoutARequestIdGetsAnotherOneEachTime) {
  auto connection = std::make_shared<MockConnection>();
  std::vector<std::string> ids;
  EXPECT_CALL(*connection, ApplyPlan(_, _))
      .Times(2)
      .WillRepeatedly([&](const auto&, const CallOptions& options) {
        ids.push_back(options.request_id);
        return v1::ApplyPlanResponse();
      });
  Client client(connection);
  ASSERT_TRUE(client.ApplyPlan({}).ok());
  ASSERT_TRUE(client.ApplyPlan({}).ok());
  EXPECT_EQ(ids[0].size(), 32u);
  EXPECT_NE(ids[0], ids[1]);
}

TEST(ClientTest, ChangeKeepsTheCallersRequestId) {
  auto connection = std::make_shared<MockConnection>();
  EXPECT_CALL(*connection, ImportRelease(_, Field(&CallOptions::request_id, "mine")))
      .WillOnce(Return(v1::ImportReleaseResponse()));
  EXPECT_TRUE(Client(connection).ImportRelease({}, {.request_id = "mine"}).ok());
}

TEST(ClientTest, ListAsksForEachPageWithTheSameRequestAndOptions) {
  auto connection = std::make_shared<MockConnection>();
  const auto is_mine = Field(&CallOptions::purpose, "improvement");
  v1::ListMeasuresResponse first;
  first.add_measures()->set_name("measures/a");
  first.set_next_page_token("next");
  v1::ListMeasuresResponse second;
  second.add_measures()->set_name("measures/b");
  ::testing::InSequence in_order;
  EXPECT_CALL(*connection, ListMeasures(AllOf(Property(&v1::ListMeasuresRequest::topic, "neglect"),
                                              Property(&v1::ListMeasuresRequest::page_token, "")),
                                        is_mine))
      .WillOnce(Return(first));
  EXPECT_CALL(*connection,
              ListMeasures(AllOf(Property(&v1::ListMeasuresRequest::topic, "neglect"),
                                 Property(&v1::ListMeasuresRequest::page_token, "next")),
                           is_mine))
      .WillOnce(Return(second));
  v1::ListMeasuresRequest request;
  request.set_topic("neglect");
  int count = 0;
  for (absl::StatusOr<v1::Measure>& measure :
       Client(connection).ListMeasures(request, {.purpose = "improvement"})) {
    ASSERT_TRUE(measure.ok());
    ++count;
  }
  EXPECT_EQ(count, 2);
}

// Runs attempts that fail with `status`; how many there were, and what was slept.
struct RetryRun {
  int attempts = 0;
  std::vector<absl::Duration> waits;
  absl::Status outcome;

  RetryRun(const absl::Status& status, bool may_repeat, absl::Time deadline, int succeed_at = 0) {
    outcome = internal::RunWithRetry(
        [&] { return ++attempts == succeed_at ? absl::OkStatus() : status; },
        [may_repeat] { return may_repeat; }, deadline,
        [this](const absl::Status& /*outcome*/, absl::Duration wait) { waits.push_back(wait); });
  }
};

TEST(RetryTest, LongestWaitDoublesUpToTwoSeconds) {
  const std::vector<int> milliseconds = {200, 400, 800, 1600, 2000, 2000};
  for (size_t i = 0; i < milliseconds.size(); ++i) {
    EXPECT_EQ(internal::LongestBackoff(static_cast<int>(i) + 1),
              absl::Milliseconds(milliseconds[i]));
  }
  EXPECT_EQ(internal::LongestBackoff(1000), absl::Seconds(2));
}

TEST(RetryTest, WaitsAreSpreadBetweenNothingAndTheLongest) {
  constexpr int kAttempts = 200;
  const RetryRun run(absl::UnavailableError("x"), true, absl::InfiniteFuture(), kAttempts);
  EXPECT_TRUE(run.outcome.ok());
  ASSERT_EQ(run.waits.size(), static_cast<size_t>(kAttempts) - 1);
  int short_ones = 0;
  for (size_t i = 0; i < run.waits.size(); ++i) {
    const absl::Duration longest = internal::LongestBackoff(static_cast<int>(i) + 1);
    EXPECT_GE(run.waits[i], absl::ZeroDuration());
    EXPECT_LE(run.waits[i], longest);
    if (run.waits[i] < longest / 2) ++short_ones;
  }
  EXPECT_GT(short_ones, kAttempts / 4);
  EXPECT_LT(short_ones, kAttempts * 3 / 4);
}

TEST(RetryTest, SuccessEndsTheRetries) {
  const RetryRun run(absl::UnavailableError("x"), true, absl::InfiniteFuture(), 2);
  EXPECT_EQ(run.attempts, 2);
  EXPECT_TRUE(run.outcome.ok());
}

TEST(RetryTest, OtherErrorsAreNotTriedAgain) {
  EXPECT_EQ(RetryRun(absl::AbortedError("x"), true, absl::InfiniteFuture()).attempts, 1);
  EXPECT_EQ(RetryRun(absl::DeadlineExceededError("x"), true, absl::InfiniteFuture()).attempts, 1);
}

TEST(RetryTest, CallThatIsNotSafeToRepeatIsTriedOnce) {
  EXPECT_EQ(RetryRun(absl::UnavailableError("x"), false, absl::InfiniteFuture()).attempts, 1);
}

TEST(RetryTest, NoWaitGoesPastTheDeadline) {
  const RetryRun run(absl::UnavailableError("x"), true, absl::Now() + absl::Milliseconds(50));
  EXPECT_EQ(run.attempts, 1);
  EXPECT_TRUE(run.waits.empty());
}

}  // namespace
}  // namespace concordat
