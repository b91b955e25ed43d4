#include "witness/config.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"
#include "tlog/test_log.h"

namespace concordat::witness {
namespace {

using ::testing::HasSubstr;
using tlog::SignatureType;
using tlog::TestKey;

constexpr char kOrigin[] = "log.example/audit";

class WitnessConfigTest : public testing::Test {
 protected:
  static std::string KeyOf(const std::string& name, SignatureType type, char filling = 'k') {
    return TestKey(name, type, filling).verifier().ToString();
  }
  static std::string Good() {
    return absl::StrCat(
        "listen_address: 127.0.0.1:0\n"
        "certificate_file: tls.crt\n"
        "private_key_file: /etc/tls.key\n"
        "name: witness.example/w1\n"
        "key_file: witness.key\n"
        "state_directory: state\n"
        "logs:\n"
        "  - origin: log.example/audit\n"
        "    verifier_keys:\n"
        "      - ",
        KeyOf(kOrigin, SignatureType::kEd25519), "\n");
  }
  absl::StatusOr<v1::WitnessConfig> Read(const std::string& text) const {
    WriteWhole(folder_.Path("witness.yaml"), text);
    return ReadConfig(folder_.Path("witness.yaml"));
  }
  std::string FaultOf(const std::string& text) const {
    return std::string(Read(text).status().message());
  }

  const TemporaryFolder folder_;
};

TEST_F(WitnessConfigTest, PathsAreSoughtBesideTheFile) {
  const auto config = Read(Good());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->certificate_file(), folder_.Path("tls.crt"));
  EXPECT_EQ(config->private_key_file(), "/etc/tls.key");
  EXPECT_EQ(config->state_directory(), folder_.Path("state"));
}

TEST_F(WitnessConfigTest, WhatIsMissingIsNamedAllAtOnce) {
  const std::string fault = FaultOf("\n");
  for (const char* field : {"listen_address", "certificate_file", "private_key_file", "name",
                            "key_file", "state_directory", "logs"}) {
    EXPECT_THAT(fault, HasSubstr(absl::StrCat(field, " is required")));
  }
}

TEST_F(WitnessConfigTest, ALogsKeysHaveToBeItsOwn) {
  const std::string own = KeyOf(kOrigin, SignatureType::kEd25519);
  const auto with = [&](const std::string& key) {
    return FaultOf(absl::StrReplaceAll(Good(), {{own, key}}));
  };
  EXPECT_THAT(with("nonsense"), HasSubstr(":10: logs[0].verifier_keys[0] is no verifier key"));
  EXPECT_THAT(with(KeyOf(kOrigin, SignatureType::kCosignatureV1)), HasSubstr("no key of a log"));
  EXPECT_THAT(with(KeyOf("other.example", SignatureType::kEd25519)),
              HasSubstr("is not named as the origin"));
}

TEST_F(WitnessConfigTest, ALogHasOneKeyOrTwoAndStandsOnce) {
  const std::string second =
      absl::StrCat("      - ", KeyOf(kOrigin, SignatureType::kEd25519, 's'), "\n");
  EXPECT_TRUE(Read(Good() + second).ok());
  EXPECT_THAT(FaultOf(Good() + second + second), HasSubstr("logs[0].verifier_keys must be one"));
  EXPECT_THAT(FaultOf(Good() + "  - origin: log.example/audit\n"),
              HasSubstr("logs[1].origin stands twice"));
}

TEST_F(WitnessConfigTest, AnUnknownKeyAndABadAddressAreFaults) {
  EXPECT_THAT(FaultOf(Good() + "interval: 5\n"), HasSubstr(":11: interval"));
  EXPECT_THAT(FaultOf(absl::StrReplaceAll(Good(), {{"127.0.0.1:0", "localhost:1"}})),
              HasSubstr(":1: listen_address"));
}

}  // namespace
}  // namespace concordat::witness
