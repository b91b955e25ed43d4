#include "auth/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;

const absl::Time kNotBefore = absl::FromUnixSeconds(1530403200);  // 2018-07-01T00:00:00Z
const absl::Time kNotAfter = absl::FromUnixSeconds(1561939199);   // 2019-06-30T23:59:59Z

KeyPtr NewKey() { return KeyPtr(EVP_EC_gen("P-256"), &EVP_PKEY_free); }

// One key for all certificates whose key is not looked at.
EVP_PKEY* SharedKey() {
  static EVP_PKEY* const key = NewKey().release();
  return key;
}

std::string Contents(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);  // NOLINT(google-runtime-int): OpenSSL's type
  std::string text(bytes, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

std::string KeyPem(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  return Contents(bio);
}

// A self-signed certificate to be: what is not set has a value that no test
// looks at.
struct Specification {
  // GEN_URI, GEN_DNS or GEN_EMAIL, and the name's bytes.
  std::vector<std::pair<int, std::string>> names;
  std::string common_name = "a client";
  std::string serial = "\x01";
  EVP_PKEY* key = SharedKey();
};

X509Ptr Make(const Specification& wanted) {
  X509Ptr certificate(X509_new(), &X509_free);
  X509* x509 = certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  BIGNUM* serial = BN_bin2bn(reinterpret_cast<const unsigned char*>(wanted.serial.data()),
                             static_cast<int>(wanted.serial.size()), nullptr);
  BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x509));
  BN_free(serial);
  ASN1_TIME_set(X509_getm_notBefore(x509), absl::ToTimeT(kNotBefore));
  ASN1_TIME_set(X509_getm_notAfter(x509), absl::ToTimeT(kNotAfter));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wanted.common_name.data()), -1,
                             -1, 0);
  X509_set_issuer_name(x509, X509_get_subject_name(x509));
  X509_set_pubkey(x509, wanted.key);
  if (!wanted.names.empty()) {
    GENERAL_NAMES* names = sk_GENERAL_NAME_new_null();
    for (const auto& [type, bytes] : wanted.names) {
      ASN1_IA5STRING* text = ASN1_IA5STRING_new();
      ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size()));
      GENERAL_NAME* name = GENERAL_NAME_new();
      GENERAL_NAME_set0_value(name, type, text);
      sk_GENERAL_NAME_push(names, name);
    }
    X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0);
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
  }
  X509_sign(x509, wanted.key, EVP_sha256());
  return certificate;
}

std::string PemOf(X509* x509) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, x509);
  return Contents(bio);
}

std::string MakePem(const Specification& wanted) { return PemOf(Make(wanted).get()); }

// The identities of a certificate with these names, without its fingerprint.
std::vector<std::string> NamesOf(std::vector<std::pair<int, std::string>> names) {
  const auto parsed = ParseCertificate(MakePem({std::move(names)}));
  if (!parsed.ok()) return {std::string(parsed.status().message())};
  return {parsed->identities.begin() + 1, parsed->identities.end()};
}

TEST(ParseCertificateTest, FingerprintIsTheDigestOfTheDerForm) {
  const X509Ptr x509 = Make({});
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int bytes = 0;
  ASSERT_EQ(X509_digest(x509.get(), EVP_sha256(), digest, &bytes), 1);
  const std::string expected(reinterpret_cast<const char*>(digest), bytes);

  const auto parsed = ParseCertificate(PemOf(x509.get()));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->sha256, expected);
  EXPECT_THAT(parsed->identities,
              ElementsAre(absl::StrCat("sha256:", absl::BytesToHexString(expected))));
}

TEST(ParseCertificateTest, EachUriAndDnsNameIsAnIdentityInOrder) {
  const auto parsed = ParseCertificate(MakePem(
      {{{GEN_DNS, "b.example.org"}, {GEN_URI, "urn:client:1"}, {GEN_DNS, "a.example.org"}}}));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->identities, ElementsAre(StartsWith("sha256:"), "dns:b.example.org",
                                              "uri:urn:client:1", "dns:a.example.org"));
}

TEST(ParseCertificateTest, DnsNamesAreLowerCasedAndUrisAreNot) {
  EXPECT_THAT(NamesOf({{GEN_DNS, "Client.Example.ORG"}, {GEN_URI, "urn:Client"}}),
              ElementsAre("dns:client.example.org", "uri:urn:Client"));
}

TEST(ParseCertificateTest, OtherKindsOfNamesAreNoIdentities) {
  EXPECT_THAT(NamesOf({{GEN_EMAIL, "somebody@example.org"}, {GEN_DNS, "a.example.org"}}),
              ElementsAre("dns:a.example.org"));
}

TEST(ParseCertificateTest, TheSubjectIsNoIdentity) {
  Specification wanted;
  wanted.common_name = "dns:client.example.org";
  const auto parsed = ParseCertificate(MakePem(wanted));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->identities, ElementsAre(StartsWith("sha256:")));
}

// Else an authority that reads names to their end would certify one that this
// program cuts short.
TEST(ParseCertificateTest, AZeroByteDoesNotEndAName) {
  using namespace std::string_literals;
  EXPECT_THAT(
      NamesOf({{GEN_DNS, "client.example.org\0.evil.example"s}, {GEN_URI, "urn:client\0x"s}}),
      ElementsAre("dns:client.example.org\0.evil.example"s, "uri:urn:client\0x"s));
}

TEST(ParseCertificateTest, LifeIsReadAsUtc) {
  const auto parsed = ParseCertificate(MakePem({}));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->not_before, kNotBefore);
  EXPECT_EQ(parsed->not_after, kNotAfter);
}

TEST(ParseCertificateTest, SerialIsBigEndianBytes) {
  Specification wanted;
  wanted.serial = "\x12\x34\xab\xcd\xef\x01\x23\x45\x67\x89";
  const auto parsed = ParseCertificate(MakePem(wanted));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->serial, wanted.serial);
}

TEST(ParseCertificateTest, OfAChainTheFirstIsRead) {
  const std::string chain =
      MakePem({{{GEN_DNS, "leaf.example.org"}}}) + MakePem({{{GEN_DNS, "authority.example.org"}}});
  const auto parsed = ParseCertificate(chain);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->identities, ElementsAre(StartsWith("sha256:"), "dns:leaf.example.org"));
}

TEST(ParseCertificateTest, WhatIsNoCertificateIsRefused) {
  const std::string whole = MakePem({});
  for (const std::string& pem :
       {std::string(), std::string("no certificate"), whole.substr(0, whole.size() / 2),
        KeyPem(SharedKey()),
        std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}) {
    EXPECT_EQ(ReasonOf(ParseCertificate(pem).status()), v1::CERTIFICATE_AMBIGUOUS) << pem;
  }
}

TEST(CertificateCacheTest, TheSameTextIsParsedOnce) {
  CertificateCache cache;
  const std::string pem = MakePem({{{GEN_DNS, "a.example.org"}}});
  const auto first = cache.Parse(pem);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ((*cache.Parse(pem)).get(), first->get());
}

TEST(CertificateCacheTest, EachTextHasItsOwnCertificate) {
  CertificateCache cache;
  const std::string a = MakePem({{{GEN_DNS, "a.example.org"}}});
  const std::string b = MakePem({{{GEN_DNS, "b.example.org"}}});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ((*cache.Parse(a))->identities[1], "dns:a.example.org");
    EXPECT_EQ((*cache.Parse(b))->identities[1], "dns:b.example.org");
  }
}

TEST(CertificateCacheTest, ForgetsAllWhenItIsFullAndWhatWasHandedOutLivesOn) {
  CertificateCache cache(/*capacity=*/2);
  const std::string a = MakePem({{{GEN_DNS, "a.example.org"}}});
  const std::string b = MakePem({{{GEN_DNS, "b.example.org"}}});
  const std::string c = MakePem({{{GEN_DNS, "c.example.org"}}});
  const auto first = cache.Parse(a);
  const auto second = cache.Parse(b);
  ASSERT_EQ((*cache.Parse(a)).get(), first->get());

  ASSERT_TRUE(cache.Parse(c).ok());
  EXPECT_NE((*cache.Parse(a)).get(), first->get());
  EXPECT_NE((*cache.Parse(b)).get(), second->get());
  EXPECT_EQ((*first)->identities[1], "dns:a.example.org");
}

TEST(CertificateCacheTest, WhatCannotBeReadIsRefusedEveryTime) {
  CertificateCache cache;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ReasonOf(cache.Parse("no certificate").status()), v1::CERTIFICATE_AMBIGUOUS);
  }
}

TEST(CertificateCacheTest, ServesManyThreads) {
  CertificateCache cache(/*capacity=*/2);
  std::vector<std::string> pems;
  for (int i = 0; i < 3; ++i) {
    pems.push_back(MakePem({{{GEN_DNS, absl::StrCat(i, ".example.org")}}}));
  }
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 100; ++round) {
        const auto parsed = cache.Parse(pems[round % 3]);
        if (!parsed.ok() ||
            (*parsed)->identities[1] != absl::StrCat("dns:", round % 3, ".example.org")) {
          ++wrong[t];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(wrong, ElementsAre(0, 0, 0, 0));
}

}  // namespace
}  // namespace concordat::auth
