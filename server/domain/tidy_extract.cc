#include "server/domain/tidy_extract.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/csv.h"
#include "base/status.h"

namespace concordat::domain {
namespace {

constexpr absl::string_view kNotApplicable = "z";
constexpr absl::string_view kTotal = "Total";

// The indicator that values of a unit stand in.
struct UnitColumn {
  v1::Measure::Unit unit;
  absl::string_view name;
  absl::string_view label;
  // As the standard's metadata has it; it has none for rates, days or months.
  absl::string_view unit_symbol;
};
constexpr std::array<UnitColumn, 8> kUnitColumns = {{
    {v1::Measure::COUNT, "value_count", "Number", ""},
    {v1::Measure::PERCENT, "value_percent", "Percentage", "%"},
    {v1::Measure::RATE, "value_rate", "Rate for the population that the measure names", ""},
    {v1::Measure::DAYS, "value_days", "Days", ""},
    {v1::Measure::NUMBER, "value_number", "Number that is no count", ""},
    {v1::Measure::PERCENTAGE_POINTS, "value_points", "Percentage points", "pp"},
    {v1::Measure::POUNDS, "value_pounds", "Pounds", "\xC2\xA3"},
    {v1::Measure::MONTHS, "value_months", "Months", ""},
}};

std::string BreakdownOf(const v1::Observation& observation) {
  if (observation.breakdowns().empty()) return std::string(kTotal);
  return absl::StrJoin(observation.breakdowns(), "; ",
                       [](std::string* out, const v1::Observation::Breakdown& breakdown) {
                         absl::StrAppend(out, breakdown.dimension(), ": ", breakdown.item());
                       });
}

// Which times may share a file: the standard has one group of them a file.
std::string TimeGroupOf(const v1::Period& period) {
  const auto [time, identifier] = TidyTime(period);
  for (const absl::string_view group : {"Financial year Q", "term"}) {
    if (identifier.find(std::string(group)) != std::string::npos) return std::string(group);
  }
  return period.kind() == v1::Period::MONTH ? "month" : identifier;
}

class TidyWriter : public ExtractWriter {
 public:
  absl::string_view media_type() const override { return "text/csv; charset=utf-8"; }
  absl::string_view file_suffix() const override { return ".csv"; }
  bool needs_survey() const override { return true; }

  absl::Status Survey(const v1::Observation& observation, const v1::Measure& measure) override {
    const std::string group = TimeGroupOf(observation.period());
    if (time_group_.empty()) time_group_ = group;
    if (group != time_group_) {
      return InvalidFields({{"period_kind",
                             "a tidy file holds periods of one kind, and these are of several; "
                             "say which kind is wanted, or make a file for each"}});
    }
    const auto [time, identifier] = TidyTime(observation.period());
    const std::string breakdown = BreakdownOf(observation);
    const std::string comparator = ComparatorOf(observation);
    const size_t key = absl::HashOf(time, identifier, observation.measure(), observation.area(),
                                    comparator, breakdown);
    if (!rows_.insert(key).second) {
      return InvalidFields(
          {{"filter", absl::StrCat("two figures of ", observation.measure(), " for ",
                                   observation.area(), " have the same time in a tidy file, ",
                                   identifier, " ", time, "; leave one out")}});
    }
    measures_.insert(measure.display_name());
    comparators_.insert(comparator);
    breakdowns_.insert(breakdown);
    int& places = decimal_places_[static_cast<size_t>(ColumnOf(measure))];
    places = std::max(places, measure.decimal_places());
    has_parts_ |= observation.has_numerator() || observation.has_denominator();
    return absl::OkStatus();
  }

  std::string Head() const override {
    std::string head =
        "time_period,time_identifier,geographic_level,country_code,country_name,region_code,"
        "region_name,old_la_code,new_la_code,la_name,lad_code,lad_name,pfa_code,pfa_name,"
        "measure,comparator,breakdown";
    for (size_t i = 0; i < kUnitColumns.size(); ++i) {
      if (occurs(i)) absl::StrAppend(&head, ",", kUnitColumns[i].name);
    }
    if (has_parts_) head.append(",numerator,denominator");
    return head + "\r\n";
  }

  PeriodCells CellsOf(const v1::Period& period) const override {
    PeriodCells cells;
    const auto [time, identifier] = TidyTime(period);
    AppendText(time, cells.time);
    AppendText(identifier, cells.time);
    return cells;
  }

  std::string CellsOf(const AreaPath& areas) const override {
    std::string cells;
    const auto add_area = [&cells](const v1::Area* area) {
      AppendText(area == nullptr ? "" : area->code(), cells);
      AppendText(area == nullptr ? "" : area->display_name(), cells);
    };
    AppendText(LevelOf(areas), cells);
    add_area(areas.nation);
    add_area(areas.region);
    AppendText(areas.authority == nullptr ? "" : areas.authority->old_code(), cells);
    add_area(areas.authority);
    add_area(areas.district);
    const bool is_police_area = areas.district == nullptr && areas.authority == nullptr;
    add_area(is_police_area ? areas.police_force : nullptr);
    return cells;
  }

  std::string CellsOf(const v1::Measure& measure) const override {
    std::string cell;
    AppendText(measure.display_name(), cell);
    return cell;
  }

  void AppendRow(const FigureRow& row, std::string& out) const override {
    const v1::Observation& observation = row.observation;
    const v1::Measure& measure = row.measure;
    absl::StrAppend(&out, row.period_cells.time, row.area_cells, row.measure_cells);
    AppendText(ComparatorOf(observation), out);
    AppendText(BreakdownOf(observation), out);
    const size_t column = ColumnOf(measure);
    for (size_t i = 0; i < kUnitColumns.size(); ++i) {
      if (!occurs(i)) continue;
      absl::StrAppend(&out, i == column ? ValueOf(observation, measure).text : kNotApplicable, ",");
    }
    if (has_parts_) {
      const auto add_part = [&](bool given, double part) {
        absl::StrAppend(&out, PartOf(observation, measure, given, part).text, ",");
      };
      add_part(observation.has_numerator(), observation.numerator());
      add_part(observation.has_denominator(), observation.denominator());
    }
    out.pop_back();
    out.append("\r\n");
  }

 protected:
  // Appends text from people, and a comma.
  static void AppendText(absl::string_view text, std::string& out) {
    AppendSafeCsvField(text, out);
    out.push_back(',');
  }
  static size_t ColumnOf(const v1::Measure& measure) {
    for (size_t i = 0; i < kUnitColumns.size(); ++i) {
      if (kUnitColumns[i].unit == measure.unit()) return i;
    }
    return 0;
  }
  bool occurs(size_t column) const { return decimal_places_[column] >= 0; }

  std::set<std::string> measures_;
  std::set<std::string> comparators_;
  std::set<std::string> breakdowns_;
  // By unit column; -1 where no figure has the unit.
  std::array<int, kUnitColumns.size()> decimal_places_ = {-1, -1, -1, -1, -1, -1, -1, -1};
  bool has_parts_ = false;

 private:
  std::string time_group_;
  // Hashes of what makes a row one of its kind: a million of them have to fit.
  absl::flat_hash_set<size_t> rows_;
};

class TidyMetadataWriter final : public TidyWriter {
 public:
  absl::string_view file_suffix() const override { return ".meta.csv"; }
  bool has_rows() const override { return false; }

  std::string Head() const override {
    std::string head =
        "col_name,col_type,label,indicator_grouping,indicator_unit,indicator_dp,filter_hint,"
        "filter_grouping_column,filter_default\r\n";
    AddFilter("measure", "Measure", measures_, head);
    AddFilter("comparator", "Whose value it is", comparators_, head);
    AddFilter("breakdown", "Breakdown", breakdowns_, head);
    for (size_t i = 0; i < kUnitColumns.size(); ++i) {
      if (!occurs(i)) continue;
      const UnitColumn& column = kUnitColumns[i];
      AddIndicator(column.name, column.label, column.unit_symbol, decimal_places_[i], head);
    }
    if (has_parts_) {
      AddIndicator("numerator", "What was counted", "", 0, head);
      AddIndicator("denominator", "What it was divided by", "", 0, head);
    }
    return head;
  }

 private:
  // Filters of one item have no place in the metadata, by the standard.
  static void AddFilter(absl::string_view name, absl::string_view label,
                        const std::set<std::string>& items, std::string& out) {
    if (items.size() < 2) return;
    absl::string_view standard = *items.begin();
    for (const absl::string_view preferred : {kTotal, absl::string_view("Own")}) {
      if (items.count(std::string(preferred)) > 0) standard = preferred;
    }
    absl::StrAppend(&out, name, ",Filter,", label, ",,,,,,");
    AppendSafeCsvField(standard, out);
    out.append("\r\n");
  }
  static void AddIndicator(absl::string_view name, absl::string_view label, absl::string_view unit,
                           int decimal_places, std::string& out) {
    absl::StrAppend(&out, name, ",Indicator,", label, ",,", unit, ",", decimal_places, ",,,\r\n");
  }
};

}  // namespace

std::unique_ptr<ExtractWriter> MakeTidyWriter() { return std::make_unique<TidyWriter>(); }
std::unique_ptr<ExtractWriter> MakeTidyMetadataWriter() {
  return std::make_unique<TidyMetadataWriter>();
}

}  // namespace concordat::domain
