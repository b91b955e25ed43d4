// What an attacker knows: everything that is shown, the sums, what earlier releases
// said, and the true counts that its agencies hold.
#ifndef CONCORDAT_SERVER_DOMAIN_DISCLOSURE_KNOWLEDGE_H_
#define CONCORDAT_SERVER_DOMAIN_DISCLOSURE_KNOWLEDGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "server/domain/disclosure/model.h"
#include "server/domain/disclosure/profile.h"

namespace concordat::domain::disclosure {

// What agencies may be assumed to do with the counts that they hold.
enum class Pooling {
  // Against each count, all agencies that do not hold it put together what they know. That
  // they know it anyway is no reason to show it to others: each agency alone, and the
  // public, are attackers too.
  kPooled,
  // Each agency keeps what it holds to itself. The public, which holds nothing, is an
  // attacker too.
  kSeparate,
};

// For each figure of a model, whether it is shown.
using Shown = std::vector<bool>;

struct Attacker {
  // In words, for reports, such as `all agencies but agencies/blackpool`.
  std::string name;
  // For each variable: the attacker holds its true count.
  std::vector<bool> holds;
  // For each variable: it has to be kept from this attacker.
  std::vector<bool> is_kept_from;
  // One agency alone.
  bool is_one_agency = false;
  // The attacker has also been told, of every count, whether it is small: as if the
  // reasons for hiding were published. Reads `c` as 1 to 5 where that is so.
  bool knows_which_are_small = false;
};

// Numbers within their bounds that satisfy the constraints: the tables that the
// attacker has to hold possible. The true one is among them.
struct Knowledge {
  std::vector<Interval> bounds;
  std::vector<Constraint> constraints;
};

// Every attacker that the release is protected from, in a fixed order.
std::vector<Attacker> AttackersOf(const Model& model, Pooling pooling);

Knowledge KnowledgeOf(const Model& model, const Shown& shown, const Attacker& attacker);

// What a release of `shown` has to keep from an attacker: small counts, and hidden
// figures.
struct Target {
  int variable = 0;
  // How many different values have to stay possible. Five for 1 to 5; two against
  // an attacker that knows which counts are small.
  int64_t values_needed = 2;
};
std::vector<Target> TargetsOf(const Model& model, const Shown& shown, const Attacker& attacker);

}  // namespace concordat::domain::disclosure

#endif  // CONCORDAT_SERVER_DOMAIN_DISCLOSURE_KNOWLEDGE_H_
