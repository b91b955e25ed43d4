#include "auth/revocation.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"

namespace concordat::auth {
namespace {

using e2e::Certificates;
using e2e::KeyPair;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1577836800);  // 2020-01-01
const absl::Time kNext = kNow + absl::Hours(24);

Certificate Parsed(const KeyPair& pair) { return *ParseCertificate(pair.certificate); }

class RevocationTest : public testing::Test {
 protected:
  absl::StatusOr<RevocationLists> Parse(const std::string& pem) const {
    return RevocationLists::Parse(pem, certificates_.Authority(), kNow);
  }
  // Why the text is refused; empty when it is not.
  std::string Refusal(const std::string& pem) const {
    return std::string(Parse(pem).status().message());
  }
  Revocation Knows(const std::string& pem, bool required) const {
    return {std::make_shared<const RevocationLists>(*Parse(pem)), required};
  }

  const Certificates& certificates_ = Certificates::Get();
  const KeyPair revoked_ = certificates_.OfClient("urn:concordat:test:revoked");
  const KeyPair good_ = certificates_.OfClient("urn:concordat:test:good");
  const std::string list_ = certificates_.RevocationList({revoked_}, kNow, kNext);
};

TEST_F(RevocationTest, AListNamesTheRevokedCertificateAndNoOther) {
  const auto lists = Parse(list_);
  ASSERT_TRUE(lists.ok()) << lists.status();
  EXPECT_TRUE(lists->Names(Parsed(revoked_)));
  EXPECT_FALSE(lists->Names(Parsed(good_)));
  EXPECT_TRUE(lists->Cover(Parsed(good_)));
  EXPECT_EQ(lists->next_update(), kNext);
}

TEST_F(RevocationTest, TheSameSerialOfAnotherAuthorityIsNotRevoked) {
  Certificate other = Parsed(certificates_.Read("untrusted"));
  other.serial = Parsed(revoked_).serial;
  const auto lists = Parse(list_);
  ASSERT_TRUE(lists.ok()) << lists.status();
  EXPECT_FALSE(lists->Names(other));
  EXPECT_FALSE(lists->Cover(other));
}

TEST_F(RevocationTest, AFileMayHoldTheListsOfSeveralAuthorities) {
  const KeyPair untrusted_ca = certificates_.Read("untrusted-ca");
  const KeyPair untrusted = certificates_.Read("untrusted");
  const auto lists = RevocationLists::Parse(
      absl::StrCat(list_, Certificates::RevocationListOf(untrusted_ca, {untrusted}, kNow,
                                                         kNow + absl::Hours(1))),
      absl::StrCat(certificates_.Authority(), untrusted_ca.certificate), kNow);
  ASSERT_TRUE(lists.ok()) << lists.status();
  EXPECT_TRUE(lists->Names(Parsed(revoked_)));
  EXPECT_TRUE(lists->Names(Parsed(untrusted)));
  EXPECT_EQ(lists->next_update(), kNow + absl::Hours(1));
}

TEST_F(RevocationTest, AListThatNoneOfTheAuthoritiesSignedIsRefused) {
  const std::string of_another =
      Certificates::RevocationListOf(certificates_.Read("untrusted-ca"), {}, kNow, kNext);
  EXPECT_THAT(Refusal(of_another), HasSubstr("is signed by none of the authorities"));
  // With the authority's name and somebody else's key.
  const KeyPair forger = {certificates_.Authority(), certificates_.Read("untrusted-ca").key};
  EXPECT_THAT(Refusal(Certificates::RevocationListOf(forger, {}, kNow, kNext)),
              HasSubstr("is signed by none of the authorities"));
  // One bad list spoils the file: a part of it would let the others' pass.
  EXPECT_THAT(Refusal(list_ + of_another), HasSubstr("list 2 is signed by none"));
}

TEST_F(RevocationTest, ACertificateThatIsNoAuthoritySignsNoLists) {
  const std::string own = Certificates::RevocationListOf(good_, {}, kNow, kNext);
  const auto lists = RevocationLists::Parse(own, good_.certificate, kNow);
  EXPECT_THAT(std::string(lists.status().message()), HasSubstr("is signed by none"));
}

TEST_F(RevocationTest, WhatIsNoListIsRefused) {
  EXPECT_THAT(Refusal(""), HasSubstr("no revocation list"));
  EXPECT_THAT(Refusal("nonsense"), HasSubstr("no revocation list"));
  EXPECT_THAT(Refusal(certificates_.Authority()), HasSubstr("no revocation list"));
  EXPECT_THAT(Refusal(list_.substr(0, list_.size() / 2)), HasSubstr("cannot be read"));
  EXPECT_THAT(Refusal(list_ + list_.substr(0, list_.size() / 2)), HasSubstr("list 2"));
}

TEST_F(RevocationTest, AListThatHasNotBegunIsRefused) {
  EXPECT_THAT(Refusal(certificates_.RevocationList({}, kNow + absl::Seconds(1), kNext)),
              HasSubstr("has not begun"));
}

TEST_F(RevocationTest, WithoutListsNothingIsRevokedUnlessTheyAreRequired) {
  EXPECT_TRUE(Revocation().Check(Parsed(revoked_), kNow).ok());
  EXPECT_TRUE(Revocation().AdmitsAt(kNow));
  const Revocation required(nullptr, true);
  EXPECT_EQ(ReasonOf(required.Check(Parsed(good_), kNow)), v1::REVOCATION_UNKNOWN);
  EXPECT_FALSE(required.AdmitsAt(kNow));
}

TEST_F(RevocationTest, ARequiredListAdmitsUntilItsEnd) {
  const Revocation required = Knows(list_, true);
  EXPECT_TRUE(required.Check(Parsed(good_), kNext - absl::Microseconds(1)).ok());
  EXPECT_EQ(ReasonOf(required.Check(Parsed(good_), kNext)), v1::REVOCATION_UNKNOWN);
  EXPECT_FALSE(required.AdmitsAt(kNext));
  // A clock that is set back neither revokes nor restores anything.
  EXPECT_TRUE(required.Check(Parsed(good_), kNow - absl::Hours(1)).ok());
  EXPECT_EQ(ReasonOf(required.Check(Parsed(revoked_), kNow - absl::Hours(1))),
            v1::CERTIFICATE_REVOKED);
}

TEST_F(RevocationTest, ARequiredListHasToBeOfTheCertificatesIssuer) {
  EXPECT_EQ(ReasonOf(Knows(list_, true).Check(Parsed(certificates_.Read("untrusted")), kNow)),
            v1::REVOCATION_UNKNOWN);
  EXPECT_TRUE(Knows(list_, false).Check(Parsed(certificates_.Read("untrusted")), kNow).ok());
}

TEST_F(RevocationTest, WhatWasRevokedStaysSoWhenTheListHasEnded) {
  for (const bool required : {false, true}) {
    EXPECT_EQ(ReasonOf(Knows(list_, required).Check(Parsed(revoked_), kNext + absl::Hours(1))),
              v1::CERTIFICATE_REVOKED);
  }
  EXPECT_TRUE(Knows(list_, false).Check(Parsed(good_), kNext + absl::Hours(1)).ok());
}

}  // namespace
}  // namespace concordat::auth
