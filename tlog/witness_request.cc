#include "tlog/witness_request.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status.h"
#include "tlog/strict_text.h"

namespace concordat::tlog {
namespace {

constexpr absl::string_view kOldSizePrefix = "old ";
// The most that the specification lets a client send.
constexpr size_t kMaxHashes = 63;

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("not an add-checkpoint request: ", what));
}

}  // namespace

absl::StatusOr<WitnessRequest> ParseWitnessRequest(absl::string_view body) {
  if (body.size() > kMaxWitnessRequestBytes) return Malformed("it is too large");
  std::optional<absl::string_view> line = TakeLine(body);
  if (!line.has_value() || !absl::ConsumePrefix(&*line, kOldSizePrefix)) {
    return Malformed("its first line is no old size");
  }
  const std::optional<uint64_t> old_size = ParseDecimal(*line);
  if (!old_size.has_value()) return Malformed("its old size is not a number in its shortest form");
  WitnessRequest request{*old_size, {}, {}};
  for (line = TakeLine(body); line.has_value() && !line->empty(); line = TakeLine(body)) {
    std::optional<std::string> hash = DecodeHash(*line);
    if (!hash.has_value()) return Malformed("a hash is not the base64 of 32 bytes");
    if (request.proof.size() == kMaxHashes) return Malformed("it has too many hashes");
    request.proof.push_back(*std::move(hash));
  }
  if (!line.has_value() || body.empty()) return Malformed("it has no checkpoint");
  request.checkpoint = std::string(body);
  return request;
}

absl::StatusOr<std::string> FormatWitnessRequest(const WitnessRequest& request) {
  std::string body = absl::StrCat(kOldSizePrefix, request.old_size, "\n");
  for (const std::string& hash : request.proof) {
    absl::StrAppend(&body, absl::Base64Escape(hash), "\n");
  }
  absl::StrAppend(&body, "\n", request.checkpoint);
  RETURN_IF_ERROR(ParseWitnessRequest(body).status());
  return body;
}

}  // namespace concordat::tlog
