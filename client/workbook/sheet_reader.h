// Reads a sheet of a workbook that somebody else made, and may have made to do harm.
#ifndef CONCORDAT_CLIENT_WORKBOOK_SHEET_READER_H_
#define CONCORDAT_CLIENT_WORKBOOK_SHEET_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace concordat::workbook {

// One row of a sheet that has any content.
struct SheetRow {
  // As the spreadsheet counts: from 1.
  int64_t number = 0;
  // What its cells hold, from the first column on, without empty ones at the end.
  std::vector<std::string> cells;
};

// The largest workbook that is opened, in bytes.
inline constexpr size_t kMaxWorkbookBytes = size_t{64} << 20;
// What its files may have together when they are unpacked.
inline constexpr size_t kMaxUnpackedBytes = size_t{256} << 20;

// The rows of the sheet `name` of an XLSX workbook. A number is its shortest exact text
// without an exponent, as `1234.5`; one that is shown as a percentage or a day is `12%` or
// `2018-04-01`; a truth value is `true` or `false`. A cell with a
// formula is refused, since what it shows depends on who calculated it last.
//
// The workbook is taken apart in a process of its own that may use 1 GiB of memory and
// 60 s of the processor, so that one which is made to fill the memory, to hang or to end
// the program does nothing but fail. Entities of its XML are not resolved. Call it
// before the program has other threads.
//
// INVALID_ARGUMENT says in words what is wrong with the workbook; UNAVAILABLE when no
// process could be made.
absl::StatusOr<std::vector<SheetRow>> ReadSheet(absl::string_view workbook, absl::string_view name);

}  // namespace concordat::workbook

#endif  // CONCORDAT_CLIENT_WORKBOOK_SHEET_READER_H_
