// Rows of a file with a JSON object a line.
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/rows/csv_rows.h"
#include "client/rows/row_cells.h"
#include "client/rows/row_file.h"
#include "nlohmann/json.hpp"

namespace concordat::rows {
namespace {

constexpr size_t kMostBytes = 1 << 20;
// What is nested deeper is no row, and would cost a parser its stack.
constexpr int kMostDepth = 2;

using nlohmann::json;

// The text of a cell that holds this; nothing for what no cell can.
std::optional<std::string> CellText(const json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number_integer()) return value.dump();
  // All digits of it, and no exponent.
  if (value.is_number_float()) return absl::StrFormat("%.17f", value.get<double>());
  return std::nullopt;
}

class NdjsonFile final : public RowFile {
 public:
  explicit NdjsonFile(std::string path) : path_(std::move(path)) {}

  absl::StatusOr<std::optional<v1::SubmittedObservation>> Next() override {
    while (can_go_on_) {
      std::string text;
      if (!std::getline(input_, text)) {
        if (input_.bad()) return absl::UnavailableError("the file could not be read");
        return std::nullopt;
      }
      ++line_;
      if (line_ == 1 && absl::StartsWith(text, "\xEF\xBB\xBF")) text.erase(0, 3);
      if (absl::StripAsciiWhitespace(text).empty()) continue;
      absl::StatusOr<std::optional<v1::SubmittedObservation>> row = Parse(text);
      if (!row.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat("line ", line_, ", ", row.status().message()));
      }
      if (row->has_value()) return row;
    }
    return absl::InvalidArgumentError(absl::StrCat("line ", line_, ", cannot be read"));
  }

  absl::Status Rewind() override {
    input_ = std::ifstream(path_, std::ios::binary);
    if (!input_) return absl::NotFoundError("the file cannot be opened");
    line_ = 0;
    can_go_on_ = true;
    return absl::OkStatus();
  }
  bool can_go_on() const override { return can_go_on_; }

 private:
  absl::StatusOr<std::optional<v1::SubmittedObservation>> Parse(const std::string& text) {
    if (text.size() > kMostBytes) return absl::InvalidArgumentError("is longer than 1 MiB");
    if (!IsPlainUtf8(text)) {
      can_go_on_ = false;
      return absl::InvalidArgumentError("is not UTF-8 text");
    }
    bool too_deep = false;
    // A name that stands twice would be taken for its last value.
    bool twice = false;
    std::vector<std::string> names;
    const json row = json::parse(
        text,
        [&](int depth, json::parse_event_t event, json& parsed) {
          too_deep |= depth > kMostDepth;
          if (event == json::parse_event_t::key) {
            for (const std::string& name : names) twice |= name == parsed.get<std::string>();
            names.push_back(parsed.get<std::string>());
          }
          return !too_deep;
        },
        /*allow_exceptions=*/false);
    if (too_deep || !row.is_object()) {
      return absl::InvalidArgumentError("is not one JSON object on one line");
    }
    if (twice) return absl::InvalidArgumentError("has a name twice");
    std::vector<std::string> cells;
    names.clear();
    for (const auto& [name, value] : row.items()) {
      const std::optional<std::string> cell = CellText(value);
      if (!cell.has_value()) {
        return absl::InvalidArgumentError("has a list or an object where a value should be");
      }
      names.push_back(name);
      cells.push_back(*cell);
    }
    ASSIGN_OR_RETURN(const RowCells columns, RowCells::Make(names));
    return columns.Parse(line_, cells);
  }

  const std::string path_;
  std::ifstream input_;
  int64_t line_ = 0;
  bool can_go_on_ = true;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RowFile>> OpenNdjson(const std::string& path) {
  auto file = std::make_unique<NdjsonFile>(path);
  RETURN_IF_ERROR(file->Rewind());
  return file;
}

}  // namespace concordat::rows
