#include <algorithm>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "client/rows/row_cells.h"
#include "client/rows/row_file.h"
#include "client/workbook/return_workbook.h"
#include "client/workbook/sheet_reader.h"

namespace concordat::rows {
namespace {

// What a provider writes: a row with none of it was left as the template had it.
constexpr Column kFilledIn[] = {Column::kValue, Column::kNumerator, Column::kDenominator,
                                Column::kStatus, Column::kCommentary};

class WorkbookFile final : public RowFile {
 public:
  WorkbookFile(RowCells header, std::vector<size_t> filled_in,
               std::vector<workbook::SheetRow> sheet)
      : header_(std::move(header)), filled_in_(std::move(filled_in)), sheet_(std::move(sheet)) {}

  absl::StatusOr<std::optional<v1::SubmittedObservation>> Next() override {
    while (next_ < sheet_.size()) {
      workbook::SheetRow& row = sheet_[next_++];
      if (row.cells.size() > header_.size()) {
        return absl::InvalidArgumentError(
            absl::StrCat("line ", row.number, ", has text in a column without a title"));
      }
      // Empty cells at the end of a row are not in it.
      row.cells.resize(header_.size());
      if (absl::c_all_of(filled_in_, [&](size_t cell) { return row.cells[cell].empty(); })) {
        continue;
      }
      absl::StatusOr<std::optional<v1::SubmittedObservation>> figure =
          header_.Parse(row.number, row.cells);
      if (!figure.ok()) {
        return absl::Status(figure.status().code(),
                            absl::StrCat("line ", row.number, ", ", figure.status().message()));
      }
      if (figure->has_value()) return figure;
    }
    return std::nullopt;
  }

  absl::Status Rewind() override {
    next_ = 0;
    return absl::OkStatus();
  }
  bool can_go_on() const override { return true; }

 private:
  const RowCells header_;
  // Cells of kFilledIn.
  const std::vector<size_t> filled_in_;
  std::vector<workbook::SheetRow> sheet_;
  size_t next_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RowFile>> OpenWorkbook(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  ASSIGN_OR_RETURN(std::vector<workbook::SheetRow> sheet,
                   workbook::ReadSheet(bytes, workbook::kFiguresSheet));
  if (sheet.empty() || sheet.front().number != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("the sheet ", workbook::kFiguresSheet, " has no titles in its first row"));
  }
  const std::vector<std::string> titles = std::move(sheet.front().cells);
  sheet.erase(sheet.begin());
  ASSIGN_OR_RETURN(RowCells header, RowCells::Make(titles));
  std::vector<size_t> filled_in;
  for (size_t i = 0; i < header.size(); ++i) {
    if (absl::c_linear_search(kFilledIn, header.columns()[i])) filled_in.push_back(i);
  }
  return std::make_unique<WorkbookFile>(std::move(header), std::move(filled_in), std::move(sheet));
}

}  // namespace concordat::rows
