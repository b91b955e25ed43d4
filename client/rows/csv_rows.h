// CSV after RFC 4180, one record at a time.
#ifndef CONCORDAT_CLIENT_ROWS_CSV_ROWS_H_
#define CONCORDAT_CLIENT_ROWS_CSV_ROWS_H_

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace concordat::rows {

// Records of comma-separated cells, in UTF-8 with or without a byte order mark, with CRLF
// or LF after each; a cell in quotes may hold both, and quotes twice. Holds one record of
// at most 1 MiB. Not thread-safe.
class CsvRecords {
 public:
  // `input` outlives it.
  explicit CsvRecords(std::istream& input) : input_(input) {}

  // Reads the next record into `cells`; false at the end. INVALID_ARGUMENT when the text
  // is not CSV or not UTF-8; the rest cannot be read then.
  absl::StatusOr<bool> Next(std::vector<std::string>& cells);
  // The line, from 1, that the record just read, or the one that failed, begins in.
  int64_t line() const { return line_; }

 private:
  // Reads one character; -1 at the end.
  int Take();

  std::istream& input_;
  int64_t line_ = 0;
  int64_t next_line_ = 1;
  bool begun_ = false;
};

// Whether the text is UTF-8 without a NUL, as files of figures have to be.
bool IsPlainUtf8(absl::string_view text);

}  // namespace concordat::rows

#endif  // CONCORDAT_CLIENT_ROWS_CSV_ROWS_H_
