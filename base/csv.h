// Fields of CSV that people open in a spreadsheet.
#ifndef CONCORDAT_BASE_CSV_H_
#define CONCORDAT_BASE_CSV_H_

#include <string>

#include "absl/strings/string_view.h"

namespace concordat {

// Appends one field (RFC 4180), in quotes where it needs them.
void AppendCsvField(absl::string_view text, std::string& out);

// `text`, with an apostrophe before it where a spreadsheet would run it as a
// formula: where it begins with `=`, `@`, a tab or a return, or with a sign and is
// no number. A bare dash, which printed tables have for nothing, stays as it is.
std::string SafeForSpreadsheet(absl::string_view text);

// Appends what SafeForSpreadsheet gives as one field.
void AppendSafeCsvField(absl::string_view text, std::string& out);

}  // namespace concordat

#endif  // CONCORDAT_BASE_CSV_H_
