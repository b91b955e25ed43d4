#include "client/doctor/proxy.h"

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "tests/support/tls_listener.h"

namespace concordat::doctor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Variables = std::map<std::string, std::string>;

ProxyChoice Choose(const std::string& host, const Variables& variables) {
  return ChooseProxy(host, [&variables](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

TEST(ChooseProxyTest, UserAndPasswordAreForTheProxyAndNeverInTheWords) {
  const ProxyChoice choice =
      Choose("concordat.example", {{"https_proxy", "http://trust:hunter2@proxy.example:3128"}});
  ASSERT_TRUE(choice.proxy.has_value());
  EXPECT_EQ(ToString(*choice.proxy), "proxy.example:3128");
  EXPECT_EQ(choice.authorization, "Basic dHJ1c3Q6aHVudGVyMg==");
  EXPECT_EQ(choice.reason, "https_proxy names proxy.example:3128");
  const ProxyChoice unreadable =
      Choose("concordat.example", {{"https_proxy", "http://trust:hunter2@proxy.example:x"}});
  EXPECT_THAT(unreadable.reason, Not(HasSubstr("hunter2")));
}

TEST(ChooseProxyTest, ANameThatGrpcDoesNotReadIsPointedOut) {
  const ProxyChoice choice =
      Choose("concordat.example", {{"HTTPS_PROXY", "http://proxy.example:3128"}});
  EXPECT_FALSE(choice.proxy.has_value());
  EXPECT_THAT(choice.reason, HasSubstr("HTTPS_PROXY is set, but gRPC reads https_proxy only"));
}

// gRPC itself, with two listeners to choose between.
class GrpcAgreesTest : public testing::Test {
 protected:
  GrpcAgreesTest() : proxy_([](int) {}), service_([](int) {}) { Clear(); }
  void TearDown() override { Clear(); }

  static void Clear() {
    for (const char* name :
         {"grpc_proxy", "https_proxy", "http_proxy", "no_grpc_proxy", "no_proxy", "HTTPS_PROXY"}) {
      unsetenv(name);
    }
  }

  // Whether gRPC connects to the proxy, with these variables in its environment.
  bool GrpcTakesTheProxy(const Variables& variables) {
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    const int before = proxy_.connections();
    const int straight = service_.connections();
    grpc::ChannelArguments own_connection;
    own_connection.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel = grpc::CreateCustomChannel(
        service_.address(), grpc::InsecureChannelCredentials(), own_connection);
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (proxy_.connections() == before && service_.connections() == straight &&
           absl::Now() < deadline) {
      channel->GetState(/*try_to_connect=*/true);
      absl::SleepFor(absl::Milliseconds(5));
    }
    Clear();
    EXPECT_NE(proxy_.connections() - before + service_.connections() - straight, 0);
    return proxy_.connections() > before;
  }

  e2e::LoopbackListener proxy_;
  e2e::LoopbackListener service_;
};

TEST_F(GrpcAgreesTest, TheSameVariablesLeadToTheSameChoice) {
  const std::string proxy = absl::StrCat("http://", proxy_.address());
  const std::vector<Variables> cases = {
      {},
      {{"grpc_proxy", proxy}},
      {{"https_proxy", proxy}},
      {{"http_proxy", proxy}},
      {{"HTTPS_PROXY", proxy}},
      {{"grpc_proxy", ""}, {"https_proxy", proxy}},
      {{"grpc_proxy", "ftp://127.0.0.1:1"}, {"https_proxy", proxy}},
      {{"https_proxy", absl::StrCat("https://", proxy_.address())}},
      {{"https_proxy", proxy_.address()}},
      {{"https_proxy", absl::StrCat("http://user:word@", proxy_.address(), "/path")}},
      {{"https_proxy", proxy}, {"no_proxy", "127.0.0.1"}},
      {{"https_proxy", proxy}, {"no_proxy", "0.0.1"}},
      {{"https_proxy", proxy}, {"no_proxy", "10.0.0.1"}},
      {{"https_proxy", proxy}, {"no_proxy", "127.0.0.0/8"}},
      {{"https_proxy", proxy}, {"no_proxy", "example, 127.0.0.1"}},
      {{"https_proxy", proxy}, {"no_proxy", "example,127.0.0.1"}},
      {{"https_proxy", proxy}, {"no_proxy", "*"}},
      {{"https_proxy", proxy}, {"no_proxy", ""}},
      {{"https_proxy", proxy}, {"no_proxy", "example,"}},
      {{"https_proxy", proxy}, {"no_grpc_proxy", "example"}, {"no_proxy", "127.0.0.1"}},
      {{"https_proxy", proxy}, {"no_grpc_proxy", "127.0.0.1"}},
  };
  for (const Variables& variables : cases) {
    std::string text;
    for (const auto& [name, value] : variables) absl::StrAppend(&text, name, "=", value, " ");
    const ProxyChoice choice = Choose("127.0.0.1", variables);
    EXPECT_EQ(choice.proxy.has_value(), GrpcTakesTheProxy(variables)) << text << choice.reason;
  }
}

}  // namespace
}  // namespace concordat::doctor
