// The attacker audit: what can be derived from a release.
//
// It knows nothing of how figures were chosen. For each target it looks for two tables
// of whole numbers that agree with all that the attacker knows and differ in the target
// by what is needed. It checks these tables in exact arithmetic, so that "protected" is
// a proof, whatever rounding errors the solver makes.
#ifndef CONCORDAT_SERVER_DOMAIN_DISCLOSURE_AUDIT_H_
#define CONCORDAT_SERVER_DOMAIN_DISCLOSURE_AUDIT_H_

#include <string>
#include <vector>

#include "server/domain/disclosure/knowledge.h"
#include "server/domain/disclosure/model.h"
#include "server/domain/disclosure/profile.h"

namespace concordat::domain::disclosure {

struct AuditLimits {
  // Nodes of one search for whole numbers. What is not found within it counts as not
  // protected.
  int most_nodes = 200;
  // Finds the limits of every target. Otherwise `derivable` of a target that tables found
  // for others already prove protected is only what single constraints say.
  bool every_limit = true;
};

// What one attacker derives of one count.
struct Finding {
  int variable = 0;
  std::string name;
  std::string attacker;
  // No possible value lies outside, by linear programming; `high` is kNoLimit where
  // nothing bounds it.
  Interval derivable;
  // The lowest and highest value of a table that was found and checked; empty when
  // none was. The true limits lie between these and `derivable`.
  Interval proven = {1, 0};
  int64_t values_needed = 2;
  // proven.high - proven.low + 1 >= values_needed
  bool is_protected = false;
  // Not protected, and would not be if every figure were hidden. A small count is
  // marked so only against an attacker that knows which counts are small; what is
  // merely hidden to protect others, against any.
  bool is_unavoidable = false;
  // Not protected, and would not be without any release: the attacker's own counts and
  // what is public say as much.
  bool is_own = false;
};

// The findings for one attacker's targets, in their order.
std::vector<Finding> Audit(const Knowledge& knowledge, const std::vector<Target>& targets,
                           const AuditLimits& limits);

// The findings for all attackers: the release is protected when each is protected or
// unavoidable.
std::vector<Finding> AuditRelease(const Model& model, const Shown& shown,
                                  const std::vector<Attacker>& attackers,
                                  const AuditLimits& limits);

}  // namespace concordat::domain::disclosure

#endif  // CONCORDAT_SERVER_DOMAIN_DISCLOSURE_AUDIT_H_
