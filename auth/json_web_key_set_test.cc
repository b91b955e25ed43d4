#include "auth/json_web_key_set.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/signing_key.h"

namespace concordat::auth {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Making an RSA key takes a good part of a second.
const SigningKey& EcKey() {
  static const auto* const key = new SigningKey("ES256", "ec");
  return *key;
}
const SigningKey& RsaKey() {
  static const auto* const key = new SigningKey("RS256", "rsa");
  return *key;
}
const SigningKey& EdKey() {
  static const auto* const key = new SigningKey("EdDSA", "ed");
  return *key;
}

// `jwk` with members changed; one that becomes null is taken out.
json With(json jwk, const json& changes) {
  jwk.merge_patch(changes);
  return jwk;
}

absl::StatusOr<JsonWebKeySet> Parse(
    const std::vector<json>& keys, std::optional<SignatureAlgorithm> rsa_algorithm = std::nullopt) {
  return JsonWebKeySet::Parse(JwksOf(keys), rsa_algorithm);
}

std::string WhyRefused(const json& key) {
  const auto parsed = Parse({EcKey().PublicJwk(), key});
  return parsed.ok() ? "" : std::string(parsed.status().message());
}

// Beside a good key, the one given is left out.
std::string WhyLeftOut(const json& key) {
  const auto parsed = Parse({EcKey().PublicJwk(), key});
  if (!parsed.ok()) return absl::StrCat("refused: ", parsed.status().message());
  if (parsed->size() != 1 || parsed->left_out().size() != 1) return "taken";
  return parsed->left_out()[0];
}

TEST(JsonWebKeySetTest, EachTypeOfKeyIsForItsOneAlgorithm) {
  const SigningKey pss("PS256", "pss");
  const auto keys =
      Parse({EcKey().PublicJwk(), RsaKey().PublicJwk(), EdKey().PublicJwk(), pss.PublicJwk()});
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->Find("ec")->algorithm(), SignatureAlgorithm::kEs256);
  EXPECT_EQ(keys->Find("rsa")->algorithm(), SignatureAlgorithm::kRs256);
  EXPECT_EQ(keys->Find("ed")->algorithm(), SignatureAlgorithm::kEdDsa);
  EXPECT_EQ(keys->Find("pss")->algorithm(), SignatureAlgorithm::kPs256);
  for (const SigningKey* key : {&EcKey(), &RsaKey(), &EdKey(), &pss}) {
    const VerificationKey* found = keys->Find(key->Header()["kid"].get<std::string>());
    EXPECT_TRUE(found->Verify("text", key->Sign("text")));
    EXPECT_FALSE(found->Verify("text.", key->Sign("text")));
    EXPECT_FALSE(found->Verify("text", ""));
  }
}

TEST(JsonWebKeySetTest, AKeyIsFoundByItsExactIdentifierAlone) {
  const auto keys = Parse({EcKey().PublicJwk()});
  ASSERT_TRUE(keys.ok());
  for (const char* id : {"", "EC", "ec ", "e", "../ec", "ec' OR '1'='1", "/etc/passwd"}) {
    EXPECT_EQ(keys->Find(id), nullptr) << id;
  }
}

TEST(JsonWebKeySetTest, AnEcOrEdKeyNeedsNoAlg) {
  const auto keys = Parse({With(EcKey().PublicJwk(), {{"alg", nullptr}}),
                           With(EdKey().PublicJwk(), {{"alg", nullptr}})});
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->Find("ec")->algorithm(), SignatureAlgorithm::kEs256);
  EXPECT_EQ(keys->Find("ed")->algorithm(), SignatureAlgorithm::kEdDsa);
}

TEST(JsonWebKeySetTest, AnRsaKeyWithoutAlgIsForTheConfiguredOneOrRefused) {
  const json key = With(RsaKey().PublicJwk(), {{"alg", nullptr}});
  EXPECT_THAT(WhyRefused(key), HasSubstr("keys[1]: the key is of RSA and has no alg"));
  const auto keys = Parse({key}, SignatureAlgorithm::kPs256);
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->Find("rsa")->algorithm(), SignatureAlgorithm::kPs256);
  // What the key says of itself goes before the configuration.
  EXPECT_EQ(Parse({RsaKey().PublicJwk()}, SignatureAlgorithm::kPs256)->Find("rsa")->algorithm(),
            SignatureAlgorithm::kRs256);
  EXPECT_FALSE(Parse({key}, SignatureAlgorithm::kEs256).ok());
}

TEST(JsonWebKeySetTest, SharedSecretsAndPrivateMembersRefuseTheDocument) {
  EXPECT_THAT(WhyRefused({{"kty", "oct"}, {"kid", "s"}, {"alg", "HS256"}, {"k", "c2VjcmV0"}}),
              AllOf(HasSubstr("a shared secret"), Not(HasSubstr("c2VjcmV0"))));
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    EXPECT_THAT(WhyRefused(With(EdKey().PublicJwk(), {{member, "c2VjcmV0"}})),
                AllOf(HasSubstr("a private member"), Not(HasSubstr("c2VjcmV0"))))
        << member;
  }
  // Also in a key that would be left out.
  EXPECT_THAT(WhyRefused(With(EdKey().PublicJwk(), {{"use", "enc"}, {"d", "AA"}})),
              HasSubstr("a private member"));
}

TEST(JsonWebKeySetTest, AKeyIdentifierThatComesTwiceRefusesTheDocument) {
  EXPECT_THAT(WhyRefused(With(EdKey().PublicJwk(), {{"kid", "ec"}})),
              HasSubstr("has the kid of another"));
  EXPECT_THAT(WhyRefused(With(EdKey().PublicJwk(), {{"kid", "ec"}, {"use", "enc"}})),
              HasSubstr("has the kid of another"));
  for (const json& id : {json(1), json(""), json(std::string(129, 'k')), json::array()}) {
    EXPECT_THAT(WhyRefused(With(EdKey().PublicJwk(), {{"kid", id}})), HasSubstr("has a kid"));
  }
}

TEST(JsonWebKeySetTest, WeakRsaKeysRefuseTheDocument) {
  EXPECT_THAT(WhyRefused(SigningKey("RS256", "short", 2040).PublicJwk()),
              HasSubstr("fewer than 2048 bits"));
  const json key = RsaKey().PublicJwk();
  for (const char* exponent : {"AQ", "Aw", "AQAA", "AQAC"}) {  // 1, 3, 65536, 65538
    EXPECT_THAT(WhyRefused(With(key, {{"e", exponent}})), HasSubstr("even or below 65537"));
  }
  EXPECT_THAT(WhyRefused(With(key, {{"e", "AQAAAAAAAAAB"}})), HasSubstr("too large an exponent"));
  EXPECT_THAT(WhyRefused(With(key, {{"e", "AAEAAQ"}})), HasSubstr("leading zero"));
  EXPECT_THAT(WhyRefused(With(key, {{"n", absl::WebSafeBase64Escape(std::string(1025, '\xFF'))}})),
              HasSubstr("more than 8192 bits"));
  EXPECT_THAT(WhyRefused(With(key, {{"n", absl::WebSafeBase64Escape(std::string(256, '\xFE'))}})),
              HasSubstr("even modulus"));
}

// A modulus that is 1 modulo the product of all small primes has the mark that
// the faulty library left (CVE-2017-15361).
TEST(JsonWebKeySetTest, AnRsaKeyWithTheMarkOfRocaRefusesTheDocument) {
  BignumPtr modulus(BN_new());
  BN_one(modulus.get());
  for (BN_ULONG number = 2; number <= 167; ++number) {
    bool prime = true;
    for (BN_ULONG divisor = 2; divisor < number; ++divisor) prime &= number % divisor != 0;
    if (prime) BN_mul_word(modulus.get(), number);
  }
  BN_lshift(modulus.get(), modulus.get(), 2048 - BN_num_bits(modulus.get()));
  BN_add_word(modulus.get(), 1);
  std::string bytes(256, '\0');
  ASSERT_EQ(BN_bn2bin(modulus.get(), reinterpret_cast<unsigned char*>(bytes.data())), 256);
  EXPECT_THAT(WhyRefused(With(RsaKey().PublicJwk(), {{"n", absl::WebSafeBase64Escape(bytes)}})),
              HasSubstr("CVE-2017-15361"));
}

TEST(JsonWebKeySetTest, PointsAndBytesThatAreNoKeyRefuseTheDocument) {
  const json ec = With(EcKey().PublicJwk(), {{"kid", "bad"}});
  const std::string zeros = absl::WebSafeBase64Escape(std::string(32, '\0'));
  EXPECT_THAT(WhyRefused(With(ec, {{"y", ec["x"]}})), HasSubstr("no point of the curve"));
  EXPECT_THAT(WhyRefused(With(ec, {{"x", zeros}, {"y", zeros}})),
              HasSubstr("no point of the curve"));
  EXPECT_THAT(WhyRefused(With(ec, {{"x", "AAAA"}})), HasSubstr("not 32 bytes"));
  EXPECT_THAT(WhyRefused(With(ec, {{"y", nullptr}})), HasSubstr("has no y"));
  EXPECT_THAT(WhyRefused(With(ec, {{"x", ec["x"].get<std::string>() + "="}})),
              HasSubstr("has no x"));
  EXPECT_THAT(WhyRefused(With(EdKey().PublicJwk(), {{"x", "AAAA"}})), HasSubstr("Ed25519"));
}

TEST(JsonWebKeySetTest, AnAlgOfAnotherKeyTypeRefusesTheDocument) {
  const json ec = With(EcKey().PublicJwk(), {{"kid", "bad"}});
  EXPECT_THAT(WhyRefused(With(ec, {{"alg", "RS256"}})), HasSubstr("another key type"));
  EXPECT_THAT(WhyRefused(With(ec, {{"alg", "EdDSA"}})), HasSubstr("another key type"));
  EXPECT_THAT(WhyRefused(With(EdKey().PublicJwk(), {{"alg", "ES256"}})),
              HasSubstr("another key type"));
  EXPECT_THAT(WhyRefused(With(RsaKey().PublicJwk(), {{"alg", "ES256"}})), HasSubstr("is of RSA"));
  EXPECT_THAT(WhyRefused(With(ec, {{"kty", "RSA"}, {"alg", "RS256"}})), HasSubstr("has no n"));
}

TEST(JsonWebKeySetTest, KeysForOthersAreLeftOutAndListed) {
  const json ec = With(EcKey().PublicJwk(), {{"kid", "other"}});
  EXPECT_EQ(WhyLeftOut(With(ec, {{"use", "enc"}})), "keys[1]: the key is not for signatures");
  EXPECT_EQ(WhyLeftOut(With(ec, {{"use", 1}})), "keys[1]: the key is not for signatures");
  for (const json& operations : {json::array({"encrypt"}), json::array(), json("verify")}) {
    EXPECT_EQ(WhyLeftOut(With(ec, {{"key_ops", operations}})),
              "keys[1]: the key is not for verifying");
  }
  for (const json& algorithm :
       {json("ES384"), json("none"), json("HS256"), json("es256"), json(1), json("RSA-OAEP")}) {
    EXPECT_EQ(WhyLeftOut(With(ec, {{"alg", algorithm}})),
              "keys[1]: the key is for an algorithm that is not accepted");
  }
  for (const json& changes : {json{{"crv", "P-384"}}, json{{"crv", nullptr}}, json{{"kty", "AKP"}},
                              json{{"kty", nullptr}}, json{{"kty", 1}}}) {
    EXPECT_EQ(WhyLeftOut(With(ec, changes)), "keys[1]: the key is of a type that is not accepted");
  }
  EXPECT_EQ(WhyLeftOut(With(ec, {{"kid", nullptr}})), "keys[1]: the key has no kid");
  EXPECT_EQ(WhyLeftOut(With(ec, {{"key_ops", {"verify"}}})), "taken");
}

TEST(JsonWebKeySetTest, ADocumentWithoutAKeyToUseIsRefused) {
  for (const std::string& document :
       {std::string("{}"), std::string(R"({"keys":[]})"), std::string(R"({"keys":{}})"),
        std::string("[]"), std::string(), std::string(R"({"keys":[1]})"),
        std::string(R"({"keys":[],"keys":[]})"),
        JwksOf({With(EcKey().PublicJwk(), {{"use", "enc"}})}),
        absl::StrCat(JwksOf({EcKey().PublicJwk()}), std::string(JsonWebKeySet::kMaxBytes, ' '))}) {
    EXPECT_FALSE(JsonWebKeySet::Parse(document, std::nullopt).ok()) << document.substr(0, 200);
  }
  std::vector<json> many;
  for (int i = 0; i < 101; ++i) {
    many.push_back(With(EdKey().PublicJwk(), {{"kid", absl::StrCat(i)}}));
  }
  EXPECT_FALSE(Parse(many).ok());
  many.pop_back();
  EXPECT_EQ(Parse(many)->size(), 100);
}

}  // namespace
}  // namespace concordat::auth
