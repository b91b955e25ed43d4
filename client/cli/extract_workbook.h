// An extract as a workbook for a spreadsheet program.
#ifndef CONCORDAT_CLIENT_CLI_EXTRACT_WORKBOOK_H_
#define CONCORDAT_CLIENT_CLI_EXTRACT_WORKBOOK_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "client/workbook/table_workbook.h"
#include "concordat/client.h"

namespace concordat::cli {

// The largest extract that becomes a workbook.
struct WorkbookLimits {
  // Figures: as many as a sheet has place for beneath its headings.
  int64_t rows = workbook::kMostSheetRows - 1;
  // Bytes of the tidy file that the workbook is made of.
  int64_t bytes = int64_t{256} << 20;
};

// Extracts the tidy file and its metadata file, each verified, and makes the workbook
// `path` of them, row by row as they come: the sheet `observations` with the tidy file's
// cells, where each indicator has its numbers and, in a column beside it such as
// `value_count_status`, its symbols; `metadata` with the metadata file's cells; `about`
// with what the manifest says. `request` says which figures; its format does not count.
// `progress` is told of the bytes that came. Rows are kept in temporary files beside
// `path`. The summary is that of the tidy file.
//
// An error of the machine (local_error.h) when the limits are passed or the file cannot be
// written; DATA_LOSS when what came is damaged or changed meanwhile. What is at `path` is
// then to be thrown away.
absl::StatusOr<ExtractSummary> WriteExtractWorkbook(const std::string& path, Client& client,
                                                    v1::ExtractObservationsRequest request,
                                                    const CallOptions& call,
                                                    absl::FunctionRef<void(int64_t bytes)> progress,
                                                    const WorkbookLimits& limits = {});

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_EXTRACT_WORKBOOK_H_
