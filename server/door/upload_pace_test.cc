#include "server/door/upload_pace.h"

#include "gtest/gtest.h"

namespace concordat::door {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr UploadPace::Moment kStart{std::chrono::hours(100)};
constexpr UploadPace::Duration kNone = UploadPace::Duration::zero();

TEST(UploadPaceTest, TheFirstStepDoesNotWait) {
  UploadPace pace;
  EXPECT_EQ(pace.RestAt(kStart), kNone);
  pace.End(kStart);
  EXPECT_EQ(pace.RestAt(kStart), kNone);
}

TEST(UploadPaceTest, RestsThreeTimesAsLongAsItWorked) {
  UploadPace pace;
  pace.Begin(kStart);
  const UploadPace::Moment end = kStart + microseconds(700);
  pace.End(end);
  EXPECT_EQ(pace.RestAt(end), microseconds(2100));
  EXPECT_EQ(pace.RestAt(end + microseconds(2000)), microseconds(100));
}

TEST(UploadPaceTest, ASlowSenderIsNotMadeSlower) {
  UploadPace pace;
  pace.Begin(kStart);
  pace.End(kStart + milliseconds(1));
  EXPECT_EQ(pace.RestAt(kStart + milliseconds(4)), kNone);
  EXPECT_EQ(pace.RestAt(kStart + seconds(4)), kNone);
}

TEST(UploadPaceTest, AStepIsRestedForOnce) {
  UploadPace pace;
  pace.Begin(kStart);
  pace.End(kStart + milliseconds(1));
  // A message was read, and needed no step.
  pace.End(kStart + milliseconds(6));
  EXPECT_EQ(pace.RestAt(kStart + milliseconds(6)), kNone);
}

TEST(UploadPaceTest, StepsThatTakeLongDoNotStopTheUpload) {
  UploadPace pace;
  pace.Begin(kStart);
  pace.End(kStart + seconds(30));
  EXPECT_EQ(pace.RestAt(kStart + seconds(30)), UploadPace::kLongestRest);
}

}  // namespace
}  // namespace concordat::door
