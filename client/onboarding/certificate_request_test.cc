#include "client/onboarding/certificate_request.h"

#include <openssl/pem.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "auth/openssl_values.h"
#include "base/openssl_ptr.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::onboarding {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kIdentity[] = "uri:urn:concordat:trust:dashboard";
constexpr char kName[] = "URI:urn:concordat:trust:dashboard";

// A request as some other program may make it.
struct OtherRequest {
  KeyPtr key = KeyPtr(EVP_EC_gen("P-256"));
  // Extensions by number, with their values in the library's notation.
  std::vector<std::pair<int, std::string>> extensions = {{NID_subject_alt_name, kName}};
  // Signs, unless another key does.
  EVP_PKEY* signer = nullptr;

  std::string Pem() const {
    const X509RequestPtr request(X509_REQ_new());
    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("dashboard"), -1, -1, 0);
    X509_REQ_set_pubkey(request.get(), key.get());
    STACK_OF(X509_EXTENSION)* const stack = sk_X509_EXTENSION_new_null();
    for (const auto& [nid, value] : extensions) {
      X509V3_CTX context;
      X509V3_set_ctx_nodb(&context);
      X509V3_set_ctx(&context, nullptr, nullptr, request.get(), nullptr, 0);
      sk_X509_EXTENSION_push(stack, X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    }
    if (!extensions.empty()) X509_REQ_add_extensions(request.get(), stack);
    sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
    const bool has_digest = EVP_PKEY_is_a(key.get(), "ED25519") != 1;
    X509_REQ_sign(request.get(), signer != nullptr ? signer : key.get(),
                  has_digest ? EVP_sha256() : nullptr);
    const BioPtr pem(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509_REQ(pem.get(), request.get());
    return auth::TextOf(pem.get());
  }
};

std::vector<std::string> FaultsOf(const OtherRequest& request) {
  const absl::StatusOr<RequestReview> review = ReviewRequest(request.Pem(), kIdentity);
  EXPECT_TRUE(review.ok()) << review.status();
  return review.ok() ? review->faults : std::vector<std::string>();
}

TEST(CertificateRequestTest, WhatIsMadeMayBeSigned) {
  const absl::StatusOr<KeyAndRequest> made = MakeKeyAndRequest("dashboard", kIdentity);
  ASSERT_TRUE(made.ok()) << made.status();
  const absl::StatusOr<RequestReview> review = ReviewRequest(made->request_pem, kIdentity);
  ASSERT_TRUE(review.ok()) << review.status();
  EXPECT_THAT(review->faults, IsEmpty());
  EXPECT_EQ(review->subject, "CN=dashboard");
  EXPECT_EQ(review->key, "EC P-256");
  EXPECT_THAT(review->identities, ElementsAre(kIdentity));
  EXPECT_EQ(review->sha256.size(), 64);
  const BioPtr key(BIO_new_mem_buf(made->key_pem.data(), static_cast<int>(made->key_pem.size())));
  EXPECT_NE(KeyPtr(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr)), nullptr);
}

TEST(CertificateRequestTest, EachRequestHasAKeyOfItsOwn) {
  EXPECT_NE(MakeKeyAndRequest("dashboard", kIdentity)->key_pem,
            MakeKeyAndRequest("dashboard", kIdentity)->key_pem);
}

TEST(CertificateRequestTest, ANameThatCannotStandInACertificateIsRefused) {
  for (const char* identity : {"", "uri:", "urn:x", "uri:a b", "uri:a\nb", "email:a@b"}) {
    EXPECT_EQ(MakeKeyAndRequest("dashboard", identity).status().code(),
              absl::StatusCode::kInvalidArgument)
        << identity;
  }
  EXPECT_FALSE(MakeKeyAndRequest("", kIdentity).ok());
  EXPECT_FALSE(MakeKeyAndRequest(std::string(65, 'a'), kIdentity).ok());
}

TEST(CertificateRequestTest, WhatIsNoRequestIsRefused) {
  EXPECT_FALSE(ReviewRequest("", kIdentity).ok());
  EXPECT_FALSE(ReviewRequest("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", kIdentity).ok());
  EXPECT_FALSE(ReviewRequest(MakeKeyAndRequest("dashboard", kIdentity)->key_pem, kIdentity).ok());
}

TEST(CertificateRequestTest, KeysOfOtherProgramsAreTakenWhenTheyAreStrong) {
  OtherRequest request;
  EXPECT_THAT(FaultsOf(request), IsEmpty());
  request.key.reset(EVP_RSA_gen(2048));
  EXPECT_THAT(FaultsOf(request), IsEmpty());
}

TEST(CertificateRequestTest, AWeakOrUnusualKeyIsRefused) {
  OtherRequest request;
  request.key.reset(EVP_RSA_gen(1024));
  EXPECT_THAT(FaultsOf(request), ElementsAre(HasSubstr("RSA, 1024 bits")));
  request.key.reset(EVP_EC_gen("P-384"));
  EXPECT_THAT(FaultsOf(request), ElementsAre(HasSubstr("EC P-384")));
  request.key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  EXPECT_THAT(FaultsOf(request), ElementsAre(HasSubstr("its key is ED25519")));
}

TEST(CertificateRequestTest, ASignatureOfAnotherKeyIsRefused) {
  OtherRequest request;
  const KeyPtr other(EVP_EC_gen("P-256"));
  request.signer = other.get();
  EXPECT_THAT(FaultsOf(request), ElementsAre(HasSubstr("signature")));
}

TEST(CertificateRequestTest, NoNameAndSeveralNamesAreRefused) {
  OtherRequest request;
  request.extensions.clear();
  EXPECT_THAT(FaultsOf(request), ElementsAre(HasSubstr("0 alternative names")));
  request.extensions = {{NID_subject_alt_name, absl::StrCat(kName, ",DNS:trust.example")}};
  EXPECT_THAT(FaultsOf(request), ElementsAre(HasSubstr("2 alternative names")));
  request.extensions = {{NID_subject_alt_name, absl::StrCat(kName, ",IP:192.0.2.1")}};
  EXPECT_THAT(FaultsOf(request), ElementsAre(HasSubstr("2 alternative names")));
  request.extensions = {{NID_subject_alt_name, kName}, {NID_subject_alt_name, kName}};
  EXPECT_THAT(FaultsOf(request), ElementsAre(HasSubstr("cannot be read")));
}

TEST(CertificateRequestTest, AnotherNameThanTheOneAskedForIsRefused) {
  OtherRequest request;
  request.extensions = {{NID_subject_alt_name, "URI:urn:concordat:board:administrator"}};
  EXPECT_THAT(FaultsOf(request), ElementsAre(HasSubstr("urn:concordat:board:administrator")));
  // The same letters, as another kind of name.
  request.extensions = {{NID_subject_alt_name, "DNS:urn:concordat:trust:dashboard"}};
  EXPECT_THAT(FaultsOf(request), ElementsAre(HasSubstr("dns:")));
}

TEST(CertificateRequestTest, ARequestToBeAnAuthorityIsRefused) {
  OtherRequest request;
  request.extensions.emplace_back(NID_basic_constraints, "critical,CA:TRUE");
  EXPECT_THAT(FaultsOf(request), ElementsAre(HasSubstr("CA:TRUE")));
  request.extensions.back().second = "CA:FALSE";
  EXPECT_THAT(FaultsOf(request), IsEmpty());
}

TEST(CertificateRequestTest, EveryFaultIsNamedAtOnce) {
  OtherRequest request;
  request.key.reset(EVP_RSA_gen(1024));
  request.extensions = {{NID_basic_constraints, "CA:TRUE"}};
  EXPECT_EQ(FaultsOf(request).size(), 3);
}

}  // namespace
}  // namespace concordat::onboarding
