#include "server/domain/plan_status.h"

#include <cstddef>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "base/civil_time.h"
#include "base/resource_name.h"

namespace concordat::domain {
namespace {

using Group = v1::PlanStatus::Group;

void Count(const v1::Action& action, Group& group) {
  group.set_total(group.total() + 1);
  if (action.overdue()) group.set_overdue(group.overdue() + 1);
  switch (action.rag().effective()) {
    case v1::Rag::RED:
      return group.set_red(group.red() + 1);
    case v1::Rag::AMBER:
      return group.set_amber(group.amber() + 1);
    case v1::Rag::GREEN:
      return group.set_green(group.green() + 1);
    case v1::Rag::BLUE:
      return group.set_blue(group.blue() + 1);
    default:
      return group.set_not_reported(group.not_reported() + 1);
  }
}

// Groups in the order in which their keys were first named.
class OrderedGroups {
 public:
  // The group of `key`; with no title when it is new.
  Group& At(absl::string_view key) {
    const auto [position, is_new] = positions_.emplace(std::string(key), groups_.size());
    if (is_new) groups_.emplace_back().set_key(std::string(key));
    return groups_[position->second];
  }

  template <typename Items>
  void AddTitled(const Items& items) {
    for (const auto& item : items) At(item.id()).set_display_name(item.display_name());
  }

  void MoveTo(google::protobuf::RepeatedPtrField<Group>& target) && {
    for (Group& group : groups_) *target.Add() = std::move(group);
  }

 private:
  std::vector<Group> groups_;
  absl::flat_hash_map<std::string, size_t> positions_;
};

absl::string_view TitleOf(v1::Action::Status status) {
  switch (status) {
    case v1::Action::PLANNED:
      return "Planned";
    case v1::Action::UNDERWAY:
      return "Underway";
    case v1::Action::COMPLETE:
      return "Complete";
    case v1::Action::WITHDRAWN:
      return "Withdrawn";
    default:
      return "Not stated";
  }
}

void AddStatuses(OrderedGroups& groups) {
  const google::protobuf::EnumDescriptor& type = *v1::Action::Status_descriptor();
  for (int i = 0; i < type.value_count(); ++i) {
    const auto status = static_cast<v1::Action::Status>(type.value(i)->number());
    groups.At(type.value(i)->name()).set_display_name(std::string(TitleOf(status)));
  }
}

}  // namespace

v1::PlanStatus CountActions(const v1::Plan& plan, const std::vector<v1::Action>& actions,
                            absl::CivilDay on) {
  v1::PlanStatus status;
  status.set_plan(plan.name());
  status.set_display_name(plan.display_name());
  *status.mutable_on() = ToDate(on);
  status.mutable_total()->set_key(std::string(LastIdentifier(plan.name())));
  status.mutable_total()->set_display_name(plan.display_name());

  OrderedGroups themes;
  OrderedGroups statuses;
  OrderedGroups recommendations;
  absl::btree_map<std::string, Group> agencies;
  themes.AddTitled(plan.themes());
  recommendations.AddTitled(plan.recommendations());
  AddStatuses(statuses);
  for (const v1::Action& action : actions) {
    if (action.removed()) continue;
    Count(action, *status.mutable_total());
    Count(action, themes.At(action.theme()));
    Count(action, statuses.At(v1::Action::Status_Name(action.status())));
    for (const absl::string_view id : absl::btree_set<absl::string_view>(
             action.recommendations().begin(), action.recommendations().end())) {
      Count(action, recommendations.At(id));
    }
    absl::btree_set<absl::string_view> leading;
    for (const v1::Lead& lead : action.leads()) leading.insert(LastIdentifier(lead.agency()));
    for (const absl::string_view id : leading) {
      Group& group = agencies[std::string(id)];
      group.set_key(std::string(id));
      Count(action, group);
    }
  }
  std::move(themes).MoveTo(*status.mutable_by_theme());
  std::move(statuses).MoveTo(*status.mutable_by_status());
  std::move(recommendations).MoveTo(*status.mutable_by_recommendation());
  for (auto& [key, group] : agencies) *status.add_by_agency() = std::move(group);
  return status;
}

}  // namespace concordat::domain
