// Asks one witness for its cosignature.
#ifndef CONCORDAT_SERVER_AUDIT_WITNESS_CLIENT_H_
#define CONCORDAT_SERVER_AUDIT_WITNESS_CLIENT_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/config.pb.h"
#include "server/https/https_request.h"
#include "tlog/note_key.h"

namespace concordat::audit {

// A signed note, and what of it is signed.
struct PublishedCheckpoint {
  uint64_t size = 0;
  std::string text;
  std::string note;
};

// The add-checkpoint call of C2SP tlog-witness v1.0.0. Not thread-safe.
class WitnessClient {
 public:
  // Proof that the tree of `size` grew from that of `old_size`.
  using Prove =
      std::function<absl::StatusOr<std::vector<std::string>>(uint64_t old_size, uint64_t size)>;

  // Of a witness whose configuration was checked. INVALID_ARGUMENT when its key is no
  // key of cosignatures.
  static absl::StatusOr<WitnessClient> Create(
      const server::v1::ServerConfig::Audit::Witness& config, Prove prove);

  // The witness's name.
  const std::string& name() const { return key_.name(); }

  // The witness's cosignature of the checkpoint, verified; no call is for a smaller
  // checkpoint than the one before. Where the witness knows
  // another size than this client does, it is asked once more from that size on. An
  // error quotes nothing that the witness sent, but a size: FAILED_PRECONDITION when
  // it has seen another history, or a larger log than this one; DATA_LOSS when its
  // cosignature does not verify; UNAVAILABLE for all else. Blocks as PostHttps does,
  // twice at most.
  absl::StatusOr<tlog::NoteSignature> Cosign(const PublishedCheckpoint& checkpoint,
                                             const std::atomic<bool>& cancelled);

 private:
  WitnessClient(https::HttpsAddress address, tlog::VerifierKey key, Prove prove)
      : address_(std::move(address)), key_(std::move(key)), prove_(std::move(prove)) {}

  absl::StatusOr<https::HttpsAnswer> Ask(const PublishedCheckpoint& checkpoint,
                                         const std::atomic<bool>& cancelled) const;
  // Takes the size that the witness says it knows.
  absl::Status TakeKnownSize(const https::HttpsAnswer& answer, uint64_t size);
  absl::StatusOr<tlog::NoteSignature> VerifiedCosignature(const PublishedCheckpoint& checkpoint,
                                                          absl::string_view lines) const;

  https::HttpsAddress address_;
  tlog::VerifierKey key_;
  Prove prove_;
  // Of the checkpoint that the witness cosigned last, as far as it is known.
  uint64_t known_size_ = 0;
};

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_WITNESS_CLIENT_H_
