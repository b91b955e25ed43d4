#include "tests/bench/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace concordat::bench {
namespace {

using testing::HasSubstr;
using testing::Not;

Measurement Measured(double calls_per_second, double cpu) {
  Measurement measured;
  measured.calls_per_second = calls_per_second;
  measured.server_cpu_micros = cpu;
  return measured;
}

TEST(SpreadTest, MedianOfAnEvenNumberIsTheMeanOfTheMiddleTwo) {
  const Spread spread = SpreadOf({9, 1, 4, 2});
  EXPECT_EQ(spread.median, 3);
  EXPECT_EQ(spread.min, 1);
  EXPECT_EQ(spread.max, 9);
}

TEST(SpreadTest, MedianOfAnOddNumberIsTheMiddleOne) { EXPECT_EQ(SpreadOf({9, 1, 4}).median, 4); }

TEST(RoundsTest, RatiosAreTakenRoundByRound) {
  // The machine is twice as slow in the second round; the ratio stays 0.5.
  const Rounds rounds{64,
                      {Measured(1000, 50), Measured(500, 50), Measured(1000, 50)},
                      {Measured(500, 100), Measured(250, 75), Measured(500, 100)}};
  EXPECT_EQ(rounds.CallsRatio().median, 0.5);
  EXPECT_EQ(rounds.CallsRatio().min, 0.5);
  EXPECT_EQ(rounds.CpuRatio().median, 2);
  EXPECT_EQ(rounds.CpuRatio().min, 1.5);
}

TEST(RoundsTest, RealServerAloneHasNoRatio) {
  const Rounds rounds{16, {}, {Measured(500, 100)}};
  EXPECT_THAT(JsonLine(rounds), HasSubstr(R"("calls_per_second":{"median":500.0)"));
  EXPECT_THAT(JsonLine(rounds), Not(HasSubstr("ratio")));
  EXPECT_THAT(Table({rounds}), Not(HasSubstr("ratio")));
}

}  // namespace
}  // namespace concordat::bench
