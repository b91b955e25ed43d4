#include "server/services/agreement_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth/policy.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "server/services/access_explanation.h"
#include "server/services/agreement_life.h"
#include "server/services/apply.h"
#include "server/services/paging.h"

namespace concordat::services {
namespace {

using store::Kind;
using store::Row;

absl::StatusOr<v1::Agreement> ParseAgreement(const Row& row) {
  v1::Agreement agreement;
  if (!agreement.ParseFromString(row.body)) {
    return absl::DataLossError("a stored agreement cannot be read");
  }
  return agreement;
}

// A version with what the server says of it, whatever the day.
absl::StatusOr<v1::Agreement> ReadVersion(const Row& row) {
  ASSIGN_OR_RETURN(v1::Agreement agreement, ParseAgreement(row));
  agreement.set_digest(absl::BytesToHexString(auth::AgreementDigest(agreement)));
  agreement.set_terms_digest(absl::BytesToHexString(auth::TermsDigest(agreement)));
  agreement.set_version(row.revision);
  agreement.set_etag(absl::StrCat(row.revision));
  *agreement.mutable_recorded_time() = ToTimestamp(row.recorded);
  return agreement;
}

// The newest version, as it is at `now`.
absl::StatusOr<v1::Agreement> ReadAgreement(const Row& row, absl::Time now) {
  ASSIGN_OR_RETURN(v1::Agreement agreement, ReadVersion(row));
  agreement.set_in_force(auth::CompiledAgreement(agreement).InForce(now));
  agreement.set_state(auth::StateAt(agreement, now));
  SetReview(agreement, DayOf(now));
  return agreement;
}

// Changes the agreement that `request` names by `act`, and answers with it. A
// party's act, or an administrator's: to others it is out of scope, stored or not.
template <typename Response, typename Request>
absl::StatusOr<Response> Change(const door::Call& call, const Request& request,
                                store::Transaction& transaction,
                                absl::FunctionRef<absl::Status(v1::Agreement&, const Actor&)> act) {
  const auth::Principal& principal = call.principal();
  const absl::StatusOr<Row> row =
      transaction.Find(call.grant(), Kind::kAgreement, request.name(), transaction.Latest());
  if (absl::IsNotFound(row.status()) && !KeepsAll(principal, call.grant())) {
    return call.grant().OutOfScope();
  }
  RETURN_IF_ERROR(row.status());
  ASSIGN_OR_RETURN(v1::Agreement agreement, ParseAgreement(*row));
  if (!MayReach(agreement, principal, call.grant())) return call.grant().OutOfScope();
  RETURN_IF_ERROR(CheckEtag(request.etag(), absl::StrCat(row->revision)));
  RETURN_IF_ERROR(act(agreement, {principal, transaction.CommitTime(), request.reason()}));

  Changes changes;
  RETURN_IF_ERROR(ApplyResource(transaction, call.grant(), Kind::kAgreement, agreement.name(),
                                agreement, {}, {transaction.CommitTime()}, changes)
                      .status());
  ASSIGN_OR_RETURN(const Row changed, transaction.Find(call.grant(), Kind::kAgreement,
                                                       agreement.name(), transaction.Latest()));
  Response response;
  ASSIGN_OR_RETURN(*response.mutable_agreement(), ReadAgreement(changed, call.now()));
  return response;
}

// The directory and the agreements that a question about `time` is judged by: as
// they were then, or as they are now when it is yet to come.
absl::StatusOr<std::shared_ptr<const auth::Policy>> PolicyAt(absl::Time time,
                                                             const door::Call& call,
                                                             const store::Store& store) {
  if (time >= call.now()) return call.shared_policy();
  ASSIGN_OR_RETURN(const auth::Policy::Source source, store.ReadPolicy(time));
  return std::make_shared<const auth::Policy>(source);
}

// What contradicts itself or the directory.
absl::StatusOr<std::vector<FieldViolation>> Contradictions(const store::Transaction& transaction,
                                                           const auth::Grant& grant,
                                                           const v1::Agreement& agreement) {
  std::vector<FieldViolation> violations;
  absl::flat_hash_set<std::string> parties;
  bool receives = false;
  for (int i = 0; i < agreement.parties_size(); ++i) {
    const v1::Agreement::Party& party = agreement.parties(i);
    const std::string path = absl::StrCat("agreement.parties[", i, "].agency");
    if (!parties.insert(party.agency()).second) violations.push_back({path, "stands twice"});
    receives |= party.receives();
    ASSIGN_OR_RETURN(const bool known, Exists(transaction, grant, Kind::kAgency, party.agency()));
    if (!known) violations.push_back({path, "names an agency that the directory lacks"});
  }
  if (!receives) violations.push_back({"agreement.parties", "has no party that receives"});
  if (agreement.disclosure_profile() == v1::CUSTOM) {
    violations.push_back({"agreement.disclosure_profile", "is for measures alone"});
  }
  for (int i = 0; i < agreement.approvals_size(); ++i) {
    if (!parties.contains(agreement.approvals(i).agency())) {
      violations.push_back(
          {absl::StrCat("agreement.approvals[", i, "].agency"), "is no party of the agreement"});
    }
  }
  const std::optional<absl::CivilDay> from = ToCivilDay(agreement.effective_from());
  if (agreement.has_effective_to() && ToCivilDay(agreement.effective_to()) < from) {
    violations.push_back({"agreement.effective_to", "is before effective_from"});
  }
  if (ToCivilDay(agreement.review_date()) < from) {
    violations.push_back({"agreement.review_date", "is before effective_from"});
  }
  const auto names = [&](v1::DataSet data_set) {
    return absl::c_linear_search(agreement.scope().data_sets(), static_cast<int>(data_set));
  };
  if (names(v1::PLANS) && agreement.scope().plans().empty()) {
    violations.push_back({"agreement.scope.plans", "is required with the data set PLANS"});
  }
  if (names(v1::MEASURES) && agreement.scope().measures().empty()) {
    violations.push_back({"agreement.scope.measures", "is required with the data set MEASURES"});
  }
  if (names(v1::RELEASES) &&
      (agreement.scope().releases().empty() || agreement.scope().measures().empty() ||
       agreement.scope().areas().empty() ||
       agreement.scope().finest_geography() == v1::GEOGRAPHIC_LEVEL_UNSPECIFIED)) {
    violations.push_back({"agreement.scope",
                          "names the data set RELEASES, which needs releases, measures, areas and "
                          "the finest geography"});
  }
  return violations;
}

}  // namespace

absl::StatusOr<v1::ListAgreementsResponse> AgreementService::ListAgreements(
    const door::Call& call, const v1::ListAgreementsRequest& request) const {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store_));
  v1::ListAgreementsResponse response;
  PageFiller filler(page);
  absl::Status failed;
  RETURN_IF_ERROR(
      store_.Scan(call.grant(), Kind::kAgreement,
                  {"agreements/", page.cursor, page.point, std::nullopt}, [&](const Row& row) {
                    absl::StatusOr<v1::Agreement> agreement = ReadAgreement(row, call.now());
                    if (!agreement.ok()) {
                      failed = std::move(agreement).status();
                      return false;
                    }
                    if (!MayReach(*agreement, call.principal(), call.grant())) return true;
                    if (!filler.Take(row.body.size(), row.name)) return false;
                    *response.add_agreements() = *std::move(agreement);
                    return true;
                  }));
  RETURN_IF_ERROR(failed);
  response.set_next_page_token(filler.next_page_token());
  return response;
}

absl::StatusOr<v1::Agreement> AgreementService::GetAgreement(
    const door::Call& call, const v1::GetAgreementRequest& request) const {
  ASSIGN_OR_RETURN(const store::Store::State state, store_.ReadState());
  const absl::StatusOr<Row> row = store_.Find(call.grant(), Kind::kAgreement, request.name(),
                                              {state.revision, absl::InfiniteFuture()});
  // To a caller who may not see all of them, an agreement of others and one
  // that does not exist are the same.
  if (absl::IsNotFound(row.status()) && !KeepsAll(call.principal(), call.grant())) {
    return call.grant().OutOfScope();
  }
  RETURN_IF_ERROR(row.status());
  ASSIGN_OR_RETURN(v1::Agreement agreement, ReadAgreement(*row, call.now()));
  if (!MayReach(agreement, call.principal(), call.grant())) return call.grant().OutOfScope();
  if (request.version() == 0 || request.version() == row->revision) return agreement;

  // Versions are recorded one after the other: just before each is the one before.
  Row earlier = *row;
  while (earlier.revision > request.version()) {
    ASSIGN_OR_RETURN(earlier, store_.Find(call.grant(), Kind::kAgreement, request.name(),
                                          {state.revision, earlier.recorded}));
  }
  if (earlier.revision != request.version()) {
    return ResourceNotFound("Agreement",
                            absl::StrCat(request.name(), ", version ", request.version()));
  }
  return ReadVersion(earlier);
}

absl::StatusOr<v1::ApplyAgreementResponse> AgreementService::ApplyAgreement(
    const door::Call& call, const v1::ApplyAgreementRequest& request,
    store::Transaction& transaction) const {
  v1::Agreement agreement = request.agreement();
  const absl::StatusOr<Row> stored =
      transaction.Find(call.grant(), Kind::kAgreement, agreement.name(), transaction.Latest());
  if (!stored.ok() && !absl::IsNotFound(stored.status())) return stored.status();
  RETURN_IF_ERROR(
      CheckEtag(agreement.etag(), stored.ok() ? absl::StrCat(stored->revision) : "new"));
  agreement.clear_etag();
  std::optional<v1::Agreement> before;
  if (stored.ok()) {
    ASSIGN_OR_RETURN(before, ParseAgreement(*stored));
  }
  RETURN_IF_ERROR(CarryLife(before.has_value() ? &*before : nullptr, agreement));
  ASSIGN_OR_RETURN(const std::vector<FieldViolation> violations,
                   Contradictions(transaction, call.grant(), agreement));
  RETURN_IF_ERROR(FromViolations(violations));

  v1::ApplyAgreementResponse response;
  RETURN_IF_ERROR(ApplyResource(transaction, call.grant(), Kind::kAgreement, agreement.name(),
                                agreement, {}, {transaction.CommitTime()},
                                *response.mutable_changes())
                      .status());
  ASSIGN_OR_RETURN(const Row row, transaction.Find(call.grant(), Kind::kAgreement, agreement.name(),
                                                   transaction.Latest()));
  ASSIGN_OR_RETURN(*response.mutable_agreement(), ReadAgreement(row, call.now()));
  return response;
}

absl::StatusOr<v1::ApproveAgreementResponse> AgreementService::ApproveAgreement(
    const door::Call& call, const v1::ApproveAgreementRequest& request,
    store::Transaction& transaction) const {
  if (call.has_on_behalf_of()) {
    return MakeError(v1::ON_BEHALF_OF_REFUSED,
                     "an approval is the client's own; call again without the metadata key "
                     "concordat-on-behalf-of");
  }
  return Change<v1::ApproveAgreementResponse>(
      call, request, transaction,
      [&](v1::Agreement& agreement, const Actor& actor) -> absl::Status {
        // An administrator who approves does so for its agency, which is a party.
        if (!IsParty(agreement, actor.principal.agency)) return call.grant().OutOfScope();
        return Approve(agreement, actor, request.terms_digest());
      });
}

absl::StatusOr<v1::SuspendAgreementResponse> AgreementService::SuspendAgreement(
    const door::Call& call, const v1::SuspendAgreementRequest& request,
    store::Transaction& transaction) const {
  return Change<v1::SuspendAgreementResponse>(call, request, transaction,
                                              request.own_contributions() ? &Withhold : &Suspend);
}

absl::StatusOr<v1::ResumeAgreementResponse> AgreementService::ResumeAgreement(
    const door::Call& call, const v1::ResumeAgreementRequest& request,
    store::Transaction& transaction) const {
  return Change<v1::ResumeAgreementResponse>(
      call, request, transaction, [&](v1::Agreement& agreement, const Actor& actor) {
        return request.own_contributions() ? Restore(agreement, actor, request.agency())
                                           : Resume(agreement, actor);
      });
}

absl::StatusOr<v1::EndAgreementResponse> AgreementService::EndAgreement(
    const door::Call& call, const v1::EndAgreementRequest& request,
    store::Transaction& transaction) const {
  return Change<v1::EndAgreementResponse>(call, request, transaction, &End);
}

absl::StatusOr<v1::ExplainAccessResponse> AgreementService::ExplainAccess(
    const door::Call& call, const v1::ExplainAccessRequest& request) const {
  const absl::Time time = request.has_time() ? ToTime(request.time()) : call.now();
  ASSIGN_OR_RETURN(const auto policy, PolicyAt(time, call, store_));
  const absl::Time as_of = time >= call.now() ? absl::InfiniteFuture() : time;
  return services::ExplainAccess(call, request, *policy, time, store_, as_of);
}

absl::StatusOr<v1::ListAccessResponse> AgreementService::ListAccess(
    const door::Call& call, const v1::ListAccessRequest& request) const {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store_));
  const absl::Time time = request.has_time() ? ToTime(request.time()) : call.now();
  ASSIGN_OR_RETURN(const auto policy, PolicyAt(time, call, store_));
  ASSIGN_OR_RETURN(const auto rows, AccessTo(call, request, *policy, time));
  v1::ListAccessResponse response;
  *response.mutable_time() = ToTimestamp(time);
  PageFiller filler(page);
  for (const v1::ListAccessResponse::Access& row : rows) {
    const std::string key = absl::StrCat(row.agreement(), " ", row.agency(), " ", row.purpose());
    if (key <= page.cursor) continue;
    if (!filler.Take(row.ByteSizeLong(), key)) break;
    *response.add_access() = row;
  }
  response.set_next_page_token(filler.next_page_token());
  return response;
}

}  // namespace concordat::services
