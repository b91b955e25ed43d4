#include "server/services/agreement_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "server/services/apply.h"
#include "server/services/paging.h"

namespace concordat::services {
namespace {

using store::Kind;
using store::Row;

absl::StatusOr<v1::Agreement> ReadAgreement(const Row& row, absl::Time now) {
  v1::Agreement agreement;
  if (!agreement.ParseFromString(row.body)) {
    return absl::DataLossError("a stored agreement cannot be read");
  }
  const auth::CompiledAgreement compiled(agreement);
  agreement.set_version(row.revision);
  agreement.set_etag(absl::StrCat(row.revision));
  agreement.set_digest(absl::BytesToHexString(compiled.digest));
  agreement.set_in_force(compiled.InForce(now));
  *agreement.mutable_recorded_time() = ToTimestamp(row.recorded);
  return agreement;
}

// An agency sees the agreements that it is a party of.
bool MaySee(const auth::Grant& grant, const v1::Agreement& agreement) {
  return grant.sees_all_agencies() ||
         absl::c_any_of(agreement.parties(), [&](const v1::Agreement::Party& party) {
           return party.agency() == grant.agency();
         });
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
                    if (!MaySee(call.grant(), *agreement)) return true;
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
  if (absl::IsNotFound(row.status()) && !call.grant().sees_all_agencies()) {
    return call.grant().OutOfScope();
  }
  RETURN_IF_ERROR(row.status());
  ASSIGN_OR_RETURN(v1::Agreement agreement, ReadAgreement(*row, call.now()));
  if (!MaySee(call.grant(), agreement)) return call.grant().OutOfScope();
  return agreement;
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

}  // namespace concordat::services
