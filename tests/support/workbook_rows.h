// What a workbook holds, read by a program that shares no code with its writer.
#ifndef CONCORDAT_TESTS_SUPPORT_WORKBOOK_ROWS_H_
#define CONCORDAT_TESTS_SUPPORT_WORKBOOK_ROWS_H_

#include <string>
#include <vector>

namespace concordat {

// The rows of a sheet as tests/support/workbook_rows.py prints them: `4: "Burnley"|12.5`,
// a text in quotes, a number bare. Neither argument may hold a quote. When the workbook
// cannot be read, what the program said instead.
std::vector<std::string> WorkbookRows(const std::string& path, const std::string& sheet);

}  // namespace concordat

#endif  // CONCORDAT_TESTS_SUPPORT_WORKBOOK_ROWS_H_
