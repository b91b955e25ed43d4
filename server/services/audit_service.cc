#include "server/services/audit_service.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "server/services/audit_filter.h"
#include "server/services/audit_stream.h"
#include "server/services/audit_summary.h"
#include "server/services/paging.h"
#include "server/services/redaction.h"

namespace concordat::services {
namespace {

// A page ends where it has looked at so many records, however few of them passed.
constexpr int kMostVisited = 10000;

}  // namespace

absl::StatusOr<v1::ListAuditEntriesResponse> AuditService::ListAuditEntries(
    const door::Call& call, const v1::ListAuditEntriesRequest& request) const {
  RETURN_IF_ERROR(CheckAuditFilter(call, request));
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store_));
  store::Store::AuditRange range;
  if (request.has_from()) range.from = ToTime(request.from());
  if (request.has_to()) range.to = ToTime(request.to());
  if (!page.cursor.empty() && !absl::SimpleAtoi(page.cursor, &range.before)) {
    return absl::InternalError("a page token of this server cannot be read");
  }
  // What an agency may see holds what its clients did.
  range.agency = call.grant().sees_all_agencies() ? request.agency() : call.grant().agency();

  v1::ListAuditEntriesResponse response;
  PageFiller filler(page);
  absl::Status failed;
  int visited = 0;
  RETURN_IF_ERROR(store_.ScanAudit(call.grant(), range, [&](const store::AuditRow& row) {
    absl::StatusOr<v1::AuditEntry> entry = ReadAuditEntry(call.grant(), row);
    if (!entry.ok()) {
      failed = std::move(entry).status();
      return false;
    }
    const std::string cursor = absl::StrCat(row.index);
    if (PassesAuditFilter(request, entry->record())) {
      if (!filler.Take(entry->ByteSizeLong(), cursor)) return false;
      *response.add_entries() = *std::move(entry);
    }
    if (++visited < kMostVisited) return true;
    filler.EndAt(cursor);
    return false;
  }));
  RETURN_IF_ERROR(failed);
  response.set_next_page_token(filler.next_page_token());
  ASSIGN_OR_RETURN(const uint64_t minimum, store_.AuditMinimum());
  response.set_minimum_index(minimum);
  return response;
}

absl::StatusOr<std::unique_ptr<door::MessageSource<v1::StreamAuditEntriesResponse>>>
AuditService::StreamAuditEntries(std::shared_ptr<const door::Call> call,
                                 const v1::StreamAuditEntriesRequest& request) const {
  return OpenAuditStream(store_, std::move(call), request);
}

absl::StatusOr<std::unique_ptr<door::SteppedRead<v1::AuditSummary>>> AuditService::SummariseAudit(
    std::shared_ptr<const door::Call> call, const v1::SummariseAuditRequest& request) const {
  ASSIGN_OR_RETURN(v1::Checkpoint checkpoint, proofs_.GetCheckpoint());
  return BeginAuditSummary(store_, *call, request, std::move(checkpoint));
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
