#include "server/services/audit_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "server/services/apply.h"
#include "server/services/paging.h"
#include "server/services/redaction.h"
#include "tlog/merkle.h"

namespace concordat::services {
namespace {

// Checks of the filters that no single field's rule can make.
absl::Status CheckFilters(const door::Call& call, const v1::ListAuditEntriesRequest& request) {
  std::vector<FieldViolation> violations;
  if (request.has_from() && request.has_to() && ToTime(request.from()) > ToTime(request.to())) {
    violations.push_back({"from", "is after `to`"});
    violations.push_back({"to", "is before `from`"});
  }
  // The directory forgets nobody: clients are revoked and agencies end, but both
  // stay. To those who do not see all of it, it is closed: what is not there, and
  // what they may not see, leave the list empty alike.
  if (call.grant().sees_all_agencies()) {
    if (!request.agency().empty() && !call.policy().HasAgency(request.agency())) {
      violations.push_back({"agency", "names an agency that the directory lacks"});
    }
    if (!request.client().empty() && !call.policy().HasClient(request.client())) {
      violations.push_back({"client", "names a client that the directory lacks"});
    }
  }
  return FromViolations(violations);
}

bool Passes(const v1::ListAuditEntriesRequest& request, const v1::AuditRecord& record) {
  return (request.agency().empty() || record.agency() == request.agency()) &&
         (request.client().empty() || record.client() == request.client()) &&
         (request.method().empty() || record.method() == request.method()) &&
         (request.decision() == v1::AuditRecord::DECISION_UNSPECIFIED ||
          record.decision() == request.decision()) &&
         (request.agreement().empty() || record.agreement() == request.agreement()) &&
         (request.resource().empty() || record.resource() == request.resource() ||
          absl::StartsWith(record.resource(), request.resource() + "/"));
}

// The data set in a rule's text, such as `AGREEMENT PLANS READ`.
v1::DataSet DataSetOf(absl::string_view rule) {
  const std::vector<std::string> words = absl::StrSplit(rule, ' ');
  v1::DataSet data_set = v1::DATA_SET_UNSPECIFIED;
  if (words.size() > 1) v1::DataSet_Parse(words[1], &data_set);
  return data_set;
}

}  // namespace

absl::StatusOr<v1::ListAuditEntriesResponse> AuditService::ListAuditEntries(
    const door::Call& call, const v1::ListAuditEntriesRequest& request) const {
  RETURN_IF_ERROR(CheckFilters(call, request));
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store_));
  store::Store::AuditRange range;
  if (request.has_from()) range.from = ToTime(request.from());
  if (request.has_to()) range.to = ToTime(request.to());
  if (!page.cursor.empty() && !absl::SimpleAtoi(page.cursor, &range.before)) {
    return absl::InternalError("a page token of this server cannot be read");
  }
  const bool all = call.grant().sees_all_agencies();
  if (!all) {
    range.agency = call.grant().agency();
    ASSIGN_OR_RETURN(range.resource_prefixes, store_.PlansOwnedBy(range.agency));
  }

  v1::ListAuditEntriesResponse response;
  PageFiller filler(page);
  bool damaged = false;
  RETURN_IF_ERROR(store_.ScanAudit(call.grant(), range, [&](const store::AuditRow& row) {
    v1::AuditRecord record;
    if (!record.ParseFromString(row.record)) {
      damaged = true;
      return false;
    }
    if (!Passes(request, record)) return true;
    if (!filler.Take(row.record.size() + 64, absl::StrCat(row.index))) return false;
    v1::AuditEntry& entry = *response.add_entries();
    entry.set_index(row.index);
    entry.set_leaf_hash(tlog::LeafHash(row.record));
    entry.set_data_set(DataSetOf(record.rule()));
    if (!all) record.clear_salt();
    *entry.mutable_record() = std::move(record);
    return true;
  }));
  if (damaged) return absl::DataLossError("a stored audit record cannot be read");
  response.set_next_page_token(filler.next_page_token());
  return response;
}

absl::StatusOr<std::unique_ptr<door::MessageSource<v1::StreamAuditEntriesResponse>>>
AuditService::StreamAuditEntries(std::shared_ptr<const door::Call>,
                                 const v1::StreamAuditEntriesRequest&) const {
  return absl::UnimplementedError("not on this branch yet");
}

absl::StatusOr<v1::AuditSummary> AuditService::SummariseAudit(
    const door::Call&, const v1::SummariseAuditRequest&) const {
  return absl::UnimplementedError("not on this branch yet");
}

absl::StatusOr<v1::Checkpoint> AuditService::GetCheckpoint(const door::Call&,
                                                           const v1::GetCheckpointRequest&) const {
  return proofs_.GetCheckpoint();
}

absl::StatusOr<v1::GetInclusionProofResponse> AuditService::GetInclusionProof(
    const door::Call&, const v1::GetInclusionProofRequest& request) const {
  return proofs_.GetInclusionProof(request);
}

absl::StatusOr<v1::GetConsistencyProofResponse> AuditService::GetConsistencyProof(
    const door::Call&, const v1::GetConsistencyProofRequest& request) const {
  return proofs_.GetConsistencyProof(request);
}

absl::StatusOr<std::unique_ptr<door::MessageSource<v1::ReadTilesResponse>>> AuditService::ReadTiles(
    std::shared_ptr<const door::Call>, const v1::ReadTilesRequest& request) const {
  return proofs_.ReadTiles(request);
}

absl::StatusOr<std::unique_ptr<door::MessageSource<v1::ReadEntryBundlesResponse>>>
AuditService::ReadEntryBundles(std::shared_ptr<const door::Call>,
                               const v1::ReadEntryBundlesRequest& request) const {
  return proofs_.ReadEntryBundles(request);
}

absl::StatusOr<v1::Redaction> AuditService::RedactText(const door::Call& call,
                                                       const v1::RedactTextRequest& request,
                                                       store::Transaction& transaction) const {
  return services::RedactText(call, request, transaction);
}

}  // namespace concordat::services
