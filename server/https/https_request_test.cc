#include "server/https/https_request.h"

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/https_server.h"
#include "tests/support/temporary_folder.h"

namespace concordat::https {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr size_t kMost = 64 << 10;

class HttpsRequestTest : public testing::Test {
 protected:
  HttpsRequestTest() { server_.Serve("{}"); }

  HttpsAddress Address() const {
    return {server_.url(), certificates_.Path("ca.crt"), "", absl::Seconds(2), absl::Seconds(4),
            kMost};
  }
  absl::StatusOr<std::string> Fetch() const { return Fetch(Address()); }
  absl::StatusOr<std::string> Fetch(const HttpsAddress& address) const {
    return FetchHttps(address, cancelled_);
  }

  const e2e::Certificates& certificates_ = e2e::Certificates::Get();
  e2e::HttpsServer server_{{certificates_.Read("server")}};
  std::atomic<bool> cancelled_{false};
};

TEST_F(HttpsRequestTest, ADocumentComesByteForByte) {
  const std::string bytes("{\"keys\":\0\r\n\xff}", 13);
  server_.Serve(bytes);
  const auto document = Fetch();
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(*document, bytes);
  EXPECT_THAT(server_.last_request(), StartsWith("GET /keys HTTP/1.1\r\n"));
  EXPECT_THAT(server_.last_request(), Not(HasSubstr("Authorization")));
}

TEST_F(HttpsRequestTest, ARedirectIsNotFollowed) {
  e2e::HttpsServer elsewhere({certificates_.Read("server")});
  elsewhere.Serve("{}");
  server_.ServeRaw(absl::StrCat("HTTP/1.1 302 Found\r\nLocation: ", elsewhere.url(),
                                "\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_THAT(std::string(Fetch().status().message()), HasSubstr("status 302"));
  EXPECT_EQ(elsewhere.requests(), 0);
}

TEST_F(HttpsRequestTest, OnlyTheStatus200Counts) {
  for (const char* status : {"203 Other", "204 None", "206 Part", "404 Gone", "500 Broken"}) {
    server_.ServeRaw(absl::StrCat("HTTP/1.1 ", status, "\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_FALSE(Fetch().ok()) << status;
  }
}

TEST_F(HttpsRequestTest, TheLargestDocumentIsTakenAndOneByteMoreIsNot) {
  server_.Serve(std::string(kMost, ' '));
  EXPECT_TRUE(Fetch().ok());
  server_.Serve(std::string(kMost + 1, ' '));
  EXPECT_EQ(Fetch().status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(HttpsRequestTest, ADocumentThatDoesNotTellItsSizeIsCutOffToo) {
  server_.ServeRaw(
      absl::StrCat("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", std::string(16 * kMost, ' ')));
  EXPECT_EQ(Fetch().status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(HttpsRequestTest, HeadersHaveALimitOfTheirOwn) {
  std::string headers;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&headers, "X-", i, ": padding-padding\r\n");
  server_.ServeRaw(absl::StrCat("HTTP/1.1 200 OK\r\n", headers, "Content-Length: 2\r\n\r\n{}"));
  EXPECT_THAT(std::string(Fetch().status().message()), HasSubstr("bytes of headers"));
}

TEST_F(HttpsRequestTest, AnAnswerThatEndsEarlyIsNone) {
  server_.ServeRaw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}");
  EXPECT_FALSE(Fetch().ok());
  server_.ServeRaw("garbage\r\n\r\n");
  EXPECT_FALSE(Fetch().ok());
}

TEST_F(HttpsRequestTest, OnlyThePinnedAuthorityCounts) {
  HttpsAddress address = Address();
  address.ca_file = certificates_.Path("untrusted-ca.crt");
  EXPECT_FALSE(Fetch(address).ok());
  // No file is not the same as the machine's authorities.
  address.ca_file = certificates_.Path("none.crt");
  EXPECT_FALSE(Fetch(address).ok());
  EXPECT_EQ(server_.requests(), 0);
}

TEST_F(HttpsRequestTest, TheCertificateHasToNameTheHost) {
  e2e::HttpsServer other({certificates_.Read("server"), "127.0.0.2"});
  other.Serve("{}");
  HttpsAddress address = Address();
  address.url = other.url();
  EXPECT_FALSE(Fetch(address).ok());
  EXPECT_EQ(other.requests(), 0);
}

TEST_F(HttpsRequestTest, ASlowServerIsLeftAlone) {
  server_.ServeNothing();
  HttpsAddress address = Address();
  address.timeout = absl::Milliseconds(500);
  const absl::Time begun = absl::Now();
  EXPECT_FALSE(Fetch(address).ok());
  EXPECT_GE(absl::Now() - begun, absl::Milliseconds(400));
  EXPECT_LT(absl::Now() - begun, absl::Seconds(3));
}

TEST_F(HttpsRequestTest, AFetchCanBeCancelled) {
  server_.ServeNothing();
  HttpsAddress address = Address();
  address.timeout = absl::Seconds(60);
  std::thread canceller([this] {
    while (server_.requests() == 0) absl::SleepFor(absl::Milliseconds(10));
    cancelled_ = true;
  });
  const absl::Time begun = absl::Now();
  EXPECT_FALSE(Fetch(address).ok());
  EXPECT_LT(absl::Now() - begun, absl::Seconds(10));
  canceller.join();
}

TEST_F(HttpsRequestTest, NoProxyOfTheEnvironmentIsUsed) {
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    setenv(name, "http://127.0.0.1:1", 1);
  }
  EXPECT_TRUE(Fetch().ok());
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) unsetenv(name);
}

TEST_F(HttpsRequestTest, TheConfiguredProxyIsAskedToConnect) {
  e2e::HttpsServer proxy({certificates_.Read("server"), "127.0.0.1", 0, true});
  proxy.Serve("through the proxy");
  HttpsAddress address = Address();
  address.proxy = absl::StrCat("http://127.0.0.1:", proxy.port());
  // The environment cannot take it away either.
  setenv("no_proxy", "*", 1);
  const auto document = Fetch(address);
  unsetenv("no_proxy");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(*document, "through the proxy");
  EXPECT_THAT(proxy.last_connect(),
              StartsWith(absl::StrCat("CONNECT 127.0.0.1:", server_.port(), " ")));
  EXPECT_EQ(server_.requests(), 0);
}

TEST_F(HttpsRequestTest, ErrorsQuoteNothingOfTheAnswer) {
  server_.ServeRaw(
      "HTTP/1.1 500 secret-phrase\r\nX-A: secret-phrase\r\nContent-Length: 13\r\n\r\n"
      "secret-phrase");
  EXPECT_THAT(std::string(Fetch().status().message()), Not(HasSubstr("secret-phrase")));
}

TEST_F(HttpsRequestTest, ABodyIsPostedByteForByteAndAnyStatusIsAnAnswer) {
  server_.ServeRaw(
      "HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 3\r\n\r\n42\n");
  const std::string body("old 0\n\n\xE2\x80\x94\0@file", 16);
  const auto answer = PostHttps(Address(), body, cancelled_);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 409);
  EXPECT_EQ(answer->content_type, "text/x.tlog.size");
  EXPECT_EQ(answer->document, "42\n");
  EXPECT_THAT(server_.last_request(), StartsWith("POST /keys HTTP/1.1\r\n"));
  EXPECT_EQ(server_.last_body(), body);
}

TEST_F(HttpsRequestTest, APostIsNotSentToWhereARedirectLeads) {
  e2e::HttpsServer elsewhere({certificates_.Read("server")});
  elsewhere.Serve("{}");
  server_.ServeRaw(absl::StrCat("HTTP/1.1 307 Elsewhere\r\nLocation: ", elsewhere.url(),
                                "\r\nContent-Length: 0\r\n\r\n"));
  const auto answer = PostHttps(Address(), "body", cancelled_);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 307);
  EXPECT_EQ(elsewhere.requests(), 0);
}

TEST_F(HttpsRequestTest, TheAnswerToAPostHasItsLimitToo) {
  server_.Serve(std::string(kMost + 1, ' '));
  EXPECT_EQ(PostHttps(Address(), "body", cancelled_).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(HttpsUrlTest, OnlyPlainHttpsAddressesAreTaken) {
  EXPECT_TRUE(CheckHttpsUrl("https://login.example.org/tenant/keys?version=2").ok());
  EXPECT_TRUE(CheckHttpsUrl("https://127.0.0.1:8443/keys").ok());
  for (const char* url :
       {"", "keys", "http://a.example/keys", "file:///etc/passwd", "https://",
        "https://me@a.example/", "https://me:secret@a.example/", "https://a.example/#part",
        "https://a b.example/", "//a.example/keys", "ftp://a.example/"}) {
    EXPECT_FALSE(CheckHttpsUrl(url).ok()) << url;
  }
}

TEST(HttpsUrlTest, AProxyIsSpokenToInPlainHttp) {
  EXPECT_TRUE(CheckProxyUrl("http://proxy.example:3128").ok());
  for (const char* url : {"proxy.example:3128", "https://proxy.example", "socks5://proxy.example",
                          "http://me:secret@proxy.example"}) {
    EXPECT_FALSE(CheckProxyUrl(url).ok()) << url;
  }
}

}  // namespace
}  // namespace concordat::https
