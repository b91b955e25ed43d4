#include "server/domain/rounding.h"

#include "gtest/gtest.h"

namespace concordat::domain {
namespace {

TEST(RoundingTest, AHalfIsRoundedAwayFromZeroAlsoWhereItIsNotExactInBinary) {
  EXPECT_EQ(RoundHalfUp(0.285 * 100, 0), 29);
  EXPECT_EQ(RoundHalfUp(12.25, 1), 12.3);
  EXPECT_EQ(RoundHalfUp(1.005, 2), 1.01);
  EXPECT_EQ(RoundHalfUp(-2.5, 0), -3);
  EXPECT_EQ(RoundHalfUp(2.4999, 0), 2);
}

}  // namespace
}  // namespace concordat::domain
