#include "server/domain/periods.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/civil_time.h"

namespace concordat::domain {
namespace {

constexpr int kAutumnBegins = 9;

v1::Period MakePeriod(v1::Period::Kind kind, absl::CivilDay first, absl::CivilDay last) {
  v1::Period period;
  period.set_kind(kind);
  *period.mutable_start() = ToDate(first);
  *period.mutable_end() = ToDate(last);
  return period;
}

// So many months from the first of `first` on.
v1::Period Months(v1::Period::Kind kind, absl::CivilMonth first, int count) {
  return MakePeriod(kind, absl::CivilDay(first), absl::CivilDay(first + count) - 1);
}

// The twelve months from a first of `month` on that hold `day`.
v1::Period Year(v1::Period::Kind kind, int month, absl::CivilDay day) {
  const int64_t year = day.month() >= month ? day.year() : day.year() - 1;
  return Months(kind, absl::CivilMonth(year, month), 12);
}

v1::Period Term(absl::CivilDay day) {
  if (day.month() >= kAutumnBegins) {
    return Months(v1::Period::SCHOOL_TERM, absl::CivilMonth(day.year(), kAutumnBegins), 4);
  }
  if (day.month() <= 3) {
    return Months(v1::Period::SCHOOL_TERM, absl::CivilMonth(day.year(), 1), 3);
  }
  return Months(v1::Period::SCHOOL_TERM, absl::CivilMonth(day.year(), 4), 5);
}

v1::Period YearOf(const v1::Measure& measure, absl::CivilDay day) {
  const google::type::Date& from = measure.collected_from();
  if (from.day() == 1 && from.month() == 1) return Year(v1::Period::CALENDAR_YEAR, 1, day);
  if (from.day() == 1 && from.month() == kAutumnBegins) {
    return Year(v1::Period::ACADEMIC_YEAR, kAutumnBegins, day);
  }
  return Year(v1::Period::FINANCIAL_YEAR, 4, day);
}

std::optional<v1::Period> Once(const v1::Measure& measure) {
  const std::optional<absl::CivilDay> from = ToCivilDay(measure.collected_from());
  const std::optional<absl::CivilDay> until = ToCivilDay(measure.collected_until());
  if (!from.has_value() || !until.has_value()) return std::nullopt;
  return MakePeriod(*from == *until ? v1::Period::SNAPSHOT : v1::Period::OTHER_SPAN, *from, *until);
}

bool IsSame(const v1::Period& a, const v1::Period& b) {
  return a.kind() == b.kind() && ToCivilDay(a.start()) == ToCivilDay(b.start()) &&
         ToCivilDay(a.end()) == ToCivilDay(b.end());
}

// `2018-19`.
std::string TwoYears(int64_t first) {
  return absl::StrFormat("%04d-%02d", first, (first + 1) % 100);
}

absl::string_view TermName(int first_month) {
  return first_month == kAutumnBegins ? "autumn" : first_month == 1 ? "spring" : "summer";
}

}  // namespace

std::optional<v1::Period> PeriodHolding(const v1::Measure& measure, absl::CivilDay day) {
  switch (measure.frequency()) {
    case v1::Measure::EACH_MONTH:
      return Months(v1::Period::MONTH, absl::CivilMonth(day), 1);
    case v1::Measure::EACH_QUARTER:
      return Months(v1::Period::FINANCIAL_QUARTER,
                    absl::CivilMonth(day.year(), (day.month() - 1) / 3 * 3 + 1), 3);
    case v1::Measure::EACH_TERM:
      return Term(day);
    case v1::Measure::EACH_YEAR:
      return YearOf(measure, day);
    case v1::Measure::ONCE:
      return Once(measure);
    default:
      return std::nullopt;
  }
}

bool IsWholePeriod(const v1::Measure& measure, const v1::Period& period) {
  const std::optional<absl::CivilDay> start = ToCivilDay(period.start());
  if (!start.has_value() || !ToCivilDay(period.end()).has_value()) return false;
  const std::optional<v1::Period> whole = PeriodHolding(measure, *start);
  return whole.has_value() && IsSame(*whole, period);
}

bool IsCollected(const v1::Measure& measure, const v1::Period& period) {
  const std::optional<absl::CivilDay> from = ToCivilDay(measure.collected_from());
  const std::optional<absl::CivilDay> until = ToCivilDay(measure.collected_until());
  return from.has_value() && IsWholePeriod(measure, period) &&
         *ToCivilDay(period.start()) >= *from &&
         (!until.has_value() || *ToCivilDay(period.end()) <= *until);
}

std::vector<v1::Period> EndedPeriods(const v1::Measure& measure, absl::CivilDay on) {
  std::vector<v1::Period> periods;
  std::optional<absl::CivilDay> day = ToCivilDay(measure.collected_from());
  while (day.has_value()) {
    std::optional<v1::Period> period = PeriodHolding(measure, *day);
    if (!period.has_value() || !IsCollected(measure, *period)) break;
    const absl::CivilDay last = *ToCivilDay(period->end());
    if (last >= on) break;
    periods.push_back(*std::move(period));
    if (measure.frequency() == v1::Measure::ONCE) break;
    day = last + 1;
  }
  return periods;
}

std::string PeriodIdentifier(const v1::Period& period) {
  const std::optional<absl::CivilDay> start = ToCivilDay(period.start());
  const std::optional<absl::CivilDay> end = ToCivilDay(period.end());
  if (!start.has_value() || !end.has_value()) return "";
  // The year that a year of this kind, or the year that a part belongs to, begins in.
  const auto year_from = [&start](int month) {
    return start->month() >= month ? start->year() : start->year() - 1;
  };
  switch (period.kind()) {
    case v1::Period::CALENDAR_YEAR:
      return absl::StrFormat("%04d", start->year());
    case v1::Period::FINANCIAL_YEAR:
    case v1::Period::ACADEMIC_YEAR:
      return TwoYears(start->year());
    case v1::Period::FINANCIAL_QUARTER:
      return absl::StrCat(TwoYears(year_from(4)), "-q", (start->month() + 8) % 12 / 3 + 1);
    case v1::Period::SCHOOL_TERM:
      return absl::StrCat(TwoYears(year_from(kAutumnBegins)), "-", TermName(start->month()));
    case v1::Period::MONTH:
      return absl::StrFormat("%04d-%02d", start->year(), start->month());
    case v1::Period::SNAPSHOT:
      return FormatDay(*start);
    default:
      return absl::StrCat(FormatDay(*start), "-", FormatDay(*end));
  }
}

std::optional<v1::Period> PeriodFromIdentifier(const v1::Measure& measure,
                                               absl::string_view identifier) {
  std::optional<absl::CivilDay> day = ToCivilDay(measure.collected_from());
  int32_t year = 0;
  if (!day.has_value() || identifier.size() < 4 ||
      !absl::SimpleAtoi(identifier.substr(0, 4), &year)) {
    return std::nullopt;
  }
  // An identifier begins with the year that its period, or the year that this is a part
  // of, begins in; so the period is one of those of two years.
  day = std::max(*day, absl::CivilDay(year, 1, 1));
  while (day->year() <= year + 1) {
    std::optional<v1::Period> period = PeriodHolding(measure, *day);
    if (!period.has_value() || !IsCollected(measure, *period)) break;
    if (PeriodIdentifier(*period) == identifier) return period;
    if (measure.frequency() == v1::Measure::ONCE) break;
    day = *ToCivilDay(period->end()) + 1;
  }
  return std::nullopt;
}

absl::CivilDay DueDay(const v1::Measure& measure, const v1::Measure::Duty& duty,
                      const v1::Period& period) {
  const int lag = duty.lag_days() > 0 ? duty.lag_days() : measure.lag_days();
  return ToCivilDay(period.end()).value_or(absl::CivilDay::max()) + lag;
}

}  // namespace concordat::domain
