#include "server/door/calls_in_hand.h"

#include <atomic>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace concordat::door {
namespace {

class TestCall final : public CallsInHand::Member {
 public:
  void EndIfLate(CallsInHand::Moment /*now*/) override { ++looks_; }
  int looks() const { return looks_.load(); }

 private:
  std::atomic<int> looks_{0};
};

TEST(CallsInHandTest, CallsBeyondTheMostAreBusyUntilOneEnds) {
  CallsInHand calls(2, 2);
  TestCall first;
  TestCall second;
  TestCall third;
  EXPECT_TRUE(calls.Add(first, "a").ok());
  EXPECT_TRUE(calls.Add(second, "b").ok());
  EXPECT_EQ(ReasonOf(calls.Add(third, "c")), v1::SERVER_BUSY);
  // Refused, but in hand until its refusal was sent.
  EXPECT_EQ(calls.size(), 3);
  calls.Remove(third, "c");
  calls.Remove(first, "a");
  EXPECT_TRUE(calls.Add(third, "c").ok());
  calls.Remove(third, "c");
  calls.Remove(second, "b");
  EXPECT_EQ(calls.size(), 0);
}

TEST(CallsInHandTest, OneCertificateCannotTakeAllPlaces) {
  CallsInHand calls(10, 2);
  std::vector<TestCall> greedy(3);
  EXPECT_TRUE(calls.Add(greedy[0], "greedy").ok());
  EXPECT_TRUE(calls.Add(greedy[1], "greedy").ok());
  EXPECT_EQ(ReasonOf(calls.Add(greedy[2], "greedy")), v1::SERVER_BUSY);
  TestCall other;
  EXPECT_TRUE(calls.Add(other, "other").ok());
  calls.Remove(greedy[2], "greedy");
  calls.Remove(greedy[1], "greedy");
  EXPECT_TRUE(calls.Add(greedy[1], "greedy").ok());
  for (TestCall* call : {&greedy[0], &greedy[1]}) calls.Remove(*call, "greedy");
  calls.Remove(other, "other");
}

TEST(CallsInHandTest, TheWatchLooksAtACallUntilItIsRemoved) {
  CallsInHand calls(10, 10);
  TestCall call;
  ASSERT_TRUE(calls.Add(call, "").ok());
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (call.looks() < 2 && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(5));
  calls.Remove(call, "");
  const int looks = call.looks();
  EXPECT_GE(looks, 2);
  absl::SleepFor(absl::Milliseconds(250));
  EXPECT_EQ(call.looks(), looks);
}

TEST(CallsInHandTest, TheEndOfTheLastCallIsAwaited) {
  CallsInHand calls(10, 10);
  TestCall call;
  ASSERT_TRUE(calls.Add(call, "").ok());
  std::atomic<bool> removed{false};
  std::thread other([&] {
    absl::SleepFor(absl::Milliseconds(20));
    removed = true;
    calls.Remove(call, "");
  });
  calls.AwaitNone();
  EXPECT_TRUE(removed);
  other.join();
}

}  // namespace
}  // namespace concordat::door
