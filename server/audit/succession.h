// A log that takes the place of one that cannot go on.
#ifndef CONCORDAT_SERVER_AUDIT_SUCCESSION_H_
#define CONCORDAT_SERVER_AUDIT_SUCCESSION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/store/store.h"

namespace concordat::audit {

// Lets the log `origin` begin in a store that was restored from a backup, and so lacks
// records that its own log had signed: going on from there would tell two histories
// under one name. What is left of the old log is archived, verified, and then
// forgotten; everything else in the store stays. `checkpoint` is the old log's last
// one, which the archive gets too, so that whoever verifies it sees what is missing.
//
// Returns the old log as the first record of the new one is to name it,
// `origin@size` with the size that was signed. FAILED_PRECONDITION when the checkpoint
// is another log's, the store has all that it covers, or the archive is not empty;
// DATA_LOSS when the store's records are not those of its tree.
absl::StatusOr<std::string> SucceedLog(store::Store& store, absl::string_view origin,
                                       absl::string_view checkpoint,
                                       const std::string& archive_directory);

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_SUCCESSION_H_
