#include "client/cli/scorecard_words.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/resource_name.h"
#include "client/cli/names.h"
#include "client/cli/text.h"

namespace concordat::cli {

using v1::Measure;
using v1::Observation;
using v1::Scorecard;

namespace {

// What the names of made-up measures end with (data/example).
constexpr absl::string_view kSynthetic = "(synthetic)";

}  // namespace

std::string UnitText(const Measure& measure) {
  switch (measure.unit()) {
    case Measure::PERCENT:
      return "%";
    case Measure::RATE:
      return absl::StrCat("per ", measure.rate_per());
    case Measure::DAYS:
      return "days";
    case Measure::PERCENTAGE_POINTS:
      return "points";
    case Measure::POUNDS:
      return "pounds";
    case Measure::MONTHS:
      return "months";
    default:
      return "";
  }
}

std::string Printed(const Measure& measure, double value) {
  return absl::StrFormat("%.*f", std::clamp(measure.decimal_places(), 0, 9), value);
}

bool HasValue(const Observation& figure) {
  return figure.symbol() == Observation::NONE && figure.has_value();
}

std::string SymbolText(const Observation& figure) {
  if (HasValue(figure)) return "";
  switch (figure.symbol()) {
    case Observation::CONFIDENTIAL:
      return "c";
    case Observation::NOT_APPLICABLE:
      return "z";
    case Observation::LOW:
      return "low";
    default:
      return "x";
  }
}

std::string ValueText(const Measure& measure, const Observation& figure) {
  if (!HasValue(figure)) {
    switch (figure.symbol()) {
      case Observation::CONFIDENTIAL:
        return "hidden";
      case Observation::NOT_APPLICABLE:
        return "not applicable";
      case Observation::LOW:
        return "rounds to zero";
      default:
        return "not available";
    }
  }
  const std::string unit = UnitText(measure);
  std::string value = Printed(measure, figure.value());
  if (unit.empty()) return value;
  return unit == "%" ? value + "%" : absl::StrCat(value, " ", unit);
}

std::string SinceText(const Scorecard::Cell& cell) {
  if (cell.travel() == Scorecard::TRAVEL_UNSPECIFIED || cell.trend_size() < 2) return "";
  return DayText(cell.trend(cell.trend_size() - 2).period().end());
}

std::string TravelText(const Measure& measure, const Scorecard::Cell& cell) {
  if (cell.travel() == Scorecard::TRAVEL_UNSPECIFIED || cell.trend_size() < 2) {
    return "no comparison";
  }
  std::string words;
  switch (cell.travel()) {
    case Scorecard::IMPROVED:
      words = "improved";
      break;
    case Scorecard::WORSENED:
      words = "worsened";
      break;
    case Scorecard::UNCHANGED:
      return absl::StrCat("unchanged since ",
                          PeriodText(cell.trend(cell.trend_size() - 2).period()));
    case Scorecard::ROSE:
      words = "higher";
      break;
    case Scorecard::FELL:
      words = "lower";
      break;
    default:
      return "no comparison";
  }
  const char* const sign = cell.change() > 0 ? "+" : "";
  return absl::StrCat(words, " (", sign, Printed(measure, cell.change()), " since ",
                      PeriodText(cell.trend(cell.trend_size() - 2).period()), ")");
}

std::string BandText(Scorecard::Band band) {
  return band == Scorecard::BAND_UNSPECIFIED ? "no figure" : LowerWords(NameOf(band));
}

std::string TargetText(const Measure& measure) {
  return measure.has_target() ? Printed(measure, measure.target()) : "";
}

std::string RankText(const Scorecard::Cell& cell) {
  if (cell.rank() == 0) return "";
  return absl::StrCat(cell.rank(), " of ", cell.ranked(),
                      cell.quartile().empty() ? "" : ", quartile ", cell.quartile());
}

std::string AverageText(const Observation& comparator) {
  if (comparator.comparator() != Observation::STATISTICAL_NEIGHBOURS) return "";
  const std::string average = comparator.average() == Observation::AVERAGE_UNSPECIFIED
                                  ? "mean or median not stated"
                                  : LowerWords(NameOf(comparator.average()));
  return absl::StrCat(average, comparator.neighbour_set().empty() ? "" : " of ",
                      comparator.neighbour_set());
}

std::string ComparatorName(Observation::Comparator comparator) {
  switch (comparator) {
    case Observation::ENGLAND:
      return "England";
    case Observation::NORTH_WEST:
      return "North West";
    default:
      return LowerWords(NameOf(comparator));
  }
}

std::string ComparatorsText(const Measure& measure, const Scorecard::Cell& cell) {
  std::string text;
  for (const Observation& comparator : cell.comparators()) {
    const std::string average = AverageText(comparator);
    absl::StrAppend(&text, text.empty() ? "" : "; ", ComparatorName(comparator.comparator()),
                    average.empty() ? "" : absl::StrCat(" (", average, ")"), " ",
                    ValueText(measure, comparator));
    const std::string period = PeriodText(comparator.period());
    if (period != PeriodText(cell.figure().period())) absl::StrAppend(&text, " (", period, ")");
  }
  return text;
}

// Days as text sort by time.
std::string PeriodsText(const Scorecard& scorecard) {
  std::string first;
  std::string last;
  for (const Scorecard::Row& row : scorecard.rows()) {
    for (const Scorecard::Cell& cell : row.cells()) {
      if (!cell.has_figure()) continue;
      const std::string start = DayText(cell.figure().period().start());
      if (first.empty() || start < first) first = start;
      last = std::max(last, DayText(cell.figure().period().end()));
    }
  }
  return first.empty() ? "no figures" : absl::StrCat(first, " to ", last);
}

std::vector<std::string> WarningTexts(const Scorecard& scorecard, const v1::Release& release) {
  std::vector<std::string> warnings;
  if (release.state() == v1::Release::WITHDRAWN) {
    warnings.push_back(
        absl::StrCat("WITHDRAWN: do not use these figures. ", release.withdrawn_reason()));
  }
  const auto synthetic = absl::c_count_if(scorecard.rows(), [](const Scorecard::Row& row) {
    return absl::StrContains(row.measure().display_name(), kSynthetic);
  });
  if (synthetic > 0) {
    warnings.push_back(absl::StrCat("SYNTHETIC: the figures of ", Counted(synthetic, "measure"),
                                    ", marked ", kSynthetic, ", are made up and about nobody."));
  }
  return warnings;
}

std::string NoteText(const Scorecard::Cell& cell) {
  std::string note = cell.figure().note();
  if (cell.figure().provisional()) note = note.empty() ? "provisional" : "provisional; " + note;
  return note;
}

std::string CoverageText(const Scorecard& scorecard, const Measure& measure) {
  std::vector<std::string> missing;
  for (const std::string& name : scorecard.missing_returns()) {
    if (ParentOf(name) == measure.name()) missing.emplace_back(LastIdentifier(name));
  }
  if (!missing.empty()) return absl::StrCat("missing: ", absl::StrJoin(missing, ", "));
  return measure.duties().empty() ? "no returns are owed" : "all returns came";
}

std::string SourceText(const Measure& measure, const Observation& figure) {
  const v1::Citation& source = figure.source();
  if (source.document().empty()) {
    const auto duty = absl::c_find_if(measure.duties(), [&](const Measure::Duty& each) {
      return absl::c_linear_search(each.areas(), figure.area());
    });
    return duty == measure.duties().end() ? "" : ShortName(duty->agency());
  }
  if (source.line() == 0) return source.document();
  return absl::StrCat(source.document(), ", line ", source.line());
}

}  // namespace concordat::cli
