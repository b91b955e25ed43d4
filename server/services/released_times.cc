#include "server/services/released_times.h"

#include <utility>

#include "base/civil_time.h"
#include "base/status.h"

namespace concordat::services {
namespace {

using store::Kind;
using store::Row;

// Days that are set were checked before they were stored.
absl::CivilDay FirstDay(const v1::Period& period) {
  return ToCivilDay(period.start()).value_or(absl::CivilDay::min());
}

absl::CivilDay LastDay(const v1::Period& period) {
  return ToCivilDay(period.end()).value_or(absl::CivilDay::max());
}

}  // namespace

bool SaysSomething(const v1::Observation& figure) {
  return figure.comparator() == v1::Observation::OWN &&
         figure.symbol() != v1::Observation::NOT_AVAILABLE &&
         figure.symbol() != v1::Observation::NOT_APPLICABLE;
}

absl::StatusOr<ReleasedTimes> ReleasedTimes::Read(const store::Reader& reader,
                                                  const auth::Grant& grant, store::ReadPoint point,
                                                  Origin origin,
                                                  const std::set<std::string>& measures) {
  // What each has figures of that matter.
  std::map<std::string, std::set<std::string>> releases;
  bool damaged = false;
  RETURN_IF_ERROR(reader.Scan(
      grant, Kind::kRelease, {"releases/", "", point, std::nullopt}, [&](const Row& row) {
        v1::Release release;
        damaged |= !release.ParseFromString(row.body);
        if (release.has_selection() != (origin == Origin::kSubmitted)) return true;
        std::set<std::string>& concerned = releases[row.name] = measures;
        for (const v1::DisclosureReport::MeasureLine& line : release.report().measures()) {
          if (line.profile() == v1::ALREADY_PUBLIC) concerned.erase(line.measure());
        }
        return true;
      }));
  ReleasedTimes times;
  for (const auto& release : releases) {
    RETURN_IF_ERROR(
        reader.ScanObservations(grant, release.first, -1, [&](const store::ObservationRow& row) {
          if (!release.second.contains(row.measure)) return true;
          v1::Observation figure;
          damaged |= !figure.ParseFromString(row.body);
          if (SaysSomething(figure)) {
            const Days days(FirstDay(figure.period()), LastDay(figure.period()));
            times.releases_[row.measure].try_emplace(days, release.first);
          }
          return true;
        }));
  }
  if (damaged) return absl::DataLossError("a stored release cannot be read");
  return times;
}

std::optional<std::string> ReleasedTimes::Find(const std::string& measure,
                                               const v1::Period& period) const {
  const auto releases = releases_.find(measure);
  if (releases == releases_.end()) return std::nullopt;
  for (const auto& [days, release] : releases->second) {
    if (days.first <= LastDay(period) && days.second >= FirstDay(period)) return release;
  }
  return std::nullopt;
}

}  // namespace concordat::services
