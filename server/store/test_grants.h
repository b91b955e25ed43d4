// Grants for tests of the store and of what stands on it.
#ifndef CONCORDAT_SERVER_STORE_TEST_GRANTS_H_
#define CONCORDAT_SERVER_STORE_TEST_GRANTS_H_

#include <string>

#include "absl/time/time.h"
#include "auth/grant.h"
#include "auth/policy.h"
#include "auth/test_agreements.h"

namespace concordat::store {

inline const absl::Time kNoon = absl::FromUnixSeconds(1543579200);  // 2018-11-30T12:00:00Z

// A grant over the whole store.
inline auth::Grant Everything() { return auth::Policy({}).AuthoriseInitialisation().value(); }

// A grant of the police by the basis and role given, over the audit log.
inline auth::Grant OfPolice(v1::AccessRule::Basis basis, v1::Role role) {
  auth::Principal principal;
  principal.agency = "agencies/police";
  principal.roles = {role};
  v1::AccessRule rule;
  rule.set_basis(basis);
  rule.set_data_set(v1::AUDIT);
  rule.set_permission(v1::AccessRule::READ);
  if (basis == v1::AccessRule::ROLE) rule.add_roles(role);
  return auth::Policy({}).Authorise(principal, rule, {}, kNoon).value();
}

// A grant of the police under an agreement with this scope.
inline auth::Grant Over(const v1::Agreement::Scope& scope) {
  v1::Agreement agreement = auth::SharingPlansWith("agencies/police");
  *agreement.mutable_scope() = scope;
  agreement.mutable_scope()->add_data_sets(v1::PLANS);
  return auth::GrantUnder(agreement, "agencies/police", kNoon);
}

// The same over one plan, and one topic of it when `topic` is not empty.
inline auth::Grant OverPlan(const std::string& plan, const std::string& topic = "") {
  v1::Agreement::Scope scope;
  scope.add_plans(plan);
  if (!topic.empty()) scope.add_topics(topic);
  return Over(scope);
}

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_TEST_GRANTS_H_
