// AuditService: who saw what.
#ifndef CONCORDAT_SERVER_SERVICES_AUDIT_SERVICE_H_
#define CONCORDAT_SERVER_SERVICES_AUDIT_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "concordat/v1/audit_service.pb.h"
#include "server/door/call.h"
#include "server/door/message_source.h"
#include "server/door/stepped_read.h"
#include "server/services/audit_proofs.h"
#include "server/store/store.h"

namespace concordat::services {

// Each method is the RPC of its name (audit_service.proto). Thread-safe.
class AuditService {
 public:
  // Both outlive it.
  AuditService(const store::Store& store, const audit::Checkpointer& checkpointer)
      : store_(store), proofs_(store, checkpointer) {}

  absl::StatusOr<v1::ListAuditEntriesResponse> ListAuditEntries(
      const door::Call& call, const v1::ListAuditEntriesRequest& request) const;
  absl::StatusOr<std::unique_ptr<door::MessageSource<v1::StreamAuditEntriesResponse>>>
  StreamAuditEntries(std::shared_ptr<const door::Call> call,
                     const v1::StreamAuditEntriesRequest& request) const;
  absl::StatusOr<std::unique_ptr<door::SteppedRead<v1::AuditSummary>>> SummariseAudit(
      std::shared_ptr<const door::Call> call, const v1::SummariseAuditRequest& request) const;
  absl::StatusOr<v1::Checkpoint> GetCheckpoint(const door::Call& call,
                                               const v1::GetCheckpointRequest& request) const;
  absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(
      const door::Call& call, const v1::GetInclusionProofRequest& request) const;
  absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(
      const door::Call& call, const v1::GetConsistencyProofRequest& request) const;
  absl::StatusOr<std::unique_ptr<door::MessageSource<v1::ReadTilesResponse>>> ReadTiles(
      std::shared_ptr<const door::Call> call, const v1::ReadTilesRequest& request) const;
  absl::StatusOr<std::unique_ptr<door::MessageSource<v1::ReadEntryBundlesResponse>>>
  ReadEntryBundles(std::shared_ptr<const door::Call> call,
                   const v1::ReadEntryBundlesRequest& request) const;
  absl::StatusOr<v1::Redaction> RedactText(const door::Call& call,
                                           const v1::RedactTextRequest& request,
                                           store::Transaction& transaction) const;

 private:
  const store::Store& store_;
  const AuditProofs proofs_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_AUDIT_SERVICE_H_
