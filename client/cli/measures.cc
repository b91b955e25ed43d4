// `concordat measures …`.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/names.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

using v1::Measure;

struct ListOptions {
  std::string topic;
  std::string group;
  std::string provider;
};

std::string UnitText(const Measure& measure) {
  std::string text = LowerWords(NameOf(measure.unit()));
  if (measure.rate_per() > 0) absl::StrAppend(&text, " per ", measure.rate_per());
  return text;
}

std::vector<Column<Measure>> Columns() {
  return {
      {"Measure", "name", [](const Measure& m) { return Plain(ShortName(m.name())); },
       [](const Measure& m) { return m.name(); }},
      {"Title", "display_name", [](const Measure& m) { return Plain(m.display_name()); }},
      {"", "definition", [](const Measure& m) { return Plain(m.definition()); }},
      {"Group", "group", [](const Measure& m) { return Plain(m.group()); }},
      {"Unit", "unit", [](const Measure& m) { return Plain(UnitText(m)); },
       [](const Measure& m) { return NameOf(m.unit()); }},
      {"", "rate_per", [](const Measure& m) { return Plain(absl::StrCat(m.rate_per())); }},
      {"Good is", "polarity",
       [](const Measure& m) { return Plain(LowerWords(NameOf(m.polarity()))); },
       [](const Measure& m) { return NameOf(m.polarity()); }},
      {"Frequency", "frequency",
       [](const Measure& m) { return Plain(LowerWords(NameOf(m.frequency()))); },
       [](const Measure& m) { return NameOf(m.frequency()); }},
      {"Provider", "provider", [](const Measure& m) { return Plain(ShortName(m.provider())); },
       [](const Measure& m) { return m.provider(); }},
      {"", "target",
       [](const Measure& m) { return Plain(m.has_target() ? NumberText(m.target()) : ""); }},
      {"", "topics", [](const Measure& m) { return Plain(absl::StrJoin(m.topics(), ";")); }},
      {"", "disclosure_minimum",
       [](const Measure& m) { return Plain(absl::StrCat(m.disclosure_minimum())); }},
  };
}

absl::Status ListMeasures(Session& session, const ListOptions& options) {
  v1::ListMeasuresRequest request;
  request.set_topic(options.topic);
  request.set_group(options.group);
  ASSIGN_OR_RETURN(*request.mutable_provider(),
                   ExpandOptionalName(options.provider, kAgencyPattern));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  return PrintList(session, client.ListMeasures(request, call), Columns(), {"measure", ""});
}

}  // namespace

void AddMeasuresCommands(CLI::App& app, Session& session) {
  CLI::App* group = AddGroup(app, "measures", "What is counted, and who provides it");
  auto list = std::make_shared<ListOptions>();
  CLI::App* command = AddCommand(*group, "list", "The measures that your agreement covers", session,
                                 list, &ListMeasures);
  command->add_option("--topic", list->topic, "Only this topic, such as neglect");
  command->add_option("--group", list->group, "Only this group");
  command->add_option("--provider", list->provider, "Only measures that this agency provides");
  AddSubmitCommand(*group, session);
}

}  // namespace concordat::cli
