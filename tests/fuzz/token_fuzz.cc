// Access tokens and JWKS documents from whoever sends them: nothing crashes, and
// what is accepted keeps the rules. The first byte chooses the parser, the rest
// is its input.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth/access_token.h"
#include "auth/base64url.h"
#include "auth/compact_jws.h"
#include "auth/json_web_key_set.h"
#include "auth/strict_json.h"
#include "base/digest.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/signing_key.h"

namespace concordat::auth {
namespace {

using fuzz::Require;

const SigningKey& Key() {
  static const auto* const key = new SigningKey("EdDSA", "key");
  return *key;
}

std::shared_ptr<const JsonWebKeySet> Keys() {
  static const auto* const keys =
      new std::shared_ptr<const JsonWebKeySet>(std::make_shared<const JsonWebKeySet>(
          *JsonWebKeySet::Parse(JwksOf({Key().PublicJwk()}), std::nullopt)));
  return *keys;
}

void FuzzBase64Url(absl::string_view text) {
  const std::optional<std::string> bytes = DecodeBase64Url(text);
  if (bytes.has_value()) {
    Require(absl::WebSafeBase64Escape(*bytes) == text, "a value has one text");
  }
}

void FuzzJson(absl::string_view text) {
  const auto object = ParseJsonObject(text, {4096, 4});
  if (!object.ok()) return;
  Require(text.size() <= 4096 && object->is_object(), "what is read is an object within limits");
  const auto again = ParseJsonObject(object->dump(), {size_t{1} << 20, 4});
  Require(again.ok() && *again == *object, "what was read can be written and read again");
}

void FuzzJws(absl::string_view token) {
  const auto jws = ParseCompactJws(token);
  if (!jws.ok()) return;
  Require(token.size() <= kMaxTokenBytes, "a token has a limit");
  Require(!jws->header.contains("crit") && !jws->header.contains("jwk"),
          "no header brings a key or changes the reading");
  // Nobody but the test has the key.
  Require(!VerifyCompactJws(*jws, *Keys()).ok(), "a signature cannot be guessed");
}

void FuzzKeys(absl::string_view document) {
  for (const auto& algorithm :
       {std::optional<SignatureAlgorithm>(), SignatureAlgorithmNamed("RS256")}) {
    const auto keys = JsonWebKeySet::Parse(document, algorithm);
    if (!keys.ok()) continue;
    Require(document.size() <= JsonWebKeySet::kMaxBytes, "a document has a limit");
    Require(keys->size() > 0 && keys->size() <= JsonWebKeySet::kMaxKeys, "keys have a limit");
  }
}

// Claims that the issuer signed: header and claims are divided by a line feed.
void FuzzClaims(absl::string_view text, TokenProfile profile) {
  const size_t end = text.find('\n');
  if (end == absl::string_view::npos) return;
  const std::string token = Key().TokenOfTexts(text.substr(0, end), text.substr(end + 1));
  const AccessTokenVerifier verifier({{"iss", "aud", profile, Keys()}});
  const absl::Time now = absl::FromUnixSeconds(1543568460);
  const std::string certificate = Sha256Of("certificate");
  const auto verified = verifier.Verify(token, certificate, now);
  if (!verified.ok()) return;
  const AccessToken& read = **verified;
  Require(read.issuer == "iss" && read.key_id == "key", "issuer and key are the configured ones");
  Require(read.expires - read.issued <= read.longest_lifetime,
          "a token lives no longer than it may");
  Require(now < read.expires + AccessTokenVerifier::kLeeway, "it has not expired");
  Require(!read.client_id.empty() && !read.subject.empty(), "it says whose it is");
  Require(read.certificate_sha256 == certificate ||
              (read.certificate_sha256.empty() && profile == TokenProfile::kMicrosoftEntra),
          "it is bound to the certificate");
}

}  // namespace
}  // namespace concordat::auth

// What libFuzzer calls, by this name.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace concordat::auth;  // NOLINT(google-build-using-namespace): the name is C's.
  return concordat::fuzz::Parse(
      data, size,
      {{'b', &FuzzBase64Url},
       {'j', &FuzzJson},
       {'t', &FuzzJws},
       {'k', &FuzzKeys},
       {'s', [](absl::string_view text) { FuzzClaims(text, TokenProfile::kStrict); }},
       {'e', [](absl::string_view text) { FuzzClaims(text, TokenProfile::kMicrosoftEntra); }}});
}
