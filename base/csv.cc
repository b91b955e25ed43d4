#include "base/csv.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace concordat {
namespace {

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// Whether `text`, which has a sign, is a number in decimal or scientific
// notation.
bool IsSignedNumber(absl::string_view text) {
  const absl::string_view number = text.substr(1);
  double ignored = 0;
  return !number.empty() && IsDigit(number.front()) && IsDigit(number.back()) &&
         number.find_first_not_of("0123456789.eE+-") == absl::string_view::npos &&
         absl::SimpleAtod(number, &ignored);
}

bool IsFormula(absl::string_view text) {
  if (text.empty() || text == "-") return false;
  if (text[0] == '+' || text[0] == '-') return !IsSignedNumber(text);
  return absl::StrContains("=@\t\r", text[0]);
}

}  // namespace

void AppendCsvField(absl::string_view text, std::string& out) {
  if (text.find_first_of(",\"\r\n") == absl::string_view::npos) {
    absl::StrAppend(&out, text);
  } else {
    absl::StrAppend(&out, "\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
  }
}

std::string SafeForSpreadsheet(absl::string_view text) {
  return absl::StrCat(IsFormula(text) ? "'" : "", text);
}

}  // namespace concordat
