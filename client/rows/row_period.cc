#include "client/rows/row_period.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "base/civil_time.h"
#include "base/status.h"

namespace concordat::rows {
namespace {

using v1::Period;

constexpr absl::string_view kKinds =
    "CALENDAR_YEAR, FINANCIAL_YEAR, ACADEMIC_YEAR, FINANCIAL_QUARTER, MONTH, SNAPSHOT, OTHER_SPAN "
    "or SCHOOL_TERM";

Period Months(Period::Kind kind, int year, int month, int count) {
  Period period;
  period.set_kind(kind);
  *period.mutable_start() = ToDate(absl::CivilDay(year, month, 1));
  *period.mutable_end() = ToDate(absl::CivilDay(absl::CivilMonth(year, month) + count) - 1);
  return period;
}

// A number of so many digits and nothing else.
std::optional<int> Digits(absl::string_view text, size_t count) {
  int number = 0;
  if (text.size() != count || !std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text, &number)) {
    return std::nullopt;
  }
  return number;
}

absl::Status NotALabel() {
  return absl::InvalidArgumentError(
      "is no period: write `2018`, `2018-19`, `2018-19 Q1`, `2018-19 Autumn`, `2018-05` or "
      "`2018-05-01`");
}

// A part of the two years that begin in `year`: `q1`, `autumn`.
std::optional<Period> PartOf(int year, absl::string_view part) {
  if (part == "autumn") return Months(Period::SCHOOL_TERM, year, 9, 4);
  if (part == "spring") return Months(Period::SCHOOL_TERM, year + 1, 1, 3);
  if (part == "summer") return Months(Period::SCHOOL_TERM, year + 1, 4, 5);
  if (part.size() != 2 || part[0] != 'q' || part[1] < '1' || part[1] > '4') return std::nullopt;
  const int quarter = part[1] - '1';
  return quarter == 3 ? Months(Period::FINANCIAL_QUARTER, year + 1, 1, 3)
                      : Months(Period::FINANCIAL_QUARTER, year, 4 + 3 * quarter, 3);
}

// `2018-19` or `2018-05`.
absl::StatusOr<Period> YearsOrMonth(int year, int second, Period::Kind kind) {
  const bool may_be_years = second == (year + 1) % 100;
  const bool may_be_month = second >= 1 && second <= 12;
  if (kind == Period::MONTH || (may_be_month && !may_be_years)) {
    if (!may_be_month) return NotALabel();
    return Months(Period::MONTH, year, second, 1);
  }
  if (!may_be_years) return NotALabel();
  if (kind == Period::FINANCIAL_YEAR) return Months(kind, year, 4, 12);
  if (kind == Period::ACADEMIC_YEAR) return Months(kind, year, 9, 12);
  return absl::InvalidArgumentError(
      may_be_month ? "may be a month or a year: say FINANCIAL_YEAR, ACADEMIC_YEAR or MONTH in a "
                     "column period_kind"
                   : "may be a financial or an academic year: say FINANCIAL_YEAR or ACADEMIC_YEAR "
                     "in a column period_kind");
}

absl::StatusOr<Period> ParseAnyLabel(absl::string_view label, Period::Kind kind) {
  const std::string text = absl::AsciiStrToLower(label);
  const absl::string_view all = text;
  const std::optional<int> year = Digits(all.substr(0, 4), 4);
  // The years that the days of a period can be written in.
  if (!year.has_value() || *year < 1900 || *year > 2999) return NotALabel();
  if (all.size() == 4) return Months(Period::CALENDAR_YEAR, *year, 1, 12);
  if (all[4] != '-' || all.size() < 7) return NotALabel();
  const std::optional<int> second = Digits(all.substr(5, 2), 2);
  if (!second.has_value()) return NotALabel();
  if (all.size() == 7) return YearsOrMonth(*year, *second, kind);
  if (all[7] != ' ' && all[7] != '-') return NotALabel();
  if (const std::optional<absl::CivilDay> day = ParseDay(all)) {
    Period period;
    period.set_kind(Period::SNAPSHOT);
    *period.mutable_start() = ToDate(*day);
    *period.mutable_end() = ToDate(*day);
    return period;
  }
  const std::optional<Period> part = PartOf(*year, all.substr(8));
  if (*second != (*year + 1) % 100 || !part.has_value()) return NotALabel();
  return *part;
}

}  // namespace

absl::StatusOr<Period::Kind> ParsePeriodKind(absl::string_view text) {
  Period::Kind kind = Period::KIND_UNSPECIFIED;
  if (!Period::Kind_Parse(absl::AsciiStrToUpper(text), &kind) || kind == Period::KIND_UNSPECIFIED) {
    return absl::InvalidArgumentError(absl::StrCat("is no kind of period: write ", kKinds));
  }
  return kind;
}

absl::StatusOr<Period> ParsePeriodLabel(absl::string_view label, Period::Kind kind) {
  ASSIGN_OR_RETURN(Period period, ParseAnyLabel(label, kind));
  if (kind != Period::KIND_UNSPECIFIED && period.kind() != kind) {
    return absl::InvalidArgumentError("is not of the kind that period_kind says");
  }
  return period;
}

}  // namespace concordat::rows
