// What every store promises of its writes, of what it decides access by, of the
// audit log and of a database's life.
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/store/store_test.h"

namespace concordat::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

class StoreWritingTest : public StoreTest {};

INSTANTIATE_TEST_SUITE_P(All, StoreWritingTest, ::testing::ValuesIn(Implementations()),
                         NameOfImplementation);

// Batches.

TEST_P(StoreWritingTest, ABatchThatIsNotCommittedLeavesNothing) {
  Put(Kind::kPlan, RowNamed("plans/a", "kept"));
  {
    const auto batch = store_->BeginBatch();
    ASSERT_TRUE(batch.ok());
    ASSERT_TRUE((*batch)->BeginChange(kNoon).ok());
    ASSERT_TRUE((*batch)->transaction().Put(everything_, Kind::kPlan, RowNamed("plans/a")).ok());
    ASSERT_TRUE((*batch)->KeepChange().ok());
    ASSERT_TRUE((*batch)->PutReply("c", "m", "id", {"digest", "reply"}, kNoon).ok());
    ASSERT_TRUE((*batch)->AppendAudit(0, {kNoon, "", ""}, "record").ok());
    ASSERT_TRUE((*batch)->MarkStreamOpen(0).ok());
    ASSERT_TRUE((*batch)->AddRecipient("releases/a", {"agencies/a", "", 1, kNoon, kNoon}).ok());
  }
  EXPECT_THAT(store_->ReadRecipients(everything_, "releases/a").value(), IsEmpty());
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a"), "kept");
  EXPECT_EQ(store_->ReadState()->revision, 1);
  EXPECT_EQ(store_->AuditSize().value(), 0);
  EXPECT_THAT(store_->OpenStreams().value(), IsEmpty());
  InBatch([](Batch& batch) { EXPECT_FALSE(batch.FindReply("c", "m", "id", kNoon)->has_value()); });
}

TEST_P(StoreWritingTest, NobodyElseSeesABatchBeforeItIsCommitted) {
  const auto batch = store_->BeginBatch();
  ASSERT_TRUE(batch.ok());
  ASSERT_TRUE((*batch)->BeginChange(kNoon).ok());
  Transaction& transaction = (*batch)->transaction();
  ASSERT_TRUE(transaction.Put(everything_, Kind::kPlan, RowNamed("plans/a")).ok());
  EXPECT_TRUE(transaction.Find(everything_, Kind::kPlan, "plans/a", transaction.Latest()).ok());
  ASSERT_TRUE((*batch)->KeepChange().ok());
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {1000}), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(store_->ReadState()->revision, 0);
  ASSERT_TRUE((*batch)->Commit().ok());
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a"), "body");
}

TEST_P(StoreWritingTest, AChangeOfABatchIsUndoneAlone) {
  InBatch([&](Batch& batch) {
    ASSERT_TRUE(batch.BeginChange(kNoon).ok());
    ASSERT_TRUE(batch.transaction().Put(everything_, Kind::kPlan, RowNamed("plans/a", "1")).ok());
    ASSERT_TRUE(batch.KeepChange().ok());
    ASSERT_TRUE(batch.AppendAudit(0, {kNoon, "", ""}, "first").ok());

    ASSERT_TRUE(batch.BeginChange(kNoon).ok());
    ASSERT_TRUE(batch.transaction().Put(everything_, Kind::kPlan, RowNamed("plans/a", "2")).ok());
    ASSERT_TRUE(batch.transaction().Put(everything_, Kind::kPlan, RowNamed("plans/b")).ok());
    ASSERT_TRUE(batch.UndoChange().ok());
    ASSERT_TRUE(batch.AppendAudit(1, {kNoon, "", ""}, "second").ok());

    ASSERT_TRUE(batch.BeginChange(kNoon).ok());
    EXPECT_EQ(batch.transaction().Put(everything_, Kind::kPlan, RowNamed("plans/a", "3")).value(),
              2);
    ASSERT_TRUE(batch.KeepChange().ok());
  });
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a"), "3");
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {1}), "1");
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/b"), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(store_->ReadState()->revision, 2);
  EXPECT_EQ(store_->AuditSize().value(), 2);
}

TEST_P(StoreWritingTest, LaterChangesOfABatchSeeTheEarlierOnes) {
  InBatch([&](Batch& batch) {
    ASSERT_TRUE(batch.BeginChange(kNoon).ok());
    ASSERT_TRUE(batch.transaction().Put(everything_, Kind::kPlan, RowNamed("plans/a")).ok());
    ASSERT_TRUE(batch.KeepChange().ok());
    ASSERT_TRUE(batch.BeginChange(kNoon).ok());
    Transaction& second = batch.transaction();
    EXPECT_TRUE(second.Find(everything_, Kind::kPlan, "plans/a", second.Latest()).ok());
    ASSERT_TRUE(batch.UndoChange().ok());
  });
}

TEST_P(StoreWritingTest, OnlyKeptChangesOfWhatDecidesChangeThePolicy) {
  const auto changes_policy = [&](Kind kind, bool keep) {
    bool changed = false;
    InBatch([&](Batch& batch) {
      ASSERT_TRUE(batch.BeginChange(kNoon).ok());
      ASSERT_TRUE(batch.transaction().Put(everything_, kind, RowNamed("x", "")).ok());
      ASSERT_TRUE((keep ? batch.KeepChange() : batch.UndoChange()).ok());
      changed = batch.policy_changed();
    });
    return changed;
  };
  for (const Kind kind :
       {Kind::kAgency, Kind::kClient, Kind::kAgreement, Kind::kPlan, Kind::kMeasure}) {
    EXPECT_TRUE(changes_policy(kind, true)) << KindName(kind);
    EXPECT_FALSE(changes_policy(kind, false)) << KindName(kind);
  }
  for (const Kind kind : {Kind::kArea, Kind::kAction, Kind::kRelease}) {
    EXPECT_FALSE(changes_policy(kind, true)) << KindName(kind);
  }
}

TEST_P(StoreWritingTest, CommitTimesRiseWhateverTheClockDoes) {
  Put(Kind::kPlan, RowNamed("plans/a"), kNoon);
  Put(Kind::kPlan, RowNamed("plans/b"), kNoon);
  Put(Kind::kPlan, RowNamed("plans/c"), kNoon - absl::Hours(1));
  Reopen();
  InBatch([&](Batch& batch) {
    for (const char* name : {"plans/d", "plans/e"}) {
      ASSERT_TRUE(batch.BeginChange(kNoon - absl::Hours(2)).ok());
      ASSERT_TRUE(batch.transaction().Put(everything_, Kind::kPlan, RowNamed(name)).ok());
      ASSERT_TRUE(batch.KeepChange().ok());
    }
  });
  Put(Kind::kPlan, RowNamed("plans/f"), kNoon + absl::Hours(1));
  std::vector<absl::Duration> after_noon;
  for (const char* name : {"plans/a", "plans/b", "plans/c", "plans/d", "plans/e", "plans/f"}) {
    after_noon.push_back(store_->Find(everything_, Kind::kPlan, name, Now())->committed - kNoon);
  }
  EXPECT_THAT(after_noon, ElementsAre(absl::ZeroDuration(), kTick, 2 * kTick, 3 * kTick, 4 * kTick,
                                      absl::Hours(1)));
}

TEST_P(StoreWritingTest, TheCommitTimeIsToldWhileTheChangeIsMade) {
  Put(Kind::kPlan, RowNamed("plans/a"), kNoon);
  Commit(
      [&](Transaction& transaction) {
        EXPECT_EQ(transaction.CommitTime(), kNoon + kTick);
        ASSERT_TRUE(transaction.Put(everything_, Kind::kPlan, RowNamed("plans/b")).ok());
      },
      kNoon - absl::Hours(1));
  EXPECT_EQ(store_->ReadState()->last_change, kNoon + kTick);
}

TEST_P(StoreWritingTest, AReadNeverSeesHalfAChange) {
  Put(Kind::kPlan, RowNamed("plans/a", "0"));
  Put(Kind::kPlan, RowNamed("plans/b", "0"));
  std::atomic<bool> done{false};
  std::atomic<int> scans{0};
  std::atomic<int> halves{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done.load()) {
        std::vector<std::string> bodies;
        const absl::Status scanned = store_->Scan(
            everything_, Kind::kPlan, {"", "", {1000000}, std::nullopt}, [&](const Row& row) {
              bodies.push_back(row.body);
              return true;
            });
        ++scans;
        if (!scanned.ok() || bodies.size() != 2 || bodies[0] != bodies[1]) ++halves;
      }
    });
  }
  for (int i = 1; i <= 50 || scans.load() < 20; ++i) {
    PutAll(Kind::kPlan,
           {RowNamed("plans/a", absl::StrCat(i)), RowNamed("plans/b", absl::StrCat(i))});
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(halves.load(), 0);
}

// What access is decided by, and who owns what.

TEST_P(StoreWritingTest, ThePolicyIsWhatIsStoredNow) {
  v1::Agency agency;
  agency.set_name("agencies/police");
  v1::Client client;
  client.set_name("agencies/police/clients/feed");
  v1::Agreement agreement;
  agreement.set_name("agreements/a");
  PutAll(Kind::kAgency,
         {RowNamed(agency.name(), agency.SerializeAsString()), RowNamed("agencies/left", "")});
  PutAll(Kind::kClient, {RowNamed(client.name(), client.SerializeAsString())});
  PutAll(Kind::kAgreement, {RowNamed(agreement.name(), "")});
  PutAll(Kind::kAgreement, {RowNamed(agreement.name(), agreement.SerializeAsString())});
  PutAll(Kind::kAgency, {Removal("agencies/left")});

  const auto source = store_->ReadPolicy();
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(source->revision, 5);
  ASSERT_THAT(source->agencies, SizeIs(1));
  EXPECT_EQ(source->agencies[0].name(), "agencies/police");
  ASSERT_THAT(source->clients, SizeIs(1));
  EXPECT_EQ(source->clients[0].name(), "agencies/police/clients/feed");
  ASSERT_THAT(source->agreements, SizeIs(1));
  EXPECT_EQ(source->agreements[0].name(), "agreements/a");
  EXPECT_EQ(source->agreements[0].version(), 2);
}

TEST_P(StoreWritingTest, AnAccessRuleThatCannotBeReadIsNotLeftOut) {
  PutAll(Kind::kClient, {RowNamed("agencies/police/clients/feed", "\xff")});
  EXPECT_EQ(store_->ReadPolicy().status().code(), absl::StatusCode::kDataLoss);
}

// Answers to request ids.

TEST_P(StoreWritingTest, AReplyIsFoundByClientMethodAndRequestId) {
  const StoredReply reply = {std::string("\0digest", 7), std::string("\0reply", 6)};
  InBatch([&](Batch& batch) {
    EXPECT_FALSE(batch.FindReply("client", "method", "id", kNoon)->has_value());
    ASSERT_TRUE(batch.PutReply("client", "method", "id", reply, kNoon).ok());
    EXPECT_TRUE(batch.FindReply("client", "method", "id", kNoon)->has_value());
  });
  Reopen();
  InBatch([&](Batch& batch) {
    const auto found = batch.FindReply("client", "method", "id", kNoon);
    ASSERT_TRUE(found.ok() && found->has_value());
    EXPECT_EQ((*found)->request_digest, reply.request_digest);
    EXPECT_EQ((*found)->reply, reply.reply);
    EXPECT_FALSE(batch.FindReply("other", "method", "id", kNoon)->has_value());
    EXPECT_FALSE(batch.FindReply("client", "other", "id", kNoon)->has_value());
    EXPECT_FALSE(batch.FindReply("client", "method", "other", kNoon)->has_value());
  });
}

TEST_P(StoreWritingTest, RepliesAreKeptThirtyDays) {
  const auto put_at = [&](const std::string& id, absl::Time now) {
    InBatch([&](Batch& batch) {
      ASSERT_TRUE(batch.PutReply("client", "method", id, {"digest", "reply"}, now).ok());
    });
  };
  // Asked at noon, every reply that is stored at all is found.
  const auto kept = [&](const std::string& id) {
    bool found = false;
    InBatch(
        [&](Batch& batch) { found = batch.FindReply("client", "method", id, kNoon)->has_value(); });
    return found;
  };
  put_at("a", kNoon);
  put_at("b", kNoon + absl::Hours(24 * 30));
  EXPECT_TRUE(kept("a"));
  put_at("c", kNoon + absl::Hours(24 * 30) + kTick);
  EXPECT_FALSE(kept("a"));
  EXPECT_TRUE(kept("b"));
  put_at("a", kNoon + absl::Hours(24 * 31));
  EXPECT_TRUE(kept("a"));
}

TEST_P(StoreWritingTest, AReplyIsNotFoundAfterThirtyDaysThoughNoneFollowedIt) {
  const absl::Time last = kNoon + absl::Hours(24 * 30);
  InBatch([&](Batch& batch) {
    ASSERT_TRUE(batch.PutReply("client", "method", "id", {"digest", "old"}, kNoon).ok());
  });
  InBatch([&](Batch& batch) {
    EXPECT_TRUE(batch.FindReply("client", "method", "id", last)->has_value());
    EXPECT_FALSE(batch.FindReply("client", "method", "id", last + kTick)->has_value());
    ASSERT_TRUE(batch.PutReply("client", "method", "id", {"digest", "new"}, last + kTick).ok());
    const auto found = batch.FindReply("client", "method", "id", last + kTick);
    ASSERT_TRUE(found.ok() && found->has_value());
    EXPECT_EQ((*found)->reply, "new");
  });
}

// The audit log.

TEST_P(StoreWritingTest, AuditRecordsAreKeptByteForByteAndShownNewestFirst) {
  const std::string first("\0first\xff", 7);
  InBatch([&](Batch& batch) {
    ASSERT_TRUE(batch.AppendAudit(0, {kNoon, "agencies/police", "plans/a"}, first).ok());
    ASSERT_TRUE(batch.AppendAudit(1, {kNoon, "", ""}, "second").ok());
  });
  Reopen();
  EXPECT_EQ(store_->AuditSize().value(), 2);
  std::vector<std::pair<uint64_t, std::string>> rows;
  ASSERT_TRUE(store_
                  ->ScanAudit(auditor_, {},
                              [&](const AuditRow& row) {
                                rows.emplace_back(row.index, row.record);
                                return true;
                              })
                  .ok());
  EXPECT_THAT(rows, ElementsAre(Pair(1, "second"), Pair(0, first)));
}

TEST_P(StoreWritingTest, NoAuditRecordIsWrittenOverAnother) {
  AppendRecords("", {"", ""});
  const auto batch = store_->BeginBatch();
  ASSERT_TRUE(batch.ok());
  EXPECT_FALSE((*batch)->AppendAudit(1, {kNoon, "", ""}, "another").ok());
}

TEST_P(StoreWritingTest, AuditRangesAreBeforeAnIndexAndFromOneTimeToAnother) {
  AppendRecords("agencies/police", {"", "", "", "", ""});
  const auto at = [](int seconds) { return kNoon + absl::Seconds(seconds); };
  Store::AuditRange range;
  range.before = 3;
  EXPECT_THAT(Indexes(auditor_, range), ElementsAre(2, 1, 0));
  range.from = at(1);
  EXPECT_THAT(Indexes(auditor_, range), ElementsAre(2, 1));
  range.to = at(2);
  EXPECT_THAT(Indexes(auditor_, range), ElementsAre(1));
  range.before = UINT64_MAX;
  range.to = at(4);
  EXPECT_THAT(Indexes(auditor_, range), ElementsAre(3, 2, 1));
  range.before = 0;
  EXPECT_THAT(Indexes(auditor_, range), IsEmpty());
}

TEST_P(StoreWritingTest, AnAgencySeesItsOwnRecordsAndThoseThatConcernIt) {
  InBatch([](Batch& batch) {
    const std::vector<absl::string_view> both = {"agencies/board", "agencies/police"};
    const std::vector<absl::string_view> board = {"agencies/board"};
    ASSERT_TRUE(batch.AppendAudit(0, {kNoon, "agencies/police", ""}, "own").ok());
    ASSERT_TRUE(batch.AppendAudit(1, {kNoon, "agencies/trust", "", both}, "both").ok());
    ASSERT_TRUE(batch.AppendAudit(2, {kNoon, "", "", both}, "of nobody").ok());
    ASSERT_TRUE(batch.AppendAudit(3, {kNoon, "agencies/trust", "", board}, "another's").ok());
    ASSERT_TRUE(batch.AppendAudit(4, {kNoon, "", "agencies/police"}, "named").ok());
  });
  Store::AuditRange range;
  range.agency = "agencies/police";
  EXPECT_THAT(Indexes(police_, range), ElementsAre(2, 1, 0));
  range.before = 2;
  EXPECT_THAT(Indexes(police_, range), ElementsAre(1, 0));
  range.before = UINT64_MAX;
  range.agency = "agencies/board";
  EXPECT_THAT(Indexes(auditor_, range), ElementsAre(3, 2, 1));
  range.from = kNoon + kTick;
  EXPECT_THAT(Indexes(auditor_, range), IsEmpty());
}

TEST_P(StoreWritingTest, RecordsOfATimeAreFoundByTheirIndexesWhateverTheClockDid) {
  const auto at = [](int minutes) { return kNoon + absl::Minutes(minutes); };
  const auto append = [&](uint64_t index, int minutes) {
    InBatch([&](Batch& batch) {
      ASSERT_TRUE(batch.AppendAudit(index, {at(minutes), "", ""}, "record").ok());
    });
  };
  // The fourth was made when the clock had been put back by three hours.
  const std::vector<int> minutes = {0, 30, 70, -110, 75, 190};
  for (size_t i = 0; i < minutes.size(); ++i) append(i, minutes[i]);
  Reopen();
  const auto span = [&](int from, int to) {
    const auto found = store_->AuditIndexesBetween(at(from), at(to)).value();
    return std::pair(found.begin, found.end);
  };
  EXPECT_EQ(span(0, 59), std::pair(uint64_t{0}, uint64_t{2}));
  EXPECT_EQ(span(60, 120), std::pair(uint64_t{2}, uint64_t{5}));
  EXPECT_EQ(span(-120, -61), std::pair(uint64_t{3}, uint64_t{4}));
  EXPECT_EQ(span(300, 400), std::pair(uint64_t{0}, uint64_t{0}));
  Store::AuditRange range;
  range.from = at(-120);
  range.to = at(31);
  EXPECT_THAT(Indexes(auditor_, range), ElementsAre(3, 1, 0));
}

TEST_P(StoreWritingTest, WhatIsDroppedIsSeenByNobodyAndItsHoursStay) {
  AppendRecords("agencies/police", std::vector<std::string>(257));
  InBatch([](Batch& batch) {
    const std::vector<absl::string_view> police = {"agencies/police"};
    ASSERT_TRUE(batch.AppendAudit(257, {kNoon, "agencies/board", "", police}, "another's").ok());
    ASSERT_TRUE(batch.DropAudit(256).ok());
  });
  Store::AuditRange range;
  range.agency = "agencies/police";
  EXPECT_THAT(Indexes(police_, range), ElementsAre(257, 256));
  EXPECT_THAT(Indexes(auditor_, {}), ElementsAre(257, 256));
  const auto span = store_->AuditIndexesBetween(kNoon, kNoon + absl::Hours(1));
  ASSERT_TRUE(span.ok()) << span.status();
  EXPECT_EQ(span->begin, 0);
  EXPECT_EQ(span->end, 258);
}

TEST_P(StoreWritingTest, RecipientsOfAReleaseStayWhenTheirRecordsAreDropped) {
  const auto at = [](int minute) { return kNoon + absl::Minutes(minute); };
  AppendRecords("agencies/police", std::vector<std::string>(256));
  InBatch([&](Batch& batch) {
    ASSERT_TRUE(
        batch.AddRecipient("releases/a", {"agencies/police", "agreements/x", 1, at(1), at(1)})
            .ok());
    ASSERT_TRUE(
        batch.AddRecipient("releases/a", {"agencies/board", "agreements/x", 1, at(2), at(2)}).ok());
    ASSERT_TRUE(
        batch.AddRecipient("releases/b", {"agencies/board", "agreements/x", 1, at(2), at(2)}).ok());
  });
  InBatch([&](Batch& batch) {
    ASSERT_TRUE(
        batch.AddRecipient("releases/a", {"agencies/police", "agreements/y", 7, at(3), at(3)})
            .ok());
    ASSERT_TRUE(batch.DropAudit(256).ok());
  });
  const auto recipients = store_->ReadRecipients(everything_, "releases/a");
  ASSERT_TRUE(recipients.ok()) << recipients.status();
  ASSERT_THAT(*recipients, SizeIs(2));
  EXPECT_EQ((*recipients)[0].agency, "agencies/board");
  const Recipient& police = (*recipients)[1];
  EXPECT_EQ(police.agency, "agencies/police");
  EXPECT_EQ(police.agreement, "agreements/y");
  EXPECT_EQ(police.agreement_version, 7);
  EXPECT_EQ(police.first, at(1));
  EXPECT_EQ(police.last, at(3));
}

TEST_P(StoreWritingTest, ARecipientsLastTimeDoesNotGoBackWithTheClock) {
  InBatch([](Batch& batch) {
    ASSERT_TRUE(
        batch.AddRecipient("releases/a", {"agencies/a", "agreements/x", 1, kNoon, kNoon}).ok());
    const absl::Time earlier = kNoon - kTick;
    ASSERT_TRUE(
        batch.AddRecipient("releases/a", {"agencies/a", "agreements/y", 2, earlier, earlier}).ok());
  });
  const auto recipients = store_->ReadRecipients(everything_, "releases/a");
  ASSERT_TRUE(recipients.ok()) << recipients.status();
  ASSERT_THAT(*recipients, SizeIs(1));
  EXPECT_EQ(recipients->front().agreement, "agreements/y");
  EXPECT_EQ(recipients->front().last, kNoon);
}

TEST_P(StoreWritingTest, OnlyAGrantOverTheReleaseShowsItsRecipients) {
  v1::Agreement::Scope scope;
  scope.add_releases("releases/a");
  EXPECT_TRUE(store_->ReadRecipients(Over(scope), "releases/a").ok());
  EXPECT_EQ(ReasonName(store_->ReadRecipients(Over(scope), "releases/b").status()), "OUT_OF_SCOPE");
}

TEST_P(StoreWritingTest, OnlyAnAuditorSeesTheRecordsOfOthers) {
  AppendRecords("agencies/police", {""});
  AppendRecords("agencies/board", {""});
  const auto scan = [&](const auth::Grant& grant, const std::string& agency) {
    Store::AuditRange range;
    range.agency = agency;
    return store_->ScanAudit(grant, range, [](const AuditRow&) { return true; });
  };
  EXPECT_EQ(ReasonName(scan(police_, "")), "OUT_OF_SCOPE");
  EXPECT_EQ(ReasonName(scan(police_, "agencies/board")), "OUT_OF_SCOPE");
  EXPECT_EQ(ReasonName(scan(OfPolice(v1::AccessRule::ROLE, v1::ADMINISTRATOR), "")),
            "OUT_OF_SCOPE");
  EXPECT_TRUE(scan(police_, "agencies/police").ok());
  EXPECT_THAT(Indexes(auditor_, {}), ElementsAre(1, 0));
}

TEST_P(StoreWritingTest, AnAuditScanStopsWhenItsVisitorHasEnough) {
  AppendRecords("agencies/police", {"", "", ""});
  int visited = 0;
  ASSERT_TRUE(store_->ScanAudit(auditor_, {}, [&](const AuditRow&) { return ++visited < 2; }).ok());
  EXPECT_EQ(visited, 2);
}

TEST_P(StoreWritingTest, ALogThatSucceedsAnotherBeginsWithoutItsReadersAndHours) {
  AppendRecords("agencies/police", {"", ""});
  ASSERT_TRUE(store_->SucceedLog("log.example/second").ok());
  Store::AuditRange range;
  range.agency = "agencies/police";
  EXPECT_THAT(Indexes(police_, range), IsEmpty());
  EXPECT_EQ(store_->AuditIndexesBetween(kNoon, kNoon + absl::Hours(1))->end, 0);
  AppendRecords("agencies/police", {""});
  EXPECT_THAT(Indexes(police_, range), ElementsAre(0));
}

TEST_P(StoreWritingTest, StreamsAreOpenUntilTheyEnd) {
  AppendRecords("agencies/police", {"", "", ""});
  InBatch([](Batch& batch) {
    ASSERT_TRUE(batch.MarkStreamOpen(2).ok());
    ASSERT_TRUE(batch.MarkStreamOpen(0).ok());
  });
  Reopen();
  auto open = store_->OpenStreams();
  ASSERT_TRUE(open.ok()) << open.status();
  ASSERT_THAT(*open, SizeIs(2));
  EXPECT_EQ((*open)[0].index, 0);
  EXPECT_EQ((*open)[0].record, "record 0");
  EXPECT_EQ((*open)[1].index, 2);
  InBatch([](Batch& batch) { ASSERT_TRUE(batch.MarkStreamEnded(0).ok()); });
  open = store_->OpenStreams();
  ASSERT_THAT(*open, SizeIs(1));
  EXPECT_EQ((*open)[0].index, 2);
}

// Life of a database.

TEST_P(StoreWritingTest, EverythingIsThereAfterReopening) {
  Put(Kind::kPlan, RowNamed("plans/a"));
  Put(Kind::kPlan, Removal("plans/b"));
  AppendRecords("", {""});
  Reopen();
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a"), "body");
  EXPECT_EQ(store_->ReadState()->revision, 2);
  EXPECT_EQ(store_->ReadState()->last_change, kNoon + kTick);
  EXPECT_EQ(store_->AuditSize().value(), 1);
  EXPECT_EQ(Put(Kind::kPlan, RowNamed("plans/a")), 2);
}

TEST_P(StoreWritingTest, ThePageTokenKeyIsMadeOnceForEachDatabase) {
  const std::string key = store_->page_token_key();
  EXPECT_THAT(key, SizeIs(32));
  Reopen();
  EXPECT_EQ(store_->page_token_key(), key);
  const std::unique_ptr<Database> other = GetParam().make();
  EXPECT_NE((*other->Open())->page_token_key(), key);
}

TEST_P(StoreWritingTest, OneProcessHasTheDatabase) {
  EXPECT_EQ(database_->Open().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EXIT(
      {
        const absl::Status second = database_->Open().status();
        _exit(second.code() == absl::StatusCode::kFailedPrecondition ? 17 : 0);
      },
      ::testing::ExitedWithCode(17), "");
  Put(Kind::kPlan, RowNamed("plans/a"));
  store_.reset();
  EXPECT_TRUE(database_->Open().ok());
}

TEST_P(StoreWritingTest, ADatabaseOfALaterVersionIsRefusedEachTime) {
  Put(Kind::kPlan, RowNamed("plans/a"));
  store_.reset();
  database_->PretendLaterVersion();
  const absl::Status refused = database_->Open().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
  EXPECT_EQ(database_->Open().status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace concordat::store
