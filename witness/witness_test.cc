#include "witness/witness.h"

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/must.h"
#include "tests/support/temporary_folder.h"
#include "tlog/checkpoint.h"
#include "tlog/note.h"
#include "tlog/test_log.h"
#include "tlog/tree_proof.h"
#include "tlog/witness_request.h"

namespace concordat::witness {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using tlog::SignatureType;
using tlog::TestKey;
using tlog::TestLog;

constexpr char kOrigin[] = "log.example/audit";
constexpr char kName[] = "witness.example/w1";

class WitnessTest : public testing::Test {
 protected:
  WitnessTest() {
    log_.GrowTo(5);
    Start();
  }

  // Starts the witness on what its folder holds, after ending the one before.
  absl::Status TryStart(std::vector<tlog::VerifierKey> keys) {
    witness_.reset();
    absl::StatusOr<StateFolder> state = StateFolder::Open(folder_.path().string());
    if (!state.ok()) return state.status();
    auto witness = Witness::Create(TestKey(kName, SignatureType::kCosignatureV1, 'w'),
                                   {{kOrigin, std::move(keys)}}, *std::move(state), clock_);
    if (!witness.ok()) return witness.status();
    witness_ = *std::move(witness);
    return absl::OkStatus();
  }
  void Start() { Must(TryStart({log_.key()})); }

  // The body that asks for the tree as it is, from `old_size` on.
  static std::string Body(const TestLog& log, uint64_t old_size) {
    std::vector<std::string> proof;
    if (old_size <= log.size()) {
      proof = Must(tlog::ConsistencyProof(old_size, log.size(),
                                          [&log](tlog::NodeId node) { return log.Node(node); }));
    }
    return Must(tlog::FormatWitnessRequest({old_size, proof, log.Checkpoint()}));
  }
  Answer Add(uint64_t old_size) { return witness_->AddCheckpoint(Body(log_, old_size)); }
  static std::string BodyOf(uint64_t old_size, const std::string& note) {
    return Must(tlog::FormatWitnessRequest({old_size, {}, note}));
  }
  static std::string SignedText(const std::string& text,
                                const tlog::SignerKey& key = TestKey(kOrigin,
                                                                     SignatureType::kEd25519)) {
    return Must(tlog::FormatNote({text, {Must(key.Sign(text))}}));
  }

  // The answer is a cosignature of what `log` has; the time in it.
  static absl::Time CosignedAt(const Answer& answer, const TestLog& log) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    const auto opened = tlog::OpenCheckpoint(
        absl::StrCat(log.Checkpoint(), answer.body),
        {log.key(), TestKey(kName, SignatureType::kCosignatureV1, 'w').verifier()},
        tlog::ExtensionLines::kRefuse);
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok() || opened->signatures.size() != 2) return absl::InfinitePast();
    return opened->signatures[1].time.value_or(absl::InfinitePast());
  }

  std::string StateFile() const {
    return folder_.Path(absl::StrCat(absl::BytesToHexString(Sha256Of(kOrigin)), ".checkpoint"));
  }

  const TemporaryFolder folder_;
  FakeClock clock_{absl::FromUnixSeconds(1700000000)};
  TestLog log_{kOrigin};
  std::unique_ptr<Witness> witness_;
};

TEST_F(WitnessTest, ALogIsCosignedFromItsFirstCheckpointOnAsItGrows) {
  EXPECT_EQ(CosignedAt(Add(0), log_), clock_.Now());
  clock_.Advance(absl::Seconds(5));
  log_.GrowTo(6);
  EXPECT_EQ(CosignedAt(Add(5), log_), clock_.Now());
  log_.GrowTo(300);
  EXPECT_EQ(CosignedAt(Add(6), log_), clock_.Now());
}

TEST_F(WitnessTest, TheEmptyLogIsCosignedAndGrows) {
  TestLog empty(kOrigin);
  EXPECT_EQ(CosignedAt(witness_->AddCheckpoint(Body(empty, 0)), empty), clock_.Now());
  EXPECT_EQ(CosignedAt(Add(0), log_), clock_.Now());
}

TEST_F(WitnessTest, TheSameSizeIsCosignedAgainWithANewTime) {
  CosignedAt(Add(0), log_);
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(CosignedAt(Add(5), log_), clock_.Now());
}

TEST_F(WitnessTest, AnotherOldSizeIsAnsweredWithTheSizeThatIsKnown) {
  const auto is_conflict = [](const Answer& answer, const std::string& known) {
    return answer.status == 409 && answer.content_type == "text/x.tlog.size" &&
           answer.body == known;
  };
  EXPECT_TRUE(is_conflict(Add(3), "0\n"));
  CosignedAt(Add(0), log_);
  EXPECT_TRUE(is_conflict(Add(3), "5\n"));
  EXPECT_TRUE(is_conflict(Add(0), "5\n"));
}

TEST_F(WitnessTest, AForkIsRefusedForEverAndAcrossRestarts) {
  CosignedAt(Add(0), log_);
  TestLog fork(kOrigin);
  fork.Append("another first record");
  fork.GrowTo(5);
  for (int restart = 0; restart < 2; ++restart) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(witness_->AddCheckpoint(Body(fork, 5)).status, 422);
    // Both signed statements, which together convict the log.
    const std::string logged = testing::internal::GetCapturedStderr();
    EXPECT_THAT(logged, HasSubstr("log_forked"));
    EXPECT_THAT(logged, HasSubstr(absl::Base64Escape(log_.Root())));
    EXPECT_THAT(logged, HasSubstr(absl::Base64Escape(fork.Root())));
    TestLog longer(kOrigin);
    longer.Append("another first record");
    longer.GrowTo(9);
    EXPECT_EQ(witness_->AddCheckpoint(Body(longer, 5)).status, 422);
    EXPECT_EQ(witness_->AddCheckpoint(Body(longer, 0)).status, 409);
    Start();
  }
  // The true history goes on.
  log_.GrowTo(9);
  CosignedAt(Add(5), log_);
}

TEST_F(WitnessTest, ARollbackIsRefusedAlsoAfterARestart) {
  TestLog earlier(kOrigin);
  earlier.GrowTo(5);
  log_.GrowTo(8);
  CosignedAt(Add(0), log_);
  for (int restart = 0; restart < 2; ++restart) {
    for (const uint64_t old_size : {0, 3, 5}) {
      EXPECT_EQ(witness_->AddCheckpoint(Body(earlier, old_size)).status, 409) << old_size;
    }
    EXPECT_EQ(witness_->AddCheckpoint(BodyOf(8, earlier.Checkpoint())).status, 400);
    Start();
  }
  CosignedAt(Add(8), log_);
}

TEST_F(WitnessTest, AProofThatDoesNotHoldIsRefusedAndChangesNothing) {
  CosignedAt(Add(0), log_);
  log_.GrowTo(9);
  auto request = Must(tlog::ParseWitnessRequest(Body(log_, 5)));
  auto damaged = request;
  damaged.proof[0][0] ^= 1;
  EXPECT_EQ(witness_->AddCheckpoint(Must(tlog::FormatWitnessRequest(damaged))).status, 422);
  auto cut = request;
  cut.proof.pop_back();
  EXPECT_EQ(witness_->AddCheckpoint(Must(tlog::FormatWitnessRequest(cut))).status, 422);
  auto longer = request;
  longer.proof.emplace_back(32, 'x');
  EXPECT_EQ(witness_->AddCheckpoint(Must(tlog::FormatWitnessRequest(longer))).status, 422);
  CosignedAt(Add(5), log_);
}

TEST_F(WitnessTest, AProofFromTheEmptyTreeHasToBeEmpty) {
  EXPECT_EQ(witness_
                ->AddCheckpoint(Must(
                    tlog::FormatWitnessRequest({0, {std::string(32, 'x')}, log_.Checkpoint()})))
                .status,
            422);
}

TEST_F(WitnessTest, AnEmptyTreeHasTheRootOfTheEmptyTree) {
  const std::string text = absl::StrCat(kOrigin, "\n0\n", absl::Base64Escape(log_.Root()), "\n");
  EXPECT_EQ(witness_->AddCheckpoint(BodyOf(0, SignedText(text))).status, 422);
  EXPECT_EQ(witness_->AddCheckpoint(BodyOf(1, SignedText(text))).status, 400);
  // The known size comes first.
  CosignedAt(Add(0), log_);
  EXPECT_EQ(witness_->AddCheckpoint(BodyOf(0, SignedText(text))).status, 409);
}

TEST_F(WitnessTest, AnUnknownLogIsNotFound) {
  TestLog other("other.example/audit");
  other.GrowTo(2);
  EXPECT_EQ(witness_->AddCheckpoint(Body(other, 0)).status, 404);
}

TEST_F(WitnessTest, OnlyAKeyOfTheLogCounts) {
  const std::string text = absl::StrCat(kOrigin, "\n5\n", absl::Base64Escape(log_.Root()), "\n");
  // Another key of the same name, and a known key's name above a foreign signature.
  EXPECT_EQ(witness_
                ->AddCheckpoint(
                    BodyOf(0, SignedText(text, TestKey(kOrigin, SignatureType::kEd25519, 'x'))))
                .status,
            403);
  tlog::NoteSignature forged = Must(TestKey(kOrigin, SignatureType::kEd25519, 'x').Sign(text));
  forged.key_id = log_.key().id();
  EXPECT_EQ(witness_->AddCheckpoint(BodyOf(0, Must(tlog::FormatNote({text, {forged}})))).status,
            403);
  // A good one beside it does not make up for it.
  const tlog::NoteSignature good = Must(TestKey(kOrigin, SignatureType::kEd25519).Sign(text));
  EXPECT_EQ(
      witness_->AddCheckpoint(BodyOf(0, Must(tlog::FormatNote({text, {good, forged}})))).status,
      403);
  // One of a key that nobody knows is ignored.
  const tlog::NoteSignature foreign =
      Must(TestKey(kOrigin, SignatureType::kEd25519, 'x').Sign(text));
  EXPECT_EQ(
      witness_->AddCheckpoint(BodyOf(0, Must(tlog::FormatNote({text, {foreign, good}})))).status,
      200);
}

TEST_F(WitnessTest, TheLogChangesItsKeyThroughATimeWithBoth) {
  CosignedAt(Add(0), log_);
  const tlog::SignerKey next = TestKey(kOrigin, SignatureType::kEd25519, 'n');
  const auto signed_by_next = [&] {
    return SignedText(absl::StrCat(kOrigin, "\n5\n", absl::Base64Escape(log_.Root()), "\n"), next);
  };
  EXPECT_EQ(witness_->AddCheckpoint(BodyOf(5, signed_by_next())).status, 403);
  Must(TryStart({log_.key(), next.verifier()}));
  EXPECT_EQ(witness_->AddCheckpoint(BodyOf(5, signed_by_next())).status, 200);
  // What is kept was signed by a key that is no longer known, and still counts.
  CosignedAt(Add(5), log_);
  Must(TryStart({next.verifier()}));
  EXPECT_EQ(witness_->AddCheckpoint(BodyOf(5, signed_by_next())).status, 200);
  EXPECT_EQ(witness_->AddCheckpoint(BodyOf(0, signed_by_next())).status, 409);
}

TEST_F(WitnessTest, ExtensionLinesAreCosignedAsTheyStand) {
  const std::string text =
      absl::StrCat(kOrigin, "\n5\n", absl::Base64Escape(log_.Root()), "\nextension\n");
  const std::string note = SignedText(text);
  const Answer answer = witness_->AddCheckpoint(BodyOf(0, note));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_TRUE(tlog::OpenNote(absl::StrCat(note, answer.body),
                             {TestKey(kName, SignatureType::kCosignatureV1, 'w').verifier()})
                  .ok());
}

TEST_F(WitnessTest, GarbageIsABadRequest) {
  const std::string good = Body(log_, 0);
  std::vector<std::string> bodies = {"",
                                     "\n",
                                     "old",
                                     "old 0\n\n",
                                     std::string(1000, '\0'),
                                     std::string(200000, 'x'),
                                     BodyOf(0, SignedText(absl::StrCat(kOrigin, "\n5\n"))),
                                     BodyOf(0, SignedText(absl::StrCat(kOrigin, "\n05\nAAAA\n")))};
  for (size_t size = 0; size < good.size(); ++size) bodies.push_back(good.substr(0, size));
  for (const std::string& body : bodies) {
    const int status = witness_->AddCheckpoint(body).status;
    EXPECT_EQ(status, 400) << body.size();
  }
  // No byte can be another one and be cosigned.
  for (size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] ^= 1;
    EXPECT_NE(witness_->AddCheckpoint(changed).status, 200) << i;
  }
  CosignedAt(Add(0), log_);
}

TEST_F(WitnessTest, WhatCannotBeKeptIsNotSigned) {
  // A folder stands where the file is written first.
  const std::string beside = StateFile() + ".new";
  fs::create_directory(beside);
  testing::internal::CaptureStderr();
  Answer answer = Add(0);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("state_not_written"));
  EXPECT_EQ(answer.status, 500);
  EXPECT_FALSE(absl::StrContains(answer.body, kName));
  fs::remove(beside);
  CosignedAt(Add(0), log_);

  log_.GrowTo(7);
  fs::rename(folder_.path(), folder_.path().string() + ".away");
  EXPECT_EQ(Add(5).status, 500);
  // Nothing was noted in memory either.
  EXPECT_EQ(Add(7).status, 409);
  fs::rename(folder_.path().string() + ".away", folder_.path());
  CosignedAt(Add(5), log_);
  Start();
  CosignedAt(Add(7), log_);
}

TEST_F(WitnessTest, WhatWasSignedIsOnDiskBefore) {
  CosignedAt(Add(0), log_);
  EXPECT_EQ(ReadWhole(StateFile()), log_.Checkpoint());
  EXPECT_EQ(fs::status(StateFile()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(WitnessTest, ADamagedStateStopsTheStartAndIsNamed) {
  CosignedAt(Add(0), log_);
  const std::string kept = ReadWhole(StateFile());
  TestLog other("other.example/audit");
  std::string flipped = kept;
  flipped[sizeof(kOrigin) + 3] ^= 1;
  for (const std::string& bytes :
       {std::string(), kept.substr(0, kept.size() / 2), flipped, other.Checkpoint()}) {
    WriteWhole(StateFile(), bytes);
    const absl::Status started = TryStart({log_.key()});
    EXPECT_EQ(started.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(started.message()), HasSubstr(kOrigin));
  }
  fs::remove(StateFile());
  fs::create_directory(StateFile());
  EXPECT_EQ(TryStart({log_.key()}).code(), absl::StatusCode::kFailedPrecondition);
  fs::remove(StateFile());
  WriteWhole(StateFile(), kept);
  Start();
  CosignedAt(Add(5), log_);
}

TEST_F(WitnessTest, AStateFolderIsOneProcessesAndIsNeverMade) {
  EXPECT_THAT(std::string(StateFolder::Open(folder_.path().string()).status().message()),
              HasSubstr("another process has the state"));
  EXPECT_EQ(StateFolder::Open(folder_.Path("none")).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(fs::exists(folder_.Path("none")));
}

TEST_F(WitnessTest, OfTwoHistoriesAtOnceExactlyOneIsCosigned) {
  TestLog fork(kOrigin);
  fork.Append("another first record");
  fork.GrowTo(5);
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    fs::remove(StateFile());
    Start();
    std::vector<Answer> answers(8);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < answers.size(); ++i) {
      threads.emplace_back(
          [&, i] { answers[i] = witness_->AddCheckpoint(Body(i % 2 == 0 ? log_ : fork, 0)); });
    }
    for (std::thread& thread : threads) thread.join();
    int cosigned = 0;
    for (const Answer& answer : answers) {
      if (answer.status == 200) {
        ++cosigned;
      } else {
        EXPECT_EQ(answer.status, 409) << answer.body;
        EXPECT_EQ(answer.body, "5\n");
      }
    }
    EXPECT_EQ(cosigned, 1);
  }
}

}  // namespace
}  // namespace concordat::witness
