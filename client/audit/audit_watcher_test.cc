// AuditWatcher against services that keep their word, and others.
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client/audit/testing/log_connection.h"
#include "concordat/audit.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"
#include "tlog/note.h"
#include "tlog/test_log.h"

namespace concordat {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using tlog::TestLog;

class AuditWatcherTest : public ::testing::Test {
 protected:
  AuditWatcherTest() { log_.GrowTo(300); }

  AuditWatcher Watcher(AuditTrust trust) const {
    return AuditWatcher(Client(connection_), {.trust = std::move(trust), .pin_file = pin_});
  }
  absl::StatusOr<AuditCheck> Check() const { return Watcher({{log_.key().ToString()}}).Check(); }

  // An alarm of this kind, the two notes kept, and the pin where it was.
  void ExpectAlarm(AuditAlarm alarm) {
    const std::string pinned = ReadWhole(pin_);
    const std::string seen = connection_->GetCheckpoint({}, {})->note();
    const absl::Status status = Check().status();
    EXPECT_EQ(AlarmOf(status), alarm) << status;
    EXPECT_EQ(ReadWhole(pin_), pinned);
    std::vector<std::string> kept;
    for (const auto& entry : fs::directory_iterator(temporary_.path())) {
      const std::string name = entry.path().filename().string();
      if (name.find(".alarm-") == std::string::npos) continue;
      kept.push_back(ReadWhole(entry.path().string()));
      EXPECT_THAT(std::string(status.message()),
                  HasSubstr(entry.path().string().substr(0, entry.path().string().rfind('.'))));
    }
    EXPECT_THAT(kept, ::testing::UnorderedElementsAre(pinned, seen));
  }

  TemporaryFolder temporary_;
  const std::string pin_ = temporary_.Path("pin");
  TestLog log_;
  std::shared_ptr<LogConnection> connection_ = std::make_shared<LogConnection>(log_);
};

TEST_F(AuditWatcherTest, TheFirstCheckPinsAndLaterOnesFollowTheLog) {
  absl::StatusOr<AuditCheck> check = Check();
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_FALSE(check->pinned_size.has_value());
  EXPECT_EQ(ReadWhole(pin_), log_.Checkpoint());
  for (uint64_t size : {300, 301, 512, 1000}) {
    log_.GrowTo(size);
    check = Check();
    ASSERT_TRUE(check.ok()) << check.status();
    EXPECT_EQ(check->checkpoint.tree_size, size);
    EXPECT_EQ(ReadWhole(pin_), log_.Checkpoint());
  }
  EXPECT_EQ(check->pinned_size, 512);
}

TEST_F(AuditWatcherTest, ALogThatWasEmptyMayGrow) {
  TestLog empty;
  connection_->Show(empty);
  ASSERT_TRUE(Check().ok());
  connection_->Show(log_);
  EXPECT_TRUE(Check().ok());
}

TEST_F(AuditWatcherTest, AForkRaisesAlarm) {
  ASSERT_TRUE(Check().ok());
  TestLog fork;
  fork.GrowTo(299);
  fork.Append("another history");
  connection_->Show(fork);
  ExpectAlarm(AuditAlarm::kFork);
}

TEST_F(AuditWatcherTest, AForkThatGrewRaisesAlarm) {
  ASSERT_TRUE(Check().ok());
  TestLog fork;
  fork.GrowTo(299);
  fork.Append("another history");
  fork.GrowTo(400);
  connection_->Show(fork);
  ExpectAlarm(AuditAlarm::kFork);
}

TEST_F(AuditWatcherTest, ARollbackRaisesAlarm) {
  ASSERT_TRUE(Check().ok());
  TestLog shorter;
  shorter.GrowTo(299);
  connection_->Show(shorter);
  ExpectAlarm(AuditAlarm::kRollback);
}

TEST_F(AuditWatcherTest, AFalseSignatureRaisesAlarm) {
  ASSERT_TRUE(Check().ok());
  tlog::Note note = *tlog::ParseNote(log_.Checkpoint());
  note.signatures[0].bytes[5] ^= 1;
  connection_->note = *tlog::FormatNote(note);
  ExpectAlarm(AuditAlarm::kBadSignature);
}

TEST_F(AuditWatcherTest, ASuccessorRaisesAnAlarmThatNamesBothLogs) {
  ASSERT_TRUE(Check().ok());
  TestLog successor("log.example/audit-2");
  successor.GrowTo(400);
  connection_->Show(successor);
  ExpectAlarm(AuditAlarm::kAnotherLog);
  EXPECT_THAT(std::string(Check().status().message()),
              HasSubstr("shows the log log.example/audit-2, which no given key signed, and the "
                        "pinned log is log.example/audit of 300 records"));
  // Its key is trusted, and yet it is not the log that was pinned.
  const absl::Status status =
      Watcher({{log_.key().ToString(), successor.key().ToString()}}).Check().status();
  EXPECT_EQ(AlarmOf(status), AuditAlarm::kAnotherLog) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("which a given key signed"));
}

TEST_F(AuditWatcherTest, TooFewWitnessesAreNoAlarmAndMoveNoPin) {
  const tlog::SignerKey witness = TestKey("w.example", tlog::SignatureType::kCosignatureV1, 'w');
  const AuditTrust trust{{log_.key().ToString(), witness.verifier().ToString()}, 1};
  absl::Status status = Watcher(trust).Check().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_FALSE(AlarmOf(status).has_value());
  EXPECT_FALSE(fs::exists(pin_));
  tlog::Note note = *tlog::ParseNote(log_.Checkpoint());
  note.signatures.push_back(*witness.Cosign(note.text, absl::FromUnixSeconds(1700000000)));
  connection_->note = *tlog::FormatNote(note);
  EXPECT_EQ(Watcher(trust).Check()->checkpoint.witnesses, 1);
}

TEST_F(AuditWatcherTest, APinThatDoesNotVerifyIsNoAlarmOfTheService) {
  WriteWhole(pin_, "no note");
  const absl::Status status = Check().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_FALSE(AlarmOf(status).has_value());
}

TEST_F(AuditWatcherTest, APinThatCannotBeWrittenIsAnError) {
  fs::create_directories(pin_ + ".tmp");
  EXPECT_EQ(Check().status().code(), absl::StatusCode::kUnknown);
}

TEST_F(AuditWatcherTest, ManyChecksAtOnceTakeTurns) {
  AuditWatcher watcher = Watcher({{log_.key().ToString()}});
  std::vector<std::thread> threads;
  std::vector<absl::Status> outcomes(8);
  for (absl::Status& outcome : outcomes) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5 && outcome.ok(); ++i) outcome = watcher.Check().status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& outcome : outcomes) EXPECT_TRUE(outcome.ok()) << outcome;
  EXPECT_EQ(ReadWhole(pin_), log_.Checkpoint());
}

}  // namespace
}  // namespace concordat
