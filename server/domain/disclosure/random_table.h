// Tables with several hierarchies at once, for tests and measurements.
#ifndef CONCORDAT_SERVER_DOMAIN_DISCLOSURE_RANDOM_TABLE_H_
#define CONCORDAT_SERVER_DOMAIN_DISCLOSURE_RANDOM_TABLE_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "server/domain/disclosure/table.h"

namespace concordat::domain::disclosure {

// One dimension: node 0 is the whole; parents come before their children.
struct Dimension {
  std::vector<int> parents;

  bool IsLeaf(int node) const;
};

// The whole, and `leaves` parts of it.
Dimension FlatDimension(int leaves);
// The whole, two or three groups, two or three leaves in each.
Dimension RandomDimension(std::mt19937_64& random);

// A number from 0 to one below `limit`, the same on every machine.
int64_t Below(int64_t limit, std::mt19937_64& random);

// A count for every combination of nodes, and every sum along every dimension. Of the
// finest counts three in ten are zero, four in ten 1 to 7, the rest up to 120. All have
// the profile. Names are the nodes' numbers: `0.3.1`.
Table RandomCube(const std::vector<Dimension>& dimensions, const Profile& profile,
                 std::mt19937_64& random);

// Makes one count in twelve, wherever it stands, one that nobody sent. Its value stays,
// for the totals of a revision.
void LeaveOut(Table& table, std::mt19937_64& random);

// The table again after a revision: some finest counts have new values, and every
// total follows.
Table Revised(const std::vector<Dimension>& dimensions, const Table& table,
              std::mt19937_64& random);

}  // namespace concordat::domain::disclosure

#endif  // CONCORDAT_SERVER_DOMAIN_DISCLOSURE_RANDOM_TABLE_H_
