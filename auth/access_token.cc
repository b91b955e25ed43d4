#include "auth/access_token.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth/base64url.h"
#include "auth/compact_jws.h"
#include "auth/strict_json.h"
#include "auth/token_error.h"
#include "base/digest.h"
#include "base/status.h"

namespace concordat::auth {
namespace {

using nlohmann::json;

constexpr size_t kMaxClaimBytes = 256;
constexpr size_t kSha256Bytes = 32;
// 9999-12-31T23:59:59Z.
constexpr uint64_t kLastInstant = 253402300799;

// What the profiles differ in.
struct ProfileRules {
  std::vector<absl::string_view> types;
  absl::Duration longest_lifetime;
  const char* client_claim;
  const char* id_claim;
  bool must_be_bound;
};

const ProfileRules& RulesOf(TokenProfile profile) {
  static const auto* const strict = new ProfileRules{
      {"at+jwt", "application/at+jwt"}, absl::Minutes(15), "client_id", "jti", true};
  static const auto* const entra =
      new ProfileRules{{"JWT"}, absl::Minutes(95), "azp", "uti", false};
  return profile == TokenProfile::kMicrosoftEntra ? *entra : *strict;
}

bool IsTokenCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::string_view("-._~+/=").find(c) != absl::string_view::npos;
}

absl::Status CheckType(const json& header, const ProfileRules& rules) {
  const std::string* type = StringMember(header, "typ");
  if (type == nullptr ||
      std::find(rules.types.begin(), rules.types.end(), *type) == rules.types.end()) {
    return TokenInvalid("typ", absl::StrCat("is of another type than ", rules.types[0]));
  }
  return absl::OkStatus();
}

absl::Status CheckAudience(const json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  bool ours = false;
  if (found != claims.end() && found->is_array()) {
    const bool texts = std::all_of(found->begin(), found->end(),
                                   [](const json& value) { return value.is_string(); });
    ours = texts && std::find(found->begin(), found->end(), json(audience)) != found->end();
  } else if (const std::string* only = StringMember(claims, "aud"); only != nullptr) {
    ours = *only == audience;
  }
  return ours ? absl::OkStatus() : TokenInvalid("aud", "is for another service");
}

absl::StatusOr<absl::Time> InstantIn(const json& claims, const char* name) {
  const auto found = claims.find(name);
  // Negative and fractional numbers are of other types, and so is text.
  const auto* seconds =
      found == claims.end() ? nullptr : found->get_ptr<const json::number_unsigned_t*>();
  if (seconds == nullptr || *seconds > kLastInstant) {
    return TokenInvalid(name, absl::StrCat("has no ", name, " in whole seconds"));
  }
  return absl::FromUnixSeconds(static_cast<int64_t>(*seconds));
}

absl::StatusOr<std::string> TextIn(const json& claims, const char* name) {
  const std::string* text = StringMember(claims, name);
  if (text == nullptr || text->empty() || text->size() > kMaxClaimBytes) {
    return TokenInvalid(
        name, absl::StrCat("has no ", name, " of 1 to ", kMaxClaimBytes, " bytes of text"));
  }
  return *text;
}

// The certificate of `cnf` (RFC 8705, 3.1). Empty where there is none and none
// is required.
absl::StatusOr<std::string> BoundCertificate(const json& claims, bool required) {
  const auto confirmation = claims.find("cnf");
  if (confirmation == claims.end() && !required) return std::string();
  std::optional<std::string> thumbprint;
  if (confirmation != claims.end() && confirmation->is_object()) {
    const std::string* text = StringMember(*confirmation, "x5t#S256");
    if (text != nullptr) thumbprint = DecodeBase64Url(*text);
  }
  if (!thumbprint.has_value() || thumbprint->size() != kSha256Bytes) {
    return TokenInvalid("cnf", "is not bound to a certificate by x5t#S256");
  }
  return *std::move(thumbprint);
}

absl::Status CheckEntra(const json& claims) {
  const std::string* version = StringMember(claims, "ver");
  if (version == nullptr || *version != "2.0") {
    return TokenInvalid("ver", "is not of version 2.0; set accessTokenAcceptedVersion to 2");
  }
  const std::string* proof = StringMember(claims, "azpacr");
  if (proof == nullptr || *proof != "2") {
    return TokenInvalid("azpacr", "is not of a client that proved itself with a certificate");
  }
  if (claims.contains("scp")) {
    return TokenInvalid("scp", "stands for a signed-in user and not for a system");
  }
  return absl::OkStatus();
}

absl::Status CheckTimes(const AccessToken& token, absl::Time now) {
  constexpr absl::Duration kLeeway = AccessTokenVerifier::kLeeway;
  if (token.issued > now + kLeeway) return TokenInvalid("iat", "was issued in the future");
  if (token.not_before > now + kLeeway) return TokenInvalid("nbf", "is not valid yet");
  if (token.expires <= token.issued || token.expires - token.issued > token.longest_lifetime) {
    return TokenInvalid("lifetime",
                        absl::StrCat("does not live for up to ",
                                     absl::ToInt64Minutes(token.longest_lifetime), " minutes"));
  }
  if (now >= token.expires + kLeeway) {
    return MakeError(v1::TOKEN_EXPIRED, "the access token has expired; get a new one");
  }
  return absl::OkStatus();
}

absl::Status CheckFreshness(const TokenIssuer& issuer, absl::Time now) {
  if (issuer.freshness == nullptr || issuer.freshness->IsUsableAt(now)) return absl::OkStatus();
  issuer.freshness->MissKey();
  return MakeError(v1::TOKEN_KEYS_UNKNOWN,
                   "the server has no current keys of the access token's issuer; tell the operator "
                   "and try later");
}

absl::Status CheckCertificate(const AccessToken& token, absl::string_view certificate_sha256) {
  if (token.certificate_sha256.empty()) return absl::OkStatus();
  if (!EqualInConstantTime(token.certificate_sha256, certificate_sha256)) {
    return MakeError(v1::TOKEN_CERTIFICATE_MISMATCH,
                     "the access token is bound to another certificate than the connection's; "
                     "get one with this certificate");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<absl::string_view> BearerToken(absl::string_view authorization) {
  absl::string_view token = authorization;
  if (!absl::ConsumePrefix(&token, "Bearer ") || token.empty() ||
      !std::all_of(token.begin(), token.end(), IsTokenCharacter)) {
    return TokenInvalid("authorization",
                        "cannot be found: the header must be `Bearer`, one space, and the token");
  }
  return token;
}

AccessTokenVerifier::AccessTokenVerifier(std::vector<TokenIssuer> issuers, size_t capacity)
    : capacity_(capacity) {
  for (TokenIssuer& issuer : issuers) {
    std::string name = issuer.issuer;
    issuers_.emplace(std::move(name), std::move(issuer));
  }
}

absl::StatusOr<std::shared_ptr<const AccessToken>> AccessTokenVerifier::Verify(
    absl::string_view token, absl::string_view certificate_sha256, absl::Time now) const {
  if (token.size() > kMaxTokenBytes) return TokenTooLarge();
  std::string token_sha256 = Sha256Of(token);
  std::shared_ptr<const AccessToken> verified = FindKept(token_sha256);
  const bool is_new = verified == nullptr;
  if (is_new) {
    ASSIGN_OR_RETURN(verified, Read(token, now));
  } else {
    RETURN_IF_ERROR(CheckFreshness(issuers_.at(verified->issuer), now));
  }
  RETURN_IF_ERROR(CheckTimes(*verified, now));
  RETURN_IF_ERROR(CheckCertificate(*verified, certificate_sha256));
  if (is_new) Keep(std::move(token_sha256), verified, now);
  return verified;
}

absl::StatusOr<std::shared_ptr<const AccessToken>> AccessTokenVerifier::Read(
    absl::string_view token, absl::Time now) const {
  ASSIGN_OR_RETURN(const CompactJws jws, ParseCompactJws(token));
  ASSIGN_OR_RETURN(const json claims, ReadTokenJson(jws.payload, "claims"));
  // Whose token it says it is chooses the keys that have to prove it.
  const std::string* name = StringMember(claims, "iss");
  const auto found = name == nullptr ? issuers_.end() : issuers_.find(*name);
  if (found == issuers_.end()) return TokenInvalid("iss", "is of no issuer that is configured");
  const TokenIssuer& issuer = found->second;
  RETURN_IF_ERROR(CheckFreshness(issuer, now));
  const ProfileRules& rules = RulesOf(issuer.profile);
  RETURN_IF_ERROR(CheckType(jws.header, rules));
  if (issuer.freshness != nullptr && !NamesAKey(jws, *issuer.keys)) issuer.freshness->MissKey();
  RETURN_IF_ERROR(VerifyCompactJws(jws, *issuer.keys));

  RETURN_IF_ERROR(CheckAudience(claims, issuer.audience));
  auto read = std::make_shared<AccessToken>();
  read->issuer = issuer.issuer;
  read->key_id = *StringMember(jws.header, "kid");
  read->longest_lifetime = rules.longest_lifetime;
  ASSIGN_OR_RETURN(read->expires, InstantIn(claims, "exp"));
  ASSIGN_OR_RETURN(read->not_before, InstantIn(claims, "nbf"));
  ASSIGN_OR_RETURN(read->issued, InstantIn(claims, "iat"));
  ASSIGN_OR_RETURN(read->client_id, TextIn(claims, rules.client_claim));
  ASSIGN_OR_RETURN(read->subject, TextIn(claims, "sub"));
  ASSIGN_OR_RETURN(const std::string id, TextIn(claims, rules.id_claim));
  read->id_sha256 = Sha256Of(id);
  ASSIGN_OR_RETURN(read->certificate_sha256, BoundCertificate(claims, rules.must_be_bound));
  if (issuer.profile == TokenProfile::kMicrosoftEntra) RETURN_IF_ERROR(CheckEntra(claims));
  return std::shared_ptr<const AccessToken>(std::move(read));
}

std::shared_ptr<const AccessToken> AccessTokenVerifier::FindKept(
    absl::string_view token_sha256) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = kept_.find(token_sha256);
  return found == kept_.end() ? nullptr : found->second;
}

void AccessTokenVerifier::Keep(std::string token_sha256, std::shared_ptr<const AccessToken> token,
                               absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  if (kept_.size() >= capacity_) {
    absl::erase_if(kept_,
                   [now](const auto& entry) { return now >= entry.second->expires + kLeeway; });
  }
  // Full of tokens that are still good: begin anew rather than look for the
  // least used on every call.
  if (kept_.size() >= capacity_) kept_.clear();
  kept_.emplace(std::move(token_sha256), std::move(token));
}

size_t AccessTokenVerifier::kept() const {
  absl::ReaderMutexLock lock(&mutex_);
  return kept_.size();
}

}  // namespace concordat::auth
