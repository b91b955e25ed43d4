#include "client/workbook/return_workbook.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "client/workbook/xlsx_file.h"

namespace concordat::workbook {
namespace {

// The columns of the sheet of figures. Those from kValue on are to be filled in.
enum FigureColumn : lxw_col_t {
  kMeasure,
  kArea,
  kAreaName,
  kPeriodKind,
  kPeriodStart,
  kPeriodEnd,
  kDimension,
  kItem,
  kDue,
  kValue,
  kNumerator,
  kDenominator,
  kProvisional,
  kCommentary,
};

struct ColumnHead {
  const char* name;
  double width;
};
constexpr ColumnHead kColumns[] = {
    {"measure", 34},      {"area", 12},       {"area_name", 22},           {"period_kind", 20},
    {"period_start", 13}, {"period_end", 13}, {"breakdown_dimension", 22}, {"breakdown_item", 20},
    {"due", 13},          {"value", 12},      {"numerator", 12},           {"denominator", 13},
    {"provisional", 12},  {"commentary", 50},
};

constexpr const char* kGuidance[] = {
    "Fill in the sheet Figures: one row is one figure. Only its white columns can be written.",
    "value: the number, without a percent sign or commas. 0 when there was nothing to count.",
    "value: x when the figure is not available, z when it does not apply. Say why in commentary.",
    "numerator and denominator: for a percentage or a rate; the value may then be left out.",
    "denominator alone: for an average, such as of days, the number of cases that it is of.",
    "provisional: true while the figure may still change. Otherwise false, or nothing.",
    "commentary: what a reader has to know. Nothing about any person.",
    "Never hide or round small numbers: the service does that before anybody reads them.",
    "A row without a figure is not sent. Put no formulas into the cells.",
};

// One workbook being written. Not thread-safe.
class Writer {
 public:
  explicit Writer(const std::string& path) : file_(path, XlsxFile::Storage::kMemory) {
    bold_ = file_.AddFormat();
    format_set_bold(bold_);
    fixed_ = file_.AddFormat();
    format_set_bg_color(fixed_, 0xE8E8E8);
    // As text, so that a spreadsheet makes no date of a day.
    format_set_num_format(fixed_, "@");
    open_ = file_.AddFormat();
    format_set_unlocked(open_);
  }

  void WriteGuidance(absl::string_view agency, const std::vector<MeasureGuide>& guides) {
    lxw_worksheet* const sheet = file_.AddSheet("Guidance");
    worksheet_set_column(sheet, 0, 0, 36, nullptr);
    worksheet_set_column(sheet, 1, 2, 60, nullptr);
    worksheet_set_column(sheet, 3, 3, 24, nullptr);
    PutText(sheet, 0, 0, absl::StrCat("Figures owed by ", agency), bold_);
    lxw_row_t row = 1;
    for (const char* line : kGuidance) PutText(sheet, row++, 0, line, nullptr);
    lxw_col_t column = 0;
    for (const char* head : {"measure", "title", "definition", "unit"}) {
      PutText(sheet, row, column++, head, bold_);
    }
    for (const MeasureGuide& guide : guides) {
      ++row;
      PutText(sheet, row, 0, guide.measure, nullptr);
      PutText(sheet, row, 1, guide.title, nullptr);
      PutText(sheet, row, 2, guide.definition, nullptr);
      PutText(sheet, row, 3, guide.unit, nullptr);
    }
    worksheet_protect(sheet, nullptr, nullptr);
  }

  void WriteFigures(const std::vector<OwedFigure>& figures) {
    lxw_worksheet* const sheet = file_.AddSheet(std::string(kFiguresSheet));
    lxw_col_t column = 0;
    for (const ColumnHead& head : kColumns) {
      worksheet_set_column(sheet, column, column, head.width, nullptr);
      PutText(sheet, 0, column++, head.name, bold_);
    }
    lxw_row_t row = 0;
    for (const OwedFigure& figure : figures) {
      ++row;
      PutText(sheet, row, kMeasure, figure.measure, fixed_);
      PutText(sheet, row, kArea, figure.area, fixed_);
      PutText(sheet, row, kAreaName, figure.area_name, fixed_);
      PutText(sheet, row, kPeriodKind, figure.period_kind, fixed_);
      PutText(sheet, row, kPeriodStart, figure.period_start, fixed_);
      PutText(sheet, row, kPeriodEnd, figure.period_end, fixed_);
      PutText(sheet, row, kDimension, figure.breakdown_dimension, fixed_);
      PutText(sheet, row, kItem, figure.breakdown_item, fixed_);
      PutText(sheet, row, kDue, figure.due, fixed_);
      for (lxw_col_t open = kValue; open <= kCommentary; ++open) {
        worksheet_write_blank(sheet, row, open, open_);
      }
      CheckValue(sheet, row, figure.is_count);
    }
    if (row > 0) CheckColumns(sheet, row);
    worksheet_freeze_panes(sheet, 1, kValue);
    lxw_protection options = {};
    options.format_columns = LXW_TRUE;
    options.autofilter = LXW_TRUE;
    worksheet_protect(sheet, nullptr, &options);
    worksheet_activate(sheet);
  }

  absl::Status Close() {
    absl::Status closed = file_.Close();
    if (closed.ok() && refused_) return absl::InternalError("a check of a cell was refused");
    return closed;
  }

 private:
  void Note(lxw_error error) { refused_ |= error != LXW_NO_ERROR; }

  // A number that the unit can have, or one of the two symbols.
  void CheckValue(lxw_worksheet* sheet, lxw_row_t row, bool is_count) {
    const std::string cell = absl::StrCat(std::string(1, static_cast<char>('A' + kValue)), row + 1);
    std::string formula =
        is_count ? absl::StrCat("=OR(", cell, "=\"x\",", cell, "=\"z\",AND(ISNUMBER(", cell, "),",
                                cell, ">=0,", cell, "=INT(", cell, ")))")
                 : absl::StrCat("=OR(", cell, "=\"x\",", cell, "=\"z\",ISNUMBER(", cell, "))");
    std::string title = "A number, x or z";
    std::string message = is_count ? "A whole number from 0 on, or x (not available) or z (not "
                                     "applicable)."
                                   : "A number without a percent sign, or x (not available) or z "
                                     "(not applicable).";
    lxw_data_validation check = {};
    check.validate = LXW_VALIDATION_TYPE_CUSTOM_FORMULA;
    check.value_formula = formula.data();
    check.error_title = title.data();
    check.error_message = message.data();
    Note(worksheet_data_validation_cell(sheet, row, kValue, &check));
  }

  void CheckColumns(lxw_worksheet* sheet, lxw_row_t last) {
    std::string title = "A number from 0 on";
    lxw_data_validation number = {};
    number.validate = LXW_VALIDATION_TYPE_DECIMAL;
    number.criteria = LXW_VALIDATION_CRITERIA_GREATER_THAN_OR_EQUAL_TO;
    number.value_number = 0;
    number.error_title = title.data();
    Note(worksheet_data_validation_range(sheet, 1, kNumerator, last, kDenominator, &number));

    const char* words[] = {"true", "false", nullptr};
    lxw_data_validation word = {};
    word.validate = LXW_VALIDATION_TYPE_LIST;
    word.value_list = const_cast<char**>(words);
    Note(worksheet_data_validation_range(sheet, 1, kProvisional, last, kProvisional, &word));

    std::string long_title = "At most 300 characters";
    std::string long_message = "A letter with an accent counts as two.";
    lxw_data_validation length = {};
    length.validate = LXW_VALIDATION_TYPE_LENGTH;
    length.criteria = LXW_VALIDATION_CRITERIA_LESS_THAN_OR_EQUAL_TO;
    length.value_number = 300;
    length.error_title = long_title.data();
    length.error_message = long_message.data();
    Note(worksheet_data_validation_range(sheet, 1, kCommentary, last, kCommentary, &length));
  }

  XlsxFile file_;
  lxw_format* bold_;
  lxw_format* fixed_;
  lxw_format* open_;
  // The library would not have a check.
  bool refused_ = false;
};

}  // namespace

absl::Status WriteReturnWorkbook(const std::string& path, absl::string_view agency,
                                 const std::vector<MeasureGuide>& guides,
                                 const std::vector<OwedFigure>& figures) {
  Writer writer(path);
  writer.WriteGuidance(agency, guides);
  writer.WriteFigures(figures);
  return writer.Close();
}

}  // namespace concordat::workbook
