#include "tlog/strict_text.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "tlog/merkle.h"

namespace concordat::tlog {
namespace {

// Takes one character off `rest`, which is not empty. Nothing when it does not
// begin with well-formed UTF-8 (Unicode table 3-7).
std::optional<char32_t> TakeCharacter(absl::string_view& rest) {
  const auto first = static_cast<unsigned char>(rest[0]);
  if (first < 0x80) {
    rest.remove_prefix(1);
    return first;
  }
  if (first < 0xC2 || first > 0xF4) return std::nullopt;
  const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (rest.size() < length) return std::nullopt;
  char32_t character = first & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(rest[i]);
    if ((byte & 0xC0) != 0x80) return std::nullopt;
    character = character << 6 | (byte & 0x3F);
  }
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  if (character < kSmallest[length] || character > 0x10FFFF ||
      (character >= 0xD800 && character <= 0xDFFF)) {
    return std::nullopt;
  }
  rest.remove_prefix(length);
  return character;
}

// The Unicode property White_Space.
bool IsSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

}  // namespace

std::optional<std::string> DecodeBase64(absl::string_view text) {
  std::string bytes;
  // Abseil forgives white space, missing padding and stray bits; its encoder
  // makes none.
  if (!absl::Base64Unescape(text, &bytes)) return std::nullopt;
  if (absl::Base64Escape(bytes) != text) return std::nullopt;
  return bytes;
}

std::optional<std::string> DecodeHash(absl::string_view text) {
  std::optional<std::string> bytes = DecodeBase64(text);
  if (bytes.has_value() && bytes->size() != kHashBytes) return std::nullopt;
  return bytes;
}

std::optional<uint64_t> ParseDecimal(absl::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) {
    return std::nullopt;
  }
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  uint64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number > kMaxTreeSize) return std::nullopt;
  return number;
}

std::optional<absl::string_view> TakeLine(absl::string_view& rest) {
  const size_t end = rest.find('\n');
  if (end == absl::string_view::npos) return std::nullopt;
  const absl::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

bool IsNoteText(absl::string_view text) {
  while (!text.empty()) {
    const std::optional<char32_t> character = TakeCharacter(text);
    if (!character.has_value() || (*character < 0x20 && *character != '\n')) return false;
  }
  return true;
}

bool IsKeyName(absl::string_view name) {
  if (name.empty() || !IsNoteText(name)) return false;
  while (!name.empty()) {
    const std::optional<char32_t> character = TakeCharacter(name);
    if (!character.has_value() || IsSpace(*character) || *character == '+') return false;
  }
  return true;
}

}  // namespace concordat::tlog
