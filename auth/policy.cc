#include "auth/policy.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/resource_name.h"
#include "base/status.h"

namespace concordat::auth {
namespace {

template <typename Message>
void UpdateWith(Sha256& digest, const std::vector<Message>& messages) {
  for (const Message& message : messages) {
    const std::string bytes = message.SerializeAsString();
    digest.Update(absl::StrCat(bytes.size(), ":"));
    digest.Update(bytes);
  }
}

template <typename Values, typename Value>
bool Contains(const Values& values, const Value& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// First instant of the day `after` days after `date`; a date that cannot be
// read is never reached as a beginning and always past as an end.
absl::Time FirstInstant(const google::type::Date& date, int after) {
  const std::optional<absl::CivilDay> day = ToCivilDay(date);
  if (!day.has_value()) return after == 0 ? absl::InfiniteFuture() : absl::InfinitePast();
  return StartOf(*day + after);
}

template <typename Roles>
std::string RoleNames(const Roles& roles) {
  return absl::StrJoin(roles, ",", [](std::string* out, int role) {
    absl::StrAppend(out, v1::Role_Name(static_cast<v1::Role>(role)));
  });
}

bool SameRoles(const std::vector<v1::Role>& a, const std::vector<v1::Role>& b) {
  return std::is_permutation(a.begin(), a.end(), b.begin(), b.end());
}

template <typename Roles>
bool HasOneOf(const Principal& principal, const Roles& roles) {
  return std::any_of(roles.begin(), roles.end(),
                     [&](int role) { return principal.Has(static_cast<v1::Role>(role)); });
}

absl::Status Revoked() {
  return MakeError(v1::CLIENT_REVOKED,
                   "the client was revoked, or its agency does not take part today; ask the "
                   "partnership's office");
}

// The request of one principal, as an agreement judges it.
struct Question {
  const Principal& principal;
  const v1::AccessRule& rule;
  const RequestFacts& facts;
  absl::Time now;
  bool by_default = facts.purpose.empty();
  const std::string& purpose = by_default ? principal.default_purpose : facts.purpose;
};

// In the order in which they are judged: each that holds makes a refusal more
// telling.
constexpr v1::AccessClause kClauses[] = {
    v1::IN_FORCE,
    v1::RECEIVES,
    v1::DATA_SET_SHARED,
    v1::PURPOSE_NAMED,
    v1::DEFAULT_PURPOSE_ACCEPTED,
    v1::ROLE_HELD,
    v1::ON_BEHALF_OF_NAMED,
    v1::RESOURCE_IN_SCOPE,
};

bool Holds(v1::AccessClause clause, const CompiledAgreement& agreement, const Question& question) {
  const v1::Agreement& message = agreement.message;
  switch (clause) {
    case v1::IN_FORCE:
      return agreement.InForce(question.now);
    case v1::RECEIVES:
      return Receives(message, question.principal.agency);
    case v1::DATA_SET_SHARED:
      return Contains(message.scope().data_sets(), static_cast<int>(question.rule.data_set()));
    case v1::PURPOSE_NAMED:
      return Contains(message.purposes(), question.purpose);
    case v1::DEFAULT_PURPOSE_ACCEPTED:
      return !question.by_default || message.accepts_default_purpose();
    case v1::ROLE_HELD:
      return HasOneOf(question.principal, message.roles());
    case v1::ON_BEHALF_OF_NAMED:
      return !message.requires_on_behalf_of() || question.facts.has_on_behalf_of;
    case v1::RESOURCE_IN_SCOPE:
      return CoverageOf(agreement, question.principal.agency, question.facts.resource) !=
             Coverage::kNone;
    default:
      return false;
  }
}

// The first clause that does not hold; none when all do.
v1::AccessClause FirstMissing(const CompiledAgreement& agreement, const Question& question) {
  for (const v1::AccessClause clause : kClauses) {
    if (!Holds(clause, agreement, question)) return clause;
  }
  return v1::ACCESS_CLAUSE_UNSPECIFIED;
}

bool IsNamed(const RequestFacts& facts, const CompiledAgreement& agreement) {
  return facts.agreement.empty() || agreement.message.name() == facts.agreement;
}

}  // namespace

Coverage CoverageOf(const CompiledAgreement& agreement, absl::string_view agency,
                    absl::string_view resource) {
  const bool by_topic = !agreement.topics.empty();
  const Coverage covered = by_topic ? Coverage::kPart : Coverage::kAll;
  const auto in = [&](const NameSet& names, absl::string_view name) {
    if (absl::EndsWith(name, "/-")) {
      if (names.empty()) return Coverage::kNone;
      return names.all() && agreement.withheld.empty() ? covered : Coverage::kPart;
    }
    return names.Contains(name) && !agreement.Withholds(name, agency) ? covered : Coverage::kNone;
  };
  if (absl::StartsWith(resource, "plans/")) {
    return in(agreement.plans, absl::StrCat("plans/", IdentifierAt(resource, 0)));
  }
  if (absl::StartsWith(resource, "measures/")) return in(agreement.measures, resource);
  if (absl::StartsWith(resource, "releases/")) {
    return in(agreement.releases, absl::StrCat("releases/", IdentifierAt(resource, 0)));
  }
  // No resource, or one that every agreement over the data set covers.
  return covered;
}

bool Receives(const v1::Agreement& agreement, absl::string_view agency) {
  for (const v1::Agreement::Party& party : agreement.parties()) {
    if (party.agency() == agency && party.receives()) return true;
  }
  return false;
}

std::string RuleText(const v1::AccessRule& rule) {
  std::string text =
      absl::StrCat(v1::AccessRule::Basis_Name(rule.basis()), " ", v1::DataSet_Name(rule.data_set()),
                   " ", v1::AccessRule::Permission_Name(rule.permission()));
  if (rule.roles_size() > 0) absl::StrAppend(&text, " ", RoleNames(rule.roles()));
  return text;
}

Policy::Policy(const Source& source)
    : revision_(source.revision), contributions_(source.contributions) {
  Sha256 digest;
  UpdateWith(digest, source.agencies);
  UpdateWith(digest, source.clients);
  UpdateWith(digest, source.agreements);
  // In the order of their names, which a hash map does not keep.
  for (const auto& [name, agency] : std::map<std::string, std::string>(
           source.contributions.begin(), source.contributions.end())) {
    digest.Update(absl::StrCat(name, " ", agency, "\n"));
  }
  digest_ = digest.Finish();

  absl::flat_hash_map<std::string, const v1::Agency*> agencies;
  for (const v1::Agency& agency : source.agencies) {
    agencies[agency.name()] = &agency;
    agencies_[agency.name()] = agency.display_name();
  }
  for (const v1::Client& client : source.clients) {
    KnownClient known;
    known.revoked = client.revoked();
    known.principal = std::make_shared<Principal>();
    Principal& principal = *known.principal;
    principal.client = client.name();
    principal.agency = std::string(ParentOf(client.name()));
    principal.display_name = client.display_name();
    // A client of an agency that is not in the directory has no days at all.
    if (const auto found = agencies.find(principal.agency); found != agencies.end()) {
      const v1::Agency& agency = *found->second;
      principal.agency_display_name = agency.display_name();
      known.from =
          agency.has_valid_from() ? FirstInstant(agency.valid_from(), 0) : absl::InfinitePast();
      known.until =
          agency.has_valid_to() ? FirstInstant(agency.valid_to(), 1) : absl::InfiniteFuture();
    }
    for (const int role : client.roles()) principal.roles.push_back(static_cast<v1::Role>(role));
    principal.default_purpose = client.default_purpose();
    principal.requests_per_minute = client.requests_per_minute();
    client_by_name_[client.name()] = clients_.size();
    for (const std::string& identity : client.certificate_identities()) {
      const auto [entry, added] = client_by_identity_.emplace(identity, clients_.size());
      if (!added && entry->second != clients_.size()) entry->second = kSharedIdentity;
    }
    for (const v1::Client::TokenIdentity& identity : client.token_identities()) {
      const auto [entry, added] = client_by_token_identity_.emplace(
          TokenIdentity(identity.issuer(), identity.client_id()), clients_.size());
      if (!added && entry->second != clients_.size()) entry->second = kSharedIdentity;
    }
    clients_.push_back(std::move(known));
  }
  for (const v1::Agreement& agreement : source.agreements) {
    const auto compiled =
        std::make_shared<const CompiledAgreement>(agreement, source.contributions);
    agreements_.push_back(compiled);
    for (const v1::Agreement::Party& party : agreement.parties()) {
      auto& list = agreements_by_agency_[party.agency()];
      if (list.empty() || list.back() != compiled) list.push_back(compiled);
    }
  }
  const auto by_name = [](const auto& a, const auto& b) {
    return a->message.name() < b->message.name();
  };
  std::sort(agreements_.begin(), agreements_.end(), by_name);
  for (auto& [agency, list] : agreements_by_agency_) std::sort(list.begin(), list.end(), by_name);
}

bool Policy::HasAgreement(absl::string_view name) const {
  return std::any_of(agreements_.begin(), agreements_.end(),
                     [&](const auto& agreement) { return agreement->message.name() == name; });
}

absl::string_view Policy::ContributorOf(absl::string_view resource) const {
  // `plans/p` of `plans/p/actions/a`.
  const size_t slash = resource.find('/', resource.find('/') + 1);
  const auto found = contributions_.find(resource.substr(0, slash));
  return found == contributions_.end() ? absl::string_view() : absl::string_view(found->second);
}

absl::string_view Policy::AgencyDisplayName(absl::string_view name) const {
  const auto found = agencies_.find(name);
  return found == agencies_.end() ? absl::string_view() : found->second;
}

absl::StatusOr<std::shared_ptr<const Principal>> Policy::Identify(
    const std::shared_ptr<const Certificate>& certificate, absl::Time now) const {
  if (now < certificate->not_before || now >= certificate->not_after) {
    return MakeError(v1::CERTIFICATE_EXPIRED,
                     "the client certificate is not valid at the server's time; renew it");
  }
  const KnownClient* found = nullptr;
  const std::string* found_by = nullptr;
  for (const std::string& identity : certificate->identities) {
    const auto match = client_by_identity_.find(identity);
    if (match == client_by_identity_.end()) continue;
    const bool shared = match->second == kSharedIdentity;
    if (shared || (found != nullptr && found != &clients_[match->second])) {
      return MakeError(v1::CERTIFICATE_AMBIGUOUS,
                       "the client certificate names more than one client of the directory");
    }
    const KnownClient& client = clients_[match->second];
    found = &client;
    found_by = &identity;
  }
  if (found == nullptr) {
    return MakeError(v1::CLIENT_UNKNOWN,
                     "no client in the directory has this certificate; ask the partnership's "
                     "office to add it, quoting the certificate's SHA-256",
                     {{"certificate_sha256", absl::BytesToHexString(certificate->sha256)}});
  }
  if (!found->TakesPart(now)) return Revoked();
  auto principal = std::make_shared<Principal>(*found->principal);
  principal->certificate_identity = *found_by;
  principal->certificate = certificate;
  return std::shared_ptr<const Principal>(std::move(principal));
}

absl::StatusOr<std::shared_ptr<const Principal>> Policy::PrincipalOf(absl::string_view client,
                                                                     absl::Time now) const {
  const auto found = client_by_name_.find(client);
  if (found == client_by_name_.end()) {
    return MakeError(v1::CLIENT_UNKNOWN, "the directory has no such client");
  }
  const KnownClient& known = clients_[found->second];
  if (!known.TakesPart(now)) return Revoked();
  return std::shared_ptr<const Principal>(known.principal);
}

std::vector<std::shared_ptr<const Principal>> Policy::ClientsOf(absl::string_view agency,
                                                                absl::Time now) const {
  std::vector<std::shared_ptr<const Principal>> clients;
  for (const KnownClient& known : clients_) {
    if (known.principal->agency == agency && known.TakesPart(now)) {
      clients.push_back(known.principal);
    }
  }
  std::sort(clients.begin(), clients.end(),
            [](const auto& a, const auto& b) { return a->client < b->client; });
  return clients;
}

bool Policy::IsTokenOf(const AccessToken& token, size_t client) const {
  const auto found = client_by_token_identity_.find(TokenIdentity(token.issuer, token.client_id));
  return found != client_by_token_identity_.end() && found->second == client;
}

absl::StatusOr<std::shared_ptr<const Principal>> Policy::IdentifyToken(
    const Principal& principal, std::shared_ptr<const AccessToken> token) const {
  const auto client = client_by_name_.find(principal.client);
  if (client == client_by_name_.end() || !IsTokenOf(*token, client->second)) {
    return MakeError(v1::TOKEN_CLIENT_MISMATCH,
                     "the client of the certificate does not have the access token's issuer and "
                     "client in the directory; ask the partnership's office to add them");
  }
  auto with_token = std::make_shared<Principal>(principal);
  with_token->token = std::move(token);
  return std::shared_ptr<const Principal>(std::move(with_token));
}

absl::StatusOr<Grant> Policy::Authorise(const Principal& principal, const v1::AccessRule& rule,
                                        const RequestFacts& facts, absl::Time now) const {
  Grant grant;
  grant.basis_ = rule.basis();
  grant.data_set_ = rule.data_set();
  grant.agency_ = principal.agency;
  switch (rule.basis()) {
    case v1::AccessRule::AGREEMENT:
      return AuthoriseByAgreement(principal, rule, facts, now);
    case v1::AccessRule::ROLE:
      if (!HasOneOf(principal, rule.roles())) {
        return MakeError(
            v1::ROLE_MISSING,
            absl::StrCat("the client holds none of the roles ", RoleNames(rule.roles())),
            {{"roles", RoleNames(rule.roles())}});
      }
      return grant;
    case v1::AccessRule::SELF:
      // An auditor reads the whole log; those who keep the agreements read all
      // of them, and the board's office sees what everybody owes.
      grant.sees_all_agencies_ =
          principal.Has(v1::AUDITOR) ||
          (rule.data_set() == v1::AGREEMENTS &&
           (principal.Has(v1::ADMINISTRATOR) || principal.Has(v1::COORDINATOR))) ||
          (rule.data_set() == v1::RETURNS && principal.Has(v1::COORDINATOR));
      return grant;
    default:
      return MakeError(v1::NO_AGREEMENT, "the method has no access rule");
  }
}

absl::StatusOr<Grant> Policy::AuthoriseByAgreement(const Principal& principal,
                                                   const v1::AccessRule& rule,
                                                   const RequestFacts& facts,
                                                   absl::Time now) const {
  const Question question{principal, rule, facts, now};
  const absl::string_view data_set = v1::DataSet_Name(rule.data_set());
  if (question.purpose.empty()) {
    return MakeError(v1::PURPOSE_MISSING,
                     "the call names no purpose and the client has no default one; send the "
                     "metadata key concordat-purpose",
                     {{"data_set", data_set}});
  }

  std::shared_ptr<const CompiledAgreement> whole;
  std::shared_ptr<const CompiledAgreement> part;
  std::shared_ptr<const CompiledAgreement> outside;
  // Of the agreement that comes furthest: its refusal tells most.
  v1::AccessClause missing = v1::ACCESS_CLAUSE_UNSPECIFIED;
  std::string missing_roles;
  const auto list = agreements_by_agency_.find(principal.agency);
  if (list != agreements_by_agency_.end()) {
    for (const auto& agreement : list->second) {
      if (!IsNamed(facts, *agreement)) continue;
      const v1::AccessClause failed = FirstMissing(*agreement, question);
      if (failed == v1::RESOURCE_IN_SCOPE) {
        if (outside == nullptr) outside = agreement;
      } else if (failed != v1::ACCESS_CLAUSE_UNSPECIFIED) {
        missing = std::max(missing, failed);
        if (failed == v1::ROLE_HELD) missing_roles = RoleNames(agreement->message.roles());
      } else if (CoverageOf(*agreement, principal.agency, facts.resource) == Coverage::kAll) {
        whole = agreement;
        break;
      } else if (part == nullptr) {
        part = agreement;
      }
    }
  }

  Grant grant;
  grant.basis_ = v1::AccessRule::AGREEMENT;
  grant.data_set_ = rule.data_set();
  grant.agency_ = principal.agency;
  grant.purpose_ = question.purpose;
  grant.agreement_ = whole != nullptr ? whole : part;
  if (grant.agreement_ != nullptr) return grant;
  if (outside != nullptr) {
    grant.agreement_ = outside;
    return grant.OutOfScope();
  }
  switch (missing) {
    case v1::DEFAULT_PURPOSE_ACCEPTED:
      return MakeError(v1::PURPOSE_MISSING,
                       "the agreement does not accept a client's default purpose; send the "
                       "metadata key concordat-purpose",
                       {{"data_set", data_set}});
    case v1::ROLE_HELD:
      return MakeError(v1::ROLE_MISSING,
                       absl::StrCat("the agreement asks for one of the roles ", missing_roles),
                       {{"roles", missing_roles}});
    case v1::ON_BEHALF_OF_NAMED:
      return MakeError(v1::ON_BEHALF_OF_MISSING,
                       "the agreement asks for the person on whose behalf the call is made; send "
                       "the metadata key concordat-on-behalf-of",
                       {{"data_set", data_set}});
    default:
      return MakeError(v1::NO_AGREEMENT,
                       "no agreement in force covers this agency, data set and purpose; "
                       "`concordat access explain` says what is missing",
                       {{"data_set", data_set}, {"purpose", question.purpose}});
  }
}

std::vector<Judgement> Policy::Judge(const Principal& principal, const v1::AccessRule& rule,
                                     const RequestFacts& facts, absl::Time now) const {
  const Question question{principal, rule, facts, now};
  std::vector<Judgement> judgements;
  for (const auto& agreement : AgreementsOf(principal.agency)) {
    if (!IsNamed(facts, *agreement)) continue;
    Judgement& judgement = judgements.emplace_back();
    judgement.agreement = agreement;
    for (const v1::AccessClause clause : kClauses) {
      judgement.clauses.push_back({clause, Holds(clause, *agreement, question)});
    }
    judgement.coverage = CoverageOf(*agreement, principal.agency, facts.resource);
  }
  return judgements;
}

absl::StatusOr<Grant> Policy::AuthoriseInitialisation() const {
  if (!clients_.empty()) {
    return absl::FailedPreconditionError(
        "the store has clients already; an administrator adds others with `concordat apply`");
  }
  Grant grant;
  grant.basis_ = v1::AccessRule::ROLE;
  return grant;
}

bool Policy::StillAllows(const Principal& principal, const Grant& grant, absl::Time now) const {
  const auto client = client_by_name_.find(principal.client);
  if (client == client_by_name_.end() || !clients_[client->second].TakesPart(now) ||
      !SameRoles(clients_[client->second].principal->roles, principal.roles)) {
    return false;
  }
  if (now >= principal.certificate->not_after) return false;
  // The certificate may have been taken from the client meanwhile.
  const auto identity = client_by_identity_.find(principal.certificate_identity);
  if (identity == client_by_identity_.end() || identity->second != client->second) return false;
  if (principal.token != nullptr &&
      (now >= principal.token->expires + AccessTokenVerifier::kLeeway ||
       !IsTokenOf(*principal.token, client->second))) {
    return false;
  }
  if (grant.agreement() == nullptr) return true;
  for (const auto& agreement : AgreementsOf(principal.agency)) {
    if (agreement->message.name() == grant.agreement()->message.name()) {
      return agreement->InForce(now) && agreement->digest == grant.agreement()->digest;
    }
  }
  return false;
}

std::vector<std::shared_ptr<const CompiledAgreement>> Policy::AgreementsOf(
    absl::string_view agency) const {
  const auto found = agreements_by_agency_.find(agency);
  if (found == agreements_by_agency_.end()) return {};
  return found->second;
}

}  // namespace concordat::auth
