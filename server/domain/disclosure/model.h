// The equation system behind a release: what is true, what each figure says to its
// reader, and what everybody knows anyway. Hiding and the audit both read it, and
// share nothing else.
#ifndef CONCORDAT_SERVER_DOMAIN_DISCLOSURE_MODEL_H_
#define CONCORDAT_SERVER_DOMAIN_DISCLOSURE_MODEL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/domain/disclosure/profile.h"
#include "server/domain/disclosure/table.h"

namespace concordat::domain::disclosure {

// Why a figure is hidden.
enum class Reason {
  kShown,
  // The profile's rule: the count is small.
  kSmall,
  // A ratio of a small count.
  kSmallPart,
  // A ratio whose rest, denominator − numerator, is small.
  kSmallRest,
  // A ratio of a count that is hidden for another reason.
  kDependent,
  // An earlier release hid it.
  kCarriedOver,
  // It protects another figure.
  kComplementary,
};

struct Term {
  int variable = 0;
  int64_t coefficient = 0;
};

// low <= the sum of coefficient × variable <= high; kNoLimit for no upper side.
struct Constraint {
  std::vector<Term> terms;
  int64_t low = 0;
  int64_t high = 0;
};

// A count, published or not, or what is left of a share's denominator.
struct Variable {
  std::string name;
  // The true count. Of one that is not available: a value that fits the sums.
  int64_t actual = 0;
  // False for what nobody has said, and for what is left of such a count.
  bool is_available = true;
  // What everybody knows, whatever this release hides: whether it is zero (an
  // assumption that favours the attacker), and what earlier releases said.
  Interval known;
  // Everybody knows it without any release, such as a population.
  bool is_public = false;
  // From 1 to one below the profile's minimum, so to be protected even when no
  // figure of the release states it. Of one that is not available: it may be, and the
  // true counts of all others leave it fewer values than it needs.
  bool is_small = false;
  // An earlier release hid it. It stays protected.
  bool was_hidden = false;
  int64_t minimum_shown = 0;
  int64_t values_needed = 2;
  // Agencies that know the true count, by number, ascending.
  std::vector<int> holders;
  // The figure that states it; -1 when none does.
  int figure = -1;
};

// A figure that is shown says that a variable lies in an interval.
struct Lock {
  int variable = 0;
  Interval interval;
};

// A count or ratio of the release.
struct Figure {
  std::string name;
  // The count's or ratio's place in the table.
  int index = 0;
  bool is_ratio = false;
  // What it says when it is shown.
  std::vector<Lock> locks;
  std::vector<Constraint> constraints;
  // What hiding it costs, at least 1.
  int64_t cost = 1;
  // Hiding it would keep something from somebody.
  bool can_be_hidden = false;
  // Why it is hidden before anything is computed, or kShown.
  Reason first_reason = Reason::kShown;
  // Ratios, by figure, that are hidden when this count is.
  std::vector<int> dependents;
};

struct Model {
  std::vector<Variable> variables;
  // Sums, and numerator + rest = denominator.
  std::vector<Constraint> equations;
  // What earlier releases said by ratios.
  std::vector<Constraint> facts;
  // Published counts in the table's order, then published ratios.
  std::vector<Figure> figures;
  std::vector<std::string> agencies;
};

// Validates the table and numbers it. Counts are the first variables, in the table's
// order. INVALID_ARGUMENT when the table is wrong, or when no whole numbers in the
// place of what is not available satisfy the sums.
absl::StatusOr<Model> BuildModel(const Table& table);

// numerator × per × 10^decimals ÷ denominator, rounded half up to a whole number.
int64_t ScaledRatio(int64_t numerator, int64_t denominator, int64_t per, int decimals);

// Whether the values satisfy the constraint, computed exactly.
bool IsSatisfied(const Constraint& constraint, const std::vector<int64_t>& values);

}  // namespace concordat::domain::disclosure

#endif  // CONCORDAT_SERVER_DOMAIN_DISCLOSURE_MODEL_H_
