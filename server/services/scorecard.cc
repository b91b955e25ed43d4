#include "server/services/scorecard.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "server/domain/scorecard.h"
#include "server/services/release_reading.h"

namespace concordat::services {
namespace {

using v1::Observation;
using v1::Scorecard;

constexpr size_t kMostMeasures = 200;
constexpr size_t kMostCells = 5000;
constexpr size_t kLongestTrend = 12;

// The figures of one measure and area, each list in the order of its periods.
struct CellFigures {
  std::vector<Observation> own;
  std::map<Observation::Comparator, std::vector<Observation>> comparators;
};
// By measure, then by area.
using Figures = std::map<std::string, std::map<std::string, CellFigures>>;

bool EndsEarlier(const Observation& a, const Observation& b) {
  const auto end_a = ToCivilDay(a.period().end());
  const auto end_b = ToCivilDay(b.period().end());
  if (end_a != end_b) return end_a < end_b;
  return ToCivilDay(a.period().start()) > ToCivilDay(b.period().start());
}

// Of figures in the order of their periods, those of the newest one's kind.
void KeepKindOfNewest(std::vector<Observation>& figures) {
  if (figures.empty()) return;
  const v1::Period::Kind kind = figures.back().period().kind();
  figures.erase(std::remove_if(figures.begin(), figures.end(),
                               [kind](const Observation& f) { return f.period().kind() != kind; }),
                figures.end());
}

absl::StatusOr<Figures> ReadFigures(const store::Store& store, const door::Call& call,
                                    const v1::GetScorecardRequest& request) {
  v1::ObservationFilter filter;
  *filter.mutable_measures() = request.measures();
  *filter.mutable_areas() = request.areas();
  filter.set_topic(request.topic());
  const std::optional<absl::CivilDay> last =
      request.has_period_to() ? ToCivilDay(request.period_to()) : std::nullopt;
  Figures found;
  size_t cells = 0;
  RETURN_IF_ERROR(ScanFigures(
      store, call.grant(), request.name(), filter, -1, [&](int64_t, Observation&& figure) {
        if (figure.breakdowns_size() > 0) return true;
        if (last.has_value() && ToCivilDay(figure.period().end()) > last) return true;
        if (request.period_kind() != v1::Period::KIND_UNSPECIFIED &&
            request.period_kind() != figure.period().kind()) {
          return true;
        }
        auto& areas = found[figure.measure()];
        const auto [cell, is_new] = areas.try_emplace(figure.area());
        if (is_new) ++cells;
        const Observation::Comparator comparator = figure.comparator();
        auto& list = comparator == Observation::OWN ? cell->second.own
                                                    : cell->second.comparators[comparator];
        list.push_back(std::move(figure));
        return found.size() <= kMostMeasures && cells <= kMostCells;
      }));
  if (found.size() > kMostMeasures || cells > kMostCells) {
    return InvalidFields(
        {{"measures", absl::StrCat("a scorecard has at most ", kMostMeasures, " measures and ",
                                   kMostCells, " cells; ask for fewer measures or areas")}});
  }
  for (auto& [measure, areas] : found) {
    for (auto& [area, cell] : areas) {
      absl::c_stable_sort(cell.own, EndsEarlier);
      KeepKindOfNewest(cell.own);
      for (auto& [comparator, list] : cell.comparators) absl::c_stable_sort(list, EndsEarlier);
    }
  }
  return found;
}

Scorecard::Cell MakeCell(const v1::Measure& measure, const std::string& area,
                         const CellFigures& figures) {
  Scorecard::Cell cell;
  cell.set_area(area);
  std::optional<double> latest;
  if (!figures.own.empty()) {
    *cell.mutable_figure() = figures.own.back();
    cell.set_area_display_name(figures.own.back().area_display_name());
    latest = domain::ShownValue(figures.own.back());
  }
  cell.set_band(domain::BandOf(measure, latest));
  if (figures.own.size() >= 2 && domain::AreComparable(figures.own[figures.own.size() - 2].period(),
                                                       figures.own.back().period())) {
    const std::optional<double> before = domain::ShownValue(figures.own[figures.own.size() - 2]);
    cell.set_travel(domain::TravelOf(measure, before, latest));
    if (cell.travel() != Scorecard::TRAVEL_UNSPECIFIED) {
      cell.set_change(domain::AsPrinted(
          measure, domain::AsPrinted(measure, *latest) - domain::AsPrinted(measure, *before)));
    }
  }
  const size_t first = figures.own.size() - std::min(figures.own.size(), kLongestTrend);
  for (size_t i = first; i < figures.own.size(); ++i) *cell.add_trend() = figures.own[i];
  for (const auto& [comparator, list] : figures.comparators) {
    *cell.add_comparators() = list.back();
    if (cell.area_display_name().empty()) {
      cell.set_area_display_name(list.back().area_display_name());
    }
  }
  return cell;
}

// Ranks areas of one level with figures of one period with each other: other places
// compare what cannot be compared.
void SetPlaces(Scorecard::Row& row) {
  std::map<std::tuple<int, std::optional<absl::CivilDay>, std::optional<absl::CivilDay>>,
           std::vector<Scorecard::Cell*>>
      groups;
  for (Scorecard::Cell& cell : *row.mutable_cells()) {
    if (!cell.has_figure()) continue;
    const v1::Period& period = cell.figure().period();
    groups[{cell.figure().level(), ToCivilDay(period.start()), ToCivilDay(period.end())}].push_back(
        &cell);
  }
  for (auto& [group, cells] : groups) {
    std::vector<std::optional<double>> values;
    values.reserve(cells.size());
    for (const Scorecard::Cell* cell : cells) values.push_back(domain::ShownValue(cell->figure()));
    const std::vector<domain::Place> places = domain::PlacesOf(row.measure(), values);
    for (size_t i = 0; i < cells.size(); ++i) {
      cells[i]->set_rank(places[i].rank);
      cells[i]->set_ranked(places[i].ranked);
      cells[i]->set_quartile(places[i].quartile);
    }
  }
}

// The measure as it is today: its target and polarity judge. As it was when the figures were
// frozen where its topics have left the agreement's, which the figures have not.
absl::StatusOr<v1::Measure> ReadMeasure(const store::Store& store, const door::Call& call,
                                        const std::string& name, const v1::Release& release,
                                        store::ReadPoint point) {
  absl::StatusOr<store::Row> row = store.Find(call.grant(), store::Kind::kMeasure, name, point);
  if (ReasonOf(row.status()) == v1::OUT_OF_SCOPE) {
    row = store.Find(call.grant(), store::Kind::kMeasure, name, FrozenPoint(release, point));
  }
  RETURN_IF_ERROR(row.status());
  v1::Measure measure;
  if (!measure.ParseFromString(row->body)) {
    return absl::DataLossError("a stored measure cannot be read");
  }
  return measure;
}

// The title that is frozen beside the measure's figures, all of one release.
std::string TitleOf(const std::map<std::string, CellFigures>& areas, const v1::Measure& measure) {
  for (const auto& [area, cell] : areas) {
    const Observation& figure =
        cell.own.empty() ? cell.comparators.begin()->second.back() : cell.own.back();
    if (!figure.measure_display_name().empty()) return figure.measure_display_name();
  }
  return measure.display_name();
}

}  // namespace

absl::StatusOr<Scorecard> MakeScorecard(const store::Store& store, const door::Call& call,
                                        const v1::GetScorecardRequest& request) {
  ASSIGN_OR_RETURN(const store::Store::State state, store.ReadState());
  const store::ReadPoint point{state.revision, absl::InfiniteFuture()};
  ASSIGN_OR_RETURN(const v1::Release release,
                   ReadableRelease(store, call.grant(), request.name(), point));
  call.NoteRelease(release.name(), release.digest());
  RETURN_IF_ERROR(CheckFilterNames(store, call.grant(), point, {release.name()}, "",
                                   request.measures(), request.areas(), request.topic()));
  ASSIGN_OR_RETURN(const Figures figures, ReadFigures(store, call, request));
  if (!figures.empty()) call.NoteFiguresOf(release.name());

  Scorecard scorecard;
  scorecard.set_release(release.name());
  scorecard.set_release_display_name(release.display_name());
  scorecard.set_release_digest(release.digest());
  if (const auth::CompiledAgreement* agreement = call.grant().agreement()) {
    scorecard.set_agreement(agreement->message.name());
    scorecard.set_agreement_version(agreement->message.version());
  }
  for (const auto& [name, areas] : figures) {
    call.NoteContribution(name);
    Scorecard::Row& row = *scorecard.add_rows();
    ASSIGN_OR_RETURN(*row.mutable_measure(), ReadMeasure(store, call, name, release, point));
    row.mutable_measure()->set_display_name(TitleOf(areas, row.measure()));
    for (const auto& [area, cell] : areas) *row.add_cells() = MakeCell(row.measure(), area, cell);
    SetPlaces(row);
  }
  for (const std::string& missing : release.missing_returns()) {
    if (figures.count(std::string(ParentOf(missing))) > 0) scorecard.add_missing_returns(missing);
  }
  return scorecard;
}

}  // namespace concordat::services
