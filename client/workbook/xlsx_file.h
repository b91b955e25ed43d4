// What the writers of workbooks share of libxlsxwriter. For this folder alone.
#ifndef CONCORDAT_CLIENT_WORKBOOK_XLSX_FILE_H_
#define CONCORDAT_CLIENT_WORKBOOK_XLSX_FILE_H_

#include <xlsxwriter.h>

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace concordat::workbook {

// One XLSX file being written. Not thread-safe.
class XlsxFile {
 public:
  // Where cells are until the file is closed.
  enum class Storage {
    // In memory; they may come in any order.
    kMemory,
    // In unnamed temporary files in the folder of the workbook. The rows of a sheet come in
    // order, and memory does not grow with them.
    kSpooled,
  };

  XlsxFile(const std::string& path, Storage storage);
  // Without Close() nothing is written.
  ~XlsxFile();
  XlsxFile(const XlsxFile&) = delete;
  XlsxFile& operator=(const XlsxFile&) = delete;

  // Null when no temporary file can be made for it.
  lxw_worksheet* AddSheet(const std::string& name);
  lxw_format* AddFormat() { return workbook_add_format(workbook_); }

  // Writes the file. UNAVAILABLE when it, or a temporary one, cannot be written. No other
  // call may follow.
  absl::Status Close();

 private:
  const std::string folder_;
  lxw_workbook* workbook_;
  // The sheets whose rows are spooled.
  std::vector<lxw_worksheet*> spooled_;
};

// Writes a text as a text, never as a formula, number or link, with its format if that is
// not null. An empty text is a cell with its format alone.
lxw_error PutText(lxw_worksheet* sheet, lxw_row_t row, lxw_col_t column, const std::string& text,
                  lxw_format* format);

}  // namespace concordat::workbook

#endif  // CONCORDAT_CLIENT_WORKBOOK_XLSX_FILE_H_
