// The workbook in which an agency fills in what it owes.
#ifndef CONCORDAT_CLIENT_WORKBOOK_RETURN_WORKBOOK_H_
#define CONCORDAT_CLIENT_WORKBOOK_RETURN_WORKBOOK_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace concordat::workbook {

// The sheet that is filled in, and read back.
inline constexpr absl::string_view kFiguresSheet = "Figures";

// One figure that is owed: the cells that are filled in beforehand, as the columns of a
// file of figures have them (docs/returns.md).
struct OwedFigure {
  std::string measure;
  std::string area;
  // For who fills it in, as is `due`; not read back.
  std::string area_name;
  std::string period_kind;
  std::string period_start;
  std::string period_end;
  std::string breakdown_dimension;
  std::string breakdown_item;
  // The day by which it is due, as `2018-07-30`.
  std::string due;
  // The value is a whole number.
  bool is_count = false;
};

// What the sheet of guidance says of a measure.
struct MeasureGuide {
  std::string measure;
  std::string title;
  std::string definition;
  std::string unit;
};

// Writes the workbook to a new file `path`: a sheet of guidance, and the sheet
// kFiguresSheet with a row for each figure. Its cells for value, numerator, denominator,
// provisional and commentary can be written and are checked by the spreadsheet; all
// others are locked, without a password. Texts stand as texts, so that no spreadsheet
// runs one. UNAVAILABLE when the file cannot be written.
absl::Status WriteReturnWorkbook(const std::string& path, absl::string_view agency,
                                 const std::vector<MeasureGuide>& guides,
                                 const std::vector<OwedFigure>& figures);

}  // namespace concordat::workbook

#endif  // CONCORDAT_CLIENT_WORKBOOK_RETURN_WORKBOOK_H_
