#include "server/domain/disclosure/linear_program.h"

#include <CbcModel.hpp>
#include <ClpSimplex.hpp>
#include <CoinError.hpp>
#include <CoinPackedMatrix.hpp>
#include <OsiClpSolverInterface.hpp>
#include <algorithm>
#include <cstddef>

namespace concordat::domain::disclosure {
namespace {

// Of one solution. Programs of this project take a few thousand at most.
constexpr int kMostIterations = 200'000;

double ForSolver(double bound) { return std::clamp(bound, -COIN_DBL_MAX, COIN_DBL_MAX); }

}  // namespace

struct LinearProgram::Solver {
  // Hands what was added to the solver.
  void Load() {
    if (is_loaded) return;
    const int column_count = static_cast<int>(column_low.size());
    CoinPackedMatrix matrix(/*colordered=*/false, row_of_term.data(), column_of_term.data(),
                            coefficients.data(), static_cast<CoinBigIndex>(coefficients.size()));
    matrix.setDimensions(static_cast<int>(row_low.size()), column_count);
    simplex.loadProblem(matrix, column_low.data(), column_high.data(), costs.data(), row_low.data(),
                        row_high.data());
    is_loaded = true;
  }

  ClpSimplex simplex;
  // What was added. The solver has a copy of its own from the first solution on.
  std::vector<double> column_low, column_high, costs, row_low, row_high, coefficients;
  std::vector<int> row_of_term, column_of_term;
  bool is_loaded = false;
  // A solution was asked for before, and the next starts from it.
  bool is_warm = false;
  std::vector<double> values;
};

LinearProgram::LinearProgram() : solver_(std::make_unique<Solver>()) {
  solver_->simplex.setLogLevel(0);
  solver_->simplex.setMaximumIterations(kMostIterations);
}

LinearProgram::~LinearProgram() = default;

int LinearProgram::AddColumn(double low, double high, double cost) {
  solver_->column_low.push_back(ForSolver(low));
  solver_->column_high.push_back(ForSolver(high));
  solver_->costs.push_back(cost);
  return static_cast<int>(solver_->costs.size()) - 1;
}

int LinearProgram::AddRow(const std::vector<std::pair<int, double>>& terms, double low,
                          double high) {
  const int row = static_cast<int>(solver_->row_low.size());
  solver_->row_low.push_back(ForSolver(low));
  solver_->row_high.push_back(ForSolver(high));
  for (const auto& [column, coefficient] : terms) {
    solver_->row_of_term.push_back(row);
    solver_->column_of_term.push_back(column);
    solver_->coefficients.push_back(coefficient);
  }
  return row;
}

void LinearProgram::SetBounds(int column, double low, double high) {
  solver_->Load();
  solver_->simplex.setColumnBounds(column, ForSolver(low), ForSolver(high));
}

void LinearProgram::SetCost(int column, double cost) {
  solver_->Load();
  solver_->simplex.setObjectiveCoefficient(column, cost);
}

LinearProgram::Outcome LinearProgram::Minimise() {
  try {
    solver_->Load();
    ClpSimplex& simplex = solver_->simplex;
    simplex.dual();
    if (simplex.status() == 1 && solver_->is_warm) {
      // What the warm start calls infeasible is asked once more, from the beginning.
      simplex.allSlackBasis(true);
      simplex.primal();
    }
    solver_->is_warm = true;
    if (simplex.isProvenPrimalInfeasible()) return Outcome::kInfeasible;
    if (!simplex.isProvenOptimal()) return Outcome::kGaveUp;
    const double* values = simplex.primalColumnSolution();
    solver_->values.assign(values, values + simplex.numberColumns());
    return Outcome::kOptimal;
  } catch (const CoinError&) {
    return Outcome::kGaveUp;
  }
}

double LinearProgram::objective() const { return solver_->simplex.objectiveValue(); }

double LinearProgram::ValueOf(int column) const {
  return solver_->values[static_cast<size_t>(column)];
}

LinearProgram::Outcome LinearProgram::FindWhole(int most_nodes) {
  try {
    solver_->Load();
    OsiClpSolverInterface linear(&solver_->simplex);
    for (int i = 0; i < linear.getNumCols(); ++i) linear.setInteger(i);
    CbcModel search(linear);
    search.setLogLevel(0);
    search.solver()->messageHandler()->setLogLevel(0);
    search.setMaximumNodes(most_nodes);
    search.setMaximumSolutions(1);
    // Any whole numbers will do: trying out both sides of each branch, which finds the
    // least cost in fewer nodes, takes four times as long (docs/performance.md).
    search.setNumberStrong(0);
    search.setNumberBeforeTrust(0);
    search.branchAndBound();
    if (search.bestSolution() == nullptr) {
      return search.isProvenInfeasible() ? Outcome::kInfeasible : Outcome::kGaveUp;
    }
    solver_->values.assign(search.bestSolution(), search.bestSolution() + linear.getNumCols());
    return Outcome::kOptimal;
  } catch (const CoinError&) {
    return Outcome::kGaveUp;
  }
}

}  // namespace concordat::domain::disclosure
