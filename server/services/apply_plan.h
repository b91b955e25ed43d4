// ApplyPlan's work: a plan is checked as a whole, then what differs is stored.
#ifndef CONCORDAT_SERVER_SERVICES_APPLY_PLAN_H_
#define CONCORDAT_SERVER_SERVICES_APPLY_PLAN_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/grant.h"
#include "concordat/v1/plan_service.pb.h"
#include "server/store/store.h"

namespace concordat::services {

// Makes the stored plan equal to the one in `request`, whose fields keep their
// rules. FIELDS_INVALID names every field that contradicts another or the
// store; nothing is then stored.
absl::StatusOr<v1::ApplyPlanResponse> ApplyPlanTo(store::Transaction& transaction,
                                                  const auth::Grant& grant, absl::Time now,
                                                  const v1::ApplyPlanRequest& request);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_APPLY_PLAN_H_
