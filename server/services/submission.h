// What MeasureService.SubmitObservations does: takes a submission in, message by
// message, and applies all of it or nothing.
#ifndef CONCORDAT_SERVER_SERVICES_SUBMISSION_H_
#define CONCORDAT_SERVER_SERVICES_SUBMISSION_H_

#include <memory>

#include "absl/status/statusor.h"
#include "concordat/v1/measure_service.pb.h"
#include "server/door/call.h"
#include "server/door/message_sink.h"
#include "server/services/submission_turns.h"
#include "server/store/store.h"

namespace concordat::services {

using SubmissionSink =
    door::MessageSink<v1::SubmitObservationsRequest, v1::SubmitObservationsResponse>;

// Begins the submission whose header is in `first`. OUT_OF_SCOPE when the caller may not
// send the provider's figures. `store` and `turns` outlive the sink.
absl::StatusOr<std::unique_ptr<SubmissionSink>> OpenSubmission(
    std::shared_ptr<const door::Call> call, const v1::SubmitObservationsRequest& first,
    const store::Store& store, SubmissionTurns& turns);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_SUBMISSION_H_
