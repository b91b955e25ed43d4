// The lines of a release's CSV file, written when it is frozen.
#ifndef CONCORDAT_SERVER_SERVICES_RELEASE_LINES_H_
#define CONCORDAT_SERVER_SERVICES_RELEASE_LINES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "auth/grant.h"
#include "server/store/store.h"

namespace concordat::services {

// Writes the lines of a release whose figures, all of them and in order, were just stored.
absl::Status FreezeLines(store::Transaction& transaction, const auth::Grant& grant,
                         const std::string& release,
                         const std::vector<store::ObservationRow>& figures);

// Writes them anew from the stored figures, if the release has any: a figure was redacted.
// `grant` covers all figures: what it does not cover is in no extract.
absl::Status RefreezeLines(store::Transaction& transaction, const auth::Grant& grant,
                           const std::string& release);

// Whether the release has lines that the grant covers. One that was frozen by an earlier
// version of the server has none.
absl::StatusOr<bool> HasLines(const store::Reader& reader, const auth::Grant& grant,
                              const std::string& release);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RELEASE_LINES_H_
