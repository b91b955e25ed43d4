#include "server/door/metadata.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "auth/access_token.h"
#include "auth/token_error.h"
#include "base/resource_name.h"
#include "base/status.h"

namespace concordat::door {
namespace {

constexpr size_t kMaxOpaqueBytes = 128;

bool IsOpaque(absl::string_view text) {
  if (text.empty() || text.size() > kMaxOpaqueBytes) return false;
  for (const char c : text) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

bool IsAgreementName(absl::string_view text) {
  return MatchesPattern(text, "agreements/{agreement}");
}

bool IsLowerHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); });
}

// The trace identifier of `00-<32 hexadecimal digits>-<16>-<2>`, the version of
// W3C Trace Context that there is; nothing for another text, or for zeros.
std::string TraceIdOf(absl::string_view traceparent) {
  if (traceparent.size() != 55 || !absl::StartsWith(traceparent, "00-") || traceparent[35] != '-' ||
      traceparent[52] != '-') {
    return {};
  }
  const absl::string_view id = traceparent.substr(3, 32);
  if (!IsLowerHex(id) || !IsLowerHex(traceparent.substr(36, 16)) ||
      !IsLowerHex(traceparent.substr(53)) || id.find_first_not_of('0') == id.npos) {
    return {};
  }
  return std::string(id);
}

absl::Status Invalid(absl::string_view key, absl::string_view description) {
  return MakeError(v1::METADATA_INVALID, absl::StrCat("the metadata key ", key, " ", description),
                   {{"key", key}});
}

}  // namespace

absl::StatusOr<CallMetadata> ReadMetadata(
    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  CallMetadata read;
  struct Known {
    absl::string_view key;
    std::string* value;
    bool (*valid)(absl::string_view);
    absl::string_view expectation;
  };
  const Known known[] = {
      {kPurposeKey, &read.purpose, IsIdentifier, "must be a purpose's identifier"},
      {kAgreementKey, &read.agreement, IsAgreementName, "must be agreements/{agreement}"},
      {kOnBehalfOfKey, &read.on_behalf_of, IsOpaque, "must be 1 to 128 printable characters"},
      {kRequestIdKey, &read.request_id, IsOpaque, "must be 1 to 128 printable characters"},
  };
  for (const auto& [raw_key, raw_value] : metadata) {
    const absl::string_view key(raw_key.data(), raw_key.size());
    const absl::string_view value(raw_value.data(), raw_value.size());
    if (key == kTraceParentKey) {
      read.trace_id = TraceIdOf(value);
      continue;
    }
    if (!absl::StartsWith(key, "concordat-")) continue;
    const Known* match = nullptr;
    for (const Known& candidate : known) {
      if (candidate.key == key) match = &candidate;
    }
    if (match == nullptr) return Invalid(key.substr(0, 64), "is not one that the server knows");
    if (!match->value->empty()) return Invalid(key, "is given twice");
    if (!match->valid(value)) return Invalid(key, match->expectation);
    *match->value = std::string(value);
  }
  return read;
}

absl::StatusOr<std::optional<absl::string_view>> ReadBearerToken(
    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata) {
  const auto [first, last] = metadata.equal_range(kAuthorizationKey);
  if (first == last) return std::nullopt;
  if (std::next(first) != last) {
    return auth::TokenInvalid("authorization", "cannot be told: several were sent; send one");
  }
  ASSIGN_OR_RETURN(const absl::string_view token,
                   auth::BearerToken({first->second.data(), first->second.size()}));
  return token;
}

}  // namespace concordat::door
