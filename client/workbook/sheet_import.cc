#include "client/workbook/sheet_import.h"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "orcus/orcus_xlsx.hpp"
#include "orcus/spreadsheet/import_interface.hpp"

namespace concordat::workbook {
namespace {

namespace os = orcus::spreadsheet;

constexpr os::row_t kMostRows = 1048576;
constexpr os::col_t kMostColumns = 64;

// The shortest text that is exactly the number.
std::string NumberText(double number) {
  if (!std::isfinite(number)) return "not a number";
  // A double has at most 309 digits before its point, and 1,074 behind it.
  char buffer[1500];
  const std::to_chars_result end =
      std::to_chars(buffer, buffer + sizeof(buffer), number, std::chars_format::fixed);
  return {buffer, end.ptr};
}

// The library asks for these, and nothing here depends on them.
class Settings final : public os::iface::import_global_settings {
 public:
  void set_origin_date(int, int, int) override {}
  void set_default_formula_grammar(os::formula_grammar_t) override {}
  os::formula_grammar_t get_default_formula_grammar() const override {
    return os::formula_grammar_t::xlsx;
  }
  void set_character_set(orcus::character_set_t) override {}
};

// Says which cell `B5` is, and which ones `A1:M9` are.
class Resolver final : public os::iface::import_reference_resolver {
 public:
  os::src_address_t resolve_address(std::string_view address) override {
    os::src_address_t cell{};
    size_t at = 0;
    int64_t column = 0;
    for (; at < address.size() && absl::ascii_isalpha(address[at]) && column < kMostRows; ++at) {
      column = column * 26 + (absl::ascii_toupper(address[at]) - 'A') + 1;
    }
    int32_t row = 0;
    const absl::string_view digits(address.data() + at, address.size() - at);
    if (column == 0 || !absl::SimpleAtoi(digits, &row) || row <= 0) {
      throw std::invalid_argument("no address of a cell");
    }
    cell.column = static_cast<os::col_t>(column - 1);
    cell.row = row - 1;
    return cell;
  }
  os::src_range_t resolve_range(std::string_view range) override {
    const size_t colon = range.find(':');
    os::src_range_t cells{};
    cells.first = resolve_address(range.substr(0, colon));
    cells.last =
        colon == std::string_view::npos ? cells.first : resolve_address(range.substr(colon + 1));
    return cells;
  }
};

// The texts that cells refer to by number.
class Strings final : public os::iface::import_shared_strings {
 public:
  size_t append(std::string_view text) override {
    texts_.emplace_back(text);
    return texts_.size() - 1;
  }
  size_t add(std::string_view text) override { return append(text); }
  void set_segment_font(size_t) override {}
  void set_segment_bold(bool) override {}
  void set_segment_italic(bool) override {}
  void set_segment_font_name(std::string_view) override {}
  void set_segment_font_size(double) override {}
  void set_segment_font_color(os::color_elem_t, os::color_elem_t, os::color_elem_t,
                              os::color_elem_t) override {}
  // A text in several fonts comes in segments.
  void append_segment(std::string_view text) override { segments_ += text; }
  size_t commit_segments() override {
    texts_.push_back(std::move(segments_));
    segments_.clear();
    return texts_.size() - 1;
  }

  // Empty for a number that no text has.
  std::string Text(size_t index) const { return index < texts_.size() ? texts_[index] : ""; }

 private:
  std::vector<std::string> texts_;
  std::string segments_;
};

// Notes which cells have formulas, and of those nothing else.
class Formulas final : public os::iface::import_formula {
 public:
  void set_position(os::row_t row, os::col_t) override { row_ = row; }
  void set_formula(os::formula_grammar_t, std::string_view) override {}
  void set_shared_formula_index(size_t) override {}
  void set_result_string(std::string_view) override {}
  void set_result_value(double) override {}
  void set_result_bool(bool) override {}
  void set_result_empty() override {}
  void commit() override {
    if (first_row_ < 0 || row_ < first_row_) first_row_ = row_;
  }

  // Negative when there is none.
  os::row_t first_row() const { return first_row_; }

 private:
  os::row_t row_ = 0;
  os::row_t first_row_ = -1;
};

class Sheet final : public os::iface::import_sheet {
 public:
  explicit Sheet(const Strings& strings) : strings_(strings) {}

  os::iface::import_formula* get_formula() override { return &formulas_; }
  void set_auto(os::row_t row, os::col_t column, std::string_view text) override {
    Set(row, column, std::string(text));
  }
  void set_string(os::row_t row, os::col_t column, os::string_id_t index) override {
    Set(row, column, strings_.Text(index));
  }
  void set_value(os::row_t row, os::col_t column, double value) override {
    Set(row, column, NumberText(value));
  }
  void set_bool(os::row_t row, os::col_t column, bool value) override {
    Set(row, column, value ? "true" : "false");
  }
  void set_date_time(os::row_t row, os::col_t column, int year, int month, int day, int, int,
                     double) override {
    Set(row, column, absl::StrCat(year, "-", month, "-", day));
  }
  void set_format(os::row_t, os::col_t, size_t) override {}
  void set_format(os::row_t, os::col_t, os::row_t, os::col_t, size_t) override {}
  void fill_down_cells(os::row_t, os::col_t, os::row_t) override {}
  os::range_size_t get_sheet_size() const override { return {kMostRows, kMostColumns}; }

  os::row_t first_formula_row() const { return formulas_.first_row(); }
  std::vector<SheetRow> Rows() const {
    std::vector<SheetRow> rows;
    for (const auto& [number, cells] : cells_) {
      SheetRow& row = rows.emplace_back();
      row.number = int64_t{number} + 1;
      row.cells.resize(static_cast<size_t>(cells.rbegin()->first) + 1);
      for (const auto& [column, text] : cells) row.cells[static_cast<size_t>(column)] = text;
    }
    return rows;
  }

 private:
  void Set(os::row_t row, os::col_t column, std::string text) {
    const bool is_inside = row >= 0 && row < kMostRows && column >= 0 && column < kMostColumns;
    if (is_inside && !text.empty()) cells_[row][column] = std::move(text);
  }

  const Strings& strings_;
  Formulas formulas_;
  std::map<os::row_t, std::map<os::col_t, std::string>> cells_;
};

// Keeps the one sheet that is asked for; the others go nowhere.
class Import final : public os::iface::import_factory {
 public:
  explicit Import(absl::string_view name) : name_(name) {}

  os::iface::import_global_settings* get_global_settings() override { return &settings_; }
  os::iface::import_reference_resolver* get_reference_resolver(os::formula_ref_context_t) override {
    return &resolver_;
  }
  os::iface::import_shared_strings* get_shared_strings() override { return &strings_; }
  os::iface::import_sheet* append_sheet(os::sheet_t index, std::string_view name) override {
    if (name == name_) index_ = index;
    return get_sheet(index);
  }
  os::iface::import_sheet* get_sheet(std::string_view name) override {
    return name == name_ ? &wanted_ : &other_;
  }
  os::iface::import_sheet* get_sheet(os::sheet_t index) override {
    return index == index_ ? &wanted_ : &other_;
  }
  void finalize() override {}

  bool has_sheet() const { return index_ >= 0; }
  const Sheet& sheet() const { return wanted_; }

 private:
  const std::string name_;
  Settings settings_;
  Resolver resolver_;
  Strings strings_;
  Sheet wanted_{strings_};
  Sheet other_{strings_};
  os::sheet_t index_ = -1;
};

// The little-endian number of so many bytes at `at`, where they are.
uint64_t NumberAt(absl::string_view bytes, size_t at, size_t size) {
  uint64_t number = 0;
  for (size_t i = size; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

// What all files of the archive have together when they are unpacked, by its directory. The
// library unpacks no more of a file than stands there. What is no directory has nothing.
uint64_t UnpackedBytes(absl::string_view archive) {
  constexpr size_t kEndBytes = 22;
  constexpr size_t kEntryBytes = 46;
  const size_t end = archive.rfind("PK\x05\x06");
  if (end == archive.npos || archive.size() - end < kEndBytes) return 0;
  uint64_t total = 0;
  uint64_t at = NumberAt(archive, end + 16, 4);
  while (at + kEntryBytes <= archive.size() && archive.substr(at, 4) == "PK\x01\x02") {
    total += NumberAt(archive, at + 24, 4);
    // Past the name, the extra fields and the comment.
    at += kEntryBytes + NumberAt(archive, at + 28, 2) + NumberAt(archive, at + 30, 2) +
          NumberAt(archive, at + 32, 2);
  }
  return total;
}

}  // namespace

absl::StatusOr<std::vector<SheetRow>> ImportSheet(absl::string_view workbook,
                                                  absl::string_view name) {
  if (UnpackedBytes(workbook) > kMaxUnpackedBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("it unpacks to more than ", kMaxUnpackedBytes >> 20,
                     " MiB: leave out sheets, pictures and formats, or send CSV"));
  }
  Import import(name);
  try {
    orcus::orcus_xlsx reader(&import);
    reader.read_stream({workbook.data(), workbook.size()});
  } catch (const std::exception&) {
    return absl::InvalidArgumentError("it is no XLSX workbook, or a damaged one");
  }
  if (!import.has_sheet()) {
    return absl::InvalidArgumentError(absl::StrCat("it has no sheet called ", name));
  }
  if (const os::row_t row = import.sheet().first_formula_row(); row >= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("row ", row + 1, " has a formula; put its value there instead"));
  }
  return import.sheet().Rows();
}

}  // namespace concordat::workbook
