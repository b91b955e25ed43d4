// Linear and integer programs: all that this project knows of the solver.
#ifndef CONCORDAT_SERVER_DOMAIN_DISCLOSURE_LINEAR_PROGRAM_H_
#define CONCORDAT_SERVER_DOMAIN_DISCLOSURE_LINEAR_PROGRAM_H_

#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace concordat::domain::disclosure {

// No bound on that side.
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A linear program that is minimised again and again, with other bounds and costs:
// each solution starts from the one before. The same calls in the same order give
// the same answers, since all limits count work and none counts time. Nothing here
// throws. Not thread-safe; different programs may be used by different threads.
class LinearProgram {
 public:
  enum class Outcome {
    kOptimal,
    // No values satisfy all rows and bounds.
    kInfeasible,
    // The work limit was reached, the cost has no least value, or the numbers were
    // too bad. Nothing is known.
    kGaveUp,
  };

  LinearProgram();
  ~LinearProgram();
  LinearProgram(const LinearProgram&) = delete;
  LinearProgram& operator=(const LinearProgram&) = delete;

  // Columns and rows are added before the first solution. Returns the number of the
  // column, from 0.
  int AddColumn(double low, double high, double cost);
  // low <= the sum of coefficient × column <= high. Returns the row's number.
  int AddRow(const std::vector<std::pair<int, double>>& terms, double low, double high);

  void SetBounds(int column, double low, double high);
  void SetCost(int column, double cost);

  // Finds the values of least cost.
  Outcome Minimise();
  // Of the last solution that was kOptimal.
  double objective() const;
  double ValueOf(int column) const;

  // Whole numbers for all columns that satisfy rows and bounds, of no particular
  // cost. Looks at no more than `most_nodes` nodes of the search tree; after that,
  // kGaveUp. The values are read with ValueOf().
  Outcome FindWhole(int most_nodes);

 private:
  struct Solver;
  std::unique_ptr<Solver> solver_;
};

}  // namespace concordat::domain::disclosure

#endif  // CONCORDAT_SERVER_DOMAIN_DISCLOSURE_LINEAR_PROGRAM_H_
