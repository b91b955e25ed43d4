// `concordat agreements …`.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/names.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

using v1::Agreement;

struct ListOptions {};

std::string JoinParties(const Agreement& agreement, const char* separator) {
  return absl::StrJoin(agreement.parties(), separator,
                       [](std::string* out, const Agreement::Party& party) {
                         absl::StrAppend(out, ShortName(party.agency()));
                       });
}

std::string JoinDataSets(const Agreement& agreement, const char* separator) {
  return absl::StrJoin(agreement.scope().data_sets(), separator,
                       [](std::string* out, int data_set) {
                         out->append(NameOf(static_cast<v1::DataSet>(data_set)));
                       });
}

// The state, and whether it is also in force today.
Cell StateCell(const Agreement& agreement) {
  const std::string state = LowerWords(NameOf(agreement.state()));
  if (agreement.in_force()) return {absl::StrCat(state, ", in force"), Style::kGreen};
  return {agreement.state() == Agreement::ACTIVE ? absl::StrCat(state, ", not in force") : state,
          Style::kRed};
}

std::vector<Column<Agreement>> Columns() {
  return {
      {"Agreement", "name", [](const Agreement& a) { return Plain(ShortName(a.name())); },
       [](const Agreement& a) { return a.name(); }},
      {"Title", "display_name", [](const Agreement& a) { return Plain(a.display_name()); }},
      {"State", "state", &StateCell, [](const Agreement& a) { return NameOf(a.state()); }},
      {"", "in_force", [](const Agreement& a) { return Plain(a.in_force() ? "true" : "false"); }},
      {"Parties", "parties", [](const Agreement& a) { return Plain(JoinParties(a, ", ")); },
       [](const Agreement& a) { return JoinParties(a, ";"); }},
      {"Purposes", "purposes",
       [](const Agreement& a) { return Plain(absl::StrJoin(a.purposes(), ", ")); },
       [](const Agreement& a) { return absl::StrJoin(a.purposes(), ";"); }},
      {"", "data_sets", [](const Agreement& a) { return Plain(JoinDataSets(a, ";")); }},
      {"", "effective_from", [](const Agreement& a) { return Plain(DayText(a.effective_from())); }},
      {"Until", "effective_to",
       [](const Agreement& a) { return Plain(DayText(a.effective_to())); }},
      {"Review", "review_date", [](const Agreement& a) { return Plain(DayText(a.review_date())); }},
      {"", "version", [](const Agreement& a) { return Plain(absl::StrCat(a.version())); }},
      {"", "digest", [](const Agreement& a) { return Plain(a.digest()); }},
  };
}

absl::Status ListAgreements(Session& session, const ListOptions&) {
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  return PrintList(session, client.ListAgreements({}, call), Columns(), {"agreement", ""});
}

}  // namespace

void AddAgreementsCommands(CLI::App& app, Session& session) {
  CLI::App* group = AddGroup(app, "agreements", "Sharing agreements");
  AddCommand(*group, "list", "The agreements that your agency is a party of", session,
             std::make_shared<ListOptions>(), &ListAgreements);
}

}  // namespace concordat::cli
