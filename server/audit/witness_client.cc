#include "server/audit/witness_client.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "tlog/note.h"
#include "tlog/strict_text.h"
#include "tlog/witness_request.h"

namespace concordat::audit {
namespace {

constexpr absl::Duration kConnectTimeout = absl::Seconds(3);
constexpr absl::Duration kTimeout = absl::Seconds(10);
// Some signature lines, post-quantum ones among them.
constexpr size_t kMostAnswerBytes = 64 << 10;
// Statuses of the specification.
constexpr long kOk = 200;
constexpr long kConflict = 409;
constexpr long kUnprocessable = 422;

}  // namespace

absl::StatusOr<WitnessClient> WitnessClient::Create(
    const server::v1::ServerConfig::Audit::Witness& config, Prove prove) {
  ASSIGN_OR_RETURN(tlog::VerifierKey key, tlog::VerifierKey::Parse(config.verifier_key()));
  if (key.type() != tlog::SignatureType::kCosignatureV1) {
    return absl::InvalidArgumentError("the key of a witness is no key of cosignatures");
  }
  const std::string url(absl::StripSuffix(config.url(), "/"));
  return WitnessClient({absl::StrCat(url, "/add-checkpoint"), config.ca_file(), "", kConnectTimeout,
                        kTimeout, kMostAnswerBytes},
                       std::move(key), std::move(prove));
}

absl::StatusOr<tlog::NoteSignature> WitnessClient::Cosign(const PublishedCheckpoint& checkpoint,
                                                          const std::atomic<bool>& cancelled) {
  ASSIGN_OR_RETURN(https::HttpsAnswer answer, Ask(checkpoint, cancelled));
  if (answer.status == kConflict) {
    RETURN_IF_ERROR(TakeKnownSize(answer, checkpoint.size));
    ASSIGN_OR_RETURN(answer, Ask(checkpoint, cancelled));
  }
  // The second: what it has cosigned is of this size, and has another root.
  const bool has_another_root = answer.status == kConflict && known_size_ == checkpoint.size;
  if (answer.status == kUnprocessable || has_another_root) {
    return absl::FailedPreconditionError(
        "the witness says that this log did not grow from what it cosigned");
  }
  if (answer.status != kOk) {
    return absl::UnavailableError(absl::StrCat("the witness answers with status ", answer.status));
  }
  ASSIGN_OR_RETURN(tlog::NoteSignature signature, VerifiedCosignature(checkpoint, answer.document));
  known_size_ = checkpoint.size;
  return signature;
}

absl::StatusOr<https::HttpsAnswer> WitnessClient::Ask(const PublishedCheckpoint& checkpoint,
                                                      const std::atomic<bool>& cancelled) const {
  tlog::WitnessRequest request{known_size_, {}, checkpoint.note};
  // From nothing, and to itself, nothing has to be proven.
  if (known_size_ > 0 && known_size_ < checkpoint.size) {
    ASSIGN_OR_RETURN(request.proof, prove_(known_size_, checkpoint.size));
  }
  ASSIGN_OR_RETURN(const std::string body, tlog::FormatWitnessRequest(request));
  return https::PostHttps(address_, body, cancelled);
}

absl::Status WitnessClient::TakeKnownSize(const https::HttpsAnswer& answer, uint64_t size) {
  absl::string_view document = answer.document;
  absl::ConsumeSuffix(&document, "\n");
  const std::optional<uint64_t> known = tlog::ParseDecimal(document);
  if (answer.content_type != tlog::kTreeSizeContentType || !known.has_value()) {
    return absl::UnavailableError("the witness answers with a conflict and no size");
  }
  if (*known > size) {
    return absl::FailedPreconditionError(absl::StrCat("the witness has cosigned a log of ", *known,
                                                      " records, and this one has ", size));
  }
  known_size_ = *known;
  return absl::OkStatus();
}

absl::StatusOr<tlog::NoteSignature> WitnessClient::VerifiedCosignature(
    const PublishedCheckpoint& checkpoint, absl::string_view lines) const {
  const absl::StatusOr<tlog::Note> note =
      tlog::ParseNote(absl::StrCat(checkpoint.text, "\n", lines));
  if (!note.ok()) return absl::DataLossError("the witness's answer has no signature lines");
  for (const tlog::NoteSignature& signature : note->signatures) {
    if (!key_.IsNamedBy(signature)) continue;
    RETURN_IF_ERROR(key_.Verify(checkpoint.text, signature));
    // The time is what the witness vouches for; the specification forbids zero.
    if (tlog::CosignatureTime(signature) == absl::UnixEpoch()) {
      return absl::DataLossError("the witness's cosignature has no time");
    }
    return signature;
  }
  return absl::DataLossError("the witness's answer has no signature of its configured key");
}

}  // namespace concordat::audit
