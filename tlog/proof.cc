#include "tlog/proof.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "tlog/merkle.h"
#include "tlog/strict_text.h"
#include "tlog/tree_proof.h"

namespace concordat::tlog {
namespace {

constexpr absl::string_view kHeader = "c2sp.org/tlog-proof@v1";
constexpr absl::string_view kExtraPrefix = "extra ";
constexpr absl::string_view kIndexPrefix = "index ";
// Of a tree of kMaxTreeSize leaves.
constexpr size_t kMaxHashes = 63;

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("not a tlog-proof: ", what));
}

}  // namespace

absl::StatusOr<Proof> ParseProof(absl::string_view bytes) {
  if (TakeLine(bytes) != kHeader) return Malformed("its first line is not that of version 1");
  std::optional<absl::string_view> line = TakeLine(bytes);
  Proof proof;
  if (line.has_value() && absl::ConsumePrefix(&*line, kExtraPrefix)) {
    std::optional<std::string> extra = DecodeBase64(*line);
    if (!extra.has_value() || extra->empty()) return Malformed("its extra data is not base64");
    proof.extra = *std::move(extra);
    line = TakeLine(bytes);
  }
  if (!line.has_value() || !absl::ConsumePrefix(&*line, kIndexPrefix)) {
    return Malformed("it has no index");
  }
  const std::optional<uint64_t> index = ParseDecimal(*line);
  if (!index.has_value()) return Malformed("its index is not a number in its shortest form");
  proof.index = *index;
  for (line = TakeLine(bytes); line.has_value() && !line->empty(); line = TakeLine(bytes)) {
    std::optional<std::string> hash = DecodeHash(*line);
    if (!hash.has_value()) return Malformed("a hash is not the base64 of 32 bytes");
    if (proof.hashes.size() == kMaxHashes) return Malformed("it has too many hashes");
    proof.hashes.push_back(*std::move(hash));
  }
  if (!line.has_value() || bytes.empty()) return Malformed("it has no checkpoint");
  proof.checkpoint = std::string(bytes);
  return proof;
}

absl::StatusOr<std::string> FormatProof(const Proof& proof) {
  std::string bytes = absl::StrCat(kHeader, "\n");
  if (!proof.extra.empty()) {
    absl::StrAppend(&bytes, kExtraPrefix, absl::Base64Escape(proof.extra), "\n");
  }
  absl::StrAppend(&bytes, kIndexPrefix, proof.index, "\n");
  for (const std::string& hash : proof.hashes) {
    absl::StrAppend(&bytes, absl::Base64Escape(hash), "\n");
  }
  absl::StrAppend(&bytes, "\n", proof.checkpoint);
  RETURN_IF_ERROR(ParseProof(bytes).status());
  return bytes;
}

absl::StatusOr<SignedCheckpoint> VerifyProof(const Proof& proof, absl::string_view leaf_hash,
                                             absl::Span<const VerifierKey> keys,
                                             ExtensionLines extensions) {
  ASSIGN_OR_RETURN(SignedCheckpoint opened, OpenCheckpoint(proof.checkpoint, keys, extensions));
  RETURN_IF_ERROR(VerifyInclusion(proof.index, opened.checkpoint.size, leaf_hash, proof.hashes,
                                  opened.checkpoint.root));
  return opened;
}

}  // namespace concordat::tlog
