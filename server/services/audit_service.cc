#include "server/services/audit_service.h"

#include <utility>

#include "base/status.h"
#include "server/services/audit_list.h"
#include "server/services/audit_stream.h"
#include "server/services/audit_summary.h"
#include "server/services/redaction.h"

namespace concordat::services {

absl::StatusOr<v1::ListAuditEntriesResponse> AuditService::ListAuditEntries(
    const door::Call& call, const v1::ListAuditEntriesRequest& request) const {
  ASSIGN_OR_RETURN(const v1::Checkpoint checkpoint, proofs_.GetCheckpoint());
  ASSIGN_OR_RETURN(const uint64_t size, proofs_.LogSize());
  return ListAudit(store_, call, request, checkpoint, size);
}

absl::StatusOr<std::unique_ptr<door::MessageSource<v1::StreamAuditEntriesResponse>>>
AuditService::StreamAuditEntries(std::shared_ptr<const door::Call> call,
                                 const v1::StreamAuditEntriesRequest& request) const {
  ASSIGN_OR_RETURN(const v1::Checkpoint checkpoint, proofs_.GetCheckpoint());
  ASSIGN_OR_RETURN(const uint64_t size, proofs_.LogSize());
  return OpenAuditStream(store_, std::move(call), request, checkpoint, size);
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
