// New certificates for a server that goes on, under load and one bad set after
// another.
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "concordat/v1/directory_service.pb.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

namespace fs = std::filesystem;

const std::string kWhoAmI = PathOf(*v1::WhoAmIRequest::descriptor());

// A partnership whose TLS files are in a folder that is swapped as a whole, as
// Kubernetes does: `tls/NAME` leads to `..data/NAME`, and `..data` to a folder.
class RotationTest : public testing::Test {
 protected:
  struct Files {
    KeyPair server;
    std::string authorities;
    std::string lists;
  };

  void SetUp() override {
    fs::create_directory(tls_);
    Swap(files_);
    for (const char* name : {"server.crt", "server.key", "ca.crt", "clients.crl"}) {
      fs::create_symlink(absl::StrCat("..data/", name), tls_ / name);
    }
    TestPartnership::Options options;
    options.configure = [this](server::v1::ServerConfig& config) {
      config.mutable_tls()->set_certificate_file((tls_ / "server.crt").string());
      config.mutable_tls()->set_private_key_file((tls_ / "server.key").string());
      config.mutable_tls()->set_client_ca_file((tls_ / "ca.crt").string());
      config.mutable_tls()->set_crl_file((tls_ / "clients.crl").string());
      config.mutable_tls()->set_crl_required(true);
    };
    partnership_.emplace(options);
  }

  void Swap(const Files& files) {
    const std::string version = absl::StrCat("..", ++versions_);
    fs::create_directory(tls_ / version);
    WriteWhole((tls_ / version / "server.crt").string(), files.server.certificate);
    WriteWhole((tls_ / version / "server.key").string(), files.server.key);
    WriteWhole((tls_ / version / "ca.crt").string(), files.authorities);
    WriteWhole((tls_ / version / "clients.crl").string(), files.lists);
    fs::create_symlink(version, tls_ / "..new");
    fs::rename(tls_ / "..new", tls_ / "..data");
  }
  // Waits until the counter has that value, at most 5 s.
  static bool Reaches(const std::atomic<int64_t>& counter, int64_t wanted) {
    const absl::Time deadline = absl::Now() + absl::Seconds(5);
    while (counter < wanted && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(10));
    return counter == wanted;
  }
  const tls::TlsCounters& counters() { return partnership_->server().tls_counters(); }
  std::shared_ptr<grpc::Channel> Connect(const KeyPair& pair) {
    return MakeChannel(partnership_->server().address(), pair);
  }
  Outcome NewCall(const KeyPair& pair) { return Call(Connect(pair), kWhoAmI, ""); }

  const Certificates& certificates_ = Certificates::Get();
  const KeyPair police_ = certificates_.OfClient(kPolice.uri());
  Files files_{certificates_.Read("server"), certificates_.Authority(),
               certificates_.RevocationList({})};
  const TemporaryFolder folder_;
  const fs::path tls_ = folder_.path() / "tls";
  int versions_ = 0;
  std::optional<TestPartnership> partnership_;
};

TEST_F(RotationTest, NoGoodCallFailsWhileEverythingIsReplaced) {
  std::atomic<bool> stop{false};
  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> failed{0};
  const auto count = [&](const Outcome& outcome) {
    ++calls;
    if (outcome.ok()) return;
    ++failed;
    ADD_FAILURE() << outcome.Text();
  };
  const std::shared_ptr<grpc::Channel> old = Connect(police_);
  std::vector<std::thread> callers;
  callers.emplace_back([&] {
    while (!stop) count(Call(old, kWhoAmI, ""));
  });
  callers.emplace_back([&] {
    while (!stop) count(NewCall(police_));
  });

  int64_t sets = 1;
  int64_t lists = 1;
  const auto rotate = [&] {
    Swap(files_);
    EXPECT_TRUE(Reaches(counters().sets_taken, sets));
    EXPECT_TRUE(Reaches(counters().lists_taken, lists));
    absl::SleepFor(absl::Milliseconds(200));
  };
  const KeyPair newcomer = certificates_.Read("untrusted");
  EXPECT_FALSE(NewCall(newcomer).receipt.has_value());
  files_.server = certificates_.AnotherServer();
  ++sets;
  rotate();
  // A new authority beside the old one; the list is checked against both.
  files_.authorities += certificates_.Read("untrusted-ca").certificate;
  ++sets;
  ++lists;
  rotate();
  // Its client now gets as far as the door.
  EXPECT_TRUE(RefusedWith(NewCall(newcomer), v1::CLIENT_UNKNOWN));
  files_.lists = certificates_.RevocationList({certificates_.OfClient(kBoard.uri())});
  ++lists;
  rotate();
  EXPECT_TRUE(RefusedWith(NewCall(certificates_.OfClient(kBoard.uri())), v1::CERTIFICATE_REVOKED));
  for (int i = 0; i < 3; ++i) {
    files_.server = certificates_.AnotherServer();
    ++sets;
    rotate();
  }

  stop = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GT(calls, 100);
  EXPECT_EQ(counters().sets_refused, 0);
  EXPECT_EQ(counters().lists_refused, 0);
}

TEST_F(RotationTest, ABadSetKeepsTheLastGoodOneAndIsCountedOnce) {
  const Files good = files_;
  const KeyPair other = certificates_.AnotherServer();
  const KeyPair expired = certificates_.AnotherServer(absl::Now() - absl::Hours(1));
  const std::function<void(Files&)> faults[] = {
      [&](Files& files) { files.server.key = other.key; },
      [](Files& files) { files.server.certificate.clear(); },
      [](Files& files) { files.server.key.clear(); },
      [](Files& files) { files.authorities.clear(); },
      [](Files& files) { files.authorities += "-----BEGIN CERTIFICATE-----\nAAAA\n"; },
      [](Files& files) { files.authorities = files.server.certificate; },
      [&](Files& files) { files.server = expired; },
  };
  int64_t refused = 0;
  for (const auto& spoil : faults) {
    Files bad = good;
    spoil(bad);
    Swap(bad);
    EXPECT_TRUE(Reaches(counters().sets_refused, ++refused));
    const Outcome outcome = NewCall(police_);
    EXPECT_TRUE(outcome.ok()) << outcome.Text();
  }
  fs::remove(tls_ / "server.key");
  EXPECT_TRUE(Reaches(counters().sets_refused, ++refused));
  EXPECT_TRUE(NewCall(police_).ok());
  // Longer than the files are left unread: the same fault is not counted again.
  absl::SleepFor(absl::Milliseconds(1200));
  EXPECT_EQ(counters().sets_refused, refused);
  EXPECT_EQ(counters().sets_taken, 1);

  fs::create_symlink("..data/server.key", tls_ / "server.key");
  files_.server = other;
  Swap(files_);
  EXPECT_TRUE(Reaches(counters().sets_taken, 2));
  EXPECT_TRUE(NewCall(police_).ok());
}

}  // namespace
}  // namespace concordat::e2e
