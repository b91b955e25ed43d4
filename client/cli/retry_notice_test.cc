#include "client/cli/retry_notice.h"

#include <sstream>

#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

class RetryNoticeTest : public testing::Test {
 protected:
  void RetryAfter(absl::Duration wait) {
    now_ += wait;
    notice_.OnRetry(absl::UnavailableError("nothing listens\nthere"));
  }

  absl::Time now_ = absl::FromUnixSeconds(1526000000);
  std::ostringstream err_;
  RetryNotice notice_{err_, [this] { return now_; }};
};

TEST_F(RetryNoticeTest, SaysOnceThatItTriesAgainWhenItHasTriedForThreeSeconds) {
  for (int i = 0; i < 3; ++i) RetryAfter(absl::Seconds(1));
  EXPECT_EQ(err_.str(), "");
  RetryAfter(absl::Seconds(1));
  EXPECT_EQ(err_.str(),
            "concordat: nothing listens there\n"
            "It is tried again until the call's time is over; Ctrl-C ends it.\n");
  for (int i = 0; i < 100; ++i) RetryAfter(absl::Seconds(1));
  EXPECT_EQ(err_.str().find("concordat:", 1), std::string::npos);
}

TEST_F(RetryNoticeTest, RetriesOfDifferentCallsDoNotAddUp) {
  for (int i = 0; i < 5; ++i) RetryAfter(absl::Seconds(30));
  EXPECT_EQ(err_.str(), "");
}

}  // namespace
}  // namespace concordat::cli
