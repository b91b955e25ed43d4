#include "tlog/proof.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tlog/merkle.h"
#include "tlog/test_log.h"
#include "tlog/tree_proof.h"

namespace concordat::tlog {
namespace {

using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr auto kMalformed = absl::StatusCode::kInvalidArgument;
constexpr auto kUntrue = absl::StatusCode::kDataLoss;

Proof ProofOf(const TestLog& log, uint64_t index) {
  Proof proof;
  proof.index = index;
  proof.hashes = *InclusionProof(index, log.size(), [&](NodeId node) { return log.Node(node); });
  proof.checkpoint = log.Checkpoint();
  return proof;
}

absl::StatusCode Verdict(const Proof& proof, absl::string_view leaf_hash, const TestLog& log) {
  return VerifyProof(proof, leaf_hash, {log.key()}, ExtensionLines::kRefuse).status().code();
}

TEST(ProofTest, ProvesEveryRecordOfLogsOfEverySize) {
  TestLog log;
  for (uint64_t size = 1; size <= 20; ++size) {
    log.GrowTo(size);
    for (uint64_t index = 0; index < size; ++index) {
      const auto read = ParseProof(*FormatProof(ProofOf(log, index)));
      ASSERT_TRUE(read.ok()) << read.status();
      const auto verified =
          VerifyProof(*read, LeafHash(log.record(index)), {log.key()}, ExtensionLines::kRefuse);
      ASSERT_TRUE(verified.ok()) << verified.status();
      EXPECT_EQ(verified->checkpoint.size, size);
    }
  }
}

TEST(ProofTest, ProvesNothingElse) {
  TestLog log;
  log.GrowTo(20);
  const Proof good = ProofOf(log, 11);
  const std::string leaf = LeafHash(log.record(11));
  ASSERT_EQ(Verdict(good, leaf, log), absl::StatusCode::kOk);
  EXPECT_EQ(Verdict(good, LeafHash("other"), log), kUntrue);
  EXPECT_EQ(Verdict(good, "short", log), kMalformed);
  Proof bad = good;
  bad.index = 10;
  EXPECT_EQ(Verdict(bad, leaf, log), kUntrue);
  bad = good;
  bad.hashes.pop_back();
  EXPECT_EQ(Verdict(bad, leaf, log), kMalformed);
  bad = good;
  bad.hashes[0][0] ^= 1;
  EXPECT_EQ(Verdict(bad, leaf, log), kUntrue);
  bad = good;
  bad.checkpoint = log.CheckpointOf(20, LeafHash("other"));
  EXPECT_EQ(Verdict(bad, leaf, log), kUntrue);
  EXPECT_EQ(Verdict(good, leaf, TestLog("other.example")), kUntrue);
}

TEST(ProofTest, HasTheSpecifiedLines) {
  TestLog log;
  log.GrowTo(1);
  Proof proof = ProofOf(log, 0);
  EXPECT_EQ(*FormatProof(proof),
            absl::StrCat("c2sp.org/tlog-proof@v1\nindex 0\n\n", log.Checkpoint()));
  proof.extra = "more";
  EXPECT_THAT(*FormatProof(proof), StartsWith("c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 0\n"));
  EXPECT_EQ(ParseProof(*FormatProof(proof))->extra, "more");
}

TEST(ProofTest, TheSpecificationsExampleIsRead) {
  // Its signatures are shortened in the specification, so the checkpoint here
  // ends before them.
  const auto proof = ParseProof(
      "c2sp.org/tlog-proof@v1\n"
      "index 73894\n"
      "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"
      "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"
      "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\n"
      "RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\n"
      "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n"
      "\n"
      "example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n");
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_EQ(proof->index, 73894);
  EXPECT_THAT(proof->hashes, SizeIs(5));
  EXPECT_THAT(proof->checkpoint, StartsWith("example.com/fancylog\n109482\n"));
}

TEST(ProofTest, MalformedProofsAreRefused) {
  const std::string head = "c2sp.org/tlog-proof@v1\n";
  const std::string hash = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n";
  ASSERT_TRUE(ParseProof(head + "index 1\n" + hash + "\nlog\n").ok());
  std::string many;
  for (int i = 0; i < 64; ++i) many += hash;
  for (const std::string& bytes : std::vector<std::string>{
           "", head, head + "index 1\n", head + "index 1\n" + hash,
           head + "index 1\n" + hash + "\n", "c2sp.org/tlog-proof@v2\nindex 1\n\nlog\n",
           head + "index 01\n\nlog\n", head + "index -1\n\nlog\n", head + "index\n\nlog\n",
           head + "Index 1\n\nlog\n", head + "index 9223372036854775808\n\nlog\n",
           head + "extra \nindex 1\n\nlog\n", head + "extra bW9yZQ\nindex 1\n\nlog\n",
           head + "extra bW9yZQ==\n", head + "extra bW9yZQ==\nextra bW9yZQ==\nindex 1\n\nlog\n",
           head + "index 1\nAQ==\n\nlog\n", head + "index 1\n " + hash + "\nlog\n",
           head + "index 1\n" + many + "\nlog\n"}) {
    EXPECT_EQ(ParseProof(bytes).status().code(), kMalformed) << bytes;
  }
}

TEST(ProofTest, WhatCannotBeReadIsNotWritten) {
  Proof proof;
  EXPECT_EQ(FormatProof(proof).status().code(), kMalformed);
  proof.checkpoint = "log\n";
  EXPECT_TRUE(FormatProof(proof).ok());
  proof.hashes = {"short"};
  EXPECT_EQ(FormatProof(proof).status().code(), kMalformed);
  proof.hashes.clear();
  proof.index = kMaxTreeSize + 1;
  EXPECT_EQ(FormatProof(proof).status().code(), kMalformed);
}

}  // namespace
}  // namespace concordat::tlog
