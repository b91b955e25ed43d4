#include "server/domain/disclosure/profile.h"

#include "gtest/gtest.h"

namespace concordat::domain::disclosure {
namespace {

TEST(ProfileTest, DfeHidesOneToFiveAndNothingElse) {
  for (int64_t count = 0; count < 20; ++count) {
    EXPECT_EQ(IsSmall(kDfeChildren, count), count >= 1 && count <= 5) << count;
    EXPECT_EQ(IsSmall(kNhsHospital, count), count >= 1 && count <= 7) << count;
    EXPECT_FALSE(IsSmall(kAlreadyPublic, count)) << count;
  }
}

TEST(ProfileTest, AsManyValuesAreNeededAsTheRuleHidesAndAtLeastTwo) {
  EXPECT_EQ(ValuesNeeded(kDfeChildren), 5);
  EXPECT_EQ(ValuesNeeded(kNhsHospital), 7);
  EXPECT_EQ(ValuesNeeded({2, 1, false}), 2);
}

TEST(ProfileTest, HalvesAreRoundedUpAlsoWhereBankersRoundingGoesDown) {
  EXPECT_EQ(RoundHalfUp(25, 10), 30);
  EXPECT_EQ(RoundHalfUp(5, 10), 10);
  EXPECT_EQ(RoundHalfUp(4, 10), 0);
  EXPECT_EQ(RoundHalfUp(12, 5), 10);
  EXPECT_EQ(RoundHalfUp(13, 5), 15);
  EXPECT_EQ(RoundHalfUp(17, 1), 17);
}

TEST(ProfileTest, AReaderOfARoundedCountLearnsExactlyWhatRoundsToIt) {
  for (const Profile& profile : {kNhsHospital, Profile{3, 10, false}, kDfeChildren}) {
    for (int64_t count = profile.minimum_shown; count < 100; ++count) {
      const Interval interval = ShownInterval(profile, count);
      for (int64_t other = 0; other < 120; ++other) {
        const bool looks_the_same =
            other >= profile.minimum_shown &&
            RoundHalfUp(other, profile.rounding_base) == RoundHalfUp(count, profile.rounding_base);
        EXPECT_EQ(interval.Contains(other), looks_the_same) << count << " " << other;
      }
    }
  }
}

}  // namespace
}  // namespace concordat::domain::disclosure
