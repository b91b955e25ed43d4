#include "server/services/return_reading.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "concordat/v1/directory.pb.h"
#include "server/domain/periods.h"

namespace concordat::services {
namespace {

using store::Kind;
using store::Row;

// `2018-07-30` and a space, before the name in OwedReturn::order.
constexpr size_t kDueBytes = 11;
// Sorts after every breakdown's key, which begins with an identifier.
constexpr char kAfterBreakdowns[] = "~";

absl::Status Unreadable(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("a stored ", what, " cannot be read"));
}

bool Passes(const OwedFilter& filter, const v1::Period& period) {
  const std::optional<absl::CivilDay> end = ToCivilDay(period.end());
  return (!filter.period_from.has_value() || end >= filter.period_from) &&
         (!filter.period_to.has_value() || end <= filter.period_to);
}

// What was said about one return.
struct Said {
  v1::Return said;
  int64_t revision = 0;
};

OwedReturn MakeOwed(std::shared_ptr<const v1::Measure> measure, domain::ReturnSubject subject,
                    const Said* said) {
  OwedReturn owed;
  if (said != nullptr) {
    owed.said = said->said;
    owed.said_revision = said->revision;
  }
  const v1::Return judged =
      domain::JudgeReturn(*measure, subject, {}, owed.said, absl::CivilDay::min());
  owed.order = absl::StrCat(FormatDay(ToCivilDay(judged.due()).value_or(absl::CivilDay::max())),
                            " ", judged.name());
  owed.measure = std::move(measure);
  owed.subject = std::move(subject);
  return owed;
}

// Everything that was said, by the return's name.
absl::StatusOr<absl::flat_hash_map<std::string, Said>> ReadSaid(const store::Reader& reader,
                                                                const auth::Grant& grant,
                                                                const std::string& measure,
                                                                store::ReadPoint point) {
  absl::flat_hash_map<std::string, Said> all;
  bool damaged = false;
  const std::string prefix = measure.empty() ? "measures/" : absl::StrCat(measure, "/returns/");
  RETURN_IF_ERROR(
      reader.Scan(grant, Kind::kReturn, {prefix, "", point, std::nullopt}, [&](const Row& row) {
        Said& said = all[row.name];
        damaged |= !said.said.ParseFromString(row.body);
        said.revision = row.revision;
        return true;
      }));
  if (damaged) return Unreadable("return");
  return all;
}

// The measures of which somebody owes something.
absl::StatusOr<std::vector<std::shared_ptr<const v1::Measure>>> ReadCollected(
    const store::Reader& reader, const auth::Grant& grant, const std::string& only,
    store::ReadPoint point) {
  std::vector<std::shared_ptr<const v1::Measure>> measures;
  bool damaged = false;
  const auto add = [&](const Row& row) {
    auto measure = std::make_shared<v1::Measure>();
    damaged |= !measure->ParseFromString(row.body);
    if (measure->duties_size() > 0) measures.push_back(std::move(measure));
    return true;
  };
  if (only.empty()) {
    RETURN_IF_ERROR(
        reader.Scan(grant, Kind::kMeasure, {"measures/", "", point, std::nullopt}, add));
  } else {
    // A measure that is not there is owed by nobody.
    const absl::StatusOr<Row> row = reader.Find(grant, Kind::kMeasure, only, point);
    if (row.ok()) add(*row);
    if (!row.ok() && !absl::IsNotFound(row.status())) return row.status();
  }
  if (damaged) return Unreadable("measure");
  return measures;
}

}  // namespace

absl::string_view OwedReturn::name() const { return absl::string_view(order).substr(kDueBytes); }

std::string ReturnEtag(int64_t said_revision) { return absl::StrCat(said_revision); }

absl::StatusOr<std::vector<OwedReturn>> ReturnReader::ReadOwed(const OwedFilter& filter) const {
  ASSIGN_OR_RETURN(const auto said, ReadSaid(reader_, grant_, filter.measure, point_));
  ASSIGN_OR_RETURN(const auto measures, ReadCollected(reader_, grant_, filter.measure, point_));
  std::vector<OwedReturn> owed;
  for (const std::shared_ptr<const v1::Measure>& measure : measures) {
    for (const v1::Period& period : domain::EndedPeriods(*measure, on_)) {
      if (!Passes(filter, period)) continue;
      for (const v1::Measure::Duty& duty : measure->duties()) {
        if (!filter.agency.empty() && duty.agency() != filter.agency) continue;
        const auto found = said.find(absl::StrCat(measure->name(), "/returns/",
                                                  domain::ReturnIdentifier(period, duty.agency())));
        owed.push_back(
            MakeOwed(measure, {&duty, period}, found == said.end() ? nullptr : &found->second));
      }
    }
  }
  absl::c_sort(owed, [](const OwedReturn& a, const OwedReturn& b) { return a.order < b.order; });
  return owed;
}

absl::StatusOr<OwedReturn> ReturnReader::Find(absl::string_view name) const {
  absl::Status missing = ResourceNotFound("Return", name);
  const absl::StatusOr<Row> row = reader_.Find(grant_, Kind::kMeasure, ParentOf(name), point_);
  if (absl::IsNotFound(row.status())) return missing;
  RETURN_IF_ERROR(row.status());
  auto measure = std::make_shared<v1::Measure>();
  if (!measure->ParseFromString(row->body)) return Unreadable("measure");
  std::optional<domain::ReturnSubject> subject =
      domain::FindReturn(*measure, LastIdentifier(name), on_);
  if (!subject.has_value()) return missing;

  const absl::StatusOr<Row> stored = reader_.Find(grant_, Kind::kReturn, name, point_);
  if (absl::IsNotFound(stored.status())) return MakeOwed(measure, *std::move(subject), nullptr);
  RETURN_IF_ERROR(stored.status());
  Said said{{}, stored->revision};
  if (!said.said.ParseFromString(stored->body)) return Unreadable("return");
  return MakeOwed(measure, *std::move(subject), &said);
}

absl::Status ReturnReader::ReadArrivals(const v1::Measure& measure, const v1::Period& period) {
  const std::string of = absl::StrCat(measure.name(), " ", domain::PeriodIdentifier(period));
  if (of == arrivals_of_) return absl::OkStatus();
  arrivals_of_.clear();
  arrivals_.clear();
  const absl::CivilDay start = ToCivilDay(period.start()).value_or(absl::CivilDay::max());
  store::FigureRange range;
  range.measure = measure.name();
  range.from = FormatDay(start);
  range.to = FormatDay(start + 1);
  range.all_revisions = true;
  // An area's total comes before its breakdowns, which may be many: they are skipped.
  bool has_more = true;
  while (has_more) {
    has_more = false;
    store::FigureRange rest = range;
    RETURN_IF_ERROR(reader_.ScanSubmitted(grant_, range, point_, [&](const store::FigureRow& row) {
      if (row.key.breakdown.empty()) {
        arrivals_.push_back({row.key.area, row.recorded, row.submission});
        return true;
      }
      rest.after = {row.key.period, row.key.area, kAfterBreakdowns};
      has_more = true;
      return false;
    }));
    range = std::move(rest);
  }
  arrivals_of_ = of;
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReturnReader::AreaDisplayName(const std::string& area) {
  const auto found = area_display_names_.find(area);
  if (found != area_display_names_.end()) return found->second;
  const absl::StatusOr<Row> row = reader_.Find(grant_, Kind::kArea, area, point_);
  if (!row.ok() && !absl::IsNotFound(row.status())) return row.status();
  v1::Area stored;
  if (row.ok() && !stored.ParseFromString(row->body)) return Unreadable("area");
  return area_display_names_[area] = stored.display_name();
}

absl::StatusOr<v1::Return> ReturnReader::Judge(const OwedReturn& owed) {
  RETURN_IF_ERROR(ReadArrivals(*owed.measure, owed.subject.period));
  v1::Return judged = domain::JudgeReturn(*owed.measure, owed.subject, arrivals_, owed.said, on_);
  judged.set_etag(ReturnEtag(owed.said_revision));
  for (const std::string& area : judged.areas()) {
    ASSIGN_OR_RETURN(*judged.add_area_display_names(), AreaDisplayName(area));
  }
  return judged;
}

}  // namespace concordat::services
