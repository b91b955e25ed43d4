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
  RetryNotice notice_{err_, /*is_terminal=*/false, [this] { return now_; }};
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

TEST_F(RetryNoticeTest, WipesTheProgressLineOfATerminal) {
  RetryNotice notice(err_, /*is_terminal=*/true, [this] { return now_ += absl::Seconds(2); });
  for (int i = 0; i < 3; ++i) notice.OnRetry(absl::UnavailableError("gone"));
  EXPECT_EQ(err_.str().find("\r\x1b[Kconcordat: gone"), 0U);
}

TEST_F(RetryNoticeTest, RetriesOfDifferentCallsDoNotAddUp) {
  for (int i = 0; i < 5; ++i) RetryAfter(absl::Seconds(30));
  EXPECT_EQ(err_.str(), "");
}

}  // namespace
}  // namespace concordat::cli
