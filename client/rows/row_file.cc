#include "client/rows/row_file.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "client/rows/csv_rows.h"
#include "client/rows/row_cells.h"

namespace concordat::rows {
namespace {

constexpr size_t kMostProblems = 20;
// What SubmissionEnd.row_count may be.
constexpr int64_t kMostRows = 1'000'000;

// `error` with the place before it.
absl::Status AtLine(int64_t line, const absl::Status& error) {
  return {error.code(), absl::StrCat("line ", line, ", ", error.message())};
}

class CsvFile final : public RowFile {
 public:
  explicit CsvFile(std::string path) : path_(std::move(path)) {}

  absl::StatusOr<std::optional<v1::SubmittedObservation>> Next() override {
    while (true) {
      can_go_on_ = false;
      const absl::StatusOr<bool> found = records_->Next(cells_);
      if (!found.ok()) return AtLine(records_->line(), found.status());
      if (!*found) return std::nullopt;
      can_go_on_ = true;
      // A line with nothing in it has one cell.
      if (cells_.size() == 1 && absl::StripAsciiWhitespace(cells_[0]).empty()) continue;
      absl::StatusOr<std::optional<v1::SubmittedObservation>> row =
          header_->Parse(records_->line(), cells_);
      if (!row.ok()) return AtLine(records_->line(), row.status());
      if (row->has_value()) return row;
    }
  }

  absl::Status Rewind() override {
    input_ = std::ifstream(path_, std::ios::binary);
    if (!input_) return absl::NotFoundError("the file cannot be opened");
    records_.emplace(input_);
    std::vector<std::string> names;
    const absl::StatusOr<bool> found = records_->Next(names);
    if (!found.ok()) return AtLine(records_->line(), found.status());
    if (!*found) return absl::InvalidArgumentError("the file is empty");
    ASSIGN_OR_RETURN(header_, RowCells::Make(names));
    return absl::OkStatus();
  }
  bool can_go_on() const override { return can_go_on_; }

 private:
  const std::string path_;
  std::ifstream input_;
  std::optional<CsvRecords> records_;
  std::optional<RowCells> header_;
  std::vector<std::string> cells_;
  bool can_go_on_ = true;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RowFile>> OpenCsv(const std::string& path) {
  auto file = std::make_unique<CsvFile>(path);
  RETURN_IF_ERROR(file->Rewind());
  return file;
}

absl::StatusOr<std::unique_ptr<RowFile>> OpenRowFile(const std::string& path) {
  // What is read twice is no pipe, and opening one would wait for its writer.
  std::error_code error;
  if (const auto type = std::filesystem::status(path, error).type();
      type != std::filesystem::file_type::regular &&
      type != std::filesystem::file_type::not_found) {
    return absl::InvalidArgumentError("is no file, but a folder, pipe or device");
  }
  const std::string name = absl::AsciiStrToLower(path);
  if (absl::EndsWith(name, ".csv")) return OpenCsv(path);
  if (absl::EndsWith(name, ".ndjson") || absl::EndsWith(name, ".jsonl")) return OpenNdjson(path);
  if (absl::EndsWith(name, ".xlsx")) return OpenWorkbook(path);
  return absl::InvalidArgumentError(
      "the file's name ends in none of .csv, .ndjson, .jsonl and .xlsx");
}

absl::StatusOr<FileCheck> CheckFile(RowFile& file) {
  FileCheck check;
  RETURN_IF_ERROR(file.Rewind());
  while (true) {
    const absl::StatusOr<std::optional<v1::SubmittedObservation>> row = file.Next();
    if (row.ok() && !row->has_value()) break;
    if (row.ok()) {
      if (++check.rows <= kMostRows) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("has more than ", kMostRows, " rows; make smaller files of it"));
    }
    if (!absl::IsInvalidArgument(row.status())) return row.status();
    ++check.problem_count;
    if (check.problems.size() < kMostProblems) {
      check.problems.emplace_back(row.status().message());
    }
    if (!file.can_go_on()) break;
  }
  RETURN_IF_ERROR(file.Rewind());
  return check;
}

}  // namespace concordat::rows
