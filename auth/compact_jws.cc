#include "auth/compact_jws.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth/base64url.h"
#include "auth/strict_json.h"
#include "auth/token_error.h"
#include "base/status.h"

namespace concordat::auth {
namespace {

constexpr int kMaxDepth = 4;

// The key that `kid` names; null when there is none.
const VerificationKey* KeyOf(const CompactJws& jws, const JsonWebKeySet& keys) {
  const std::string* key_id = StringMember(jws.header, "kid");
  return key_id == nullptr ? nullptr : keys.Find(*key_id);
}

absl::StatusOr<std::string> Decode(absl::string_view part, absl::string_view name) {
  std::optional<std::string> bytes = DecodeBase64Url(part);
  if (!bytes.has_value()) {
    return TokenInvalid("encoding", absl::StrCat("has a ", name, " that is not strict base64url"));
  }
  return *std::move(bytes);
}

}  // namespace

absl::Status TokenTooLarge() {
  return TokenInvalid("size", absl::StrCat("is larger than ", kMaxTokenBytes, " bytes"));
}

absl::StatusOr<nlohmann::json> ReadTokenJson(absl::string_view text, absl::string_view name) {
  absl::StatusOr<nlohmann::json> object = ParseJsonObject(text, {kMaxTokenBytes, kMaxDepth});
  if (!object.ok()) {
    return TokenInvalid("json", absl::StrCat("has a part that cannot be read, its ", name, ": ",
                                             object.status().message()));
  }
  return object;
}

absl::StatusOr<CompactJws> ParseCompactJws(absl::string_view token) {
  if (token.size() > kMaxTokenBytes) return TokenTooLarge();
  // One part too many is enough to know.
  const std::vector<absl::string_view> parts = absl::StrSplit(token, absl::MaxSplits('.', 3));
  if (parts.size() != 3) {
    return TokenInvalid("form", "is no JWS in compact serialisation, which has three parts");
  }
  CompactJws jws;
  jws.signed_text = token.substr(0, parts[0].size() + 1 + parts[1].size());
  ASSIGN_OR_RETURN(const std::string header, Decode(parts[0], "header"));
  ASSIGN_OR_RETURN(jws.payload, Decode(parts[1], "payload"));
  ASSIGN_OR_RETURN(jws.signature, Decode(parts[2], "signature"));
  ASSIGN_OR_RETURN(jws.header, ReadTokenJson(header, "header"));
  for (const char* member : {"crit", "b64", "zip", "enc", "cty", "jku", "jwk", "x5u", "x5c"}) {
    if (jws.header.contains(member)) {
      return TokenInvalid(
          "header", absl::StrCat("has the header member ", member, ", which is not accepted"));
    }
  }
  return jws;
}

bool NamesAKey(const CompactJws& jws, const JsonWebKeySet& keys) {
  return KeyOf(jws, keys) != nullptr;
}

absl::Status VerifyCompactJws(const CompactJws& jws, const JsonWebKeySet& keys) {
  const VerificationKey* key = KeyOf(jws, keys);
  if (key == nullptr) return TokenInvalid("kid", "names no key of its issuer");
  const std::string* algorithm = StringMember(jws.header, "alg");
  if (algorithm == nullptr || *algorithm != NameOf(key->algorithm())) {
    return TokenInvalid("alg", "is not signed with the algorithm of its key");
  }
  if (!key->Verify(jws.signed_text, jws.signature)) {
    return TokenInvalid("signature", "has a signature that its issuer's key did not make");
  }
  return absl::OkStatus();
}

}  // namespace concordat::auth
