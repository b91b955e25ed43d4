// Which figures to hide so that the small ones are safe, at little cost.
//
// What it answers is a proposal: only the audit says whether it protects.
#ifndef CONCORDAT_SERVER_DOMAIN_DISCLOSURE_HIDING_H_
#define CONCORDAT_SERVER_DOMAIN_DISCLOSURE_HIDING_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "server/domain/disclosure/knowledge.h"
#include "server/domain/disclosure/model.h"

namespace concordat::domain::disclosure {

// For each figure, why it is hidden, and the variable that it protects; -1 unless the
// reason is kComplementary.
struct Hiding {
  std::vector<Reason> reasons;
  std::vector<int> protects;

  Shown ShownFigures() const;
};

// What the profiles, dependence and earlier releases hide, before anything is computed.
Hiding HideFirst(const Model& model);

// Hides a figure that can be hidden and is not, and its dependents. False when there is
// nothing to hide.
bool Hide(const Model& model, int figure, Reason reason, int protects, Hiding& hiding);

// Adds figures until each target of each attacker can move as far as is needed, by
// linear programming. Takes at most `most_solutions` solutions of linear programs;
// what is left then is hidden by HideAround without looking for the cheapest.
void HideComplements(const Model& model, const std::vector<Attacker>& attackers,
                     int64_t most_solutions, Hiding& hiding);

// A distance that reaches whatever constraints tie to the variable.
inline constexpr int kEverywhere = std::numeric_limits<int>::max();

// Hides everything within `distance` constraints of the variable. Returns how many
// figures that were.
int HideAround(const Model& model, int variable, int distance, Hiding& hiding);

}  // namespace concordat::domain::disclosure

#endif  // CONCORDAT_SERVER_DOMAIN_DISCLOSURE_HIDING_H_
