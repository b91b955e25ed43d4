#include "client/cli/scorecard_page.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/csv.h"
#include "client/cli/html.h"
#include "client/cli/names.h"
#include "client/cli/scorecard_words.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

using v1::Measure;
using v1::Observation;
using v1::Scorecard;

// The drawing's size in CSS pixels.
constexpr double kWidth = 96;
constexpr double kHeight = 24;
constexpr double kMargin = 3;

Style BandStyle(Scorecard::Band band) {
  switch (band) {
    case Scorecard::ON_TRACK:
      return Style::kGreen;
    case Scorecard::SLIGHTLY_BELOW:
      return Style::kAmber;
    case Scorecard::REQUIRES_IMPROVEMENT:
      return Style::kRed;
    default:
      return Style::kPlain;
  }
}

std::string NumberOr(bool given, double number) { return given ? NumberText(number) : ""; }

// The course of a figure in words: what the drawing shows.
std::string TrendText(const Measure& measure, const Scorecard::Cell& cell) {
  std::string text;
  for (const Observation& figure : cell.trend()) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", PeriodText(figure.period()), ": ",
                    ValueText(measure, figure));
  }
  return text;
}

// A line from one shown figure to the next one; hidden ones leave a gap.
std::string Sparkline(const Measure& measure, const Scorecard::Cell& cell) {
  double lowest = 0;
  double highest = 0;
  int shown = 0;
  for (const Observation& figure : cell.trend()) {
    if (!HasValue(figure)) continue;
    lowest = shown == 0 ? figure.value() : std::min(lowest, figure.value());
    highest = shown == 0 ? figure.value() : std::max(highest, figure.value());
    ++shown;
  }
  if (shown < 2) return "";
  const double span = highest > lowest ? highest - lowest : 1;
  const double step = (kWidth - 2 * kMargin) / std::max(cell.trend_size() - 1, 1);
  std::string path;
  bool in_line = false;
  for (int i = 0; i < cell.trend_size(); ++i) {
    if (!HasValue(cell.trend(i))) {
      in_line = false;
      continue;
    }
    const double y =
        kHeight - kMargin - (cell.trend(i).value() - lowest) / span * (kHeight - 2 * kMargin);
    // A line of no length, which its round ends make a dot: its neighbours may be hidden.
    absl::StrAppendFormat(&path, "%s%.1f %.1f%s", in_line ? "L" : "M", kMargin + i * step, y,
                          in_line ? "" : "h0");
    in_line = true;
  }
  return absl::StrFormat(
      "<svg role=\"img\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\"><title>%s</title>"
      "<path d=\"%s\" fill=\"none\" stroke=\"#000\" stroke-width=\"1.5\" "
      "stroke-linecap=\"round\"/></svg>",
      kWidth, kHeight, kWidth, kHeight, HtmlEscaped(TrendText(measure, cell)), path);
}

std::string HtmlRow(const Measure& measure, const Scorecard::Cell& cell, bool first_of_measure,
                    int cells) {
  std::string html = "<tr>";
  if (first_of_measure) {
    absl::StrAppend(&html, "<th scope=\"rowgroup\" rowspan=\"", cells, "\">",
                    HtmlEscaped(measure.display_name()), "</th>");
  }
  const std::string values[] = {ValueText(measure, cell.figure()),
                                PeriodText(cell.figure().period()),
                                TargetText(measure),
                                NumberOr(measure.has_tolerance(), measure.tolerance()),
                                BandText(cell.band()),
                                TravelText(measure, cell),
                                RankText(cell),
                                ComparatorsText(measure, cell),
                                NoteText(cell)};
  absl::StrAppend(&html, "<th scope=\"row\">", HtmlEscaped(cell.area_display_name()), "</th>");
  for (const std::string& value : values) {
    absl::StrAppend(&html, "<td>", HtmlEscaped(value), "</td>");
  }
  absl::StrAppend(&html, "<td>", Sparkline(measure, cell), "</td></tr>\n");
  return html;
}

std::string HtmlGroup(const std::string& group, const std::vector<const Scorecard::Row*>& rows) {
  std::string html = absl::StrCat("<table>\n<caption><h2>", HtmlEscaped(LowerWords(group)),
                                  "</h2></caption>\n<thead><tr>");
  for (const char* const heading : {"Measure", "Area", "Value", "Period", "Target", "Within",
                                    "Band", "Travel", "Place", "Comparators", "Notes", "Course"}) {
    absl::StrAppend(&html, "<th scope=\"col\">", heading, "</th>");
  }
  absl::StrAppend(&html, "</tr></thead>\n");
  for (const Scorecard::Row* row : rows) {
    absl::StrAppend(&html, "<tbody>\n");
    for (int i = 0; i < row->cells_size(); ++i) {
      absl::StrAppend(&html, HtmlRow(row->measure(), row->cells(i), i == 0, row->cells_size()));
    }
    absl::StrAppend(&html, "</tbody>\n");
  }
  return html + "</table>\n";
}

// Where each measure's figures are from.
std::string HtmlSources(const Scorecard& scorecard) {
  std::string html = "<h2>Where the figures are from</h2>\n<ul>\n";
  for (const Scorecard::Row& row : scorecard.rows()) {
    std::set<std::string> sources;
    for (const Scorecard::Cell& cell : row.cells()) {
      std::string source = SourceText(row.measure(), cell.figure());
      if (!source.empty()) sources.insert(std::move(source));
    }
    absl::StrAppend(&html, "<li>", HtmlEscaped(row.measure().display_name()), ": ",
                    sources.empty() ? "not stated" : HtmlEscaped(absl::StrJoin(sources, "; ")),
                    "</li>\n");
  }
  return html + "</ul>\n";
}

}  // namespace

Table ScorecardTable(const Scorecard& scorecard) {
  Table table;
  table.headings = {{"Measure"}, {"Area"},   {"Value", true}, {"Period"},     {"Target", true},
                    {"Band"},    {"Travel"}, {"Place"},       {"Comparators"}};
  for (const Scorecard::Row& row : scorecard.rows()) {
    const Measure& measure = row.measure();
    for (const Scorecard::Cell& cell : row.cells()) {
      table.rows.push_back({{measure.display_name()},
                            {cell.area_display_name()},
                            {ValueText(measure, cell.figure())},
                            {PeriodText(cell.figure().period())},
                            {TargetText(measure)},
                            {BandText(cell.band()), BandStyle(cell.band())},
                            {TravelText(measure, cell)},
                            {RankText(cell)},
                            {ComparatorsText(measure, cell)}});
    }
  }
  return table;
}

std::string ScorecardCsv(const Scorecard& scorecard) {
  std::string csv = CsvRecord({"measure",    "measure_name", "area",
                               "area_name",  "period",       "period_start",
                               "period_end", "value",        "symbol",
                               "unit",       "target",       "tolerance",
                               "band",       "travel",       "change",
                               "since",      "rank",         "ranked",
                               "quartile",   "comparators",  "provisional",
                               "note",       "returns",      "source",
                               "release",    "agreement",    "agreement_version"});
  for (const Scorecard::Row& row : scorecard.rows()) {
    const Measure& measure = row.measure();
    for (const Scorecard::Cell& cell : row.cells()) {
      const Observation& figure = cell.figure();
      csv += CsvRecord({measure.name(),
                        measure.display_name(),
                        cell.area(),
                        cell.area_display_name(),
                        PeriodText(figure.period()),
                        DayText(figure.period().start()),
                        DayText(figure.period().end()),
                        HasValue(figure) ? Printed(measure, figure.value()) : "",
                        HasValue(figure) ? "" : NameOf(figure.symbol()),
                        UnitText(measure),
                        NumberOr(measure.has_target(), measure.target()),
                        NumberOr(measure.has_tolerance(), measure.tolerance()),
                        NameOf(cell.band()),
                        NameOf(cell.travel()),
                        NumberOr(cell.has_change(), cell.change()),
                        SinceText(cell),
                        cell.rank() == 0 ? "" : absl::StrCat(cell.rank()),
                        cell.rank() == 0 ? "" : absl::StrCat(cell.ranked()),
                        cell.quartile(),
                        ComparatorsText(measure, cell),
                        figure.provisional() ? "true" : "false",
                        figure.note(),
                        CoverageText(scorecard, measure),
                        SourceText(measure, figure),
                        scorecard.release(),
                        scorecard.agreement(),
                        absl::StrCat(scorecard.agreement_version())});
    }
  }
  return csv;
}

std::string ScorecardHtml(const Scorecard& scorecard, const v1::Release& release) {
  std::string body;
  for (const std::string& warning : WarningTexts(scorecard, release)) {
    absl::StrAppend(&body, "<p><strong>", HtmlEscaped(warning), "</strong></p>\n");
  }
  std::vector<HtmlFact> facts = {
      {"Release",
       {scorecard.release_display_name(),
        absl::StrCat(scorecard.release(), " of ", DayText(release.document_date()))}},
      {"Period",
       {absl::StrCat(PeriodsText(scorecard),
                     ". Each row has its newest figure and says of when it is.")}},
      {"Shared under",
       {absl::StrCat(scorecard.agreement(), " version ", scorecard.agreement_version())}},
      {"Returns that are missing",
       scorecard.missing_returns().empty()
           ? std::vector<std::string>{"none"}
           : std::vector<std::string>(scorecard.missing_returns().begin(),
                                      scorecard.missing_returns().end())},
      {"How to read it",
       {"A band is judged against the measure's target; slightly below is within so much of it. "
        "Where neither high nor low "
        "is good there is no band and no place. Hidden figures are small numbers, or would give "
        "one away."}}};
  if (!release.note().empty()) facts.push_back({"Note", {release.note()}});
  std::map<std::string, std::vector<const Scorecard::Row*>> groups;
  for (const Scorecard::Row& row : scorecard.rows()) {
    groups[row.measure().group()].push_back(&row);
  }
  absl::StrAppend(&body, HtmlFacts(facts));
  for (const auto& [group, rows] : groups) absl::StrAppend(&body, HtmlGroup(group, rows));
  absl::StrAppend(&body, HtmlSources(scorecard));
  absl::StrAppend(&body, "<p class=\"digest\">Digest of the release: ",
                  HtmlEscaped(scorecard.release_digest()), "</p>\n");
  return HtmlPage(absl::StrCat("Scorecard: ", scorecard.release_display_name()), body,
                  PageWidth::kWide);
}

}  // namespace concordat::cli
