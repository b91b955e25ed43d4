#include "tlog/witness_request.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::tlog {
namespace {

using ::testing::SizeIs;

// The example of the specification.
constexpr char kExample[] =
    "old 20852014\n"
    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
    "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
    "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
    "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
    "\n"
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "\xE2\x80\x94 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
    "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

TEST(WitnessRequestTest, TheExampleOfTheSpecificationIsReadAndWrittenAgain) {
  const auto request = ParseWitnessRequest(kExample);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->old_size, 20852014U);
  EXPECT_THAT(request->proof, SizeIs(4));
  EXPECT_THAT(request->checkpoint, testing::StartsWith("example.com/behind-the-sofa\n20852163\n"));
  EXPECT_EQ(*FormatWitnessRequest(*request), kExample);
}

TEST(WitnessRequestTest, WhatIsMalformedIsRefused) {
  const std::string hash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
  for (const std::string& body :
       {std::string(), std::string("\n"), std::string("old 0"), std::string("old 0\n"),
        std::string("old 0\n\n"), absl::StrCat("old 3\n", hash),
        absl::StrCat("old 3\n", hash, "\n"), std::string("old 00\n\nnote"),
        std::string("old -1\n\nnote"), std::string("old +1\n\nnote"), std::string("old  1\n\nnote"),
        std::string("old 1 \n\nnote"), std::string("Old 1\n\nnote"), std::string("old 1\r\n\nnote"),
        std::string("old 9223372036854775808\n\nnote"), std::string("old 1\nAAAA\n\nnote"),
        std::string("old 1\n!\n\nnote"), std::string("old 1\n\0\n\nnote", 13)}) {
    EXPECT_EQ(ParseWitnessRequest(body).status().code(), absl::StatusCode::kInvalidArgument)
        << body;
  }
}

TEST(WitnessRequestTest, SixtyThreeHashesAreTakenAndOneMoreIsNot) {
  WitnessRequest request{7, std::vector<std::string>(63, std::string(32, 'h')), "note"};
  EXPECT_TRUE(FormatWitnessRequest(request).ok());
  request.proof.emplace_back(32, 'h');
  EXPECT_FALSE(FormatWitnessRequest(request).ok());
}

TEST(WitnessRequestTest, TheLargestIsTakenAndOneByteMoreIsNot) {
  const std::string head = "old 0\n\n";
  const std::string largest = head + std::string(kMaxWitnessRequestBytes - head.size(), 'x');
  EXPECT_TRUE(ParseWitnessRequest(largest).ok());
  EXPECT_FALSE(ParseWitnessRequest(largest + "x").ok());
}

}  // namespace
}  // namespace concordat::tlog
