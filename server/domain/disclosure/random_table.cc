#include "server/domain/disclosure/random_table.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_join.h"

namespace concordat::domain::disclosure {
namespace {

// One of so many finest counts is revised.
constexpr int kRevisedOneIn = 8;
// One of so many counts is left out.
constexpr int kLeftOutOneIn = 12;

using Cell = std::vector<int>;

// Every combination of nodes, the last dimension fastest.
std::vector<Cell> CellsOf(const std::vector<Dimension>& dimensions) {
  std::vector<Cell> cells = {{}};
  for (const Dimension& dimension : dimensions) {
    std::vector<Cell> longer;
    for (const Cell& cell : cells) {
      for (size_t node = 0; node < dimension.parents.size(); ++node) {
        longer.push_back(cell);
        longer.back().push_back(static_cast<int>(node));
      }
    }
    cells = std::move(longer);
  }
  return cells;
}

size_t PlaceOf(const std::vector<Dimension>& dimensions, const Cell& cell) {
  size_t place = 0;
  for (size_t i = 0; i < cell.size(); ++i) {
    place = place * dimensions[i].parents.size() + static_cast<size_t>(cell[i]);
  }
  return place;
}

std::string NameOf(const Cell& cell) { return absl::StrJoin(cell, "."); }

bool IsFinest(const std::vector<Dimension>& dimensions, const Cell& cell) {
  for (size_t i = 0; i < cell.size(); ++i) {
    if (!dimensions[i].IsLeaf(cell[i])) return false;
  }
  return true;
}

int64_t FinestCount(std::mt19937_64& random) {
  const int64_t kind = Below(10, random);
  if (kind < 3) return 0;
  return kind < 7 ? 1 + Below(7, random) : 1 + Below(120, random);
}

// Adds the finest counts up, each dimension in turn, from the last node to the first:
// children come after their parents.
void SumUp(const std::vector<Dimension>& dimensions, Table& table) {
  const std::vector<Cell> cells = CellsOf(dimensions);
  for (size_t i = 0; i < cells.size(); ++i) {
    if (!IsFinest(dimensions, cells[i])) table.counts[i].value = 0;
  }
  for (size_t dimension = 0; dimension < dimensions.size(); ++dimension) {
    for (size_t i = cells.size(); i-- > 0;) {
      const int parent = dimensions[dimension].parents[static_cast<size_t>(cells[i][dimension])];
      if (parent < 0) continue;
      Cell above = cells[i];
      above[dimension] = parent;
      table.counts[PlaceOf(dimensions, above)].value += table.counts[i].value;
    }
  }
}

}  // namespace

bool Dimension::IsLeaf(int node) const {
  return std::find(parents.begin(), parents.end(), node) == parents.end();
}

Dimension FlatDimension(int leaves) {
  Dimension dimension = {{-1}};
  dimension.parents.resize(static_cast<size_t>(leaves) + 1, 0);
  return dimension;
}

Dimension RandomDimension(std::mt19937_64& random) {
  Dimension dimension = {{-1}};
  const int groups = 2 + static_cast<int>(Below(2, random));
  for (int i = 0; i < groups; ++i) dimension.parents.push_back(0);
  for (int i = 1; i <= groups; ++i) {
    const int64_t leaves = 2 + Below(2, random);
    for (int64_t j = 0; j < leaves; ++j) dimension.parents.push_back(i);
  }
  return dimension;
}

int64_t Below(int64_t limit, std::mt19937_64& random) {
  return static_cast<int64_t>(random() % static_cast<uint64_t>(limit));
}

Table RandomCube(const std::vector<Dimension>& dimensions, const Profile& profile,
                 std::mt19937_64& random) {
  Table table;
  const std::vector<Cell> cells = CellsOf(dimensions);
  for (const Cell& cell : cells) {
    Count& count = table.counts.emplace_back();
    count.name = NameOf(cell);
    count.profile = profile;
    if (IsFinest(dimensions, cell)) count.value = FinestCount(random);
  }
  SumUp(dimensions, table);
  for (const Cell& cell : cells) {
    for (size_t i = 0; i < dimensions.size(); ++i) {
      if (dimensions[i].IsLeaf(cell[i])) continue;
      Sum& sum = table.sums.emplace_back();
      sum.total = NameOf(cell);
      for (size_t node = 0; node < dimensions[i].parents.size(); ++node) {
        if (dimensions[i].parents[node] != cell[i]) continue;
        Cell part = cell;
        part[i] = static_cast<int>(node);
        sum.parts.push_back(NameOf(part));
      }
    }
  }
  return table;
}

void LeaveOut(Table& table, std::mt19937_64& random) {
  for (Count& count : table.counts) {
    if (Below(kLeftOutOneIn, random) == 0) count.availability = Availability::kNotAvailable;
  }
}

Table Revised(const std::vector<Dimension>& dimensions, const Table& table,
              std::mt19937_64& random) {
  Table revised = table;
  const std::vector<Cell> cells = CellsOf(dimensions);
  for (size_t i = 0; i < cells.size(); ++i) {
    if (!IsFinest(dimensions, cells[i]) || Below(kRevisedOneIn, random) != 0) continue;
    revised.counts[i].value =
        Below(2, random) == 0 ? FinestCount(random) : revised.counts[i].value + 1;
  }
  SumUp(dimensions, revised);
  return revised;
}

}  // namespace concordat::domain::disclosure
