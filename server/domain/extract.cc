#include "server/domain/extract.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/civil_time.h"
#include "base/csv.h"
#include "base/resource_name.h"

namespace concordat::domain {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

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

// Whether it is one that a symbol can stand in.
bool IsFigure(const Cell& cell) {
  return cell.name == "value" || cell.name == "numerator" || cell.name == "denominator";
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

std::string ExtractExcelCsvHeader() {
  std::string header;
  for (const Cell& cell : CellsOf({}, {}, {})) {
    absl::StrAppend(&header, header.empty() ? kByteOrderMark : ",", cell.name);
    if (IsFigure(cell)) absl::StrAppend(&header, ",", cell.name, "_status");
  }
  return header + "\r\n";
}

void AppendExcelCsvRow(const v1::Observation& observation, const v1::Measure& measure,
                       const AreaPath& areas, std::string& out) {
  bool first = true;
  for (const Cell& cell : CellsOf(observation, measure, areas)) {
    if (!first) out.push_back(',');
    first = false;
    if (!IsFigure(cell)) {
      AppendCsvCell(cell, out);
      continue;
    }
    const bool is_number = cell.kind == Cell::Kind::kNumber;
    absl::StrAppend(&out, is_number ? cell.text : "", ",", is_number ? "" : cell.text);
  }
  out.append("\r\n");
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
