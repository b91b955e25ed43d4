#include "base/civil_time.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

namespace concordat {
namespace {

const std::pair<bool, absl::TimeZone>& LoadedLondon() {
  static const auto* const loaded = [] {
    absl::TimeZone zone;
    const bool ok = absl::LoadTimeZone("Europe/London", &zone);
    return new std::pair<bool, absl::TimeZone>(ok, ok ? zone : absl::UTCTimeZone());
  }();
  return *loaded;
}

}  // namespace

absl::Status CheckTimeZoneData() {
  if (LoadedLondon().first) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "the time zone Europe/London cannot be loaded: install the package tzdata");
}

const absl::TimeZone& London() { return LoadedLondon().second; }

absl::CivilDay DayOf(absl::Time time) { return absl::ToCivilDay(time, London()); }

absl::Time StartOf(absl::CivilDay day) { return absl::FromCivil(day, London()); }

std::optional<absl::CivilDay> ToCivilDay(const google::type::Date& date) {
  if (date.year() < 1 || date.year() > 9999) return std::nullopt;
  const absl::CivilDay day(date.year(), date.month(), date.day());
  // CivilDay normalises 31 April to 1 May; such a date is not a day.
  if (day.month() != date.month() || day.day() != date.day()) return std::nullopt;
  return day;
}

google::type::Date ToDate(absl::CivilDay day) {
  google::type::Date date;
  date.set_year(static_cast<int>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

std::string FormatDay(absl::CivilDay day) {
  return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

std::optional<absl::CivilDay> ParseDay(absl::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int parts[3] = {0, 0, 0};
  int part = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) {
      ++part;
    } else if (absl::ascii_isdigit(text[i])) {
      parts[part] = parts[part] * 10 + (text[i] - '0');
    } else {
      return std::nullopt;
    }
  }
  google::type::Date date;
  date.set_year(parts[0]);
  date.set_month(parts[1]);
  date.set_day(parts[2]);
  return ToCivilDay(date);
}

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  const int64_t micros = absl::ToUnixMicros(time);
  int64_t seconds = micros / 1000000;
  int64_t rest = micros % 1000000;
  if (rest < 0) {
    rest += 1000000;
    --seconds;
  }
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(rest * 1000));
  return timestamp;
}

std::string FormatInstant(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::optional<absl::Time> ParseInstant(absl::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return std::nullopt;
  if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) return std::nullopt;
  return time;
}

}  // namespace concordat
