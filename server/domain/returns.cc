#include "server/domain/returns.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "server/domain/periods.h"

namespace concordat::domain {
namespace {

// The first arrival of each area that the duty names.
absl::flat_hash_map<absl::string_view, absl::Time> FirstArrivals(
    const v1::Measure::Duty& duty, absl::Span<const Arrival> arrivals) {
  absl::flat_hash_map<absl::string_view, absl::Time> first;
  for (const Arrival& arrival : arrivals) {
    if (!absl::c_linear_search(duty.areas(), arrival.area)) continue;
    const auto [place, is_new] = first.try_emplace(arrival.area, arrival.time);
    if (!is_new) place->second = std::min(place->second, arrival.time);
  }
  return first;
}

// The submission of the newest arrival of the duty's areas; empty when there is none.
std::string NewestSubmission(const v1::Measure::Duty& duty, absl::Span<const Arrival> arrivals) {
  const Arrival* newest = nullptr;
  for (const Arrival& arrival : arrivals) {
    if (!absl::c_linear_search(duty.areas(), arrival.area)) continue;
    if (newest == nullptr || arrival.time > newest->time) newest = &arrival;
  }
  return newest == nullptr ? "" : newest->submission;
}

v1::Return::State StateOf(const v1::Return& judged, v1::Return::State said, absl::CivilDay on) {
  const absl::CivilDay due = ToCivilDay(judged.due()).value_or(absl::CivilDay::max());
  if (said == v1::Return::QUERIED) return said;
  if (IsComplete(judged)) {
    const bool in_time = DayOf(ToTime(judged.received_time())) <= due;
    return in_time ? v1::Return::RECEIVED : v1::Return::RECEIVED_LATE;
  }
  if (said == v1::Return::NIL || said == v1::Return::NOT_AVAILABLE) return said;
  if (due < on) return v1::Return::OVERDUE;
  return said == v1::Return::EXTENDED ? said : v1::Return::DUE;
}

}  // namespace

std::string ReturnIdentifier(const v1::Period& period, absl::string_view agency) {
  return absl::StrCat(PeriodIdentifier(period), ".", LastIdentifier(agency));
}

std::string AgencyOfReturn(absl::string_view identifier) {
  // No period's identifier has a dot; an agency's may.
  const size_t dot = identifier.find('.');
  return dot == absl::string_view::npos ? ""
                                        : absl::StrCat("agencies/", identifier.substr(dot + 1));
}

std::optional<ReturnSubject> FindReturn(const v1::Measure& measure, absl::string_view identifier,
                                        absl::CivilDay on) {
  const std::optional<v1::Period> period =
      PeriodFromIdentifier(measure, identifier.substr(0, identifier.find('.')));
  if (!period.has_value() || *ToCivilDay(period->end()) >= on) return std::nullopt;
  const std::string agency = AgencyOfReturn(identifier);
  for (const v1::Measure::Duty& duty : measure.duties()) {
    if (duty.agency() == agency) return ReturnSubject{&duty, *period};
  }
  return std::nullopt;
}

v1::Return JudgeReturn(const v1::Measure& measure, const ReturnSubject& subject,
                       absl::Span<const Arrival> arrivals, const v1::Return& said,
                       absl::CivilDay on) {
  const v1::Measure::Duty& duty = *subject.duty;
  v1::Return judged;
  judged.set_name(
      absl::StrCat(measure.name(), "/returns/", ReturnIdentifier(subject.period, duty.agency())));
  judged.set_measure_display_name(measure.display_name());
  judged.set_agency(duty.agency());
  *judged.mutable_period() = subject.period;
  *judged.mutable_areas() = duty.areas();
  *judged.mutable_due() =
      said.has_due() ? said.due() : ToDate(DueDay(measure, duty, subject.period));
  judged.set_reason(said.reason());
  judged.set_set_by(said.set_by());
  judged.set_contact(duty.contact());
  *judged.mutable_chases() = said.chases();

  absl::Time last = absl::InfinitePast();
  const auto first_arrivals = FirstArrivals(duty, arrivals);
  for (const auto& [area, time] : first_arrivals) last = std::max(last, time);
  judged.set_areas_received(static_cast<int>(first_arrivals.size()));
  if (IsComplete(judged)) *judged.mutable_received_time() = ToTimestamp(last);
  judged.set_submission(NewestSubmission(duty, arrivals));
  judged.set_state(StateOf(judged, said.state(), on));
  return judged;
}

bool IsComplete(const v1::Return& judged) {
  return judged.areas_received() > 0 && judged.areas_received() == judged.areas_size();
}

}  // namespace concordat::domain
