// The witness as logs reach it: real https on loopback.
#include "witness/https_listener.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/openssl_ptr.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/https/https_request.h"
#include "tests/support/certificates.h"
#include "tests/support/must.h"
#include "tests/support/temporary_folder.h"
#include "tlog/checkpoint.h"
#include "tlog/test_log.h"
#include "tlog/tree_proof.h"
#include "tlog/witness_request.h"
#include "witness/service.h"

namespace concordat::witness {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using tlog::TestLog;

constexpr char kOrigin[] = "log.example/audit";
constexpr char kName[] = "witness.example/w1";

using SslContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;

// A connection over which a test sends any bytes.
class RawConnection {
 public:
  explicit RawConnection(const std::string& address)
      : context_(SSL_CTX_new(TLS_client_method())), bio_(BIO_new_ssl_connect(context_.get())) {
    SSL* ssl = nullptr;
    BIO_get_ssl(bio_.get(), &ssl);
    SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
    BIO_set_conn_hostname(bio_.get(), address.c_str());
    if (BIO_do_connect(bio_.get()) != 1) Die("the witness is not there");
  }

  // False when the other side has gone.
  bool Send(const std::string& bytes) {
    return BIO_write(bio_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
           static_cast<int>(bytes.size());
  }
  // All until the other side closes.
  std::string ReadToTheEnd() {
    std::string all;
    char buffer[4096];
    for (int count; (count = BIO_read(bio_.get(), buffer, sizeof(buffer))) > 0;) {
      all.append(buffer, static_cast<size_t>(count));
    }
    return all;
  }

 private:
  const SslContextPtr context_;
  const BioPtr bio_;
};

class HttpsListenerTest : public testing::Test {
 protected:
  HttpsListenerTest() {
    std::signal(SIGPIPE, SIG_IGN);
    log_.GrowTo(5);
    WriteWhole(folder_.Path("witness.key"), tlog::PemOfSeed(std::string(32, 'w')));
    std::filesystem::create_directory(folder_.Path("state"));
    config_.set_listen_address("127.0.0.1:0");
    config_.set_certificate_file(certificates_.Path("server.crt"));
    config_.set_private_key_file(certificates_.Path("server.key"));
    config_.set_name(kName);
    config_.set_key_file(folder_.Path("witness.key"));
    config_.set_state_directory(folder_.Path("state"));
    auto& log = *config_.add_logs();
    log.set_origin(kOrigin);
    log.add_verifier_keys(log_.key().ToString());
    Start();
  }
  void Start() {
    service_.reset();
    service_ = Must(Service::Start(config_, clock_, [] { FAIL() << "the listener ended"; }));
  }

  // A listener with tighter limits, before `answer`.
  std::unique_ptr<HttpsListener> StartBare(HttpsListener::Options options,
                                           HttpsListener::AddCheckpoint answer) const {
    options.address = "127.0.0.1:0";
    options.certificate_file = config_.certificate_file();
    options.private_key_file = config_.private_key_file();
    return Must(HttpsListener::Start(std::move(options), std::move(answer),
                                     [] { FAIL() << "the listener ended"; }));
  }

  https::HttpsAnswer Post(const std::string& body) const {
    return Must(PostTo(service_->address(), "/add-checkpoint", body));
  }
  absl::StatusOr<https::HttpsAnswer> PostTo(const std::string& address, const std::string& path,
                                            const std::string& body) const {
    return https::PostHttps({absl::StrCat("https://", address, path), certificates_.Path("ca.crt"),
                             "", absl::Seconds(5), absl::Seconds(20), 64 << 10},
                            body, cancelled_);
  }
  std::string Body(uint64_t old_size) const {
    const auto proof = Must(tlog::ConsistencyProof(
        old_size, log_.size(), [this](tlog::NodeId node) { return log_.Node(node); }));
    return Must(tlog::FormatWitnessRequest({old_size, proof, log_.Checkpoint()}));
  }
  // Whether the witness cosigns what the log has.
  testing::AssertionResult IsCosigned(uint64_t old_size) const {
    const https::HttpsAnswer answer = Post(Body(old_size));
    const auto opened = tlog::OpenCheckpoint(absl::StrCat(log_.Checkpoint(), answer.document),
                                             {log_.key(), Must(CosigningKey(config_)).verifier()},
                                             tlog::ExtensionLines::kRefuse);
    if (answer.status == 200 && opened.ok() && opened->signatures.size() == 2) {
      return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << answer.status << " " << answer.document;
  }

  const e2e::Certificates& certificates_ = e2e::Certificates::Get();
  const TemporaryFolder folder_;
  const SystemClock clock_;
  const std::atomic<bool> cancelled_{false};
  TestLog log_{kOrigin};
  v1::WitnessConfig config_;
  std::unique_ptr<Service> service_;
};

TEST_F(HttpsListenerTest, ALogIsCosignedAcrossARestart) {
  EXPECT_TRUE(IsCosigned(0));
  Start();
  log_.GrowTo(70);
  EXPECT_EQ(Post(Body(0)).status, 409);
  EXPECT_TRUE(IsCosigned(5));
}

TEST_F(HttpsListenerTest, TheStatusAndContentTypeAreThoseOfTheSpecification) {
  EXPECT_EQ(Post("garbage").status, 400);
  EXPECT_TRUE(IsCosigned(0));
  const https::HttpsAnswer conflict = Post(Body(0));
  EXPECT_EQ(conflict.status, 409);
  EXPECT_EQ(conflict.content_type, "text/x.tlog.size");
  EXPECT_EQ(conflict.document, "5\n");
  TestLog other("other.example/audit");
  EXPECT_EQ(Post(Must(tlog::FormatWitnessRequest({0, {}, other.Checkpoint()}))).status, 404);
}

TEST_F(HttpsListenerTest, NothingElseIsServed) {
  EXPECT_EQ(Must(PostTo(service_->address(), "/", Body(0))).status, 404);
  EXPECT_EQ(Must(PostTo(service_->address(), "/add-checkpoint/more", Body(0))).status, 404);
  RawConnection get(service_->address());
  ASSERT_TRUE(get.Send("GET /add-checkpoint HTTP/1.1\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(get.ReadToTheEnd(), StartsWith("HTTP/1.1 404"));
}

TEST_F(HttpsListenerTest, WhatIsNoRequestIsRefusedAndOthersGoOn) {
  const std::string post = "POST /add-checkpoint HTTP/1.1\r\nConnection: close\r\n";
  std::string ranges = "Range: bytes=0-0";
  while (ranges.size() < 8000) ranges += ",0-0";
  const std::string chunk(4096, 'x');
  std::string chunks = post + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 40; ++i) absl::StrAppend(&chunks, "1000\r\n", chunk, "\r\n");
  const std::vector<std::string> requests = {
      std::string("\0\0\0\0", 4) + "\r\n\r\n",
      "nonsense\r\n\r\n",
      std::string(20000, 'A'),
      "POST " + std::string(9000, '/') + " HTTP/1.1\r\n\r\n",
      post + ranges + "\r\nContent-Length: 1\r\n\r\nx",
      post + "Range: bytes=99999999999999999999-\r\nContent-Length: 1\r\n\r\nx",
      post + "Content-Length: -1\r\n\r\nx",
      post + "Content-Length: 99999999999999999999999\r\n\r\nx",
      post + "Content-Length: nine\r\n\r\nx",
      post +
          "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9\r\n\r\n--b\r\n\r\n--",
      post + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
      post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
      chunks + "0\r\n\r\n",
      post + std::string(9000, 'h') + ": 1\r\n\r\n",
  };
  // At once: the witness waits for the rest of some.
  std::vector<std::thread> callers;
  for (const std::string& request : requests) {
    callers.emplace_back([this, &request] {
      RawConnection connection(service_->address());
      connection.Send(request);
      const std::string answer = connection.ReadToTheEnd();
      EXPECT_FALSE(absl::StrContains(answer, " 200 ")) << request.substr(0, 80);
      EXPECT_FALSE(absl::StrContains(answer, "EXCEPTION")) << request.substr(0, 80);
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_TRUE(IsCosigned(0));
}

TEST_F(HttpsListenerTest, AConnectionThatSendsWithoutEndIsCutOff) {
  RawConnection connection(service_->address());
  // Headers, of which the library would keep any number.
  ASSERT_TRUE(connection.Send("POST /add-checkpoint HTTP/1.1\r\n"));
  const std::string header = "X: " + std::string(1000, 'h') + "\r\n";
  size_t sent = 0;
  while (sent < size_t{64} << 20 && connection.Send(header)) sent += header.size();
  // What fits the buffers in between comes on top of the megabyte.
  EXPECT_LT(sent, size_t{32} << 20);
  EXPECT_TRUE(IsCosigned(0));
}

TEST_F(HttpsListenerTest, ABodyIsTakenUpToItsLimitAndNotFurther) {
  std::atomic<size_t> largest{0};
  const auto listener = StartBare({}, [&](absl::string_view body) {
    largest = body.size();
    return Answer{200, "text/plain", "taken\n"};
  });
  const std::string most(tlog::kMaxWitnessRequestBytes, 'x');
  EXPECT_EQ(Must(PostTo(listener->address(), "/add-checkpoint", most)).status, 200);
  EXPECT_EQ(largest, most.size());
  EXPECT_EQ(Must(PostTo(listener->address(), "/add-checkpoint", most + "x")).status, 413);
  EXPECT_EQ(largest, most.size());
}

TEST_F(HttpsListenerTest, WhoTricklesItsRequestIsCutOff) {
  HttpsListener::Options options;
  options.limits.max_time = std::chrono::milliseconds(1500);
  const auto listener = StartBare(options, [](absl::string_view) {
    return Answer{200, "text/plain", ""};
  });
  RawConnection connection(listener->address());
  const absl::Time begun = absl::Now();
  const absl::Time hopeless = begun + absl::Seconds(30);
  while (connection.Send("P") && absl::Now() < hopeless) absl::SleepFor(absl::Milliseconds(100));
  EXPECT_LT(absl::Now() - begun, absl::Seconds(10));
}

TEST_F(HttpsListenerTest, ConnectionsThatSayNothingHoldItUpOnlyForAWhile) {
  HttpsListener::Options options;
  options.threads = 2;
  options.limits.max_time = std::chrono::milliseconds(1000);
  const auto listener = StartBare(options, [](absl::string_view) {
    return Answer{200, "text/plain", ""};
  });
  std::vector<std::unique_ptr<RawConnection>> silent;
  for (int i = 0; i < 2; ++i) {
    silent.push_back(std::make_unique<RawConnection>(listener->address()));
  }
  EXPECT_EQ(Must(PostTo(listener->address(), "/add-checkpoint", "x")).status, 200);
}

TEST_F(HttpsListenerTest, NoMoreAreServedAtOnceThanThereAreThreads) {
  HttpsListener::Options options;
  options.threads = 2;
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  const auto listener = StartBare(options, [&](absl::string_view) {
    const int now = ++at_once;
    int seen = most;
    while (now > seen && !most.compare_exchange_weak(seen, now)) continue;
    absl::SleepFor(absl::Milliseconds(50));
    --at_once;
    return Answer{200, "text/plain", ""};
  });
  std::vector<std::thread> callers;
  for (int i = 0; i < 12; ++i) {
    callers.emplace_back(
        [&] { EXPECT_EQ(Must(PostTo(listener->address(), "/add-checkpoint", "x")).status, 200); });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(most, 2);
}

TEST_F(HttpsListenerTest, OnlyTls12AndLaterIsSpoken) {
  const SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  const BioPtr bio(BIO_new_ssl_connect(context.get()));
  BIO_set_conn_hostname(bio.get(), service_->address().c_str());
  EXPECT_NE(BIO_do_connect(bio.get()), 1);
  const BioPtr plain(BIO_new_connect(service_->address().c_str()));
  ASSERT_EQ(BIO_do_connect(plain.get()), 1);
  BIO_puts(plain.get(), "POST /add-checkpoint HTTP/1.1\r\n\r\n");
  char buffer[512];
  const int count = BIO_read(plain.get(), buffer, sizeof(buffer));
  EXPECT_FALSE(absl::StrContains(std::string(buffer, count > 0 ? static_cast<size_t>(count) : 0),
                                 "HTTP/1.1"));
}

TEST_F(HttpsListenerTest, ATakenAddressAndABadCertificateStopTheStart) {
  v1::WitnessConfig other = config_;
  other.set_listen_address(service_->address());
  std::filesystem::create_directory(folder_.Path("other"));
  other.set_state_directory(folder_.Path("other"));
  EXPECT_THAT(std::string(Service::Start(other, clock_, [] {}).status().message()),
              HasSubstr(service_->address()));
  other.set_listen_address("127.0.0.1:0");
  other.set_private_key_file(folder_.Path("witness.key"));
  EXPECT_EQ(Service::Start(other, clock_, [] {}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace concordat::witness
