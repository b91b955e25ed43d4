#include "server/services/apply_plan.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "server/domain/due.h"
#include "server/services/apply.h"
#include "server/services/plan_reading.h"

namespace concordat::services {
namespace {

using store::Kind;

// Checks of a plan that no single field's rule can make.
class PlanChecker {
 public:
  PlanChecker(const store::Transaction& transaction, const auth::Grant& grant,
              const v1::ApplyPlanRequest& request)
      : transaction_(transaction), grant_(grant), plan_(request.plan()), request_(request) {}

  absl::StatusOr<std::vector<FieldViolation>> Check(absl::Time now) {
    CheckDate(now);
    RETURN_IF_ERROR(CheckAgency("plan.owner", plan_.owner()));
    RETURN_IF_ERROR(CheckThemes());
    CheckRecommendations();
    for (int i = 0; i < request_.actions_size(); ++i) {
      RETURN_IF_ERROR(CheckAction(absl::StrCat("actions[", i, "]"), request_.actions(i)));
    }
    return std::move(violations_);
  }

 private:
  void Violate(std::string field, std::string description) {
    violations_.push_back({std::move(field), std::move(description)});
  }

  void CheckDate(absl::Time now) {
    const std::optional<absl::CivilDay> day = ToCivilDay(plan_.document_date());
    if (day.has_value() && *day > DayOf(now)) {
      Violate("plan.document_date", "is in the future");
    }
  }

  absl::Status CheckAgency(std::string field, const std::string& agency) {
    auto known = agencies_.find(agency);
    if (known == agencies_.end()) {
      ASSIGN_OR_RETURN(const bool exists, Exists(transaction_, grant_, Kind::kAgency, agency));
      known = agencies_.emplace(agency, exists).first;
    }
    if (!known->second) Violate(std::move(field), "names an agency that the directory lacks");
    return absl::OkStatus();
  }

  absl::Status CheckThemes() {
    for (int t = 0; t < plan_.themes_size(); ++t) {
      const v1::Plan::Theme& theme = plan_.themes(t);
      const std::string path = absl::StrCat("plan.themes[", t, "]");
      if (!themes_.insert(theme.id()).second) Violate(path + ".id", "stands twice");
      if (theme.has_lead())
        RETURN_IF_ERROR(CheckAgency(path + ".lead.agency", theme.lead().agency()));
      for (int o = 0; o < theme.objectives_size(); ++o) {
        if (!objectives_.insert({theme.id(), theme.objectives(o).id()}).second) {
          Violate(absl::StrCat(path, ".objectives[", o, "].id"), "stands twice in its theme");
        }
      }
    }
    return absl::OkStatus();
  }

  void CheckRecommendations() {
    for (int r = 0; r < plan_.recommendations_size(); ++r) {
      const v1::Plan::Recommendation& recommendation = plan_.recommendations(r);
      const std::string path = absl::StrCat("plan.recommendations[", r, "]");
      if (!recommendations_.insert(recommendation.id()).second) {
        Violate(path + ".id", "stands twice");
      }
      if (!recommendation.theme().empty() && !themes_.contains(recommendation.theme())) {
        Violate(path + ".theme", "is no theme of the plan");
      }
    }
  }

  absl::Status CheckAction(const std::string& path, const v1::Action& action) {
    if (ParentOf(action.name()) != plan_.name()) {
      Violate(path + ".name", "is no action of this plan");
    }
    if (!names_.insert(action.name()).second) Violate(path + ".name", "stands twice");
    if (!themes_.contains(action.theme())) Violate(path + ".theme", "is no theme of the plan");
    if (!action.objective().empty() &&
        !objectives_.contains({action.theme(), action.objective()})) {
      Violate(path + ".objective", "is no objective of the theme");
    }
    for (int r = 0; r < action.recommendations_size(); ++r) {
      if (!recommendations_.contains(action.recommendations(r))) {
        Violate(absl::StrCat(path, ".recommendations[", r, "]"),
                "is no recommendation of the plan");
      }
    }
    for (int l = 0; l < action.leads_size(); ++l) {
      RETURN_IF_ERROR(
          CheckAgency(absl::StrCat(path, ".leads[", l, "].agency"), action.leads(l).agency()));
    }
    return action.refers_to().empty() ? CheckOwnContent(path, action)
                                      : CheckReference(path, action);
  }

  absl::Status CheckOwnContent(const std::string& path, const v1::Action& action) {
    if (action.display_name().empty()) Violate(path + ".display_name", "is required");
    return absl::OkStatus();
  }

  // A reference is the same action, not a copy: it says nothing of its own.
  absl::Status CheckReference(const std::string& path, const v1::Action& action) {
    const auto must_be_empty = [&](bool empty, absl::string_view field) {
      if (!empty) {
        Violate(absl::StrCat(path, ".", field), "is left to the action that this one refers to");
      }
    };
    must_be_empty(action.display_name().empty(), "display_name");
    must_be_empty(!action.has_due(), "due");
    must_be_empty(action.leads().empty(), "leads");
    must_be_empty(action.status() == v1::Action::STATUS_UNSPECIFIED, "status");
    must_be_empty(action.expected_outcome().empty(), "expected_outcome");
    if (ParentOf(action.refers_to()) == plan_.name()) {
      Violate(path + ".refers_to", "is an action of the same plan");
      return absl::OkStatus();
    }
    const absl::StatusOr<v1::Action> target =
        Current<v1::Action>(transaction_, grant_, Kind::kAction, action.refers_to());
    if (absl::IsNotFound(target.status())) {
      Violate(path + ".refers_to", "names no stored action; apply that plan first");
    } else if (!target.ok()) {
      return target.status();
    } else if (!target->refers_to().empty()) {
      Violate(path + ".refers_to", "names an action that is itself a reference");
    }
    return absl::OkStatus();
  }

  const store::Transaction& transaction_;
  const auth::Grant& grant_;
  const v1::Plan& plan_;
  const v1::ApplyPlanRequest& request_;
  std::vector<FieldViolation> violations_;
  absl::flat_hash_map<std::string, bool> agencies_;
  absl::flat_hash_set<std::string> themes_;
  absl::flat_hash_set<std::pair<std::string, std::string>> objectives_;
  absl::flat_hash_set<std::string> recommendations_;
  absl::flat_hash_set<std::string> names_;
};

std::vector<std::string> TopicsOf(const v1::Action& action) {
  return {action.topics().begin(), action.topics().end()};
}

// The action as it is stored: with what its due text means.
v1::Action Stored(const v1::Action& action, v1::ApplyPlanResponse& response) {
  v1::Action stored = action;
  if (!action.refers_to().empty()) return stored;
  *stored.mutable_due() = domain::ParseDue(action.due().text());
  if (stored.due().kind() == v1::Due::KIND_UNSPECIFIED) {
    v1::Notice& notice = *response.add_notices();
    notice.set_name(action.name());
    notice.set_field("due.text");
    notice.set_description("names no date that is understood; kept as text");
  }
  return stored;
}

// Names of the stored actions of the plan that are not in `kept`.
absl::StatusOr<std::vector<store::Row>> ActionsToRemove(
    const store::Transaction& transaction, const auth::Grant& grant, const std::string& plan,
    const absl::flat_hash_set<std::string>& kept) {
  std::vector<store::Row> rows;
  RETURN_IF_ERROR(
      transaction.Scan(grant, Kind::kAction,
                       {absl::StrCat(plan, "/actions/"), "", transaction.Latest(), std::nullopt},
                       [&](const store::Row& row) {
                         if (!kept.contains(row.name)) rows.push_back(row);
                         return true;
                       }));
  return rows;
}

}  // namespace

absl::StatusOr<v1::ApplyPlanResponse> ApplyPlanTo(store::Transaction& transaction,
                                                  const auth::Grant& grant, absl::Time now,
                                                  const v1::ApplyPlanRequest& request) {
  PlanChecker checker(transaction, grant, request);
  ASSIGN_OR_RETURN(std::vector<FieldViolation> violations, checker.Check(now));
  const std::string& name = request.plan().name();
  const absl::StatusOr<store::Row> before =
      transaction.Find(grant, Kind::kPlan, name, transaction.Latest());
  if (!before.ok() && !absl::IsNotFound(before.status())) return before.status();
  const absl::Time document_time =
      StartOf(ToCivilDay(request.plan().document_date()).value_or(DayOf(now)));
  if (before.ok() && document_time < before->recorded) {
    violations.push_back({"plan.document_date", "is before the stored plan's document"});
  }
  RETURN_IF_ERROR(FromViolations(violations));
  RETURN_IF_ERROR(
      CheckEtag(request.plan().etag(), before.ok() ? absl::StrCat(before->revision) : "new"));

  v1::ApplyPlanResponse response;
  const Recorded recorded{document_time, true};
  Changes action_changes;
  absl::flat_hash_set<std::string> kept;
  for (const v1::Action& action : request.actions()) {
    kept.insert(action.name());
    RETURN_IF_ERROR(ApplyResource(transaction, grant, Kind::kAction, action.name(),
                                  Stored(action, response), TopicsOf(action), recorded,
                                  action_changes)
                        .status());
  }
  ASSIGN_OR_RETURN(std::vector<store::Row> removed,
                   ActionsToRemove(transaction, grant, name, kept));
  for (store::Row& row : removed) {
    v1::Change& change = *action_changes.Add();
    change.set_name(row.name);
    change.set_kind(v1::Change::REMOVED);
    row.removed = true;
    row.recorded = recorded.time;
    row.imported = recorded.imported;
    RETURN_IF_ERROR(transaction.Put(grant, Kind::kAction, std::move(row)).status());
  }

  // The plan's revision, and so its etag, moves with any of its actions.
  v1::Plan plan = request.plan();
  plan.clear_etag();
  RETURN_IF_ERROR(ApplyResource(transaction, grant, Kind::kPlan, name, plan, {}, recorded,
                                *response.mutable_changes(), !action_changes.empty())
                      .status());
  response.mutable_changes()->MergeFrom(action_changes);
  ASSIGN_OR_RETURN(const store::Row row,
                   transaction.Find(grant, Kind::kPlan, name, transaction.Latest()));
  ASSIGN_OR_RETURN(*response.mutable_plan(),
                   ReadPlan(transaction, grant, row, transaction.Latest()));
  return response;
}

}  // namespace concordat::services
