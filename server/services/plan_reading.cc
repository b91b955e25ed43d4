#include "server/services/plan_reading.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "server/domain/due.h"
#include "server/domain/rag.h"

namespace concordat::services {
namespace {

absl::Status Damaged() { return absl::DataLossError("a stored plan or action cannot be read"); }

// What the newest report on the action says. Reports are named by their time,
// so that the last one by name is the newest.
absl::StatusOr<std::optional<v1::ProgressReport>> NewestReport(const store::Reader& reader,
                                                               const auth::Grant& grant,
                                                               absl::string_view action,
                                                               store::ReadPoint point) {
  std::optional<v1::ProgressReport> newest;
  bool damaged = false;
  store::Reader::Range range{absl::StrCat(action, "/reports/"), "", point, std::nullopt};
  RETURN_IF_ERROR(
      reader.Scan(grant, store::Kind::kProgressReport, range, [&](const store::Row& row) {
        damaged |= !newest.emplace().ParseFromString(row.body);
        return true;
      }));
  if (damaged) return Damaged();
  return newest;
}

// What stands in the action's own row, and what was reported on it.
absl::StatusOr<v1::Action> ReadOwnContent(const store::Reader& reader, const auth::Grant& grant,
                                          const store::Row& row, const ReadClocks& clocks) {
  v1::Action action;
  if (!action.ParseFromString(row.body)) return Damaged();
  action.set_revision(row.revision);
  action.set_etag(absl::StrCat(row.revision));
  *action.mutable_recorded_time() = ToTimestamp(row.recorded);
  action.set_imported(row.imported);
  action.set_removed(row.removed);
  if (!action.refers_to().empty()) return action;
  ASSIGN_OR_RETURN(const std::optional<v1::ProgressReport> report,
                   NewestReport(reader, grant, action.name(), clocks.point));
  std::optional<v1::Rag::Color> reported;
  if (report.has_value()) {
    action.set_status(report->status());
    reported = report->rag();
  }
  domain::ResolveNextDate(*action.mutable_due(), clocks.on);
  *action.mutable_rag() = domain::EffectiveRag(action.status(), action.due(), reported, clocks.on);
  action.set_overdue(domain::IsPastDue(action.due(), action.status(), clocks.on));
  return action;
}

// Fills in what stands in the action that `action` refers to. One step and no
// more: a read of the past mixes revisions of several plans, in which references
// may form a chain or a ring that no day ever had.
absl::Status FollowReference(const store::Reader& reader, const auth::Grant& grant,
                             const ReadClocks& clocks, v1::Action& action) {
  absl::StatusOr<store::Row> row =
      reader.Find(grant, store::Kind::kAction, action.refers_to(), clocks.point);
  if (absl::IsNotFound(row.status()) || absl::IsPermissionDenied(row.status())) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(row.status());
  ASSIGN_OR_RETURN(v1::Action target, ReadOwnContent(reader, grant, *row, clocks));
  if (!target.refers_to().empty()) return absl::OkStatus();
  action.set_reference(target.reference());
  action.set_display_name(target.display_name());
  action.set_expected_outcome(target.expected_outcome());
  *action.mutable_due() = std::move(*target.mutable_due());
  *action.mutable_leads() = std::move(*target.mutable_leads());
  *action.mutable_rag() = std::move(*target.mutable_rag());
  action.set_status(target.status());
  action.set_overdue(target.overdue());
  return absl::OkStatus();
}

void KeepOnlyWhatActionsUse(const std::vector<v1::Action>& actions, v1::Plan& plan) {
  absl::flat_hash_set<std::string> used;
  for (const v1::Action& action : actions) {
    used.insert(absl::StrCat("theme ", action.theme()));
    used.insert(absl::StrCat("objective ", action.theme(), " ", action.objective()));
    for (const std::string& id : action.recommendations()) {
      used.insert(absl::StrCat("recommendation ", id));
    }
  }
  const auto keep_if = [](auto& items, auto&& is_used) {
    int kept = 0;
    for (int i = 0; i < items.size(); ++i) {
      if (is_used(items.Get(i))) items.SwapElements(kept++, i);
    }
    items.DeleteSubrange(kept, items.size() - kept);
  };
  keep_if(*plan.mutable_themes(), [&](const v1::Plan::Theme& theme) {
    return used.contains(absl::StrCat("theme ", theme.id()));
  });
  for (v1::Plan::Theme& theme : *plan.mutable_themes()) {
    keep_if(*theme.mutable_objectives(), [&](const v1::Plan::Objective& objective) {
      return used.contains(absl::StrCat("objective ", theme.id(), " ", objective.id()));
    });
  }
  keep_if(*plan.mutable_recommendations(), [&](const v1::Plan::Recommendation& recommendation) {
    return used.contains(absl::StrCat("recommendation ", recommendation.id()));
  });
}

}  // namespace

absl::StatusOr<v1::Action> ReadAction(const store::Reader& reader, const auth::Grant& grant,
                                      const store::Row& row, const ReadClocks& clocks) {
  ASSIGN_OR_RETURN(v1::Action action, ReadOwnContent(reader, grant, row, clocks));
  if (!action.refers_to().empty()) {
    RETURN_IF_ERROR(FollowReference(reader, grant, clocks, action));
  }
  return action;
}

absl::StatusOr<std::vector<v1::Action>> ReadActionsOf(const store::Reader& reader,
                                                      const auth::Grant& grant,
                                                      absl::string_view plan,
                                                      const ReadClocks& clocks) {
  std::vector<store::Row> rows;
  store::Reader::Range range{absl::StrCat(plan, "/actions/"), "", clocks.point, std::nullopt};
  RETURN_IF_ERROR(reader.Scan(grant, store::Kind::kAction, range, [&](const store::Row& row) {
    rows.push_back(row);
    return true;
  }));
  std::vector<v1::Action> actions;
  actions.reserve(rows.size());
  for (const store::Row& row : rows) {
    ASSIGN_OR_RETURN(v1::Action action, ReadAction(reader, grant, row, clocks));
    actions.push_back(std::move(action));
  }
  return actions;
}

absl::StatusOr<v1::Plan> ReadPlan(const store::Reader& reader, const auth::Grant& grant,
                                  const store::Row& row, store::ReadPoint point) {
  v1::Plan plan;
  if (!plan.ParseFromString(row.body)) return Damaged();
  plan.set_revision(row.revision);
  plan.set_etag(absl::StrCat(row.revision));
  *plan.mutable_recorded_time() = ToTimestamp(row.recorded);
  plan.set_imported(row.imported);

  std::vector<v1::Action> actions;
  bool damaged = false;
  store::Reader::Range range{absl::StrCat(row.name, "/actions/"), "", point, std::nullopt};
  RETURN_IF_ERROR(reader.Scan(grant, store::Kind::kAction, range, [&](const store::Row& action) {
    damaged |= !actions.emplace_back().ParseFromString(action.body);
    return true;
  }));
  if (damaged) return Damaged();
  plan.set_action_count(static_cast<int32_t>(actions.size()));
  if (grant.limits_topics()) KeepOnlyWhatActionsUse(actions, plan);
  return plan;
}

}  // namespace concordat::services
