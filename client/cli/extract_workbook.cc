#include "client/cli/extract_workbook.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "client/cli/local_error.h"
#include "client/rows/csv_rows.h"

namespace concordat::cli {
namespace {

using Request = v1::ExtractObservationsRequest;
using Record = std::vector<std::string>;
using workbook::Cell;
using workbook::NumberCell;
using workbook::TextCell;

// The metadata file has a line a column; this is far more.
constexpr size_t kMostMetadataBytes = size_t{1} << 20;
// More decimal places than this are left to the spreadsheet.
constexpr size_t kMostPlaces = 9;
// What stays in view of the sheet of figures: the time.
constexpr uint16_t kFixedColumns = 2;

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the extract is damaged: ", what));
}

absl::Status TooLarge(absl::string_view what) {
  return LocalError(
      absl::StrCat("the extract has more than ", what, ", which is more than a workbook takes"),
      "take --format excel-csv or tidy-csv, or fewer figures with --measure or --area");
}

absl::Status CannotWrite(const absl::Status& status) {
  return LocalError(status.message(), "make room there, or write to another disk");
}

// The records of whole lines of CSV.
absl::StatusOr<std::vector<Record>> Records(absl::string_view lines) {
  std::istringstream text{std::string(lines)};
  rows::CsvRecords csv(text);
  std::vector<Record> records;
  Record record;
  while (true) {
    const absl::StatusOr<bool> more = csv.Next(record);
    if (!more.ok()) return Damaged(absl::StrCat("a line of it ", more.status().message()));
    if (!*more) return records;
    records.push_back(std::move(record));
  }
}

// The names of the columns that hold figures, by the metadata file.
absl::StatusOr<std::set<std::string>> IndicatorsOf(const std::vector<Record>& metadata) {
  if (metadata.empty()) return Damaged("its metadata file is empty");
  const Record& head = metadata.front();
  const auto name = std::find(head.begin(), head.end(), "col_name") - head.begin();
  const auto type = std::find(head.begin(), head.end(), "col_type") - head.begin();
  std::set<std::string> indicators;
  for (const Record& record : metadata) {
    if (record.size() != head.size() || std::max(name, type) == std::ssize(head)) {
      return Damaged("its metadata file is not one of the tidy standard");
    }
    if (record[static_cast<size_t>(type)] == "Indicator") {
      indicators.insert(record[static_cast<size_t>(name)]);
    }
  }
  return indicators;
}

// The number that all of `text` is, shown with the decimal places that it has.
std::optional<Cell> NumberIn(const std::string& text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || !std::isfinite(number)) return std::nullopt;
  const size_t point = text.find('.');
  const size_t places = point == std::string::npos ? 0 : text.size() - point - 1;
  if (places > kMostPlaces) return NumberCell(number);
  return NumberCell(number, static_cast<int>(places));
}

// The sheet of figures, made of a tidy file as it comes.
class ObservationsSheet {
 public:
  // Both outlive it.
  ObservationsSheet(workbook::TableWorkbook& workbook, const std::set<std::string>& indicators,
                    const WorkbookLimits& limits)
      : workbook_(workbook), indicators_(indicators), limits_(limits) {}

  // Takes the next lines, whole ones.
  absl::Status Take(absl::string_view lines) {
    bytes_ += static_cast<int64_t>(lines.size());
    if (bytes_ > limits_.bytes) return TooLarge(absl::StrCat(limits_.bytes >> 20, " MiB"));
    ASSIGN_OR_RETURN(const std::vector<Record> records, Records(lines));
    for (const Record& record : records) {
      if (columns_.empty()) {
        RETURN_IF_ERROR(Begin(record));
      } else {
        RETURN_IF_ERROR(AddRow(record));
      }
    }
    return absl::OkStatus();
  }

  int64_t bytes() const { return bytes_; }
  // Whether the line of headings has come.
  bool has_begun() const { return !columns_.empty(); }

 private:
  absl::Status Begin(const Record& head) {
    columns_ = head;
    std::vector<std::string> headings;
    for (const std::string& name : head) {
      headings.push_back(name);
      is_indicator_.push_back(indicators_.count(name) > 0);
      if (is_indicator_.back()) headings.push_back(name + "_status");
    }
    const absl::Status begun = workbook_.BeginSheet({.name = "observations",
                                                     .lines = {},
                                                     .columns = std::move(headings),
                                                     .fixed_columns = kFixedColumns});
    return begun.ok() ? begun : CannotWrite(begun);
  }

  absl::Status AddRow(const Record& record) {
    if (record.size() != columns_.size()) return Damaged("a line of it has cells too many or few");
    if (++rows_ > limits_.rows) return TooLarge(absl::StrCat(limits_.rows, " rows"));
    std::vector<Cell> cells;
    for (size_t i = 0; i < record.size(); ++i) {
      if (!is_indicator_[i]) {
        cells.push_back(TextCell(record[i]));
        continue;
      }
      const std::optional<Cell> number = NumberIn(record[i]);
      cells.push_back(number.value_or(Cell()));
      cells.push_back(number.has_value() ? Cell() : TextCell(record[i]));
    }
    return workbook_.AddRow(cells);
  }

  workbook::TableWorkbook& workbook_;
  const std::set<std::string>& indicators_;
  const WorkbookLimits& limits_;
  Record columns_;
  std::vector<bool> is_indicator_;
  int64_t rows_ = 0;
  int64_t bytes_ = 0;
};

std::vector<Cell> TextCells(const Record& record) {
  std::vector<Cell> cells;
  cells.reserve(record.size());
  for (const std::string& text : record) cells.push_back(TextCell(text));
  return cells;
}

absl::Status AddMetadata(workbook::TableWorkbook& workbook, const std::vector<Record>& metadata) {
  RETURN_IF_ERROR(
      workbook.BeginSheet({.name = "metadata", .lines = {}, .columns = metadata.front()}));
  for (size_t i = 1; i < metadata.size(); ++i) {
    RETURN_IF_ERROR(workbook.AddRow(TextCells(metadata[i])));
  }
  return absl::OkStatus();
}

absl::Status AddAbout(workbook::TableWorkbook& workbook, const ExtractSummary& figures,
                      const ExtractSummary& metadata) {
  const auto& header = figures.header;
  const auto& manifest = figures.manifest;
  RETURN_IF_ERROR(
      workbook.BeginSheet({.name = "about", .lines = {}, .columns = {"what", "value"}}));
  const auto add = [&workbook](absl::string_view what, Cell value) {
    return workbook.AddRow({TextCell(what), std::move(value)});
  };
  RETURN_IF_ERROR(add("release", TextCell(header.release())));
  RETURN_IF_ERROR(add("Digest of the release", TextCell(header.release_digest())));
  RETURN_IF_ERROR(add("shared under", TextCell(header.agreement())));
  RETURN_IF_ERROR(add("version", NumberCell(static_cast<double>(header.agreement_version()))));
  RETURN_IF_ERROR(add("figures", NumberCell(static_cast<double>(manifest.rows()))));
  RETURN_IF_ERROR(add("figures hidden by disclosure control",
                      NumberCell(static_cast<double>(manifest.hidden()))));
  RETURN_IF_ERROR(add("SHA-256 of the same figures as tidy-csv",
                      TextCell(absl::BytesToHexString(manifest.sha256()))));
  RETURN_IF_ERROR(add("SHA-256 of tidy-metadata",
                      TextCell(absl::BytesToHexString(metadata.manifest.sha256()))));
  RETURN_IF_ERROR(
      add("c in a status column", TextCell("hidden: a small number, or would give one away")));
  RETURN_IF_ERROR(add("x in a status column", TextCell("not available")));
  RETURN_IF_ERROR(add("z in a status column", TextCell("not applicable")));
  return add("low in a status column", TextCell("not zero, and rounds to it"));
}

// What both files are of: the same, unless it changed between the two.
bool AreOfOne(const ExtractSummary& a, const ExtractSummary& b) {
  return a.header.release_digest() == b.header.release_digest() &&
         a.header.agreement() == b.header.agreement() &&
         a.header.agreement_version() == b.header.agreement_version();
}

}  // namespace

absl::StatusOr<ExtractSummary> WriteExtractWorkbook(const std::string& path, Client& client,
                                                    Request request, const CallOptions& call,
                                                    absl::FunctionRef<void(int64_t bytes)> progress,
                                                    const WorkbookLimits& limits) {
  request.set_format(Request::TIDY_METADATA);
  std::string metadata_file;
  ASSIGN_OR_RETURN(const ExtractSummary about_metadata,
                   client.Extract(
                       request,
                       [&](absl::string_view bytes) {
                         metadata_file.append(bytes.data(), bytes.size());
                         return metadata_file.size() <= kMostMetadataBytes
                                    ? absl::OkStatus()
                                    : Damaged("its metadata file has more than 1 MiB");
                       },
                       call));
  ASSIGN_OR_RETURN(const std::vector<Record> metadata, Records(metadata_file));
  ASSIGN_OR_RETURN(const std::set<std::string> indicators, IndicatorsOf(metadata));

  workbook::TableWorkbook workbook(path);
  ObservationsSheet observations(workbook, indicators, limits);
  request.set_format(Request::TIDY_CSV);
  ASSIGN_OR_RETURN(ExtractSummary summary, client.Extract(
                                               request,
                                               [&](absl::string_view bytes) {
                                                 absl::Status taken = observations.Take(bytes);
                                                 progress(observations.bytes());
                                                 return taken;
                                               },
                                               call));
  if (!observations.has_begun()) return Damaged("it has no headings");
  if (!AreOfOne(summary, about_metadata)) {
    return Damaged("the release, or the agreement it leaves under, changed meanwhile; do it again");
  }
  const auto finish = [&]() -> absl::Status {
    RETURN_IF_ERROR(AddMetadata(workbook, metadata));
    RETURN_IF_ERROR(AddAbout(workbook, summary, about_metadata));
    return workbook.Close();
  };
  if (const absl::Status finished = finish(); !finished.ok()) return CannotWrite(finished);
  return summary;
}

}  // namespace concordat::cli
