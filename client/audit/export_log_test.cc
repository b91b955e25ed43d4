// Exports from a service that shows a log in memory.
#include "client/audit/export_log.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "client/audit/testing/log_connection.h"
#include "client/internal/durable_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"
#include "tlog/test_log.h"

namespace concordat::audit_export {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using tlog::TestLog;

// Every file of a folder, by its path in it.
std::map<std::string, std::string> Files(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[fs::relative(entry.path(), folder).string()] = ReadWhole(entry.path().string());
  }
  return files;
}

class ExportLogTest : public ::testing::Test {
 protected:
  ExportLogTest() { log_.GrowTo(600); }

  absl::StatusOr<ExportedLog> Export(bool hashes_only = false) {
    return ExportLog(
        Client(connection_),
        {.folder = folder_, .hashes_only = hashes_only, .trust = {{log_.key().ToString()}}});
  }
  absl::StatusOr<WholeLog> Verify() const {
    return VerifyExport({.folder = folder_, .trust = {{log_.key().ToString()}}});
  }
  // What a whole export of `log` has, and nothing else.
  std::map<std::string, std::string> Expected(const TestLog& log) const {
    const fs::path folder = temporary_.path() / "expected";
    fs::remove_all(folder);
    fs::create_directories(folder);
    log.Export(folder);
    return Files(folder);
  }

  TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path() / "export";
  TestLog log_;
  std::shared_ptr<LogConnection> connection_ = std::make_shared<LogConnection>(log_);
};

TEST_F(ExportLogTest, LogsOfEveryShapeAreExportedWhole) {
  for (uint64_t size : {0, 1, 255, 256, 257, 600, 65'536 + 300}) {
    TestLog log;
    log.GrowTo(size);
    connection_->Show(log);
    fs::remove_all(folder_);
    const absl::StatusOr<ExportedLog> exported = Export();
    ASSERT_TRUE(exported.ok()) << exported.status();
    EXPECT_EQ(exported->tree_size, size);
    EXPECT_EQ(Files(folder_), Expected(log)) << size;
  }
}

TEST_F(ExportLogTest, WhatIsThereAndWholeIsNotFetchedAgain) {
  ASSERT_TRUE(Export().ok());
  EXPECT_EQ(connection_->tiles_sent, 3);
  EXPECT_EQ(connection_->bundles_sent, 3);
  const absl::StatusOr<ExportedLog> again = Export();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->fetched_tiles + again->fetched_bundles, 0);
  EXPECT_EQ(connection_->bundles_sent, 3);
}

TEST_F(ExportLogTest, AGrownLogReplacesThePartialTiles) {
  ASSERT_TRUE(Export().ok());
  for (uint64_t size : {601, 768, 1100}) {
    log_.GrowTo(size);
    const absl::StatusOr<ExportedLog> exported = Export();
    ASSERT_TRUE(exported.ok()) << exported.status();
    EXPECT_EQ(Files(folder_), Expected(log_)) << size;
  }
  // Bundles 0 and 1 once; 2 as of 600, 601 and whole; 3 and the partial 4 once.
  EXPECT_EQ(connection_->bundles_sent, 2 + 3 + 2);
}

TEST_F(ExportLogTest, ABrokenExportIsTakenUpWhereItStopped) {
  connection_->on_bundle = [](uint64_t index, std::string&) {
    return index == 2 ? absl::UnavailableError("gone") : absl::OkStatus();
  };
  EXPECT_TRUE(absl::IsUnavailable(Export().status()));
  EXPECT_FALSE(fs::exists(folder_ / "checkpoint"));
  connection_->on_bundle = nullptr;
  const absl::StatusOr<ExportedLog> exported = Export();
  ASSERT_TRUE(exported.ok()) << exported.status();
  EXPECT_EQ(exported->fetched_bundles, 1);
  EXPECT_EQ(Files(folder_), Expected(log_));
}

TEST_F(ExportLogTest, ADamagedBundleInTheFolderIsFetchedAgain) {
  ASSERT_TRUE(Export().ok());
  const std::string path = (folder_ / "tile/entries/001").string();
  std::string bytes = ReadWhole(path);
  bytes[500] ^= 4;
  WriteWhole(path, bytes);
  const absl::StatusOr<ExportedLog> exported = Export();
  ASSERT_TRUE(exported.ok()) << exported.status();
  EXPECT_EQ(exported->fetched_bundles, 1);
  EXPECT_EQ(Files(folder_), Expected(log_));
}

TEST_F(ExportLogTest, ABundleThatIsNotThatOfItsTileIsNotKept) {
  connection_->on_bundle = [](uint64_t index, std::string& bundle) {
    // The first byte of the bundle's second record.
    if (index == 1) bundle[2 + static_cast<size_t>(bundle[1]) + 2] ^= 1;
    return absl::OkStatus();
  };
  const absl::Status status = Export().status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("record 257 "));
  EXPECT_TRUE(fs::exists(folder_ / "tile/entries/000"));
  EXPECT_FALSE(fs::exists(folder_ / "tile/entries/001"));
  connection_->on_bundle = [](uint64_t index, std::string& bundle) {
    if (index == 1) bundle.pop_back();
    return absl::OkStatus();
  };
  EXPECT_THAT(std::string(Export().status().message()), HasSubstr("without its 256 whole records"));
  EXPECT_FALSE(fs::exists(folder_ / "checkpoint"));
}

TEST_F(ExportLogTest, AForkedLogDoesNotMoveTheCheckpoint) {
  ASSERT_TRUE(Export().ok());
  const std::map<std::string, std::string> before = Files(folder_);
  TestLog fork;
  fork.GrowTo(599);
  fork.Append("another history");
  fork.GrowTo(700);
  connection_->Show(fork);
  const absl::Status status = Export().status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("did not grow from the checkpoint of 600"));
  EXPECT_EQ(Files(folder_)["checkpoint"], before.at("checkpoint"));
  EXPECT_TRUE(Verify().ok());
}

TEST_F(ExportLogTest, AShorterLogAndAnotherOneAreRefused) {
  ASSERT_TRUE(Export().ok());
  TestLog shorter;
  shorter.GrowTo(599);
  connection_->Show(shorter);
  EXPECT_TRUE(absl::IsDataLoss(Export().status()));
  TestLog other("other.example/audit");
  connection_->Show(other);
  EXPECT_TRUE(
      absl::IsFailedPrecondition(ExportLog(Client(connection_), {.folder = folder_}).status()));
  EXPECT_TRUE(Verify().ok());
}

TEST_F(ExportLogTest, ACheckpointThatTheKeyDidNotSignIsRefused) {
  const tlog::SignerKey other = TestKey("log.example/audit", tlog::SignatureType::kEd25519, 'x');
  const absl::Status status =
      ExportLog(Client(connection_), {.folder = folder_, .trust = {{other.verifier().ToString()}}})
          .status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_FALSE(fs::exists(folder_ / "checkpoint"));
}

TEST_F(ExportLogTest, TilesOfAnotherHistoryInTheFolderAreFound) {
  TestLog other;
  other.GrowTo(100);
  other.Append("another history");
  other.GrowTo(600);
  fs::create_directories(folder_);
  other.Export(folder_);
  fs::remove(folder_ / "checkpoint");
  const absl::Status status = Export().status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("do not lead to the root"));
  EXPECT_FALSE(fs::exists(folder_ / "checkpoint"));
}

TEST_F(ExportLogTest, HashesAloneMakeNoCallForRecords) {
  ASSERT_TRUE(Export(true).ok());
  EXPECT_EQ(connection_->bundles_sent, 0);
  EXPECT_FALSE(fs::exists(folder_ / "tile/entries"));
  EXPECT_TRUE(
      VerifyExport({.folder = folder_, .trust = {{log_.key().ToString()}}, .hashes_only = true})
          .ok());
}

TEST_F(ExportLogTest, WhatRetentionDroppedIsLeftOutAndSaid) {
  connection_->minimum_index = 512;
  const absl::StatusOr<ExportedLog> exported = Export();
  ASSERT_TRUE(exported.ok()) << exported.status();
  EXPECT_EQ(exported->minimum_index, 512);
  EXPECT_EQ(connection_->bundles_sent, 1);
  EXPECT_EQ(ReadWhole((folder_ / "minimum_index").string()), "512\n");
  const absl::StatusOr<WholeLog> log = Verify();
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(log->archived, 512);
}

TEST_F(ExportLogTest, BundlesThatWereFetchedBeforeTheyWereDroppedStay) {
  ASSERT_TRUE(Export().ok());
  connection_->minimum_index = 512;
  log_.GrowTo(700);
  ASSERT_TRUE(Export().ok());
  const absl::StatusOr<WholeLog> log = Verify();
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(log->minimum_index, 512);
  EXPECT_EQ(log->archived, 0);
}

TEST_F(ExportLogTest, TwoExportsIntoOneFolderDoNotMeet) {
  fs::create_directories(folder_);
  const auto lock = internal::FileLock::Take(folder_, internal::FileLock::Wait::kNo);
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_TRUE(absl::IsFailedPrecondition(Export().status()));
}

TEST_F(ExportLogTest, AFolderThatCannotBeMadeIsNamed) {
  WriteWhole(temporary_.Path("export"), "a file");
  const absl::Status status = Export().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown);
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder_.string()));
}

TEST_F(ExportLogTest, ProgressEndsWithAllRecords) {
  uint64_t last = 0;
  ASSERT_TRUE(ExportLog(Client(connection_), {.folder = folder_,
                                              .progress =
                                                  [&](uint64_t done, uint64_t total) {
                                                    EXPECT_LE(last, done);
                                                    EXPECT_EQ(total, 600);
                                                    last = done;
                                                  }})
                  .ok());
  EXPECT_EQ(last, 600);
}

}  // namespace
}  // namespace concordat::audit_export
