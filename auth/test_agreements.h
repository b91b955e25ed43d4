// Agreements and grants for tests of the access rules, and of what stands on them.
#ifndef CONCORDAT_AUTH_TEST_AGREEMENTS_H_
#define CONCORDAT_AUTH_TEST_AGREEMENTS_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "auth/grant.h"
#include "auth/policy.h"
#include "auth/principal.h"
#include "base/civil_time.h"

namespace concordat::auth {

// `agreements/a`: from 2018 on, `agency` receives plans by it for `oversight`, with
// the role READER. It names no plan yet.
inline v1::Agreement SharingPlansWith(const std::string& agency) {
  v1::Agreement agreement;
  agreement.set_name("agreements/a");
  agreement.set_state(v1::Agreement::ACTIVE);
  *agreement.mutable_effective_from() = ToDate(absl::CivilDay(2018, 1, 1));
  v1::Agreement::Party& party = *agreement.add_parties();
  party.set_agency(agency);
  party.set_receives(true);
  agreement.add_purposes("oversight");
  agreement.add_roles(v1::READER);
  agreement.mutable_scope()->add_data_sets(v1::PLANS);
  return agreement;
}

// The rule of a method that reads plans.
inline v1::AccessRule ReadingPlans(v1::AccessRule::Basis basis = v1::AccessRule::AGREEMENT) {
  v1::AccessRule rule;
  rule.set_basis(basis);
  rule.set_data_set(v1::PLANS);
  rule.set_permission(v1::AccessRule::READ);
  return rule;
}

// The reader `{agency}/clients/feed`.
inline Principal ReaderOf(const std::string& agency) {
  Principal principal;
  principal.agency = agency;
  principal.client = agency + "/clients/feed";
  principal.roles = {v1::READER};
  return principal;
}

// What `policy` grants a reader of `agency` about `resource`, for `oversight`.
inline absl::StatusOr<Grant> ReadPlansAs(const Policy& policy, const std::string& agency,
                                         const std::string& resource, absl::Time now) {
  RequestFacts facts;
  facts.purpose = "oversight";
  facts.resource = resource;
  return policy.Authorise(ReaderOf(agency), ReadingPlans(), facts, now);
}

// What the agreement alone grants a reader of `agency`, about nothing in particular.
inline Grant GrantUnder(const v1::Agreement& agreement, const std::string& agency, absl::Time now) {
  Policy::Source source;
  source.agreements.push_back(agreement);
  return ReadPlansAs(Policy(source), agency, "", now).value();
}

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_TEST_AGREEMENTS_H_
