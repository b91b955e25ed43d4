// The board's table, made of the figures of a release as they leave.
#ifndef CONCORDAT_SERVER_SERVICES_SCORECARD_H_
#define CONCORDAT_SERVER_SERVICES_SCORECARD_H_

#include "absl/status/statusor.h"
#include "concordat/v1/release_service.pb.h"
#include "concordat/v1/scorecard.pb.h"
#include "server/door/call.h"
#include "server/store/store.h"

namespace concordat::services {

// The scorecard that `request` asks for, of the figures that the call's grant covers.
// Refused as a read of the release would be; FIELDS_INVALID when it would be too large.
absl::StatusOr<v1::Scorecard> MakeScorecard(const store::Store& store, const door::Call& call,
                                            const v1::GetScorecardRequest& request);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_SCORECARD_H_
