#include "server/services/release_reading.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "concordat/v1/directory.pb.h"
#include "server/domain/returns.h"
#include "server/services/apply.h"

namespace concordat::services {
namespace {

using store::Kind;

// What a filter goes by: a line's, or those of a figure.
struct FoundBy {
  absl::string_view measure;
  absl::Span<const std::string> topics;
  absl::string_view area;
  int comparator = 0;
  std::optional<absl::CivilDay> period_start;
  std::optional<absl::CivilDay> period_end;
};

bool Passes(const v1::ObservationFilter& filter, const FoundBy& found_by) {
  const auto lists = [](const auto& list, const auto& item) {
    return list.empty() || absl::c_linear_search(list, item);
  };
  if (!lists(filter.measures(), found_by.measure) || !lists(filter.areas(), found_by.area) ||
      !lists(filter.comparators(), found_by.comparator)) {
    return false;
  }
  if (!filter.topic().empty() && !absl::c_linear_search(found_by.topics, filter.topic())) {
    return false;
  }
  if (filter.has_period_from() && found_by.period_end < ToCivilDay(filter.period_from())) {
    return false;
  }
  return !filter.has_period_to() || found_by.period_start <= ToCivilDay(filter.period_to());
}

absl::StatusOr<v1::Release> Parse(const store::Row& row) {
  v1::Release release;
  if (!release.ParseFromString(row.body)) {
    return absl::DataLossError("a stored release cannot be read");
  }
  return release;
}

absl::Status AddRecipients(const store::Reader& reader, const auth::Grant& grant,
                           v1::Release& release) {
  ASSIGN_OR_RETURN(const std::vector<store::Recipient> recipients,
                   reader.ReadRecipients(grant, release.name()));
  for (const store::Recipient& stored : recipients) {
    v1::Recipient& recipient = *release.add_recipients();
    recipient.set_agency(stored.agency);
    recipient.set_agreement(stored.agreement);
    recipient.set_agreement_version(stored.agreement_version);
    *recipient.mutable_first_time() = ToTimestamp(stored.first);
    *recipient.mutable_last_time() = ToTimestamp(stored.last);
  }
  return absl::OkStatus();
}

// Whether the measure or area is there and the grant covers it.
absl::StatusOr<bool> IsCovered(const store::Reader& reader, const auth::Grant& grant, Kind kind,
                               const std::string& name, store::ReadPoint point) {
  const absl::StatusOr<store::Row> row = reader.Find(grant, kind, name, point);
  if (absl::IsNotFound(row.status()) || ReasonOf(row.status()) == v1::OUT_OF_SCOPE) return false;
  RETURN_IF_ERROR(row.status());
  if (kind != Kind::kArea) return true;
  v1::Area area;
  if (!area.ParseFromString(row->body)) {
    return absl::DataLossError("a stored area cannot be read");
  }
  return grant.CoversArea(name, area.level());
}

// Whether a measure that the grant covers is about the topic.
absl::StatusOr<bool> IsTopicCovered(const store::Reader& reader, const auth::Grant& grant,
                                    const std::string& topic, store::ReadPoint point) {
  bool found = false;
  RETURN_IF_ERROR(reader.Scan(grant, Kind::kMeasure, {"measures/", "", point, std::nullopt},
                              [&](const store::Row& row) {
                                found = absl::c_linear_search(row.topics, topic);
                                return !found;
                              }));
  return found;
}

// Takes out of `names` the measures, areas and topics that figures of the releases have which
// the grant covers.
absl::Status RemoveThoseWithFigures(const store::Reader& reader, const auth::Grant& grant,
                                    absl::Span<const std::string> releases,
                                    absl::flat_hash_set<std::string>& names) {
  for (const std::string& release : releases) {
    if (names.empty()) break;
    RETURN_IF_ERROR(
        reader.ScanObservations(grant, release, -1, [&](const store::ObservationRow& row) {
          names.erase(row.measure);
          names.erase(row.area);
          for (const std::string& topic : row.topics) names.erase(topic);
          return !names.empty();
        }));
  }
  return absl::OkStatus();
}

// What other agencies owe is between them and the office.
void KeepOwnMissingReturns(absl::string_view agency, v1::Release& release) {
  auto& names = *release.mutable_missing_returns();
  names.erase(std::remove_if(names.begin(), names.end(),
                             [&](const std::string& name) {
                               return domain::AgencyOfReturn(LastIdentifier(name)) != agency;
                             }),
              names.end());
}

// Sees all that is committed.
store::ReadPoint Newest() { return {std::numeric_limits<int64_t>::max(), absl::InfiniteFuture()}; }

}  // namespace

absl::StatusOr<v1::Release> ReadRelease(const store::Reader& reader, const auth::Grant& grant,
                                        const store::Row& row, Audience audience) {
  ASSIGN_OR_RETURN(v1::Release release, Parse(row));
  if (audience == Audience::kPartners) {
    release.clear_report();
    KeepOwnMissingReturns(grant.agency(), release);
  } else {
    RETURN_IF_ERROR(AddRecipients(reader, grant, release));
  }
  *release.mutable_recorded_time() = ToTimestamp(row.recorded);
  int64_t count = 0;
  RETURN_IF_ERROR(reader.ScanObservations(grant, row.name, -1, [&](const store::ObservationRow&) {
    ++count;
    return true;
  }));
  release.set_observation_count(count);
  return release;
}

absl::StatusOr<v1::Release> ReadableRelease(const store::Reader& reader, const auth::Grant& grant,
                                            const std::string& name, store::ReadPoint point) {
  ASSIGN_OR_RETURN(const store::Row row, reader.Find(grant, Kind::kRelease, name, point));
  RETURN_IF_ERROR(CheckNotWithdrawn(reader, grant, name));
  return Parse(row);
}

absl::Status CheckNotWithdrawn(const store::Reader& reader, const auth::Grant& grant,
                               const std::string& name) {
  ASSIGN_OR_RETURN(const store::Row row, reader.Find(grant, Kind::kRelease, name, Newest()));
  // A release is stored once, and once more when it is withdrawn.
  if (row.revision == 1) return absl::OkStatus();
  ASSIGN_OR_RETURN(const v1::Release release, Parse(row));
  if (release.state() == v1::Release::PUBLISHED) return absl::OkStatus();
  return MakeError(v1::RELEASE_WITHDRAWN, "the release was withdrawn; its figures leave no more",
                   {{"release", name}});
}

store::ReadPoint FrozenPoint(const v1::Release& release, store::ReadPoint point) {
  // What a change commits is recorded at one time, and a point ends before its own.
  if (release.has_frozen_time()) {
    point.as_of = ToTime(release.frozen_time()) + absl::Microseconds(1);
  }
  return point;
}

absl::Status CheckFilterNames(const store::Reader& reader, const auth::Grant& grant,
                              store::ReadPoint point, absl::Span<const std::string> releases,
                              absl::string_view path,
                              const google::protobuf::RepeatedPtrField<std::string>& measures,
                              const google::protobuf::RepeatedPtrField<std::string>& areas,
                              const std::string& topic) {
  // None is called as another: a topic has no slash.
  absl::flat_hash_set<std::string> unknown;
  const auto look_up = [&](Kind kind, const auto& names) -> absl::Status {
    for (const std::string& name : names) {
      ASSIGN_OR_RETURN(const bool known, IsCovered(reader, grant, kind, name, point));
      if (!known) unknown.insert(name);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(look_up(Kind::kMeasure, measures));
  RETURN_IF_ERROR(look_up(Kind::kArea, areas));
  if (!topic.empty()) {
    ASSIGN_OR_RETURN(const bool known, IsTopicCovered(reader, grant, topic, point));
    if (!known) unknown.insert(topic);
  }
  // Topics may have been others when the figures were frozen.
  RETURN_IF_ERROR(RemoveThoseWithFigures(reader, grant, releases, unknown));
  std::vector<FieldViolation> violations;
  const auto refuse = [&](absl::string_view field, const auto& names,
                          absl::string_view description) {
    for (int i = 0; i < names.size(); ++i) {
      if (!unknown.contains(names[i])) continue;
      violations.push_back({absl::StrCat(path, field, "[", i, "]"), std::string(description)});
    }
  };
  refuse("measures", measures,
         "names no measure that the agreement covers; `concordat measures list` shows those that "
         "it does");
  refuse("areas", areas,
         "names no area that the agreement covers; an extract without a filter has those with "
         "figures");
  if (unknown.contains(topic)) {
    violations.push_back({absl::StrCat(path, "topic"),
                          "names no topic of a measure that the agreement covers; `concordat "
                          "measures list` shows them"});
  }
  return FromViolations(violations);
}

absl::Status ScanFigures(
    const store::Reader& reader, const auth::Grant& grant, const std::string& release,
    const v1::ObservationFilter& filter, int64_t after_ordinal,
    absl::FunctionRef<bool(int64_t ordinal, v1::Observation&& observation)> visit) {
  bool damaged = false;
  // One for all rows, so that its strings keep their memory.
  v1::Observation observation;
  RETURN_IF_ERROR(
      reader.ScanObservations(grant, release, after_ordinal, [&](const store::ObservationRow& row) {
        if (!observation.ParseFromString(row.body)) {
          damaged = true;
          return false;
        }
        const bool passes =
            Passes(filter, {row.measure, row.topics, row.area, observation.comparator(),
                            ToCivilDay(observation.period().start()),
                            ToCivilDay(observation.period().end())});
        if (!passes) return true;
        // It would say that a figure changed of which nothing is to be known.
        if (observation.symbol() == v1::Observation::CONFIDENTIAL) observation.clear_revision();
        return visit(row.ordinal, std::move(observation));
      }));
  if (damaged) return absl::DataLossError("a stored figure cannot be read");
  return absl::OkStatus();
}

absl::Status ScanLines(const store::Reader& reader, const auth::Grant& grant,
                       const std::string& release, const v1::ObservationFilter& filter,
                       int64_t after_ordinal,
                       absl::FunctionRef<bool(const store::LineRow&)> visit) {
  return reader.ScanLines(grant, release, after_ordinal, [&](const store::LineRow& line) {
    const bool passes = Passes(filter, {line.measure, line.topics, line.area, line.comparator,
                                        line.period_start, line.period_end});
    return !passes || visit(line);
  });
}

}  // namespace concordat::services
