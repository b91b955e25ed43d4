// `concordat whoami`.
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/names.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

using Access = v1::WhoAmIResponse::Access;

struct WhoAmIOptions {};

template <typename Enum>
std::string JoinNames(const google::protobuf::RepeatedField<int>& values, const char* separator) {
  return absl::StrJoin(values, separator, [](std::string* out, int value) {
    out->append(NameOf(static_cast<Enum>(value)));
  });
}

// What is left of each quota, such as `2999 requests, 4 streams, 200000 rows`.
template <typename Standings>
std::string QuotaText(const Standings& standings, const char* separator) {
  return absl::StrJoin(standings, separator,
                       [](std::string* out, const v1::QuotaStanding& standing) {
                         const std::string kind = LowerWords(NameOf(standing.kind()));
                         absl::string_view counted = kind;
                         for (const absl::string_view noun : {"requests", "streams", "rows"}) {
                           if (absl::StrContains(kind, noun)) counted = noun;
                         }
                         absl::StrAppend(out, standing.remaining(), " ", counted);
                       });
}

std::vector<Column<Access>> Columns() {
  return {
      {"Agreement", "agreement", [](const Access& a) { return Plain(ShortName(a.agreement())); },
       [](const Access& a) { return a.agreement(); }},
      {"Title", "display_name", [](const Access& a) { return Plain(a.display_name()); }},
      {"Version", "version", [](const Access& a) { return Plain(absl::StrCat(a.version())); },
       nullptr, true},
      {"In force", "in_force",
       [](const Access& a) {
         return a.in_force() ? Cell{"yes", Style::kGreen} : Cell{"no", Style::kRed};
       },
       [](const Access& a) { return a.in_force() ? "true" : "false"; }},
      {"Purposes", "purposes",
       [](const Access& a) { return Plain(absl::StrJoin(a.purposes(), ", ")); },
       [](const Access& a) { return absl::StrJoin(a.purposes(), ";"); }},
      {"Data sets", "data_sets",
       [](const Access& a) { return Plain(JoinNames<v1::DataSet>(a.data_sets(), ", ")); },
       [](const Access& a) { return JoinNames<v1::DataSet>(a.data_sets(), ";"); }},
      {"Until", "effective_to", [](const Access& a) { return Plain(DayText(a.effective_to())); }},
      {"Days left", "days_left",
       [](const Access& a) { return Plain(a.has_days_left() ? absl::StrCat(a.days_left()) : ""); },
       nullptr, true},
      {"Quota left", "quotas", [](const Access& a) { return Plain(QuotaText(a.quotas(), ", ")); },
       [](const Access& a) { return QuotaText(a.quotas(), ";"); }},
      {"", "review_date", [](const Access& a) { return Plain(DayText(a.review_date())); }},
  };
}

absl::Status WhoAmI(Session& session, const WhoAmIOptions&) {
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(const v1::WhoAmIResponse answer, client.WhoAmI(call));
  if (session.options().output == OutputFormat::kJson) {
    session.out() << JsonText(ToJson(answer));
    return absl::OkStatus();
  }
  const std::vector<Access> agreements(answer.agreements().begin(), answer.agreements().end());
  if (session.options().output == OutputFormat::kTable) {
    session.out() << FormatFacts(
        {{"Client", Plain(absl::StrCat(answer.client(), " (", answer.display_name(), ")"))},
         {"Agency", Plain(absl::StrCat(answer.agency(), " (", answer.agency_display_name(), ")"))},
         {"Roles", Plain(JoinNames<v1::Role>(answer.roles(), ", "))},
         {"Certificate", Plain(answer.certificate_identity())},
         {"Valid until",
          Plain(answer.has_certificate_not_after() ? InstantText(answer.certificate_not_after())
                                                   : "")},
         {"Purpose", Plain(answer.default_purpose())},
         {"Quota left", Plain(QuotaText(answer.quotas(), ", "))},
         {"Server time", Plain(answer.has_server_time() ? InstantText(answer.server_time()) : "")}},
        session.width(), session.colour());
    session.out() << "\n";
  }
  PrintItems(session, agreements, Columns(), {"agreement", ""});
  return absl::OkStatus();
}

}  // namespace

void AddWhoAmICommand(CLI::App& app, Session& session) {
  AddCommand(app, "whoami", "Who the service takes you for, and your agreements", session,
             std::make_shared<WhoAmIOptions>(), &WhoAmI);
}

}  // namespace concordat::cli
