// The sheet reader's side of the library that takes XLSX apart.
#ifndef CONCORDAT_CLIENT_WORKBOOK_SHEET_IMPORT_H_
#define CONCORDAT_CLIENT_WORKBOOK_SHEET_IMPORT_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/workbook/sheet_reader.h"

namespace concordat::workbook {

// As ReadSheet, but here and now: for a process that may be lost.
absl::StatusOr<std::vector<SheetRow>> ImportSheet(absl::string_view workbook,
                                                  absl::string_view name);

}  // namespace concordat::workbook

#endif  // CONCORDAT_CLIENT_WORKBOOK_SHEET_IMPORT_H_
