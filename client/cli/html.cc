#include "client/cli/html.h"

#include "absl/strings/str_cat.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

constexpr absl::string_view kPageStyle =
    "body{font:11pt/1.4 sans-serif;max-width:50em;margin:2em auto;padding:0 1em;color:#000;"
    "background:#fff}"
    "h1{font-size:1.5em}h2{font-size:1.15em;break-after:avoid}"
    "table{border-collapse:collapse;width:100%}"
    "caption{text-align:left;break-after:avoid}"
    "thead{display:table-header-group}"
    "th,td{border-top:1px solid #999;padding:.3em .6em;text-align:left;vertical-align:top}"
    "th{font-weight:600}table.facts th{width:30%}tr{break-inside:avoid}"
    "td.number,th.number{text-align:right}"
    "p.digest{font-family:monospace;overflow-wrap:anywhere}"
    "th,td{overflow-wrap:break-word}@media print{body{margin:0;padding:0;max-width:none}}";
// A dozen columns fit on A4 that lies on its side.
constexpr absl::string_view kWideStyle =
    "body{max-width:100em}th,td{padding:.3em .4em}"
    "@page{size:A4 landscape;margin:10mm}@media print{body{font-size:8pt}th,td{padding:.2em}}";

}  // namespace

std::string HtmlEscaped(absl::string_view text) {
  std::string escaped;
  for (const char c : Printable(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string HtmlPage(absl::string_view title, absl::string_view body, PageWidth width) {
  const std::string escaped = HtmlEscaped(title);
  return absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n<title>", escaped,
      "</title>\n<style>", kPageStyle, width == PageWidth::kWide ? kWideStyle : "",
      "</style>\n</head>\n<body>\n<h1>", escaped, "</h1>\n", body, "</body>\n</html>\n");
}

std::string HtmlFacts(const std::vector<HtmlFact>& facts) {
  std::string html = "<table class=\"facts\">\n";
  for (const HtmlFact& fact : facts) {
    absl::StrAppend(&html, "<tr><th scope=\"row\">", HtmlEscaped(fact.label), "</th><td>");
    for (size_t i = 0; i < fact.values.size(); ++i) {
      absl::StrAppend(&html, i == 0 ? "" : "<br>", HtmlEscaped(fact.values[i]));
    }
    absl::StrAppend(&html, "</td></tr>\n");
  }
  absl::StrAppend(&html, "</table>\n");
  return html;
}

std::string HtmlTable(absl::string_view heading, const Table& table) {
  std::string html =
      absl::StrCat("<table>\n<caption><h2>", HtmlEscaped(heading), "</h2></caption>\n<thead><tr>");
  const auto side = [&](size_t column) {
    return table.headings[column].right ? " class=\"number\"" : "";
  };
  for (size_t i = 0; i < table.headings.size(); ++i) {
    absl::StrAppend(&html, "<th scope=\"col\"", side(i), ">", HtmlEscaped(table.headings[i].title),
                    "</th>");
  }
  absl::StrAppend(&html, "</tr></thead>\n<tbody>\n");
  for (const std::vector<Cell>& row : table.rows) {
    absl::StrAppend(&html, "<tr>");
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&html, "<td", side(i), ">", HtmlEscaped(row[i].text), "</td>");
    }
    absl::StrAppend(&html, "</tr>\n");
  }
  absl::StrAppend(&html, "</tbody>\n</table>\n");
  return html;
}

}  // namespace concordat::cli
