#include "server/domain/submission_state.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/civil_time.h"

namespace concordat::domain {

MeasureStateCheck::MeasureStateCheck(const v1::Measure& measure, const std::string& provider,
                                     const AreaParents& parents, SubmissionProblems& problems,
                                     SubmissionProblems& jumps)
    : measure_(measure), problems_(problems), jumps_(jumps) {
  std::set<std::string> areas;
  for (const v1::Measure::Duty& duty : measure.duties()) {
    areas.insert(duty.areas().begin(), duty.areas().end());
    if (duty.agency() != provider) continue;
    own_areas_.insert(duty.areas().begin(), duty.areas().end());
  }
  for (const std::string& area : areas) {
    const auto parent = parents.find(area);
    if (parent != parents.end()) children_[parent->second].push_back(area);
  }
}

void MeasureStateCheck::Add(int64_t row, const v1::SubmittedObservation& figure) {
  if (!own_areas_.contains(figure.area())) return;
  const absl::CivilDay start = ToCivilDay(figure.period().start()).value_or(absl::CivilDay::min());
  const absl::CivilDay end = ToCivilDay(figure.period().end()).value_or(absl::CivilDay::min());
  if (!order_.empty() && (start != start_ || end != end_)) {
    EndPeriod();
    // Of periods with another between them nothing is said.
    if (end_ + 1 != start) figures_.clear();
    before_ = std::exchange(figures_, {});
    order_.clear();
  }
  start_ = start;
  end_ = end;
  Breakdown breakdown;
  if (!figure.breakdowns().empty()) {
    breakdown = {figure.breakdowns(0).dimension(), figure.breakdowns(0).item()};
  }
  std::pair<std::string, Breakdown> key{figure.area(), std::move(breakdown)};
  figures_[key] = {row, figure.has_value() ? std::optional(figure.value()) : std::nullopt};
  order_.push_back(std::move(key));
}

void MeasureStateCheck::End() {
  EndPeriod();
  figures_.clear();
  before_.clear();
  order_.clear();
}

void MeasureStateCheck::EndPeriod() {
  for (const auto& key : order_) {
    const Figure& figure = figures_.at(key);
    const auto& [area, breakdown] = key;
    if (measure_.jump_factor() > 0) CheckJump(key, figure);
    if (measure_.additivity().over_category() && breakdown.first.empty()) {
      CheckCategories(area, figure);
    }
    if (measure_.additivity().over_area()) CheckAreas(area, breakdown, figure);
  }
}

void MeasureStateCheck::CheckJump(const std::pair<std::string, Breakdown>& key,
                                  const Figure& figure) {
  if (figure.row == 0 || !figure.value.has_value()) return;
  const auto found = before_.find(key);
  if (found == before_.end() || !found->second.value.has_value()) return;
  const double now = std::fabs(*figure.value);
  const double before = std::fabs(*found->second.value);
  // Of nothing there is no multiple.
  if (before == 0) return;
  if (now > before * measure_.jump_factor() || now < before / measure_.jump_factor()) {
    jumps_.Add(figure.row, "value",
               absl::StrCat("is more than ", measure_.jump_factor(),
                            " times the period before, or less than that part of it; check it, "
                            "and confirm the submission (`--confirm`) if it is right"));
  }
}

void MeasureStateCheck::CheckCategories(const std::string& area, const Figure& total) {
  for (const v1::Measure::Dimension& dimension : measure_.dimensions()) {
    std::vector<const Figure*> parts;
    for (const std::string& item : dimension.items()) {
      parts.push_back(Find(area, {dimension.name(), item}));
    }
    CompareSum(total, parts,
               "the items of a dimension do not add up to the total of the same area and period");
  }
}

void MeasureStateCheck::CheckAreas(const std::string& area, const Breakdown& breakdown,
                                   const Figure& total) {
  const auto children = children_.find(area);
  if (children == children_.end()) return;
  std::vector<const Figure*> parts;
  for (const std::string& child : children->second) parts.push_back(Find(child, breakdown));
  CompareSum(total, parts, "the areas within an area do not add up to it, for the same period");
}

void MeasureStateCheck::CompareSum(const Figure& total, const std::vector<const Figure*>& parts,
                                   absl::string_view description) {
  if (!total.value.has_value()) return;
  double sum = 0;
  int64_t row = total.row;
  bool is_whole = true;
  for (const Figure* part : parts) {
    if (part == nullptr || !part->value.has_value()) {
      is_whole = false;
      continue;
    }
    sum += *part->value;
    if (row == 0) row = part->row;
  }
  if (row == 0) return;
  const bool is_count = measure_.unit() == v1::Measure::COUNT;
  if (!is_whole) {
    // What lacks is not negative.
    if (is_count && sum > *total.value) {
      problems_.Add(row, "value", absl::StrCat(description, ": those that are there are more"));
    }
    return;
  }
  // Counts are exact in a double; other figures were rounded as they are printed, each.
  const double most = is_count ? 0
                               : 0.5 * std::pow(10.0, -measure_.decimal_places()) *
                                     static_cast<double>(parts.size() + 1);
  if (std::fabs(sum - *total.value) > most) problems_.Add(row, "value", description);
}

const MeasureStateCheck::Figure* MeasureStateCheck::Find(const std::string& area,
                                                         const Breakdown& breakdown) const {
  const auto found = figures_.find({area, breakdown});
  return found == figures_.end() ? nullptr : &found->second;
}

}  // namespace concordat::domain
