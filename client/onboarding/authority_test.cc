#include "client/onboarding/authority.h"

#include <openssl/pem.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "auth/certificate.h"
#include "auth/openssl_values.h"
#include "client/onboarding/certificate_request.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"

namespace concordat::onboarding {
namespace {

using ::testing::HasSubstr;

constexpr char kIdentity[] = "uri:urn:concordat:trust:dashboard";

BioPtr BioOf(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

X509Ptr Parse(const std::string& pem) {
  return X509Ptr(PEM_read_bio_X509(BioOf(pem).get(), nullptr, nullptr, nullptr));
}

class AuthorityTest : public testing::Test {
 protected:
  absl::StatusOr<Authority> Read() const {
    return Authority::Read(pair_.certificate, pair_.key, "", now_);
  }
  absl::StatusOr<IssuedCertificate> Issue(int days) const {
    return Read()->Issue(MakeKeyAndRequest("dashboard", kIdentity)->request_pem, kIdentity, days,
                         now_);
  }

  const e2e::KeyPair pair_ = e2e::Certificates::Get().Read("ca");
  const absl::Time now_ = absl::Now();
};

TEST_F(AuthorityTest, WhatItIssuesIsForTlsClientsAndNothingElse) {
  const absl::StatusOr<IssuedCertificate> issued = Issue(30);
  ASSERT_TRUE(issued.ok()) << issued.status();
  const X509Ptr certificate = Parse(issued->pem);
  ASSERT_NE(certificate, nullptr);
  EXPECT_EQ(X509_check_ca(certificate.get()), 0);
  EXPECT_EQ(X509_get_key_usage(certificate.get()), KU_DIGITAL_SIGNATURE);
  EXPECT_EQ(X509_get_extended_key_usage(certificate.get()), XKU_SSL_CLIENT);
  EXPECT_EQ(X509_check_purpose(certificate.get(), X509_PURPOSE_SSL_CLIENT, 0), 1);
  EXPECT_EQ(X509_check_purpose(certificate.get(), X509_PURPOSE_SSL_SERVER, 0), 0);
  const X509Ptr issuer = Parse(pair_.certificate);
  EXPECT_EQ(X509_verify(certificate.get(), X509_get0_pubkey(issuer.get())), 1);
  EXPECT_EQ(X509_check_issued(issuer.get(), certificate.get()), X509_V_OK);
}

TEST_F(AuthorityTest, TheDoorReadsItsNameItsDatesAndItsDigest) {
  const absl::StatusOr<IssuedCertificate> issued = Issue(30);
  ASSERT_TRUE(issued.ok()) << issued.status();
  const absl::StatusOr<auth::Certificate> read = auth::ParseCertificate(issued->pem);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->identities,
              testing::ElementsAre(absl::StrCat("sha256:", issued->sha256), kIdentity));
  const absl::Time now = absl::FromUnixSeconds(absl::ToUnixSeconds(now_));
  EXPECT_EQ(read->not_after, now + 30 * absl::Hours(24));
  EXPECT_EQ(read->not_after, issued->not_after);
  EXPECT_EQ(read->not_before, now - absl::Minutes(5));
}

TEST_F(AuthorityTest, SerialNumbersAreRandom) {
  const std::string one = Issue(30)->serial;
  EXPECT_GT(one.size(), 24);
  EXPECT_LE(one.size(), 32);
  EXPECT_NE(one, Issue(30)->serial);
}

TEST_F(AuthorityTest, AFaultyRequestIsNeverSigned) {
  const std::string request = MakeKeyAndRequest("dashboard", kIdentity)->request_pem;
  const absl::Status status =
      Read()->Issue(request, "uri:urn:concordat:board:administrator", 30, now_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is not signed"));
}

TEST_F(AuthorityTest, ALifeThatIsTooLongIsRefused) {
  EXPECT_THAT(std::string(Issue(0).status().message()), HasSubstr("from 1 to 397 days"));
  EXPECT_THAT(std::string(Issue(398).status().message()), HasSubstr("from 1 to 397 days"));
  // The throwaway authority lives 90 days.
  EXPECT_THAT(std::string(Issue(91).status().message()), HasSubstr("outlive its authority"));
}

TEST_F(AuthorityTest, WhatIsNoAuthorityIsRefused) {
  const e2e::Certificates& certificates = e2e::Certificates::Get();
  const e2e::KeyPair client = certificates.Read("nobody");
  EXPECT_THAT(
      std::string(Authority::Read(client.certificate, client.key, "", now_).status().message()),
      HasSubstr("no certificate of an authority"));
  EXPECT_THAT(
      std::string(Authority::Read(pair_.certificate, client.key, "", now_).status().message()),
      HasSubstr("not that of its certificate"));
  EXPECT_FALSE(Authority::Read("", pair_.key, "", now_).ok());
  EXPECT_FALSE(Authority::Read(pair_.certificate, "", "", now_).ok());
  EXPECT_THAT(
      std::string(Authority::Read(pair_.certificate, pair_.key, "", now_ + absl::Hours(24 * 91))
                      .status()
                      .message()),
      HasSubstr("not valid now"));
}

TEST_F(AuthorityTest, AnEncryptedKeyIsOpenedByItsPassphraseAlone) {
  const KeyPtr key(PEM_read_bio_PrivateKey(BioOf(pair_.key).get(), nullptr, nullptr, nullptr));
  const BioPtr encrypted(BIO_new(BIO_s_mem()));
  std::string passphrase = "correct horse";
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(encrypted.get(), key.get(), EVP_aes_256_cbc(),
                                          passphrase.data(), static_cast<int>(passphrase.size()),
                                          nullptr, nullptr),
            1);
  const std::string pem = auth::TextOf(encrypted.get());
  EXPECT_TRUE(Authority::Read(pair_.certificate, pem, passphrase, now_).ok());
  EXPECT_FALSE(Authority::Read(pair_.certificate, pem, "wrong horse", now_).ok());
  EXPECT_FALSE(Authority::Read(pair_.certificate, pem, "", now_).ok());
}

}  // namespace
}  // namespace concordat::onboarding
