#include "server/domain/extract_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace concordat::domain {
namespace {

// The longest number is the smallest subnormal one: 324 zeros and 17 digits or so.
using Digits = std::array<char, 512>;
// Below this, every whole number has a double of its own.
constexpr double kExactIntegers = 9007199254740992.0;  // 2^53

absl::string_view Written(const Digits& digits, std::to_chars_result result) {
  return {digits.data(), static_cast<size_t>(result.ptr - digits.data())};
}

// `value` with `decimal_places`, or with the fewest digits that read back as it where
// that is not enough. Never with an exponent.
std::string FormatNumber(double value, std::optional<int> decimal_places) {
  // A negative zero is a zero.
  if (value == 0) value = 0;
  const int places = decimal_places.has_value() ? std::clamp(*decimal_places, 0, 9) : 0;
  // Most figures are counts: whole, and so exact in any number of places.
  if (std::abs(value) < kExactIntegers && value == std::trunc(value)) {
    std::string text = absl::StrCat(static_cast<int64_t>(value));
    if (places > 0) text.append(".").append(static_cast<size_t>(places), '0');
    return text;
  }
  Digits digits;
  char* const end = digits.data() + digits.size();
  if (decimal_places.has_value()) {
    const absl::string_view fixed =
        Written(digits, std::to_chars(digits.data(), end, value, std::chars_format::fixed, places));
    double read_back = 0;
    std::from_chars(fixed.data(), fixed.data() + fixed.size(), read_back);
    if (read_back == value) return std::string(fixed);
  }
  return std::string(
      Written(digits, std::to_chars(digits.data(), end, value, std::chars_format::fixed)));
}

absl::string_view SymbolOf(v1::Observation::Symbol symbol) {
  switch (symbol) {
    case v1::Observation::NOT_APPLICABLE:
      return "z";
    case v1::Observation::CONFIDENTIAL:
      return "c";
    case v1::Observation::LOW:
      return "low";
    default:
      return "x";
  }
}

Figure NumberOr(bool has_value, double value, std::optional<int> decimal_places,
                absl::string_view symbol) {
  if (!has_value || !std::isfinite(value)) return {std::string(symbol), false};
  return {FormatNumber(value, decimal_places), true};
}

// `201718` for the year that starts in 2017.
std::string SplitYear(int first) { return absl::StrFormat("%04d%02d", first, (first + 1) % 100); }

absl::string_view MonthName(int month) {
  constexpr std::array<absl::string_view, 12> kNames = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  return month >= 1 && month <= 12 ? kNames[month - 1] : "";
}

}  // namespace

Figure ValueOf(const v1::Observation& observation, const v1::Measure& measure) {
  const bool shown = observation.symbol() == v1::Observation::NONE;
  return NumberOr(shown && observation.has_value(), observation.value(), measure.decimal_places(),
                  SymbolOf(observation.symbol()));
}

Figure PartOf(const v1::Observation& observation, const v1::Measure& measure, bool has_part,
              double part) {
  if (measure.unit() == v1::Measure::COUNT && !has_part) return {"z", false};
  const bool hidden = observation.symbol() == v1::Observation::CONFIDENTIAL;
  return NumberOr(has_part && !hidden, part, std::nullopt, hidden ? "c" : "x");
}

std::string UnitOf(const v1::Measure& measure) {
  const auto labelled = [&measure](absl::string_view unit) {
    return absl::StrCat(unit, measure.unit_label().empty() ? "" : " ", measure.unit_label());
  };
  switch (measure.unit()) {
    case v1::Measure::PERCENT:
      return "%";
    case v1::Measure::RATE:
      return labelled(absl::StrCat("per ", measure.rate_per()));
    case v1::Measure::DAYS:
      return "days";
    case v1::Measure::PERCENTAGE_POINTS:
      return "pp";
    case v1::Measure::POUNDS:
      return "\xC2\xA3";
    case v1::Measure::MONTHS:
      return "months";
    default:
      return measure.unit_label().empty() ? "number" : measure.unit_label();
  }
}

absl::string_view NameOf(v1::Observation::Comparator comparator) {
  switch (comparator) {
    case v1::Observation::ENGLAND:
      return "England";
    case v1::Observation::NORTH_WEST:
      return "North West";
    case v1::Observation::STATISTICAL_NEIGHBOURS:
      return "Statistical neighbours";
    case v1::Observation::PLANNED:
      return "Planned";
    default:
      return "Own";
  }
}

absl::string_view NameOf(v1::Observation::Average average) {
  switch (average) {
    case v1::Observation::MEAN:
      return "mean";
    case v1::Observation::MEDIAN:
      return "median";
    default:
      return "";
  }
}

std::string ComparatorOf(const v1::Observation& observation) {
  const std::string& set = observation.neighbour_set();
  std::string which(NameOf(observation.average()));
  if (!set.empty()) absl::StrAppend(&which, which.empty() ? "of " : " of ", set);
  if (which.empty()) return std::string(NameOf(observation.comparator()));
  return absl::StrCat(NameOf(observation.comparator()), " (", which, ")");
}

std::pair<std::string, std::string> TidyTime(const v1::Period& period) {
  const int year = period.start().year();
  const int month = period.start().month();
  const int financial_year = month >= 4 ? year : year - 1;
  const int academic_year = month >= 9 ? year : year - 1;
  switch (period.kind()) {
    case v1::Period::CALENDAR_YEAR:
      return {absl::StrCat(year), "Calendar year"};
    case v1::Period::FINANCIAL_YEAR:
      return {SplitYear(financial_year), "Financial year"};
    case v1::Period::ACADEMIC_YEAR:
      return {SplitYear(academic_year), "Academic year"};
    case v1::Period::FINANCIAL_QUARTER:
      return {SplitYear(financial_year),
              absl::StrCat("Financial year Q", (month + 8) % 12 / 3 + 1)};
    case v1::Period::MONTH:
      return {absl::StrCat(year), std::string(MonthName(month))};
    case v1::Period::SCHOOL_TERM:
      return {SplitYear(academic_year), month >= 9   ? "Autumn term"
                                        : month <= 3 ? "Spring term"
                                                     : "Summer term"};
    default:
      return {absl::StrCat(period.end().year()), "Reporting year"};
  }
}

absl::string_view LevelOf(const AreaPath& areas) {
  if (areas.district != nullptr) return "Local authority district";
  if (areas.authority != nullptr) return "Local authority";
  if (areas.police_force != nullptr) return "Police force area";
  if (areas.region != nullptr) return "Regional";
  return "National";
}

}  // namespace concordat::domain
