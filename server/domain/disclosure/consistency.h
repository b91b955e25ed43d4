// Which sums of a table cannot hold together.
#ifndef CONCORDAT_SERVER_DOMAIN_DISCLOSURE_CONSISTENCY_H_
#define CONCORDAT_SERVER_DOMAIN_DISCLOSURE_CONSISTENCY_H_

#include <cstddef>
#include <vector>

#include "server/domain/disclosure/table.h"

namespace concordat::domain::disclosure {

struct Contradictions {
  // Places of sums in the table, ascending.
  std::vector<size_t> sums;
  // Places of ratios in the table that are no shares, ascending.
  std::vector<size_t> shares;

  friend bool operator==(const Contradictions&, const Contradictions&) = default;
};

// What to leave out so that all other sums hold, and no other share is above 1, with some
// counts in the place of those that are not available: what is off by as little as can be.
// Sums of which all counts are there are simply added up. The table need not pass
// Validate(), but names in it are those of its counts.
Contradictions FindContradictions(const Table& table);

}  // namespace concordat::domain::disclosure

#endif  // CONCORDAT_SERVER_DOMAIN_DISCLOSURE_CONSISTENCY_H_
