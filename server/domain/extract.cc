#include "server/domain/extract.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/civil_time.h"
#include "base/csv.h"
#include "base/resource_name.h"

namespace concordat::domain {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

// How a layout writes the cells of a row. Each cell ends with a comma; the row's end
// takes the place of the last one.
class CellLayout {
 public:
  virtual ~CellLayout() = default;
  // What stands before a row's first cell.
  virtual absl::string_view row_start() const { return ""; }
  virtual absl::string_view row_end() const = 0;
  // Text from people, which a spreadsheet must not run.
  virtual void Text(absl::string_view name, absl::string_view text, std::string& out) const = 0;
  // `true`, `false` or a whole number; empty where there is none.
  virtual void Bare(absl::string_view name, absl::string_view text, std::string& out) const = 0;
  // A value, numerator or denominator: what a symbol can stand in.
  virtual void Number(absl::string_view name, const Figure& figure, std::string& out) const = 0;
};

class CsvLayout : public CellLayout {
 public:
  absl::string_view row_end() const override { return "\r\n"; }
  void Text(absl::string_view /*name*/, absl::string_view text, std::string& out) const override {
    AppendSafeCsvField(text, out);
    out.push_back(',');
  }
  void Bare(absl::string_view /*name*/, absl::string_view text, std::string& out) const override {
    absl::StrAppend(&out, text, ",");
  }
  void Number(absl::string_view /*name*/, const Figure& figure, std::string& out) const override {
    absl::StrAppend(&out, figure.text, ",");
  }
};

class ExcelCsvLayout final : public CsvLayout {
 public:
  void Number(absl::string_view /*name*/, const Figure& figure, std::string& out) const override {
    absl::StrAppend(&out, figure.is_number ? figure.text : "", ",",
                    figure.is_number ? "" : figure.text, ",");
  }
};

// The names of the columns in the place of what they hold.
class NamesLayout final : public CellLayout {
 public:
  explicit NamesLayout(bool has_status_columns) : has_status_columns_(has_status_columns) {}

  absl::string_view row_end() const override { return "\r\n"; }
  void Text(absl::string_view name, absl::string_view /*text*/, std::string& out) const override {
    absl::StrAppend(&out, name, ",");
  }
  void Bare(absl::string_view name, absl::string_view /*text*/, std::string& out) const override {
    absl::StrAppend(&out, name, ",");
  }
  void Number(absl::string_view name, const Figure& /*figure*/, std::string& out) const override {
    absl::StrAppend(&out, name, ",");
    if (has_status_columns_) absl::StrAppend(&out, name, "_status,");
  }

 private:
  const bool has_status_columns_;
};

class NdjsonLayout final : public CellLayout {
 public:
  absl::string_view row_start() const override { return "{"; }
  absl::string_view row_end() const override { return "}\n"; }
  void Text(absl::string_view name, absl::string_view text, std::string& out) const override {
    AppendName(name, out);
    if (text.empty()) {
      out.append("null");
    } else {
      AppendString(text, out);
    }
    out.push_back(',');
  }
  void Bare(absl::string_view name, absl::string_view text, std::string& out) const override {
    AppendName(name, out);
    absl::StrAppend(&out, text.empty() ? "null" : text, ",");
  }
  void Number(absl::string_view name, const Figure& figure, std::string& out) const override {
    Bare(name, figure.is_number ? figure.text : "", out);
    if (name == "value") Text("symbol", figure.is_number ? "" : figure.text, out);
  }

 private:
  // Of a column, which needs no escapes.
  static void AppendName(absl::string_view name, std::string& out) {
    absl::StrAppend(&out, "\"", name, "\":");
  }
  static void AppendString(absl::string_view text, std::string& out) {
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
};

// The columns of a row, from left to right: time, area, measure, figure, days, source.

void AppendTime(const CellLayout& cells, const v1::Period& period, std::string& out) {
  const auto [time_period, time_identifier] = TidyTime(period);
  cells.Text("time_period", time_period, out);
  cells.Text("time_identifier", time_identifier, out);
}

void AppendAreas(const CellLayout& cells, const AreaPath& areas, std::string& out) {
  const auto add = [&](const v1::Area* area, absl::string_view code, absl::string_view name) {
    cells.Text(code, area == nullptr ? "" : area->code(), out);
    cells.Text(name, area == nullptr ? "" : area->display_name(), out);
  };
  cells.Text("geographic_level", LevelOf(areas), out);
  add(areas.nation, "country_code", "country_name");
  add(areas.region, "region_code", "region_name");
  add(areas.police_force, "pfa_code", "pfa_name");
  cells.Text("old_la_code", areas.authority == nullptr ? "" : areas.authority->old_code(), out);
  add(areas.authority, "new_la_code", "la_name");
  add(areas.district, "lad_code", "lad_name");
}

void AppendMeasure(const CellLayout& cells, const v1::Measure& measure, std::string& out) {
  cells.Text("measure", LastIdentifier(measure.name()), out);
  cells.Text("measure_name", measure.display_name(), out);
  cells.Text("unit", UnitOf(measure), out);
}

void AppendBreakdown(const CellLayout& cells, const v1::Observation& observation,
                     std::string& out) {
  if (observation.breakdowns().empty()) {
    cells.Text("breakdown_dimension", "", out);
    cells.Text("breakdown_item", "Total", out);
    return;
  }
  std::string dimensions;
  std::string items;
  for (const v1::Observation::Breakdown& breakdown : observation.breakdowns()) {
    const absl::string_view separator = items.empty() ? "" : "; ";
    absl::StrAppend(&dimensions, separator, breakdown.dimension());
    absl::StrAppend(&items, separator, breakdown.item());
  }
  cells.Text("breakdown_dimension", dimensions, out);
  cells.Text("breakdown_item", items.empty() ? "Total" : items, out);
}

void AppendFigure(const CellLayout& cells, const v1::Observation& observation,
                  const v1::Measure& measure, std::string& out) {
  cells.Text("comparator", NameOf(observation.comparator()), out);
  cells.Text("average", NameOf(observation.average()), out);
  cells.Text("neighbour_set", observation.neighbour_set(), out);
  AppendBreakdown(cells, observation, out);
  cells.Number("value", ValueOf(observation, measure), out);
  cells.Number("numerator",
               PartOf(observation, measure, observation.has_numerator(), observation.numerator()),
               out);
  cells.Number(
      "denominator",
      PartOf(observation, measure, observation.has_denominator(), observation.denominator()), out);
  cells.Bare("provisional", observation.provisional() ? "true" : "false", out);
}

std::string DayText(const google::type::Date& date) {
  const std::optional<absl::CivilDay> day = ToCivilDay(date);
  return day.has_value() ? FormatDay(*day) : "";
}

void AppendDays(const CellLayout& cells, const v1::Period& period, std::string& out) {
  cells.Text("period_start", DayText(period.start()), out);
  cells.Text("period_end", DayText(period.end()), out);
}

void AppendSource(const CellLayout& cells, const v1::Citation& source, std::string& out) {
  cells.Text("source_document", source.document(), out);
  cells.Bare("source_line", source.line() > 0 ? absl::StrCat(source.line()) : "", out);
}

// Puts the row's end in the place of the last comma.
void EndRow(const CellLayout& cells, std::string& out) {
  out.pop_back();
  absl::StrAppend(&out, cells.row_end());
}

std::string Titles(bool has_status_columns) {
  const NamesLayout names(has_status_columns);
  std::string titles;
  AppendTime(names, {}, titles);
  AppendAreas(names, {}, titles);
  AppendMeasure(names, {}, titles);
  AppendFigure(names, {}, {}, titles);
  AppendDays(names, {}, titles);
  AppendSource(names, {}, titles);
  EndRow(names, titles);
  return titles;
}

// One row a figure, with all columns.
template <typename Layout>
class TableWriter final : public ExtractWriter {
 public:
  TableWriter(absl::string_view media_type, absl::string_view file_suffix, std::string head)
      : media_type_(media_type), file_suffix_(file_suffix), head_(std::move(head)) {}

  absl::string_view media_type() const override { return media_type_; }
  absl::string_view file_suffix() const override { return file_suffix_; }
  std::string Head() const override { return head_; }

  PeriodCells CellsOf(const v1::Period& period) const override {
    PeriodCells cells;
    cells.time = std::string(layout_.row_start());
    AppendTime(layout_, period, cells.time);
    AppendDays(layout_, period, cells.days);
    return cells;
  }
  std::string CellsOf(const AreaPath& areas) const override {
    std::string cells;
    AppendAreas(layout_, areas, cells);
    return cells;
  }
  std::string CellsOf(const v1::Measure& measure) const override {
    std::string cells;
    AppendMeasure(layout_, measure, cells);
    return cells;
  }
  void AppendRow(const FigureRow& row, std::string& out) const override {
    absl::StrAppend(&out, row.period_cells.time, row.area_cells, row.measure_cells);
    AppendFigure(layout_, row.observation, row.measure, out);
    absl::StrAppend(&out, row.period_cells.days);
    AppendSource(layout_, row.observation.source(), out);
    EndRow(layout_, out);
  }

 private:
  const absl::string_view media_type_;
  const absl::string_view file_suffix_;
  const std::string head_;
  const Layout layout_;
};

constexpr absl::string_view kCsv = "text/csv; charset=utf-8";

}  // namespace

std::unique_ptr<ExtractWriter> MakeCsvWriter() {
  return std::make_unique<TableWriter<CsvLayout>>(kCsv, ".csv",
                                                  Titles(/*has_status_columns=*/false));
}

std::unique_ptr<ExtractWriter> MakeExcelCsvWriter() {
  return std::make_unique<TableWriter<ExcelCsvLayout>>(
      kCsv, ".csv", absl::StrCat(kByteOrderMark, Titles(/*has_status_columns=*/true)));
}

std::unique_ptr<ExtractWriter> MakeNdjsonWriter() {
  return std::make_unique<TableWriter<NdjsonLayout>>("application/x-ndjson", ".ndjson", "");
}

}  // namespace concordat::domain
