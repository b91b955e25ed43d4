#include "server/door/metadata.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::door {
namespace {

using ::testing::HasSubstr;

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Points into `pairs`.
std::multimap<grpc::string_ref, grpc::string_ref> Multimap(const Pairs& pairs) {
  std::multimap<grpc::string_ref, grpc::string_ref> metadata;
  for (const auto& [key, value] : pairs) {
    metadata.emplace(grpc::string_ref(key.data(), key.size()),
                     grpc::string_ref(value.data(), value.size()));
  }
  return metadata;
}

absl::StatusOr<CallMetadata> Read(const Pairs& pairs) { return ReadMetadata(Multimap(pairs)); }

// The key that a refusal names; empty when there is none.
std::string RefusedKey(const Pairs& pairs) {
  const absl::Status status = Read(pairs).status();
  if (status.ok()) return "";
  EXPECT_EQ(ReasonOf(status), v1::METADATA_INVALID) << status;
  const auto info = PayloadOf<google::rpc::ErrorInfo>(status);
  return info.has_value() ? info->metadata().at("key") : "";
}

constexpr char kTraceId[] = "0af7651916cd43dd8448eb211c80319c";

std::string TraceParent(const std::string& trace_id) {
  return "00-" + trace_id + "-b7ad6b7169203331-01";
}

TEST(ReadMetadataTest, EveryKeyOfTheTableIsRead) {
  const auto read = Read({{"concordat-purpose", "oversight"},
                          {"concordat-agreement", "agreements/a"},
                          {"concordat-on-behalf-of", "user 17"},
                          {"concordat-request-id", "4f1c/~"},
                          {"traceparent", TraceParent(kTraceId)}});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->purpose, "oversight");
  EXPECT_EQ(read->agreement, "agreements/a");
  EXPECT_EQ(read->on_behalf_of, "user 17");
  EXPECT_EQ(read->request_id, "4f1c/~");
  EXPECT_EQ(read->trace_id, kTraceId);
}

TEST(ReadMetadataTest, WhatIsNotSaidIsEmpty) {
  const auto read = Read({});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->purpose, "");
  EXPECT_EQ(read->agreement, "");
  EXPECT_EQ(read->on_behalf_of, "");
  EXPECT_EQ(read->request_id, "");
  EXPECT_EQ(read->trace_id, "");
}

TEST(ReadMetadataTest, OtherPeoplesKeysAreLeftAlone) {
  EXPECT_TRUE(Read({{"user-agent", "x"}, {"purpose", "P"}, {"x-concordat-purpose", "P"}}).ok());
}

TEST(ReadMetadataTest, AnUnknownKeyOfOursIsRefused) {
  EXPECT_EQ(RefusedKey({{"concordat-purposes", "oversight"}}), "concordat-purposes");
  EXPECT_EQ(RefusedKey({{"concordat-", "x"}}), "concordat-");
  EXPECT_EQ(RefusedKey({{"concordat-receipt-bin", "x"}}), "concordat-receipt-bin");
}

TEST(ReadMetadataTest, AnUnknownKeyIsCutShortInTheRefusal) {
  const std::string key = "concordat-" + std::string(5000, 'x');
  EXPECT_EQ(RefusedKey({{key, "x"}}), key.substr(0, 64));
}

TEST(ReadMetadataTest, AKeyGivenTwiceIsRefused) {
  for (const std::string key : {"concordat-purpose", "concordat-request-id"}) {
    EXPECT_EQ(RefusedKey({{key, "a"}, {key, "a"}}), key);
  }
  EXPECT_EQ(RefusedKey({{"concordat-purpose", "a"}, {"concordat-purpose", ""}}),
            "concordat-purpose");
}

TEST(ReadMetadataTest, APurposeIsAnIdentifier) {
  for (const char* purpose : {"", "Oversight", "a b", "a/b", "-"}) {
    EXPECT_EQ(RefusedKey({{"concordat-purpose", purpose}}), "concordat-purpose") << purpose;
  }
}

TEST(ReadMetadataTest, AnAgreementIsANameOfOne) {
  for (const char* name : {"", "a", "agreements/", "agreements/-", "agreements/A", "plans/a",
                           "agreements/a/b", "agreements/a "}) {
    EXPECT_EQ(RefusedKey({{"concordat-agreement", name}}), "concordat-agreement") << name;
  }
}

TEST(ReadMetadataTest, OpaqueValuesArePrintableAndShort) {
  for (const std::string key : {"concordat-on-behalf-of", "concordat-request-id"}) {
    EXPECT_EQ(RefusedKey({{key, std::string(128, 'x')}}), "");
    for (const std::string& value :
         {std::string(), std::string(129, 'x'), std::string("a\nb"), std::string("a\0b", 3),
          std::string("caf\xc3\xa9"), std::string("\x7f")}) {
      EXPECT_EQ(RefusedKey({{key, value}}), key) << value;
    }
  }
}

TEST(ReadMetadataTest, ARefusalDoesNotEchoTheValue) {
  const absl::Status status = Read({{"concordat-purpose", "Some Secret"}}).status();
  EXPECT_THAT(std::string(status.message()), ::testing::Not(HasSubstr("Secret")));
}

TEST(ReadMetadataTest, ATraceParentThatIsNoneIsLeftOut) {
  std::string upper = kTraceId;
  upper[1] = 'A';
  for (const std::string& value :
       {std::string(), std::string("00-"), std::string(kTraceId), TraceParent(upper),
        TraceParent(std::string(32, 'g')), TraceParent(std::string(31, 'a')),
        TraceParent(std::string(33, 'a')), TraceParent(kTraceId).substr(0, 54),
        TraceParent(kTraceId) + "-more"}) {
    const auto read = Read({{"traceparent", value}});
    ASSERT_TRUE(read.ok()) << value;
    EXPECT_EQ(read->trace_id, "") << value;
  }
}

TEST(ReadMetadataTest, ATraceParentOfZerosIsLeftOut) {
  const auto read = Read({{"traceparent", TraceParent(std::string(32, '0'))}});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->trace_id, "");
}

TEST(ReadMetadataTest, ATraceParentWithJunkAroundItsTraceIsLeftOut) {
  const std::string good = TraceParent(kTraceId);
  // Into the version, a dash of each kind, the parent and the flags.
  for (const size_t at : {0u, 1u, 2u, 35u, 36u, 51u, 52u, 53u, 54u}) {
    for (const char junk : {'!', 'z', 'A'}) {
      std::string value = good;
      value[at] = junk;
      const auto read = Read({{"traceparent", value}});
      ASSERT_TRUE(read.ok()) << value;
      EXPECT_EQ(read->trace_id, "") << value;
    }
  }
}

TEST(ReadBearerTokenTest, OneHeaderIsRead) {
  const Pairs others = {{"concordat-purpose", "oversight"}};
  const auto none = ReadBearerToken(Multimap(others));
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(*none, std::nullopt);
  const Pairs one = {{"authorization", "Bearer abc"}};
  EXPECT_EQ(**ReadBearerToken(Multimap(one)), "abc");
}

TEST(ReadBearerTokenTest, SeveralHeadersAreRefusedWhateverTheyHold) {
  for (const char* second : {"Bearer abc", "", "Basic YTpi"}) {
    const Pairs two = {{"authorization", "Bearer abc"}, {"authorization", second}};
    EXPECT_EQ(ReasonOf(ReadBearerToken(Multimap(two)).status()), v1::TOKEN_INVALID);
  }
}

}  // namespace
}  // namespace concordat::door
