// `concordat audit export|verify|checkpoint|receipt|watch`, whole command lines.
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/audit/testing/log_connection.h"
#include "client/cli/testing/cli_runner.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/python_verifier.h"
#include "tests/support/temporary_folder.h"
#include "tlog/test_log.h"

namespace concordat::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using tlog::TestLog;

class AuditCommandsTest : public ::testing::Test {
 protected:
  AuditCommandsTest() { log_.GrowTo(300); }

  CliResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "audit");
    return RunCli(connection_, std::move(arguments));
  }
  std::string Key() const { return log_.key().ToString(); }
  void FlipFirstBit(const std::string& path) {
    std::string bytes = ReadWhole(path);
    bytes[0] ^= 1;
    WriteWhole(path, bytes);
  }

  concordat::TemporaryFolder temporary_;
  const std::string folder_ = temporary_.Path("export");
  TestLog log_;
  std::shared_ptr<LogConnection> connection_ = std::make_shared<LogConnection>(log_);
};

TEST_F(AuditCommandsTest, AnExportIsVerifiedOfflineInTheWordsOfTheOtherVerifier) {
  CliResult result = Run({"export", "--dir", folder_});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out, absl::StrCat("exported: 300 records of log.example/audit into ", folder_,
                                     "; fetched 2 tiles and 2 bundles\n"));
  connection_ = nullptr;
  result = Run({"verify", "--key", Key(), folder_});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out, absl::StrCat("whole: 300 records of log.example/audit, root ",
                                     absl::Base64Escape(log_.Root()), "\n"));
  FlipFirstBit(folder_ + "/tile/entries/001.p/44");
  result = Run({"verify", "--key", Key(), folder_});
  EXPECT_EQ(result.code, ExitCode::kAuditDamaged);
  EXPECT_THAT(result.err, StartsWith("concordat: DAMAGED: first bad index 256: "));
}

TEST_F(AuditCommandsTest, HashesAloneAreExportedAndVerifiedAsSuch) {
  EXPECT_EQ(Run({"export", "--hashes-only", "--dir", folder_}).code, ExitCode::kOk);
  EXPECT_EQ(Run({"verify", "--key", Key(), folder_}).code, ExitCode::kAuditDamaged);
  const CliResult result = Run({"verify", "--hashes-only", "--key", Key(), folder_});
  EXPECT_EQ(result.code, ExitCode::kOk);
  EXPECT_THAT(result.out, StartsWith("whole: the hashes of 300 records"));
}

TEST_F(AuditCommandsTest, WhatWasDroppedIsSaid) {
  connection_->minimum_index = 256;
  EXPECT_THAT(Run({"export", "--dir", folder_}).out,
              HasSubstr("the service has dropped the first 256"));
  EXPECT_THAT(Run({"verify", "--key", Key(), folder_}).out,
              HasSubstr(", the first 256 archived elsewhere\n"));
}

TEST_F(AuditCommandsTest, AnExportThatHasToBeCompleteIsRefusedWhenItIsNot) {
  EXPECT_EQ(Run({"export", "--dir", folder_}).code, ExitCode::kOk);
  const std::vector<std::string> verify = {"verify", "--complete", "--key", Key(), folder_};
  const auto expect_incomplete = [&](const std::string& what) {
    const CliResult result = Run(verify);
    EXPECT_EQ(result.code, ExitCode::kAuditDamaged);
    EXPECT_THAT(result.err, StartsWith("concordat: INCOMPLETE: " + what));
    const PythonVerdict other = RunPythonVerifier({"--complete", "--key", Key(), folder_});
    EXPECT_EQ(other.exit_code, 1);
    EXPECT_EQ(other.output, "INCOMPLETE: " + what);
  };
  EXPECT_EQ(Run(verify).code, ExitCode::kOk);
  EXPECT_EQ(RunPythonVerifier({"--complete", "--key", Key(), folder_}).exit_code, 0);
  fs::remove(folder_ + "/tile/entries/000");
  WriteWhole(folder_ + "/minimum_index", "256\n");
  expect_incomplete("the first 256 archived elsewhere");
  TestLog longer;
  longer.GrowTo(310);
  WriteWhole(folder_ + "/lost_checkpoint", longer.Checkpoint());
  expect_incomplete("the first 256 archived elsewhere, 310 were signed: the last 10 are lost");
  EXPECT_EQ(Run({"verify", "--complete", "--hashes-only", "--key", Key(), folder_}).code,
            ExitCode::kUsage);
}

TEST_F(AuditCommandsTest, AFolderOrFileThatIsNotThereIsNotDamaged) {
  EXPECT_EQ(Run({"verify", "--key", Key(), folder_}).code, ExitCode::kOther);
  EXPECT_EQ(Run({"export", "--dir", folder_}).code, ExitCode::kOk);
  EXPECT_EQ(Run({"verify", "--key", Key(), "--earlier", temporary_.Path("none"), folder_}).code,
            ExitCode::kOther);
  // One that is there and empty is no checkpoint.
  WriteWhole(temporary_.Path("empty"), "");
  EXPECT_EQ(Run({"verify", "--key", Key(), "--earlier", temporary_.Path("empty"), folder_}).code,
            ExitCode::kAuditDamaged);
}

TEST_F(AuditCommandsTest, AnEarlierCheckpointMayBeNamed) {
  const std::string earlier = temporary_.Path("earlier");
  EXPECT_EQ(Run({"checkpoint", "--key", Key(), "--save", earlier}).code, ExitCode::kOk);
  EXPECT_EQ(ReadWhole(earlier), log_.Checkpoint());
  log_.GrowTo(600);
  EXPECT_EQ(Run({"export", "--dir", folder_}).code, ExitCode::kOk);
  EXPECT_EQ(Run({"verify", "--key", Key(), "--earlier", earlier, folder_}).code, ExitCode::kOk);
  TestLog fork;
  fork.Append("another history");
  WriteWhole(earlier, fork.Checkpoint());
  const CliResult result = Run({"verify", "--key", Key(), "--earlier", earlier, folder_});
  EXPECT_EQ(result.code, ExitCode::kAuditDamaged);
  EXPECT_THAT(result.err, HasSubstr("did not grow from the earlier checkpoint"));
}

TEST_F(AuditCommandsTest, WhatIsNoIndexIsNotShown) {
  for (const char* index : {"-1", "1.5", "x", "18446744073709551616"}) {
    const CliResult result = Run({"show", "--", index});
    EXPECT_EQ(result.code, ExitCode::kUsage) << index;
    EXPECT_THAT(result.err, HasSubstr(absl::StrCat("'", index, "' is no index of a record")));
  }
}

TEST_F(AuditCommandsTest, TheCheckpointIsPrintedAsItIsSigned) {
  EXPECT_EQ(Run({"checkpoint"}).out, log_.Checkpoint());
  EXPECT_EQ(Run({"checkpoint", "--key", Key(), "--witnesses", "1"}).code, ExitCode::kConflict);
  EXPECT_EQ(Run({"checkpoint", "--key", "no key"}).code, ExitCode::kInvalidInput);
}

TEST_F(AuditCommandsTest, AReceiptBecomesAProofThatIsVerifiedOffline) {
  const std::string leaf = absl::BytesToHexString(tlog::LeafHash(log_.record(17)));
  CliResult result =
      Run({"receipt", "fetch", "--dir", temporary_.path().string(), "17:" + leaf, "299"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out,
              HasSubstr(absl::StrCat("17.tlog-proof: leaf ", leaf, ", by your receipt\n")));
  EXPECT_THAT(result.out, HasSubstr(", by the service's word\n"));
  const std::string file = temporary_.Path("17.tlog-proof");
  connection_ = nullptr;
  result = Run({"receipt", "verify", "--key", Key(), file, temporary_.Path("299.tlog-proof")});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr(absl::StrCat(file, ": record 17 of log.example/audit, leaf ",
                                                 leaf, ", is in the log of 300 records\n")));
  FlipFirstBit(file);
  EXPECT_EQ(Run({"receipt", "verify", "--key", Key(), file}).code, ExitCode::kAuditDamaged);
}

TEST_F(AuditCommandsTest, AReceiptThatTheLogDoesNotHaveIsRefused) {
  const std::string leaf = absl::BytesToHexString(tlog::LeafHash("never written"));
  EXPECT_EQ(Run({"receipt", "fetch", "17:" + leaf}).code, ExitCode::kDataDamaged);
  EXPECT_FALSE(fs::exists("17.tlog-proof"));
  for (const char* record : {"", "x", "17:", "17:abc", "-1"}) {
    EXPECT_EQ(Run({"receipt", "fetch", record}).code, ExitCode::kUsage) << record;
  }
}

TEST_F(AuditCommandsTest, TheWatchHasAnExitCodeOfItsOwnForAlarms) {
  const std::vector<std::string> watch = {"watch", "--key", Key(), "--pin", temporary_.Path("pin")};
  EXPECT_EQ(Run(watch).out, "pinned: 300 records of log.example/audit\n");
  log_.GrowTo(301);
  EXPECT_EQ(Run(watch).out,
            "good: 301 records of log.example/audit, grown from 300 by appending alone\n");
  TestLog fork;
  fork.Append("another history");
  fork.GrowTo(400);
  connection_->Show(fork);
  const CliResult result = Run(watch);
  EXPECT_EQ(result.code, ExitCode::kAuditAlarm);
  EXPECT_THAT(result.err, StartsWith("concordat: ALARM: "));
  EXPECT_THAT(result.err, HasSubstr(".alarm-"));
}

TEST_F(AuditCommandsTest, TheWatchSaysWhatToDoAboutASuccessor) {
  const std::vector<std::string> watch = {"watch", "--key", Key(), "--pin", temporary_.Path("pin")};
  EXPECT_EQ(Run(watch).code, ExitCode::kOk);
  TestLog successor("log.example/audit-2");
  connection_->Show(successor);
  const CliResult result = Run(watch);
  EXPECT_EQ(result.code, ExitCode::kAuditAlarm);
  EXPECT_THAT(result.err, HasSubstr("the service shows the log log.example/audit-2"));
  EXPECT_THAT(result.err, HasSubstr("ask the operator, on another road"));
}

}  // namespace
}  // namespace concordat::cli
