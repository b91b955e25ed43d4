// Rows of a file with a JSON object a line.
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "client/rows/csv_rows.h"
#include "client/rows/row_cells.h"
#include "client/rows/row_file.h"
#include "nlohmann/json.hpp"

namespace concordat::rows {
namespace {

constexpr size_t kMostBytes = 1 << 20;

using nlohmann::json;

// The names of one object and the texts of its cells. A number is the text that stands there,
// so that it is judged as in CSV.
class Cells final : public json::json_sax_t {
 public:
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::string>& texts() const { return texts_; }
  // What is wrong with a line that could not be parsed to its end.
  absl::string_view problem() const { return problem_; }

  bool null() override { return Add(""); }
  bool boolean(bool value) override { return Add(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return Add(absl::StrCat(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Add(absl::StrCat(value)); }
  bool number_float(number_float_t, const string_t& text) override { return Add(text); }
  bool string(string_t& text) override { return Add(text); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override {
    if (is_object_) return Nested();
    is_object_ = true;
    return true;
  }
  bool key(string_t& name) override {
    // It would be taken for its last value.
    if (absl::c_linear_search(names_, name)) {
      problem_ = "has a name twice";
      return false;
    }
    names_.push_back(name);
    return true;
  }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return is_object_ && Nested(); }
  bool end_array() override { return false; }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    problem_ = kNoObject;
    return false;
  }

 private:
  static constexpr absl::string_view kNoObject = "is not one JSON object on one line";

  bool Add(std::string text) {
    if (!is_object_) return false;
    texts_.push_back(std::move(text));
    return true;
  }
  bool Nested() {
    problem_ = "has a list or an object where a value should be";
    return false;
  }

  bool is_object_ = false;
  std::vector<std::string> names_;
  std::vector<std::string> texts_;
  absl::string_view problem_ = kNoObject;
};

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
    Cells cells;
    if (!json::sax_parse(text, &cells)) return absl::InvalidArgumentError(cells.problem());
    ASSIGN_OR_RETURN(const RowCells columns, RowCells::Make(cells.names(), "the object"));
    return columns.Parse(line_, cells.texts());
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
