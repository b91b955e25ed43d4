#include "client/doctor/network.h"

#include "gtest/gtest.h"

namespace concordat::doctor {
namespace {

TEST(ParseTargetTest, AHostAndAPortAreReadInEveryFormThatGrpcHasForThem) {
  EXPECT_EQ(ToString(*ParseTarget("concordat.example:8443")), "concordat.example:8443");
  EXPECT_EQ(ToString(*ParseTarget("dns:///concordat.example:8443")), "concordat.example:8443");
  EXPECT_EQ(ToString(*ParseTarget("192.0.2.1:8443")), "192.0.2.1:8443");
  EXPECT_EQ(ToString(*ParseTarget("[2001:db8::1]:8443")), "[2001:db8::1]:8443");
  EXPECT_EQ(ParseTarget("[2001:db8::1]:8443")->host, "2001:db8::1");
}

TEST(ParseTargetTest, WithoutAPortItIs443) {
  EXPECT_EQ(ToString(*ParseTarget("concordat.example")), "concordat.example:443");
  EXPECT_EQ(ToString(*ParseTarget("[2001:db8::1]")), "[2001:db8::1]:443");
}

TEST(ParseTargetTest, OtherTargetsAreRefused) {
  for (const char* target : {"", ":8443", "host:", "host:0", "host:65536", "host:https", "unix:/x",
                             "[2001:db8::1", "[2001:db8::1]8443", "a:1:2", "https://host:8443"}) {
    EXPECT_EQ(ParseTarget(target).status().code(), absl::StatusCode::kInvalidArgument) << target;
  }
}

TEST(IsAddressTest, AddressesAreToldFromNames) {
  EXPECT_TRUE(IsAddress("127.0.0.1"));
  EXPECT_TRUE(IsAddress("2001:db8::1"));
  EXPECT_FALSE(IsAddress("localhost"));
  EXPECT_FALSE(IsAddress("127.0.0.1.example"));
}

}  // namespace
}  // namespace concordat::doctor
