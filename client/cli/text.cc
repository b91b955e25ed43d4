#include "client/cli/text.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/civil_time.h"

namespace concordat::cli {
namespace {

constexpr unsigned char kDelete = 0x7f;
// The C1 controls are these two bytes in UTF-8: 0xc2, then 0x80 to 0x9f.
constexpr unsigned char kC1Lead = 0xc2;
constexpr unsigned char kC1Last = 0x9f;

std::string EnumKey(absl::string_view text) {
  return absl::StrReplaceAll(absl::AsciiStrToUpper(text), {{"-", "_"}, {" ", "_"}});
}

absl::Status NotAMoment(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", Printable(text), "' is no time: write 2018-11-30T09:00:00Z or 2018-11-30"));
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string safe(text);
  for (size_t i = 0; i < safe.size(); ++i) {
    const auto byte = static_cast<unsigned char>(safe[i]);
    if (byte < ' ' || byte == kDelete) safe[i] = ' ';
    if (byte == kC1Lead && i + 1 < safe.size() &&
        static_cast<unsigned char>(safe[i + 1]) <= kC1Last) {
      safe[i] = ' ';
      safe[i + 1] = ' ';
    }
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
