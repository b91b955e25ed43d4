// `concordat actions …`.
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/moments.h"
#include "client/cli/names.h"
#include "client/cli/rag_cells.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

using v1::Action;

struct ListOptions {
  std::string plan = "-";
  std::string topic;
  std::vector<std::string> rags;
  std::vector<std::string> statuses;
  std::string agency;
  std::string recommendation;
  bool overdue = false;
  Moments moments;
  std::string changed_since;
};

struct GetOptions {
  std::string name;
  Moments moments;
};

std::string LeadAgencies(const Action& action, const char* separator) {
  std::vector<std::string> agencies;
  for (const v1::Lead& lead : action.leads()) {
    const std::string agency = ShortName(lead.agency());
    if (std::find(agencies.begin(), agencies.end(), agency) == agencies.end()) {
      agencies.push_back(agency);
    }
  }
  return absl::StrJoin(agencies, separator);
}

Cell DueCell(const Action& action) {
  const v1::Due& due = action.due();
  const bool understood = due.has_date();
  std::string text = understood ? DayText(due.date()) : due.text();
  return action.overdue() ? Cell{absl::StrCat(text, " overdue"), Style::kRed} : Plain(text);
}

Cell TitleCell(const Action& action) {
  return action.removed() ? Cell{"removed", Style::kFaint} : Plain(action.display_name());
}

std::vector<Column<Action>> ActionColumns() {
  return {
      {"Action", "name", [](const Action& a) { return Plain(ShortName(a.name())); },
       [](const Action& a) { return a.name(); }},
      {"", "reference", [](const Action& a) { return Plain(a.reference()); }},
      {"", "theme", [](const Action& a) { return Plain(a.theme()); }},
      {"", "objective", [](const Action& a) { return Plain(a.objective()); }},
      {"Title", "display_name", &TitleCell, [](const Action& a) { return a.display_name(); }},
      {"", "topics", [](const Action& a) { return Plain(absl::StrJoin(a.topics(), ";")); }},
      {"", "recommendations",
       [](const Action& a) { return Plain(absl::StrJoin(a.recommendations(), ";")); }},
      {"", "due_text", [](const Action& a) { return Plain(a.due().text()); }},
      {"", "due_kind", [](const Action& a) { return Plain(NameOf(a.due().kind())); }},
      {"Due", "due_date", &DueCell, [](const Action& a) { return DayText(a.due().date()); }},
      {"", "next_date", [](const Action& a) { return Plain(DayText(a.due().next_date())); }},
      {"Lead", "lead_agencies", [](const Action& a) { return Plain(LeadAgencies(a, ", ")); },
       [](const Action& a) { return LeadAgencies(a, ";"); }},
      {"Status", "status", [](const Action& a) { return StatusCell(a.status()); },
       [](const Action& a) { return NameOf(a.status()); }},
      {"Rag", "rag", [](const Action& a) { return RagCell(a.rag().effective()); },
       [](const Action& a) { return NameOf(a.rag().effective()); }},
      {"", "rag_reason", [](const Action& a) { return Plain(NameOf(a.rag().reason())); }},
      {"", "rag_reported", [](const Action& a) { return Plain(NameOf(a.rag().reported())); }},
      {"", "overdue", [](const Action& a) { return Plain(a.overdue() ? "true" : "false"); }},
      {"", "refers_to", [](const Action& a) { return Plain(a.refers_to()); }},
      {"", "revision", [](const Action& a) { return Plain(absl::StrCat(a.revision())); }},
      {"", "removed", [](const Action& a) { return Plain(a.removed() ? "true" : "false"); }},
  };
}

std::string DueText(const v1::Due& due) {
  std::string text = due.text();
  if (due.has_date()) absl::StrAppend(&text, text.empty() ? "" : " = ", DayText(due.date()));
  for (const v1::Due::Stage& stage : due.stages()) {
    absl::StrAppend(&text, "; ", stage.label(), " ", DayText(stage.date()));
  }
  return text;
}

void PrintAction(Session& session, const Action& action) {
  const v1::Rag& rag = action.rag();
  std::vector<Fact> facts = {
      {"Action", Plain(action.name())},
      {"Title", Plain(action.display_name())},
      {"Reference", Plain(action.reference())},
      {"Theme", Plain(action.theme())},
      {"Objective", Plain(action.objective())},
      {"Due", Plain(DueText(action.due()))},
      {"Next date", Plain(DayText(action.due().next_date()))},
  };
  for (const v1::Lead& lead : action.leads()) {
    facts.push_back({"Lead", Plain(absl::StrCat(lead.role(), " (", lead.agency(), ")"))});
  }
  facts.insert(
      facts.end(),
      {{"Topics", Plain(absl::StrJoin(action.topics(), ", "))},
       {"Recommendations", Plain(absl::StrJoin(action.recommendations(), ", "))},
       {"Outcome", Plain(action.expected_outcome())},
       {"Status", StatusCell(action.status())},
       {"Rag", Cell{absl::StrCat(SpacedWords(NameOf(rag.effective())),
                                 ", because: ", LowerWords(NameOf(rag.reason()))),
                    StyleOf(rag.effective())}},
       {"Reported", RagCell(rag.reported())},
       {"Judged on", Plain(DayText(rag.on()))},
       {"Overdue", action.overdue() ? Cell{"yes", Style::kRed} : Plain("no")},
       {"Refers to", Plain(action.refers_to())},
       {"Source",
        Plain(action.source().document().empty()
                  ? ""
                  : absl::StrCat(action.source().document(), " line ", action.source().line()))},
       {"Revision", Plain(absl::StrCat(action.revision()))},
       {"Recorded",
        Plain(absl::StrCat(action.has_recorded_time() ? InstantText(action.recorded_time()) : "",
                           action.imported() ? " (the document's date)" : ""))}});
  session.out() << FormatFacts(facts, session.width(), session.colour());
}

absl::StatusOr<v1::ListActionsRequest> MakeRequest(const ListOptions& options) {
  v1::ListActionsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(),
                   ExpandName(options.plan, kPlanPattern, Wildcard::kAccepted));
  request.set_topic(options.topic);
  for (const std::string& word : options.rags) {
    ASSIGN_OR_RETURN(const v1::Rag::Color color, ParseWord<v1::Rag::Color>(word));
    request.add_rags(color);
  }
  for (const std::string& word : options.statuses) {
    ASSIGN_OR_RETURN(const Action::Status status, ParseWord<Action::Status>(word));
    request.add_statuses(status);
  }
  ASSIGN_OR_RETURN(*request.mutable_agency(), ExpandOptionalName(options.agency, kAgencyPattern));
  request.set_recommendation(options.recommendation);
  request.set_overdue(options.overdue);
  RETURN_IF_ERROR(SetMoments(options.moments, request));
  if (!options.changed_since.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_changed_since(),
                     ParseMomentFromStartOfDay(options.changed_since));
  }
  return request;
}

absl::Status ListActions(Session& session, const ListOptions& options) {
  ASSIGN_OR_RETURN(v1::ListActionsRequest request, MakeRequest(options));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  return PrintList(session, client.ListActions(request, call), ActionColumns(), {"action", ""});
}

absl::Status GetAction(Session& session, const GetOptions& options) {
  v1::GetActionRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), ExpandName(options.name, kActionPattern));
  RETURN_IF_ERROR(SetMoments(options.moments, request));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const Action action, client.GetAction(request, call));
  switch (session.options().output) {
    case OutputFormat::kTable:
      PrintAction(session, action);
      break;
    case OutputFormat::kJson:
      session.out() << JsonText(ToJson(action));
      break;
    case OutputFormat::kCsv:
      session.out() << MakeCsv<Action>({action}, ActionColumns());
      break;
  }
  return absl::OkStatus();
}

}  // namespace

void AddActionsCommands(CLI::App& app, Session& session) {
  CLI::App* group = AddGroup(app, "actions", "Actions of improvement plans");
  auto list = std::make_shared<ListOptions>();
  CLI::App* command =
      AddCommand(*group, "list", "Actions of one plan, or of all", session, list, &ListActions);
  command->add_option("plan", list->plan, "The plan, such as development-2018. Default: all");
  command->add_option("--topic", list->topic, "Only this topic, such as neglect");
  command
      ->add_option("--rag", list->rags,
                   "Only this colour: red, amber, green, blue or not-reported; repeatable")
      ->allow_extra_args(false);
  command
      ->add_option("--status", list->statuses,
                   "Only this status: planned, underway, complete or withdrawn; repeatable")
      ->allow_extra_args(false);
  command->add_option("--agency", list->agency, "Only actions that this agency leads");
  command->add_option("--recommendation", list->recommendation,
                      "Only actions that answer this recommendation");
  command->add_flag("--overdue", list->overdue, "Only past due and not complete");
  AddMomentOptions(*command, list->moments);
  command->add_option("--changed-since", list->changed_since,
                      "Only changed or removed since this moment, or the start of this day");
  auto get = std::make_shared<GetOptions>();
  command = AddCommand(*group, "get", "One action in full", session, get, &GetAction);
  command->add_option("name", get->name, "The action, such as development-2018/1.2.1")->required();
  AddMomentOptions(*command, get->moments);
}

}  // namespace concordat::cli
