#include "server/domain/extract.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/civil_time.h"
#include "base/csv.h"
#include "base/resource_name.h"

namespace concordat::domain {
namespace {

// One column of a row. In CSV all are text; in JSON numbers and booleans are
// bare, and what is empty is null.
struct Cell {
  enum class Kind {
    // Text from people, which a spreadsheet must not run.
    kText,
    // Text of this file's own, or a number with symbols: as it is.
    kPlain,
    // A JSON number, or null when it is a symbol or empty.
    kNumber,
    // `true` or `false`.
    kBool,
  };
  absl::string_view name;
  Kind kind = Kind::kText;
  std::string text;
};

// A value, or the symbol that stands for it.
struct Figure {
  std::string text;
  bool is_number = false;
};

// The shortest digits that read back as `value`, without an exponent.
std::string Shortest(double value) {
  // The longest is the smallest subnormal number: 324 zeros and 17 digits or so.
  std::array<char, 512> buffer;
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return std::string(buffer.data(), end);
}

// `value` with `decimal_places`, or exactly where that is not enough.
std::string FormatNumber(double value, std::optional<int> decimal_places) {
  // A negative zero is a zero.
  if (value == 0) value = 0;
  if (!decimal_places.has_value()) return Shortest(value);
  std::string fixed = absl::StrFormat("%.*f", std::clamp(*decimal_places, 0, 9), value);
  double read_back = 0;
  std::from_chars(fixed.data(), fixed.data() + fixed.size(), read_back);
  return read_back == value ? fixed : Shortest(value);
}

absl::string_view SymbolOf(v1::Observation::Symbol symbol) {
  switch (symbol) {
    case v1::Observation::NOT_APPLICABLE:
      return "z";
    case v1::Observation::CONFIDENTIAL:
      return "c";
    case v1::Observation::LOW:
      return "low";
    default:
      return "x";
  }
}

Figure NumberOr(bool has_value, double value, std::optional<int> decimal_places,
                absl::string_view symbol) {
  if (!has_value || !std::isfinite(value)) return {std::string(symbol), false};
  return {FormatNumber(value, decimal_places), true};
}

// A symbol wins over a value that stands beside it, so that a hidden value
// stays hidden.
Figure ValueOf(const v1::Observation& observation, const v1::Measure& measure) {
  const bool shown = observation.symbol() == v1::Observation::NONE;
  return NumberOr(shown && observation.has_value(), observation.value(), measure.decimal_places(),
                  SymbolOf(observation.symbol()));
}

// The numerator or denominator, from which a hidden value could be computed.
Figure PartOf(const v1::Observation& observation, bool has_part, double part) {
  const bool hidden = observation.symbol() == v1::Observation::CONFIDENTIAL;
  return NumberOr(has_part && !hidden, part, std::nullopt, hidden ? "c" : "x");
}

std::string UnitOf(const v1::Measure& measure) {
  const auto labelled = [&measure](absl::string_view unit) {
    return absl::StrCat(unit, measure.unit_label().empty() ? "" : " ", measure.unit_label());
  };
  switch (measure.unit()) {
    case v1::Measure::PERCENT:
      return "%";
    case v1::Measure::RATE:
      return labelled(absl::StrCat("per ", measure.rate_per()));
    case v1::Measure::DAYS:
      return "days";
    case v1::Measure::PERCENTAGE_POINTS:
      return "pp";
    case v1::Measure::POUNDS:
      return "\xC2\xA3";
    case v1::Measure::MONTHS:
      return "months";
    default:
      return measure.unit_label().empty() ? "number" : measure.unit_label();
  }
}

absl::string_view NameOf(v1::Observation::Comparator comparator) {
  switch (comparator) {
    case v1::Observation::ENGLAND:
      return "England";
    case v1::Observation::NORTH_WEST:
      return "North West";
    case v1::Observation::STATISTICAL_NEIGHBOURS:
      return "Statistical neighbours";
    case v1::Observation::PLANNED:
      return "Planned";
    default:
      return "Own";
  }
}

// `201718` for the year that starts in 2017.
std::string SplitYear(int first) { return absl::StrFormat("%04d%02d", first, (first + 1) % 100); }

absl::string_view MonthName(int month) {
  constexpr std::array<absl::string_view, 12> kNames = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  return month >= 1 && month <= 12 ? kNames[month - 1] : "";
}

// time_period and time_identifier.
std::pair<std::string, std::string> TidyTime(const v1::Period& period) {
  const int year = period.start().year();
  const int month = period.start().month();
  const int financial_year = month >= 4 ? year : year - 1;
  const int academic_year = month >= 9 ? year : year - 1;
  switch (period.kind()) {
    case v1::Period::CALENDAR_YEAR:
      return {absl::StrCat(year), "Calendar year"};
    case v1::Period::FINANCIAL_YEAR:
      return {SplitYear(financial_year), "Financial year"};
    case v1::Period::ACADEMIC_YEAR:
      return {SplitYear(academic_year), "Academic year"};
    case v1::Period::FINANCIAL_QUARTER:
      return {SplitYear(financial_year),
              absl::StrCat("Financial year Q", (month + 8) % 12 / 3 + 1)};
    case v1::Period::MONTH:
      return {absl::StrCat(year), std::string(MonthName(month))};
    case v1::Period::SCHOOL_TERM:
      return {SplitYear(academic_year), month >= 9   ? "Autumn term"
                                        : month <= 3 ? "Spring term"
                                                     : "Summer term"};
    default:
      return {absl::StrCat(period.end().year()), "Reporting year"};
  }
}

absl::string_view LevelOf(const AreaPath& areas) {
  if (areas.district != nullptr) return "Local authority district";
  if (areas.authority != nullptr) return "Local authority";
  if (areas.police_force != nullptr) return "Police force area";
  if (areas.region != nullptr) return "Regional";
  return "National";
}

std::string DayText(const google::type::Date& date) {
  const std::optional<absl::CivilDay> day = ToCivilDay(date);
  return day.has_value() ? FormatDay(*day) : "";
}

std::vector<Cell> CellsOf(const v1::Observation& observation, const v1::Measure& measure,
                          const AreaPath& areas) {
  std::vector<Cell> cells;
  const auto add = [&cells](absl::string_view name, absl::string_view text,
                            Cell::Kind kind = Cell::Kind::kText) {
    cells.push_back({name, kind, std::string(text)});
  };
  const auto add_area = [&add](const v1::Area* area, absl::string_view code,
                               absl::string_view name) {
    add(code, area == nullptr ? "" : area->code());
    add(name, area == nullptr ? "" : area->display_name());
  };
  const auto add_figure = [&add](absl::string_view name, const Figure& figure) {
    add(name, figure.text, figure.is_number ? Cell::Kind::kNumber : Cell::Kind::kPlain);
  };

  const auto [time_period, time_identifier] = TidyTime(observation.period());
  add("time_period", time_period);
  add("time_identifier", time_identifier);
  add("geographic_level", LevelOf(areas));
  add_area(areas.nation, "country_code", "country_name");
  add_area(areas.region, "region_code", "region_name");
  add_area(areas.police_force, "pfa_code", "pfa_name");
  add("old_la_code", areas.authority == nullptr ? "" : areas.authority->old_code());
  add_area(areas.authority, "new_la_code", "la_name");
  add_area(areas.district, "lad_code", "lad_name");

  std::string dimensions;
  std::string items;
  for (const v1::Observation::Breakdown& breakdown : observation.breakdowns()) {
    const absl::string_view separator = items.empty() ? "" : "; ";
    absl::StrAppend(&dimensions, separator, breakdown.dimension());
    absl::StrAppend(&items, separator, breakdown.item());
  }
  add("measure", LastIdentifier(measure.name()));
  add("measure_name", measure.display_name());
  add("unit", UnitOf(measure));
  add("comparator", NameOf(observation.comparator()));
  add("breakdown_dimension", dimensions);
  add("breakdown_item", items.empty() ? "Total" : items);
  add_figure("value", ValueOf(observation, measure));
  add_figure("numerator",
             PartOf(observation, observation.has_numerator(), observation.numerator()));
  add_figure("denominator",
             PartOf(observation, observation.has_denominator(), observation.denominator()));
  add("provisional", observation.provisional() ? "true" : "false", Cell::Kind::kBool);
  add("period_start", DayText(observation.period().start()));
  add("period_end", DayText(observation.period().end()));
  const int32_t line = observation.source().line();
  add("source_document", observation.source().document());
  add("source_line", line > 0 ? absl::StrCat(line) : "", Cell::Kind::kNumber);
  return cells;
}

void AppendCsvCell(const Cell& cell, std::string& out) {
  const bool from_people = cell.kind == Cell::Kind::kText;
  AppendCsvField(from_people ? SafeForSpreadsheet(cell.text) : cell.text, out);
}

void AppendJsonString(absl::string_view text, std::string& out) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) {
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<int>(c));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void AppendJsonMember(absl::string_view name, absl::string_view value, bool bare,
                      std::string& out) {
  out.push_back(out.empty() || out.back() == '{' ? '{' : ',');
  AppendJsonString(name, out);
  out.push_back(':');
  if (value.empty()) {
    out.append("null");
  } else if (bare) {
    absl::StrAppend(&out, value);
  } else {
    AppendJsonString(value, out);
  }
}

}  // namespace

std::string ExtractCsvHeader() {
  std::string header;
  for (const Cell& cell : CellsOf({}, {}, {})) {
    absl::StrAppend(&header, header.empty() ? "" : ",", cell.name);
  }
  return header + "\r\n";
}

void AppendCsvRow(const v1::Observation& observation, const v1::Measure& measure,
                  const AreaPath& areas, std::string& out) {
  bool first = true;
  for (const Cell& cell : CellsOf(observation, measure, areas)) {
    if (!first) out.push_back(',');
    first = false;
    AppendCsvCell(cell, out);
  }
  out.append("\r\n");
}

void AppendNdjsonRow(const v1::Observation& observation, const v1::Measure& measure,
                     const AreaPath& areas, std::string& out) {
  std::string object;
  for (const Cell& cell : CellsOf(observation, measure, areas)) {
    const bool is_symbol = cell.kind == Cell::Kind::kPlain;
    const bool bare = cell.kind == Cell::Kind::kNumber || cell.kind == Cell::Kind::kBool;
    AppendJsonMember(cell.name, is_symbol ? absl::string_view() : cell.text, bare, object);
    if (cell.name == "value") {
      AppendJsonMember("symbol", is_symbol ? cell.text : "", /*bare=*/false, object);
    }
  }
  absl::StrAppend(&out, object, "}\n");
}

}  // namespace concordat::domain
