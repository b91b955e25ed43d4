// The periods of a measure: how its frequency divides the time, what a period is
// called, and when its figures are due. Days are Europe/London, inclusive.
#ifndef CONCORDAT_SERVER_DOMAIN_PERIODS_H_
#define CONCORDAT_SERVER_DOMAIN_PERIODS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/release.pb.h"

namespace concordat::domain {

// The period of the measure's frequency that holds `day`, without a label:
//
//   EACH_MONTH     MONTH
//   EACH_QUARTER   FINANCIAL_QUARTER, April to June being the first
//   EACH_TERM      SCHOOL_TERM, see below
//   EACH_YEAR      the year that begins as `collected_from` does: 1 January is
//                  CALENDAR_YEAR, 1 September ACADEMIC_YEAR, else FINANCIAL_YEAR
//   ONCE           from `collected_from` to `collected_until`: SNAPSHOT when they
//                  are one day, else OTHER_SPAN; whatever `day` is
//
// Schools set their own term dates. Terms therefore end as due texts understand
// them (due.h): autumn is 1 September to 31 December, spring 1 January to 31 March,
// summer 1 April to 31 August. Together they are an academic year.
//
// Nothing when the measure has no frequency, or collects ONCE without both days.
std::optional<v1::Period> PeriodHolding(const v1::Measure& measure, absl::CivilDay day);

// Whether `period` is one whole period of the measure's frequency: its kind and both
// of its days. The label does not matter.
bool IsWholePeriod(const v1::Measure& measure, const v1::Period& period);

// Whether `period` is a whole period of the measure between `collected_from` and
// `collected_until`. False for a measure without `collected_from`.
bool IsCollected(const v1::Measure& measure, const v1::Period& period);

// The periods of the measure that are collected and ended before the day `on`, in
// order. None for a measure without `collected_from`.
std::vector<v1::Period> EndedPeriods(const v1::Measure& measure, absl::CivilDay on);

// What a whole period is called in names: `2018` a calendar year, `2018-19` a financial
// or an academic one, `2018-19-q1`, `2018-19-autumn`, `2018-05` a month, `2018-05-01` a
// snapshot, `2018-05-01-2018-08-15` another span. Unique among the periods of one
// measure, at most 21 bytes. Empty for a period whose days are not valid.
std::string PeriodIdentifier(const v1::Period& period);

// The collected period of the measure that is called so; nothing when there is none.
std::optional<v1::Period> PeriodFromIdentifier(const v1::Measure& measure,
                                               absl::string_view identifier);

// The day by which the period's figures are due under this duty of the measure. The
// period's days are valid.
absl::CivilDay DueDay(const v1::Measure& measure, const v1::Measure::Duty& duty,
                      const v1::Period& period);

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_PERIODS_H_
