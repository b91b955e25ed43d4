// The witness: it sees a log's checkpoints in their order, and signs that each
// grew from the one before (C2SP tlog-witness v1.0.0). No transport.
#ifndef CONCORDAT_WITNESS_WITNESS_H_
#define CONCORDAT_WITNESS_WITNESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "tlog/note_key.h"
#include "witness/state_folder.h"

namespace concordat::witness {

// A log whose checkpoints are cosigned.
struct Log {
  std::string origin;
  // Of type kEd25519, named as the origin; not empty.
  std::vector<tlog::VerifierKey> keys;
};

// What a request is answered with.
struct Answer {
  // As the specification has it: 200, 400, 403, 404, 409 or 422; 500 when the
  // checkpoint could not be kept.
  int status = 200;
  std::string content_type;
  std::string body;
};

// Cosigns at most one history of each log, for ever: what it signs is on disk
// before it signs, and everything it signs later has grown from that. Thread-safe;
// requests of one log are handled one after the other.
class Witness {
 public:
  // `key` is of type kCosignatureV1; `clock` outlives the witness.
  // FAILED_PRECONDITION when what `state` has of a log is damaged.
  static absl::StatusOr<std::unique_ptr<Witness>> Create(tlog::SignerKey key, std::vector<Log> logs,
                                                         StateFolder state, const Clock& clock);
  ~Witness();
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  // The add-checkpoint call with this body.
  Answer AddCheckpoint(absl::string_view body);

 private:
  class WatchedLog;

  Witness(tlog::SignerKey key, StateFolder state, const Clock& clock);

  const tlog::SignerKey key_;
  const StateFolder state_;
  const Clock& clock_;
  // By origin. Not changed after Create.
  absl::flat_hash_map<std::string, std::unique_ptr<WatchedLog>> logs_;
};

}  // namespace concordat::witness

#endif  // CONCORDAT_WITNESS_WITNESS_H_
