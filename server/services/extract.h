// An extract: a release's figures as one checksummed file, in messages that are
// made one at a time.
#ifndef CONCORDAT_SERVER_SERVICES_EXTRACT_H_
#define CONCORDAT_SERVER_SERVICES_EXTRACT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "concordat/v1/release_service.pb.h"
#include "server/door/call.h"
#include "server/door/message_source.h"
#include "server/store/store.h"

namespace concordat::services {

// Opens the extract that `request` asks for. Refused as a read of the release
// would be.
absl::StatusOr<std::unique_ptr<door::MessageSource<v1::ExtractObservationsResponse>>> OpenExtract(
    const store::Store& store, std::shared_ptr<const door::Call> call,
    const v1::ExtractObservationsRequest& request);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_EXTRACT_H_
