// `concordat access …`.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/names.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

using Access = v1::ListAccessResponse::Access;
using Judgement = v1::ExplainAccessResponse::AgreementJudgement;
using ClauseJudgement = v1::ExplainAccessResponse::ClauseJudgement;

struct ExplainOptions {
  std::string method;
  std::string client;
  std::string resource;
  std::string at;
};

struct WhoOptions {
  std::string data_set;
  std::string resource;
  std::string at;
};

// One condition of one agreement.
struct Line {
  const Judgement* agreement;
  const ClauseJudgement* clause;
};

std::vector<Column<Line>> LineColumns() {
  return {
      {"Agreement", "agreement",
       [](const Line& line) { return Plain(ShortName(line.agreement->agreement())); },
       [](const Line& line) { return line.agreement->agreement(); }},
      {"Version", "version",
       [](const Line& line) { return Plain(absl::StrCat(line.agreement->version())); }, nullptr,
       true},
      {"", "digest", [](const Line& line) { return Plain(line.agreement->digest()); }},
      {"Clause", "clause",
       [](const Line& line) { return Plain(LowerWords(NameOf(line.clause->clause()))); },
       [](const Line& line) { return NameOf(line.clause->clause()); }},
      {"Holds", "holds",
       [](const Line& line) {
         return line.clause->holds() ? Cell{"yes", Style::kGreen} : Cell{"no", Style::kRed};
       },
       [](const Line& line) { return line.clause->holds() ? "true" : "false"; }},
      {"What it says", "text", [](const Line& line) { return Plain(line.clause->text()); }},
  };
}

Cell OutcomeCell(const v1::ExplainAccessResponse& answer) {
  const auto covers_part = [](const Judgement& judgement) {
    return judgement.decides() && judgement.part_only();
  };
  if (std::any_of(answer.agreements().begin(), answer.agreements().end(), covers_part)) {
    return {"allowed for what is in scope: a part of it, or nothing", Style::kAmber};
  }
  if (answer.allowed()) return {"allowed", Style::kGreen};
  return {absl::StrCat("refused, ", LowerWords(NameOf(answer.reason()))), Style::kRed};
}

// The agreement that decides, and how far it goes.
std::string DecidedBy(const v1::ExplainAccessResponse& answer) {
  for (const Judgement& judgement : answer.agreements()) {
    if (!judgement.decides()) continue;
    return absl::StrCat(ShortName(judgement.agreement()), ", version ", judgement.version(),
                        judgement.part_only() ? ", for a part of it" : "");
  }
  return {};
}

void PrintExplanation(Session& session, const v1::ExplainAccessResponse& answer) {
  std::vector<Line> lines;
  for (const Judgement& judgement : answer.agreements()) {
    for (const ClauseJudgement& clause : judgement.clauses())
      lines.push_back({&judgement, &clause});
  }
  if (session.options().output == OutputFormat::kCsv) {
    session.out() << MakeCsv(lines, LineColumns());
    return;
  }
  session.out() << FormatFacts({{"The request would be", OutcomeCell(answer)},
                                {"Why", Plain(answer.text())},
                                {"Decided by", Plain(DecidedBy(answer))},
                                {"Client", Plain(answer.client())},
                                {"Rule of the method", Plain(answer.rule())},
                                {"Purpose", Plain(answer.purpose())},
                                {"At", Plain(ShortInstantText(answer.time()))}},
                               session.width(), session.colour());
  if (lines.empty()) return;
  session.out() << "\n"
                << FormatTable(MakeTable(lines, LineColumns()), session.width(), session.colour());
}

absl::Status Explain(Session& session, const ExplainOptions& options) {
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  v1::ExplainAccessRequest request;
  request.set_method(options.method);
  ASSIGN_OR_RETURN(*request.mutable_client(), ExpandOptionalName(options.client, kClientPattern));
  request.set_resource(options.resource);
  request.set_purpose(session.options().purpose);
  ASSIGN_OR_RETURN(*request.mutable_agreement(),
                   ExpandOptionalName(session.options().agreement, kAgreementPattern));
  request.set_on_behalf_of(!session.options().on_behalf_of.empty());
  if (!options.at.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_time(), ParseMomentByEndOfDay(options.at));
  }
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const v1::ExplainAccessResponse answer, client.ExplainAccess(request, call));
  if (session.options().output == OutputFormat::kJson) {
    session.out() << JsonText(ToJson(answer));
  } else {
    PrintExplanation(session, answer);
  }
  return absl::OkStatus();
}

std::string JoinRoles(const Access& access, const char* separator) {
  return absl::StrJoin(access.roles(), separator, [](std::string* out, int role) {
    out->append(NameOf(static_cast<v1::Role>(role)));
  });
}

// `all`, `a part`, or the topics that it is limited to.
std::string Extent(const Access& access) {
  if (!access.topics().empty()) return absl::StrJoin(access.topics(), ", ");
  return access.part_only() ? "a part" : "all";
}

std::vector<Column<Access>> AccessColumns() {
  return {
      {"Agency", "agency", [](const Access& a) { return Plain(a.agency_display_name()); },
       [](const Access& a) { return a.agency(); }},
      {"Purpose", "purpose", [](const Access& a) { return Plain(a.purpose()); }},
      {"Agreement", "agreement", [](const Access& a) { return Plain(ShortName(a.agreement())); },
       [](const Access& a) { return a.agreement(); }},
      {"Version", "version", [](const Access& a) { return Plain(absl::StrCat(a.version())); },
       nullptr, true},
      {"", "digest", [](const Access& a) { return Plain(a.digest()); }},
      {"Extent", "extent", [](const Access& a) { return Plain(Extent(a)); }},
      {"", "roles", [](const Access& a) { return Plain(JoinRoles(a, ";")); }},
      {"Clients", "clients", [](const Access& a) { return Plain(absl::StrCat(a.clients_size())); },
       [](const Access& a) { return absl::StrJoin(a.clients(), ";"); }, true},
      {"Until", "effective_to", [](const Access& a) { return Plain(DayText(a.effective_to())); }},
  };
}

absl::Status Who(Session& session, const WhoOptions& options) {
  v1::ListAccessRequest request;
  ASSIGN_OR_RETURN(const v1::DataSet data_set, ParseWord<v1::DataSet>(options.data_set));
  request.set_data_set(data_set);
  request.set_resource(options.resource);
  if (!options.at.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_time(), ParseMomentByEndOfDay(options.at));
  }
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  return PrintList(session, client.ListAccess(request, call), AccessColumns(),
                   {"way to see it", "ways to see it"});
}

}  // namespace

void AddAccessCommands(CLI::App& app, Session& session) {
  CLI::App* group = AddGroup(app, "access", "Who may see what, and why");
  auto explain = std::make_shared<ExplainOptions>();
  CLI::App* command =
      AddCommand(*group, "explain",
                 "Whether a request would be allowed, and which clauses say so; as it "
                 "would be with --purpose, --agreement and --on-behalf-of",
                 session, explain, &Explain);
  command->add_option("method", explain->method, "The method, such as PlanService/ListActions")
      ->required();
  command->add_option("--client", explain->client,
                      "The client that would ask, as AGENCY/CLIENT. Default: you");
  command->add_option("--resource", explain->resource,
                      "What the request would be about, such as plans/development-2018");
  command->add_option("--at", explain->at,
                      "At this moment, or at the end of this day. Default: now");
  auto who = std::make_shared<WhoOptions>();
  command = AddCommand(*group, "who", "Every agency, purpose and agreement that can see a data set",
                       session, who, &Who);
  command->add_option("data_set", who->data_set, "plans, measures, releases, directory, …")
      ->required();
  command->add_option("--resource", who->resource,
                      "Only what covers this, such as plans/development-2018");
  command->add_option("--at", who->at, "At this moment, or at the end of this day. Default: now");
}

}  // namespace concordat::cli
