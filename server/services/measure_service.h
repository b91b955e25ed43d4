// MeasureService: what is counted, and who owes it.
#ifndef CONCORDAT_SERVER_SERVICES_MEASURE_SERVICE_H_
#define CONCORDAT_SERVER_SERVICES_MEASURE_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "concordat/v1/measure_service.pb.h"
#include "server/door/call.h"
#include "server/door/message_sink.h"
#include "server/services/submission_turns.h"
#include "server/store/store.h"

namespace concordat::services {

// Each method is the RPC of its name (measure_service.proto). Thread-safe.
class MeasureService {
 public:
  explicit MeasureService(const store::Store& store) : store_(store) {}

  absl::StatusOr<v1::ListMeasuresResponse> ListMeasures(
      const door::Call& call, const v1::ListMeasuresRequest& request) const;
  absl::StatusOr<v1::Measure> GetMeasure(const door::Call& call,
                                         const v1::GetMeasureRequest& request) const;
  absl::StatusOr<v1::ApplyMeasuresResponse> ApplyMeasures(const door::Call& call,
                                                          const v1::ApplyMeasuresRequest& request,
                                                          store::Transaction& transaction) const;
  absl::StatusOr<v1::ListReturnsResponse> ListReturns(const door::Call& call,
                                                      const v1::ListReturnsRequest& request) const;
  absl::StatusOr<v1::Return> SetReturnState(const door::Call& call,
                                            const v1::SetReturnStateRequest& request,
                                            store::Transaction& transaction) const;
  absl::StatusOr<v1::ChaseReturnsResponse> ChaseReturns(const door::Call& call,
                                                        const v1::ChaseReturnsRequest& request,
                                                        store::Transaction& transaction) const;
  absl::StatusOr<std::unique_ptr<
      door::MessageSink<v1::SubmitObservationsRequest, v1::SubmitObservationsResponse>>>
  SubmitObservations(std::shared_ptr<const door::Call> call,
                     const v1::SubmitObservationsRequest& first) const;

 private:
  const store::Store& store_;
  std::unique_ptr<SubmissionTurns> turns_ = std::make_unique<SubmissionTurns>();
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_MEASURE_SERVICE_H_
