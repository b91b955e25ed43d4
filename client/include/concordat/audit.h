// What makes the audit log worth believing: the checks that nobody can make for you.
//
// The service signs its log's size and root: a checkpoint. A receipt names a record;
// with its proof and a checkpoint it shows that the record is in the log. Two
// checkpoints and a proof show that nothing between them was removed or changed.
#ifndef CONCORDAT_AUDIT_H_
#define CONCORDAT_AUDIT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "concordat/client.h"

namespace concordat {

// Whose signatures are believed. Get the keys on another road than the service.
struct AuditTrust {
  // Verifier keys as they are published, `name+id+base64` (C2SP signed-note): of the
  // log, both while it changes its key, and of witnesses. Signatures of other keys are
  // ignored; one that names a key of these and does not verify is an error.
  std::vector<std::string> keys = {};
  // The least number of witnesses among `keys` that must have cosigned a checkpoint.
  int min_witnesses = 0;
};

// INVALID_ARGUMENT when a key of `trust` is malformed, or none is of a log.
absl::Status CheckKeys(const AuditTrust& trust);

// A checkpoint that a trusted key of its log signed.
struct VerifiedCheckpoint {
  // The log's name.
  std::string origin;
  // Number of records that it covers.
  uint64_t tree_size = 0;
  // The tree's root, 32 bytes.
  std::string root_hash;
  // Trusted witnesses that cosigned it.
  int witnesses = 0;
  // The signed note, byte for byte.
  std::string note;
};

// Verifies a checkpoint's note. DATA_LOSS when a signature does not verify or no
// trusted key of its log signed it; FAILED_PRECONDITION when too few witnesses did;
// INVALID_ARGUMENT when the note or a key of `trust` is malformed.
//
// This and the functions below are pure and safe from any thread.
absl::StatusOr<VerifiedCheckpoint> VerifyCheckpoint(absl::string_view note,
                                                    const AuditTrust& trust);

// Verifies that the record of `receipt` is in the log, by the answer of
// Client::GetInclusionProof for its index and `tree_size` 0. What it proves is the
// record's index and leaf hash; the receipt's time is the service's word. Errors as of
// VerifyCheckpoint, and DATA_LOSS when the proof does not lead to the signed root.
absl::StatusOr<VerifiedCheckpoint> VerifyReceipt(const Receipt& receipt,
                                                 const v1::GetInclusionProofResponse& proof,
                                                 const AuditTrust& trust);

// The same for people without a connection: one text with receipt, proof and
// checkpoint (C2SP tlog-proof; the receipt is its extra data), for a file whose name
// ends in `.tlog-proof`. Verifies nothing. INVALID_ARGUMENT when a part is malformed.
absl::StatusOr<std::string> MakeProofText(const Receipt& receipt,
                                          const v1::GetInclusionProofResponse& proof);

// A receipt out of a text, and the checkpoint that proves it.
struct VerifiedReceipt {
  Receipt receipt;
  VerifiedCheckpoint checkpoint;
};

// Verifies a text of MakeProofText. Errors as of VerifyReceipt.
absl::StatusOr<VerifiedReceipt> VerifyProofText(absl::string_view text, const AuditTrust& trust);

// Verifies that the log of the older note grew into that of the newer one by
// appending alone, by the hashes of Client::GetConsistencyProof. Errors as of
// VerifyCheckpoint for either note, and DATA_LOSS when they are of different logs, the
// newer is smaller, or the proof does not verify. `older` needs no cosignature.
absl::Status VerifyConsistency(absl::string_view older, absl::string_view newer,
                               const std::vector<std::string>& hashes, const AuditTrust& trust);

// What an alarm of AuditWatcher is about.
enum class AuditAlarm {
  // The checkpoint is signed by nobody trusted, its signature is false, or it is none.
  kBadSignature,
  // Two signed checkpoints that cannot both be true: the log was rewritten, or two
  // histories are shown to two readers.
  kFork,
  // A signed checkpoint that is older than one that was seen: records were taken away,
  // or a backup was restored.
  kRollback,
  // The checkpoint is of another log than the pinned one, whoever signed it: the
  // operator let a new log succeed one that had lost records (`concordatd succeed-log`),
  // or another service answers. Only the operator can say which, on another road.
  kAnotherLog,
};

// What an error of AuditWatcher::Check raises alarm about; nothing for every other
// error, such as a service that does not answer.
std::optional<AuditAlarm> AlarmOf(const absl::Status& status);

// Where a watcher keeps what it has seen, and whom it believes.
struct AuditWatcherOptions {
  AuditTrust trust;
  // The last good checkpoint, a signed note; made by the first check, which has nothing
  // to compare with. Beside it `<pin_file>.lock`, and of each alarm, named by the digest
  // of the false note, `<pin_file>.alarm-<digest>.seen` and `….pinned`.
  std::string pin_file;
};

// What a check found good.
struct AuditCheck {
  // The newest checkpoint, which is now the pinned one.
  VerifiedCheckpoint checkpoint;
  // Records of the one that was pinned before; nothing at the first check.
  std::optional<uint64_t> pinned_size;
};

// Watches that one service shows one log that only grows. Run it where the service's
// operator cannot reach, every few minutes: an alarm is evidence, and the pin stays
// where it was until somebody has judged it.
//
// Thread-safe; checks with one pin file take turns, those of other processes too.
class AuditWatcher {
 public:
  AuditWatcher(Client client, AuditWatcherOptions options);

  // Fetches the newest checkpoint, verifies its signatures and that it grew from the
  // pinned one, and pins it. An alarm is DATA_LOSS with AlarmOf, whose two notes are
  // kept. FAILED_PRECONDITION, and no alarm, when too few witnesses cosigned it or the
  // pinned note does not verify; UNKNOWN when a file cannot be written; INVALID_ARGUMENT
  // when a key is malformed; and the errors of the calls. None of them moves the pin.
  absl::StatusOr<AuditCheck> Check(CallOptions options = {});

 private:
  Client client_;
  const AuditWatcherOptions options_;
};

}  // namespace concordat

#endif  // CONCORDAT_AUDIT_H_
