// `concordat plans …`.
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/moments.h"
#include "client/cli/names.h"
#include "client/cli/rag_cells.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

using Group = v1::PlanStatus::Group;

struct ListOptions {
  std::string as_of;
};

struct StatusOptions {
  std::string plan;
  Moments moments;
};

std::vector<Column<v1::Plan>> PlanColumns() {
  return {
      {"Plan", "name", [](const v1::Plan& p) { return Plain(ShortName(p.name())); },
       [](const v1::Plan& p) { return p.name(); }},
      {"Title", "display_name", [](const v1::Plan& p) { return Plain(p.display_name()); }},
      {"Kind", "kind", [](const v1::Plan& p) { return Plain(LowerWords(NameOf(p.kind()))); },
       [](const v1::Plan& p) { return NameOf(p.kind()); }},
      {"Owner", "owner", [](const v1::Plan& p) { return Plain(ShortName(p.owner())); },
       [](const v1::Plan& p) { return p.owner(); }},
      {"Issued", "document_date",
       [](const v1::Plan& p) { return Plain(DayText(p.document_date())); }},
      {"Actions", "action_count",
       [](const v1::Plan& p) { return Plain(absl::StrCat(p.action_count())); }, nullptr, true},
      {"", "revision", [](const v1::Plan& p) { return Plain(absl::StrCat(p.revision())); }},
      {"", "etag", [](const v1::Plan& p) { return Plain(p.etag()); }},
  };
}

Column<Group> CountColumn(const char* title, const char* key, int32_t (Group::*count)() const,
                          Style style = Style::kPlain) {
  return {title, key,
          [count, style](const Group& group) {
            const int32_t number = (group.*count)();
            return Cell{absl::StrCat(number), number == 0 ? Style::kFaint : style};
          },
          nullptr, true};
}

// Without a heading for the key, only the title stands in the table.
std::vector<Column<Group>> GroupColumns(const char* key_heading, const char* title_heading) {
  return {
      {key_heading, "key", [](const Group& g) { return Plain(g.key()); }},
      {title_heading, "display_name", [](const Group& g) { return Plain(g.display_name()); }},
      CountColumn("Actions", "total", &Group::total),
      CountColumn("RED", "red", &Group::red, StyleOf(v1::Rag::RED)),
      CountColumn("AMBER", "amber", &Group::amber, StyleOf(v1::Rag::AMBER)),
      CountColumn("GREEN", "green", &Group::green, StyleOf(v1::Rag::GREEN)),
      CountColumn("BLUE", "blue", &Group::blue, StyleOf(v1::Rag::BLUE)),
      CountColumn("NOT REPORTED", "not_reported", &Group::not_reported),
      CountColumn("Overdue", "overdue", &Group::overdue, Style::kRed),
  };
}

// One table of a plan's status.
struct Section {
  // Headings of a group's identifier and of its title.
  const char* key_heading;
  const char* title_heading;
  const char* key;
  std::vector<Group> groups;
};

std::vector<Section> SectionsOf(const v1::PlanStatus& status) {
  const auto groups = [](const google::protobuf::RepeatedPtrField<Group>& list) {
    return std::vector<Group>(list.begin(), list.end());
  };
  return {{"", "All", "total", {status.total()}},
          {"Theme", "Title", "theme", groups(status.by_theme())},
          {"", "Status", "status", groups(status.by_status())},
          {"Agency", "Title", "agency", groups(status.by_agency())},
          {"Recommendation", "Title", "recommendation", groups(status.by_recommendation())}};
}

void PrintStatusTables(Session& session, const v1::PlanStatus& status) {
  session.out() << FormatFacts(
      {{"Plan", Plain(absl::StrCat(status.plan(), " (", status.display_name(), ")"))},
       {"Due dates judged on", Plain(DayText(status.on()))},
       {"Known before", Plain(status.has_as_of() ? InstantText(status.as_of()) : "")}},
      session.width(), session.colour());
  for (const Section& section : SectionsOf(status)) {
    if (section.groups.empty()) continue;
    session.out() << "\n"
                  << FormatTable(MakeTable(section.groups, GroupColumns(section.key_heading,
                                                                        section.title_heading)),
                                 session.width(), session.colour());
  }
}

// All sections as one list, each row with the section it belongs to.
void PrintStatusCsv(Session& session, const v1::PlanStatus& status) {
  using Row = std::pair<const char*, Group>;
  std::vector<Row> rows;
  for (const Section& section : SectionsOf(status)) {
    for (const Group& group : section.groups) rows.emplace_back(section.key, group);
  }
  std::vector<Column<Row>> columns = {
      {"", "grouped_by", [](const Row& row) { return Plain(row.first); }}};
  for (const Column<Group>& column : GroupColumns("", "")) {
    columns.push_back(
        {"", column.key, [cell = column.cell](const Row& row) { return cell(row.second); }});
  }
  session.out() << MakeCsv(rows, columns);
}

absl::Status ListPlans(Session& session, const ListOptions& options) {
  v1::ListPlansRequest request;
  if (!options.as_of.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_as_of(), ParseMomentByEndOfDay(options.as_of));
  }
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  return PrintList(session, client.ListPlans(request, call), PlanColumns(), {"plan", ""});
}

absl::Status GetPlanStatus(Session& session, const StatusOptions& options) {
  v1::GetPlanStatusRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), ExpandName(options.plan, kPlanPattern));
  RETURN_IF_ERROR(SetMoments(options.moments, request));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const v1::PlanStatus status, client.GetPlanStatus(request, call));
  switch (session.options().output) {
    case OutputFormat::kTable:
      PrintStatusTables(session, status);
      break;
    case OutputFormat::kJson:
      session.out() << JsonText(ToJson(status));
      break;
    case OutputFormat::kCsv:
      PrintStatusCsv(session, status);
      break;
  }
  return absl::OkStatus();
}

}  // namespace

void AddPlansCommands(CLI::App& app, Session& session) {
  CLI::App* group = AddGroup(app, "plans", "Improvement plans");
  auto list = std::make_shared<ListOptions>();
  AddCommand(*group, "list", "The plans that your agreement covers", session, list, &ListPlans)
      ->add_option("--as-of", list->as_of,
                   "What was known before this moment, or by the end of "
                   "this day. Default: now");
  auto status = std::make_shared<StatusOptions>();
  CLI::App* command = AddCommand(*group, "status", "How a plan stands: its actions counted",
                                 session, status, &GetPlanStatus);
  command->add_option("plan", status->plan, "The plan, such as development-2018")->required();
  AddMomentOptions(*command, status->moments);
}

}  // namespace concordat::cli
