#include "server/domain/disclosure/knowledge.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace concordat::domain::disclosure {
namespace {

// Against a reader who has been told more than is published, a count must not be
// derived exactly.
constexpr int64_t kValuesNeededWhenTold = 2;

// There is nothing to count.
constexpr Interval kNone = {0, 0};

bool IsHolder(const Variable& variable, int agency) {
  return std::binary_search(variable.holders.begin(), variable.holders.end(), agency);
}

// Whether an agency that is none of `holders` holds it. Nobody holds what is not available: from
// its holders it need not be kept, and that is all.
bool OthersHold(const Variable& variable, const std::vector<int>& holders) {
  return variable.is_available && !std::includes(holders.begin(), holders.end(),
                                                 variable.holders.begin(), variable.holders.end());
}

// Adds the counts that sums of held counts give, such as a total of which the attacker
// holds every part. It owes those to no release, so they are not kept from it.
void AddOwnSums(const Model& model, Attacker& attacker) {
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    for (const Constraint& equation : model.equations) {
      int unknown = -1;
      int unknown_count = 0;
      for (const Term& term : equation.terms) {
        const size_t variable = static_cast<size_t>(term.variable);
        if (attacker.holds[variable] || model.variables[variable].known == kNone) continue;
        unknown = term.variable;
        ++unknown_count;
      }
      if (unknown_count != 1) continue;
      const size_t variable = static_cast<size_t>(unknown);
      const bool holds_any = std::any_of(
          equation.terms.begin(), equation.terms.end(),
          [&](const Term& term) { return attacker.holds[static_cast<size_t>(term.variable)]; });
      if (!holds_any) continue;
      attacker.holds[variable] = true;
      attacker.is_kept_from[variable] = false;
      has_changed = true;
    }
  }
}

// All agencies but `holders`, against the counts that these hold.
Attacker EverybodyBut(const Model& model, const std::vector<int>& holders) {
  Attacker attacker;
  std::vector<std::string> names;
  for (const int agency : holders) names.push_back(model.agencies[static_cast<size_t>(agency)]);
  attacker.name = names.empty() ? "all agencies"
                                : absl::StrCat("all agencies but ", absl::StrJoin(names, ", "));
  for (const Variable& variable : model.variables) {
    attacker.holds.push_back(OthersHold(variable, holders));
    attacker.is_kept_from.push_back(variable.holders == holders);
  }
  AddOwnSums(model, attacker);
  return attacker;
}

// One agency; the public for -1.
Attacker Alone(const Model& model, int agency) {
  Attacker attacker;
  attacker.name = agency < 0 ? "the public" : model.agencies[static_cast<size_t>(agency)];
  attacker.is_one_agency = agency >= 0;
  for (const Variable& variable : model.variables) {
    const bool is_holder = IsHolder(variable, agency);
    attacker.holds.push_back(is_holder && variable.is_available);
    attacker.is_kept_from.push_back(!is_holder);
  }
  AddOwnSums(model, attacker);
  return attacker;
}

// Who holds the same counts is one attacker.
void AddUnlessThere(Attacker attacker, std::vector<Attacker>& attackers) {
  for (Attacker& other : attackers) {
    if (other.holds != attacker.holds) continue;
    for (size_t i = 0; i < other.is_kept_from.size(); ++i) {
      if (attacker.is_kept_from[i]) other.is_kept_from[i] = true;
    }
    return;
  }
  attackers.push_back(std::move(attacker));
}

Interval BoundsOf(const Variable& variable) {
  if (variable.is_small) return {1, variable.minimum_shown - 1};
  return {variable.minimum_shown, kNoLimit};
}

}  // namespace

std::vector<Attacker> AttackersOf(const Model& model, Pooling pooling) {
  std::vector<Attacker> attackers;
  if (pooling == Pooling::kPooled) {
    absl::btree_set<std::vector<int>> owners;
    for (const Variable& variable : model.variables) owners.insert(variable.holders);
    for (const std::vector<int>& holders : owners) {
      attackers.push_back(EverybodyBut(model, holders));
    }
  }
  for (int agency = -1; agency < static_cast<int>(model.agencies.size()); ++agency) {
    AddUnlessThere(Alone(model, agency), attackers);
  }
  const size_t count = attackers.size();
  for (size_t i = 0; i < count; ++i) {
    Attacker told = attackers[i];
    told.name += ", told which counts are small";
    told.knows_which_are_small = true;
    attackers.push_back(std::move(told));
  }
  return attackers;
}

Knowledge KnowledgeOf(const Model& model, const Shown& shown, const Attacker& attacker) {
  Knowledge knowledge;
  knowledge.constraints = model.equations;
  knowledge.constraints.insert(knowledge.constraints.end(), model.facts.begin(), model.facts.end());
  for (size_t i = 0; i < model.variables.size(); ++i) {
    const Variable& variable = model.variables[i];
    Interval bounds = variable.known;
    if (attacker.knows_which_are_small && bounds.low > 0) {
      bounds = bounds.Within(BoundsOf(variable));
    }
    if (attacker.holds[i]) bounds = {variable.actual, variable.actual};
    knowledge.bounds.push_back(bounds);
  }
  for (size_t i = 0; i < model.figures.size(); ++i) {
    if (!shown[i]) continue;
    const Figure& figure = model.figures[i];
    for (const Lock& lock : figure.locks) {
      Interval& bounds = knowledge.bounds[static_cast<size_t>(lock.variable)];
      bounds = bounds.Within(lock.interval);
    }
    knowledge.constraints.insert(knowledge.constraints.end(), figure.constraints.begin(),
                                 figure.constraints.end());
  }
  return knowledge;
}

std::vector<Target> TargetsOf(const Model& model, const Shown& shown, const Attacker& attacker) {
  std::vector<Target> targets;
  for (size_t i = 0; i < model.variables.size(); ++i) {
    const Variable& variable = model.variables[i];
    const bool is_hidden = variable.was_hidden ||
                           (variable.figure >= 0 && !shown[static_cast<size_t>(variable.figure)]);
    if (!attacker.is_kept_from[i] || (!variable.is_small && !is_hidden)) continue;
    if (attacker.knows_which_are_small) {
      // Told that a count is not small, the reader learns of it what may be shown.
      if (!variable.is_small) continue;
      targets.push_back({static_cast<int>(i), kValuesNeededWhenTold});
    } else {
      targets.push_back({static_cast<int>(i), variable.values_needed});
    }
  }
  return targets;
}

}  // namespace concordat::domain::disclosure
