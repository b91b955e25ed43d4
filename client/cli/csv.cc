#include "client/cli/csv.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace concordat::cli {
namespace {

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// Whether `text`, which has a sign, is a number in decimal or scientific
// notation, or the bare dash of a printed table.
bool IsSignedNumber(absl::string_view text) {
  if (text == "-") return true;
  const absl::string_view number = text.substr(1);
  double ignored = 0;
  return !number.empty() && IsDigit(number.front()) && IsDigit(number.back()) &&
         number.find_first_not_of("0123456789.eE+-") == absl::string_view::npos &&
         absl::SimpleAtod(number, &ignored);
}

bool IsFormula(absl::string_view text) {
  if (text.empty()) return false;
  if (text[0] == '+' || text[0] == '-') return !IsSignedNumber(text);
  return absl::StrContains("=@\t\r", text[0]);
}

void AppendField(absl::string_view field, std::string* out) {
  const absl::string_view apostrophe = IsFormula(field) ? "'" : "";
  if (field.find_first_of(",\"\r\n") == absl::string_view::npos) {
    absl::StrAppend(out, apostrophe, field);
  } else {
    absl::StrAppend(out, "\"", apostrophe, absl::StrReplaceAll(field, {{"\"", "\"\""}}), "\"");
  }
}

}  // namespace

std::string CsvRecord(const std::vector<std::string>& fields) {
  return absl::StrCat(
      absl::StrJoin(fields, ",",
                    [](std::string* out, const std::string& field) { AppendField(field, out); }),
      "\r\n");
}

}  // namespace concordat::cli
