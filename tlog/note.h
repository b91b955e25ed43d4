// Signed notes (C2SP signed-note v1.0.0): a text, a blank line, signature lines.
// Pure functions, safe from any thread.
#ifndef CONCORDAT_TLOG_NOTE_H_
#define CONCORDAT_TLOG_NOTE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "tlog/note_key.h"

namespace concordat::tlog {

// Largest note and most signatures that are read. The specification asks for at
// least 16 signatures, which may be post-quantum ones of 5 kB each.
inline constexpr size_t kMaxNoteBytes = size_t{512} << 10;
inline constexpr size_t kMaxNoteSignatures = 64;

// A note as it stands, its signatures not verified.
struct Note {
  // What is signed, with its last newline.
  std::string text;
  // At least one, in the note's order.
  std::vector<NoteSignature> signatures;
};

// A signature that was verified.
struct VerifiedSignature {
  std::string key_name;
  uint32_t key_id = 0;
  SignatureType type = SignatureType::kEd25519;
  // When a witness saw the checkpoint; of kCosignatureV1 alone.
  std::optional<absl::Time> time;
};

// A note that a known key signed.
struct OpenedNote {
  std::string text;
  // At least one, and at most one of a key: the first, of cosignatures the latest.
  std::vector<VerifiedSignature> signatures;
};

// Reads a note; FormatNote of the result gives the same bytes again.
// INVALID_ARGUMENT when it is malformed, too large or has too many signatures.
absl::StatusOr<Note> ParseNote(absl::string_view bytes);

// Writes a note. INVALID_ARGUMENT when ParseNote would refuse it.
absl::StatusOr<std::string> FormatNote(const Note& note);

// Reads a note and verifies every signature that names one of `keys`; those of
// other keys are ignored. DATA_LOSS when one does not verify or no key is named;
// INVALID_ARGUMENT as ParseNote.
absl::StatusOr<OpenedNote> OpenNote(absl::string_view bytes, absl::Span<const VerifierKey> keys);

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_NOTE_H_
