// The log over the wire: checkpoints, proofs, tiles and bundles, and a start that
// refuses a log which is not the one that was signed.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status.h"
#include "client/audit/verify_export.h"
#include "concordat/v1/audit_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/must.h"
#include "tests/support/python_verifier.h"
#include "tests/support/stored_audit.h"
#include "tests/support/test_partnership.h"
#include "tlog/checkpoint.h"
#include "tlog/compact_range.h"
#include "tlog/entry_bundle.h"
#include "tlog/test_log.h"
#include "tlog/tile.h"
#include "tlog/tree_proof.h"

namespace concordat::e2e {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

std::vector<tlog::VerifierKey> KeysOf(const server::v1::ServerConfig& config) {
  std::vector<tlog::VerifierKey> keys;
  for (const std::string& text : Must(LogKeys(config))) {
    keys.push_back(Must(tlog::VerifierKey::Parse(text)));
  }
  return keys;
}

class AuditProofsTest : public ::testing::Test {
 protected:
  // Waits until a checkpoint covers `size` records; what its log signed.
  tlog::Checkpoint CheckpointOf(uint64_t size) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (absl::Now() < deadline) {
      const auto answer = partnership_.Get<v1::Checkpoint>(kPolice, v1::GetCheckpointRequest());
      if (answer.tree_size() >= size) return Opened(answer);
      absl::SleepFor(absl::Milliseconds(50));
    }
    ADD_FAILURE() << "no checkpoint covers " << size << " records";
    return {};
  }
  tlog::Checkpoint Opened(const v1::Checkpoint& checkpoint) {
    const auto opened = tlog::OpenCheckpoint(checkpoint.note(), KeysOf(partnership_.config()),
                                             tlog::ExtensionLines::kRefuse);
    EXPECT_TRUE(opened.ok()) << opened.status();
    if (!opened.ok()) return {};
    EXPECT_EQ(opened->checkpoint.origin, checkpoint.origin());
    EXPECT_EQ(opened->checkpoint.size, checkpoint.tree_size());
    EXPECT_EQ(opened->checkpoint.root, checkpoint.root_hash());
    return opened->checkpoint;
  }
  v1::Receipt ReceiptOfACall() {
    const auto answer = partnership_.Ask<v1::WhoAmIResponse>(kPolice, v1::WhoAmIRequest());
    EXPECT_TRUE(answer.ok()) << answer.outcome.Text();
    return answer.outcome.receipt.value();
  }
  // The parts of a stream, joined by path.
  template <typename Response, typename Request>
  std::map<std::string, std::string> ReadAll(const Partner& partner, const Request& request) {
    std::map<std::string, std::string> files;
    StreamCall call(partnership_.ChannelOf(partner), PathOf(*Request::descriptor()));
    EXPECT_TRUE(call.Write(request.SerializeAsString()));
    call.CloseWrites();
    while (std::optional<std::string> bytes = call.Read()) {
      Response part;
      EXPECT_TRUE(part.ParseFromString(*bytes));
      if constexpr (requires { part.tile(); }) {
        files[part.path()] += part.tile();
      } else {
        files[part.path()] += part.data();
      }
    }
    const Outcome outcome = call.Finish();
    EXPECT_TRUE(outcome.ok()) << outcome.Text();
    return files;
  }

  TestPartnership partnership_;
};

TEST_F(AuditProofsTest, AReceiptIsProvenByTheNextCheckpoint) {
  const v1::Receipt receipt = ReceiptOfACall();
  const tlog::Checkpoint checkpoint = CheckpointOf(receipt.index() + 1);
  v1::GetInclusionProofRequest request;
  request.set_index(receipt.index());
  request.set_tree_size(checkpoint.size);
  const auto proof = partnership_.Get<v1::GetInclusionProofResponse>(kPolice, request);
  const std::vector<std::string> hashes(proof.hashes().begin(), proof.hashes().end());
  EXPECT_TRUE(tlog::VerifyInclusion(receipt.index(), checkpoint.size, receipt.leaf_hash(), hashes,
                                    checkpoint.root)
                  .ok());
}

TEST_F(AuditProofsTest, ARefusedCallIsProvenToo) {
  const auto refused = partnership_.Ask<v1::ListPlansResponse>(kStranger, v1::ListPlansRequest());
  ASSERT_FALSE(refused.ok());
  const v1::Receipt receipt = refused.outcome.receipt.value();
  CheckpointOf(receipt.index() + 1);
  v1::GetInclusionProofRequest request;
  request.set_index(receipt.index());
  const auto proof = partnership_.Get<v1::GetInclusionProofResponse>(kStranger, request);
  const tlog::Checkpoint checkpoint = Opened(proof.checkpoint());
  const std::vector<std::string> hashes(proof.hashes().begin(), proof.hashes().end());
  EXPECT_EQ(proof.tree_size(), checkpoint.size);
  EXPECT_TRUE(tlog::VerifyInclusion(receipt.index(), checkpoint.size, receipt.leaf_hash(), hashes,
                                    checkpoint.root)
                  .ok());
}

TEST_F(AuditProofsTest, LaterCheckpointsAreConsistentWithEarlierOnes) {
  const tlog::Checkpoint earlier = CheckpointOf(1);
  const tlog::Checkpoint later = CheckpointOf(ReceiptOfACall().index() + 1);
  v1::GetConsistencyProofRequest request;
  request.set_from_size(earlier.size);
  request.set_to_size(later.size);
  const auto proof = partnership_.Get<v1::GetConsistencyProofResponse>(kPolice, request);
  const std::vector<std::string> hashes(proof.hashes().begin(), proof.hashes().end());
  EXPECT_TRUE(
      tlog::VerifyConsistency(earlier.size, later.size, hashes, earlier.root, later.root).ok());
}

TEST_F(AuditProofsTest, WhatIsNotSignedYetIsPending) {
  partnership_.Stop();
  partnership_.Reconfigure([](server::v1::ServerConfig& config) {
    config.mutable_audit()->set_checkpoint_seconds(3600);
  });
  partnership_.Start();
  const v1::Receipt receipt = ReceiptOfACall();
  v1::GetInclusionProofRequest inclusion;
  inclusion.set_index(receipt.index());
  const auto refused = partnership_.Ask<v1::GetInclusionProofResponse>(kPolice, inclusion);
  EXPECT_TRUE(RefusedWith(refused.outcome, v1::CHECKPOINT_PENDING));
  EXPECT_TRUE(PayloadOf<google::rpc::RetryInfo>(refused.outcome.error()).has_value());
  v1::GetConsistencyProofRequest consistency;
  consistency.set_to_size(receipt.index() + 1);
  EXPECT_TRUE(
      RefusedWith(partnership_.Ask<v1::GetConsistencyProofResponse>(kPolice, consistency).outcome,
                  v1::CHECKPOINT_PENDING));
}

TEST_F(AuditProofsTest, WhatTheLogDoesNotHaveIsNotAwaited) {
  for (const uint64_t beyond : {uint64_t{1'000'000}, uint64_t{1} << 63, UINT64_MAX}) {
    v1::GetInclusionProofRequest inclusion;
    inclusion.set_index(beyond);
    EXPECT_TRUE(
        RefusedWith(partnership_.Ask<v1::GetInclusionProofResponse>(kPolice, inclusion).outcome,
                    v1::FIELDS_INVALID));
    inclusion.set_index(5);
    inclusion.set_tree_size(beyond);
    EXPECT_TRUE(
        RefusedWith(partnership_.Ask<v1::GetInclusionProofResponse>(kPolice, inclusion).outcome,
                    v1::FIELDS_INVALID));
    v1::GetConsistencyProofRequest consistency;
    consistency.set_from_size(beyond);
    EXPECT_TRUE(
        RefusedWith(partnership_.Ask<v1::GetConsistencyProofResponse>(kPolice, consistency).outcome,
                    v1::FIELDS_INVALID));
  }
  v1::GetInclusionProofRequest at_the_end;
  at_the_end.set_index(5);
  at_the_end.set_tree_size(5);
  EXPECT_TRUE(
      RefusedWith(partnership_.Ask<v1::GetInclusionProofResponse>(kPolice, at_the_end).outcome,
                  v1::FIELDS_INVALID));
}

TEST_F(AuditProofsTest, AnAuditorReadsTheRecordsThatTheTreeIsMadeOf) {
  // More than one bundle.
  uint64_t records = 0;
  while (records < 300) records = ReceiptOfACall().index() + 1;
  const tlog::Checkpoint checkpoint = CheckpointOf(records);
  v1::ReadEntryBundlesRequest bundles;
  bundles.set_count(1000);
  bundles.set_tree_size(checkpoint.size);
  v1::ReadTilesRequest tiles;
  tiles.set_count(1000);
  tiles.set_tree_size(checkpoint.size);
  const auto files = ReadAll<v1::ReadEntryBundlesResponse>(kAuditor, bundles);
  const auto hashes = ReadAll<v1::ReadTilesResponse>(kPolice, tiles);
  ASSERT_EQ(files.size(), tlog::TileCount(checkpoint.size, 0));
  ASSERT_EQ(hashes.size(), files.size());

  tlog::CompactRange range;
  for (const auto& [path, bundle] : files) {
    const tlog::Tile tile = Must(tlog::ParseTilePath(path));
    std::string leaves;
    for (const absl::string_view record : Must(tlog::ParseEntryBundle(bundle, tile.width))) {
      leaves += tlog::LeafHash(record);
      Must(range.Append(tlog::LeafHash(record)));
    }
    EXPECT_EQ(hashes.at(tlog::TilePath({tlog::TileContents::kHashes, 0, tile.index, tile.width})),
              leaves);
  }
  EXPECT_EQ(range.size(), checkpoint.size);
  EXPECT_EQ(range.Root(), checkpoint.root);
}

TEST_F(AuditProofsTest, RecordsAreForAuditorsAlone) {
  EXPECT_TRUE(RefusedWith(
      partnership_.Ask<v1::ReadEntryBundlesResponse>(kBoard, v1::ReadEntryBundlesRequest()).outcome,
      v1::ROLE_MISSING));
}

TEST_F(AuditProofsTest, TilesBeyondTheTreeAreNone) {
  v1::ReadTilesRequest request;
  request.set_first(1'000'000);
  EXPECT_TRUE(ReadAll<v1::ReadTilesResponse>(kPolice, request).empty());
  request.set_first(0);
  request.set_level(7);
  EXPECT_TRUE(ReadAll<v1::ReadTilesResponse>(kPolice, request).empty());
}

TEST_F(AuditProofsTest, ASecondKeyIsAnotherKey) {
  server::v1::ServerConfig config = partnership_.config();
  const std::string copy = partnership_.database_path() + ".key";
  WriteWhole(copy, ReadWhole(config.audit().key_file()));
  for (const std::string& second : {config.audit().key_file(), copy}) {
    config.mutable_audit()->set_second_key_file(second);
    const absl::Status refused = LogKeys(config).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(refused.message()), HasSubstr("audit.second_key_file"));
  }
}

TEST_F(AuditProofsTest, TheEndOfTheLogIsSignedBeforeTheServerIsGone) {
  const v1::Receipt receipt = ReceiptOfACall();
  partnership_.Stop();
  const auto opened =
      tlog::OpenCheckpoint(ReadWhole(partnership_.config().audit().checkpoint_file()),
                           KeysOf(partnership_.config()), tlog::ExtensionLines::kRefuse);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_GT(opened->checkpoint.size, receipt.index());
}

TEST_F(AuditProofsTest, DamageThatIsFoundWhenTheServerStopsIsNotSigned) {
  partnership_.Stop();
  // So that the next signature is that of the stop.
  partnership_.Reconfigure([](server::v1::ServerConfig& config) {
    config.mutable_audit()->set_checkpoint_seconds(3600);
  });
  partnership_.Start();
  const v1::Receipt receipt = ReceiptOfACall();
  ChangeDatabase(partnership_.database_path(),
                 absl::StrCat("UPDATE audit SET record = 'x' WHERE idx = ", receipt.index()));
  partnership_.Stop();
  const auto kept =
      Must(tlog::OpenCheckpoint(ReadWhole(partnership_.config().audit().checkpoint_file()),
                                KeysOf(partnership_.config()), tlog::ExtensionLines::kRefuse));
  EXPECT_LE(kept.checkpoint.size, receipt.index());
}

class RestoredLogTest : public AuditProofsTest {
 protected:
  // Puts the database back to what it was before a call that was answered and signed.
  void Restore() {
    partnership_.Stop();
    const std::string backup = partnership_.database_path() + ".backup";
    fs::copy_file(partnership_.database_path(), backup);
    fs::copy_file(OldCheckpoint(), OldCheckpoint() + "-before");
    partnership_.Start();
    ReceiptOfACall();
    partnership_.Stop();
    fs::copy_file(backup, partnership_.database_path(), fs::copy_options::overwrite_existing);
  }
  // The configuration of a log that takes the place of the old one.
  server::v1::ServerConfig Successor() const {
    server::v1::ServerConfig config = partnership_.config();
    config.set_log_origin("e2e.test/audit-2");
    config.mutable_audit()->set_checkpoint_file(OldCheckpoint() + "-2");
    return config;
  }
  // How many records the checkpoint in this file covers.
  uint64_t SizeOf(const std::string& file) const {
    return Must(tlog::OpenCheckpoint(ReadWhole(file), KeysOf(partnership_.config()),
                                     tlog::ExtensionLines::kRefuse))
        .checkpoint.size;
  }
  std::string OldCheckpoint() const { return partnership_.config().audit().checkpoint_file(); }
  std::string ArchiveFolder() const { return partnership_.database_path() + ".archive"; }

  const SystemClock clock_{};
};

TEST_F(RestoredLogTest, ADatabaseFromABackupIsNotServed) {
  Restore();
  const auto refused = Server::Start(partnership_.config(), clock_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("it was put back to an earlier state"));
}

TEST_F(RestoredLogTest, AnotherLogTakesItsPlaceAndSaysSo) {
  Restore();
  const auto succeeded = LetLogSucceed(Successor(), clock_, OldCheckpoint(), ArchiveFolder());
  ASSERT_TRUE(succeeded.ok()) << succeeded.status();
  const auto old_log = Must(tlog::OpenCheckpoint(
      ReadWhole(OldCheckpoint()), KeysOf(partnership_.config()), tlog::ExtensionLines::kRefuse));
  EXPECT_EQ(succeeded->predecessor, absl::StrCat("e2e.test/audit@", old_log.checkpoint.size));
  EXPECT_TRUE(succeeded->verifies);

  const server::v1::ServerConfig config = Successor();
  partnership_.Reconfigure([&](server::v1::ServerConfig& changed) { changed = config; });
  partnership_.Start();
  const auto list =
      partnership_.Get<v1::ListAuditEntriesResponse>(kAuditor, v1::ListAuditEntriesRequest());
  ASSERT_EQ(list.entries_size(), 1);
  EXPECT_EQ(list.entries(0).record().event(), v1::AuditRecord::LOG_SUCCEEDED);
  EXPECT_EQ(list.entries(0).record().resource(), succeeded->predecessor);
  // Everything but the log is there.
  const auto plans = partnership_.Get<v1::ListPlansResponse>(kPolice, v1::ListPlansRequest());
  EXPECT_GT(plans.plans_size(), 0);
}

TEST_F(RestoredLogTest, WhatIsLeftOfTheOldLogVerifiesAndSaysWhatIsLost) {
  Restore();
  const uint64_t left = ReadAudit(partnership_.database_path()).size();
  const uint64_t was_signed = SizeOf(OldCheckpoint());
  ASSERT_GT(was_signed, left);
  ASSERT_TRUE(LetLogSucceed(Successor(), clock_, OldCheckpoint(), ArchiveFolder()).ok());
  const std::vector<std::string> keys = Must(LogKeys(partnership_.config()));
  const auto log =
      audit_export::VerifyExport({.folder = ArchiveFolder(), .trust = AuditTrust{keys}});
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(log->checkpoint.tree_size, left);
  EXPECT_EQ(log->lost, was_signed - left);
  const PythonVerdict other = RunPythonVerifier({"--key", keys[0], ArchiveFolder()});
  EXPECT_EQ(other.exit_code, 0) << other.output;
  EXPECT_THAT(other.output, HasSubstr(absl::StrCat(was_signed, " were signed: the last ",
                                                   was_signed - left, " are lost")));
  EXPECT_EQ(ReadWhole(ArchiveFolder() + "/lost_checkpoint"), ReadWhole(OldCheckpoint()));
}

TEST_F(RestoredLogTest, WithoutTheOldLogsKeyNothingIsSigned) {
  Restore();
  server::v1::ServerConfig config = Successor();
  WriteWhole(OldCheckpoint() + ".key", tlog::PemOfSeed(std::string(32, 'n')));
  config.mutable_audit()->set_key_file(OldCheckpoint() + ".key");
  const auto succeeded = LetLogSucceed(config, clock_, OldCheckpoint(), ArchiveFolder());
  ASSERT_TRUE(succeeded.ok()) << succeeded.status();
  EXPECT_FALSE(succeeded->verifies);
  EXPECT_EQ(ReadWhole(ArchiveFolder() + "/checkpoint"), ReadWhole(OldCheckpoint()));
}

TEST_F(RestoredLogTest, RecordsThatContradictWhatWasSignedAreNotSignedEither) {
  Restore();
  const std::string old = OldCheckpoint();
  // Another history, as long as the one that was signed and longer.
  server::v1::ServerConfig fork = partnership_.config();
  fork.mutable_audit()->set_checkpoint_file(old + "-fork");
  const std::vector<std::string> keys = Must(LogKeys(partnership_.config()));
  fs::copy_file(old + "-before", old + "-fork");
  partnership_.Reconfigure([&](server::v1::ServerConfig& changed) { changed = fork; });
  partnership_.Start();
  while (ReceiptOfACall().index() <= SizeOf(old)) continue;
  partnership_.Stop();
  const auto succeeded = LetLogSucceed(Successor(), clock_, old, ArchiveFolder());
  ASSERT_TRUE(succeeded.ok()) << succeeded.status();
  EXPECT_FALSE(succeeded->verifies);
  const std::string verdict =
      "records and tiles agree with each other, but not with the signed root";
  const auto log =
      audit_export::VerifyExport({.folder = ArchiveFolder(), .trust = AuditTrust{keys}});
  EXPECT_THAT(std::string(log.status().message()), HasSubstr(verdict));
  EXPECT_THAT(RunPythonVerifier({"--key", keys[0], ArchiveFolder()}).output, HasSubstr(verdict));
}

TEST_F(RestoredLogTest, ALogThatLacksNothingHasNoSuccessor) {
  partnership_.Stop();
  const auto refused = LetLogSucceed(Successor(), clock_, OldCheckpoint(), ArchiveFolder());
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(fs::exists(ArchiveFolder()));
  EXPECT_TRUE(Server::Start(partnership_.config(), clock_).ok());
}

TEST_F(RestoredLogTest, ASuccessorHasANameAnArchiveAndACheckpointOfItsOwn) {
  Restore();
  const auto succeed = [&](const server::v1::ServerConfig& config) {
    return LetLogSucceed(config, clock_, OldCheckpoint(), ArchiveFolder()).status().code();
  };
  EXPECT_EQ(succeed(partnership_.config()), absl::StatusCode::kFailedPrecondition);
  server::v1::ServerConfig same_name = Successor();
  same_name.set_log_origin(partnership_.config().log_origin());
  EXPECT_EQ(succeed(same_name), absl::StatusCode::kFailedPrecondition);
  fs::create_directories(ArchiveFolder());
  WriteWhole(ArchiveFolder() + "/something", "else");
  EXPECT_EQ(succeed(Successor()), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace concordat::e2e
