// What Prometheus reads.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "concordat/v1/plan_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/must.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::HasSubstr;

// What `GET /metrics` answers at `address`, 127.0.0.1 and a port; empty when
// nothing listens there.
std::string Scrape(const std::string& address) {
  const std::vector<std::string> parts = absl::StrSplit(address, ':');
  int port = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &port)) Die(address);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, parts[0].c_str(), &peer.sin_addr);
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) == 0) {
    const std::string request =
        absl::StrCat("GET /metrics HTTP/1.1\r\nHost: ", address, "\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(write(descriptor, request.data(), request.size()),
              static_cast<ssize_t>(request.size()));
    char buffer[4096];
    for (ssize_t size; (size = read(descriptor, buffer, sizeof(buffer))) > 0;) {
      answer.append(buffer, static_cast<size_t>(size));
    }
  }
  close(descriptor);
  return answer;
}

// The samples of a scrape, by name.
std::map<std::string, double> Samples(const std::string& scrape) {
  std::map<std::string, double> samples;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(scrape, '\n'))) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipWhitespace());
    double value = 0;
    if (words.size() == 2 && absl::StartsWith(words[0], "concordat_") &&
        absl::SimpleAtod(words[1], &value)) {
      samples[words[0]] = value;
    }
  }
  return samples;
}

TestPartnership::Options WithMetrics() {
  TestPartnership::Options options;
  options.configure = [](server::v1::ServerConfig& config) {
    config.set_metrics_address("127.0.0.1:0");
  };
  return options;
}

TEST(MetricsTest, CountWhatWasServedAndRefused) {
  TestPartnership partnership(WithMetrics());
  const std::string& address = partnership.server().metrics_address();
  const auto before = Samples(Scrape(address));
  EXPECT_EQ(before.at("concordat_audit_log_healthy"), 1);
  EXPECT_EQ(before.at("concordat_tls_sets_taken_total"), 1);
  v1::GetPlanRequest request;
  request.set_name("plans/development-2018");
  EXPECT_TRUE(partnership.Ask<v1::Plan>(kPolice, request).ok());
  EXPECT_FALSE(partnership.Ask<v1::Plan>(kStranger, request).ok());
  const auto after = Samples(Scrape(address));
  EXPECT_EQ(after.at("concordat_calls_served_total"),
            before.at("concordat_calls_served_total") + 1);
  EXPECT_EQ(after.at("concordat_calls_refused_total"),
            before.at("concordat_calls_refused_total") + 1);
}

TEST(MetricsTest, EachIsExplainedToTheOperator) {
  TestPartnership partnership(WithMetrics());
  const std::string manual = Must(ReadFile(CONCORDAT_SOURCE_DIR "/docs/operating.md"));
  const auto samples = Samples(Scrape(partnership.server().metrics_address()));
  EXPECT_GE(samples.size(), 13U);
  for (const auto& [name, value] : samples) EXPECT_THAT(manual, HasSubstr(name));
}

TEST(MetricsTest, NameNeitherAgencyNorClient) {
  TestPartnership partnership(WithMetrics());
  v1::GetPlanRequest request;
  request.set_name("plans/development-2018");
  partnership.Ask<v1::Plan>(kPolice, request);
  EXPECT_FALSE(absl::StrContains(Scrape(partnership.server().metrics_address()), "constabulary"));
}

TEST(MetricsTest, AreServedNowhereUnlessConfiguredAndNoLongerThanTheServer) {
  TestPartnership silent;
  EXPECT_EQ(silent.server().metrics_address(), "");
  TestPartnership partnership(WithMetrics());
  const std::string address = partnership.server().metrics_address();
  EXPECT_NE(Scrape(address), "");
  partnership.Stop();
  EXPECT_EQ(Scrape(address), "");
}

TEST(MetricsTest, AnAddressThatIsTakenStopsTheStartAndIsNamed) {
  TestPartnership partnership(WithMetrics());
  server::v1::ServerConfig config = partnership.config();
  config.set_metrics_address(partnership.server().metrics_address());
  partnership.Stop(absl::ZeroDuration());
  // Something else took it meanwhile.
  TestPartnership other([&] {
    TestPartnership::Options taken;
    taken.configure = [&](server::v1::ServerConfig& other_config) {
      other_config.set_metrics_address(config.metrics_address());
    };
    return taken;
  }());
  const SystemClock clock;
  const auto started = Server::Start(config, clock);
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(std::string(started.status().message()), HasSubstr(config.metrics_address()));
}

}  // namespace
}  // namespace concordat::e2e
