// Connections: caps, deadlines, and a server that has no descriptor left.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/server_process.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

const std::string kWhoAmI = PathOf(*v1::WhoAmIRequest::descriptor());

// A TCP connection that says nothing.
class IdleSocket {
 public:
  // From the loopback address `from`, such as 127.0.0.2.
  explicit IdleSocket(const std::string& address, const std::string& from = "127.0.0.1")
      : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const size_t colon = address.rfind(':');
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(colon + 1), &port));
    const sockaddr_in local = AddressOf(from, 0);
    const sockaddr_in remote = AddressOf(address.substr(0, colon), port);
    connected_ =
        bind(descriptor_, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) == 0 &&
        connect(descriptor_, reinterpret_cast<const sockaddr*>(&remote), sizeof(remote)) == 0;
  }
  ~IdleSocket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  IdleSocket(IdleSocket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), connected_(other.connected_) {}
  IdleSocket& operator=(IdleSocket&&) = delete;

  bool connected() const { return connected_; }

  // Whether the server closes the connection within `patience`.
  bool ClosedWithin(absl::Duration patience) const {
    const absl::Time deadline = absl::Now() + patience;
    char bytes[256];
    while (true) {
      pollfd waiting = {descriptor_, POLLIN, 0};
      const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
      if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) <= 0) return false;
      if (recv(descriptor_, bytes, sizeof(bytes), 0) <= 0) return true;
    }
  }

 private:
  static sockaddr_in AddressOf(const std::string& ip, int port) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    inet_pton(AF_INET, ip.c_str(), &address.sin_addr);
    return address;
  }

  int descriptor_;
  bool connected_ = false;
};

// A partnership whose server takes so many connections.
class ConnectionsTest : public testing::Test {
 protected:
  void StartWith(int in_all, int of_address, int handshake_milliseconds) {
    TestPartnership::Options options;
    options.configure = [=](server::v1::ServerConfig& config) {
      config.mutable_limits()->set_max_connections(in_all);
      config.mutable_limits()->set_max_connections_per_address(of_address);
      config.mutable_limits()->set_handshake_deadline_milliseconds(handshake_milliseconds);
    };
    partnership_.emplace(options);
    // The one connection that the tests go on with.
    ASSERT_TRUE(WhoAmI().ok());
  }
  Outcome WhoAmI() { return partnership_->Call(kAdmin, kWhoAmI, ""); }
  IdleSocket Connect(const std::string& from = "127.0.0.1") {
    return IdleSocket(partnership_->server().address(), from);
  }
  // How many of the listed have this cause, once `wanted` have, or after 10 s.
  int64_t WaitForListed(v1::RefusedHandshake::Cause cause, int64_t wanted) {
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    int64_t found = 0;
    do {
      v1::ListRefusedHandshakesRequest request;
      request.set_page_size(1000);
      const auto list = partnership_->Get<v1::ListRefusedHandshakesResponse>(kAdmin, request);
      found = 0;
      for (const v1::RefusedHandshake& refused : list.refused()) {
        found += refused.cause() == cause;
        EXPECT_FALSE(refused.detail().empty());
        EXPECT_TRUE(refused.has_time());
      }
      if (found < wanted) absl::SleepFor(absl::Milliseconds(20));
    } while (found < wanted && absl::Now() < deadline);
    return found;
  }

  std::optional<TestPartnership> partnership_;
};

TEST_F(ConnectionsTest, OverTheCapOfAnAddressSocketsAreClosedAndListed) {
  StartWith(100, 10, 60000);
  std::vector<IdleSocket> held;
  for (int i = 0; i < 9; ++i) held.push_back(Connect());
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(Connect().ClosedWithin(absl::Seconds(5)));
    EXPECT_TRUE(WhoAmI().ok());
  }
  EXPECT_EQ(WaitForListed(v1::RefusedHandshake::ADDRESS_FULL, 5), 5);
  EXPECT_FALSE(held.back().ClosedWithin(absl::Milliseconds(50)));
  // Another address has room of its own.
  IdleSocket other = Connect("127.0.0.2");
  EXPECT_FALSE(other.ClosedWithin(absl::Milliseconds(300)));
  // And so has the first, once some of its connections are closed.
  held.clear();
  absl::SleepFor(absl::Milliseconds(300));
  EXPECT_FALSE(Connect().ClosedWithin(absl::Milliseconds(300)));
}

TEST_F(ConnectionsTest, OverTheCapInAllSocketsOfEveryAddressAreClosedAndListed) {
  StartWith(12, 10, 60000);
  std::vector<IdleSocket> held;
  for (int i = 0; i < 11; ++i) held.push_back(Connect(absl::StrCat("127.0.0.", 2 + i)));
  for (const std::string from : {"127.0.0.1", "127.0.0.2", "127.0.0.99"}) {
    EXPECT_TRUE(Connect(from).ClosedWithin(absl::Seconds(5)));
    EXPECT_TRUE(WhoAmI().ok());
  }
  EXPECT_EQ(WaitForListed(v1::RefusedHandshake::SERVER_FULL, 3), 3);
  held.clear();
  absl::SleepFor(absl::Milliseconds(300));
  EXPECT_TRUE(Call(partnership_->NewChannel(kPolice), kWhoAmI, "").ok());
}

TEST_F(ConnectionsTest, AConnectionThatSaysNothingIsClosedAtTheDeadlineAndListed) {
  StartWith(100, 100, 500);
  const absl::Time start = absl::Now();
  std::vector<IdleSocket> idle;
  for (int i = 0; i < 8; ++i) idle.push_back(Connect());
  for (const IdleSocket& connection : idle) {
    EXPECT_TRUE(connection.ClosedWithin(absl::Seconds(10)));
  }
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(400));
  EXPECT_EQ(WaitForListed(v1::RefusedHandshake::DEADLINE, 8), 8);
  EXPECT_TRUE(WhoAmI().ok());
}

TEST_F(ConnectionsTest, APeerThatClosesBeforeItsHandshakeIsListed) {
  StartWith(100, 100, 5000);
  { const IdleSocket gone = Connect(); }
  EXPECT_GE(WaitForListed(v1::RefusedHandshake::PEER_CLOSED, 1) +
                WaitForListed(v1::RefusedHandshake::TLS, 0),
            1);
}

TEST_F(ConnectionsTest, ConnectionsThatBecameCallsAreNotListed) {
  StartWith(100, 100, 5000);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(Call(partnership_->NewChannel(kPolice), kWhoAmI, "").ok());
    EXPECT_FALSE(Call(partnership_->NewChannel(kNobody), kWhoAmI, "").ok());
  }
  absl::SleepFor(absl::Milliseconds(500));
  EXPECT_EQ(partnership_
                ->Get<v1::ListRefusedHandshakesResponse>(kAdmin, v1::ListRefusedHandshakesRequest())
                .total(),
            0);
}

TEST_F(ConnectionsTest, CallsOverIpv4ToASocketOfBothAreNotListed) {
  TestPartnership::Options options;
  options.configure = [](server::v1::ServerConfig& config) { config.set_listen_address("[::]:0"); };
  partnership_.emplace(options);
  const std::string& address = partnership_->server().address();
  const std::string v4 = absl::StrCat("127.0.0.1", address.substr(address.rfind(':')));
  for (int i = 0; i < 3; ++i) {
    const auto channel = MakeChannel(v4, Certificates::Get().OfClient(kAdmin.uri()));
    const Outcome outcome = Call(channel, kWhoAmI, "");
    EXPECT_TRUE(outcome.ok()) << outcome.Text();
  }
  absl::SleepFor(absl::Milliseconds(500));
  const auto channel = MakeChannel(v4, Certificates::Get().OfClient(kAdmin.uri()));
  const Outcome outcome =
      Call(channel, PathOf(*v1::ListRefusedHandshakesRequest::descriptor()), "");
  v1::ListRefusedHandshakesResponse response;
  ASSERT_TRUE(response.ParseFromString(outcome.reply)) << outcome.Text();
  EXPECT_EQ(response.total(), 0);
}

TEST_F(ConnectionsTest, ACallerWhoGoesAwayDuringItsExtractIsNotListed) {
  StartWith(100, 100, 5000);
  v1::ExtractObservationsRequest request;
  request.set_parent("releases/papers-2018");
  request.set_format(v1::ExtractObservationsRequest::NDJSON);
  for (int i = 0; i < 10; ++i) {
    StreamCall call(partnership_->NewChannel(kBoard), PathOf(*request.descriptor()),
                    TestPartnership::PurposeOf(kBoard));
    ASSERT_TRUE(call.Write(request.SerializeAsString()));
    call.CloseWrites();
    ASSERT_TRUE(call.Read().has_value());
  }
  absl::SleepFor(absl::Milliseconds(500));
  EXPECT_EQ(partnership_->server().calls_in_hand(), 0);
  EXPECT_EQ(partnership_
                ->Get<v1::ListRefusedHandshakesResponse>(kAdmin, v1::ListRefusedHandshakesRequest())
                .total(),
            0);
}

TEST_F(ConnectionsTest, ManyCallersOfOneAddressAreServedWithinTheCap) {
  StartWith(100, 60, 5000);
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < 50; ++i) channels.push_back(partnership_->NewChannel(kPolice));
  for (int round = 0; round < 2; ++round) {
    for (const auto& channel : channels) EXPECT_TRUE(Call(channel, kWhoAmI, "").ok());
  }
}

TEST(DescriptorTest, AServerThatRanOutOfThemServesAgainWhenSomeAreFree) {
  TestPartnership partnership;
  partnership.Stop();
  const TemporaryFolder folder;
  server::v1::ServerConfig config = partnership.config();
  config.set_address_file(folder.Path("addresses"));
  // The caps are out of the way: the process's own limit is met first.
  config.mutable_limits()->set_max_connections(10000);
  config.mutable_limits()->set_max_connections_per_address(10000);
  config.mutable_limits()->set_handshake_deadline_milliseconds(60000);
  WriteWhole(folder.Path("server.yaml"), ConfigYaml(config));
  ServerProcess process({{"serve", "--config", folder.Path("server.yaml")},
                         folder.Path("log"),
                         /*descriptors=*/120});
  const std::string address = WaitForAddress(config.address_file(), process);
  ASSERT_FALSE(address.empty()) << ReadWhole(folder.Path("log"));
  const KeyPair admin = Certificates::Get().OfClient(kAdmin.uri());
  const std::shared_ptr<grpc::Channel> before = MakeChannel(address, admin);
  ASSERT_TRUE(Call(before, kWhoAmI, "").ok());
  {
    std::vector<IdleSocket> idle;
    for (int i = 0; i < 300; ++i) {
      idle.emplace_back(address);
      EXPECT_TRUE(idle.back().connected());
    }
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (absl::Now() < deadline &&
           ReadWhole(folder.Path("log")).find("out_of_descriptors") == std::string::npos) {
      absl::SleepFor(absl::Milliseconds(20));
    }
    EXPECT_THAT(ReadWhole(folder.Path("log")), testing::HasSubstr("out_of_descriptors"));
    // A connection that there was goes on.
    const Outcome outcome = Call(before, kWhoAmI, "");
    EXPECT_TRUE(outcome.ok()) << outcome.Text();
  }
  // And new ones are accepted, again and again.
  for (int i = 0; i < 5; ++i) {
    Outcome outcome;
    const absl::Time deadline = absl::Now() + absl::Seconds(15);
    do {
      outcome = Call(MakeChannel(address, admin), kWhoAmI, "");
    } while (!outcome.ok() && absl::Now() < deadline);
    EXPECT_TRUE(outcome.ok()) << outcome.Text();
  }
  process.Signal(SIGTERM);
  const std::optional<ProcessEnd> end = process.Wait();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 0);
}

}  // namespace
}  // namespace concordat::e2e
