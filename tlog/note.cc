#include "tlog/note.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "tlog/big_endian.h"
#include "tlog/strict_text.h"

namespace concordat::tlog {
namespace {

// An em dash (U+2014) and a space.
constexpr absl::string_view kSignaturePrefix = "\xE2\x80\x94 ";
constexpr size_t kKeyIdBytes = sizeof(uint32_t);

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("not a signed note: ", what));
}

absl::StatusOr<NoteSignature> ParseSignature(absl::string_view line) {
  const size_t name_end = line.find(' ', kSignaturePrefix.size());
  if (!absl::ConsumePrefix(&line, kSignaturePrefix) || name_end == absl::string_view::npos) {
    return Malformed("a line below its text is no signature line");
  }
  const size_t name_size = name_end - kSignaturePrefix.size();
  const absl::string_view name = line.substr(0, name_size);
  if (!IsKeyName(name)) return Malformed("a signature has no proper key name");
  const std::optional<std::string> bytes = DecodeBase64(line.substr(name_size + 1));
  if (!bytes.has_value() || bytes->size() <= kKeyIdBytes) {
    return Malformed("a signature is not the base64 of a key id and a signature");
  }
  return NoteSignature{std::string(name), ReadBigEndian<uint32_t>(*bytes),
                       bytes->substr(kKeyIdBytes)};
}

const VerifierKey* FindKey(absl::Span<const VerifierKey> keys, const NoteSignature& signature) {
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const VerifierKey& candidate) {
    return candidate.IsNamedBy(signature);
  });
  return key == keys.end() ? nullptr : &*key;
}

// Keeps one signature a key.
void Keep(VerifiedSignature verified, std::vector<VerifiedSignature>& kept) {
  const auto same = std::find_if(kept.begin(), kept.end(), [&](const VerifiedSignature& other) {
    return other.key_id == verified.key_id && other.key_name == verified.key_name;
  });
  if (same == kept.end()) {
    kept.push_back(std::move(verified));
  } else if (same->time < verified.time) {
    same->time = verified.time;
  }
}

}  // namespace

absl::StatusOr<Note> ParseNote(absl::string_view bytes) {
  if (bytes.size() > kMaxNoteBytes) return Malformed("it is too large");
  if (!IsNoteText(bytes)) return Malformed("it is not UTF-8 or has control characters");
  const size_t blank_line = bytes.rfind("\n\n");
  if (blank_line == absl::string_view::npos) return Malformed("it has no blank line");
  Note note;
  note.text = std::string(bytes.substr(0, blank_line + 1));
  absl::string_view rest = bytes.substr(blank_line + 2);
  while (!rest.empty()) {
    const std::optional<absl::string_view> line = TakeLine(rest);
    if (!line.has_value()) return Malformed("its last line does not end");
    if (note.signatures.size() == kMaxNoteSignatures)
      return Malformed("it has too many signatures");
    ASSIGN_OR_RETURN(NoteSignature signature, ParseSignature(*line));
    note.signatures.push_back(std::move(signature));
  }
  if (note.signatures.empty()) return Malformed("it has no signature");
  return note;
}

absl::StatusOr<std::string> FormatNote(const Note& note) {
  if (!absl::EndsWith(note.text, "\n")) return Malformed("its text does not end in a newline");
  std::string bytes = absl::StrCat(note.text, "\n");
  for (const NoteSignature& signature : note.signatures) {
    // A line break in a name would make lines of its own.
    if (!IsKeyName(signature.key_name)) return Malformed("a signature has no proper key name");
    std::string identified;
    AppendBigEndian(signature.key_id, identified);
    identified += signature.bytes;
    absl::StrAppend(&bytes, kSignaturePrefix, signature.key_name, " ",
                    absl::Base64Escape(identified), "\n");
  }
  RETURN_IF_ERROR(ParseNote(bytes).status());
  return bytes;
}

absl::StatusOr<OpenedNote> OpenNote(absl::string_view bytes, absl::Span<const VerifierKey> keys) {
  ASSIGN_OR_RETURN(Note note, ParseNote(bytes));
  OpenedNote opened;
  for (const NoteSignature& signature : note.signatures) {
    const VerifierKey* key = FindKey(keys, signature);
    if (key == nullptr) continue;
    RETURN_IF_ERROR(key->Verify(note.text, signature));
    VerifiedSignature verified{key->name(), key->id(), key->type(), std::nullopt};
    if (key->type() == SignatureType::kCosignatureV1) verified.time = CosignatureTime(signature);
    Keep(std::move(verified), opened.signatures);
  }
  if (opened.signatures.empty()) return absl::DataLossError("no known key signed the note");
  opened.text = std::move(note.text);
  return opened;
}

}  // namespace concordat::tlog
