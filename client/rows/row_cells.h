// The columns of a file of figures, and what may stand in their cells: the same for CSV,
// NDJSON and workbooks. docs/integrating.md has the table.
#ifndef CONCORDAT_CLIENT_ROWS_ROW_CELLS_H_
#define CONCORDAT_CLIENT_ROWS_ROW_CELLS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "concordat/v1/submission.pb.h"

namespace concordat::rows {

// The columns, in the order that they are documented in.
enum class Column : size_t {
  kMeasure,
  kArea,
  kPeriod,
  kPeriodKind,
  kPeriodStart,
  kPeriodEnd,
  kBreakdownDimension,
  kBreakdownItem,
  kValue,
  kNumerator,
  kDenominator,
  kStatus,
  kProvisional,
  kCommentary,
  // For the eyes of who fills a workbook in; not read.
  kAreaName,
  kDue,
  kCount,
};

// The column's name, as in a header.
absl::string_view NameOf(Column column);

// Which cell of a row is which column's. Immutable.
class RowCells {
 public:
  // By the names of a header, each once and in any order. INVALID_ARGUMENT says which
  // name is not known or stands twice, or which column is missing. A name is repeated
  // only where it could be that of a column: a file without a header has figures there.
  // `what` is what they stand in, for the message.
  static absl::StatusOr<RowCells> Make(absl::Span<const std::string> header,
                                       absl::string_view what = "the header");

  // The figure in the cells of one row; nothing when all of them are blank. Spaces around
  // a cell's text do not count. INVALID_ARGUMENT begins with the column, as in
  // `value: …`, and says what to write instead; it does not repeat what stands there.
  absl::StatusOr<std::optional<v1::SubmittedObservation>> Parse(
      int64_t row, absl::Span<const std::string> cells) const;

  size_t size() const { return columns_.size(); }
  // Of each cell.
  absl::Span<const Column> columns() const { return columns_; }

 private:
  explicit RowCells(std::vector<Column> columns) : columns_(std::move(columns)) {}

  std::vector<Column> columns_;
};

}  // namespace concordat::rows

#endif  // CONCORDAT_CLIENT_ROWS_ROW_CELLS_H_
