// `concordat agencies …`, `clients …` and `handshakes …`.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/names.h"
#include "client/cli/text.h"
#include "client/cli/usage.h"

namespace concordat::cli {
namespace {

using v1::Agency;
using v1::RefusedHandshake;

struct AgenciesOptions {};

struct ClientsOptions {
  std::string agency = "-";
};

struct RevokeOptions {
  std::string client;
  std::string reason;
  bool dry_run = false;
};

struct HandshakesOptions {
  int limit = kDefaultLimit;
};

std::string JoinCodes(const Agency& agency, const char* separator) {
  return absl::StrJoin(agency.codes(), separator, [](std::string* out, const Agency::Code& code) {
    absl::StrAppend(out, code.scheme(), ":", code.value());
  });
}

std::string JoinRoles(const v1::Client& client, const char* separator) {
  return absl::StrJoin(client.roles(), separator, [](std::string* out, int role) {
    out->append(NameOf(static_cast<v1::Role>(role)));
  });
}

std::vector<Column<Agency>> AgencyColumns() {
  return {
      {"Agency", "name", [](const Agency& a) { return Plain(ShortName(a.name())); },
       [](const Agency& a) { return a.name(); }},
      {"Name", "display_name", [](const Agency& a) { return Plain(a.display_name()); }},
      {"Kind", "kind", [](const Agency& a) { return Plain(LowerWords(NameOf(a.kind()))); },
       [](const Agency& a) { return NameOf(a.kind()); }},
      {"Codes", "codes", [](const Agency& a) { return Plain(JoinCodes(a, ", ")); },
       [](const Agency& a) { return JoinCodes(a, ";"); }},
      {"", "valid_from", [](const Agency& a) { return Plain(DayText(a.valid_from())); }},
      {"Until", "valid_to", [](const Agency& a) { return Plain(DayText(a.valid_to())); }},
  };
}

std::vector<Column<v1::Client>> ClientColumns() {
  return {
      {"Client", "name", [](const v1::Client& c) { return Plain(ShortName(c.name())); },
       [](const v1::Client& c) { return c.name(); }},
      {"Name", "display_name", [](const v1::Client& c) { return Plain(c.display_name()); }},
      {"Roles", "roles", [](const v1::Client& c) { return Plain(JoinRoles(c, ", ")); },
       [](const v1::Client& c) { return JoinRoles(c, ";"); }},
      {"Certificates", "certificate_identities",
       [](const v1::Client& c) { return Plain(absl::StrJoin(c.certificate_identities(), ", ")); },
       [](const v1::Client& c) { return absl::StrJoin(c.certificate_identities(), ";"); }},
      {"Purpose", "default_purpose",
       [](const v1::Client& c) { return Plain(c.default_purpose()); }},
      {"Revoked", "revoked",
       [](const v1::Client& c) {
         return c.revoked() ? Cell{"yes", Style::kRed} : Plain("no");
       },
       [](const v1::Client& c) { return c.revoked() ? "true" : "false"; }},
  };
}

std::vector<Column<RefusedHandshake>> HandshakeColumns() {
  return {
      {"Time", "time", [](const RefusedHandshake& h) { return Plain(ShortInstantText(h.time())); },
       [](const RefusedHandshake& h) { return InstantText(h.time()); }},
      {"Address", "address", [](const RefusedHandshake& h) { return Plain(h.address()); }},
      {"Cause", "cause",
       [](const RefusedHandshake& h) { return Plain(LowerWords(NameOf(h.cause()))); },
       [](const RefusedHandshake& h) { return NameOf(h.cause()); }},
      {"Detail", "detail", [](const RefusedHandshake& h) { return Plain(h.detail()); }},
  };
}

absl::Status ListAgencies(Session& session, const AgenciesOptions&) {
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  return PrintList(session, client.ListAgencies({}, call), AgencyColumns(), {"agency", "agencies"});
}

absl::Status ListClients(Session& session, const ClientsOptions& options) {
  v1::ListClientsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(),
                   ExpandName(options.agency, kAgencyPattern, Wildcard::kAccepted));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  return PrintList(session, client.ListClients(request, call), ClientColumns(), {"client", ""});
}

absl::Status RevokeClient(Session& session, const RevokeOptions& options) {
  v1::RevokeClientRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), ExpandName(options.client, kClientPattern));
  request.set_reason(options.reason);
  request.set_dry_run(options.dry_run);
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const v1::RevokeClientResponse response, client.RevokeClient(request, call));
  if (session.options().output == OutputFormat::kJson) {
    session.out() << JsonText(ToJson(response.client()));
    return absl::OkStatus();
  }
  session.out() << Printable(response.client().name())
                << (options.dry_run ? ": would be revoked" : ": revoked") << "\n";
  return absl::OkStatus();
}

absl::Status ListHandshakes(Session& session, const HandshakesOptions& options) {
  v1::ListRefusedHandshakesRequest request;
  request.set_page_size(std::min(options.limit, kLargestPage));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  return PrintList(session, client.ListRefusedHandshakes(request, call), HandshakeColumns(),
                   {"refused handshake", ""}, static_cast<size_t>(options.limit));
}

}  // namespace

void AddDirectoryCommands(CLI::App& app, Session& session) {
  CLI::App* agencies = AddGroup(app, "agencies", "Agencies of the partnership");
  AddCommand(*agencies, "list", "All agencies", session, std::make_shared<AgenciesOptions>(),
             &ListAgencies);

  CLI::App* clients = AddGroup(app, "clients", "Clients of the service");
  auto clients_options = std::make_shared<ClientsOptions>();
  AddCommand(*clients, "list", "Clients of one agency, or of all", session, clients_options,
             &ListClients)
      ->add_option("agency", clients_options->agency, "The agency. Default: all");

  auto revoke = std::make_shared<RevokeOptions>();
  CLI::App* revoke_command = AddCommand(*clients, "revoke", "Revoke a client at once and for ever",
                                        session, revoke, &RevokeClient);
  revoke_command->add_option("client", revoke->client, "The client, as AGENCY/CLIENT")->required();
  revoke_command->add_option("--reason", revoke->reason, "Why, in words that stay with the client")
      ->required();
  revoke_command->add_flag("--dry-run", revoke->dry_run, "Only say what it would be");

  CLI::App* handshakes = AddGroup(app, "handshakes", "Connections that were refused");
  auto handshakes_options = std::make_shared<HandshakesOptions>();
  CLI::App* command = AddCommand(*handshakes, "list", "Refused connections, newest first", session,
                                 handshakes_options, &ListHandshakes);
  AddLimitOption(*command, handshakes_options->limit);
}

}  // namespace concordat::cli
