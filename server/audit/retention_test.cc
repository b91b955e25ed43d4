#include "server/audit/retention.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/audit/tree_reader.h"
#include "server/store/sqlite/connection.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/support/must.h"
#include "tests/support/temporary_folder.h"
#include "tlog/checkpoint.h"
#include "tlog/entry_bundle.h"
#include "tlog/note.h"
#include "tlog/test_log.h"
#include "tlog/tile.h"
#include "tlog/tree_proof.h"

namespace concordat::audit {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

constexpr char kOrigin[] = "log.example/audit";
const absl::Time kNoon = absl::FromUnixSeconds(1543579200);  // 2018-11-30T12:00:00Z
constexpr absl::Duration kDay = absl::Hours(24);

// A record of a call, or of one end of a stream.
class CallEntry final : public Entry {
 public:
  CallEntry(absl::Time time, v1::AuditRecord::Event event, int64_t opening_index)
      : time_(time), event_(event), opening_index_(opening_index) {}
  absl::Status Prepare(store::Batch&, v1::AuditRecord& record) override {
    record.set_event(event_);
    record.set_decision(v1::AuditRecord::ALLOWED);
    record.set_opening_index(opening_index_);
    *record.mutable_time() = ToTimestamp(time_);
    return absl::OkStatus();
  }
  void Done(absl::StatusOr<v1::Receipt> receipt) override {
    receipt_ = std::move(receipt);
    done_.Notify();
  }
  v1::Receipt Wait() {
    done_.WaitForNotification();
    return Must(std::move(receipt_));
  }

 private:
  const absl::Time time_;
  const v1::AuditRecord::Event event_;
  const int64_t opening_index_;
  absl::StatusOr<v1::Receipt> receipt_ = absl::UnknownError("");
  absl::Notification done_;
};

class RetentionTest : public ::testing::Test {
 protected:
  RetentionTest() { Open(); }

  void Open() {
    log_.reset();
    store_.reset();
    store_ = Must(store::OpenSqliteStore(folder_.Path("test.db")));
    AuditLog::Options options;
    options.origin = kOrigin;
    log_ = Must(AuditLog::Start(*store_, clock_, std::move(options)));
  }
  // Makes records durable, all of the clock's time.
  void Append(int count, v1::AuditRecord::Event event = v1::AuditRecord::CALL,
              int64_t opening_index = 0) {
    std::vector<std::unique_ptr<CallEntry>> entries;
    for (int i = 0; i < count; ++i) {
      entries.push_back(std::make_unique<CallEntry>(clock_.Now(), event, opening_index));
      log_->Append(*entries.back());
    }
    for (const auto& entry : entries) entry->Wait();
  }
  // The tree of the first `size` records, signed.
  std::string NoteOf(uint64_t size) {
    const std::string text =
        Must(tlog::FormatCheckpoint({kOrigin, size, Must(TreeReader(*store_).Root(size)), {}}));
    return Must(tlog::FormatNote({text, {Must(key_.Sign(text))}}));
  }
  Retention::Options Options() {
    Retention::Options options;
    options.keep = 30 * kDay;
    options.archive_directory = Archive();
    options.last_checkpoint = [this] {
      const uint64_t size = covered_.value_or(Must(store_->AuditSize()));
      return Retention::LastCheckpoint{size, NoteOf(size)};
    };
    return options;
  }
  absl::Status Pass() { return Retention(*store_, *log_, clock_, Options()).Pass(); }

  std::string Archive() const { return folder_.Path("archive"); }
  std::string Archived(const std::string& file) const {
    return ReadWhole((fs::path(Archive()) / file).string());
  }
  bool IsArchived(const std::string& file) const { return fs::exists(fs::path(Archive()) / file); }
  uint64_t Minimum() const { return Must(store_->AuditMinimum()); }
  v1::AuditRecord Record(uint64_t index) const {
    v1::AuditRecord record;
    Must(store_->ScanLeaves(index, [&](const store::AuditRow& row) {
      if (row.index == index) record.ParseFromString(row.record);
      return false;
    }));
    return record;
  }
  void Damage(const std::string& sql) {
    log_.reset();
    store_.reset();
    {
      auto connection =
          Must(store::Connection::Open(folder_.Path("test.db"), store::Connection::Mode::kWriter));
      Must(connection.Execute(sql.c_str()));
    }
    Open();
  }

  const TemporaryFolder folder_;
  const tlog::SignerKey key_ = tlog::TestKey(kOrigin, tlog::SignatureType::kEd25519);
  FakeClock clock_{kNoon};
  // What the last checkpoint covers; nothing for all.
  std::optional<uint64_t> covered_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<AuditLog> log_;
};

TEST_F(RetentionTest, OldBundlesAreArchivedAndDropped) {
  Append(600);
  std::vector<std::string> records;
  Must(store_->ScanLeaves(0, [&](const store::AuditRow& row) {
    records.push_back(row.record);
    return true;
  }));
  clock_.Advance(30 * kDay);
  ASSERT_TRUE(Pass().ok());
  EXPECT_EQ(Minimum(), 0U) << "they are just as old as they may be";
  clock_.Advance(absl::Microseconds(1));
  const absl::Status passed = Pass();
  ASSERT_TRUE(passed.ok()) << passed;

  EXPECT_EQ(Minimum(), 512U) << "the rest is no whole bundle";
  EXPECT_EQ(Must(store_->AuditSize()), 601U);
  for (size_t bundle : {0, 1}) {
    const std::string archived = Archived(absl::StrCat("tile/entries/00", bundle));
    const auto entries = Must(tlog::ParseEntryBundle(archived, 256));
    for (size_t i = 0; i < 256; ++i) ASSERT_EQ(entries[i], records[bundle * 256 + i]);
  }
  const v1::AuditRecord dropped = Record(600);
  EXPECT_EQ(dropped.event(), v1::AuditRecord::RECORDS_DROPPED_BY_RETENTION);
  EXPECT_EQ(dropped.method(), "concordatd retention");
  EXPECT_EQ(dropped.resource(), "audit/entries/0-511");
  EXPECT_EQ(ToTime(dropped.time()), clock_.Now());
}

TEST_F(RetentionTest, TheTreeIsProvenAsBefore) {
  Append(600);
  const std::string root = Must(TreeReader(*store_).Root(600));
  clock_.Advance(31 * kDay);
  ASSERT_TRUE(Pass().ok());
  TreeReader tree(*store_);
  EXPECT_EQ(Must(tree.Root(600)), root);
  const std::string leaf = Must(tree.Tile(0, 0, 256)).substr(7 * 32, 32);
  EXPECT_TRUE(tlog::VerifyInclusion(7, 600, leaf, Must(tree.InclusionProof(7, 600)), root).ok());
  // Also after a start, which reads the tree's end.
  Open();
  Append(300);
  EXPECT_EQ(Must(TreeReader(*store_).Root(600)), root);
  EXPECT_EQ(Must(store_->AuditSize()), 901U);
}

TEST_F(RetentionTest, AYoungRecordKeepsItsBundleAndAllAfterIt) {
  Append(300);
  clock_.Advance(20 * kDay);
  Append(300);
  clock_.Advance(11 * kDay);
  ASSERT_TRUE(Pass().ok());
  EXPECT_EQ(Minimum(), 256U);
  clock_.Advance(20 * kDay);
  ASSERT_TRUE(Pass().ok());
  EXPECT_EQ(Minimum(), 512U);
}

TEST_F(RetentionTest, WhatNoCheckpointCoversStays) {
  Append(600);
  clock_.Advance(31 * kDay);
  covered_ = 511;
  ASSERT_TRUE(Pass().ok());
  EXPECT_EQ(Minimum(), 256U);
  covered_ = 512;
  ASSERT_TRUE(Pass().ok());
  EXPECT_EQ(Minimum(), 512U);
}

TEST_F(RetentionTest, TheOpeningOfAStreamThatIsOpenStays) {
  Append(300);
  Append(1, v1::AuditRecord::STREAM_OPENED);
  Append(300);
  clock_.Advance(31 * kDay);
  ASSERT_TRUE(Pass().ok());
  EXPECT_EQ(Minimum(), 256U);
  Append(1, v1::AuditRecord::STREAM_ENDED, 300);
  ASSERT_TRUE(Pass().ok());
  EXPECT_EQ(Minimum(), 512U);
}

TEST_F(RetentionTest, AnArchiveThatSaysSomethingElseDropsNothing) {
  Append(300);
  clock_.Advance(31 * kDay);
  fs::create_directories(fs::path(Archive()) / "tile/entries");
  WriteWhole((fs::path(Archive()) / "tile/entries/000").string(), "another log's");
  Retention retention(*store_, *log_, clock_, Options());
  const absl::Status refused = retention.Pass();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("tile/entries/000"));
  EXPECT_EQ(retention.counters().failures.load(), 1);
  EXPECT_EQ(retention.counters().dropped_records.load(), 0);
  EXPECT_EQ(Minimum(), 0U);
  EXPECT_EQ(Archived("tile/entries/000"), "another log's") << "nothing is written over";
  // Once it is out of the way, the next pass goes on.
  fs::remove_all(Archive());
  ASSERT_TRUE(retention.Pass().ok());
  EXPECT_EQ(retention.counters().dropped_records.load(), 256);
}

TEST_F(RetentionTest, WhatWasArchivedAndNotDroppedIsDroppedByTheNextPass) {
  Append(300);
  clock_.Advance(31 * kDay);
  log_->Stop(absl::InternalError("injected"));
  EXPECT_FALSE(Pass().ok());
  EXPECT_TRUE(IsArchived("tile/entries/000"));
  EXPECT_EQ(Minimum(), 0U);
  Open();
  ASSERT_TRUE(Pass().ok());
  EXPECT_EQ(Minimum(), 256U);
}

TEST_F(RetentionTest, AnArchiveThatCannotBeWrittenDropsNothing) {
  Append(300);
  clock_.Advance(31 * kDay);
  WriteWhole(Archive(), "a file where the folder should be");
  EXPECT_FALSE(Pass().ok());
  EXPECT_EQ(Minimum(), 0U);
}

TEST_F(RetentionTest, ARecordThatIsNotTheTreesIsNotDropped) {
  Append(600);
  clock_.Advance(31 * kDay);
  // In a bundle that no start looks at.
  Damage("UPDATE audit SET record=record||x'00' WHERE idx=77");
  const absl::Status refused = Pass();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("77"));
  EXPECT_EQ(Minimum(), 0U);
}

TEST_F(RetentionTest, AMissingRecordIsNamedAndNothingIsDropped) {
  Append(600);
  clock_.Advance(31 * kDay);
  Damage("DELETE FROM audit WHERE idx=77");
  const absl::Status refused = Pass();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("77"));
  EXPECT_EQ(Minimum(), 0U);
}

// The bundles of the archive, and the export of what is left, are one log again.
TEST_F(RetentionTest, ArchiveAndALaterExportVerifyTogether) {
  Append(600);
  clock_.Advance(31 * kDay);
  ASSERT_TRUE(Pass().ok());
  Append(100);
  const uint64_t size = Must(store_->AuditSize());
  const fs::path folder = folder_.Path("export");
  const auto write = [&](const std::string& name, const std::string& bytes) {
    fs::create_directories((folder / name).parent_path());
    WriteWhole((folder / name).string(), bytes);
  };
  write("checkpoint", NoteOf(size));
  TreeReader tree(*store_);
  for (const tlog::Tile& tile : tlog::TilesBetween(Minimum(), size)) {
    if (tile.contents == tlog::TileContents::kHashes) {
      write(tlog::TilePath(tile), Must(tree.Tile(tile.level, tile.index, tile.width)));
      continue;
    }
    std::string bundle;
    uint64_t left = static_cast<uint64_t>(tile.width);
    Must(store_->ScanLeaves(tile.index * 256, [&](const store::AuditRow& row) {
      Must(tlog::AppendEntry(row.record, bundle));
      return --left > 0;
    }));
    write(tlog::TilePath(tile), bundle);
  }
  const std::string verify =
      absl::StrCat("python3 " CONCORDAT_SOURCE_DIR "/tools/verify_audit.py --key '",
                   key_.verifier().ToString(), "' ", folder.string());
  EXPECT_NE(std::system(verify.c_str()), 0) << "the first bundles are in the archive";
  fs::copy(fs::path(Archive()) / "tile", folder / "tile",
           fs::copy_options::recursive | fs::copy_options::skip_existing);
  EXPECT_EQ(std::system(verify.c_str()), 0);
}

// From the archive alone: each archived record leads to the root that is signed.
TEST_F(RetentionTest, TheArchiveHoldsWhatLeadsToItsCheckpoint) {
  Append(600);
  clock_.Advance(31 * kDay);
  ASSERT_TRUE(Pass().ok());
  const auto opened = Must(tlog::OpenCheckpoint(Archived("checkpoint"), {key_.verifier()},
                                                tlog::ExtensionLines::kRefuse));
  EXPECT_EQ(opened.checkpoint.size, 600U);
  EXPECT_EQ(opened.checkpoint.root, Must(TreeReader(*store_).Root(600)));
  for (const char* tile : {"tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"}) {
    EXPECT_TRUE(IsArchived(tile)) << tile;
  }
  const std::string bundle = Archived("tile/entries/001");
  const auto records = Must(tlog::ParseEntryBundle(bundle, 256));
  const std::string hashes = Archived("tile/0/001");
  for (size_t i = 0; i < 256; ++i) {
    ASSERT_EQ(hashes.substr(i * 32, 32), tlog::LeafHash(records[i]));
  }
}

TEST_F(RetentionTest, ItWorksOnAThreadOfItsOwnFromTheStartOn) {
  Append(600);
  clock_.Advance(31 * kDay);
  Retention retention(*store_, *log_, clock_, Options());
  retention.Start();
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (Minimum() < 512 && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(5));
  EXPECT_EQ(Minimum(), 512U);
}

}  // namespace
}  // namespace concordat::audit
