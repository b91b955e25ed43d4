// Comma-separated values after RFC 4180.
#ifndef CONCORDAT_CLIENT_CLI_CSV_H_
#define CONCORDAT_CLIENT_CLI_CSV_H_

#include <string>
#include <vector>

namespace concordat::cli {

// One record with its line end (CR LF). A field with a comma, quote or line end
// is quoted.
std::string CsvRecord(const std::vector<std::string>& fields);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_CSV_H_
