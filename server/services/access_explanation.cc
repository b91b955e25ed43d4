#include "server/services/access_explanation.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "absl/algorithm/container.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "auth/resource_field.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "google/protobuf/descriptor.h"
#include "server/services/agreement_life.h"

namespace concordat::services {
namespace {

using google::protobuf::MethodDescriptor;
using Judgement = v1::ExplainAccessResponse::AgreementJudgement;

// Null when the contract has none. `PlanService/GetPlan`, with or without the
// package and a slash before it.
const MethodDescriptor* FindMethod(absl::string_view path) {
  path = absl::StripPrefix(path, "/");
  path = absl::StripPrefix(path, "concordat.v1.");
  const google::protobuf::FileDescriptor& contract =
      *v1::ExplainAccessRequest::descriptor()->file();
  return contract.pool()->FindMethodByName(
      absl::StrCat("concordat.v1.", absl::StrReplaceAll(path, {{"/", "."}})));
}

template <typename Values>
std::string Names(const google::protobuf::EnumDescriptor& type, const Values& values) {
  return absl::StrJoin(values, ", ", [&type](std::string* out, int value) {
    const auto* known = type.FindValueByNumber(value);
    out->append(known != nullptr ? known->name() : absl::StrCat(value));
  });
}

template <typename Roles>
std::string RoleNames(const Roles& roles) {
  return roles.empty() ? "none" : Names(*v1::Role_descriptor(), roles);
}

std::string DayText(const google::type::Date& date) {
  const auto day = ToCivilDay(date);
  return day.has_value() ? FormatDay(*day) : "a day that cannot be read";
}

std::string ForceText(const v1::Agreement& agreement, absl::Time now) {
  std::string text =
      absl::StrCat("it is ", v1::Agreement::State_Name(auth::StateAt(agreement, now)), ", from ",
                   DayText(agreement.effective_from()));
  if (agreement.has_effective_to()) {
    absl::StrAppend(&text, " to ", DayText(agreement.effective_to()));
  }
  if (agreement.suspend_when_review_lapses()) {
    absl::StrAppend(&text, ", and stops when it is not reviewed by ",
                    DayText(agreement.review_date()));
  }
  return text;
}

std::string ScopeText(const v1::Agreement& agreement, absl::string_view resource) {
  const v1::Agreement::Scope& scope = agreement.scope();
  std::vector<std::string> parts;
  const auto add = [&](absl::string_view what, const auto& names) {
    if (!names.empty()) parts.push_back(absl::StrCat(what, ": ", absl::StrJoin(names, ", ")));
  };
  add("plans", scope.plans());
  add("measures", scope.measures());
  add("releases", scope.releases());
  add("topics", scope.topics());
  for (const v1::Agreement::Withholding& withholding : agreement.withholdings()) {
    parts.push_back(absl::StrCat("but what ", withholding.agency(), " contributes is suspended"));
  }
  return absl::StrCat("it names ", parts.empty() ? "nothing" : absl::StrJoin(parts, "; "),
                      "; the request is about ", resource.empty() ? "no one thing" : resource);
}

// What the agreement says and what the request has.
std::string ClauseText(v1::AccessClause clause, const v1::Agreement& agreement,
                       const auth::Principal& principal, const v1::AccessRule& rule,
                       const auth::RequestFacts& facts, absl::Time now) {
  switch (clause) {
    case v1::IN_FORCE:
      return ForceText(agreement, now);
    case v1::RECEIVES:
      return absl::StrCat(principal.agency, auth::Receives(agreement, principal.agency)
                                                ? " receives by it"
                                                : " only provides by it");
    case v1::DATA_SET_SHARED:
      return absl::StrCat("it shares ",
                          Names(*v1::DataSet_descriptor(), agreement.scope().data_sets()),
                          "; the method asks for ", v1::DataSet_Name(rule.data_set()));
    case v1::PURPOSE_NAMED:
      return absl::StrCat("it names ", absl::StrJoin(agreement.purposes(), ", "),
                          "; the request has ",
                          !facts.purpose.empty() ? facts.purpose
                          : principal.default_purpose.empty()
                              ? "none"
                              : absl::StrCat("the client's default, ", principal.default_purpose));
    case v1::DEFAULT_PURPOSE_ACCEPTED:
      return agreement.accepts_default_purpose() ? "it accepts a client's default purpose"
                                                 : "it asks each request to name its purpose";
    case v1::ROLE_HELD:
      return absl::StrCat("it asks for one of ", RoleNames(agreement.roles()),
                          "; the client holds ", RoleNames(principal.roles));
    case v1::ON_BEHALF_OF_NAMED:
      return agreement.requires_on_behalf_of()
                 ? "it asks each request to name the person on whose behalf it is made"
                 : "it does not ask for a person on whose behalf the request is made";
    case v1::RESOURCE_IN_SCOPE:
      return ScopeText(agreement, facts.resource);
    default:
      return {};
  }
}

// The kind of the one resource of that name that a grant's scope is judged by;
// nothing for a list, and for what is not judged by its name.
std::optional<store::Kind> KindNamed(absl::string_view resource) {
  if (MatchesPattern(resource, "plans/{plan}")) return store::Kind::kPlan;
  if (MatchesPattern(resource, "plans/{plan}/actions/{action}")) return store::Kind::kAction;
  if (MatchesPattern(resource, "measures/{measure}")) return store::Kind::kMeasure;
  if (MatchesPattern(resource, "releases/{release}")) return store::Kind::kRelease;
  return std::nullopt;
}

void FillJudgement(const auth::Judgement& judged, const auth::Principal& principal,
                   const v1::AccessRule& rule, const auth::RequestFacts& facts, absl::Time now,
                   Judgement& judgement) {
  const v1::Agreement& agreement = judged.agreement->message;
  judgement.set_agreement(agreement.name());
  judgement.set_display_name(agreement.display_name());
  judgement.set_version(agreement.version());
  judgement.set_digest(absl::BytesToHexString(judged.agreement->digest));
  const std::optional<store::Kind> kind = KindNamed(facts.resource);
  // An action or a measure is in scope as a whole, or not at all.
  const bool is_whole = kind == store::Kind::kAction || kind == store::Kind::kMeasure;
  judgement.set_part_only(judged.coverage == auth::Coverage::kPart && !is_whole);
  for (const auth::Judgement::Clause& clause : judged.clauses) {
    auto& shown = *judgement.add_clauses();
    shown.set_clause(clause.clause);
    shown.set_holds(clause.holds);
    shown.set_text(ClauseText(clause.clause, agreement, principal, rule, facts, now));
  }
}

// What the method itself would say of the resource: that the store's grant does not
// cover it, whatever is stored, or that it is an agreement of others.
absl::Status JudgeResource(const auth::Principal& principal, const auth::Grant& grant,
                           const v1::AccessRule& rule, absl::string_view resource,
                           const auth::Policy& policy, const store::Store& store,
                           absl::Time as_of) {
  if (rule.data_set() == v1::AGREEMENTS && !resource.empty()) {
    const bool reaches =
        absl::c_any_of(policy.AgreementsOf(principal.agency),
                       [&](const auto& own) { return own->message.name() == resource; });
    return reaches || KeepsAll(principal, grant) ? absl::OkStatus() : grant.OutOfScope();
  }
  const std::optional<store::Kind> kind = KindNamed(resource);
  if (!kind.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const store::Store::State state, store.ReadState());
  const absl::Status found = store.Find(grant, *kind, resource, {state.revision, as_of}).status();
  // That a name in scope names nothing is no refusal.
  return absl::IsNotFound(found) ? absl::OkStatus() : found;
}

void SetOutcome(const absl::Status& outcome, v1::ExplainAccessResponse& response) {
  response.set_allowed(outcome.ok());
  if (outcome.ok()) return;
  response.set_reason(ReasonOf(outcome));
  response.set_text(std::string(outcome.message()));
}

// Whether a resource of the data set is named as `name`.
bool IsOf(v1::DataSet data_set, absl::string_view name) {
  switch (data_set) {
    case v1::PLANS:
      return MatchesPattern(name, "plans/{plan}", true) ||
             MatchesPattern(name, "plans/{plan}/actions/{action}", true);
    case v1::MEASURES:
      return MatchesPattern(name, "measures/{measure}", true);
    case v1::RELEASES:
      return MatchesPattern(name, "releases/{release}", true);
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<v1::ExplainAccessResponse> ExplainAccess(const door::Call& call,
                                                        const v1::ExplainAccessRequest& request,
                                                        const auth::Policy& policy, absl::Time now,
                                                        const store::Store& store,
                                                        absl::Time as_of) {
  const std::string& client = request.client().empty() ? call.principal().client : request.client();
  // Before anything is looked up, so that the answer says nothing of what exists.
  if (!call.grant().sees_all_agencies() && ParentOf(client) != call.principal().agency) {
    return call.grant().OutOfScope();
  }
  const MethodDescriptor* method = FindMethod(request.method());
  std::vector<FieldViolation> violations;
  if (method == nullptr) {
    violations.push_back(
        {"method", "is no method of the contract; write it as PlanService/ListActions"});
  } else if (!request.resource().empty() &&
             !auth::ResourceField(*method->input_type()).Accepts(request.resource())) {
    violations.push_back({"resource", "is not what a request of this method is about"});
  }
  if (!violations.empty()) return InvalidFields(violations);

  const v1::AccessRule& rule = method->options().GetExtension(v1::access);
  v1::ExplainAccessResponse response;
  response.set_client(client);
  response.set_rule(auth::RuleText(rule));
  *response.mutable_time() = ToTimestamp(now);
  const auto principal = policy.PrincipalOf(client, now);
  if (!principal.ok()) {
    SetOutcome(principal.status(), response);
    return response;
  }
  auth::RequestFacts facts;
  facts.purpose = request.purpose();
  if (facts.purpose.empty() && client == call.principal().client) {
    facts.purpose = call.named_purpose();
  }
  facts.agreement = request.agreement();
  facts.has_on_behalf_of = request.on_behalf_of();
  facts.resource = request.resource();
  const absl::StatusOr<auth::Grant> grant = policy.Authorise(**principal, rule, facts, now);
  absl::Status outcome = grant.status();
  if (outcome.ok()) {
    outcome = JudgeResource(**principal, *grant, rule, facts.resource, policy, store, as_of);
  }
  // The store failing is no answer.
  if (!outcome.ok() && ReasonOf(outcome) == v1::ERROR_REASON_UNSPECIFIED) return outcome;
  SetOutcome(outcome, response);
  if (rule.basis() != v1::AccessRule::AGREEMENT) return response;

  response.set_purpose(facts.purpose.empty() ? (*principal)->default_purpose : facts.purpose);
  for (const auth::Judgement& judged : policy.Judge(**principal, rule, facts, now)) {
    Judgement& judgement = *response.add_agreements();
    FillJudgement(judged, **principal, rule, facts, now, judgement);
    judgement.set_decides(outcome.ok() && grant->agreement() == judged.agreement.get());
  }
  return response;
}

absl::StatusOr<std::vector<v1::ListAccessResponse::Access>> AccessTo(
    const door::Call& call, const v1::ListAccessRequest& request, const auth::Policy& policy,
    absl::Time now) {
  if (!request.resource().empty() && !IsOf(request.data_set(), request.resource())) {
    return InvalidField("resource", "is no plan, measure or release of the data set");
  }
  std::vector<v1::ListAccessResponse::Access> rows;
  for (const auto& agreement : policy.agreements()) {
    const v1::Agreement& message = agreement->message;
    if (!agreement->InForce(now) ||
        !absl::c_linear_search(message.scope().data_sets(), static_cast<int>(request.data_set())) ||
        !(call.grant().sees_all_agencies() || IsParty(message, call.principal().agency))) {
      continue;
    }
    v1::ListAccessResponse::Access row;
    row.set_agreement(message.name());
    row.set_version(message.version());
    row.set_digest(absl::BytesToHexString(agreement->digest));
    *row.mutable_roles() = message.roles();
    *row.mutable_topics() = message.scope().topics();
    if (message.has_effective_to()) *row.mutable_effective_to() = message.effective_to();
    for (const v1::Agreement::Party& party : message.parties()) {
      const auth::Coverage coverage = CoverageOf(*agreement, party.agency(), request.resource());
      if (!party.receives() || coverage == auth::Coverage::kNone) continue;
      row.set_part_only(coverage == auth::Coverage::kPart);
      row.set_agency(party.agency());
      row.set_agency_display_name(std::string(policy.AgencyDisplayName(party.agency())));
      row.clear_clients();
      for (const auto& client : policy.ClientsOf(party.agency(), now)) {
        const auto held = [&](int role) { return client->Has(static_cast<v1::Role>(role)); };
        if (absl::c_any_of(message.roles(), held)) row.add_clients(client->client);
      }
      for (const std::string& purpose : message.purposes()) {
        row.set_purpose(purpose);
        rows.push_back(row);
      }
    }
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::tie(a.agreement(), a.agency(), a.purpose()) <
           std::tie(b.agreement(), b.agency(), b.purpose());
  });
  return rows;
}

}  // namespace concordat::services
