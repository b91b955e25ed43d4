// Why a request would be allowed or refused, and who can see what: the door's own
// rules, asked without a call.
#ifndef CONCORDAT_SERVER_SERVICES_ACCESS_EXPLANATION_H_
#define CONCORDAT_SERVER_SERVICES_ACCESS_EXPLANATION_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/policy.h"
#include "concordat/v1/agreement_service.pb.h"
#include "server/door/call.h"
#include "server/store/store.h"

namespace concordat::services {

// What ExplainAccess answers, judged by `policy` as it is at `now`, and by what
// `store` held before `as_of` of the one resource that is named. OUT_OF_SCOPE for a client of which
// the caller may not ask; FIELDS_INVALID for a method that the contract lacks, or a resource that
// it is never about.
absl::StatusOr<v1::ExplainAccessResponse> ExplainAccess(const door::Call& call,
                                                        const v1::ExplainAccessRequest& request,
                                                        const auth::Policy& policy, absl::Time now,
                                                        const store::Store& store,
                                                        absl::Time as_of);

// The rows of ListAccess that the caller may see, judged by `policy` as it is at
// `now`, by agreement, agency and purpose. FIELDS_INVALID for a resource that is
// none of the data set.
absl::StatusOr<std::vector<v1::ListAccessResponse::Access>> AccessTo(
    const door::Call& call, const v1::ListAccessRequest& request, const auth::Policy& policy,
    absl::Time now);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_ACCESS_EXPLANATION_H_
