#include "server/services/extract_cells.h"

#include <array>

#include "absl/status/status.h"
#include "base/status.h"
#include "concordat/v1/directory.pb.h"

namespace concordat::services {
namespace {

// A release has some dozens of periods. One with very many must not cost memory by them.
constexpr size_t kMostPeriods = 1000;

}  // namespace

absl::StatusOr<const v1::Measure*> ExtractCells::MeasureOf(const v1::Observation& figure) {
  ASSIGN_OR_RETURN(const OfMeasure* found, Measure(figure));
  return &found->measure;
}

absl::Status ExtractCells::AppendRow(const v1::Observation& figure, std::string& out) {
  ASSIGN_OR_RETURN(const OfMeasure* measure, Measure(figure));
  ASSIGN_OR_RETURN(const std::string* area_cells, Area(figure));
  writer_.AppendRow(
      {figure, measure->measure, Period(figure.period()), *area_cells, measure->cells}, out);
  return absl::OkStatus();
}

absl::StatusOr<const ExtractCells::OfMeasure*> ExtractCells::Measure(
    const v1::Observation& figure) {
  const std::string& name = figure.measure();
  if (const auto found = measures_.find(name); found != measures_.end()) return &found->second;
  v1::Measure measure;
  RETURN_IF_ERROR(Read(store::Kind::kMeasure, name, measure));
  if (!figure.measure_display_name().empty()) {
    measure.set_display_name(figure.measure_display_name());
  }
  OfMeasure& kept = measures_[name];
  kept.cells = writer_.CellsOf(measure);
  kept.measure.set_display_name(measure.display_name());
  kept.measure.set_unit(measure.unit());
  kept.measure.set_decimal_places(measure.decimal_places());
  return &kept;
}

absl::StatusOr<const std::string*> ExtractCells::Area(const v1::Observation& figure) {
  const std::string& name = figure.area();
  if (const auto found = area_cells_.find(name); found != area_cells_.end()) return &found->second;
  domain::AreaPath areas;
  // The tree of areas is shallow: the loop ends at a nation.
  std::array<v1::Area, 8> path;
  std::string next = name;
  for (size_t depth = 0; !next.empty() && depth < path.size(); ++depth) {
    v1::Area& area = path[depth];
    RETURN_IF_ERROR(Read(store::Kind::kArea, next, area));
    if (depth == 0 && !figure.area_display_name().empty()) {
      area.set_display_name(figure.area_display_name());
    }
    switch (area.level()) {
      case v1::NATIONAL:
        areas.nation = &area;
        break;
      case v1::REGIONAL:
        areas.region = &area;
        break;
      case v1::POLICE_FORCE_AREA:
        areas.police_force = &area;
        break;
      case v1::LOCAL_AUTHORITY:
        areas.authority = &area;
        break;
      case v1::LOCAL_AUTHORITY_DISTRICT:
        areas.district = &area;
        break;
      default:
        break;
    }
    next = area.parent();
  }
  return &area_cells_.emplace(name, writer_.CellsOf(areas)).first->second;
}

const domain::PeriodCells& ExtractCells::Period(const v1::Period& period) {
  const google::type::Date& start = period.start();
  const google::type::Date& end = period.end();
  const PeriodKey key(period.kind(), start.year(), start.month(), start.day(), end.year(),
                      end.month(), end.day());
  if (const auto found = periods_.find(key); found != periods_.end()) return found->second;
  if (periods_.size() >= kMostPeriods) periods_.clear();
  return periods_.emplace(key, writer_.CellsOf(period)).first->second;
}

template <typename Message>
absl::Status ExtractCells::Read(store::Kind kind, const std::string& name, Message& message) const {
  ASSIGN_OR_RETURN(const store::Row row, reader_.Find(grant_, kind, name, point_));
  if (!message.ParseFromString(row.body)) {
    return absl::DataLossError("what a figure is about cannot be read");
  }
  return absl::OkStatus();
}

}  // namespace concordat::services
