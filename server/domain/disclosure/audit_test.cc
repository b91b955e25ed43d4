#include "server/domain/disclosure/audit.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/domain/disclosure/random_table.h"
#include "server/domain/disclosure/release.h"

namespace concordat::domain::disclosure {
namespace {

constexpr char kPublic[] = "all agencies";

// What the reader of the public figures derives of one count.
Finding FindingOf(const std::vector<Finding>& findings, const std::string& name) {
  for (const Finding& finding : findings) {
    if (finding.name == name && finding.attacker == kPublic) return finding;
  }
  ADD_FAILURE() << "nothing was found about " << name;
  return {};
}

std::vector<Finding> MustAudit(const Table& table, const std::vector<std::string>& hidden) {
  auto findings = AuditHidden(table, hidden, {});
  EXPECT_TRUE(findings.ok()) << findings.status();
  return findings.ok() ? *std::move(findings) : std::vector<Finding>();
}

// A table whose sums an exhaustive search can try out: rows and columns of a grid.
class Grid {
 public:
  Grid(int rows, int columns, std::mt19937_64& random) {
    for (int i = 0; i < rows * columns; ++i) values_.push_back(Below(7, random));
    rows_ = rows;
    columns_ = columns;
  }

  // Cell (row, column); the totals are row -1, column -1.
  static std::string Name(int row, int column) {
    return std::to_string(row) + "," + std::to_string(column);
  }

  int64_t Value(const std::vector<int64_t>& values, int row, int column) const {
    int64_t sum = 0;
    for (int i = 0; i < rows_; ++i) {
      for (int j = 0; j < columns_; ++j) {
        if ((row < 0 || row == i) && (column < 0 || column == j)) {
          sum += values[static_cast<size_t>(i * columns_ + j)];
        }
      }
    }
    return sum;
  }

  Table AsTable() const {
    Table table;
    for (int i = -1; i < rows_; ++i) {
      for (int j = -1; j < columns_; ++j) {
        table.counts.push_back({.name = Name(i, j), .value = Value(values_, i, j)});
        Sum down = {Name(-1, j), {}};
        if (i < 0) {
          for (int k = 0; k < rows_; ++k) down.parts.push_back(Name(k, j));
          table.sums.push_back(down);
        }
        Sum along = {Name(i, -1), {}};
        if (j < 0) {
          for (int k = 0; k < columns_; ++k) along.parts.push_back(Name(i, k));
          table.sums.push_back(along);
        }
      }
    }
    return table;
  }

  // Tries every grid that looks the same to a reader, and notes each hidden cell's
  // lowest and highest value.
  std::map<std::string, Interval> Oracle(const std::set<std::string>& hidden) const {
    std::map<std::string, Interval> seen;
    std::vector<int64_t> guess = values_;
    Guess(0, hidden, guess, seen);
    return seen;
  }

  int rows() const { return rows_; }
  int columns() const { return columns_; }

 private:
  bool LooksTheSame(const std::set<std::string>& hidden, const std::vector<int64_t>& guess) const {
    for (int i = -1; i < rows_; ++i) {
      for (int j = -1; j < columns_; ++j) {
        const int64_t actual = Value(values_, i, j);
        const int64_t guessed = Value(guess, i, j);
        if (hidden.contains(Name(i, j)) ? guessed < 1 : guessed != actual) return false;
      }
    }
    return true;
  }

  void Guess(int place, const std::set<std::string>& hidden, std::vector<int64_t>& guess,
             std::map<std::string, Interval>& seen) const {
    if (place == rows_ * columns_) {
      if (!LooksTheSame(hidden, guess)) return;
      for (const std::string& name : hidden) {
        const size_t comma = name.find(',');
        const int64_t value =
            Value(guess, std::stoi(name.substr(0, comma)), std::stoi(name.substr(comma + 1)));
        const auto [entry, is_new] = seen.emplace(name, Interval{value, value});
        if (!is_new) {
          entry->second = {std::min(entry->second.low, value), std::max(entry->second.high, value)};
        }
      }
      return;
    }
    const int row = place / columns_;
    const int column = place % columns_;
    int64_t& value = guess[static_cast<size_t>(place)];
    const int64_t actual = value;
    if (hidden.contains(Name(row, column))) {
      // The grand total is shown, so nothing exceeds it.
      int64_t room = Value(values_, -1, -1);
      for (int i = 0; i < place; ++i) room -= guess[static_cast<size_t>(i)];
      for (value = 1; value <= room; ++value) Guess(place + 1, hidden, guess, seen);
      value = actual;
    } else {
      Guess(place + 1, hidden, guess, seen);
    }
  }

  int rows_;
  int columns_;
  std::vector<int64_t> values_;
};

TEST(AuditTest, AgreesWithAnExhaustiveSearchWhateverIsHidden) {
  std::mt19937_64 random(5);
  int protected_count = 0;
  int exposed_count = 0;
  for (int run = 0; run < 60; ++run) {
    SCOPED_TRACE(run);
    const Grid grid(2 + static_cast<int>(Below(2, random)), 3, random);
    std::vector<std::string> hidden;
    int inner = 0;
    for (int i = -1; i < grid.rows(); ++i) {
      for (int j = -1; j < grid.columns(); ++j) {
        if ((i < 0 && j < 0) || Below(2, random) == 0) continue;
        const Table table = grid.AsTable();
        const auto count = std::find_if(table.counts.begin(), table.counts.end(),
                                        [&](const Count& c) { return c.name == Grid::Name(i, j); });
        if (count->value == 0 || (i >= 0 && j >= 0 && ++inner > 5)) continue;
        hidden.push_back(count->name);
      }
    }
    const auto truth = grid.Oracle({hidden.begin(), hidden.end()});
    const std::vector<Finding> findings = MustAudit(grid.AsTable(), hidden);
    for (const std::string& name : hidden) {
      SCOPED_TRACE(name);
      const Finding finding = FindingOf(findings, name);
      const Interval& actual = truth.at(name);
      EXPECT_LE(finding.derivable.low, actual.low);
      EXPECT_GE(finding.derivable.high, actual.high);
      EXPECT_GE(finding.proven.low, actual.low);
      EXPECT_LE(finding.proven.high, actual.high);
      EXPECT_EQ(finding.is_protected, actual.high - actual.low + 1 >= finding.values_needed);
      ++(finding.is_protected ? protected_count : exposed_count);
    }
  }
  // Both verdicts were put to the test.
  EXPECT_GT(protected_count, 20);
  EXPECT_GT(exposed_count, 20);
}

TEST(AuditTest, HidingSmallCountsAloneIsCaught) {
  Table table;
  table.counts = {{.name = "burnley", .value = 3},
                  {.name = "pendle", .value = 20},
                  {.name = "county", .value = 23}};
  table.sums = {{"county", {"burnley", "pendle"}}};
  const Finding finding = FindingOf(MustAudit(table, {"burnley"}), "burnley");
  EXPECT_FALSE(finding.is_protected);
  EXPECT_EQ(finding.derivable, (Interval{3, 3}));

  EXPECT_TRUE(FindingOf(MustAudit(table, {"burnley", "pendle"}), "burnley").is_protected);
}

TEST(AuditTest, HidingSmallCountsAloneIsCaughtInNearlyEveryRandomTable) {
  std::mt19937_64 random(11);
  int caught = 0;
  for (int run = 0; run < 30; ++run) {
    const Table table =
        RandomCube({RandomDimension(random), RandomDimension(random)}, kDfeChildren, random);
    std::vector<std::string> small;
    for (const Count& count : table.counts) {
      if (IsSmall(count.profile, count.value)) small.push_back(count.name);
    }
    const std::vector<Finding> findings = MustAudit(table, small);
    caught += std::any_of(findings.begin(), findings.end(),
                          [](const Finding& f) { return !f.is_protected && !f.is_unavoidable; });
  }
  EXPECT_GE(caught, 29);
}

TEST(AuditTest, TwoFivesThatAddUpToTenAreExactForWhoKnowsThatBothAreSmall) {
  Table table;
  table.counts = {{.name = "a", .value = 5}, {.name = "b", .value = 5}, {.name = "t", .value = 10}};
  table.sums = {{"t", {"a", "b"}}};
  const std::vector<Finding> findings = MustAudit(table, {"a", "b"});
  EXPECT_TRUE(FindingOf(findings, "a").is_protected);
  const auto told = std::find_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.name == "a" && finding.attacker != kPublic;
  });
  ASSERT_NE(told, findings.end());
  EXPECT_FALSE(told->is_protected);
  EXPECT_FALSE(told->is_unavoidable);
  EXPECT_EQ(told->derivable, (Interval{5, 5}));
}

TEST(AuditTest, WholeNumbersCountWhereFractionsWouldSuggestRoom) {
  // 2x + 2y = z with z from 5 to 6 has the one solution z = 6, x + y = 3.
  Knowledge knowledge;
  knowledge.bounds = {{1, 2}, {1, 2}, {5, 6}};
  knowledge.constraints = {{{{0, 2}, {1, 2}, {2, -1}}, 0, 0}};
  const std::vector<Finding> findings = Audit(knowledge, {{0, 2}, {2, 2}}, {});
  EXPECT_TRUE(findings[0].is_protected);
  EXPECT_FALSE(findings[1].is_protected);
  EXPECT_EQ(findings[1].proven, (Interval{6, 6}));
}

TEST(AuditTest, WhatNothingBoundsHasNoUpperLimit) {
  Table table;
  table.counts = {{.name = "a", .value = 5}, {.name = "b", .value = 9}, {.name = "t", .value = 14}};
  table.sums = {{"t", {"a", "b"}}};
  const Finding finding = FindingOf(MustAudit(table, {"a", "t"}), "a");
  EXPECT_EQ(finding.derivable, (Interval{1, kNoLimit}));
  EXPECT_TRUE(finding.is_protected);
}

}  // namespace
}  // namespace concordat::domain::disclosure
