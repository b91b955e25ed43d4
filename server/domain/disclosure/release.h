// Disclosure control of a release, from its table to what is shown.
#ifndef CONCORDAT_SERVER_DOMAIN_DISCLOSURE_RELEASE_H_
#define CONCORDAT_SERVER_DOMAIN_DISCLOSURE_RELEASE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/disclosure/audit.h"
#include "server/domain/disclosure/knowledge.h"
#include "server/domain/disclosure/model.h"
#include "server/domain/disclosure/table.h"

namespace concordat::domain::disclosure {

struct Options {
  Pooling pooling = Pooling::kPooled;
  // Linear programs that the choice of figures may solve. What is left then is hidden
  // without looking for the cheapest way: more is hidden, never less.
  int64_t most_solutions = 200'000;
  AuditLimits audit;
};

// What stands in a figure's place.
enum class Symbol {
  kValue,
  // `c`
  kConfidential,
  // `x`
  kNotAvailable,
  // `z`
  kNotApplicable,
  // `low`: not zero, but shown as zero after rounding.
  kLow,
};

// One count or ratio of the release.
struct ShownFigure {
  std::string name;
  Symbol symbol = Symbol::kValue;
  // With kValue: the count as it is shown, or the ratio times ten to its decimal
  // places. Else 0.
  int64_t value = 0;
  Reason reason = Reason::kShown;
  // With kComplementary: the count that it protects.
  std::string protects;
  // Of a hidden count: the least that is left to any attacker who knows what is
  // published.
  std::optional<Finding> narrowest;
};

// What protection cost.
struct Cost {
  int figures = 0;
  // Hidden by a profile's rule: a small count, or a ratio of one.
  int hidden_first = 0;
  int hidden_carried_over = 0;
  int hidden_complementary = 0;
  // Ratios that went with a count that is not small.
  int hidden_dependent = 0;
  // The sum of all published counts, and of those among them that are hidden.
  int64_t sum = 0;
  int64_t sum_hidden = 0;
};

struct ProtectedRelease {
  // Published counts, then published ratios, in the table's order.
  std::vector<ShownFigure> figures;
  // All that the audit looked at.
  std::vector<Finding> findings;
  Cost cost;
};

// Hides what has to be hidden, and audits it. The same table gives the same release.
// INVALID_ARGUMENT when the table is wrong; FAILED_PRECONDITION naming counts that can
// be derived even with everything hidden that can be, such as by what earlier releases
// showed or other agencies hold: these cannot be released by this rule.
absl::StatusOr<ProtectedRelease> Protect(const Table& table, const Options& options);

// The findings for a release in which exactly the figures in `hidden` are hidden, whoever
// chose them. INVALID_ARGUMENT when the table is wrong.
absl::StatusOr<std::vector<Finding>> AuditHidden(const Table& table,
                                                 const std::vector<std::string>& hidden,
                                                 const Options& options);

}  // namespace concordat::domain::disclosure

#endif  // CONCORDAT_SERVER_DOMAIN_DISCLOSURE_RELEASE_H_
