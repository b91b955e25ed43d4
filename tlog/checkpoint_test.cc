#include "tlog/checkpoint.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tlog/merkle.h"
#include "tlog/test_log.h"

namespace concordat::tlog {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr auto kMalformed = absl::StatusCode::kInvalidArgument;
constexpr auto kUntrue = absl::StatusCode::kDataLoss;
constexpr absl::string_view kOrigin = "log.example/audit";

// The text of the tlog-checkpoint specification's example.
constexpr absl::string_view kExample =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

TEST(CheckpointTest, TheSpecificationsExampleIsReadAndWritten) {
  const auto checkpoint = ParseCheckpoint(kExample, ExtensionLines::kRefuse);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint->size, 20852163);
  EXPECT_THAT(checkpoint->root, SizeIs(kHashBytes));
  EXPECT_EQ(*FormatCheckpoint(*checkpoint), kExample);
}

TEST(CheckpointTest, ExtensionLinesAreKeptUnlessAStrictReaderAsks) {
  const std::string text = absl::StrCat(kExample, "one\ntwo words\n");
  const auto checkpoint = ParseCheckpoint(text, ExtensionLines::kAllow);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(checkpoint->extensions, ElementsAre("one", "two words"));
  EXPECT_EQ(*FormatCheckpoint(*checkpoint), text);
  EXPECT_EQ(ParseCheckpoint(text, ExtensionLines::kRefuse).status().code(), kMalformed);
}

TEST(CheckpointTest, MalformedTextsAreRefused) {
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  for (const std::string& text :
       {std::string(), std::string("log\n"), std::string("log\n1\n"), "log\n1\n" + root,
        "\n1\n" + root + "\n", "log\n\n" + root + "\n", "log\n01\n" + root + "\n",
        "log\n-1\n" + root + "\n", "log\n1 \n" + root + "\n", "log\n0x1\n" + root + "\n",
        "log\n9223372036854775808\n" + root + "\n", std::string("log\n1\n\n"),
        std::string("log\n1\nAQ==\n"), "log\n1\n" + root.substr(0, 43) + "\n",
        "log\n1\n" + root + "=\n", "log\n1\n" + root + "\n\n", "log\n1\n" + root + "\n\nmore\n",
        "log\n1\n" + root + "\nmore", "lo\tg\n1\n" + root + "\n", "lo\xFFg\n1\n" + root + "\n",
        // The empty tree has one root.
        "log\n0\n" + root + "\n"}) {
    EXPECT_EQ(ParseCheckpoint(text, ExtensionLines::kAllow).status().code(), kMalformed) << text;
  }
}

TEST(CheckpointTest, WhatCannotBeReadIsNotWritten) {
  const std::string root = LeafHash("x");
  EXPECT_TRUE(FormatCheckpoint({"log", 1, root, {}}).ok());
  EXPECT_EQ(FormatCheckpoint({"", 1, root, {}}).status().code(), kMalformed);
  EXPECT_EQ(FormatCheckpoint({"log\n2", 1, root, {}}).status().code(), kMalformed);
  EXPECT_EQ(FormatCheckpoint({"log", kMaxTreeSize + 1, root, {}}).status().code(), kMalformed);
  EXPECT_EQ(FormatCheckpoint({"log", 1, "short", {}}).status().code(), kMalformed);
  EXPECT_EQ(FormatCheckpoint({"log", 1, root, {""}}).status().code(), kMalformed);
  EXPECT_EQ(FormatCheckpoint({"log", 1, root, {"a\nb"}}).status().code(), kMalformed);
}

TEST(CheckpointTest, OpensWithTheLogsKey) {
  TestLog log(kOrigin);
  const auto empty = OpenCheckpoint(log.Checkpoint(), {log.key()}, ExtensionLines::kRefuse);
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(empty->checkpoint.size, 0);
  log.GrowTo(7);
  const auto opened = OpenCheckpoint(log.Checkpoint(), {log.key()}, ExtensionLines::kRefuse);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->checkpoint.size, 7);
  EXPECT_EQ(opened->checkpoint.root, log.Root());
}

// What the keys sign, in the order given.
std::string Signed(const std::string& text, std::vector<NoteSignature> signatures) {
  return *FormatNote({text, std::move(signatures)});
}

TEST(CheckpointTest, OpensWithEitherKeyWhileTheLogChangesIts) {
  const SignerKey old_key = TestKey(kOrigin, SignatureType::kEd25519, 'o');
  const SignerKey new_key = TestKey(kOrigin, SignatureType::kEd25519, 'n');
  const std::string text = *FormatCheckpoint({std::string(kOrigin), 1, LeafHash("x"), {}});
  const std::string note = Signed(text, {*old_key.Sign(text), *new_key.Sign(text)});
  for (const auto& keys : {std::vector{old_key.verifier()}, std::vector{new_key.verifier()},
                           std::vector{old_key.verifier(), new_key.verifier()}}) {
    const auto opened = OpenCheckpoint(note, keys, ExtensionLines::kRefuse);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_THAT(opened->signatures, SizeIs(keys.size()));
  }
}

TEST(CheckpointTest, AWitnessAloneDoesNotMakeACheckpoint) {
  const SignerKey log = TestKey(kOrigin, SignatureType::kEd25519);
  const SignerKey witness = TestKey(kOrigin, SignatureType::kCosignatureV1);
  const std::string text = *FormatCheckpoint({std::string(kOrigin), 1, LeafHash("x"), {}});
  const auto cosignature = *witness.Cosign(text, absl::FromUnixSeconds(1000));
  const std::vector keys{log.verifier(), witness.verifier()};
  EXPECT_EQ(
      OpenCheckpoint(Signed(text, {cosignature}), keys, ExtensionLines::kRefuse).status().code(),
      kUntrue);
  const auto both =
      OpenCheckpoint(Signed(text, {*log.Sign(text), cosignature}), keys, ExtensionLines::kRefuse);
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(both->signatures[1].time, absl::FromUnixSeconds(1000));
}

TEST(CheckpointTest, ALogDoesNotSignForAnotherOrigin) {
  const SignerKey other = TestKey("other.example", SignatureType::kEd25519);
  const std::string text = *FormatCheckpoint({std::string(kOrigin), 1, LeafHash("x"), {}});
  EXPECT_EQ(
      OpenCheckpoint(Signed(text, {*other.Sign(text)}), {other.verifier()}, ExtensionLines::kRefuse)
          .status()
          .code(),
      kUntrue);
}

TEST(CheckpointTest, ASignedNoteThatIsNoCheckpointIsRefused) {
  const SignerKey log = TestKey(kOrigin, SignatureType::kEd25519);
  EXPECT_EQ(OpenCheckpoint(Signed("text\n", {*log.Sign("text\n")}), {log.verifier()},
                           ExtensionLines::kAllow)
                .status()
                .code(),
            kMalformed);
}

}  // namespace
}  // namespace concordat::tlog
