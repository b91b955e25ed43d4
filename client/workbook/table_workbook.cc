#include "client/workbook/table_workbook.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/workbook/xlsx_file.h"

namespace concordat::workbook {
namespace {

constexpr uint8_t kPaperA4 = 9;
constexpr int kMostPlaces = 9;
// The number format of the most decimal places. Its beginning is that of fewer.
constexpr char kNumberFormat[] = "0.000000000";
// Widths of columns, in characters. Where texts wrap, columns are narrower.
constexpr size_t kNarrowest = 8;
constexpr size_t kWidest = 60;
constexpr size_t kWidestWrapped = 28;
// Room for the border, and for letters that are wider than others.
constexpr size_t kRoom = 2;
// Dark enough text on light enough ground for a contrast of 7 to 1 (WCAG 2.1, 1.4.6).
constexpr lxw_color_t kGreenGround = 0xD5F0D5;
constexpr lxw_color_t kAmberGround = 0xFFE8B3;
constexpr lxw_color_t kRedGround = 0xFAD4D4;
constexpr lxw_color_t kHeadingGround = 0xE8E8E8;

// The characters of a UTF-8 text.
size_t LengthOf(absl::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void SetLook(lxw_format* format, Look look) {
  switch (look) {
    case Look::kPlain:
      break;
    case Look::kTitle:
      format_set_bold(format);
      format_set_font_size(format, 14);
      break;
    case Look::kHeading:
      format_set_bold(format);
      format_set_text_wrap(format);
      format_set_bg_color(format, kHeadingGround);
      format_set_bottom(format, LXW_BORDER_THIN);
      break;
    case Look::kGreen:
      format_set_bg_color(format, kGreenGround);
      break;
    case Look::kAmber:
      format_set_bg_color(format, kAmberGround);
      break;
    case Look::kRed:
      format_set_bg_color(format, kRedGround);
      break;
  }
}

absl::Status StatusOf(lxw_error error) {
  switch (error) {
    case LXW_NO_ERROR:
      return absl::OkStatus();
    case LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED:
      return absl::InvalidArgumentError(
          "a text has more than the 32,767 characters of a workbook's cell");
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("a sheet has at most ", kMostSheetRows, " rows"));
  }
}

}  // namespace

Cell TextCell(absl::string_view text, Look look) { return {std::string(text), look, std::nullopt}; }

Cell NumberCell(double number, std::optional<int> decimal_places) {
  return {number, Look::kPlain, decimal_places};
}

TableWorkbook::TableWorkbook(const std::string& path)
    : file_(std::make_unique<XlsxFile>(path, XlsxFile::Storage::kSpooled)) {}

TableWorkbook::~TableWorkbook() = default;

absl::Status TableWorkbook::BeginSheet(const SheetHead& head) {
  FinishSheet();
  sheet_ = file_->AddSheet(head.name);
  if (sheet_ == nullptr) {
    return absl::UnavailableError("no temporary file can be made beside the workbook");
  }
  next_row_ = 0;
  wraps_ = false;
  Look look = Look::kTitle;
  for (const std::string& line : head.lines) {
    absl::Status added = AddRow({TextCell(line, look)});
    if (!added.ok()) return added;
    look = Look::kPlain;
  }
  const uint32_t heading_row = next_row_;
  // Lines above run on over the columns, so they do not make one of them wide.
  widths_.clear();
  std::vector<Cell> headings;
  for (const std::string& column : head.columns)
    headings.push_back(TextCell(column, Look::kHeading));
  absl::Status added = AddRow(headings);
  if (!added.ok()) return added;
  wraps_ = head.wraps;

  worksheet_freeze_panes(sheet_, next_row_, head.fixed_columns);
  worksheet_repeat_rows(sheet_, heading_row, heading_row);
  worksheet_set_landscape(sheet_);
  worksheet_set_paper(sheet_, kPaperA4);
  worksheet_fit_to_pages(sheet_, 1, 0);
  worksheet_set_footer(sheet_, "&L&A&RPage &P of &N");
  return absl::OkStatus();
}

absl::Status TableWorkbook::AddRow(absl::Span<const Cell> cells) {
  if (cells.size() > widths_.size()) widths_.resize(cells.size(), kNarrowest);
  for (size_t i = 0; i < cells.size(); ++i) {
    absl::Status put = PutCell(static_cast<uint16_t>(i), cells[i]);
    if (!put.ok()) return put;
  }
  ++next_row_;
  return absl::OkStatus();
}

absl::Status TableWorkbook::PutCell(uint16_t column, const Cell& cell) {
  if (const auto* number = std::get_if<double>(&cell.content)) {
    return StatusOf(worksheet_write_number(sheet_, next_row_, column, *number, FormatOf(cell)));
  }
  const auto* text = std::get_if<std::string>(&cell.content);
  if (text == nullptr || text->empty()) return absl::OkStatus();
  widths_[column] = std::max(widths_[column], LengthOf(*text));
  return StatusOf(PutText(sheet_, next_row_, column, *text, FormatOf(cell)));
}

lxw_format* TableWorkbook::FormatOf(const Cell& cell) {
  const auto [at, is_new] = formats_.try_emplace({cell.look, cell.decimal_places, wraps_}, nullptr);
  if (!is_new) return at->second;
  lxw_format* const format = file_->AddFormat();
  SetLook(format, cell.look);
  if (wraps_) {
    format_set_text_wrap(format);
    format_set_align(format, LXW_ALIGN_VERTICAL_TOP);
  }
  if (cell.decimal_places.has_value()) {
    const auto places = static_cast<size_t>(std::clamp(*cell.decimal_places, 0, kMostPlaces));
    format_set_num_format(format, std::string(kNumberFormat, places > 0 ? places + 2 : 1).c_str());
  }
  at->second = format;
  return format;
}

void TableWorkbook::FinishSheet() {
  if (sheet_ == nullptr) return;
  const size_t widest = wraps_ ? kWidestWrapped : kWidest;
  for (size_t i = 0; i < widths_.size(); ++i) {
    const auto column = static_cast<lxw_col_t>(i);
    const auto width = static_cast<double>(std::min(widths_[i], widest) + kRoom);
    worksheet_set_column(sheet_, column, column, width, nullptr);
  }
}

absl::Status TableWorkbook::Close() {
  FinishSheet();
  return file_->Close();
}

}  // namespace concordat::workbook
