// The returns of MeasureService: what agencies owe, what is said about it, and the
// reminders. Each function is the RPC of its name (measure_service.proto).
#ifndef CONCORDAT_SERVER_SERVICES_RETURNS_H_
#define CONCORDAT_SERVER_SERVICES_RETURNS_H_

#include "absl/status/statusor.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/return.pb.h"
#include "server/door/call.h"
#include "server/store/store.h"

namespace concordat::services {

absl::StatusOr<v1::ListReturnsResponse> ListReturns(const store::Store& store,
                                                    const door::Call& call,
                                                    const v1::ListReturnsRequest& request);

absl::StatusOr<v1::Return> SetReturnState(const door::Call& call,
                                          const v1::SetReturnStateRequest& request,
                                          store::Transaction& transaction);

absl::StatusOr<v1::ChaseReturnsResponse> ChaseReturns(const door::Call& call,
                                                      const v1::ChaseReturnsRequest& request,
                                                      store::Transaction& transaction);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RETURNS_H_
