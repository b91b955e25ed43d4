#include "base/ip_endpoint.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat {
namespace {

using ::testing::StartsWith;

// What is wrong with the text.
std::string Complaint(const std::string& text) {
  const absl::Status status = ParseIpEndpoint(text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(status.message());
}

TEST(IpEndpointTest, AnAddressOfEitherKindHasAPort) {
  const struct {
    std::string text;
    std::string ip;
    int port;
  } cases[] = {
      {"127.0.0.1:8443", "127.0.0.1", 8443},
      {"0.0.0.0:0", "0.0.0.0", 0},
      {"192.0.2.1:65535", "192.0.2.1", 65535},
      {"[::1]:8443", "::1", 8443},
      {"[::]:1", "::", 1},
      {"[2001:db8::192.0.2.1]:443", "2001:db8::192.0.2.1", 443},
  };
  for (const auto& expected : cases) {
    const auto endpoint = ParseIpEndpoint(expected.text);
    ASSERT_TRUE(endpoint.ok()) << expected.text << ": " << endpoint.status();
    EXPECT_EQ(endpoint->ip, expected.ip);
    EXPECT_EQ(endpoint->port, expected.port);
    EXPECT_EQ(ToString(*endpoint), expected.text);
  }
}

TEST(IpEndpointTest, AMissingPortIsNamed) {
  for (const char* text : {"127.0.0.1", "127.0.0.1:", "[::1]", "[::1]:"}) {
    EXPECT_THAT(Complaint(text), StartsWith("has no port:")) << text;
  }
}

TEST(IpEndpointTest, APortIsANumberFrom0To65535) {
  for (const char* text : {"127.0.0.1:65536", "127.0.0.1:99999999999999999999", "127.0.0.1:-1",
                           "127.0.0.1:+1", "127.0.0.1: 1", "127.0.0.1:https", "[::1]:70000"}) {
    EXPECT_THAT(Complaint(text), StartsWith("has a port that is not a number")) << text;
  }
}

TEST(IpEndpointTest, WhatIsNoAddressIsNamed) {
  for (const char* text : {"", ":8443", "localhost:8443", "localhost", "127.0.0.256:1", "127.1:1",
                           " 127.0.0.1:1", "*:8443"}) {
    EXPECT_THAT(Complaint(text), StartsWith("is not an IP address;")) << text;
  }
}

TEST(IpEndpointTest, AnIpv6AddressStandsInBrackets) {
  for (const char* text : {"::1", "::1:8443", "2001:db8::1:8443", "127.0.0.1:1:2"}) {
    EXPECT_THAT(Complaint(text), StartsWith("has more than one colon;")) << text;
  }
  for (const char* text : {"[]:1", "[127.0.0.1]:1", "[localhost]:1", "[::g]:1", "[", "[::1",
                           "[::1:8443", "[::1]8443", "[::1]x:8443", "[::1]]:8443"}) {
    EXPECT_THAT(Complaint(text), StartsWith("has brackets that do not enclose an IPv6")) << text;
  }
}

}  // namespace
}  // namespace concordat
