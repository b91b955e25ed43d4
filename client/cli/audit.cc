// `concordat audit …`.
#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "client/cli/audit_commands.h"
#include "client/cli/audit_words.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/local_error.h"
#include "client/cli/names.h"
#include "client/cli/text.h"
#include "client/cli/usage.h"

namespace concordat::cli {
namespace {

using v1::AuditEntry;
using v1::AuditRecord;

struct ListOptions {
  std::string from;
  std::string to;
  std::string agency;
  std::string client;
  std::string method;
  std::string decision;
  std::string agreement;
  std::string resource;
  int limit = kDefaultLimit;
};

std::string CallerText(const AuditRecord& record) {
  if (!record.client().empty()) return ShortName(record.client());
  return record.agency().empty() ? "not known" : ShortName(record.agency());
}

std::vector<Column<AuditEntry>> Columns() {
  return {
      {"Index", "index", [](const AuditEntry& e) { return Plain(absl::StrCat(e.index())); },
       nullptr, true},
      {"Time", "time",
       [](const AuditEntry& e) { return Plain(ShortInstantText(e.record().time())); },
       [](const AuditEntry& e) { return InstantText(e.record().time()); }},
      {"", "event", [](const AuditEntry& e) { return Plain(NameOf(e.record().event())); }},
      {"Client", "client", [](const AuditEntry& e) { return Plain(CallerText(e.record())); },
       [](const AuditEntry& e) { return e.record().client(); }},
      {"", "agency", [](const AuditEntry& e) { return Plain(e.record().agency()); }},
      {"", "on_behalf_of", [](const AuditEntry& e) { return Plain(e.record().on_behalf_of()); }},
      {"Method", "method",
       [](const AuditEntry& e) { return Plain(ShortMethod(e.record().method())); },
       [](const AuditEntry& e) { return e.record().method(); }},
      {"Resource", "resource", [](const AuditEntry& e) { return Plain(e.record().resource()); }},
      {"Purpose", "purpose", [](const AuditEntry& e) { return Plain(e.record().purpose()); }},
      {"Agreement", "agreement",
       [](const AuditEntry& e) { return Plain(ShortName(e.record().agreement())); },
       [](const AuditEntry& e) { return e.record().agreement(); }},
      {"", "agreement_version",
       [](const AuditEntry& e) { return Plain(absl::StrCat(e.record().agreement_version())); }},
      {"Decision", "decision", [](const AuditEntry& e) { return DecisionCell(e.record()); },
       [](const AuditEntry& e) { return NameOf(e.record().decision()); }},
      {"", "reason", [](const AuditEntry& e) { return Plain(e.record().reason()); }},
      {"Rows", "rows", [](const AuditEntry& e) { return Plain(absl::StrCat(e.record().rows())); },
       nullptr, true},
      {"", "bytes", [](const AuditEntry& e) { return Plain(absl::StrCat(e.record().bytes())); }},
      {"", "request_id", [](const AuditEntry& e) { return Plain(e.record().request_id()); }},
      {"", "peer", [](const AuditEntry& e) { return Plain(e.record().peer()); }},
      {"", "leaf_hash",
       [](const AuditEntry& e) { return Plain(absl::BytesToHexString(e.leaf_hash())); }},
  };
}

absl::StatusOr<v1::ListAuditEntriesRequest> MakeRequest(const ListOptions& options) {
  v1::ListAuditEntriesRequest request;
  request.set_page_size(std::min(options.limit, kLargestPage));
  if (!options.from.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_from(), ParseMomentFromStartOfDay(options.from));
  }
  if (!options.to.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_to(), ParseMomentFromStartOfDay(options.to));
  }
  if (request.has_from() && request.has_to() && ToTime(request.from()) > ToTime(request.to())) {
    return UsageError("--from is later than --to: no record can lie between them");
  }
  ASSIGN_OR_RETURN(*request.mutable_agency(), ExpandOptionalName(options.agency, kAgencyPattern));
  ASSIGN_OR_RETURN(*request.mutable_client(), ExpandOptionalName(options.client, kClientPattern));
  ASSIGN_OR_RETURN(*request.mutable_agreement(),
                   ExpandOptionalName(options.agreement, kAgreementPattern));
  request.set_method(options.method);
  request.set_resource(options.resource);
  if (!options.decision.empty()) {
    ASSIGN_OR_RETURN(const AuditRecord::Decision decision,
                     ParseWord<AuditRecord::Decision>(options.decision));
    request.set_decision(decision);
  }
  return request;
}

absl::Status ListAudit(Session& session, const ListOptions& options) {
  ASSIGN_OR_RETURN(const v1::ListAuditEntriesRequest request, MakeRequest(options));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  return PrintList(session, client.ListAuditEntries(request, call), Columns(), {"record", ""},
                   static_cast<size_t>(options.limit));
}

}  // namespace

void AddAuditCommands(CLI::App& app, Session& session) {
  CLI::App* group = AddGroup(app, "audit", "The audit log");
  auto list = std::make_shared<ListOptions>();
  CLI::App* command =
      AddCommand(*group, "list", "Records, newest first", session, list, &ListAudit);
  command->add_option("--from", list->from, "Only at or after this moment, or from this day on");
  command->add_option("--to", list->to, "Only before this moment, or before this day");
  command->add_option("--agency", list->agency, "Only calls of this agency's clients");
  command->add_option("--client", list->client, "Only calls of this client, as AGENCY/CLIENT");
  command->add_option("--method", list->method,
                      "Only this method, such as /concordat.v1.PlanService/GetPlan");
  command->add_option("--decision", list->decision, "Only allowed, or only refused");
  command->add_option("--decided-by", list->agreement, "Only decided by this agreement");
  command->add_option("--resource", list->resource,
                      "Only of this resource or below it, such as plans/development-2018");
  AddLimitOption(*command, list->limit);
  AddAuditShowCommand(*group, session);
  AddAuditSummaryCommand(*group, session);
  AddAuditProofCommands(*group, session);
}

}  // namespace concordat::cli
