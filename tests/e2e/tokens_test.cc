// Access tokens beside certificates, over TLS: who is served with which, and
// that a token shows up nowhere.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "base/digest.h"
#include "concordat/v1/directory_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/moments.h"
#include "tests/support/signing_key.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_partnership.h"
#include "tests/support/token_client.h"

namespace concordat::e2e {
namespace {

using nlohmann::json;

// A partnership that accepts the tokens of one issuer, in which the police have
// an OAuth client there.
class TokensTest : public testing::Test {
 protected:
  TokensTest() {
    WriteWhole(folder_.Path("jwks.json"), JwksOf({key_.PublicJwk()}));
    TestPartnership::Options options;
    options.clock = &clock_;
    options.configure = [this](server::v1::ServerConfig& config) {
      auto& issuer = *config.mutable_tokens()->add_issuers();
      issuer.set_issuer(kTokenIssuer);
      issuer.set_audience(kTokenAudience);
      issuer.set_jwks_file(folder_.Path("jwks.json"));
      config.mutable_tokens()->set_reload_seconds(1);
    };
    partnership_.emplace(options);
    ChangeClient(*partnership_, kPolice, AddTokenIdentity);
  }

  json Claims() const { return ClaimsOf(kPolice, clock_.Now()); }
  std::string GoodToken() const { return key_.Token(Claims()); }

  Outcome Send(const Partner& partner, const Metadata& metadata) {
    return partnership_->Ask<v1::WhoAmIResponse>(partner, v1::WhoAmIRequest(), metadata).outcome;
  }
  Outcome SendToken(const Partner& partner, const std::string& token) {
    return Send(partner, {{"authorization", absl::StrCat("Bearer ", token)}});
  }

  const TemporaryFolder folder_;
  const SigningKey key_{"ES256", "first"};
  FakeClock clock_{At("2018-12-02T09:00:00Z")};
  std::optional<TestPartnership> partnership_;
};

TEST_F(TokensTest, ATokenOfTheCertificatesClientIsAcceptedAndRecorded) {
  const Outcome outcome = SendToken(kPolice, GoodToken());
  ASSERT_TRUE(outcome.ok()) << outcome.Text();
  const v1::AuditRecord record = partnership_->RecordFor(outcome);
  EXPECT_EQ(record.client(), kPolice.client_name());
  EXPECT_EQ(record.token_issuer(), kTokenIssuer);
  EXPECT_EQ(record.token_key_id(), "first");
  EXPECT_EQ(record.token_id_digest(), Sha256Of("identifier-of-the-token"));
}

TEST_F(TokensTest, TheTokensSubjectIsRecordedByAPseudonymThatStaysTheSame) {
  json other = Claims();
  other["sub"] = "another-subject";
  const auto pseudonym = [&](const std::string& token) {
    const Outcome outcome = SendToken(kPolice, token);
    EXPECT_TRUE(outcome.ok()) << outcome.Text();
    return partnership_->RecordFor(outcome).token_subject();
  };
  const std::string first = pseudonym(GoodToken());
  EXPECT_EQ(first.size(), 32U);
  EXPECT_EQ(pseudonym(GoodToken()), first);
  EXPECT_NE(pseudonym(key_.Token(other)), first);
  EXPECT_EQ(first.find(Claims()["sub"].get<std::string>()), std::string::npos);
}

TEST_F(TokensTest, ACertificateAloneIsStillEnough) {
  const Outcome outcome = Send(kPolice, {});
  ASSERT_TRUE(outcome.ok()) << outcome.Text();
  EXPECT_EQ(partnership_->RecordFor(outcome).token_issuer(), "");
}

TEST_F(TokensTest, ATokenNeverStaysWithTheConnection) {
  ASSERT_TRUE(SendToken(kPolice, GoodToken()).ok());
  const Outcome bare = Send(kPolice, {});
  ASSERT_TRUE(bare.ok());
  EXPECT_EQ(partnership_->RecordFor(bare).token_issuer(), "");
}

TEST_F(TokensTest, ARefusedTokenIsRecordedWithTheClientOfTheCertificate) {
  const Outcome outcome = SendToken(kPolice, GoodToken() + "A");
  EXPECT_TRUE(RefusedWith(outcome, v1::TOKEN_INVALID));
  const v1::AuditRecord record = partnership_->RecordFor(outcome);
  EXPECT_EQ(record.client(), kPolice.client_name());
  EXPECT_EQ(record.reason(), "TOKEN_INVALID");
  EXPECT_EQ(record.token_issuer(), "");
}

TEST_F(TokensTest, TokenAndCertificateHaveToBeOfOneClient) {
  json claims = Claims();
  claims["client_id"] = "somebody-else";
  EXPECT_TRUE(RefusedWith(SendToken(kPolice, key_.Token(claims)), v1::TOKEN_CLIENT_MISMATCH));
  // Stolen, and sent over the thief's own connection.
  EXPECT_TRUE(RefusedWith(SendToken(kBoard, GoodToken()), v1::TOKEN_CERTIFICATE_MISMATCH));
  // Bound to the thief's certificate, yet of another client.
  claims = Claims();
  claims["cnf"]["x5t#S256"] = absl::WebSafeBase64Escape(CertificateOf(kBoard));
  EXPECT_TRUE(RefusedWith(SendToken(kBoard, key_.Token(claims)), v1::TOKEN_CLIENT_MISMATCH));
}

TEST_F(TokensTest, AChangeAlsoNeedsItsTokenToHold) {
  v1::ApplyDirectoryRequest request;
  request.set_dry_run(true);
  const auto answer = partnership_->Ask<v1::ApplyDirectoryResponse>(
      kAdmin, request, Metadata{{"authorization", "Bearer none"}});
  EXPECT_TRUE(RefusedWith(answer.outcome, v1::TOKEN_INVALID));
}

TEST_F(TokensTest, TakingTheIdentityAwayRefusesTheNextCall) {
  const std::string token = GoodToken();
  ASSERT_TRUE(SendToken(kPolice, token).ok());
  ChangeClient(*partnership_, kPolice, [](v1::Client&) {});
  EXPECT_TRUE(RefusedWith(SendToken(kPolice, token), v1::TOKEN_CLIENT_MISMATCH));
}

TEST_F(TokensTest, NoTwoClientsShareATokenIdentity) {
  v1::ApplyDirectoryRequest request;
  v1::Client& twin = *request.add_clients();
  twin.set_name(kPolice.agency_name() + "/clients/twin");
  twin.set_display_name("A second system");
  twin.add_roles(v1::READER);
  twin.add_certificate_identities("uri:urn:concordat:twin");
  v1::Client::TokenIdentity& identity = *twin.add_token_identities();
  identity.set_issuer(kTokenIssuer);
  identity.set_client_id(kTokenClientId);
  const auto apply = [&] {
    return partnership_->Ask<v1::ApplyDirectoryResponse>(kAdmin, request).outcome;
  };
  EXPECT_TRUE(RefusedWith(apply(), v1::FIELDS_INVALID));
  identity.set_client_id("has a space");
  EXPECT_TRUE(RefusedWith(apply(), v1::FIELDS_INVALID));
  identity.set_client_id("its-own");
  EXPECT_TRUE(apply().ok());
}

TEST_F(TokensTest, AKeptTokenExpires) {
  const std::string token = GoodToken();
  ASSERT_TRUE(SendToken(kPolice, token).ok());
  clock_.Advance(absl::Minutes(16));
  EXPECT_TRUE(RefusedWith(SendToken(kPolice, token), v1::TOKEN_EXPIRED));
}

TEST_F(TokensTest, OneHeaderInOneSpelling) {
  const std::string token = GoodToken();
  const std::string good = absl::StrCat("Bearer ", token);
  for (const Metadata& metadata :
       {Metadata{{"authorization", good}, {"authorization", good}},
        Metadata{{"authorization", good}, {"authorization", ""}},
        Metadata{{"authorization", absl::StrCat("bearer ", token)}},
        Metadata{{"authorization", absl::StrCat("Bearer  ", token)}},
        Metadata{{"authorization", absl::StrCat(good, ", ", good)}},
        Metadata{{"authorization", token}}, Metadata{{"authorization", "Basic YTpi"}}}) {
    EXPECT_TRUE(RefusedWith(Send(kPolice, metadata), v1::TOKEN_INVALID));
  }
}

TEST_F(TokensTest, NewKeysAreReadAndABadFileKeepsTheLastGoodOnes) {
  const std::string path = folder_.Path("jwks.json");
  const SigningKey second("EdDSA", "second");
  const auto accepted_within = [&](const SigningKey& key, bool expected) {
    const absl::Time end = absl::Now() + absl::Seconds(20);
    bool accepted = !expected;
    while (accepted != expected && absl::Now() < end) {
      accepted = SendToken(kPolice, key.Token(Claims())).ok();
      absl::SleepFor(absl::Milliseconds(50));
    }
    return accepted;
  };
  EXPECT_FALSE(SendToken(kPolice, second.Token(Claims())).ok());
  WriteWhole(path, JwksOf({key_.PublicJwk(), second.PublicJwk()}));
  EXPECT_TRUE(accepted_within(second, true));

  testing::internal::CaptureStderr();
  WriteWhole(path, "{\"keys\": [");
  absl::SleepFor(absl::Seconds(3));
  EXPECT_TRUE(SendToken(kPolice, second.Token(Claims())).ok());
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(absl::StrContains(log, "token_keys_refused")) << log;

  // A key that is taken out is out, for tokens that were verified with it too.
  const std::string kept = key_.Token(Claims());
  ASSERT_TRUE(SendToken(kPolice, kept).ok());
  WriteWhole(path, JwksOf({second.PublicJwk()}));
  EXPECT_FALSE(accepted_within(key_, false));
  EXPECT_TRUE(RefusedWith(SendToken(kPolice, kept), v1::TOKEN_INVALID));
  EXPECT_TRUE(SendToken(kPolice, second.Token(Claims())).ok());
}

TEST_F(TokensTest, AServerWithoutUsableKeysDoesNotStart) {
  partnership_->Stop();
  WriteWhole(folder_.Path("jwks.json"), "{}");
  const auto server = Server::Start(partnership_->config(), clock_);
  EXPECT_EQ(server.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(server.status().message()), testing::HasSubstr("jwks.json"));
}

TEST_F(TokensTest, NoTokenReachesLogErrorOrRecord) {
  const std::string good = GoodToken();
  json none = key_.Header();
  none["alg"] = "none";
  const std::vector<std::string> tokens = {good,
                                           good + "A",
                                           good.substr(0, good.size() - 9),
                                           key_.Token(none, Claims()),
                                           SigningKey("ES256", "first").Token(Claims()),
                                           SigningKey("ES256", "unknown").Token(Claims())};
  testing::internal::CaptureStderr();
  std::string errors;
  const uint64_t before = ReadAudit(partnership_->database_path()).size();
  for (const std::string& token : tokens) {
    for (const Partner* partner : {&kPolice, &kBoard, &kNobody}) {
      for (const char* scheme : {"Bearer ", "bearer ", "", "Bearer x "}) {
        const Outcome outcome = Send(*partner, {{"authorization", absl::StrCat(scheme, token)}});
        errors += outcome.Text() + outcome.status.error_message() + outcome.status.error_details();
      }
    }
  }
  const std::string log = testing::internal::GetCapturedStderr();
  std::string records;
  const auto stored = ReadAudit(partnership_->database_path(), before);
  EXPECT_EQ(stored.size(), tokens.size() * 12);
  for (const StoredRecord& record : stored) records += record.bytes;
  for (const std::string& token : tokens) {
    for (const std::string& part : std::vector<std::string>(absl::StrSplit(token, '.'))) {
      const std::string sample = part.substr(0, 24);
      EXPECT_FALSE(absl::StrContains(log, sample));
      EXPECT_FALSE(absl::StrContains(errors, sample));
      EXPECT_FALSE(absl::StrContains(records, sample));
    }
  }
  EXPECT_FALSE(absl::StrContains(records, "identifier-of-the-token"));
}

}  // namespace
}  // namespace concordat::e2e
