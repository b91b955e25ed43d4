#include "client/cli/scorecard_workbook.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "client/cli/names.h"
#include "client/cli/scorecard_words.h"
#include "client/cli/text.h"
#include "client/workbook/table_workbook.h"

namespace concordat::cli {
namespace {

using v1::Measure;
using v1::Observation;
using v1::Scorecard;
using workbook::Cell;
using workbook::Look;
using workbook::NumberCell;
using workbook::TextCell;

// Measure and area stay in view.
constexpr uint16_t kFixedColumns = 2;

// The comparators that a scorecard has, each with whether one of its figures has no value.
using Comparators = std::map<Observation::Comparator, bool>;

Comparators ComparatorsOf(const Scorecard& scorecard) {
  Comparators found;
  for (const Scorecard::Row& row : scorecard.rows()) {
    for (const Scorecard::Cell& cell : row.cells()) {
      for (const Observation& figure : cell.comparators()) {
        found[figure.comparator()] |= !HasValue(figure);
      }
    }
  }
  return found;
}

// A number as the scorecard's other forms print it.
Cell PrintedCell(const Measure& measure, double value) {
  double printed = value;
  if (!absl::SimpleAtod(Printed(measure, value), &printed)) printed = value;
  return NumberCell(printed, measure.decimal_places());
}

Cell ValueCell(const Measure& measure, const Observation& figure) {
  return HasValue(figure) ? PrintedCell(measure, figure.value()) : Cell();
}

Cell BandCell(Scorecard::Band band) {
  switch (band) {
    case Scorecard::ON_TRACK:
      return TextCell(BandText(band), Look::kGreen);
    case Scorecard::SLIGHTLY_BELOW:
      return TextCell(BandText(band), Look::kAmber);
    case Scorecard::REQUIRES_IMPROVEMENT:
      return TextCell(BandText(band), Look::kRed);
    default:
      return TextCell(BandText(band));
  }
}

std::string CommentaryText(const Scorecard::Cell& cell) {
  std::string note = NoteText(cell);
  if (cell.figure().printed().empty()) return note;
  return absl::StrCat("printed as ", cell.figure().printed(), note.empty() ? "" : "; ", note);
}

std::vector<std::string> Headings(const Comparators& comparators) {
  std::vector<std::string> headings = {"Measure", "Area",   "Period", "Value",  "Status", "Unit",
                                       "Target",  "Within", "Band",   "Travel", "Change", "Place"};
  for (const auto& [comparator, has_symbols] : comparators) {
    std::string name = ComparatorName(comparator);
    name[0] = absl::ascii_toupper(static_cast<unsigned char>(name[0]));
    headings.push_back(name);
    if (has_symbols) headings.push_back(name + ": status");
    headings.push_back(name + ": period");
    if (comparator == Observation::STATISTICAL_NEIGHBOURS) headings.push_back(name + ": average");
  }
  for (const char* last : {"Returns", "Commentary", "Source"}) headings.emplace_back(last);
  return headings;
}

std::vector<Cell> RowOf(const Scorecard& scorecard, const Measure& measure,
                        const Scorecard::Cell& cell, const Comparators& comparators) {
  const Observation& figure = cell.figure();
  std::vector<Cell> row = {
      TextCell(measure.display_name()),
      TextCell(cell.area_display_name()),
      TextCell(PeriodText(figure.period())),
      ValueCell(measure, figure),
      TextCell(SymbolText(figure)),
      TextCell(UnitText(measure)),
      measure.has_target() ? PrintedCell(measure, measure.target()) : Cell(),
      measure.has_tolerance() ? NumberCell(measure.tolerance()) : Cell(),
      BandCell(cell.band()),
      TextCell(TravelText(measure, cell)),
      cell.has_change() ? PrintedCell(measure, cell.change()) : Cell(),
      TextCell(RankText(cell)),
  };
  for (const auto& [comparator, has_symbols] : comparators) {
    const auto& figures = cell.comparators();
    const auto at = std::find_if(
        figures.begin(), figures.end(),
        [wanted = comparator](const Observation& f) { return f.comparator() == wanted; });
    const bool is_there = at != figures.end();
    row.push_back(is_there ? ValueCell(measure, *at) : Cell());
    if (has_symbols) row.push_back(is_there ? TextCell(SymbolText(*at)) : Cell());
    row.push_back(is_there ? TextCell(PeriodText(at->period())) : Cell());
    if (comparator == Observation::STATISTICAL_NEIGHBOURS) {
      row.push_back(is_there ? TextCell(AverageText(*at)) : Cell());
    }
  }
  row.push_back(TextCell(CoverageText(scorecard, measure)));
  row.push_back(TextCell(CommentaryText(cell)));
  row.push_back(TextCell(SourceText(measure, figure)));
  return row;
}

std::vector<std::string> HeadLines(const Scorecard& scorecard, const v1::Release& release) {
  std::vector<std::string> lines = {absl::StrCat("Scorecard: ", scorecard.release_display_name())};
  for (std::string& warning : WarningTexts(scorecard, release)) lines.push_back(std::move(warning));
  lines.push_back(absl::StrCat("Release ", ShortName(scorecard.release()), " of ",
                               DayText(release.document_date()), ", shared under ",
                               scorecard.agreement(), " version ", scorecard.agreement_version()));
  lines.push_back(absl::StrCat("Period: ", PeriodsText(scorecard),
                               ". Each row has its newest figure and says of when it is."));
  if (!release.note().empty()) lines.push_back(release.note());
  lines.push_back(absl::StrCat("Returns that were missing when the figures were frozen: ",
                               scorecard.missing_returns_size()));
  lines.emplace_back(
      "Status: c hidden (a small number, or would give one away), x not available, z not "
      "applicable, low rounds to zero. "
      "Band: judged against the target; slightly below is within so much of it (column Within).");
  lines.push_back(absl::StrCat("Digest of the release: ", scorecard.release_digest()));
  return lines;
}

}  // namespace

absl::Status WriteScorecardWorkbook(const std::string& path, const Scorecard& scorecard,
                                    const v1::Release& release) {
  const Comparators comparators = ComparatorsOf(scorecard);
  workbook::TableWorkbook file(path);
  RETURN_IF_ERROR(file.BeginSheet({.name = "Scorecard",
                                   .lines = HeadLines(scorecard, release),
                                   .columns = Headings(comparators),
                                   .fixed_columns = kFixedColumns,
                                   .wraps = true}));
  for (const Scorecard::Row& row : scorecard.rows()) {
    for (const Scorecard::Cell& cell : row.cells()) {
      RETURN_IF_ERROR(file.AddRow(RowOf(scorecard, row.measure(), cell, comparators)));
    }
  }
  return file.Close();
}

}  // namespace concordat::cli
