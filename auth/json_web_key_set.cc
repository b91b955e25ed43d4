#include "auth/json_web_key_set.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "auth/base64url.h"
#include "auth/strict_json.h"
#include "base/status.h"

namespace concordat::auth {
namespace {

using nlohmann::json;

// A set, its keys, and the `key_ops` of a key.
constexpr int kMaxDepth = 4;

absl::Status Refused(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the key ", what));
}

// Why the key is none of ours, though nothing is wrong with it; empty for ours.
std::string ReasonToLeaveOut(const json& key) {
  const std::string* use = StringMember(key, "use");
  if (key.contains("use") && (use == nullptr || *use != "sig")) return "is not for signatures";
  if (const auto operations = key.find("key_ops"); operations != key.end()) {
    const bool verifies =
        operations->is_array() &&
        std::find(operations->begin(), operations->end(), json("verify")) != operations->end();
    if (!verifies) return "is not for verifying";
  }
  const std::string* algorithm = StringMember(key, "alg");
  if (key.contains("alg") &&
      (algorithm == nullptr || !SignatureAlgorithmNamed(*algorithm).has_value())) {
    return "is for an algorithm that is not accepted";
  }
  const std::string* type = StringMember(key, "kty");
  const std::string* curve = StringMember(key, "crv");
  const bool known = type != nullptr &&
                     (*type == "RSA" || (*type == "EC" && curve != nullptr && *curve == "P-256") ||
                      (*type == "OKP" && curve != nullptr && *curve == "Ed25519"));
  if (!known) return "is of a type that is not accepted";
  if (!key.contains("kid")) return "has no kid";
  return {};
}

absl::StatusOr<std::string> Number(const json& key, const char* name) {
  const std::string* text = StringMember(key, name);
  std::optional<std::string> bytes;
  if (text != nullptr) bytes = DecodeBase64Url(*text);
  if (!bytes.has_value()) return Refused(absl::StrCat("has no ", name, " in base64url"));
  return *std::move(bytes);
}

absl::StatusOr<VerificationKey> MakeKey(const json& key,
                                        std::optional<SignatureAlgorithm> rsa_algorithm) {
  const std::string& type = *StringMember(key, "kty");
  std::optional<SignatureAlgorithm> declared;
  if (const std::string* name = StringMember(key, "alg"); name != nullptr) {
    declared = SignatureAlgorithmNamed(*name);
  }
  if (type == "RSA") {
    const std::optional<SignatureAlgorithm> algorithm = declared ? declared : rsa_algorithm;
    if (!algorithm.has_value()) {
      return Refused("is of RSA and has no alg, and none is configured for such keys");
    }
    ASSIGN_OR_RETURN(const std::string modulus, Number(key, "n"));
    ASSIGN_OR_RETURN(const std::string exponent, Number(key, "e"));
    return VerificationKey::Rsa(*algorithm, modulus, exponent);
  }
  const bool is_ec = type == "EC";
  const SignatureAlgorithm algorithm =
      is_ec ? SignatureAlgorithm::kEs256 : SignatureAlgorithm::kEdDsa;
  if (declared.value_or(algorithm) != algorithm) return Refused("has the alg of another key type");
  ASSIGN_OR_RETURN(const std::string x, Number(key, "x"));
  if (!is_ec) return VerificationKey::Ed25519(x);
  ASSIGN_OR_RETURN(const std::string y, Number(key, "y"));
  return VerificationKey::P256(x, y);
}

// What makes the document one that must not have been published.
absl::Status CheckPublic(const json& key) {
  if (const std::string* type = StringMember(key, "kty"); type != nullptr && *type == "oct") {
    return Refused("is a shared secret; the document must hold public keys alone");
  }
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    if (key.contains(member)) {
      return Refused("has a private member; the document must hold public keys alone");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JsonWebKeySet> JsonWebKeySet::Parse(
    absl::string_view document, std::optional<SignatureAlgorithm> rsa_algorithm) {
  ASSIGN_OR_RETURN(const json parsed, ParseJsonObject(document, {kMaxBytes, kMaxDepth}));
  const auto keys = parsed.find("keys");
  if (keys == parsed.end() || !keys->is_array()) {
    return absl::InvalidArgumentError("the document has no array of keys");
  }
  if (keys->size() > kMaxKeys) {
    return absl::InvalidArgumentError(absl::StrCat("the document has over ", kMaxKeys, " keys"));
  }
  JsonWebKeySet set;
  absl::flat_hash_set<std::string> key_ids;
  for (size_t i = 0; i < keys->size(); ++i) {
    const json& key = (*keys)[i];
    const auto at = [i](absl::string_view message) {
      return absl::StrCat("keys[", i, "]: ", message);
    };
    const auto refused = [&](const absl::Status& why) {
      return absl::InvalidArgumentError(at(why.message()));
    };
    if (!key.is_object()) return refused(Refused("is no object"));
    if (const absl::Status is_public = CheckPublic(key); !is_public.ok()) return refused(is_public);
    const std::string* key_id = StringMember(key, "kid");
    if (key.contains("kid")) {
      if (key_id == nullptr || key_id->empty() || key_id->size() > kMaxKeyIdBytes) {
        return refused(
            Refused(absl::StrCat("has a kid that is not 1 to ", kMaxKeyIdBytes, " bytes of text")));
      }
      if (!key_ids.insert(*key_id).second) return refused(Refused("has the kid of another"));
    }
    if (const std::string reason = ReasonToLeaveOut(key); !reason.empty()) {
      set.left_out_.push_back(at(absl::StrCat("the key ", reason)));
      continue;
    }
    absl::StatusOr<VerificationKey> made = MakeKey(key, rsa_algorithm);
    if (!made.ok()) return refused(made.status());
    set.keys_.emplace(*key_id, *std::move(made));
  }
  if (set.keys_.empty()) {
    return absl::InvalidArgumentError("the document has no key that tokens can be verified with");
  }
  return set;
}

const VerificationKey* JsonWebKeySet::Find(absl::string_view key_id) const {
  const auto found = keys_.find(key_id);
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace concordat::auth
