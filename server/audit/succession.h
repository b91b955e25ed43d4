// A log that takes the place of one that cannot go on.
#ifndef CONCORDAT_SERVER_AUDIT_SUCCESSION_H_
#define CONCORDAT_SERVER_AUDIT_SUCCESSION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/store/store.h"
#include "tlog/note_key.h"

namespace concordat::audit {

// What became of the old log.
struct Succession {
  // The old log as the first record of the new one is to name it, `origin@size` with
  // the size that was signed.
  std::string predecessor;
  // Whether the archive verifies as it is: what is left could be signed.
  bool verifies = false;
};

// Lets the log `origin` begin in a store that was restored from a backup, and so lacks
// records that its own log had signed: going on from there would tell two histories
// under one name. What is left of the old log is archived, verified, and then
// forgotten; everything else in the store stays. `checkpoint` is the old log's last
// one.
//
// The archive can be verified as an export. Where one of `keys`, which bear the old
// log's name, signed the last checkpoint, it signs one of what is left too: whoever
// keeps a checkpoint from before what was lost can hold the archive against it, and the
// last one stands beside it as `lost_checkpoint`. What contradicts the last checkpoint
// is not signed: the archive then has that checkpoint alone and is found damaged, as it
// is without the key.
//
// FAILED_PRECONDITION when the checkpoint is another log's, the store has all that it
// covers, or the archive is not empty; DATA_LOSS when the store's records are not those
// of its tree.
absl::StatusOr<Succession> SucceedLog(store::Store& store, absl::string_view origin,
                                      absl::string_view checkpoint,
                                      absl::Span<const tlog::SignerKey> keys,
                                      const std::string& archive_directory);

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_SUCCESSION_H_
