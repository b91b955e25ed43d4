// What readers of the audit log are told when somebody wrote to the database behind
// the server's back.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/audit_log_test.h"

namespace concordat::services {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// Sets the hash of one record in the stored tile.
std::string SetHash(uint64_t index, const std::string& hash_in_hex) {
  const uint64_t before = index * tlog::kHashBytes;
  return absl::StrCat("UPDATE audit_tile SET hashes = CAST(substr(hashes, 1, ", before, ") || x'",
                      hash_in_hex, "' || substr(hashes, ", before + tlog::kHashBytes + 1,
                      ") AS BLOB) WHERE id = 0");
}

const std::string& Zeros() {
  static const auto* const zeros = new std::string(2 * tlog::kHashBytes, '0');
  return *zeros;
}

// The records that an error is about: its metadata.
std::vector<std::pair<std::string, std::string>> Named(const absl::Status& status) {
  EXPECT_EQ(ReasonOf(status), v1::INTERNAL_ERROR) << status;
  std::vector<std::pair<std::string, std::string>> named;
  const auto info = PayloadOf<google::rpc::ErrorInfo>(status);
  if (!info.has_value()) return named;
  for (const auto& [key, value] : info->metadata()) {
    EXPECT_TRUE(absl::StrContains(status.message(), value)) << status;
    named.emplace_back(key, value);
  }
  return named;
}

class AuditDamageTest : public AuditLogTest {
 protected:
  // The requests for the records of the quarter, of which there are 290.
  template <typename Request>
  Request OfTheQuarter() const {
    Request request;
    *request.mutable_from() = ToTimestamp(quarter_);
    *request.mutable_to() = ToTimestamp(StartOf(absl::CivilDay(2019, 1, 1)));
    return request;
  }
  // How many entries the stream has before it ends.
  absl::StatusOr<int64_t> Stream(const v1::StreamAuditEntriesRequest& request = {}) {
    const auto call = std::make_shared<const door::Call>(
        door::CallReactor::MakeCall(store::OfPolice(v1::AccessRule::ROLE, v1::AUDITOR)));
    ASSIGN_OR_RETURN(const auto source,
                     OpenAuditStream(*store_, call, request, checkpoint_, kSize));
    while (true) {
      ASSIGN_OR_RETURN(const auto message, source->Next());
      if (!message.has_value()) return source->rows();
    }
  }
};

class IndexDamageTest : public AuditDamageTest,
                        public ::testing::WithParamInterface<const char*> {};

TEST_P(IndexDamageTest, WhatOnlyFindsRecordsChangesNothingOfWhatIsSaid) {
  MakeLog();
  const std::string before = Must(Summarise()).SerializeAsString();
  Execute(GetParam());
  EXPECT_EQ(Must(Summarise()).SerializeAsString(), before);
  EXPECT_EQ(Must(List()).size(), kSize);
  EXPECT_EQ(Must(List(OfTheQuarter<v1::ListAuditEntriesRequest>())).size(), 290);
  EXPECT_EQ(Must(Stream()), kSize);
  EXPECT_EQ(Must(Stream(OfTheQuarter<v1::StreamAuditEntriesRequest>())), 290);
}

INSTANTIATE_TEST_SUITE_P(
    AllIndexes, IndexDamageTest,
    ::testing::Values("DELETE FROM audit_hour",
                      "DELETE FROM audit_hour WHERE hour = (SELECT max(hour) FROM audit_hour)",
                      "UPDATE audit_hour SET first = last", "UPDATE audit_hour SET last = first",
                      "UPDATE audit_hour SET first = 100000, last = 200000",
                      "UPDATE audit_hour SET hour = hour + 100000", "DELETE FROM audit_seen_by",
                      "UPDATE audit SET time = 0, agency = 'agencies/none', resource = ''"));

TEST_F(AuditDamageTest, AChangedRecordIsNamedByAllWhoWouldShowIt) {
  MakeLog(100);
  EXPECT_THAT(Named(List().status()), ElementsAre(Pair("index", "100")));
  EXPECT_THAT(Named(List({}, v1::READER).status()), ElementsAre(Pair("index", "100")));
  EXPECT_THAT(Named(Stream().status()), ElementsAre(Pair("index", "100")));
  // Those after it can be read.
  v1::StreamAuditEntriesRequest later;
  later.set_first_index(101);
  EXPECT_EQ(Must(Stream(later)), kSize - 101);
}

TEST_F(AuditDamageTest, BytesThatAreNoRecordAreNamed) {
  MakeLog();
  Execute("UPDATE audit SET record = x'ff' WHERE idx = 100");
  EXPECT_THAT(Named(List().status()), ElementsAre(Pair("index", "100")));
  EXPECT_THAT(Named(List({}, v1::READER).status()), ElementsAre(Pair("index", "100")));
  EXPECT_THAT(Named(Stream().status()), ElementsAre(Pair("index", "100")));
  EXPECT_EQ(Must(Summarise()).first_bad_index(), 100);
}

TEST_F(AuditDamageTest, AMissingRecordIsNamed) {
  MakeLog();
  Execute("DELETE FROM audit WHERE idx = 100");
  EXPECT_THAT(Named(List().status()), ElementsAre(Pair("index", "100")));
  EXPECT_THAT(Named(Stream().status()), ElementsAre(Pair("index", "100")));
  const v1::AuditSummary summary = Must(Summarise());
  EXPECT_EQ(summary.first_bad_index(), 100);
  EXPECT_FALSE(summary.has_last_bad_index());
  EXPECT_EQ(summary.verified_records(), 289);
}

TEST_F(AuditDamageTest, TheNewestRecordsDoNotGoUnnoticed) {
  MakeLog();
  Execute("DELETE FROM audit WHERE idx >= 298");
  EXPECT_THAT(Named(List().status()), ElementsAre(Pair("index", "299")));
  EXPECT_THAT(Named(Stream().status()), ElementsAre(Pair("index", "298")));
  EXPECT_EQ(Must(Summarise()).first_bad_index(), 298);
}

TEST_F(AuditDamageTest, TheOldestRecordsDoNotGoUnnoticed) {
  MakeLog();
  Execute("DELETE FROM audit WHERE idx < 20");
  EXPECT_THAT(Named(List().status()), ElementsAre(Pair("index", "19")));
  EXPECT_THAT(Named(Stream().status()), ElementsAre(Pair("index", "19")));
  const v1::AuditSummary summary = Must(Summarise());
  EXPECT_EQ(summary.first_bad_index(), 0);
  EXPECT_EQ(summary.last_bad_index(), 19);
}

// The records are proven without it.
TEST_F(AuditDamageTest, ADamagedHashIsNamedAndHidesNoRecord) {
  MakeLog();
  Execute(SetHash(100, Zeros()));
  const v1::AuditSummary summary = Must(Summarise());
  EXPECT_EQ(summary.first_bad_index(), 100);
  EXPECT_FALSE(summary.has_last_bad_index());
  EXPECT_EQ(summary.verified_records(), 290);
  EXPECT_EQ(Must(List()).size(), kSize);
  EXPECT_EQ(Must(Stream()), kSize);
}

// Which of them was changed, record and hash together, nothing tells any more.
TEST_F(AuditDamageTest, ARecordChangedWithItsHashIsOneOfItsTile) {
  MakeLog();
  Execute("UPDATE audit SET record = x'' WHERE idx = 100");
  Execute(SetHash(100, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"));
  const v1::AuditSummary summary = Must(Summarise());
  EXPECT_EQ(summary.first_bad_index(), 0);
  EXPECT_EQ(summary.last_bad_index(), 255);
  EXPECT_EQ(summary.verified_records(), 44);
  const auto tile = UnorderedElementsAre(Pair("index", "0"), Pair("last_index", "255"));
  EXPECT_THAT(Named(List().status()), tile);
  EXPECT_THAT(Named(Stream().status()), tile);
  EXPECT_THAT(Named(List(OfTheQuarter<v1::ListAuditEntriesRequest>()).status()), tile);
}

TEST_F(AuditDamageTest, WhatRetentionDroppedOfTheQuarterIsCountedWithoutItsHours) {
  MakeLog();
  const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
  Must(batch->DropAudit(256));
  Must(batch->Commit());
  Execute("DELETE FROM audit_hour WHERE hour > (SELECT min(hour) FROM audit_hour)");
  EXPECT_EQ(Must(Summarise()).dropped_records(), 246);
}

TEST_F(AuditDamageTest, RecordsThatNoCheckpointCoversYetAreShownAndCounted) {
  MakeLog();
  checkpoint_.set_tree_size(256);
  checkpoint_.set_root_hash(Must(store_->ReadTile(1, 0)));
  EXPECT_EQ(Must(List()).size(), kSize);
  EXPECT_EQ(Must(Stream()), kSize);
  EXPECT_EQ(Must(List(OfTheQuarter<v1::ListAuditEntriesRequest>())).size(), 290);
  Execute("DELETE FROM audit WHERE idx = 290");
  EXPECT_THAT(Named(List().status()), ElementsAre(Pair("index", "290")));
  EXPECT_THAT(Named(Stream().status()), ElementsAre(Pair("index", "290")));
}

}  // namespace
}  // namespace concordat::services
