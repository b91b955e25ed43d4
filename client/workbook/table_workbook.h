// A workbook of tables, to be read and printed.
#ifndef CONCORDAT_CLIENT_WORKBOOK_TABLE_WORKBOOK_H_
#define CONCORDAT_CLIENT_WORKBOOK_TABLE_WORKBOOK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

struct lxw_format;
struct lxw_worksheet;

namespace concordat::workbook {

class XlsxFile;

// The rows of a sheet that a spreadsheet program opens, its headings among them.
inline constexpr int64_t kMostSheetRows = 1'048'576;

// How a cell looks. A colour only repeats what the cell says in words.
enum class Look { kPlain, kTitle, kHeading, kGreen, kAmber, kRed };

// One cell: nothing, a number, or a text that no spreadsheet runs.
struct Cell {
  std::variant<std::monostate, double, std::string> content;
  Look look = Look::kPlain;
  // The decimal places that a number is shown with, 0 to 9; as many as it has when not set.
  std::optional<int> decimal_places;
};

Cell TextCell(absl::string_view text, Look look = Look::kPlain);
Cell NumberCell(double number, std::optional<int> decimal_places = std::nullopt);

// What stands above the rows of a sheet, and how they look.
struct SheetHead {
  // At most 31 characters.
  std::string name;
  // Lines above the table, the first of them its title. May be empty.
  std::vector<std::string> lines;
  std::vector<std::string> columns;
  // So many columns from the left stay in view.
  uint16_t fixed_columns = 0;
  // A long text goes on in its cell's next line. Otherwise it is cut where the next cell
  // is filled, which is quicker with many rows.
  bool wraps = false;
};

// Writes sheets one after the other, row by row, in constant memory. Each prints on
// landscape A4, one page wide, with its column headings on every page; they stay in view
// on the screen. Columns are as wide as what stands in them, within limits. Not
// thread-safe.
class TableWorkbook {
 public:
  // The file `path`, which is written by Close().
  explicit TableWorkbook(const std::string& path);
  ~TableWorkbook();
  TableWorkbook(const TableWorkbook&) = delete;
  TableWorkbook& operator=(const TableWorkbook&) = delete;

  // Begins the next sheet. UNAVAILABLE when no temporary file can be made beside `path`.
  absl::Status BeginSheet(const SheetHead& head);
  // Adds a row to the newest sheet. INVALID_ARGUMENT when the sheet is full, or a text has
  // more than the 32,767 characters of a cell.
  absl::Status AddRow(absl::Span<const Cell> cells);
  // Writes the file. UNAVAILABLE when that fails. No other call may follow.
  absl::Status Close();

 private:
  absl::Status PutCell(uint16_t column, const Cell& cell);
  lxw_format* FormatOf(const Cell& cell);
  void FinishSheet();

  std::unique_ptr<XlsxFile> file_;
  std::map<std::tuple<Look, std::optional<int>, bool>, lxw_format*> formats_;
  // The newest sheet: its next row, and the longest text of each column.
  lxw_worksheet* sheet_ = nullptr;
  uint32_t next_row_ = 0;
  bool wraps_ = false;
  std::vector<size_t> widths_;
};

}  // namespace concordat::workbook

#endif  // CONCORDAT_CLIENT_WORKBOOK_TABLE_WORKBOOK_H_
