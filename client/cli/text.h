// Values as words: what a person reads on the screen and writes as an option.
#ifndef CONCORDAT_CLIENT_CLI_TEXT_H_
#define CONCORDAT_CLIENT_CLI_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "concordat/v1/release.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"

namespace concordat::cli {

// `text` as it may stand on a terminal, which it must not steer: each control
// character becomes a space; what turns the direction of writing or cannot be
// seen is spelt out, `<U+202E>`; bytes that are no UTF-8 become U+FFFD.
std::string Printable(absl::string_view text);

// `NOT_REPORTED` as `NOT REPORTED`.
std::string SpacedWords(absl::string_view enum_name);
// `NOT_REPORTED` as `not reported`.
std::string LowerWords(absl::string_view enum_name);

// The name of an enum value; its number when this program does not know it.
std::string EnumName(const google::protobuf::EnumDescriptor& type, int number);
template <typename Enum>
std::string NameOf(Enum value) {
  return EnumName(*google::protobuf::GetEnumDescriptor<Enum>(), static_cast<int>(value));
}

// The value that `text` names: case does not matter, and `-` or a space stands
// for `_`. INVALID_ARGUMENT lists the words when it is none of them.
absl::StatusOr<int> ParseEnumWord(const google::protobuf::EnumDescriptor& type,
                                  absl::string_view text);
template <typename Enum>
absl::StatusOr<Enum> ParseWord(absl::string_view text) {
  absl::StatusOr<int> number = ParseEnumWord(*google::protobuf::GetEnumDescriptor<Enum>(), text);
  if (!number.ok()) return number.status();
  return static_cast<Enum>(*number);
}

// `2018-11-30`; empty when it is not set or no whole day.
std::string DayText(const google::type::Date& date);
// The period's label; where it has none, its days, as `2018-04-01 to 2018-06-30`.
std::string PeriodText(const v1::Period& period);
// RFC 3339 in UTC.
std::string InstantText(const google::protobuf::Timestamp& timestamp);
// For tables: UTC in whole seconds, `2018-11-30 09:00:00Z`.
std::string ShortInstantText(const google::protobuf::Timestamp& timestamp);

// A day written as 2018-11-30. INVALID_ARGUMENT says so.
absl::StatusOr<google::type::Date> ParseDate(absl::string_view text);
// A moment in RFC 3339, or a day: its last microsecond, Europe/London, so that
// what was recorded on that day counts as known. INVALID_ARGUMENT says so.
absl::StatusOr<google::protobuf::Timestamp> ParseMomentByEndOfDay(absl::string_view text);
// A moment in RFC 3339, or a day: its first instant, Europe/London.
absl::StatusOr<google::protobuf::Timestamp> ParseMomentFromStartOfDay(absl::string_view text);

// A double with as few digits as say it exactly: `79`, `12.5`.
std::string NumberText(double number);

// `1 action`, `2 actions`; `plural` when it is not the noun and an `s`.
std::string Counted(int64_t count, absl::string_view noun, absl::string_view plural = "");

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_TEXT_H_
