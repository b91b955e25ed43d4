#include "server/domain/disclosure/linear_program.h"

#include "gtest/gtest.h"

namespace concordat::domain::disclosure {
namespace {

using Outcome = LinearProgram::Outcome;

TEST(LinearProgramTest, FindsTheLeastCostAndGoesOnFromThereWithOtherBounds) {
  LinearProgram program;
  const int x = program.AddColumn(0, kInfinity, 1);
  const int y = program.AddColumn(0, kInfinity, 2);
  program.AddRow({{x, 1}, {y, 1}}, 10, 10);
  ASSERT_EQ(program.Minimise(), Outcome::kOptimal);
  EXPECT_DOUBLE_EQ(program.objective(), 10);
  EXPECT_DOUBLE_EQ(program.ValueOf(x), 10);

  program.SetBounds(x, 0, 4);
  ASSERT_EQ(program.Minimise(), Outcome::kOptimal);
  EXPECT_DOUBLE_EQ(program.ValueOf(y), 6);

  program.SetCost(x, 5);
  ASSERT_EQ(program.Minimise(), Outcome::kOptimal);
  EXPECT_DOUBLE_EQ(program.ValueOf(y), 10);
}

TEST(LinearProgramTest, SaysWhatIsInfeasibleAndWhatHasNoLeastCost) {
  LinearProgram program;
  const int x = program.AddColumn(0, 3, 1);
  const int y = program.AddColumn(0, kInfinity, 0);
  program.AddRow({{x, 1}}, 5, kInfinity);
  EXPECT_EQ(program.Minimise(), Outcome::kInfeasible);
  program.SetBounds(x, 0, 6);
  EXPECT_EQ(program.Minimise(), Outcome::kOptimal);
  program.SetCost(y, -1);
  EXPECT_EQ(program.Minimise(), Outcome::kGaveUp);
  program.SetBounds(y, 0, 1);
  EXPECT_EQ(program.Minimise(), Outcome::kOptimal);
}

TEST(LinearProgramTest, FindsWholeNumbersWhereThereAreAny) {
  LinearProgram program;
  const int x = program.AddColumn(0, 10, 0);
  const int y = program.AddColumn(0, 10, 0);
  program.AddRow({{x, 2}, {y, 3}}, 7, 7);
  ASSERT_EQ(program.FindWhole(100), Outcome::kOptimal);
  EXPECT_NEAR(program.ValueOf(x), 2, 1e-6);
  EXPECT_NEAR(program.ValueOf(y), 1, 1e-6);

  LinearProgram halves;
  const int z = halves.AddColumn(0, 10, 0);
  halves.AddRow({{z, 2}}, 3, 3);
  ASSERT_EQ(halves.Minimise(), Outcome::kOptimal);
  EXPECT_EQ(halves.FindWhole(100), Outcome::kInfeasible);
}

}  // namespace
}  // namespace concordat::domain::disclosure
