// A file of figures as the rows of a submission.
#ifndef CONCORDAT_CLIENT_ROWS_ROW_FILE_H_
#define CONCORDAT_CLIENT_ROWS_ROW_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "concordat/submission.h"

namespace concordat::rows {

// Rows of a file, numbered by the line that each begins in. After an error of one row,
// which begins with its number and column as in `line 12, value: …`, the next one can be
// read; an error that ends the file comes again.
class RowFile : public RowSource {
 public:
  // Whether an error was the last row's alone.
  virtual bool can_go_on() const = 0;
};

// CSV with a header (csv_rows.h).
absl::StatusOr<std::unique_ptr<RowFile>> OpenCsv(const std::string& path);
// A JSON object a line, with the columns as names; numbers may be JSON numbers, `x` and
// `z` are texts, and null is blank.
absl::StatusOr<std::unique_ptr<RowFile>> OpenNdjson(const std::string& path);
// The sheet of figures of a workbook (client/workbook). Rows without anything filled in
// are left out. Call it before the program has other threads.
absl::StatusOr<std::unique_ptr<RowFile>> OpenWorkbook(const std::string& path);
// By the file's name: `.csv`, `.ndjson`, `.jsonl` or `.xlsx`. INVALID_ARGUMENT for another.
absl::StatusOr<std::unique_ptr<RowFile>> OpenRowFile(const std::string& path);

// What a whole file holds.
struct FileCheck {
  int64_t rows = 0;
  // What is wrong with rows; the first so many.
  std::vector<std::string> problems;
  int64_t problem_count = 0;
};
// Reads the file from its beginning to its end, and rewinds it. INVALID_ARGUMENT for more
// rows than one submission takes.
absl::StatusOr<FileCheck> CheckFile(RowFile& file);

}  // namespace concordat::rows

#endif  // CONCORDAT_CLIENT_ROWS_ROW_FILE_H_
