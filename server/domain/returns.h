// Where a return stands: what an agency owes for one measure and period, against what
// came and what was said about it. Days are Europe/London.
#ifndef CONCORDAT_SERVER_DOMAIN_RETURNS_H_
#define CONCORDAT_SERVER_DOMAIN_RETURNS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/return.pb.h"

namespace concordat::domain {

// A figure without breakdown, or the reason why there is none, that was submitted for
// the return's measure and period.
struct Arrival {
  // `areas/{area}`.
  std::string area;
  // When its submission was applied.
  absl::Time time;
  // `submissions/{submission}`.
  std::string submission;
};

// The identifier of a return: the period's and the agency's, as in
// `2018-19-q1.lancashire-constabulary`.
std::string ReturnIdentifier(const v1::Period& period, absl::string_view agency);

// The agency that the identifier of a return names, `agencies/{agency}`; empty when it
// names none.
std::string AgencyOfReturn(absl::string_view identifier);

// What a return is about.
struct ReturnSubject {
  // One of the measure's duties, and so alive as long as the measure.
  const v1::Measure::Duty* duty = nullptr;
  v1::Period period;
};

// What the identifier names among the returns of the measure whose periods ended before
// the day `on`; nothing when it names none.
std::optional<ReturnSubject> FindReturn(const v1::Measure& measure, absl::string_view identifier,
                                        absl::CivilDay on);

// The return of this duty and period on the day `on`. `said` is what was said about it,
// as it is stored: `state` (NIL, NOT_AVAILABLE, QUERIED, EXTENDED or nothing), `reason`,
// `set_by`, `due` as the day it was extended to, and `chases`.
//
// An area has been received when its first arrival came, whatever was revised later.
// The first rule that applies decides the state:
//
//   said to be QUERIED                      QUERIED
//   all areas received, the last by the     RECEIVED
//     due day
//   all areas received                      RECEIVED_LATE
//   said to be NIL or NOT_AVAILABLE         as said
//   the due day lies before `on`            OVERDUE
//   said to be EXTENDED                     EXTENDED
//   nothing else                            DUE
//
// What was said about a return whose figures then came is kept with its reason, and
// counts no more. All fields of the return are set but `etag`.
v1::Return JudgeReturn(const v1::Measure& measure, const ReturnSubject& subject,
                       absl::Span<const Arrival> arrivals, const v1::Return& said,
                       absl::CivilDay on);

// Whether all that the return asks for has come: RECEIVED or RECEIVED_LATE but for what
// was said about it.
bool IsComplete(const v1::Return& judged);

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_RETURNS_H_
