// HTML pages that need no other file, for printing and filing.
#ifndef CONCORDAT_CLIENT_CLI_HTML_H_
#define CONCORDAT_CLIENT_CLI_HTML_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/cli/list_output.h"

namespace concordat::cli {

// `text` as it may stand in an element or a quoted attribute: as Printable has it,
// with `&`, `<`, `>` and quotes as entities.
std::string HtmlEscaped(absl::string_view text);

enum class PageWidth {
  // Text, on A4 that stands upright.
  kNormal,
  // Tables of many columns, on A4 that lies on its side.
  kWide,
};

// A page in British English with the title, which is also its heading, in a style
// that prints on paper: black on white, tables that do not break within a row or a word. `body`
// is HTML.
std::string HtmlPage(absl::string_view title, absl::string_view body,
                     PageWidth width = PageWidth::kNormal);

// A table of two columns: what each row is about, and its values, one a line.
struct HtmlFact {
  std::string label;
  std::vector<std::string> values;
};
std::string HtmlFacts(const std::vector<HtmlFact>& facts);

// A table under a heading, with its columns' headings. Numbers stand on the right.
std::string HtmlTable(absl::string_view heading, const Table& table);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_HTML_H_
