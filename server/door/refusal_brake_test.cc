#include "server/door/refusal_brake.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace concordat::door {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr RefusalBrake::Moment kStart{std::chrono::hours(100)};

class RefusalBrakeTest : public ::testing::Test {
 protected:
  // Three at once, then ten a second.
  RefusalBrake brake_{3, 10};

  void UseUpBurst(RefusalBrake::Moment now) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(brake_.Take("flood", now).delay, RefusalBrake::Duration::zero()) << i;
    }
  }
};

TEST_F(RefusalBrakeTest, ABurstIsNotSlowed) { UseUpBurst(kStart); }

TEST_F(RefusalBrakeTest, EachRefusalBeyondTheBurstWaitsOneTurnMore) {
  UseUpBurst(kStart);
  EXPECT_EQ(brake_.DelayOf("flood", kStart), milliseconds(100));
  EXPECT_EQ(brake_.Take("flood", kStart).delay, milliseconds(100));
  EXPECT_EQ(brake_.Take("flood", kStart).delay, milliseconds(200));
  EXPECT_EQ(brake_.DelayOf("flood", kStart), milliseconds(300));
}

TEST_F(RefusalBrakeTest, OneFloodSlowsNobodyElse) {
  UseUpBurst(kStart);
  EXPECT_EQ(brake_.Take("other", kStart).delay, RefusalBrake::Duration::zero());
  EXPECT_EQ(brake_.DelayOf("third", kStart), RefusalBrake::Duration::zero());
}

TEST_F(RefusalBrakeTest, TheBurstIsWholeAgainAfterItsLength) {
  UseUpBurst(kStart);
  UseUpBurst(kStart + milliseconds(300));
}

TEST_F(RefusalBrakeTest, WhatWouldWaitTooLongHasItsConnectionClosedAndStandsInNoLine) {
  UseUpBurst(kStart);
  for (int i = 1; i <= 50; ++i) EXPECT_FALSE(brake_.Take("flood", kStart).close) << i;
  for (int i = 0; i < 1000; ++i) {
    const RefusalBrake::Verdict verdict = brake_.Take("flood", kStart);
    EXPECT_TRUE(verdict.close);
    EXPECT_EQ(verdict.delay, seconds(5));
  }
  // All who wait have left in five seconds, however many came.
  EXPECT_EQ(brake_.Take("flood", kStart + seconds(5)).delay, milliseconds(100));
}

TEST_F(RefusalBrakeTest, ManyCalmCallersAreForgottenAndAFloodIsNot) {
  UseUpBurst(kStart);
  for (int i = 0; i < 20000; ++i) brake_.Take(absl::StrCat("caller", i), kStart + milliseconds(10));
  EXPECT_GT(brake_.DelayOf("flood", kStart + milliseconds(10)), RefusalBrake::Duration::zero());
  for (int i = 0; i < 20000; ++i) brake_.Take(absl::StrCat("late", i), kStart + seconds(60));
  EXPECT_EQ(brake_.DelayOf("flood", kStart + seconds(60)), RefusalBrake::Duration::zero());
}

}  // namespace
}  // namespace concordat::door
