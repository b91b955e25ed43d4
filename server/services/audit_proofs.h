// The log's checkpoint, proofs, tiles and entry bundles, as anyone may ask for them.
#ifndef CONCORDAT_SERVER_SERVICES_AUDIT_PROOFS_H_
#define CONCORDAT_SERVER_SERVICES_AUDIT_PROOFS_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "concordat/v1/audit_service.pb.h"
#include "server/audit/checkpointer.h"
#include "server/door/message_source.h"
#include "server/store/store.h"

namespace concordat::services {

// What AuditService answers with; each is the RPC of its name (audit_service.proto).
// Thread-safe.
class AuditProofs {
 public:
  // Both outlive it.
  AuditProofs(const store::Store& store, const audit::Checkpointer& checkpointer)
      : store_(store), checkpointer_(checkpointer) {}

  absl::StatusOr<v1::Checkpoint> GetCheckpoint() const;
  // How many records the log has, whatever became of them in the store.
  absl::StatusOr<uint64_t> LogSize() const;
  absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(
      const v1::GetInclusionProofRequest& request) const;
  absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(
      const v1::GetConsistencyProofRequest& request) const;
  absl::StatusOr<std::unique_ptr<door::MessageSource<v1::ReadTilesResponse>>> ReadTiles(
      const v1::ReadTilesRequest& request) const;
  absl::StatusOr<std::unique_ptr<door::MessageSource<v1::ReadEntryBundlesResponse>>>
  ReadEntryBundles(const v1::ReadEntryBundlesRequest& request) const;

 private:
  absl::StatusOr<v1::Checkpoint> Describe(const audit::KeptCheckpoint& kept) const;
  // Why so many records are not covered: CHECKPOINT_PENDING, or FIELDS_INVALID naming
  // the field when the log does not have them.
  absl::Status NotSigned(absl::string_view field, uint64_t records,
                         const audit::KeptCheckpoint& last) const;
  // The size that the request's field means: its own, or the last checkpoint's for 0.
  // As NotSigned when that is smaller.
  absl::StatusOr<uint64_t> SizeOf(absl::string_view field, uint64_t asked,
                                  const audit::KeptCheckpoint& last) const;

  const store::Store& store_;
  const audit::Checkpointer& checkpointer_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_AUDIT_PROOFS_H_
