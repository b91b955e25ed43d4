#include "server/services/plan_service.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "concordat/v1/directory.pb.h"
#include "server/domain/plan_status.h"
#include "server/services/apply_plan.h"
#include "server/services/paging.h"
#include "server/services/plan_reading.h"

namespace concordat::services {
namespace {

using store::Kind;
using store::Row;

// `as_of` of a request; everything that is known when it has none.
template <typename Request>
absl::Time AsOf(const Request& request) {
  return request.has_as_of() ? ToTime(request.as_of()) : absl::InfiniteFuture();
}

// The day that due dates are judged by: `on`, else the last day of what is
// known, since `as_of` itself is excluded.
template <typename Request>
absl::CivilDay OnDay(const Request& request, absl::Time now) {
  // Validated by the door: a date that is set exists.
  if (request.has_on()) return ToCivilDay(request.on()).value_or(DayOf(now));
  if (request.has_as_of()) return DayOf(ToTime(request.as_of()) - absl::Microseconds(1));
  return DayOf(now);
}

absl::StatusOr<store::ReadPoint> PointOf(const store::Store& store, absl::Time as_of) {
  ASSIGN_OR_RETURN(const store::Store::State state, store.ReadState());
  return store::ReadPoint{state.revision, as_of};
}

// What a caller who is limited to topics learns of an action that is gone: not
// whether it was removed or left the topics, nor anything else of it.
v1::Action RemovalOf(const std::string& name) {
  v1::Action removal;
  removal.set_name(name);
  removal.set_removed(true);
  return removal;
}

// Notes whose an action in the answer is: its plan's, and that of the action whose
// content it shows.
void NoteAction(const door::Call& call, const v1::Action& action) {
  call.NoteContribution(ParentOf(action.name()));
  // A reference that was followed brought the colour, which no other has.
  if (!action.refers_to().empty() && action.has_rag()) {
    call.NoteContribution(ParentOf(action.refers_to()));
  }
}

bool LedBy(const v1::Action& action, const std::string& agency) {
  return absl::c_any_of(action.leads(),
                        [&](const v1::Lead& lead) { return lead.agency() == agency; });
}

bool Passes(const v1::ListActionsRequest& request, const v1::Action& action) {
  // What was removed passes every other filter: a poll has to hear of it.
  if (action.removed()) return true;
  if (!request.topic().empty() && !absl::c_linear_search(action.topics(), request.topic())) {
    return false;
  }
  if (request.rags_size() > 0 &&
      !absl::c_linear_search(request.rags(), static_cast<int>(action.rag().effective()))) {
    return false;
  }
  if (request.statuses_size() > 0 &&
      !absl::c_linear_search(request.statuses(), static_cast<int>(action.status()))) {
    return false;
  }
  if (!request.agency().empty() && !LedBy(action, request.agency())) return false;
  if (request.has_due_from() || request.has_due_to()) {
    const std::optional<absl::CivilDay> due =
        action.due().has_date() ? ToCivilDay(action.due().date()) : std::nullopt;
    if (!due.has_value()) return false;
    if (request.has_due_from() && *due < ToCivilDay(request.due_from())) return false;
    if (request.has_due_to() && *due > ToCivilDay(request.due_to())) return false;
  }
  if (request.overdue() && !action.overdue()) return false;
  return request.recommendation().empty() ||
         absl::c_linear_search(action.recommendations(), request.recommendation());
}

}  // namespace

absl::StatusOr<v1::ListPlansResponse> PlanService::ListPlans(
    const door::Call& call, const v1::ListPlansRequest& request) const {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store_, AsOf(request)));
  std::vector<Row> rows;
  PageFiller filler(page);
  RETURN_IF_ERROR(store_.Scan(call.grant(), Kind::kPlan,
                              {"plans/", page.cursor, page.point, std::nullopt},
                              [&](const Row& row) {
                                if (!filler.Take(row.body.size(), row.name)) return false;
                                rows.push_back(row);
                                return true;
                              }));
  v1::ListPlansResponse response;
  for (const Row& row : rows) {
    ASSIGN_OR_RETURN(*response.add_plans(), ReadPlan(store_, call.grant(), row, page.point));
    call.NoteContribution(row.name);
  }
  response.set_next_page_token(filler.next_page_token());
  return response;
}

absl::StatusOr<v1::Plan> PlanService::GetPlan(const door::Call& call,
                                              const v1::GetPlanRequest& request) const {
  ASSIGN_OR_RETURN(const store::ReadPoint point, PointOf(store_, AsOf(request)));
  ASSIGN_OR_RETURN(const Row row, store_.Find(call.grant(), Kind::kPlan, request.name(), point));
  call.NoteContribution(row.name);
  return ReadPlan(store_, call.grant(), row, point);
}

absl::StatusOr<v1::PlanStatus> PlanService::GetPlanStatus(
    const door::Call& call, const v1::GetPlanStatusRequest& request) const {
  ReadClocks clocks;
  ASSIGN_OR_RETURN(clocks.point, PointOf(store_, AsOf(request)));
  clocks.on = OnDay(request, call.now());
  ASSIGN_OR_RETURN(const Row row,
                   store_.Find(call.grant(), Kind::kPlan, request.name(), clocks.point));
  ASSIGN_OR_RETURN(const v1::Plan plan, ReadPlan(store_, call.grant(), row, clocks.point));
  ASSIGN_OR_RETURN(const std::vector<v1::Action> actions,
                   ReadActionsOf(store_, call.grant(), request.name(), clocks));
  call.NoteContribution(plan.name());
  for (const v1::Action& action : actions) NoteAction(call, action);
  v1::PlanStatus status = domain::CountActions(plan, actions, clocks.on);
  for (v1::PlanStatus::Group& group : *status.mutable_by_agency()) {
    const absl::StatusOr<Row> agency =
        store_.Find(call.grant(), Kind::kAgency, absl::StrCat("agencies/", group.key()),
                    {clocks.point.revision, absl::InfiniteFuture()});
    v1::Agency message;
    if (agency.ok() && message.ParseFromString(agency->body)) {
      group.set_display_name(message.display_name());
    }
  }
  *status.mutable_as_of() = request.has_as_of() ? request.as_of() : ToTimestamp(call.now());
  return status;
}

absl::StatusOr<v1::ListActionsResponse> PlanService::ListActions(
    const door::Call& call, const v1::ListActionsRequest& request) const {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store_, AsOf(request)));
  const bool all_plans = request.parent() == "plans/-";
  store::Reader::Range range{all_plans ? "plans/" : absl::StrCat(request.parent(), "/actions/"),
                             page.cursor, page.point, std::nullopt};
  if (request.has_changed_since()) range.changed_since = ToTime(request.changed_since());
  if (!all_plans) {
    // A plan that is not there is told from one without actions.
    RETURN_IF_ERROR(store_.Find(call.grant(), Kind::kPlan, request.parent(), page.point).status());
  }

  const ReadClocks clocks{page.point, OnDay(request, call.now())};
  v1::ListActionsResponse response;
  PageFiller filler(page);
  absl::Status failed;
  RETURN_IF_ERROR(store_.Scan(call.grant(), Kind::kAction, range, [&](const Row& row) {
    absl::StatusOr<v1::Action> action = ReadAction(store_, call.grant(), row, clocks);
    if (!action.ok()) {
      failed = std::move(action).status();
      return false;
    }
    // Across plans an action is listed once, under its own plan.
    if ((all_plans && !action->refers_to().empty()) || !Passes(request, *action)) return true;
    if (row.removed && call.grant().limits_topics()) *action = RemovalOf(row.name);
    if (!filler.Take(action->ByteSizeLong(), row.name)) return false;
    NoteAction(call, *action);
    *response.add_actions() = *std::move(action);
    return true;
  }));
  RETURN_IF_ERROR(failed);
  response.set_next_page_token(filler.next_page_token());
  *response.mutable_read_time() = ToTimestamp(page.read_time);
  return response;
}

absl::StatusOr<v1::Action> PlanService::GetAction(const door::Call& call,
                                                  const v1::GetActionRequest& request) const {
  ReadClocks clocks;
  ASSIGN_OR_RETURN(clocks.point, PointOf(store_, AsOf(request)));
  clocks.on = OnDay(request, call.now());
  ASSIGN_OR_RETURN(const Row row,
                   store_.Find(call.grant(), Kind::kAction, request.name(), clocks.point));
  ASSIGN_OR_RETURN(v1::Action action, ReadAction(store_, call.grant(), row, clocks));
  NoteAction(call, action);
  return action;
}

absl::StatusOr<v1::ListProgressReportsResponse> PlanService::ListProgressReports(
    const door::Call& call, const v1::ListProgressReportsRequest& request) const {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store_, AsOf(request)));
  // The action decides whether its reports may be seen.
  RETURN_IF_ERROR(store_.Find(call.grant(), Kind::kAction, request.parent(), page.point).status());
  std::vector<Row> rows;
  RETURN_IF_ERROR(
      store_.Scan(call.grant(), Kind::kProgressReport,
                  {absl::StrCat(request.parent(), "/reports/"), "", page.point, std::nullopt},
                  [&](const Row& row) {
                    rows.push_back(row);
                    return true;
                  }));
  v1::ListProgressReportsResponse response;
  PageFiller filler(page);
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (!page.cursor.empty() && row->name >= page.cursor) continue;
    if (!filler.Take(row->body.size(), row->name)) break;
    v1::ProgressReport& report = *response.add_reports();
    if (!report.ParseFromString(row->body)) {
      return absl::DataLossError("a stored progress report cannot be read");
    }
    *report.mutable_recorded_time() = ToTimestamp(row->recorded);
  }
  if (response.reports_size() > 0) call.NoteContribution(request.parent());
  response.set_next_page_token(filler.next_page_token());
  return response;
}

absl::StatusOr<v1::ApplyPlanResponse> PlanService::ApplyPlan(
    const door::Call& call, const v1::ApplyPlanRequest& request,
    store::Transaction& transaction) const {
  // The plan in the answer is the one that was sent.
  call.NoteContributor(request.plan().owner());
  return ApplyPlanTo(transaction, call.grant(), call.now(), request);
}

}  // namespace concordat::services
