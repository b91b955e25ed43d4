#include "server/services/directory_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "concordat/v1/release.pb.h"
#include "server/services/apply.h"
#include "server/services/paging.h"

namespace concordat::services {
namespace {

using store::Kind;
using store::Row;

bool IsGraphic(absl::string_view text) {
  return absl::c_all_of(text, [](unsigned char c) { return absl::ascii_isgraph(c); });
}

bool IsCertificateIdentity(absl::string_view identity) {
  if (absl::ConsumePrefix(&identity, "sha256:")) {
    return identity.size() == 64 && absl::c_all_of(identity, [](char c) {
             return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
           });
  }
  if (absl::ConsumePrefix(&identity, "dns:")) {
    // Names of hosts are compared in lower case.
    if (absl::c_any_of(identity, [](unsigned char c) { return absl::ascii_isupper(c); })) {
      return false;
    }
  } else if (!absl::ConsumePrefix(&identity, "uri:")) {
    return false;
  }
  return !identity.empty() && IsGraphic(identity);
}

// Lists one kind of resource, page by page.
template <typename Message>
absl::Status ListInto(const store::Store& store, const door::Call& call, Kind kind,
                      const std::string& prefix, const google::protobuf::Message& request,
                      google::protobuf::RepeatedPtrField<Message>& out, std::string& next_token) {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store));
  PageFiller filler(page);
  bool damaged = false;
  RETURN_IF_ERROR(store.Scan(call.grant(), kind, {prefix, page.cursor, page.point, std::nullopt},
                             [&](const Row& row) {
                               if (!filler.Take(row.body.size(), row.name)) return false;
                               Message& message = *out.Add();
                               damaged |= !message.ParseFromString(row.body);
                               message.set_revision(row.revision);
                               return true;
                             }));
  if (damaged) return absl::DataLossError("a stored resource of the directory cannot be read");
  next_token = filler.next_page_token();
  return absl::OkStatus();
}

// What RevokeClient revoked stays revoked, so that a file of before cannot let the
// client in again.
absl::Status KeepRevocation(const store::Transaction& transaction, const auth::Grant& grant,
                            v1::Client& sent) {
  const absl::StatusOr<v1::Client> stored =
      Current<v1::Client>(transaction, grant, Kind::kClient, sent.name());
  if (absl::IsNotFound(stored.status())) return absl::OkStatus();
  RETURN_IF_ERROR(stored.status());
  if (stored->has_revocation()) {
    sent.set_revoked(true);
    *sent.mutable_revocation() = stored->revocation();
  }
  return absl::OkStatus();
}

// The directory as it will be, to be checked before anything is stored.
class DirectoryChecker {
 public:
  DirectoryChecker(const store::Transaction& transaction, const auth::Grant& grant,
                   const v1::ApplyDirectoryRequest& request)
      : transaction_(transaction), grant_(grant), request_(request) {}

  // `today` is the day that agencies have to take part on.
  absl::StatusOr<std::vector<FieldViolation>> Check(absl::CivilDay today) {
    RETURN_IF_ERROR(Load(Kind::kAgency, agencies_));
    RETURN_IF_ERROR(Load(Kind::kClient, clients_));
    RETURN_IF_ERROR(Load(Kind::kArea, areas_));
    RETURN_IF_ERROR(CheckParents());
    Overlay("agencies", request_.agencies(), agencies_);
    Overlay("clients", request_.clients(), clients_);
    Overlay("areas", request_.areas(), areas_);
    for (int i = 0; i < request_.agencies_size(); ++i) CheckAgency(i);
    for (int i = 0; i < request_.clients_size(); ++i) CheckClient(i);
    for (int i = 0; i < request_.areas_size(); ++i) CheckArea(i);
    CheckSharedIdentities();
    CheckAdministrator(today);
    return std::move(violations_);
  }

 private:
  template <typename Message>
  absl::Status Load(Kind kind, absl::flat_hash_map<std::string, Message>& into) {
    bool damaged = false;
    RETURN_IF_ERROR(transaction_.Scan(grant_, kind, {"", "", transaction_.Latest(), std::nullopt},
                                      [&](const Row& row) {
                                        damaged |= !into[row.name].ParseFromString(row.body);
                                        return true;
                                      }));
    if (damaged) return absl::DataLossError("a stored resource of the directory cannot be read");
    return absl::OkStatus();
  }

  template <typename Message>
  void Overlay(absl::string_view field, const google::protobuf::RepeatedPtrField<Message>& messages,
               absl::flat_hash_map<std::string, Message>& into) {
    absl::flat_hash_set<std::string> sent;
    for (int i = 0; i < messages.size(); ++i) {
      if (!sent.insert(messages[i].name()).second) {
        violations_.push_back({absl::StrCat(field, "[", i, "].name"), "stands twice"});
      }
      into[messages[i].name()] = messages[i];
    }
  }

  void CheckAgency(int i) {
    const v1::Agency& agency = request_.agencies(i);
    if (agency.has_valid_from() && agency.has_valid_to() &&
        ToCivilDay(agency.valid_to()) < ToCivilDay(agency.valid_from())) {
      violations_.push_back({absl::StrCat("agencies[", i, "].valid_to"), "is before valid_from"});
    }
  }

  void CheckClient(int i) {
    const v1::Client& client = request_.clients(i);
    const std::string path = absl::StrCat("clients[", i, "]");
    if (!agencies_.contains(ParentOf(client.name()))) {
      violations_.push_back({path + ".name", "is of an agency that the directory lacks"});
    }
    for (int r = 0; r < client.roles_size(); ++r) {
      if (client.roles(r) == v1::ROLE_UNSPECIFIED) {
        violations_.push_back({absl::StrCat(path, ".roles[", r, "]"), "is not a role"});
      }
    }
    for (int c = 0; c < client.certificate_identities_size(); ++c) {
      if (!IsCertificateIdentity(client.certificate_identities(c))) {
        violations_.push_back(
            {absl::StrCat(path, ".certificate_identities[", c, "]"),
             "must be uri:…, dns:… in lower case, or sha256: and 64 hexadecimal digits"});
      }
    }
    for (int t = 0; t < client.token_identities_size(); ++t) {
      const v1::Client::TokenIdentity& identity = client.token_identities(t);
      if (!IsGraphic(identity.issuer()) || !IsGraphic(identity.client_id())) {
        violations_.push_back({absl::StrCat(path, ".token_identities[", t, "]"),
                               "must be of printable characters without spaces"});
      }
    }
  }

  void CheckArea(int i) {
    const v1::Area& area = request_.areas(i);
    const std::string path = absl::StrCat("areas[", i, "]");
    if (LastIdentifier(area.name()) != absl::AsciiStrToLower(area.code())) {
      violations_.push_back({path + ".name", "must end with the area's code in lower case"});
    }
    if (area.parent().empty()) return;
    const auto parent = areas_.find(area.parent());
    if (parent == areas_.end()) {
      violations_.push_back({path + ".parent", "names an area that the directory lacks"});
    } else if (parent->second.level() >= area.level()) {
      violations_.push_back({path + ".parent", "is not coarser than the area"});
    }
  }

  // What areas add up to has been told by releases: with other sums, what these hid would
  // not be protected any more.
  absl::Status CheckParents() {
    std::vector<FieldViolation> changed;
    for (int i = 0; i < request_.areas_size(); ++i) {
      const auto stored = areas_.find(request_.areas(i).name());
      if (stored == areas_.end() || stored->second.parent().empty() ||
          stored->second.parent() == request_.areas(i).parent()) {
        continue;
      }
      changed.push_back({absl::StrCat("areas[", i, "].parent"),
                         "must not change once figures were released: make a new area"});
    }
    if (changed.empty()) return absl::OkStatus();
    bool any_released = false;
    bool damaged = false;
    RETURN_IF_ERROR(transaction_.Scan(grant_, Kind::kRelease,
                                      {"releases/", "", transaction_.Latest(), std::nullopt},
                                      [&](const Row& row) {
                                        v1::Release release;
                                        damaged |= !release.ParseFromString(row.body);
                                        any_released |= release.has_selection();
                                        return !any_released;
                                      }));
    if (damaged) return absl::DataLossError("a stored release cannot be read");
    if (any_released) {
      violations_.insert(violations_.end(), changed.begin(), changed.end());
    }
    return absl::OkStatus();
  }

  void CheckSharedIdentities() {
    absl::flat_hash_map<std::string, std::string> certificates;
    absl::flat_hash_map<std::pair<std::string, std::string>, std::string> tokens;
    for (const auto& [name, client] : clients_) {
      for (const std::string& identity : client.certificate_identities()) {
        CheckOwner("certificate", name, certificates.emplace(identity, name).first->second);
      }
      for (const v1::Client::TokenIdentity& identity : client.token_identities()) {
        CheckOwner(
            "token", name,
            tokens.emplace(std::pair(identity.issuer(), identity.client_id()), name).first->second);
      }
    }
  }

  // `owner` is the client that has the identity already, or `name` itself.
  void CheckOwner(absl::string_view kind, const std::string& name, const std::string& owner) {
    if (owner == name) return;
    violations_.push_back(
        {"clients", absl::StrCat("the clients ", std::min(name, owner), " and ",
                                 std::max(name, owner), " would share a ", kind, " identity")});
  }

  // Nobody could mend a directory without one.
  void CheckAdministrator(absl::CivilDay today) {
    const auto takes_part = [&](absl::string_view agency_name) {
      const auto found = agencies_.find(agency_name);
      if (found == agencies_.end()) return false;
      const v1::Agency& agency = found->second;
      return (!agency.has_valid_from() || ToCivilDay(agency.valid_from()) <= today) &&
             (!agency.has_valid_to() || ToCivilDay(agency.valid_to()) >= today);
    };
    const bool any = absl::c_any_of(clients_, [&](const auto& entry) {
      return !entry.second.revoked() && takes_part(ParentOf(entry.first)) &&
             absl::c_linear_search(entry.second.roles(), static_cast<int>(v1::ADMINISTRATOR));
    });
    if (!any) violations_.push_back({"clients", "would leave no administrator"});
  }

  const store::Transaction& transaction_;
  const auth::Grant& grant_;
  const v1::ApplyDirectoryRequest& request_;
  std::vector<FieldViolation> violations_;
  absl::flat_hash_map<std::string, v1::Agency> agencies_;
  absl::flat_hash_map<std::string, v1::Client> clients_;
  absl::flat_hash_map<std::string, v1::Area> areas_;
};

}  // namespace

absl::StatusOr<v1::ListAgenciesResponse> DirectoryService::ListAgencies(
    const door::Call& call, const v1::ListAgenciesRequest& request) const {
  v1::ListAgenciesResponse response;
  RETURN_IF_ERROR(ListInto(store_, call, Kind::kAgency, "agencies/", request,
                           *response.mutable_agencies(), *response.mutable_next_page_token()));
  return response;
}

absl::StatusOr<v1::ListClientsResponse> DirectoryService::ListClients(
    const door::Call& call, const v1::ListClientsRequest& request) const {
  v1::ListClientsResponse response;
  const std::string prefix =
      request.parent() == "agencies/-" ? "agencies/" : absl::StrCat(request.parent(), "/clients/");
  RETURN_IF_ERROR(ListInto(store_, call, Kind::kClient, prefix, request,
                           *response.mutable_clients(), *response.mutable_next_page_token()));
  return response;
}

absl::StatusOr<v1::WhoAmIResponse> DirectoryService::WhoAmI(
    const door::Call& call, const v1::WhoAmIRequest& /*request*/) const {
  const auth::Principal& principal = call.principal();
  v1::WhoAmIResponse response;
  response.set_client(principal.client);
  response.set_display_name(principal.display_name);
  response.set_agency(principal.agency);
  response.set_agency_display_name(principal.agency_display_name);
  for (const v1::Role role : principal.roles) response.add_roles(role);
  response.set_certificate_identity(principal.certificate_identity);
  *response.mutable_certificate_not_after() = ToTimestamp(principal.certificate->not_after);
  response.set_default_purpose(principal.default_purpose);
  for (const auto& agreement : call.policy().AgreementsOf(principal.agency)) {
    const v1::Agreement& message = agreement->message;
    v1::WhoAmIResponse::Access& access = *response.add_agreements();
    access.set_agreement(message.name());
    access.set_display_name(message.display_name());
    access.set_version(message.version());
    access.set_in_force(agreement->InForce(call.now()));
    *access.mutable_purposes() = message.purposes();
    *access.mutable_data_sets() = message.scope().data_sets();
    if (message.has_effective_to()) *access.mutable_effective_to() = message.effective_to();
    *access.mutable_review_date() = message.review_date();
    if (access.in_force() && agreement->until < absl::InfiniteFuture()) {
      access.set_days_left(static_cast<int32_t>(DayOf(agreement->until) - 1 - DayOf(call.now())));
    }
    ASSIGN_OR_RETURN(const quota::Standings standings,
                     quotas_.OfAgreement(principal, *agreement, call.now(), store_));
    access.mutable_quotas()->Add(standings.begin(), standings.end());
  }
  const quota::Standings standings = quotas_.OfClient(principal, call.now());
  response.mutable_quotas()->Add(standings.begin(), standings.end());
  *response.mutable_server_time() = ToTimestamp(call.now());
  return response;
}

absl::StatusOr<v1::ListRefusedHandshakesResponse> DirectoryService::ListRefusedHandshakes(
    const door::Call& call, const v1::ListRefusedHandshakesRequest& request) const {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store_));
  int64_t before = INT64_MAX;
  if (!page.cursor.empty() && !absl::SimpleAtoi(page.cursor, &before)) {
    return absl::InternalError("a page token of this server cannot be read");
  }
  v1::ListRefusedHandshakesResponse response;
  PageFiller filler(page);
  for (const auto& refused : refused_.Before(before, static_cast<size_t>(page.size) + 1)) {
    if (!filler.Take(refused.handshake.ByteSizeLong(), absl::StrCat(refused.number))) break;
    *response.add_refused() = refused.handshake;
  }
  response.set_next_page_token(filler.next_page_token());
  response.set_total(refused_.total());
  return response;
}

absl::StatusOr<v1::ApplyDirectoryResponse> DirectoryService::ApplyDirectory(
    const door::Call& call, const v1::ApplyDirectoryRequest& request,
    store::Transaction& transaction) const {
  v1::ApplyDirectoryRequest kept = request;
  for (v1::Client& client : *kept.mutable_clients()) {
    RETURN_IF_ERROR(KeepRevocation(transaction, call.grant(), client));
  }
  DirectoryChecker checker(transaction, call.grant(), kept);
  ASSIGN_OR_RETURN(const std::vector<FieldViolation> violations, checker.Check(DayOf(call.now())));
  RETURN_IF_ERROR(FromViolations(violations));

  v1::ApplyDirectoryResponse response;
  const auto apply_all = [&](Kind kind, const auto& messages) -> absl::Status {
    for (const auto& message : messages) {
      RETURN_IF_ERROR(ApplyResource(transaction, call.grant(), kind, message.name(), message, {},
                                    {transaction.CommitTime()}, *response.mutable_changes())
                          .status());
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(apply_all(Kind::kAgency, request.agencies()));
  RETURN_IF_ERROR(apply_all(Kind::kClient, kept.clients()));
  RETURN_IF_ERROR(apply_all(Kind::kArea, request.areas()));
  return response;
}

absl::StatusOr<v1::RevokeClientResponse> DirectoryService::RevokeClient(
    const door::Call& call, const v1::RevokeClientRequest& request,
    store::Transaction& transaction) const {
  ASSIGN_OR_RETURN(v1::Client client,
                   Current<v1::Client>(transaction, call.grant(), Kind::kClient, request.name()));
  if (!client.has_revocation()) {
    client.set_revoked(true);
    v1::ApplyDirectoryRequest as_applied;
    *as_applied.add_clients() = client;
    DirectoryChecker checker(transaction, call.grant(), as_applied);
    ASSIGN_OR_RETURN(const std::vector<FieldViolation> violations,
                     checker.Check(DayOf(call.now())));
    if (!violations.empty()) return InvalidField("name", violations[0].description);
    v1::Client::Revocation& revocation = *client.mutable_revocation();
    revocation.set_client(call.principal().client);
    *revocation.mutable_time() = ToTimestamp(transaction.CommitTime());
    revocation.set_reason(request.reason());
  }
  Changes changes;
  ASSIGN_OR_RETURN(const int64_t revision,
                   ApplyResource(transaction, call.grant(), Kind::kClient, client.name(), client,
                                 {}, {transaction.CommitTime()}, changes));
  v1::RevokeClientResponse response;
  *response.mutable_client() = std::move(client);
  response.mutable_client()->set_revision(revision);
  return response;
}

}  // namespace concordat::services
