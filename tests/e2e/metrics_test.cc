// What Prometheus reads.
#include <string>

#include "absl/strings/match.h"
#include "base/file.h"
#include "concordat/v1/plan_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/must.h"
#include "tests/support/scrape.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::HasSubstr;

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
