#include "tlog/checkpoint.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "tlog/merkle.h"
#include "tlog/strict_text.h"

namespace concordat::tlog {
namespace {

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("not a checkpoint: ", what));
}

}  // namespace

absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view text, ExtensionLines extensions) {
  if (!IsNoteText(text)) return Malformed("it is not UTF-8 or has control characters");
  const std::optional<absl::string_view> origin = TakeLine(text);
  const std::optional<absl::string_view> size_line = TakeLine(text);
  const std::optional<absl::string_view> root_line = TakeLine(text);
  if (!root_line.has_value()) return Malformed("it has fewer than three lines");
  if (origin->empty()) return Malformed("it has no origin");
  const std::optional<uint64_t> size = ParseDecimal(*size_line);
  if (!size.has_value()) return Malformed("its size is not a number in its shortest form");
  const std::optional<std::string> root = DecodeHash(*root_line);
  if (!root.has_value()) return Malformed("its root is not the base64 of 32 bytes");
  if (*size == 0 && *root != EmptyRoot()) return Malformed("its root is not the empty tree's");
  Checkpoint checkpoint{std::string(*origin), *size, *root, {}};
  while (!text.empty()) {
    const std::optional<absl::string_view> line = TakeLine(text);
    if (!line.has_value()) return Malformed("its last line does not end");
    if (line->empty()) return Malformed("it has an empty line");
    if (extensions == ExtensionLines::kRefuse) return Malformed("it has extension lines");
    checkpoint.extensions.emplace_back(*line);
  }
  return checkpoint;
}

absl::StatusOr<std::string> FormatCheckpoint(const Checkpoint& checkpoint) {
  std::string text = absl::StrCat(checkpoint.origin, "\n", checkpoint.size, "\n",
                                  absl::Base64Escape(checkpoint.root), "\n");
  for (const std::string& line : checkpoint.extensions) absl::StrAppend(&text, line, "\n");
  ASSIGN_OR_RETURN(const Checkpoint read, ParseCheckpoint(text, ExtensionLines::kAllow));
  // A line break in the origin or in an extension would make other lines of it.
  if (read != checkpoint) return Malformed("a line has a line break in it");
  return text;
}

absl::StatusOr<SignedCheckpoint> OpenCheckpoint(absl::string_view note,
                                                absl::Span<const VerifierKey> keys,
                                                ExtensionLines extensions) {
  ASSIGN_OR_RETURN(OpenedNote opened, OpenNote(note, keys));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(opened.text, extensions));
  const bool by_log = std::any_of(
      opened.signatures.begin(), opened.signatures.end(), [&](const VerifiedSignature& signature) {
        return signature.type == SignatureType::kEd25519 && signature.key_name == checkpoint.origin;
      });
  if (!by_log) return absl::DataLossError("no known key of its log signed the checkpoint");
  return SignedCheckpoint{std::move(checkpoint), std::move(opened.signatures)};
}

}  // namespace concordat::tlog
