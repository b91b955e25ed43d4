// Stored releases and figures as a caller sees them, for lists and extracts
// alike.
#ifndef CONCORDAT_SERVER_SERVICES_RELEASE_READING_H_
#define CONCORDAT_SERVER_SERVICES_RELEASE_READING_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "auth/grant.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "server/store/store.h"

namespace concordat::services {

// Who reads a release: its report, its recipients and the missing returns of other agencies
// are for the office alone.
enum class Audience { kPartners, kOffice };

// The release of `row`, with how many of its figures the grant covers.
absl::StatusOr<v1::Release> ReadRelease(const store::Reader& reader, const auth::Grant& grant,
                                        const store::Row& row,
                                        Audience audience = Audience::kPartners);

// The named release as it stands at `point`, if its figures may leave: RELEASE_WITHDRAWN
// when it has been withdrawn by now, whatever the point.
absl::StatusOr<v1::Release> ReadableRelease(const store::Reader& reader, const auth::Grant& grant,
                                            const std::string& name, store::ReadPoint point);

// OK as long as the release has not been withdrawn: then RELEASE_WITHDRAWN. What is in
// the message before the withdrawal has left.
absl::Status CheckNotWithdrawn(const store::Reader& reader, const auth::Grant& grant,
                               const std::string& name);

// `point`, but with the measures and areas that the release's figures are about as they were
// when it was frozen.
store::ReadPoint FrozenPoint(const v1::Release& release, store::ReadPoint point);

// FIELDS_INVALID, in fields that begin with `path`, when one of `measures` or `areas`, or `topic`
// unless it is empty, names nothing that the grant covers, as it stands at `point` or is frozen in
// one of `releases`. // What does not exist and what is outside are told the same.
absl::Status CheckFilterNames(const store::Reader& reader, const auth::Grant& grant,
                              store::ReadPoint point, absl::Span<const std::string> releases,
                              absl::string_view path,
                              const google::protobuf::RepeatedPtrField<std::string>& measures,
                              const google::protobuf::RepeatedPtrField<std::string>& areas,
                              const std::string& topic);

// Calls `visit` with the figures of a release after `after_ordinal` that the
// grant covers and `filter` lets pass, as readers see them, in order, until it returns
// false.
absl::Status ScanFigures(
    const store::Reader& reader, const auth::Grant& grant, const std::string& release,
    const v1::ObservationFilter& filter, int64_t after_ordinal,
    absl::FunctionRef<bool(int64_t ordinal, v1::Observation&& observation)> visit);

// The same with the lines that FreezeLines made of the figures; none where it made none.
absl::Status ScanLines(const store::Reader& reader, const auth::Grant& grant,
                       const std::string& release, const v1::ObservationFilter& filter,
                       int64_t after_ordinal, absl::FunctionRef<bool(const store::LineRow&)> visit);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RELEASE_READING_H_
