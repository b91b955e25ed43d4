// Keys of a token issuer from its https address, over a real https server: good
// ones, outages, and everything else that may come from there.
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "concordat/v1/directory_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/https_server.h"
#include "tests/support/moments.h"
#include "tests/support/signing_key.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_partnership.h"
#include "tests/support/token_client.h"

namespace concordat::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A fetch every second at most, and keys that are good for an hour of the fake
// clock, which only moves when a test says so.
class TokenFetchTest : public testing::Test {
 protected:
  TokenFetchTest() { OpenIssuer(); }

  // Starts the issuer's server, after an outage at the same port.
  void OpenIssuer() {
    const uint16_t port = port_;
    issuer_.emplace(HttpsServer::Options{certificates_.Read("server"), "127.0.0.1", port});
    port_ = issuer_->port();
    issuer_->Serve(JwksOf({first_.PublicJwk()}));
  }
  // `configure` changes what the tests usually have.
  void StartPartnership(const std::function<void(server::v1::ServerConfig::Tokens&)>& configure =
                            [](auto&) {}) {
    TestPartnership::Options options;
    options.clock = &clock_;
    options.configure = [&](server::v1::ServerConfig& config) {
      server::v1::ServerConfig::Tokens& tokens = *config.mutable_tokens();
      tokens.set_reload_seconds(1);
      tokens.set_fetch_seconds(1);
      tokens.set_refetch_seconds(1);
      tokens.set_stale_seconds(3600);
      tokens.set_connect_seconds(2);
      tokens.set_answer_seconds(2);
      auto& issuer = *tokens.add_issuers();
      issuer.set_issuer(kTokenIssuer);
      issuer.set_audience(kTokenAudience);
      issuer.set_jwks_url(absl::StrCat("https://127.0.0.1:", port_, "/keys"));
      issuer.set_jwks_ca_file(certificates_.Path("ca.crt"));
      configure(tokens);
    };
    partnership_.emplace(options);
    ChangeClient(*partnership_, kPolice, AddTokenIdentity);
  }

  const tokens::TokenKeyCounters& counters() { return partnership_->server().token_counters(); }
  // Waits for two more of what is counted: the first may have begun before.
  testing::AssertionResult TwoMore(const std::atomic<int64_t>& counter) {
    return Reaches(counter, counter + 2);
  }
  static testing::AssertionResult Reaches(const std::atomic<int64_t>& counter, int64_t wanted) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (counter < wanted && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(20));
    if (counter >= wanted) return testing::AssertionSuccess();
    return testing::AssertionFailure() << counter << " after 20 s, not " << wanted;
  }

  Outcome Send(const std::string& token) {
    return partnership_
        ->Ask<v1::WhoAmIResponse>(kPolice, v1::WhoAmIRequest(),
                                  Metadata{{"authorization", absl::StrCat("Bearer ", token)}})
        .outcome;
  }
  Outcome SendTokenOf(const SigningKey& key) {
    return Send(key.Token(ClaimsOf(kPolice, clock_.Now())));
  }

  const Certificates& certificates_ = Certificates::Get();
  const TemporaryFolder folder_;
  const SigningKey first_{"ES256", "first"};
  const SigningKey second_{"EdDSA", "second"};
  FakeClock clock_{At("2018-12-02T09:00:00Z")};
  uint16_t port_ = 0;
  std::optional<HttpsServer> issuer_;
  std::optional<TestPartnership> partnership_;
};

TEST_F(TokenFetchTest, TheFirstCallFindsTheKeysThere) {
  StartPartnership([](auto& tokens) { tokens.set_fetch_seconds(300); });
  const Outcome outcome = SendTokenOf(first_);
  ASSERT_TRUE(outcome.ok()) << outcome.Text();
  EXPECT_EQ(partnership_->RecordFor(outcome).token_key_id(), "first");
  EXPECT_TRUE(RefusedWith(SendTokenOf(second_), v1::TOKEN_INVALID));
}

TEST_F(TokenFetchTest, KeysThatTheIssuerTakesOutAreOutForVerifiedTokensToo) {
  StartPartnership();
  const std::string kept = first_.Token(ClaimsOf(kPolice, clock_.Now()));
  ASSERT_TRUE(Send(kept).ok());
  issuer_->Serve(JwksOf({second_.PublicJwk()}));
  ASSERT_TRUE(TwoMore(counters().fetches_succeeded));
  EXPECT_TRUE(SendTokenOf(second_).ok());
  EXPECT_TRUE(RefusedWith(Send(kept), v1::TOKEN_INVALID));
}

TEST_F(TokenFetchTest, AnUnknownKeyIsAskedForSoonAndNotOftenerThanConfigured) {
  StartPartnership([](auto& tokens) {
    tokens.set_fetch_seconds(3000);
    tokens.set_refetch_seconds(2);
  });
  const int64_t at_start = issuer_->requests();
  issuer_->Serve(JwksOf({first_.PublicJwk(), second_.PublicJwk()}));
  absl::SleepFor(absl::Seconds(3));
  // Tokens with known keys, and those of other issuers, ask for nothing.
  ASSERT_TRUE(SendTokenOf(first_).ok());
  nlohmann::json foreign = ClaimsOf(kPolice, clock_.Now());
  foreign["iss"] = "https://elsewhere.example.org";
  EXPECT_FALSE(Send(second_.Token(foreign)).ok());
  absl::SleepFor(absl::Milliseconds(500));
  EXPECT_EQ(issuer_->requests(), at_start);

  EXPECT_TRUE(RefusedWith(SendTokenOf(second_), v1::TOKEN_INVALID));
  ASSERT_TRUE(Reaches(counters().fetches_succeeded, 2));
  EXPECT_TRUE(SendTokenOf(second_).ok());

  const SigningKey made_up("ES256", "made-up");
  const absl::Time begun = absl::Now();
  const int64_t before = issuer_->requests();
  while (absl::Now() < begun + absl::Seconds(5)) {
    EXPECT_FALSE(SendTokenOf(made_up).ok());
    absl::SleepFor(absl::Milliseconds(20));
  }
  EXPECT_GE(issuer_->requests(), before + 1);
  EXPECT_LE(issuer_->requests(), before + 3);
}

TEST_F(TokenFetchTest, AnOutageIsBridgedThenClosesTheIssuerAndThenItOpensAgain) {
  testing::internal::CaptureStderr();
  StartPartnership();
  const std::string kept = first_.Token(ClaimsOf(kPolice, clock_.Now()));
  ASSERT_TRUE(Send(kept).ok());
  issuer_.reset();
  ASSERT_TRUE(TwoMore(counters().fetches_failed));
  EXPECT_TRUE(Send(kept).ok());
  clock_.Advance(absl::Hours(1) - absl::Seconds(1));
  EXPECT_TRUE(SendTokenOf(first_).ok());
  EXPECT_EQ(counters().issuers_closed, 0);

  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(RefusedWith(SendTokenOf(first_), v1::TOKEN_KEYS_UNKNOWN));
  // One that was verified before, and one that was never any good.
  clock_.Advance(absl::Seconds(-1));
  const std::string verified = first_.Token(ClaimsOf(kPolice, clock_.Now()));
  EXPECT_TRUE(Send(verified).ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(RefusedWith(Send(verified), v1::TOKEN_KEYS_UNKNOWN));
  EXPECT_TRUE(RefusedWith(SendTokenOf(second_), v1::TOKEN_KEYS_UNKNOWN));
  // A certificate alone needs no issuer.
  EXPECT_TRUE(partnership_->Ask<v1::WhoAmIResponse>(kPolice, v1::WhoAmIRequest(), Metadata{}).ok());
  ASSERT_TRUE(Reaches(counters().issuers_closed, 1));

  OpenIssuer();
  ASSERT_TRUE(Reaches(counters().issuers_opened, 1));
  EXPECT_TRUE(SendTokenOf(first_).ok());
  EXPECT_TRUE(Send(verified).ok());
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, AllOf(HasSubstr("token_fetch_failed"), HasSubstr("token_issuer_closed"),
                         HasSubstr("token_issuer_open")));
  EXPECT_THAT(log, Not(HasSubstr(kept)));
}

TEST_F(TokenFetchTest, AClockThatJumpsAheadClosesOnlyUntilTheNextToken) {
  StartPartnership([](auto& tokens) { tokens.set_fetch_seconds(3000); });
  clock_.Advance(absl::Hours(2));
  EXPECT_TRUE(RefusedWith(SendTokenOf(first_), v1::TOKEN_KEYS_UNKNOWN));
  ASSERT_TRUE(Reaches(counters().fetches_succeeded, 2));
  EXPECT_TRUE(SendTokenOf(first_).ok());
}

TEST_F(TokenFetchTest, AServerStartsWithoutItsIssuerAndRefusesItsTokensUntilItIsThere) {
  issuer_.reset();
  testing::internal::CaptureStderr();
  StartPartnership();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, AllOf(HasSubstr("token_fetch_failed"), HasSubstr("token_issuer_closed"),
                         HasSubstr(kTokenIssuer)));
  EXPECT_TRUE(RefusedWith(SendTokenOf(first_), v1::TOKEN_KEYS_UNKNOWN));
  OpenIssuer();
  ASSERT_TRUE(Reaches(counters().issuers_opened, 1));
  EXPECT_TRUE(SendTokenOf(first_).ok());
}

TEST_F(TokenFetchTest, WhateverElseComesLeavesTheLastGoodKeys) {
  StartPartnership();
  const std::string good = JwksOf({second_.PublicJwk()});
  HttpsServer elsewhere({certificates_.Read("server")});
  elsewhere.Serve(good);
  const std::pair<const char*, std::string> answers[] = {
      {"garbage", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"keys\":["},
      {"no keys", "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"keys\":[]}"},
      {"half of it", absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", good)},
      {"too large", absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", good,
                                 std::string(65537 - good.size(), ' '))},
      {"an error page",
       absl::StrCat("HTTP/1.1 503 Later\r\nContent-Length: ", good.size(), "\r\n\r\n", good)},
      {"a redirect", absl::StrCat("HTTP/1.1 307 There\r\nLocation: ", elsewhere.url(),
                                  "\r\nContent-Length: 0\r\n\r\n")},
  };
  for (const auto& [name, answer] : answers) {
    issuer_->ServeRaw(answer);
    ASSERT_TRUE(TwoMore(counters().fetches_failed)) << name;
    EXPECT_TRUE(SendTokenOf(first_).ok()) << name;
    EXPECT_FALSE(SendTokenOf(second_).ok()) << name;
  }
  EXPECT_EQ(elsewhere.requests(), 0);
}

TEST_F(TokenFetchTest, AnImpostorWithAnotherAuthorityIsNotAsked) {
  StartPartnership([this](auto& tokens) {
    tokens.mutable_issuers(0)->set_jwks_ca_file(certificates_.Path("untrusted-ca.crt"));
  });
  EXPECT_TRUE(RefusedWith(SendTokenOf(first_), v1::TOKEN_KEYS_UNKNOWN));
  EXPECT_EQ(issuer_->requests(), 0);
}

TEST_F(TokenFetchTest, ASlowIssuerHoldsUpNoCallAndNoOtherIssuer) {
  const std::string file = folder_.Path("jwks.json");
  const char* const other = "https://other.example.org";
  WriteWhole(file, JwksOf({first_.PublicJwk()}));
  StartPartnership([&](auto& tokens) {
    tokens.set_answer_seconds(30);
    auto& issuer = *tokens.add_issuers();
    issuer.set_issuer(other);
    issuer.set_audience(kTokenAudience);
    issuer.set_jwks_file(file);
  });
  issuer_->ServeNothing();
  const int64_t before = issuer_->requests();
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (issuer_->requests() == before && absl::Now() < deadline) {
    EXPECT_TRUE(SendTokenOf(first_).ok());
  }
  ASSERT_GT(issuer_->requests(), before);
  // The fetch now hangs for half a minute.
  const absl::Time begun = absl::Now();
  EXPECT_TRUE(SendTokenOf(first_).ok());
  EXPECT_FALSE(SendTokenOf(second_).ok());
  nlohmann::json claims = ClaimsOf(kPolice, clock_.Now());
  claims["iss"] = other;
  WriteWhole(file, JwksOf({second_.PublicJwk()}));
  // Right key and issuer: refused only because the police are no client there.
  while (!RefusedWith(Send(second_.Token(claims)), v1::TOKEN_CLIENT_MISMATCH) &&
         absl::Now() < begun + absl::Seconds(20)) {
    absl::SleepFor(absl::Milliseconds(50));
  }
  EXPECT_TRUE(RefusedWith(Send(second_.Token(claims)), v1::TOKEN_CLIENT_MISMATCH));
  partnership_->Stop();
  EXPECT_LT(absl::Now() - begun, absl::Seconds(20));
}

}  // namespace
}  // namespace concordat::e2e
