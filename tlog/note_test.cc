#include "tlog/note.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tlog/test_log.h"

namespace concordat::tlog {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::SizeIs;

constexpr auto kMalformed = absl::StatusCode::kInvalidArgument;
constexpr auto kUntrue = absl::StatusCode::kDataLoss;

// The example of the signed-note specification.
constexpr absl::string_view kExampleKey =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr absl::string_view kExampleNote =
    "This is an example message.\n"
    "\n"
    "\xE2\x80\x94 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    "\n";

// A note with signatures by two keys that Go's documentation of notes shows.
constexpr absl::string_view kGoNote =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    "\xE2\x80\x94 EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/"
    "5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";
constexpr absl::string_view kPeterKey =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr absl::string_view kEnochKey =
    "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";

VerifierKey Key(absl::string_view text) { return *VerifierKey::Parse(text); }

TEST(NoteTest, TheSpecificationsExampleVerifies) {
  const auto opened = OpenNote(kExampleNote, {Key(kExampleKey)});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->text, "This is an example message.\n");
  EXPECT_THAT(opened->signatures,
              ElementsAre(Field(&VerifiedSignature::key_name, "example.com/foo")));
}

TEST(NoteTest, TheSpecificationsExampleWithAnotherTextDoesNot) {
  const std::string forged = absl::StrReplaceAll(kExampleNote, {{"an example", "no example"}});
  EXPECT_EQ(OpenNote(forged, {Key(kExampleKey)}).status().code(), kUntrue);
}

TEST(NoteTest, GosExampleVerifiesWithEitherKeyAndBoth) {
  EXPECT_TRUE(OpenNote(kGoNote, {Key(kPeterKey)}).ok());
  EXPECT_TRUE(OpenNote(kGoNote, {Key(kEnochKey)}).ok());
  const auto both = OpenNote(kGoNote, {Key(kEnochKey), Key(kPeterKey)});
  ASSERT_TRUE(both.ok());
  EXPECT_THAT(both->signatures, ElementsAre(Field(&VerifiedSignature::key_name, "PeterNeumann"),
                                            Field(&VerifiedSignature::key_name, "EnochRoot")));
}

TEST(NoteTest, WhatIsReadIsWrittenByteForByte) {
  for (absl::string_view bytes : {kExampleNote, kGoNote}) {
    EXPECT_EQ(*FormatNote(*ParseNote(bytes)), bytes);
  }
}

TEST(NoteTest, ANoteOfUnknownKeysAloneIsNotBelieved) {
  EXPECT_EQ(OpenNote(kGoNote, {Key(kExampleKey)}).status().code(), kUntrue);
  EXPECT_EQ(OpenNote(kGoNote, {}).status().code(), kUntrue);
}

TEST(NoteTest, AKeyThatSharesOnlyTheNameIsUnknown) {
  const SignerKey other = TestKey("PeterNeumann", SignatureType::kEd25519);
  EXPECT_EQ(OpenNote(kGoNote, {other.verifier()}).status().code(), kUntrue);
  EXPECT_TRUE(OpenNote(kGoNote, {other.verifier(), Key(kPeterKey)}).ok());
}

TEST(NoteTest, OneBadSignatureOfAKnownKeySpoilsTheNote) {
  Note note = *ParseNote(kGoNote);
  note.signatures[1].bytes[0] ^= 1;
  const std::string bytes = *FormatNote(note);
  EXPECT_EQ(OpenNote(bytes, {Key(kPeterKey), Key(kEnochKey)}).status().code(), kUntrue);
  // Who does not know that key cannot tell.
  EXPECT_TRUE(OpenNote(bytes, {Key(kPeterKey)}).ok());
}

TEST(NoteTest, SixteenSignaturesAndMoreAreRead) {
  const std::string text = "text\n";
  Note note{text, {}};
  std::vector<VerifierKey> keys;
  for (int i = 0; i < static_cast<int>(kMaxNoteSignatures); ++i) {
    const SignerKey signer = TestKey(absl::StrCat("key", i), SignatureType::kEd25519);
    note.signatures.push_back(*signer.Sign(text));
    keys.push_back(signer.verifier());
  }
  const auto opened = OpenNote(*FormatNote(note), keys);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_THAT(opened->signatures, SizeIs(64));
  note.signatures.push_back(note.signatures.front());
  EXPECT_EQ(FormatNote(note).status().code(), kMalformed);
}

TEST(NoteTest, PostQuantumSignaturesOfSixteenUnknownKeysFit) {
  Note note = *ParseNote(kExampleNote);
  for (int i = 0; i < 16; ++i) note.signatures.push_back({"other", 7, std::string(5000, 's')});
  EXPECT_TRUE(OpenNote(*FormatNote(note), {Key(kExampleKey)}).ok());
}

TEST(NoteTest, AKeyCountsOnceAndTheLatestCosignatureCounts) {
  const SignerKey witness = TestKey("witness.example", SignatureType::kCosignatureV1);
  Note note{"text\n", {}};
  for (int seconds : {100, 300, 200}) {
    note.signatures.push_back(*witness.Cosign(note.text, absl::FromUnixSeconds(seconds)));
  }
  const auto opened = OpenNote(*FormatNote(note), {witness.verifier()});
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_THAT(opened->signatures, SizeIs(1));
  EXPECT_EQ(opened->signatures[0].time, absl::FromUnixSeconds(300));
}

TEST(NoteTest, TheTextMayHaveEmptyLines) {
  const SignerKey signer = TestKey("key", SignatureType::kEd25519);
  for (absl::string_view text : {"a\n\nb\n", "a\n\n", "\n", "\n\na\n"}) {
    const auto bytes = FormatNote({std::string(text), {*signer.Sign(text)}});
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    EXPECT_EQ(OpenNote(*bytes, {signer.verifier()})->text, text);
  }
}

TEST(NoteTest, MalformedNotesAreRefused) {
  const std::string dash = "\xE2\x80\x94";
  const std::string line = dash + " key AAAAAWFi\n";
  ASSERT_TRUE(ParseNote("text\n\n" + line).ok());
  for (const std::string& bytes :
       std::vector<std::string>{"",
                                std::string("text\n"),
                                std::string("text\n\n"),
                                "text\n" + line,
                                "\n" + line,
                                "text\n\n" + line + "\n",
                                "text\n\n" + dash + " key AAAAAWFi",
                                "text\n\n- key AAAAAWFi\n",
                                "text\n\n" + dash + "key AAAAAWFi\n",
                                "text\n\n" + dash + "  AAAAAWFi\n",
                                "text\n\n" + dash + " key\n",
                                "text\n\n" + dash + " key AAAAAQ==\n",
                                "text\n\n" + dash + " key AAAAAWFi \n",
                                "text\n\n" + dash + " key AAAAAWF\n",
                                "text\n\n" + dash + " k+y AAAAAWFi\n",
                                "text\n\n" + dash + " k\xC2\xA0y AAAAAWFi\n",
                                "te\rxt\n\n" + line,
                                "te\xFFxt\n\n" + line,
                                "text\r\n\r\n" + line,
                                std::string("te\0xt\n\n", 7) + line,
                                "text\n\n" + line + "more\n"}) {
    EXPECT_EQ(ParseNote(bytes).status().code(), kMalformed) << bytes;
  }
  EXPECT_EQ(ParseNote(std::string(kMaxNoteBytes, 'x') + "\n\n" + line).status().code(), kMalformed);
}

TEST(NoteTest, WhatCannotBeReadIsNotWritten) {
  const NoteSignature good{"key", 1, "signature"};
  EXPECT_TRUE(FormatNote({"text\n", {good}}).ok());
  EXPECT_EQ(FormatNote({"text", {good}}).status().code(), kMalformed);
  EXPECT_EQ(FormatNote({"", {good}}).status().code(), kMalformed);
  EXPECT_EQ(FormatNote({"text\n", {}}).status().code(), kMalformed);
  EXPECT_EQ(FormatNote({"text\n", {{"key", 1, ""}}}).status().code(), kMalformed);
  EXPECT_EQ(FormatNote({"text\n", {{"key AAAAAWFi\n\xE2\x80\x94 other", 1, "signature"}}})
                .status()
                .code(),
            kMalformed);
}

}  // namespace
}  // namespace concordat::tlog
