// Days and instants. Instants are UTC; days are Europe/London, inclusive at
// both ends (DESIGN: "Time").
#ifndef CONCORDAT_BASE_CIVIL_TIME_H_
#define CONCORDAT_BASE_CIVIL_TIME_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"

namespace concordat {

// OK when the Europe/London rules could be loaded. A program that reads or
// computes days checks this once, when it starts, and stops if it fails.
absl::Status CheckTimeZoneData();

// The Europe/London rules; UTC when they could not be loaded.
const absl::TimeZone& London();

// The day that `time` falls on.
absl::CivilDay DayOf(absl::Time time);
// The first instant of `day`.
absl::Time StartOf(absl::CivilDay day);

// The day that `date` names; nothing when it is not a whole valid day.
std::optional<absl::CivilDay> ToCivilDay(const google::type::Date& date);
google::type::Date ToDate(absl::CivilDay day);

// `2018-11-30`, and back; nothing when the text is not exactly that form.
std::string FormatDay(absl::CivilDay day);
std::optional<absl::CivilDay> ParseDay(absl::string_view text);

// Microsecond precision; a timestamp out of range is clamped.
absl::Time ToTime(const google::protobuf::Timestamp& timestamp);
google::protobuf::Timestamp ToTimestamp(absl::Time time);

// `2018-11-30T09:00:00Z` with as many decimals as needed.
std::string FormatInstant(absl::Time time);
// RFC 3339 with an offset; nothing when the text is not that.
std::optional<absl::Time> ParseInstant(absl::string_view text);

}  // namespace concordat

#endif  // CONCORDAT_BASE_CIVIL_TIME_H_
