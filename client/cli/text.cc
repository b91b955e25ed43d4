#include "client/cli/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/civil_time.h"

namespace concordat::cli {
namespace {

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";

// One code point of a text, and how many bytes it has.
struct CodePoint {
  char32_t value = 0;
  size_t bytes = 1;
  bool valid = true;
};

// The code point that `text`, which is not empty, begins with.
CodePoint FirstCodePoint(absl::string_view text) {
  const auto byte = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return {byte(0), 1, true};
  const size_t bytes = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (byte(0) < 0xC0 || byte(0) > 0xF7 || text.size() < bytes) return {0, 1, false};
  char32_t value = byte(0) & (0x7Fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {0, 1, false};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kLeast[bytes] || value > 0x10FFFF || surrogate) return {0, 1, false};
  return {value, bytes, true};
}

bool IsControl(char32_t c) { return c < ' ' || (c >= 0x7F && c <= 0x9F); }

// First and last code point of each range that is invisible or turns the
// direction of writing, so that what is read is not what stands there.
constexpr std::array<std::pair<char32_t, char32_t>, 8> kDeceptive = {{
    {0x00AD, 0x00AD},    // soft hyphen
    {0x061C, 0x061C},    // Arabic letter mark
    {0x200B, 0x200F},    // zero width, direction marks
    {0x2028, 0x202E},    // separators of lines, embeddings, overrides
    {0x2060, 0x2069},    // word joiner, isolates
    {0xFEFF, 0xFEFF},    // byte order mark
    {0xFFF9, 0xFFFB},    // interlinear annotation
    {0xE0000, 0xE007F},  // tags
}};

bool IsDeceptive(char32_t c) {
  return std::any_of(kDeceptive.begin(), kDeceptive.end(),
                     [c](const auto& range) { return c >= range.first && c <= range.second; });
}

std::string EnumKey(absl::string_view text) {
  return absl::StrReplaceAll(absl::AsciiStrToUpper(text), {{"-", "_"}, {" ", "_"}});
}

absl::Status NotAMoment(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", Printable(text), "' is no time: write 2018-11-30T09:00:00Z or 2018-11-30"));
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const CodePoint first = FirstCodePoint(text);
    if (!first.valid) {
      absl::StrAppend(&safe, kReplacement);
    } else if (IsControl(first.value)) {
      safe.push_back(' ');
    } else if (IsDeceptive(first.value)) {
      absl::StrAppendFormat(&safe, "<U+%04X>", static_cast<uint32_t>(first.value));
    } else {
      absl::StrAppend(&safe, text.substr(0, first.bytes));
    }
    text.remove_prefix(first.bytes);
  }
  return safe;
}

std::string SpacedWords(absl::string_view enum_name) {
  return absl::StrReplaceAll(enum_name, {{"_", " "}});
}

std::string LowerWords(absl::string_view enum_name) {
  return absl::AsciiStrToLower(SpacedWords(enum_name));
}

std::string EnumName(const google::protobuf::EnumDescriptor& type, int number) {
  const auto* value = type.FindValueByNumber(number);
  return value == nullptr ? absl::StrCat(number) : value->name();
}

absl::StatusOr<int> ParseEnumWord(const google::protobuf::EnumDescriptor& type,
                                  absl::string_view text) {
  if (const auto* value = type.FindValueByName(EnumKey(text));
      value != nullptr && !absl::EndsWith(value->name(), "UNSPECIFIED")) {
    return value->number();
  }
  std::vector<std::string> words;
  for (int i = 0; i < type.value_count(); ++i) {
    const std::string& name = type.value(i)->name();
    if (!absl::EndsWith(name, "UNSPECIFIED")) {
      words.push_back(absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", "-"}}));
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", Printable(text), "' is none of: ", absl::StrJoin(words, ", ")));
}

std::string DayText(const google::type::Date& date) {
  const auto day = ToCivilDay(date);
  return day.has_value() ? FormatDay(*day) : std::string();
}

std::string PeriodText(const v1::Period& period) {
  if (!period.label().empty()) return period.label();
  const std::string start = DayText(period.start());
  const std::string end = DayText(period.end());
  return start == end ? start : absl::StrCat(start, " to ", end);
}

std::string InstantText(const google::protobuf::Timestamp& timestamp) {
  return FormatInstant(ToTime(timestamp));
}

std::string ShortInstantText(const google::protobuf::Timestamp& timestamp) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", ToTime(timestamp), absl::UTCTimeZone());
}

absl::StatusOr<google::type::Date> ParseDate(absl::string_view text) {
  const auto day = ParseDay(text);
  if (!day.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", Printable(text), "' is no day: write 2018-11-30"));
  }
  return ToDate(*day);
}

absl::StatusOr<google::protobuf::Timestamp> ParseMomentByEndOfDay(absl::string_view text) {
  if (const auto day = ParseDay(text); day.has_value()) {
    return ToTimestamp(StartOf(*day + 1) - absl::Microseconds(1));
  }
  const auto time = ParseInstant(text);
  if (!time.has_value()) return NotAMoment(text);
  return ToTimestamp(*time);
}

absl::StatusOr<google::protobuf::Timestamp> ParseMomentFromStartOfDay(absl::string_view text) {
  if (const auto day = ParseDay(text); day.has_value()) return ToTimestamp(StartOf(*day));
  const auto time = ParseInstant(text);
  if (!time.has_value()) return NotAMoment(text);
  return ToTimestamp(*time);
}

std::string NumberText(double number) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), number);
  return std::string(buffer, result.ptr);
}

std::string Counted(int64_t count, absl::string_view noun, absl::string_view plural) {
  if (count == 1) return absl::StrCat("1 ", noun);
  return plural.empty() ? absl::StrCat(count, " ", noun, "s") : absl::StrCat(count, " ", plural);
}

}  // namespace concordat::cli
