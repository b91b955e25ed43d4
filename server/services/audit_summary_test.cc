#include "server/services/audit_summary.h"

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/civil_time.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/audit_log_test.h"
#include "server/services/audit_tally.h"
#include "tlog/compact_range.h"
#include "tlog/merkle.h"

namespace concordat::services {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using v1::AuditRecord;

constexpr char kStream[] = "/concordat.v1.AuditService/ReadTiles";

AuditRecord Refused(AuditRecord record, const std::string& reason) {
  record.set_decision(AuditRecord::REFUSED);
  record.set_reason(reason);
  record.clear_released();
  record.clear_rows();
  return record;
}

// Method, calls and rows of each group.
std::vector<std::tuple<std::string, int64_t, int64_t>> Counts(
    const google::protobuf::RepeatedPtrField<v1::AuditSummary::Access>& groups) {
  std::vector<std::tuple<std::string, int64_t, int64_t>> counts;
  for (const auto& group : groups) {
    counts.emplace_back(group.method(), group.served(), group.rows());
  }
  return counts;
}

v1::AuditSummary TallyOf(const std::vector<AuditRecord>& records) {
  AuditTally tally(kPolice);
  for (const AuditRecord& record : records) tally.Add(record);
  v1::AuditSummary summary;
  tally.AddTo(summary);
  return summary;
}

TEST(AuditTallyTest, CallsAlikeAreOneGroupWithItsFirstAndLast) {
  AuditRecord another = CallOf(kPolice, kNoon + absl::Hours(2));
  another.set_agreement_version(4);
  const v1::AuditSummary summary =
      TallyOf({CallOf(kPolice, kNoon + absl::Hours(1)), CallOf(kPolice, kNoon), another});
  ASSERT_EQ(summary.own_calls_size(), 2);
  const v1::AuditSummary::Access& group = summary.own_calls(0);
  EXPECT_EQ(group.client(), "agencies/police/clients/feed");
  EXPECT_EQ(group.purpose(), "oversight");
  EXPECT_EQ(group.agreement(), "agreements/sharing");
  EXPECT_EQ(group.agreement_version(), 3);
  EXPECT_EQ(group.data_set(), v1::PLANS);
  EXPECT_EQ(group.method(), kGetPlan);
  EXPECT_EQ(group.served(), 2);
  EXPECT_EQ(group.rows(), 4);
  EXPECT_EQ(ToTime(group.first_time()), kNoon);
  EXPECT_EQ(ToTime(group.last_time()), kNoon + absl::Hours(1));
  EXPECT_EQ(summary.own_calls(1).agreement_version(), 4);
}

TEST(AuditTallyTest, OthersCountWhereTheAgencyContributed) {
  AuditRecord ours = CallOf("agencies/board", kNoon);
  ours.add_contributors("agencies/council");
  ours.add_contributors(kPolice);
  AuditRecord theirs = CallOf("agencies/board", kNoon);
  theirs.add_contributors("agencies/council");
  const v1::AuditSummary summary = TallyOf({ours, theirs, Refused(theirs, "OUT_OF_SCOPE")});
  EXPECT_THAT(summary.own_calls(), IsEmpty());
  EXPECT_THAT(Counts(summary.calls_of_others()), ElementsAre(std::tuple(kGetPlan, 1, 2)));
  EXPECT_THAT(summary.refusals(), IsEmpty());
}

TEST(AuditTallyTest, AStreamCountsOnceByItsEnd) {
  AuditRecord opened = CallOf(kPolice, kNoon);
  opened.set_event(AuditRecord::STREAM_OPENED);
  opened.set_method(kStream);
  opened.clear_released();
  opened.clear_rows();
  AuditRecord ended = CallOf(kPolice, kNoon);
  ended.set_event(AuditRecord::STREAM_ENDED);
  ended.set_method(kStream);
  AuditRecord cut = ended;
  cut.set_decision(AuditRecord::REFUSED);
  cut.set_reason("ACCESS_ENDED");
  AuditRecord interrupted = opened;
  interrupted.set_event(AuditRecord::STREAM_INTERRUPTED);
  const v1::AuditSummary summary = TallyOf({opened, ended, opened, cut, opened, interrupted});
  EXPECT_THAT(Counts(summary.own_calls()), ElementsAre(std::tuple(kStream, 3, 4)));
  ASSERT_EQ(summary.refusals_size(), 1);
  EXPECT_EQ(summary.refusals(0).reason(), "ACCESS_ENDED");
}

TEST(AuditTallyTest, WhatACallerInventsMakesNoGroups) {
  std::vector<AuditRecord> records;
  for (const char* invented : {"a", "b", "c"}) {
    AuditRecord unknown = Refused(CallOf(kPolice, kNoon), "METHOD_UNKNOWN");
    unknown.set_method(std::string("/evil/") + invented);
    records.push_back(unknown);
    AuditRecord self = CallOf(kPolice, kNoon);
    self.clear_agreement();
    self.clear_agreement_version();
    self.set_purpose(invented);
    records.push_back(self);
  }
  const v1::AuditSummary summary = TallyOf(records);
  ASSERT_EQ(summary.refusals_size(), 1);
  EXPECT_EQ(summary.refusals(0).method(), "");
  EXPECT_EQ(summary.refusals(0).count(), 3);
  ASSERT_EQ(summary.own_calls_size(), 1);
  EXPECT_EQ(summary.own_calls(0).purpose(), "");
  EXPECT_EQ(summary.own_calls(0).served(), 3);
}

using AuditSummaryTest = AuditLogTest;

TEST_F(AuditSummaryTest, TheQuartersRecordsAreCountedAndProvenAgainstTheCheckpoint) {
  MakeLog();
  const v1::AuditSummary summary = Must(Summarise());
  EXPECT_EQ(summary.agency(), kPolice);
  EXPECT_EQ(FormatDay(*ToCivilDay(summary.first_day())), "2018-10-01");
  EXPECT_EQ(FormatDay(*ToCivilDay(summary.last_day())), "2018-12-31");
  // Ten records are of the quarter before.
  EXPECT_EQ(summary.verified_records(), 290);
  EXPECT_THAT(Counts(summary.own_calls()), ElementsAre(std::tuple(kGetPlan, 290, 580)));
  EXPECT_FALSE(summary.has_first_bad_index());
  EXPECT_EQ(summary.dropped_records(), 0);
  EXPECT_EQ(summary.checkpoint().root_hash(), checkpoint_.root_hash());
}

TEST_F(AuditSummaryTest, ARecordThatIsNotTheTreesIsNamedAndNotCounted) {
  MakeLog(100);
  const v1::AuditSummary summary = Must(Summarise());
  EXPECT_EQ(summary.first_bad_index(), 100);
  EXPECT_FALSE(summary.has_last_bad_index());
  EXPECT_EQ(summary.verified_records(), 289);
  EXPECT_THAT(Counts(summary.own_calls()), ElementsAre(std::tuple(kGetPlan, 289, 578)));
}

// The hashes at the end of the tree follow from the records alone, so that the root
// does not follow from what is stored.
TEST_F(AuditSummaryTest, DamageAtTheEndOfTheTreeLeavesNothingProven) {
  MakeLog(290);
  const v1::AuditSummary summary = Must(Summarise());
  EXPECT_EQ(summary.first_bad_index(), 0);
  EXPECT_EQ(summary.last_bad_index(), kSize - 1);
  EXPECT_EQ(summary.verified_records(), 0);
}

TEST_F(AuditSummaryTest, AnotherRootProvesNothing) {
  MakeLog();
  checkpoint_.set_root_hash(std::string(tlog::kHashBytes, 'x'));
  const v1::AuditSummary summary = Must(Summarise());
  EXPECT_TRUE(summary.has_first_bad_index());
  EXPECT_EQ(summary.verified_records(), 0);
  EXPECT_THAT(summary.own_calls(), IsEmpty());
}

TEST_F(AuditSummaryTest, WhatTheCheckpointDoesNotCoverIsLeftOut) {
  MakeLog();
  tlog::CompactRange range;
  Must(store_->ScanLeaves(0, [&](const store::AuditRow& row) {
    if (row.index == 20) return false;
    Must(range.Append(tlog::LeafHash(row.record)));
    return true;
  }));
  checkpoint_.set_tree_size(20);
  checkpoint_.set_root_hash(range.Root());
  const v1::AuditSummary summary = Must(Summarise());
  EXPECT_EQ(summary.verified_records(), 10);
  EXPECT_FALSE(summary.has_first_bad_index());
}

TEST_F(AuditSummaryTest, WhatRetentionDroppedIsSaid) {
  MakeLog();
  const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
  Must(batch->DropAudit(256));
  Must(batch->Commit());
  const v1::AuditSummary summary = Must(Summarise());
  EXPECT_EQ(summary.dropped_records(), 246);
  EXPECT_EQ(summary.verified_records(), 44);
  EXPECT_FALSE(summary.has_first_bad_index());
}

TEST_F(AuditSummaryTest, AnotherAgencysIsForAuditorsAndSaysNothingOfWhoIsThere) {
  MakeLog();
  const absl::Status none = Summarise("agencies/none").status();
  EXPECT_EQ(ReasonOf(none), v1::OUT_OF_SCOPE);
  EXPECT_EQ(Summarise("agencies/board").status(), none);
  EXPECT_EQ(ReasonOf(Summarise("agencies/none", v1::AUDITOR).status()), v1::FIELDS_INVALID);
  EXPECT_EQ(Must(Summarise(kPolice, v1::AUDITOR)).verified_records(), 290);
}

// The stream of the same log.
class AuditStreamTest : public AuditLogTest {
 protected:
  using Message = v1::StreamAuditEntriesResponse;

  std::vector<Message> Stream() {
    std::vector<Message> messages;
    const auto source = Must(OpenAuditStream(*store_, call_, request_, checkpoint_, kSize));
    while (true) {
      std::optional<Message> message = Must(source->Next());
      if (!message.has_value()) break;
      messages.push_back(*std::move(message));
    }
    rows_ = source->rows();
    return messages;
  }
  std::vector<uint64_t> Indexes() {
    std::vector<uint64_t> indexes;
    for (const Message& message : Stream()) {
      for (const v1::AuditEntry& entry : message.entries()) indexes.push_back(entry.index());
    }
    return indexes;
  }

  const std::shared_ptr<const door::Call> call_ = std::make_shared<const door::Call>(
      door::CallReactor::MakeCall(store::OfPolice(v1::AccessRule::ROLE, v1::AUDITOR)));
  v1::StreamAuditEntriesRequest request_;
  int64_t rows_ = 0;
};

TEST_F(AuditStreamTest, AllRecordsComeOldestFirstInMessagesOfAtMost64KiB) {
  MakeLog();
  uint64_t next = 0;
  int messages = 0;
  for (const Message& message : Stream()) {
    ++messages;
    EXPECT_LE(message.ByteSizeLong(), 64 * 1024);
    for (const v1::AuditEntry& entry : message.entries()) {
      EXPECT_EQ(entry.index(), next++);
      EXPECT_EQ(entry.data_set(), v1::PLANS);
    }
  }
  EXPECT_EQ(next, kSize);
  EXPECT_EQ(rows_, kSize);
  EXPECT_GT(messages, 1);
}

TEST_F(AuditStreamTest, ABrokenStreamIsTakenUpAtItsNextIndex) {
  MakeLog();
  request_.set_first_index(298);
  EXPECT_THAT(Indexes(), ElementsAre(298, 299));
  request_.set_first_index(kSize);
  EXPECT_THAT(Indexes(), IsEmpty());
  request_.set_first_index(UINT64_MAX);
  EXPECT_THAT(Indexes(), IsEmpty());
}

TEST_F(AuditStreamTest, FiltersAreThoseOfTheList) {
  MakeLog();
  *request_.mutable_from() = ToTimestamp(quarter_ - absl::Minutes(10));
  *request_.mutable_to() = ToTimestamp(quarter_ - absl::Minutes(8));
  EXPECT_THAT(Indexes(), ElementsAre(0, 1));
  request_.set_decision(AuditRecord::REFUSED);
  EXPECT_THAT(Indexes(), IsEmpty());
}

TEST_F(AuditStreamTest, RecordsThatComeLaterAreNotAwaited) {
  MakeLog();
  const auto source = Must(OpenAuditStream(*store_, call_, request_, checkpoint_, kSize));
  const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
  Must(batch->AppendAudit(kSize, {kNoon, kPolice, ""}, CallOf(kPolice, kNoon).SerializeAsString()));
  Must(batch->Commit());
  uint64_t last = 0;
  while (true) {
    const std::optional<Message> message = Must(source->Next());
    if (!message.has_value()) break;
    last = message->entries().rbegin()->index();
  }
  EXPECT_EQ(last, kSize - 1);
}

}  // namespace
}  // namespace concordat::services
