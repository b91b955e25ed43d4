// Periods as a file of figures writes them.
#ifndef CONCORDAT_CLIENT_ROWS_ROW_PERIOD_H_
#define CONCORDAT_CLIENT_ROWS_ROW_PERIOD_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "concordat/v1/release.pb.h"

namespace concordat::rows {

// The kind that is called so, such as `FINANCIAL_QUARTER`, in capitals or not.
// INVALID_ARGUMENT lists them.
absl::StatusOr<v1::Period::Kind> ParsePeriodKind(absl::string_view text);

// The period that a label names; `kind` decides between two meanings, and is
// KIND_UNSPECIFIED where the file does not say:
//
//   2018            a calendar year
//   2018-19         a financial or an academic year: `kind` has to say which
//   2018-19 Q1      the quarter of a financial year, April to June being the first
//   2018-19 Autumn  a school term: Autumn, Spring or Summer
//   2018-05         a month. Where it could be two years, as in 2004-05, `kind` has to
//                   say MONTH
//   2018-05-01      a day
//
// `-` may stand for the space, and capitals do not matter. INVALID_ARGUMENT for anything
// else, and for a label that is not of `kind`: nothing is guessed.
absl::StatusOr<v1::Period> ParsePeriodLabel(absl::string_view label, v1::Period::Kind kind);

}  // namespace concordat::rows

#endif  // CONCORDAT_CLIENT_ROWS_ROW_PERIOD_H_
