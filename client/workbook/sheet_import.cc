#include "client/workbook/sheet_import.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "orcus/sax_parser.hpp"
#include "orcus/zip_archive.hpp"
#include "orcus/zip_archive_stream.hpp"
#include "zlib.h"

// Element and attribute names are those of ECMA-376, Office Open XML, part 1: SpreadsheetML.
namespace concordat::workbook {
namespace {

constexpr int64_t kMostRows = 1048576;
constexpr int64_t kMostColumns = 64;
// A spreadsheet's last column is XFD; this is ZZZ.
constexpr int64_t kMostNamedColumns = 18278;
// A row or cell out of its place, or a text that is not there.
constexpr absl::string_view kMisplaced =
    "is not where it should be: the workbook is damaged; save it anew in a spreadsheet program";

// The shortest text that is exactly the number.
std::string NumberText(double number) {
  if (!std::isfinite(number)) return "not a number";
  // A double has at most 309 digits before its point, and 1,074 behind it.
  char buffer[1500];
  const std::to_chars_result end =
      std::to_chars(buffer, buffer + sizeof(buffer), number, std::chars_format::fixed);
  return {buffer, end.ptr};
}

// How a cell's number is shown.
enum class Shown { kPlain, kPercent, kDate };

// By the code of a number format, such as `0.0%` or `dd/mm/yyyy` (ECMA-376, part 1, 18.8.31).
Shown ShownBy(absl::string_view code) {
  bool is_date = false;
  for (size_t i = 0; i < code.size(); ++i) {
    switch (code[i]) {
      case '"':
        i = std::min(code.find('"', i + 1), code.size());
        break;
      case '[': {
        const size_t end = std::min(code.find(']', i), code.size());
        // `[h]` counts hours; what else stands in brackets is a colour or a condition.
        const std::string inside = absl::AsciiStrToLower(code.substr(i + 1, end - i - 1));
        is_date |= !inside.empty() && inside.find_first_not_of("hms") == std::string::npos;
        i = end;
        break;
      }
      case '\\':
      case '_':
      case '*':
        ++i;
        break;
      case '%':
        return Shown::kPercent;
      default:
        is_date |= absl::StrContains("ymdhs", std::string(1, absl::ascii_tolower(code[i])));
        break;
    }
  }
  return is_date ? Shown::kDate : Shown::kPlain;
}

// By the number of a format that has no code in the file (18.8.30).
Shown ShownByDefault(int format) {
  if (format == 9 || format == 10) return Shown::kPercent;
  const bool is_date = (format >= 14 && format <= 22) || (format >= 27 && format <= 36) ||
                       (format >= 45 && format <= 47) || (format >= 50 && format <= 58);
  return is_date ? Shown::kDate : Shown::kPlain;
}

// As people would write the day that a number stands for, and the time if it has one.
std::string DateText(double number, bool counts_from_1904) {
  // The last day of the year 9999.
  constexpr double kLast = 2958465;
  if (!(number >= 0 && number <= kLast)) return NumberText(number);
  // The day before the first of March 1900 is one that never was.
  const absl::CivilDay zero = counts_from_1904 ? absl::CivilDay(1904, 1, 1)
                              : number < 60    ? absl::CivilDay(1899, 12, 31)
                                               : absl::CivilDay(1899, 12, 30);
  const double days = std::floor(number);
  const auto minutes = static_cast<int>(std::floor((number - days) * 24 * 60));
  const std::string day = absl::FormatCivilTime(zero + static_cast<int64_t>(days));
  return minutes == 0 ? day : absl::StrFormat("%s %02d:%02d", day, minutes / 60, minutes % 60);
}

// What one part of a workbook says. The library tells of an element's attributes before
// the element, and resolves no entities but those of XML itself.
class PartReader : public orcus::sax_handler {
 public:
  virtual ~PartReader() = default;

  void attribute(const orcus::sax::parser_attribute& attribute) {
    attributes_.emplace_back(attribute.name, attribute.value);
  }
  void start_element(const orcus::sax::parser_element& element) {
    Start({element.name.data(), element.name.size()});
    attributes_.clear();
    text_.clear();
  }
  void characters(std::string_view text, bool) { text_ += text; }
  void end_element(const orcus::sax::parser_element& element) {
    End({element.name.data(), element.name.size()});
    text_.clear();
  }

 protected:
  virtual void Start(absl::string_view element) = 0;
  virtual void End(absl::string_view /*element*/) {}
  // Of the element that starts; empty where it has none of this name.
  absl::string_view Attribute(absl::string_view name) const {
    const auto found =
        absl::c_find_if(attributes_, [&](const auto& each) { return each.first == name; });
    return found == attributes_.end() ? absl::string_view() : found->second;
  }
  // What stands in the element that ends.
  const std::string& text() const { return text_; }

 private:
  std::vector<std::pair<std::string, std::string>> attributes_;
  std::string text_;
};

// Which part each relationship of the workbook is.
class Relationships final : public PartReader {
 public:
  // The part's name in the archive; empty where there is no such relationship.
  std::string Named(const std::string& id) const { return Find(by_id_, id); }
  // That of a type, such as `styles`.
  std::string OfType(const std::string& type) const { return Find(by_type_, type); }

 private:
  static std::string Find(const std::map<std::string, std::string>& parts, const std::string& key) {
    const auto found = parts.find(key);
    return found == parts.end() ? "" : found->second;
  }
  void Start(absl::string_view element) override {
    if (element != "Relationship") return;
    absl::string_view target = Attribute("Target");
    const std::string part =
        absl::ConsumePrefix(&target, "/") ? std::string(target) : absl::StrCat("xl/", target);
    by_id_[std::string(Attribute("Id"))] = part;
    const absl::string_view type = Attribute("Type");
    by_type_[std::string(type.substr(type.rfind('/') + 1))] = part;
  }

  std::map<std::string, std::string> by_id_;
  std::map<std::string, std::string> by_type_;
};

// The sheets, and how dates are counted.
class Workbook final : public PartReader {
 public:
  bool counts_from_1904() const { return counts_from_1904_; }
  // The relationship of each sheet, by its name.
  const std::map<std::string, std::string>& sheets() const { return sheets_; }

 private:
  void Start(absl::string_view element) override {
    if (element == "workbookPr") {
      counts_from_1904_ = Attribute("date1904") == "1" || Attribute("date1904") == "true";
    } else if (element == "sheet") {
      sheets_[std::string(Attribute("name"))] = std::string(Attribute("id"));
    }
  }

  bool counts_from_1904_ = false;
  std::map<std::string, std::string> sheets_;
};

// `_x000D_` is a carriage return, as XML could not hold it (22.9.2.19); before a line feed it
// only ends the line. What else is written like this is text, or a control character, which no
// cell may have.
std::string Decoded(const std::string& text) {
  return absl::StrReplaceAll(text, {{"_x005F_", "_"}, {"_x000D_\n", "\n"}, {"_x000D_", "\n"}});
}

// A text that may stand in runs of several fonts, and beside a reading aid that is no part of it.
class RichText {
 public:
  void Start(absl::string_view element) { is_aside_ |= element == "rPh"; }
  void End(absl::string_view element, absl::string_view text) {
    if (element == "rPh") is_aside_ = false;
    if (element == "t" && !is_aside_) text_.append(text.data(), text.size());
  }
  std::string Take() { return Decoded(std::exchange(text_, {})); }

 private:
  bool is_aside_ = false;
  std::string text_;
};

// The texts that cells refer to by number.
class SharedStrings final : public PartReader {
 public:
  // Nothing for a number that no text has.
  std::optional<std::string> Text(absl::string_view index) const {
    size_t place = 0;
    if (!absl::SimpleAtoi(index, &place) || place >= texts_.size()) return std::nullopt;
    return texts_[place];
  }

 private:
  void Start(absl::string_view element) override { text_.Start(element); }
  void End(absl::string_view element) override {
    text_.End(element, text());
    if (element == "si") texts_.push_back(text_.Take());
  }

  RichText text_;
  std::vector<std::string> texts_;
};

// How cells of each style show their numbers.
class Styles final : public PartReader {
 public:
  Shown Of(absl::string_view style) const {
    size_t place = 0;
    const bool is_known = absl::SimpleAtoi(style, &place) && place < cells_.size();
    if (!is_known) return Shown::kPlain;
    const auto code = codes_.find(cells_[place]);
    return code == codes_.end() ? ShownByDefault(cells_[place]) : code->second;
  }

 private:
  void Start(absl::string_view element) override {
    int format = 0;
    const bool has_format = absl::SimpleAtoi(Attribute("numFmtId"), &format);
    if (element == "numFmt" && has_format) {
      codes_[format] = ShownBy(Attribute("formatCode"));
    } else if (element == "cellXfs") {
      is_of_cells_ = true;
    } else if (element == "xf" && is_of_cells_) {
      cells_.push_back(format);
    }
  }
  void End(absl::string_view element) override {
    if (element == "cellXfs") is_of_cells_ = false;
  }

  std::map<int, Shown> codes_;
  bool is_of_cells_ = false;
  // The format of each style.
  std::vector<int> cells_;
};

class Sheet final : public PartReader {
 public:
  Sheet(const SharedStrings& strings, const Styles& styles, bool counts_from_1904)
      : strings_(strings), styles_(styles), counts_from_1904_(counts_from_1904) {}

  // What is wrong with the first cell that cannot be taken as it stands, and how many have
  // formulas; empty when all can be taken.
  std::string Problem() const {
    if (formulas_ < 2) return problem_;
    return absl::StrCat(problem_, " (", formulas_, " cells of the sheet have formulas)");
  }
  std::vector<SheetRow> TakeRows() { return std::move(rows_); }

 private:
  void Start(absl::string_view element) override {
    text_.Start(element);
    if (element == "row") {
      const int64_t before = row_++;
      const absl::string_view number = Attribute("r");
      if (!number.empty() && !absl::SimpleAtoi(number, &row_)) row_ = before;
      column_ = -1;
      if (row_ <= before || row_ > kMostRows) Refuse(kMisplaced);
    } else if (element == "c") {
      const int64_t before = column_++;
      ReadAddress(Attribute("r"));
      if (column_ <= before) Refuse(kMisplaced);
      type_ = std::string(Attribute("t"));
      style_ = std::string(Attribute("s"));
      value_.clear();
    } else if (element == "f") {
      ++formulas_;
      Refuse("has a formula; put its value there instead");
    }
  }
  void End(absl::string_view element) override {
    text_.End(element, text());
    if (element == "v") value_ = text();
    if (element == "is") value_ = text_.Take();
    if (element == "c") Keep(CellText());
  }

  // `AB12`. A cell without an address follows the one before.
  void ReadAddress(absl::string_view address) {
    if (address.empty()) return;
    int64_t column = 0;
    while (!address.empty() && absl::ascii_isalpha(static_cast<unsigned char>(address[0])) &&
           column <= kMostNamedColumns) {
      const char letter = absl::ascii_toupper(static_cast<unsigned char>(address[0]));
      column = column * 26 + (letter - 'A') + 1;
      address.remove_prefix(1);
    }
    if (column > 0) column_ = column - 1;
    if (column == 0 || address != absl::StrCat(row_)) Refuse(kMisplaced);
  }

  // Says so of the row or cell where the reader is.
  void Refuse(absl::string_view why) {
    if (!problem_.empty()) return;
    problem_ =
        absl::StrCat("row ", row_, column_ < 0 ? "" : ", column ", Letters(column_), " ", why);
  }

  // `AB` of the 28th column, counted from 0.
  static std::string Letters(int64_t column) {
    std::string letters;
    for (int64_t rest = column + 1; rest > 0; rest = (rest - 1) / 26) {
      letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % 26));
    }
    return letters;
  }

  // By the cell's type (18.18.11).
  std::string CellText() {
    if (type_ == "s" && !value_.empty()) {
      const std::optional<std::string> text = strings_.Text(value_);
      if (!text.has_value()) Refuse(kMisplaced);
      return text.value_or("");
    }
    if (type_ == "b") return value_ == "1" || value_ == "true" ? "true" : "false";
    double number = 0;
    const bool is_number = type_.empty() || type_ == "n";
    if (!is_number || !absl::SimpleAtod(value_, &number)) return value_;
    switch (styles_.Of(style_)) {
      case Shown::kPlain:
        break;
      case Shown::kPercent:
        return absl::StrFormat("%.12g%%", number * 100);
      case Shown::kDate:
        return DateText(number, counts_from_1904_);
    }
    return NumberText(number);
  }

  void Keep(std::string cell) {
    if (cell.empty()) return;
    if (column_ >= kMostColumns)
      return Refuse("is beyond the last column that is read; take it out");
    if (!problem_.empty()) return;
    if (rows_.empty() || rows_.back().number < row_) rows_.push_back({row_, {}});
    SheetRow& row = rows_.back();
    const auto place = static_cast<size_t>(column_);
    if (row.cells.size() <= place) row.cells.resize(place + 1);
    row.cells[place] = std::move(cell);
  }

  const SharedStrings& strings_;
  const Styles& styles_;
  const bool counts_from_1904_;
  std::vector<SheetRow> rows_;
  std::string problem_;
  int64_t formulas_ = 0;
  // Where the reader is: the row from 1, the column from 0; and of the cell there
  int64_t row_ = 0;
  int64_t column_ = -1;
  std::string type_;
  std::string style_;
  std::string value_;
  RichText text_;
};

// The little-endian number of so many bytes at `at`, where they are.
uint64_t NumberAt(absl::string_view bytes, size_t at, size_t size) {
  uint64_t number = 0;
  for (size_t i = size; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

// What an archive's directory says of its files (APPNOTE.TXT of the ZIP format, 4.3.12).
struct Directory {
  // Of an unpacked file. The library unpacks no more than so many bytes of it.
  struct File {
    uint64_t bytes = 0;
    // CRC-32.
    uint64_t checksum = 0;
  };
  std::map<std::string, File> files;
  // Of all files together.
  uint64_t unpacked_bytes = 0;
};

// Empty where the bytes are no archive.
Directory DirectoryOf(absl::string_view archive) {
  constexpr size_t kEndBytes = 22;
  constexpr size_t kEntryBytes = 46;
  Directory directory;
  const size_t end = archive.rfind("PK\x05\x06");
  if (end == archive.npos || archive.size() - end < kEndBytes) return directory;
  uint64_t at = NumberAt(archive, end + 16, 4);
  while (at + kEntryBytes <= archive.size() && archive.substr(at, 4) == "PK\x01\x02") {
    const uint64_t name_bytes = NumberAt(archive, at + 28, 2);
    const Directory::File file{NumberAt(archive, at + 24, 4), NumberAt(archive, at + 16, 4)};
    directory.files[std::string(archive.substr(at + kEntryBytes, name_bytes))] = file;
    directory.unpacked_bytes += file.bytes;
    // Past the name, the extra fields and the comment.
    at += kEntryBytes + name_bytes + NumberAt(archive, at + 30, 2) + NumberAt(archive, at + 32, 2);
  }
  return directory;
}

// The archive that a workbook is. Throws what the library throws.
class Package {
 public:
  explicit Package(absl::string_view bytes)
      : directory_(DirectoryOf(bytes)),
        stream_(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
        archive_(&stream_) {
    archive_.load();
  }

  // Whether there is such a part. The library does not look at its checksum.
  bool Read(const std::string& part, PartReader& reader) {
    std::vector<unsigned char> bytes;
    if (part.empty() || !archive_.read_file_entry(part, bytes)) return false;
    // What the library unpacks has a zero behind it.
    const auto file = directory_.files.find(part);
    if (file == directory_.files.end() || file->second.bytes > bytes.size() ||
        file->second.checksum != crc32_z(0, bytes.data(), file->second.bytes)) {
      throw std::runtime_error("damaged");
    }
    orcus::sax_parser<PartReader>(reinterpret_cast<const char*>(bytes.data()), bytes.size(), reader)
        .parse();
    return true;
  }

 private:
  const Directory directory_;
  orcus::zip_archive_stream_blob stream_;
  orcus::zip_archive archive_;
};

absl::StatusOr<std::vector<SheetRow>> ReadPackage(absl::string_view bytes,
                                                  const std::string& name) {
  Package package(bytes);
  Workbook workbook;
  Relationships parts;
  if (!package.Read("xl/workbook.xml", workbook) ||
      !package.Read("xl/_rels/workbook.xml.rels", parts)) {
    return absl::InvalidArgumentError("it is no XLSX workbook, or a damaged one");
  }
  const auto wanted = workbook.sheets().find(name);
  if (wanted == workbook.sheets().end()) {
    return absl::InvalidArgumentError(absl::StrCat("it has no sheet called ", name));
  }
  SharedStrings strings;
  package.Read(parts.OfType("sharedStrings"), strings);
  Styles styles;
  package.Read(parts.OfType("styles"), styles);
  Sheet sheet(strings, styles, workbook.counts_from_1904());
  if (!package.Read(parts.Named(wanted->second), sheet)) {
    return absl::InvalidArgumentError("it is a damaged XLSX workbook");
  }
  const std::string problem = sheet.Problem();
  if (!problem.empty()) return absl::InvalidArgumentError(problem);
  return sheet.TakeRows();
}

}  // namespace

absl::StatusOr<std::vector<SheetRow>> ImportSheet(absl::string_view workbook,
                                                  absl::string_view name) {
  if (DirectoryOf(workbook).unpacked_bytes > kMaxUnpackedBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("it unpacks to more than ", kMaxUnpackedBytes >> 20,
                     " MiB: leave out sheets, pictures and formats, or send CSV"));
  }
  try {
    return ReadPackage(workbook, std::string(name));
  } catch (const std::exception&) {
    return absl::InvalidArgumentError("it is no XLSX workbook, or a damaged one");
  }
}

}  // namespace concordat::workbook
