#include "client/internal/audit_trust.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "tlog/checkpoint.h"

namespace concordat::internal {

absl::StatusOr<std::vector<tlog::VerifierKey>> ParseKeys(const AuditTrust& trust) {
  std::vector<tlog::VerifierKey> keys;
  for (const std::string& text : trust.keys) {
    ASSIGN_OR_RETURN(tlog::VerifierKey key, tlog::VerifierKey::Parse(text));
    keys.push_back(std::move(key));
  }
  const bool any_of_a_log = std::any_of(keys.begin(), keys.end(), [](const auto& key) {
    return key.type() == tlog::SignatureType::kEd25519;
  });
  if (!any_of_a_log) return absl::InvalidArgumentError("no verifier key of a log is given");
  return keys;
}

absl::StatusOr<VerifiedCheckpoint> OpenSigned(absl::string_view note,
                                              const std::vector<tlog::VerifierKey>& keys) {
  ASSIGN_OR_RETURN(tlog::SignedCheckpoint opened,
                   tlog::OpenCheckpoint(note, keys, tlog::ExtensionLines::kRefuse));
  // A witness that changes its key has two, and counts once.
  std::set<std::string> witnesses;
  for (const tlog::VerifiedSignature& signature : opened.signatures) {
    if (signature.type == tlog::SignatureType::kCosignatureV1) witnesses.insert(signature.key_name);
  }
  tlog::Checkpoint& checkpoint = opened.checkpoint;
  return VerifiedCheckpoint{std::move(checkpoint.origin), checkpoint.size,
                            std::move(checkpoint.root), static_cast<int>(witnesses.size()),
                            std::string(note)};
}

absl::Status CheckWitnesses(const VerifiedCheckpoint& checkpoint, const AuditTrust& trust) {
  if (checkpoint.witnesses >= trust.min_witnesses) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the checkpoint of ", checkpoint.tree_size, " records has ", checkpoint.witnesses, " of the ",
      trust.min_witnesses, " cosignatures by trusted witnesses that are asked for"));
}

}  // namespace concordat::internal
