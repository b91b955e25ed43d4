// Comma-separated values after RFC 4180.
#ifndef CONCORDAT_CLIENT_CLI_CSV_H_
#define CONCORDAT_CLIENT_CLI_CSV_H_

#include <string>
#include <vector>

namespace concordat::cli {

// One record with its line end (CR LF). A field with a comma, quote or line end
// is quoted. One that a spreadsheet would run as a formula (it begins with =, @,
// + or -, a tab or a carriage return, and is no number) gets an apostrophe before
// it, as in the service's extracts.
std::string CsvRecord(const std::vector<std::string>& fields);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_CSV_H_
