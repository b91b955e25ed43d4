#include "server/domain/disclosure/consistency.h"

#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "server/domain/disclosure/linear_program.h"

namespace concordat::domain::disclosure {
namespace {

constexpr double kTolerance = 1e-6;
// A share above 1 is given up before a sum is.
constexpr double kCostOfSum = 1;
constexpr double kCostOfShare = 0.1;

// Each sum and share may be off, at a cost. What is off at the least cost is left out.
class Search {
 public:
  explicit Search(const Table& table) : table_(table) {
    for (const Count& count : table_.counts) {
      const int column = count.availability == Availability::kNotAvailable
                             ? program_.AddColumn(0, static_cast<double>(kLargestCount), /*cost=*/0)
                             : -1;
      counts_[count.name] = {column, count.availability == Availability::kAvailable
                                         ? static_cast<double>(count.value)
                                         : 0};
      has_unknown_ = has_unknown_ || column >= 0;
    }
  }

  Contradictions Run() {
    for (size_t i = 0; i < table_.sums.size(); ++i) {
      Row row;
      for (const std::string& part : table_.sums[i].parts) Add(part, 1, row);
      Add(table_.sums[i].total, -1, row);
      if (!row.terms.empty()) {
        const int above = AddSlack(1, kCostOfSum, row);
        const int below = AddSlack(-1, kCostOfSum, row);
        program_.AddRow(row.terms, -row.known, -row.known);
        sum_slacks_.push_back({i, {above, below}});
      } else if (row.known != 0) {
        found_.sums.push_back(i);
      }
    }
    for (size_t i = 0; i < table_.ratios.size(); ++i) {
      const Ratio& ratio = table_.ratios[i];
      if (!ratio.is_share) continue;
      Row row;
      Add(ratio.denominator, 1, row);
      Add(ratio.numerator, -1, row);
      if (!row.terms.empty()) {
        const int above = AddSlack(1, kCostOfShare, row);
        program_.AddRow(row.terms, -row.known, kInfinity);
        share_slacks_.push_back({i, {above}});
      } else if (row.known < 0) {
        found_.shares.push_back(i);
      }
    }
    // Where nothing is found out the table stays as it is, and fails as a whole.
    if (has_unknown_ && program_.Minimise() == LinearProgram::Outcome::kOptimal) {
      TakeThoseOff(sum_slacks_, found_.sums);
      TakeThoseOff(share_slacks_, found_.shares);
    }
    return std::move(found_);
  }

 private:
  struct Place {
    // -1 for what is known.
    int column = -1;
    double value = 0;
  };
  struct Row {
    std::vector<std::pair<int, double>> terms;
    double known = 0;
  };
  struct Slack {
    // In the table.
    size_t place;
    std::vector<int> columns;
  };

  void Add(const std::string& name, double coefficient, Row& row) const {
    const Place& place = counts_.at(name);
    if (place.column >= 0) {
      row.terms.emplace_back(place.column, coefficient);
    } else {
      row.known += coefficient * place.value;
    }
  }

  int AddSlack(double coefficient, double cost, Row& row) {
    const int column = program_.AddColumn(0, kInfinity, cost);
    row.terms.emplace_back(column, coefficient);
    return column;
  }

  void TakeThoseOff(const std::vector<Slack>& slacks, std::vector<size_t>& found) const {
    for (const Slack& slack : slacks) {
      const bool is_off = absl::c_any_of(
          slack.columns, [&](int column) { return program_.ValueOf(column) > kTolerance; });
      if (is_off) found.push_back(slack.place);
    }
    absl::c_sort(found);
  }

  const Table& table_;
  LinearProgram program_;
  absl::flat_hash_map<std::string, Place> counts_;
  bool has_unknown_ = false;
  std::vector<Slack> sum_slacks_;
  std::vector<Slack> share_slacks_;
  Contradictions found_;
};

}  // namespace

Contradictions FindContradictions(const Table& table) { return Search(table).Run(); }

}  // namespace concordat::domain::disclosure
