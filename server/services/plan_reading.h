// Stored plans and actions as a caller sees them: with what is computed for the
// day, with references followed, and cut to the caller's scope.
#ifndef CONCORDAT_SERVER_SERVICES_PLAN_READING_H_
#define CONCORDAT_SERVER_SERVICES_PLAN_READING_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "auth/grant.h"
#include "concordat/v1/plan.pb.h"
#include "server/store/store.h"

namespace concordat::services {

// The two clocks of a read: what was known, and the day that dates are judged
// by.
struct ReadClocks {
  store::ReadPoint point;
  absl::CivilDay on;
};

// The action of `row` with everything that is computed. A reference to another
// plan's action is followed when the grant covers that action too; else only
// the reference is shown.
absl::StatusOr<v1::Action> ReadAction(const store::Reader& reader, const auth::Grant& grant,
                                      const store::Row& row, const ReadClocks& clocks);

// Every action of the plan that the grant covers, by name.
absl::StatusOr<std::vector<v1::Action>> ReadActionsOf(const store::Reader& reader,
                                                      const auth::Grant& grant,
                                                      absl::string_view plan,
                                                      const ReadClocks& clocks);

// The plan of `row`. Where the grant is limited to topics, themes, objectives
// and recommendations of which it covers no action are left out.
absl::StatusOr<v1::Plan> ReadPlan(const store::Reader& reader, const auth::Grant& grant,
                                  const store::Row& row, store::ReadPoint point);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_PLAN_READING_H_
