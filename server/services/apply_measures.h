// Applying measures: the checks that look at more than one field, and the store.
#ifndef CONCORDAT_SERVER_SERVICES_APPLY_MEASURES_H_
#define CONCORDAT_SERVER_SERVICES_APPLY_MEASURES_H_

#include "absl/status/statusor.h"
#include "auth/grant.h"
#include "concordat/v1/measure_service.pb.h"
#include "server/store/store.h"

namespace concordat::services {

// Does MeasureService.ApplyMeasures within `transaction`.
absl::StatusOr<v1::ApplyMeasuresResponse> ApplyMeasuresTo(store::Transaction& transaction,
                                                          const auth::Grant& grant,
                                                          const v1::ApplyMeasuresRequest& request);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_APPLY_MEASURES_H_
