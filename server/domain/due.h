// When an action is due: what the words of a paper mean, and what that means on
// a given day. Days are Europe/London, inclusive.
#ifndef CONCORDAT_SERVER_DOMAIN_DUE_H_
#define CONCORDAT_SERVER_DOMAIN_DUE_H_

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "concordat/v1/plan.pb.h"

namespace concordat::domain {

// Understands a due text. The text is kept as printed, byte for byte; spacing,
// letter case and the kind of dash do not matter to its meaning. `next_date` is
// left for ResolveNextDate.
//
//   nothing                              NOT_SET
//   January 2019, Sept 2018, By M Y      BY_DATE, the last day of the month
//   31 January 2019, 2019-01-31          BY_DATE, that day
//   Initial Report M Y,                  BY_DATE, with the step as its one stage
//   Plan In Place By M Y
//   Pilot M Y / Roll Out M Y             STAGED, stages in printed order
//   From M Y, Service to Commence M Y,   STARTING, the last day of the month
//   New Programme To Be Delivered From M Y
//   Monthly, Monthly Monitoring          MONTHLY
//   Quarterly, Quarterly Monitoring      QUARTERLY
//   Autumn|Spring|Summer Term Y          TERM, see below
//
// Words before a date are understood only when they are in this table or in
// the list of steps in due.cc: "Postponed January 2019" names a date, but not
// the one by which something is due. What is not understood has the kind
// KIND_UNSPECIFIED and no dates; nothing is guessed.
//
// Schools set their own term dates, and no paper says which day it means. The
// last day of a term is therefore this project's own convention, taken from no
// document: autumn ends on 31 December, spring on 31 March, summer on 31 August.
// The year is the calendar year of the term.
v1::Due ParseDue(absl::string_view text);

// Sets `next_date` to the next date that counts on the day `on`, `on` itself
// included: the end of the month or of the quarter (January to March, and so
// on) for MONTHLY and QUARTERLY, the earliest stage not yet over for STAGED.
// Clears it when none is left.
void ResolveNextDate(v1::Due& due, absl::CivilDay on);

// Whether the due date lies before `on` and the action has not met it. BY_DATE,
// TERM and STAGED (by its latest stage): unless complete or withdrawn. STARTING:
// only while the action has not begun, that is planned or not stated. The other
// kinds are never past due.
bool IsPastDue(const v1::Due& due, v1::Action::Status status, absl::CivilDay on);

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_DUE_H_
