// How a plan stands: its actions, counted.
#ifndef CONCORDAT_SERVER_DOMAIN_PLAN_STATUS_H_
#define CONCORDAT_SERVER_DOMAIN_PLAN_STATUS_H_

#include <vector>

#include "absl/time/civil_time.h"
#include "concordat/v1/plan.pb.h"

namespace concordat::domain {

// Counts `actions`, whose `rag` and `overdue` were computed for the day `on`.
// Actions that are `removed` do not count. `as_of` and the titles of agencies
// are left to the caller, who knows them.
//
// Every theme and recommendation of the plan has a group, in printed order, also
// with no action in it; one that the plan does not have but an action names
// comes after them, without a title, so that themes always sum to the total.
// Every status has a group, in the order of the enumeration. Agencies are those
// that lead, by identifier. An action that names an agency or a recommendation
// more than once counts once for it.
v1::PlanStatus CountActions(const v1::Plan& plan, const std::vector<v1::Action>& actions,
                            absl::CivilDay on);

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_PLAN_STATUS_H_
