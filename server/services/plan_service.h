// PlanService: shared plan status.
#ifndef CONCORDAT_SERVER_SERVICES_PLAN_SERVICE_H_
#define CONCORDAT_SERVER_SERVICES_PLAN_SERVICE_H_

#include "absl/status/statusor.h"
#include "concordat/v1/plan.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "server/door/call.h"
#include "server/store/store.h"

namespace concordat::services {

// Each method is the RPC of its name (plan_service.proto). Thread-safe.
class PlanService {
 public:
  explicit PlanService(const store::Store& store) : store_(store) {}

  absl::StatusOr<v1::ListPlansResponse> ListPlans(const door::Call& call,
                                                  const v1::ListPlansRequest& request) const;
  absl::StatusOr<v1::Plan> GetPlan(const door::Call& call, const v1::GetPlanRequest& request) const;
  absl::StatusOr<v1::PlanStatus> GetPlanStatus(const door::Call& call,
                                               const v1::GetPlanStatusRequest& request) const;
  absl::StatusOr<v1::ListActionsResponse> ListActions(const door::Call& call,
                                                      const v1::ListActionsRequest& request) const;
  absl::StatusOr<v1::Action> GetAction(const door::Call& call,
                                       const v1::GetActionRequest& request) const;
  absl::StatusOr<v1::ListProgressReportsResponse> ListProgressReports(
      const door::Call& call, const v1::ListProgressReportsRequest& request) const;
  absl::StatusOr<v1::ApplyPlanResponse> ApplyPlan(const door::Call& call,
                                                  const v1::ApplyPlanRequest& request,
                                                  store::Transaction& transaction) const;

 private:
  const store::Store& store_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_PLAN_SERVICE_H_
