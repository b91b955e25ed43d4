#include "base/csv.h"

#include "absl/strings/ascii.h"
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
  return text[0] == '=' || text[0] == '@' || text[0] == '\t' || text[0] == '\r';
}

// A loop over short texts is several times faster than a search for a set of bytes.
bool NeedsQuotes(absl::string_view text) {
  for (const char c : text) {
    if (c == ',' || c == '"' || c == '\r' || c == '\n') return true;
  }
  return false;
}

}  // namespace

void AppendCsvField(absl::string_view text, std::string& out) {
  if (NeedsQuotes(text)) {
    absl::StrAppend(&out, "\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
  } else {
    out.append(text.data(), text.size());
  }
}

std::string SafeForSpreadsheet(absl::string_view text) {
  return absl::StrCat(IsFormula(text) ? "'" : "", text);
}

void AppendSafeCsvField(absl::string_view text, std::string& out) {
  if (IsFormula(text)) {
    AppendCsvField(SafeForSpreadsheet(text), out);
  } else {
    AppendCsvField(text, out);
  }
}

}  // namespace concordat
