#include "concordat/audit.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "client/internal/audit_trust.h"
#include "tlog/proof.h"
#include "tlog/tree_proof.h"

namespace concordat {
namespace {

// Whether these hashes lead from the receipt's record to the checkpoint's root.
absl::Status VerifyPath(const Receipt& receipt, const std::vector<std::string>& hashes,
                        const VerifiedCheckpoint& checkpoint) {
  if (receipt.origin() != checkpoint.origin) {
    return absl::DataLossError("the receipt and the checkpoint are of different logs");
  }
  return tlog::VerifyInclusion(receipt.index(), checkpoint.tree_size, receipt.leaf_hash(), hashes,
                               checkpoint.root_hash);
}

}  // namespace

absl::Status CheckKeys(const AuditTrust& trust) { return internal::ParseKeys(trust).status(); }

absl::StatusOr<VerifiedCheckpoint> VerifyCheckpoint(absl::string_view note,
                                                    const AuditTrust& trust) {
  ASSIGN_OR_RETURN(const std::vector<tlog::VerifierKey> keys, internal::ParseKeys(trust));
  ASSIGN_OR_RETURN(VerifiedCheckpoint checkpoint, internal::OpenSigned(note, keys));
  RETURN_IF_ERROR(internal::CheckWitnesses(checkpoint, trust));
  return checkpoint;
}

absl::StatusOr<VerifiedCheckpoint> VerifyReceipt(const Receipt& receipt,
                                                 const v1::GetInclusionProofResponse& proof,
                                                 const AuditTrust& trust) {
  ASSIGN_OR_RETURN(VerifiedCheckpoint checkpoint,
                   VerifyCheckpoint(proof.checkpoint().note(), trust));
  RETURN_IF_ERROR(VerifyPath(receipt, {proof.hashes().begin(), proof.hashes().end()}, checkpoint));
  return checkpoint;
}

absl::StatusOr<std::string> MakeProofText(const Receipt& receipt,
                                          const v1::GetInclusionProofResponse& proof) {
  return tlog::FormatProof({receipt.SerializeAsString(),
                            receipt.index(),
                            {proof.hashes().begin(), proof.hashes().end()},
                            proof.checkpoint().note()});
}

absl::StatusOr<VerifiedReceipt> VerifyProofText(absl::string_view text, const AuditTrust& trust) {
  ASSIGN_OR_RETURN(const tlog::Proof proof, tlog::ParseProof(text));
  VerifiedReceipt verified;
  if (!verified.receipt.ParseFromString(proof.extra)) {
    return absl::InvalidArgumentError("the proof's extra data is no receipt");
  }
  if (verified.receipt.index() != proof.index) {
    return absl::DataLossError("the receipt and the proof are of different records");
  }
  ASSIGN_OR_RETURN(verified.checkpoint, VerifyCheckpoint(proof.checkpoint, trust));
  RETURN_IF_ERROR(VerifyPath(verified.receipt, proof.hashes, verified.checkpoint));
  return verified;
}

absl::Status VerifyConsistency(absl::string_view older, absl::string_view newer,
                               const std::vector<std::string>& hashes, const AuditTrust& trust) {
  ASSIGN_OR_RETURN(const std::vector<tlog::VerifierKey> keys, internal::ParseKeys(trust));
  ASSIGN_OR_RETURN(const VerifiedCheckpoint before, internal::OpenSigned(older, keys));
  ASSIGN_OR_RETURN(const VerifiedCheckpoint after, VerifyCheckpoint(newer, trust));
  if (before.origin != after.origin) {
    return absl::DataLossError("the checkpoints are of different logs");
  }
  if (after.tree_size < before.tree_size) {
    return absl::DataLossError(absl::StrCat("the newer checkpoint has ", after.tree_size,
                                            " records, the older one ", before.tree_size));
  }
  return tlog::VerifyConsistency(before.tree_size, after.tree_size, hashes, before.root_hash,
                                 after.root_hash);
}

}  // namespace concordat
