#include "auth/access_token.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "auth/compact_jws.h"
#include "base/digest.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/signing_key.h"

namespace concordat::auth {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kIssuer[] = "https://login.example.org";
constexpr char kEntra[] = "https://login.example.com/tenant/v2.0";
constexpr char kAudience[] = "https://concordat.example.org";
constexpr int64_t kIssued = 1543568400;  // 2018-11-30T09:00:00Z
const absl::Time kNow = absl::FromUnixSeconds(kIssued + 60);
const std::string kCertificate = Sha256Of("the client's certificate");
const std::string kOtherCertificate = Sha256Of("another certificate");

const SigningKey& Key(const std::string& algorithm) {
  static const auto* const keys = new std::vector<std::pair<std::string, SigningKey>>([] {
    std::vector<std::pair<std::string, SigningKey>> made;
    for (const char* name : {"ES256", "RS256", "PS256", "EdDSA"}) {
      made.emplace_back(name, SigningKey(name, absl::StrCat("key-", name)));
    }
    return made;
  }());
  for (const auto& [name, key] : *keys) {
    if (name == algorithm) return key;
  }
  std::abort();
}

const SigningKey& EcKey() { return Key("ES256"); }

std::shared_ptr<const JsonWebKeySet> AllKeys() {
  auto keys = JsonWebKeySet::Parse(JwksOf({Key("ES256").PublicJwk(), Key("RS256").PublicJwk(),
                                           Key("PS256").PublicJwk(), Key("EdDSA").PublicJwk()}),
                                   std::nullopt);
  return std::make_shared<const JsonWebKeySet>(*std::move(keys));
}

AccessTokenVerifier NewVerifier(size_t capacity = 100) {
  std::vector<TokenIssuer> issuers;
  issuers.push_back({kIssuer, kAudience, TokenProfile::kStrict, AllKeys()});
  issuers.push_back({kEntra, kAudience, TokenProfile::kMicrosoftEntra, AllKeys()});
  return AccessTokenVerifier(std::move(issuers), capacity);
}

json Claims() {
  return {{"iss", kIssuer},
          {"aud", kAudience},
          {"sub", "police-feed"},
          {"client_id", "police-feed"},
          {"jti", "one"},
          {"iat", kIssued},
          {"nbf", kIssued},
          {"exp", kIssued + 900},
          {"cnf", {{"x5t#S256", absl::WebSafeBase64Escape(kCertificate)}}}};
}

json EntraClaims() {
  return {{"iss", kEntra},        {"aud", kAudience},     {"sub", "object"}, {"azp", "app"},
          {"azpacr", "2"},        {"ver", "2.0"},         {"uti", "one"},    {"iat", kIssued - 300},
          {"nbf", kIssued - 300}, {"exp", kIssued + 5400}};
}

// `claims` with members changed; one that becomes null is taken out.
json With(json claims, const json& changes) {
  claims.merge_patch(changes);
  return claims;
}

// The rule that was broken, the reason where it is another than TOKEN_INVALID,
// or `accepted`.
std::string Verdict(const absl::StatusOr<std::shared_ptr<const AccessToken>>& verified) {
  if (verified.ok()) return "accepted";
  const v1::ErrorReason reason = ReasonOf(verified.status());
  EXPECT_EQ(verified.status().code(), CodeOf(reason));
  if (reason != v1::TOKEN_INVALID) return v1::ErrorReason_Name(reason);
  return PayloadOf<google::rpc::ErrorInfo>(verified.status())->metadata().at("rule");
}

std::string VerdictOn(absl::string_view token, absl::Time now = kNow,
                      absl::string_view certificate = kCertificate) {
  static const auto* const verifier = new AccessTokenVerifier(NewVerifier());
  return Verdict(verifier->Verify(token, certificate, now));
}

std::string VerdictOnClaims(const json& changes, absl::Time now = kNow) {
  return VerdictOn(EcKey().Token(With(Claims(), changes)), now);
}

std::string VerdictOnHeader(const json& changes) {
  return VerdictOn(EcKey().Token(With(EcKey().Header(), changes), Claims()));
}

std::string EntraVerdict(const json& changes, absl::Time now = kNow) {
  json header = EcKey().Header();
  header["typ"] = "JWT";
  return VerdictOn(EcKey().Token(header, With(EntraClaims(), changes)), now);
}

struct Rejection {
  std::string what;
  json changes;
  std::string rule;
};

TEST(AccessTokenTest, AGoodTokenOfEachAlgorithmIsAcceptedAndSaysWhoseItIs) {
  const AccessTokenVerifier verifier = NewVerifier();
  for (const char* algorithm : {"ES256", "RS256", "PS256", "EdDSA"}) {
    const auto token = verifier.Verify(Key(algorithm).Token(Claims()), kCertificate, kNow);
    ASSERT_TRUE(token.ok()) << algorithm << token.status();
    EXPECT_EQ((*token)->issuer, kIssuer);
    EXPECT_EQ((*token)->client_id, "police-feed");
    EXPECT_EQ((*token)->subject, "police-feed");
    EXPECT_EQ((*token)->key_id, absl::StrCat("key-", algorithm));
    EXPECT_EQ((*token)->id_sha256, Sha256Of("one"));
    EXPECT_EQ((*token)->expires, absl::FromUnixSeconds(kIssued + 900));
    EXPECT_EQ((*token)->certificate_sha256, kCertificate);
  }
}

TEST(AccessTokenTest, WhatIsNeitherForbiddenNorKnownIsIgnored) {
  EXPECT_EQ(VerdictOnHeader({{"x5t", "abc"}, {"nonsense", 1}}), "accepted");
  EXPECT_EQ(VerdictOnHeader({{"typ", "application/at+jwt"}}), "accepted");
  EXPECT_EQ(VerdictOnClaims({{"scope", "read"}, {"realm", {{"roles", {"a", "b"}}}}}), "accepted");
  EXPECT_EQ(VerdictOnClaims({{"aud", {"https://other.example.org", kAudience}}}), "accepted");
}

TEST(AccessTokenTest, TheAlgorithmIsTheKeysAndNoOther) {
  for (const char* name : {"none", "None", "nONE", "NONE", "", "HS256", "HS384", "HS512", "es256",
                           "ES384", "ES521", "RS256", "PS256", "EdDSA", "ES256 "}) {
    EXPECT_EQ(VerdictOnHeader({{"alg", name}}), "alg") << name;
  }
  EXPECT_EQ(VerdictOnHeader({{"alg", nullptr}}), "alg");
  EXPECT_EQ(VerdictOnHeader({{"alg", 256}}), "alg");
}

TEST(AccessTokenTest, ATokenWithoutASignatureIsRefusedWhateverItsAlg) {
  for (const char* name : {"none", "nONE", "ES256"}) {
    const json header = With(EcKey().Header(), {{"alg", name}});
    const std::string token = absl::StrCat(absl::WebSafeBase64Escape(header.dump()), ".",
                                           absl::WebSafeBase64Escape(Claims().dump()), ".");
    EXPECT_EQ(VerdictOn(token), std::string(name) == "ES256" ? "signature" : "alg");
  }
}

TEST(AccessTokenTest, RsaPaddingsAreNotInterchangeable) {
  const json as_pss = With(Key("RS256").Header(), {{"alg", "PS256"}});
  EXPECT_EQ(VerdictOn(Key("RS256").Token(as_pss, Claims())), "alg");
  // The header names the right key and algorithm, and the other one signed.
  EXPECT_EQ(VerdictOn(Key("RS256").Token(Key("PS256").Header(), Claims())), "signature");
  EXPECT_EQ(VerdictOn(Key("PS256").Token(Key("RS256").Header(), Claims())), "signature");
}

TEST(AccessTokenTest, AKeyIsFoundByItsExactIdentifierOrNotAtAll) {
  for (const json& id : {json(nullptr), json(""), json("key-es256"), json("../../keys/key-ES256"),
                         json("key-ES256' OR '1'='1"), json("/dev/null"),
                         json(std::string(2000, 'k')), json(1), json::array({"key-ES256"})}) {
    EXPECT_EQ(VerdictOnHeader({{"kid", id}}), "kid") << id.dump().substr(0, 40);
  }
}

TEST(AccessTokenTest, HeadersThatBringAKeyOrChangeTheReadingAreRefused) {
  for (const char* member : {"crit", "b64", "zip", "enc", "cty", "jku", "jwk", "x5u", "x5c"}) {
    EXPECT_EQ(VerdictOnHeader({{member, json::array({"exp"})}}), "header") << member;
  }
  // A key in the header that did make the signature.
  const SigningKey own("ES256", "key-ES256");
  EXPECT_EQ(VerdictOn(own.Token(With(own.Header(), {{"jwk", own.PublicJwk()}}), Claims())),
            "header");
  EXPECT_EQ(VerdictOn(own.Token(Claims())), "signature");
}

TEST(AccessTokenTest, OnlyTheTypeOfAccessTokensIsAccepted) {
  for (const json& type : {json("JWT"), json("jwt"), json("AT+JWT"), json("at+jwt "), json(""),
                           json("logout+jwt"), json(nullptr), json(1)}) {
    EXPECT_EQ(VerdictOnHeader({{"typ", type}}), "typ") << type;
  }
}

TEST(AccessTokenTest, AnEcSignatureIsTwoNumbersOf32Bytes) {
  const std::string good = EcKey().Token(Claims());
  const std::string text = good.substr(0, good.rfind('.'));
  const auto with = [&](const std::string& signature) {
    return VerdictOn(absl::StrCat(text, ".", absl::WebSafeBase64Escape(signature)));
  };
  const std::string signature = EcKey().Sign(text);
  ASSERT_EQ(with(signature), "accepted");
  EXPECT_EQ(with(EcKey().SignDer(text)), "signature");
  EXPECT_EQ(with(signature + std::string(1, '\0')), "signature");
  EXPECT_EQ(with(signature.substr(0, 63)), "signature");
  EXPECT_EQ(with(std::string(64, '\0')), "signature");
  EXPECT_EQ(with(std::string(32, '\0') + signature.substr(32)), "signature");
  EXPECT_EQ(with(signature.substr(0, 32) + std::string(32, '\0')), "signature");
  // The order of the group of P-256.
  const std::string n =
      absl::HexStringToBytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  EXPECT_EQ(with(n + signature.substr(32)), "signature");
  EXPECT_EQ(with(signature.substr(0, 32) + n), "signature");
  EXPECT_EQ(with(std::string(64, '\xFF')), "signature");
}

TEST(AccessTokenTest, OnlyCompactSerialisationOfThreePartsIsRead) {
  const std::string good = EcKey().Token(Claims());
  const std::vector<std::string> parts = absl::StrSplit(good, '.');
  for (const std::string& token :
       {std::string(), std::string("."), parts[0], parts[0] + "." + parts[1], good + ".",
        good + ".AA", good + ".AA.AA", "." + good,
        json{{"payload", parts[1]}, {"protected", parts[0]}, {"signature", parts[2]}}.dump()}) {
    EXPECT_EQ(VerdictOn(token), "form") << token;
  }
  EXPECT_EQ(VerdictOn(".."), "json");
  // A token within a token.
  EXPECT_EQ(VerdictOn(EcKey().TokenOfTexts(EcKey().Header().dump(), good)), "json");
}

TEST(AccessTokenTest, Base64UrlHasOneTextForEachValue) {
  const std::string good = EcKey().Token(Claims());
  const std::vector<std::string> parts = absl::StrSplit(good, '.');
  for (size_t i = 0; i < parts.size(); ++i) {
    for (const char* tail : {"=", "==", " ", "\n", "+", "/", "?", "\t"}) {
      std::vector<std::string> changed = parts;
      changed[i] += tail;
      EXPECT_EQ(VerdictOn(absl::StrJoin(changed, ".")), "encoding") << i << tail;
    }
  }
  // 64 bytes take 86 characters, of which the last has four bits that count for
  // nothing: fifteen other texts would be the same signature.
  constexpr absl::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const size_t last = kDigits.find(good.back());
  for (size_t bits = 1; bits < 16; ++bits) {
    std::string changed = good;
    changed.back() = kDigits[last ^ bits];
    EXPECT_EQ(VerdictOn(changed), "encoding");
  }
}

TEST(AccessTokenTest, NoCharacterOfATokenCanBeChanged) {
  const std::string good = EcKey().Token(Claims());
  ASSERT_EQ(VerdictOn(good), "accepted");
  for (size_t i = 0; i < good.size(); ++i) {
    for (const char other : {'A', '.', '_', '\0'}) {
      std::string changed = good;
      if (changed[i] == other) continue;
      changed[i] = other;
      EXPECT_NE(VerdictOn(changed), "accepted") << i;
    }
    EXPECT_NE(VerdictOn(good.substr(0, i)), "accepted") << i;
  }
}

TEST(AccessTokenTest, SizeDepthAndTextAreLimited) {
  EXPECT_EQ(VerdictOn(std::string(kMaxTokenBytes + 1, 'A')), "size");
  EXPECT_EQ(VerdictOnClaims({{"more", std::string(3 << 10, 'x')}}), "size");
  EXPECT_EQ(VerdictOnClaims({{"more", {{"a", {{"b", {{"c", 1}}}}}}}}), "accepted");
  EXPECT_EQ(VerdictOnClaims({{"more", {{"a", {{"b", {{"c", json::object()}}}}}}}}), "json");
  const std::string claims = Claims().dump();
  const std::string header = EcKey().Header().dump();
  for (const std::string& bad :
       {absl::StrCat("{\"aud\":\"x\",", claims.substr(1)),
        absl::StrCat("{\"\\u0061ud\":\"x\",", claims.substr(1)), absl::StrCat(claims, "{}"),
        absl::StrCat("\xEF\xBB\xBF", claims), std::string("[]"), std::string("null"),
        absl::StrReplaceAll(claims, {{"police-feed", "police\\u0000"}}),
        absl::StrReplaceAll(claims, {{"police-feed", "police\xC3\x28"}}), std::string()}) {
    EXPECT_EQ(VerdictOn(EcKey().TokenOfTexts(header, bad)), "json") << bad;
  }
  EXPECT_EQ(
      VerdictOn(EcKey().TokenOfTexts(absl::StrCat("{\"alg\":\"none\",", header.substr(1)), claims)),
      "json");
}

TEST(AccessTokenTest, IssuerAndAudienceAreComparedByteForByte) {
  const Rejection rejections[] = {
      {"no issuer", {{"iss", nullptr}}, "iss"},
      {"another issuer", {{"iss", "https://evil.example.org"}}, "iss"},
      {"a slash more", {{"iss", absl::StrCat(kIssuer, "/")}}, "iss"},
      {"another case", {{"iss", "https://LOGIN.example.org"}}, "iss"},
      {"a list of issuers", {{"iss", json::array({kIssuer})}}, "iss"},
      {"no audience", {{"aud", nullptr}}, "aud"},
      {"another audience", {{"aud", "https://other.example.org"}}, "aud"},
      {"another case", {{"aud", "https://CONCORDAT.example.org"}}, "aud"},
      {"a longer audience", {{"aud", absl::StrCat(kAudience, ".evil.org")}}, "aud"},
      {"a list of others", {{"aud", {"a", "b"}}}, "aud"},
      {"an empty list", {{"aud", json::array()}}, "aud"},
      {"a list with more than texts", {{"aud", {kAudience, 1}}}, "aud"},
      {"an object", {{"aud", {{"x", kAudience}}}}, "aud"},
  };
  for (const Rejection& rejection : rejections) {
    EXPECT_EQ(VerdictOnClaims(rejection.changes), rejection.rule) << rejection.what;
  }
}

TEST(AccessTokenTest, EveryClaimOfRfc9068IsRequiredAndIsText) {
  for (const char* name : {"sub", "client_id", "jti"}) {
    for (const json& value :
         {json(nullptr), json(""), json(1), json::array({"x"}), json(std::string(257, 'x'))}) {
      EXPECT_EQ(VerdictOnClaims({{name, value}}), name) << value;
    }
  }
}

TEST(AccessTokenTest, TimesAreWholeSecondsAndAllThere) {
  for (const char* name : {"exp", "nbf", "iat"}) {
    for (const json& value :
         {json(nullptr), json(-1), json(1543568400.5), json(1e300), json("1543568400"), json(true),
          json(253402300800), json(18446744073709551615ULL), json::array({kIssued})}) {
      EXPECT_EQ(VerdictOnClaims({{name, value}}), name) << value;
    }
    // JSON has numbers that a careless reader takes for zero, or for others.
    for (const char* number : {"-0", "1.0", "1e9", "99999999999999999999999"}) {
      const std::string claims =
          absl::StrReplaceAll(With(Claims(), {{name, "NUMBER"}}).dump(), {{"\"NUMBER\"", number}});
      EXPECT_EQ(VerdictOn(EcKey().TokenOfTexts(EcKey().Header().dump(), claims)), name) << number;
    }
  }
}

TEST(AccessTokenTest, ClocksMayDifferByAMinuteAndNoMore) {
  const std::string token = EcKey().Token(Claims());
  const absl::Time issued = absl::FromUnixSeconds(kIssued);
  const absl::Time expires = absl::FromUnixSeconds(kIssued + 900);
  const absl::Duration minute = absl::Seconds(60);
  const absl::Duration tick = absl::Nanoseconds(1);
  EXPECT_EQ(VerdictOn(token, issued - minute), "accepted");
  EXPECT_EQ(VerdictOn(token, issued - minute - tick), "iat");
  EXPECT_EQ(VerdictOn(token, expires + minute - tick), "accepted");
  EXPECT_EQ(VerdictOn(token, expires + minute), "TOKEN_EXPIRED");
  EXPECT_EQ(VerdictOnClaims({{"nbf", kIssued + 121}}), "nbf");
  EXPECT_EQ(VerdictOnClaims({{"nbf", kIssued + 120}}), "accepted");
  EXPECT_EQ(VerdictOnClaims({{"iat", kIssued + 121}}), "iat");
}

TEST(AccessTokenTest, AStrictTokenLivesForAQuarterOfAnHourAtMost) {
  EXPECT_EQ(VerdictOnClaims({{"exp", kIssued + 900}}), "accepted");
  EXPECT_EQ(VerdictOnClaims({{"exp", kIssued + 901}}), "lifetime");
  EXPECT_EQ(VerdictOnClaims({{"exp", kIssued}}), "lifetime");
  EXPECT_EQ(VerdictOnClaims({{"exp", kIssued - 1}}), "lifetime");
}

TEST(AccessTokenTest, ATokenIsBoundToTheCertificateOfTheConnection) {
  const std::string thumbprint = absl::WebSafeBase64Escape(kCertificate);
  EXPECT_EQ(VerdictOn(EcKey().Token(Claims()), kNow, kOtherCertificate),
            "TOKEN_CERTIFICATE_MISMATCH");
  EXPECT_EQ(VerdictOn(EcKey().Token(Claims()), kNow, ""), "TOKEN_CERTIFICATE_MISMATCH");
  for (const json& confirmation :
       {json(nullptr), json(thumbprint), json::array({thumbprint}), json::object(),
        json{{"x5t", thumbprint}}, json{{"jkt", thumbprint}}, json{{"x5t#S256", 1}},
        json{{"x5t#S256", ""}}, json{{"x5t#S256", thumbprint + "="}},
        json{{"x5t#S256", absl::BytesToHexString(kCertificate)}}}) {
    // merge_patch would mix an object with the one that is there.
    json claims = Claims();
    claims.erase("cnf");
    if (!confirmation.is_null()) claims["cnf"] = confirmation;
    EXPECT_EQ(VerdictOn(EcKey().Token(claims)), "cnf") << confirmation;
  }
}

TEST(AccessTokenTest, ErrorsQuoteNothingOfTheToken) {
  const AccessTokenVerifier verifier = NewVerifier();
  const json claims = With(Claims(), {{"aud", "marker"}, {"sub", "marker"}, {"jti", "marker"}});
  const std::string good = EcKey().Token(claims);
  for (const std::string& token :
       {good, good + "A", "marker." + good,
        EcKey().TokenOfTexts("{\"marker\":1,\"marker\":2}", "marker"),
        EcKey().Token(With(EcKey().Header(), {{"kid", "marker"}}), claims),
        EcKey().Token(With(claims, {{"iss", "marker"}}))}) {
    const absl::Status refused = verifier.Verify(token, kCertificate, kNow).status();
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.ToString(), Not(HasSubstr("marker")));
    for (const absl::string_view part : absl::StrSplit(good, '.')) {
      EXPECT_THAT(refused.ToString(), Not(HasSubstr(std::string(part.substr(0, 12)))));
    }
  }
}

// Microsoft Entra: what is relaxed, and what makes up for it.

TEST(EntraTokenTest, AnApplicationsTokenOfVersion2IsAccepted) {
  EXPECT_EQ(EntraVerdict(json::object()), "accepted");
  EXPECT_EQ(EntraVerdict({{"exp", kIssued - 300 + 95 * 60}}), "accepted");
}

TEST(EntraTokenTest, WhatMakesUpForTheRelaxationsIsRequired) {
  const Rejection rejections[] = {
      {"version 1", {{"ver", "1.0"}}, "ver"},
      {"an ID token has no azpacr", {{"azpacr", nullptr}}, "azpacr"},
      {"a public client", {{"azpacr", "0"}}, "azpacr"},
      {"a client with a password", {{"azpacr", "1"}}, "azpacr"},
      {"a signed-in user", {{"scp", "read"}}, "scp"},
      {"no client", {{"azp", nullptr}}, "azp"},
      {"another's name for it", {{"azp", nullptr}, {"client_id", "app"}}, "azp"},
      {"no identifier", {{"uti", nullptr}, {"jti", "one"}}, "uti"},
      {"no subject", {{"sub", nullptr}}, "sub"},
      {"no beginning", {{"nbf", nullptr}}, "nbf"},
      {"over 95 minutes", {{"exp", kIssued - 300 + 95 * 60 + 1}}, "lifetime"},
      {"another binding than to a certificate", {{"cnf", {{"jkt", "x"}}}}, "cnf"},
      {"another audience", {{"aud", "other"}}, "aud"},
  };
  for (const Rejection& rejection : rejections) {
    EXPECT_EQ(EntraVerdict(rejection.changes), rejection.rule) << rejection.what;
  }
}

TEST(EntraTokenTest, ABindingThatIsThereMustMatch) {
  const auto bound_to = [](const std::string& certificate) {
    return json{{"cnf", {{"x5t#S256", absl::WebSafeBase64Escape(certificate)}}}};
  };
  EXPECT_EQ(EntraVerdict(bound_to(kCertificate)), "accepted");
  EXPECT_EQ(EntraVerdict(bound_to(kOtherCertificate)), "TOKEN_CERTIFICATE_MISMATCH");
}

TEST(EntraTokenTest, TheRelaxationsAreForItsTokensAlone) {
  EXPECT_EQ(VerdictOn(EcKey().Token(With(EntraClaims(), {{"iss", kIssuer}}))), "client_id");
  EXPECT_EQ(VerdictOn(EcKey().Token(EntraClaims())), "typ");
  const json as_jwt = With(EcKey().Header(), {{"typ", "JWT"}});
  EXPECT_EQ(VerdictOn(EcKey().Token(as_jwt, Claims())), "typ");
}

// The cache.

TEST(VerifiedTokensTest, AKeptTokenStillHasToHoldNowAndOverThisConnection) {
  const AccessTokenVerifier verifier = NewVerifier();
  const std::string token = EcKey().Token(Claims());
  ASSERT_TRUE(verifier.Verify(token, kCertificate, kNow).ok());
  ASSERT_EQ(verifier.kept(), 1);
  EXPECT_EQ(Verdict(verifier.Verify(token, kOtherCertificate, kNow)), "TOKEN_CERTIFICATE_MISMATCH");
  EXPECT_EQ(Verdict(verifier.Verify(token, kCertificate, kNow + absl::Hours(1))), "TOKEN_EXPIRED");
  EXPECT_EQ(Verdict(verifier.Verify(token, kCertificate, kNow - absl::Hours(1))), "iat");
  EXPECT_EQ(Verdict(verifier.Verify(token, kCertificate, kNow)), "accepted");
  EXPECT_EQ(verifier.kept(), 1);
}

TEST(VerifiedTokensTest, ASecondLookIsTheSameObject) {
  const AccessTokenVerifier verifier = NewVerifier();
  const std::string token = EcKey().Token(Claims());
  EXPECT_EQ(*verifier.Verify(token, kCertificate, kNow),
            *verifier.Verify(token, kCertificate, kNow));
}

TEST(VerifiedTokensTest, OnlyAcceptedTokensAreKept) {
  const AccessTokenVerifier verifier = NewVerifier();
  EXPECT_FALSE(verifier.Verify(EcKey().Token(Claims()), kOtherCertificate, kNow).ok());
  EXPECT_FALSE(verifier.Verify(EcKey().Token(Claims()) + "A", kCertificate, kNow).ok());
  EXPECT_FALSE(verifier.Verify(EcKey().Token(Claims()), kCertificate, kNow + absl::Hours(9)).ok());
  EXPECT_EQ(verifier.kept(), 0);
}

TEST(VerifiedTokensTest, AFullCacheForgetsTheExpiredFirst) {
  const AccessTokenVerifier verifier = NewVerifier(3);
  const auto verify = [&](const std::string& id, int64_t offset) {
    const json claims = With(Claims(), {{"jti", id},
                                        {"iat", kIssued + offset},
                                        {"nbf", kIssued + offset},
                                        {"exp", kIssued + offset + 900}});
    return verifier.Verify(EcKey().Token(claims), kCertificate, kNow + absl::Seconds(offset)).ok();
  };
  EXPECT_TRUE(verify("a", 0));
  EXPECT_TRUE(verify("b", 600));
  EXPECT_TRUE(verify("c", 600));
  ASSERT_EQ(verifier.kept(), 3);
  EXPECT_TRUE(verify("d", 1000));  // `a` has expired.
  EXPECT_EQ(verifier.kept(), 3);
  EXPECT_TRUE(verify("e", 1000));  // None has.
  EXPECT_EQ(verifier.kept(), 1);
}

TEST(VerifiedTokensTest, ManyThreadsMayVerifyAtOnce) {
  const AccessTokenVerifier verifier = NewVerifier(4);
  std::vector<std::string> tokens;
  for (int i = 0; i < 8; ++i) {
    tokens.push_back(Key("EdDSA").Token(With(Claims(), {{"jti", absl::StrCat(i)}})));
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 40; ++i) {
        const std::string& token = tokens[(i + static_cast<size_t>(t)) % tokens.size()];
        EXPECT_TRUE(verifier.Verify(token, kCertificate, kNow).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(verifier.kept(), 4);
}

// A verifier of one issuer whose keys are usable for as long as the test says.
class FetchedKeysTest : public testing::Test {
 protected:
  FetchedKeysTest()
      : verifier_({{kIssuer, kAudience, TokenProfile::kStrict, AllKeys(), freshness_}}) {}

  std::string VerdictAt(const std::string& token, absl::Time now) const {
    return Verdict(verifier_.Verify(token, kCertificate, now));
  }
  bool KeyWasMissed() const {
    const absl::Time begun = absl::Now();
    freshness_->AwaitMissedKey(absl::Seconds(1));
    return absl::Now() - begun < absl::Milliseconds(500);
  }

  const std::shared_ptr<KeyFreshness> freshness_ = std::make_shared<KeyFreshness>();
  const AccessTokenVerifier verifier_;
  const std::string token_ = EcKey().Token(Claims());
};

TEST_F(FetchedKeysTest, BeforeTheFirstFetchEveryTokenIsRefused) {
  EXPECT_EQ(VerdictAt(token_, kNow), "TOKEN_KEYS_UNKNOWN");
  EXPECT_EQ(VerdictAt(token_ + "A", kNow), "TOKEN_KEYS_UNKNOWN");
}

TEST_F(FetchedKeysTest, TheSecondInWhichKeysBecomeTooOldIsTheFirstWithoutThem) {
  freshness_->SetUsableUntil(kNow + absl::Seconds(10));
  EXPECT_EQ(VerdictAt(token_, kNow), "accepted");
  ASSERT_EQ(verifier_.kept(), 1);
  EXPECT_EQ(VerdictAt(token_, kNow + absl::Seconds(9)), "accepted");
  EXPECT_EQ(VerdictAt(token_, kNow + absl::Seconds(10)), "TOKEN_KEYS_UNKNOWN");
  freshness_->SetUsableUntil(kNow + absl::Seconds(20));
  EXPECT_EQ(VerdictAt(token_, kNow + absl::Seconds(10)), "accepted");
}

TEST_F(FetchedKeysTest, OnlyATokenOfTheIssuerWithAnUnknownKeyAsksForNewOnes) {
  freshness_->SetUsableUntil(absl::InfiniteFuture());
  EXPECT_EQ(VerdictAt(token_, kNow), "accepted");
  EXPECT_EQ(VerdictAt(token_ + "AAAA", kNow), "signature");
  EXPECT_EQ(VerdictAt(SigningKey("ES256", "new").Token(With(Claims(), {{"iss", "x"}})), kNow),
            "iss");
  EXPECT_FALSE(KeyWasMissed());
  EXPECT_EQ(VerdictAt(SigningKey("ES256", "new").Token(Claims()), kNow), "kid");
  EXPECT_TRUE(KeyWasMissed());
  freshness_->BeginFetch();
  EXPECT_FALSE(KeyWasMissed());
}

TEST_F(FetchedKeysTest, KeysThatAreTooOldAreAskedForToo) {
  EXPECT_FALSE(KeyWasMissed());
  EXPECT_EQ(VerdictAt(token_, kNow), "TOKEN_KEYS_UNKNOWN");
  EXPECT_TRUE(KeyWasMissed());
}

TEST(NoIssuersTest, EveryTokenIsRefused) {
  const AccessTokenVerifier verifier({});
  EXPECT_EQ(Verdict(verifier.Verify(EcKey().Token(Claims()), kCertificate, kNow)), "iss");
}

TEST(BearerTokenTest, OnlyTheOneSpellingIsRead) {
  ASSERT_TRUE(BearerToken("Bearer abc.def-_~+/=").ok());
  EXPECT_EQ(*BearerToken("Bearer abc.def-_~+/="), "abc.def-_~+/=");
  for (const std::string& header :
       {std::string(), std::string("Bearer"), std::string("Bearer "), std::string("bearer abc"),
        std::string("BEARER abc"), std::string("Bearer  abc"), std::string(" Bearer abc"),
        std::string("Bearer\tabc"), std::string("Bearer abc "), std::string("Bearer abc def"),
        std::string("Bearer abc, Bearer def"), std::string("Bearer:abc"), std::string("Basic abc"),
        std::string("abc"), std::string("Bearer abc\n"), std::string("Bearer a\0b", 10)}) {
    const auto token = BearerToken(header);
    ASSERT_FALSE(token.ok()) << header;
    EXPECT_EQ(ReasonOf(token.status()), v1::TOKEN_INVALID);
  }
}

}  // namespace
}  // namespace concordat::auth
