// A scorecard as a workbook for a board paper.
#ifndef CONCORDAT_CLIENT_CLI_SCORECARD_WORKBOOK_H_
#define CONCORDAT_CLIENT_CLI_SCORECARD_WORKBOOK_H_

#include <string>

#include "absl/status/status.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/scorecard.pb.h"

namespace concordat::cli {

// Writes the workbook `path`: one sheet that prints on landscape A4, with a row for each
// measure and area. Numbers are cells with numbers, as printed on the scorecard's other
// forms; what has no value has its symbol in a column of its own. Everything that a colour
// says stands in words too (WCAG 2.1, 1.4.1). `release` is the scorecard's: its note and
// whether it was withdrawn stand at the head. UNAVAILABLE when the file cannot be written.
absl::Status WriteScorecardWorkbook(const std::string& path, const v1::Scorecard& scorecard,
                                    const v1::Release& release);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_SCORECARD_WORKBOOK_H_
