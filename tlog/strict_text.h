// The pieces that the log's text formats are made of, each with exactly one
// spelling for a value. Pure functions, safe from any thread.
#ifndef CONCORDAT_TLOG_STRICT_TEXT_H_
#define CONCORDAT_TLOG_STRICT_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace concordat::tlog {

// Bytes of RFC 4648 section 4 base64 with its padding; nothing for white space,
// missing padding or stray bits.
std::optional<std::string> DecodeBase64(absl::string_view text);
// As DecodeBase64, of 32 bytes.
std::optional<std::string> DecodeHash(absl::string_view text);

// A number of ASCII digits without leading zeros, at most kMaxTreeSize; nothing
// for any other text.
std::optional<uint64_t> ParseDecimal(absl::string_view text);

// Takes the first line, without its newline, off `rest`; nothing when no newline
// is left.
std::optional<absl::string_view> TakeLine(absl::string_view& rest);

// Whether `text` may stand in a signed note: valid UTF-8 whose only control
// character below U+0020 is newline.
bool IsNoteText(absl::string_view text);

// Whether `name` may name a key: text of a note that is not empty, without any
// Unicode white space and without `+`.
bool IsKeyName(absl::string_view name);

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_STRICT_TEXT_H_
