#include "server/audit/checkpointer.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/audit/tile_tree.h"
#include "server/store/sqlite/connection.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/support/must.h"
#include "tests/support/temporary_folder.h"
#include "tlog/test_log.h"

namespace concordat::audit {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kOrigin[] = "log.example/audit";
const absl::Time kNoon = absl::FromUnixSeconds(1543579200);  // 2018-11-30T12:00:00Z

// Waits for what another thread does; whether it came within ten seconds.
bool Comes(const std::function<bool()>& what) {
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (!what()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() { Reopen(); }

  std::string Database() const { return folder_.Path("test.db"); }
  std::string File() const { return folder_.Path("checkpoint"); }
  void Reopen() {
    checkpointer_.reset();
    store_.reset();
    store_ = Must(store::OpenSqliteStore(Database()));
  }
  // As the log does: records and tiles in one batch.
  void Append(int count, const std::string& text = "record ") {
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    TileTree tree = Must(TileTree::Open(*store_, *batch));
    for (int i = 0; i < count; ++i) {
      const std::string record = absl::StrCat(text, tree.size());
      Must(batch->AppendAudit(tree.size(), {kNoon, "", ""}, record));
      Must(tree.Append(tlog::LeafHash(record), *batch));
    }
    Must(batch->Commit());
    if (checkpointer_ != nullptr) checkpointer_->Grown(tree.size(), tree.Root());
  }
  void Damage(const std::string& sql) {
    auto connection = Must(store::Connection::Open(Database(), store::Connection::Mode::kWriter));
    Must(connection.Execute(sql.c_str()));
  }

  Checkpointer::Options Options(const std::vector<char>& keys = {'k'}) const {
    Checkpointer::Options options;
    options.origin = kOrigin;
    for (const char key : keys) {
      options.keys.push_back(tlog::TestKey(kOrigin, tlog::SignatureType::kEd25519, key));
    }
    options.file = File();
    options.interval = absl::Milliseconds(50);
    return options;
  }
  absl::Status Open(Checkpointer::Options options) {
    checkpointer_.reset();
    absl::StatusOr<std::unique_ptr<Checkpointer>> opened =
        Checkpointer::Open(*store_, clock_, std::move(options));
    if (!opened.ok()) return opened.status();
    checkpointer_ = *std::move(opened);
    return absl::OkStatus();
  }
  void Run(Checkpointer::Options options, Checkpointer::Hooks hooks = {}) {
    ASSERT_TRUE(Open(std::move(options)).ok());
    checkpointer_->Run(std::move(hooks));
  }
  uint64_t SignedSize() const { return checkpointer_->Last()->checkpoint.size; }
  bool Signs(uint64_t size) const {
    return Comes([&] { return SignedSize() == size; });
  }
  // The kept checkpoint, opened with the keys.
  tlog::SignedCheckpoint Kept(const std::vector<tlog::VerifierKey>& keys) const {
    return Must(tlog::OpenCheckpoint(ReadWhole(File()), keys, tlog::ExtensionLines::kRefuse));
  }
  static tlog::VerifierKey LogKey(char filling = 'k') {
    return tlog::TestKey(kOrigin, tlog::SignatureType::kEd25519, filling).verifier();
  }

  const TemporaryFolder folder_;
  FakeClock clock_{kNoon};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Checkpointer> checkpointer_;
};

TEST_F(CheckpointerTest, TheFirstStartSignsWhatIsThereAndKeepsIt) {
  Append(3);
  ASSERT_TRUE(Open(Options()).ok());
  EXPECT_EQ(SignedSize(), 3U);
  EXPECT_EQ(checkpointer_->Last()->signed_at, kNoon);
  EXPECT_EQ(Kept({LogKey()}).checkpoint, checkpointer_->Last()->checkpoint);
  EXPECT_EQ(ReadWhole(File()), checkpointer_->Last()->note);
}

TEST_F(CheckpointerTest, WhatGrewIsSignedAfterTheInterval) {
  Run(Options());
  Append(300);
  EXPECT_TRUE(Signs(300));
  Append(1);
  EXPECT_TRUE(Signs(301));
  EXPECT_EQ(checkpointer_->counters().checkpoints.load(), 2);
  EXPECT_EQ(Kept({LogKey()}).checkpoint.size, 301U);
}

TEST_F(CheckpointerTest, ManyRecordsAreSignedBeforeTheInterval) {
  Checkpointer::Options options = Options();
  options.interval = absl::Hours(1);
  options.records = 10;
  Run(std::move(options));
  Append(10);
  EXPECT_TRUE(Signs(10));
}

TEST_F(CheckpointerTest, TheEndOfTheLogIsSignedWhenItStops) {
  Checkpointer::Options options = Options();
  options.interval = absl::Hours(1);
  Run(std::move(options));
  Append(5);
  checkpointer_.reset();
  EXPECT_EQ(Kept({LogKey()}).checkpoint.size, 5U);
}

TEST_F(CheckpointerTest, TheNextStartGoesOnWhereTheLastOneStopped) {
  Run(Options());
  Append(300);
  ASSERT_TRUE(Signs(300));
  Reopen();
  Append(20);
  Run(Options());
  EXPECT_EQ(checkpointer_->Last()->signed_at, std::nullopt);
  EXPECT_TRUE(Signs(320));
}

TEST_F(CheckpointerTest, ALogThatIsBehindItsCheckpointIsRefused) {
  Append(300);
  store_.reset();
  fs::copy_file(Database(), folder_.Path("backup.db"));
  Reopen();
  Append(1);
  ASSERT_TRUE(Open(Options()).ok());
  checkpointer_.reset();
  store_.reset();
  fs::copy_file(folder_.Path("backup.db"), Database(), fs::copy_options::overwrite_existing);
  Reopen();
  const absl::Status status = Open(Options());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has 300 audit records, but 301"));
  EXPECT_EQ(Kept({LogKey()}).checkpoint.size, 301U);
}

TEST_F(CheckpointerTest, ALogWithAnotherHistoryIsRefused) {
  Append(300);
  ASSERT_TRUE(Open(Options()).ok());
  checkpointer_.reset();
  store_.reset();
  fs::remove(Database());
  Reopen();
  Append(400, "otherwise ");
  EXPECT_TRUE(absl::IsDataLoss(Open(Options())));
}

TEST_F(CheckpointerTest, ALogThatWasSignedNeedsItsCheckpoint) {
  Append(3);
  ASSERT_TRUE(Open(Options()).ok());
  fs::remove(File());
  const absl::Status status = Open(Options());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(File()));
}

TEST_F(CheckpointerTest, ACrashBeforeTheStoreNotesTheFirstCheckpointIsNoObstacle) {
  Append(3);
  ASSERT_TRUE(Open(Options()).ok());
  Damage("DELETE FROM meta WHERE key = 'signed'");
  Reopen();
  EXPECT_TRUE(Open(Options()).ok());
  EXPECT_TRUE(Must(store_->WasSigned()));
}

TEST_F(CheckpointerTest, BothKeysSignWhileTheKeyIsChanged) {
  Append(3);
  ASSERT_TRUE(Open(Options({'a'})).ok());
  Append(1);
  Run(Options({'a', 'b'}));
  ASSERT_TRUE(Signs(4));
  EXPECT_THAT(Kept({LogKey('a'), LogKey('b')}).signatures, SizeIs(2));
  checkpointer_.reset();
  // The next start knows the new key alone.
  EXPECT_TRUE(Open(Options({'b'})).ok());
}

TEST_F(CheckpointerTest, ASecondKeySignsEvenIfTheLogDoesNotGrow) {
  Append(3);
  ASSERT_TRUE(Open(Options({'a'})).ok());
  ASSERT_TRUE(Open(Options({'a', 'b'})).ok());
  EXPECT_THAT(Kept({LogKey('a'), LogKey('b')}).signatures, SizeIs(2));
  EXPECT_EQ(ReadWhole(File()), checkpointer_->Last()->note);
  EXPECT_TRUE(Open(Options({'b'})).ok());
}

TEST_F(CheckpointerTest, ACheckpointOfAnUnknownKeyIsRefused) {
  Append(3);
  ASSERT_TRUE(Open(Options({'a'})).ok());
  const absl::Status status = Open(Options({'b'}));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("second_key_file"));
}

// Of a whole tile, and of the end of the log, of which no tile is stored.
class ChangedRecordTest : public CheckpointerTest, public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(All, ChangedRecordTest, ::testing::Values(0, 500, 767, 768, 999));

TEST_P(ChangedRecordTest, IsFoundBeforeItIsSignedAndStopsTheSigning) {
  absl::Notification damaged;
  absl::Status damage;
  Checkpointer::Options options = Options();
  options.interval = absl::Milliseconds(500);
  Checkpointer::Hooks hooks;
  hooks.on_damage = [&](const absl::Status& status) {
    damage = status;
    damaged.Notify();
  };
  Run(std::move(options), std::move(hooks));
  Append(1000);
  Damage(absl::StrCat("UPDATE audit SET record = 'x' WHERE idx = ", GetParam()));
  ASSERT_TRUE(damaged.WaitForNotificationWithTimeout(absl::Seconds(10)));
  EXPECT_TRUE(absl::IsDataLoss(damage));
  EXPECT_EQ(SignedSize(), 0U);
  checkpointer_.reset();
  EXPECT_EQ(Kept({LogKey()}).checkpoint.size, 0U);
}

TEST_F(CheckpointerTest, AFileThatSomebodyElseChangedStopsTheSigning) {
  absl::Notification damaged;
  Checkpointer::Hooks hooks;
  hooks.on_damage = [&](const absl::Status&) { damaged.Notify(); };
  Run(Options(), std::move(hooks));
  const std::string theirs = "theirs";
  WriteWhole(File(), theirs);
  Append(1);
  ASSERT_TRUE(damaged.WaitForNotificationWithTimeout(absl::Seconds(10)));
  EXPECT_EQ(ReadWhole(File()), theirs);
}

TEST_F(CheckpointerTest, AFileThatCannotBeWrittenIsTriedAgain) {
  Run(Options());
  // What is in the way of the new file.
  fs::create_directory(File() + ".new");
  Append(1);
  EXPECT_TRUE(Comes([&] { return checkpointer_->counters().failures.load() >= 2; }));
  EXPECT_EQ(SignedSize(), 0U);
  fs::remove(File() + ".new");
  EXPECT_TRUE(Signs(1));
}

TEST_F(CheckpointerTest, CosignaturesAreKeptWithTheCheckpointTheyAreOf) {
  const tlog::SignerKey witness =
      tlog::TestKey("witness.example", tlog::SignatureType::kCosignatureV1, 'w');
  Checkpointer::Options options = Options();
  options.witness_keys.push_back(witness.verifier());
  Append(3);
  Run(std::move(options));
  const std::string text = checkpointer_->Last()->text;
  checkpointer_->AddCosignature(text, Must(witness.Cosign(text, kNoon)));
  // The same witness again, and of another checkpoint.
  checkpointer_->AddCosignature(text, Must(witness.Cosign(text, kNoon + absl::Seconds(9))));
  const std::string other = absl::StrCat(kOrigin, "\n2\n", std::string(43, 'A'), "=\n");
  checkpointer_->AddCosignature(other, Must(witness.Cosign(other, kNoon)));
  EXPECT_EQ(checkpointer_->Last()->cosignatures, 1);
  EXPECT_THAT(Kept({LogKey(), witness.verifier()}).signatures, SizeIs(2));
  Append(1);
  ASSERT_TRUE(Signs(4));
  EXPECT_EQ(checkpointer_->Last()->cosignatures, 0);
}

TEST_F(CheckpointerTest, WithoutEnoughCosignaturesTheLogIsClosedUntilTheyCome) {
  const tlog::SignerKey witness =
      tlog::TestKey("witness.example", tlog::SignatureType::kCosignatureV1, 'w');
  Checkpointer::Options options = Options();
  options.witness_keys.push_back(witness.verifier());
  options.required_cosignatures = 1;
  options.cosignature_patience = absl::Milliseconds(300);
  std::atomic<int> closed{0};
  std::atomic<int> opened{0};
  Checkpointer::Hooks hooks;
  hooks.on_witnessed = [&](bool witnessed) { ++(witnessed ? opened : closed); };
  Run(std::move(options), std::move(hooks));
  Append(1);
  EXPECT_TRUE(Comes([&] { return closed.load() == 1; }));
  EXPECT_EQ(opened.load(), 0);
  ASSERT_TRUE(Signs(1));
  const std::string text = checkpointer_->Last()->text;
  checkpointer_->AddCosignature(text, Must(witness.Cosign(text, kNoon)));
  EXPECT_TRUE(Comes([&] { return opened.load() == 1; }));
}

TEST_F(CheckpointerTest, AWitnessThatContradictsClosesTheLogAtOnceWhereItIsNeeded) {
  Checkpointer::Options options = Options();
  for (const char seed : {'1', '2', '3'}) {
    options.witness_keys.push_back(tlog::TestKey(std::string("witness.example/") + seed,
                                                 tlog::SignatureType::kCosignatureV1, seed)
                                       .verifier());
  }
  options.required_cosignatures = 2;
  options.cosignature_patience = absl::Hours(1);
  std::vector<bool> told;
  Checkpointer::Hooks hooks;
  hooks.on_witnessed = [&](bool witnessed) { told.push_back(witnessed); };
  Run(std::move(options), std::move(hooks));
  // Two others are left.
  checkpointer_->NoteContradiction(true);
  EXPECT_THAT(told, testing::IsEmpty());
  checkpointer_->NoteContradiction(true);
  EXPECT_THAT(told, testing::ElementsAre(false));
  checkpointer_->NoteContradiction(false);
  EXPECT_THAT(told, testing::ElementsAre(false, true));
}

TEST_F(CheckpointerTest, ALogThatDoesNotGrowNeedsNoFurtherCosignature) {
  const tlog::SignerKey witness =
      tlog::TestKey("witness.example", tlog::SignatureType::kCosignatureV1, 'w');
  Checkpointer::Options options = Options();
  options.witness_keys.push_back(witness.verifier());
  options.required_cosignatures = 1;
  options.cosignature_patience = absl::Milliseconds(200);
  std::atomic<int> closed{0};
  Checkpointer::Hooks hooks;
  hooks.on_witnessed = [&](bool witnessed) { closed += witnessed ? 0 : 1; };
  Append(1);
  Run(std::move(options), std::move(hooks));
  const std::string text = checkpointer_->Last()->text;
  checkpointer_->AddCosignature(text, Must(witness.Cosign(text, kNoon)));
  absl::SleepFor(absl::Seconds(1));
  EXPECT_EQ(closed.load(), 0);
}

}  // namespace
}  // namespace concordat::audit
