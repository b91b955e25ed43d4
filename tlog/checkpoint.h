// A log's signed statement of its size and root (C2SP tlog-checkpoint v1.0.0).
// Pure functions, safe from any thread.
#ifndef CONCORDAT_TLOG_CHECKPOINT_H_
#define CONCORDAT_TLOG_CHECKPOINT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tlog/note.h"
#include "tlog/note_key.h"

namespace concordat::tlog {

// What to make of lines after the first three, which nobody can audit and which
// the specification recommends against.
enum class ExtensionLines { kAllow, kRefuse };

// The text of a checkpoint.
struct Checkpoint {
  // Which log it is. One line, not empty.
  std::string origin;
  // Number of records, at most kMaxTreeSize.
  uint64_t size = 0;
  // The tree's root, 32 bytes; that of the empty tree when `size` is 0.
  std::string root;
  // Lines that other logs may add, in their order, none empty.
  std::vector<std::string> extensions;

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// A checkpoint that its log signed.
struct SignedCheckpoint {
  Checkpoint checkpoint;
  // Every known key that signed it: the log's, and witnesses'.
  std::vector<VerifiedSignature> signatures;
};

// Reads the text of a checkpoint; FormatCheckpoint of the result gives the same
// text again. INVALID_ARGUMENT when it is malformed.
absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view text, ExtensionLines extensions);

// Writes the text, which is what a log signs. INVALID_ARGUMENT when
// ParseCheckpoint would refuse it.
absl::StatusOr<std::string> FormatCheckpoint(const Checkpoint& checkpoint);

// Reads a checkpoint with its signatures and verifies those that name one of
// `keys`: the log's (kEd25519, named as the origin; two of them while a key is
// changed) and the witnesses' (kCosignatureV1). DATA_LOSS when a signature does
// not verify or none is the log's own; INVALID_ARGUMENT when it is malformed.
absl::StatusOr<SignedCheckpoint> OpenCheckpoint(absl::string_view note,
                                                absl::Span<const VerifierKey> keys,
                                                ExtensionLines extensions);

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_CHECKPOINT_H_
