#include "server/audit/audit_log.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "google/rpc/code.pb.h"
#include "gtest/gtest.h"
#include "server/audit/faulty_store.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"

namespace concordat::audit {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const absl::Time kNoon = absl::FromUnixSeconds(1543579200);  // 2018-11-30T12:00:00Z
constexpr char kOrigin[] = "test.example/audit";

// An entry that tells what became of it.
class TestEntry : public Entry {
 public:
  using Work = std::function<absl::Status(store::Batch&, v1::AuditRecord&)>;
  explicit TestEntry(Work work = nullptr) : work_(std::move(work)) {
    record_.set_event(v1::AuditRecord::CALL);
    record_.set_decision(v1::AuditRecord::ALLOWED);
    record_.set_agency("agencies/police");
    *record_.mutable_time() = ToTimestamp(kNoon);
  }

  absl::Status Prepare(store::Batch& batch, v1::AuditRecord& record) override {
    EXPECT_EQ(record.ByteSizeLong(), 0U);
    record = record_;
    return work_ ? work_(batch, record) : absl::OkStatus();
  }
  void Done(absl::StatusOr<v1::Receipt> receipt) override {
    ++completions_;
    receipt_ = std::move(receipt);
    if (on_done) on_done();
    if (!done_.HasBeenNotified()) done_.Notify();
  }

  // Called when it is done, on the thread that does it.
  std::function<void()> on_done;
  // Waits for Done; the receipt, or why there is none.
  const absl::StatusOr<v1::Receipt>& Wait() {
    done_.WaitForNotification();
    return receipt_;
  }
  int completions() const { return completions_.load(); }

 private:
  Work work_;
  v1::AuditRecord record_;
  absl::Notification done_;
  std::atomic<int> completions_{0};
  absl::StatusOr<v1::Receipt> receipt_ = absl::UnknownError("not done");
};

TestEntry::Work Putting(store::Kind kind, const std::string& name) {
  return [kind, name](store::Batch& batch, v1::AuditRecord&) -> absl::Status {
    RETURN_IF_ERROR(batch.BeginChange(kNoon));
    store::Row row;
    row.name = name;
    row.recorded = kNoon;
    RETURN_IF_ERROR(batch.transaction()
                        .Put(auth::Policy({}).AuthoriseInitialisation().value(), kind, row)
                        .status());
    return batch.KeepChange();
  };
}

TestEntry::Work As(v1::AuditRecord::Event event, v1::AuditRecord::Decision decision,
                   int64_t opening_index = 0) {
  return [=](store::Batch&, v1::AuditRecord& record) {
    record.set_event(event);
    record.set_decision(decision);
    record.set_opening_index(opening_index);
    return absl::OkStatus();
  };
}

// Holds the log's thread in its first entry until Open, so that what is handed
// in meanwhile goes into one batch.
class Gate {
 public:
  Gate()
      : entry_([this](store::Batch&, v1::AuditRecord&) {
          reached_.Notify();
          opened_.WaitForNotification();
          return absl::OkStatus();
        }) {}
  void HandTo(AuditLog& log) {
    log.Append(entry_);
    reached_.WaitForNotification();
  }
  void Open() { opened_.Notify(); }
  TestEntry& entry() { return entry_; }

 private:
  absl::Notification reached_;
  absl::Notification opened_;
  TestEntry entry_;
};

auth::Grant AuditorGrant() {
  auth::Principal principal;
  principal.roles = {v1::AUDITOR};
  v1::AccessRule rule;
  rule.set_basis(v1::AccessRule::SELF);
  return auth::Policy({}).Authorise(principal, rule, {}, kNoon).value();
}

class AuditLogTest : public ::testing::Test {
 protected:
  AuditLogTest() {
    Reopen();
    options_ = [this] {
      AuditLog::Options options;
      options.origin = kOrigin;
      options.build = "1.0+test";
      options.on_policy_change = [this] {
        ++policy_changes_;
        return policy_answer_;
      };
      options.on_stopped = [this](const absl::Status& cause) {
        ++stops_;
        stop_cause_ = cause;
      };
      return options;
    };
  }

  // Closes the store, as the end of the process does, and opens it again.
  void Reopen() {
    log_.reset();
    faulty_.reset();
    store_.reset();
    store_ = store::OpenSqliteStore(folder_.Path("test.db")).value();
    faulty_ = std::make_unique<FaultyStore>(*store_, faults_);
  }
  // What the start itself commits is not counted.
  void Start() {
    log_ = AuditLog::Start(*faulty_, clock_, options_()).value();
    faults_.batches = 0;
    faults_.commits = 0;
  }

  // Hands the entries in and waits for all of them.
  static void Complete(AuditLog& log, const std::vector<TestEntry*>& entries) {
    for (TestEntry* entry : entries) log.Append(*entry);
    for (TestEntry* entry : entries) entry->Wait();
  }

  // Destroys the log while `gate` holds its thread; returns when no entry is
  // accepted any more and the gate may open.
  std::thread CloseBehind(std::vector<std::unique_ptr<TestEntry>>& accepted) {
    AuditLog* const log = log_.get();
    std::thread closer([this] { log_.reset(); });
    while (true) {
      accepted.push_back(std::make_unique<TestEntry>());
      log->Append(*accepted.back());
      if (accepted.back()->completions() > 0) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(ReasonOf(accepted.back()->Wait().status()), v1::AUDIT_UNAVAILABLE);
    accepted.pop_back();
    return closer;
  }

  // The stored records, oldest first.
  std::vector<std::string> StoredBytes() const {
    std::vector<std::string> records;
    const absl::Status scanned =
        store_->ScanAudit(AuditorGrant(), {}, [&](const store::AuditRow& row) {
          EXPECT_EQ(row.index + records.size() + 1, store_->AuditSize().value());
          records.insert(records.begin(), row.record);
          return true;
        });
    EXPECT_TRUE(scanned.ok()) << scanned;
    return records;
  }
  std::vector<v1::AuditRecord> Stored() const {
    std::vector<v1::AuditRecord> records;
    for (const std::string& bytes : StoredBytes()) {
      EXPECT_TRUE(records.emplace_back().ParseFromString(bytes));
    }
    return records;
  }
  bool IsStored(store::Kind kind, const std::string& name) const {
    return store_
        ->Find(auth::Policy({}).AuthoriseInitialisation().value(), kind, name,
               {store_->ReadState()->revision})
        .ok();
  }

  const TemporaryFolder folder_;
  FakeClock clock_{kNoon};
  Faults faults_;
  int policy_changes_ = 0;
  absl::Status policy_answer_;
  int stops_ = 0;
  absl::Status stop_cause_;
  std::function<AuditLog::Options()> options_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<FaultyStore> faulty_;
  std::unique_ptr<AuditLog> log_;
};

TEST_F(AuditLogTest, AReceiptNamesTheStoredBytes) {
  Start();
  TestEntry entry;
  Complete(*log_, {&entry});
  ASSERT_TRUE(entry.Wait().ok()) << entry.Wait().status();
  const v1::Receipt& receipt = *entry.Wait();
  const std::vector<std::string> stored = StoredBytes();
  ASSERT_THAT(stored, SizeIs(1));
  EXPECT_EQ(receipt.origin(), kOrigin);
  EXPECT_EQ(receipt.index(), 0);
  EXPECT_EQ(receipt.leaf_hash(), Sha256Of(std::string(1, '\0') + stored[0]));
  EXPECT_EQ(ToTime(receipt.time()), kNoon);
  EXPECT_TRUE(log_->healthy());
}

TEST_F(AuditLogTest, TheLogAddsWhatAnEntryDoesNotKnow) {
  Start();
  TestEntry first;
  TestEntry second;
  Complete(*log_, {&first, &second});
  const std::vector<v1::AuditRecord> stored = Stored();
  ASSERT_THAT(stored, SizeIs(2));
  for (uint64_t i = 0; i < 2; ++i) {
    EXPECT_EQ(stored[i].schema_version(), 1);
    EXPECT_EQ(stored[i].origin(), kOrigin);
    EXPECT_EQ(stored[i].build(), "1.0+test");
    EXPECT_EQ(stored[i].index(), i);
    EXPECT_EQ(stored[i].monotonic_sequence(), i + 1);
    EXPECT_THAT(stored[i].salt(), SizeIs(16));
    EXPECT_EQ(stored[i].agency(), "agencies/police");
  }
}

TEST_F(AuditLogTest, NoTwoRecordsHaveTheSameSalt) {
  Start();
  // More than are drawn at a time.
  std::vector<std::unique_ptr<TestEntry>> entries;
  for (int i = 0; i < 600; ++i) entries.push_back(std::make_unique<TestEntry>());
  for (const auto& entry : entries) log_->Append(*entry);
  for (const auto& entry : entries) ASSERT_TRUE(entry->Wait().ok());
  std::set<std::string> salts;
  for (const v1::AuditRecord& record : Stored()) salts.insert(record.salt());
  EXPECT_THAT(salts, SizeIs(600));
}

TEST_F(AuditLogTest, TheIndexGoesOnAfterARestart) {
  Start();
  TestEntry before;
  Complete(*log_, {&before});
  Reopen();
  Start();
  TestEntry after;
  Complete(*log_, {&after});
  ASSERT_TRUE(after.Wait().ok());
  EXPECT_EQ(after.Wait()->index(), 1);
  EXPECT_THAT(StoredBytes(), SizeIs(2));
}

TEST_F(AuditLogTest, EntriesThatWaitTogetherAreMadeDurableTogether) {
  Start();
  Gate gate;
  gate.HandTo(*log_);
  std::vector<std::unique_ptr<TestEntry>> entries;
  for (int i = 0; i < 20; ++i) {
    entries.push_back(std::make_unique<TestEntry>());
    log_->Append(*entries.back());
  }
  gate.Open();
  for (uint64_t i = 0; i < entries.size(); ++i) {
    ASSERT_TRUE(entries[i]->Wait().ok());
    EXPECT_EQ(entries[i]->Wait()->index(), i + 1);
  }
  EXPECT_EQ(faults_.commits.load(), 2);
}

TEST_F(AuditLogTest, EveryEntryOfManyThreadsIsDoneOnceWithAReceiptOfItsOwn) {
  Start();
  constexpr int kThreads = 8;
  constexpr int kEach = 100;
  std::vector<std::vector<std::unique_ptr<TestEntry>>> entries(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kEach; ++i) {
      entries[t].push_back(
          std::make_unique<TestEntry>([t, i](store::Batch&, v1::AuditRecord& record) {
            record.set_request_id(absl::StrCat(t, "/", i));
            return absl::OkStatus();
          }));
    }
    threads.emplace_back([&, t] {
      for (const auto& entry : entries[t]) log_->Append(*entry);
    });
  }
  for (std::thread& thread : threads) thread.join();
  log_.reset();

  const std::vector<std::string> stored = StoredBytes();
  ASSERT_THAT(stored, SizeIs(kThreads * kEach));
  std::set<uint64_t> indexes;
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kEach; ++i) {
      EXPECT_EQ(entries[t][i]->completions(), 1);
      const auto& receipt = entries[t][i]->Wait();
      ASSERT_TRUE(receipt.ok()) << receipt.status();
      ASSERT_LT(receipt->index(), stored.size());
      indexes.insert(receipt->index());
      const std::string& bytes = stored[receipt->index()];
      EXPECT_EQ(receipt->leaf_hash(), Sha256Of(std::string(1, '\0') + bytes));
      v1::AuditRecord record;
      ASSERT_TRUE(record.ParseFromString(bytes));
      EXPECT_EQ(record.request_id(), absl::StrCat(t, "/", i));
    }
  }
  EXPECT_THAT(indexes, SizeIs(kThreads * kEach));
}

TEST_F(AuditLogTest, AnEntryMayDeleteItselfWhenItIsDone) {
  class Fleeting final : public Entry {
   public:
    explicit Fleeting(absl::BlockingCounter& left) : left_(left) {}
    absl::Status Prepare(store::Batch& /*batch*/, v1::AuditRecord& /*record*/) override {
      return absl::OkStatus();
    }
    void Done(absl::StatusOr<v1::Receipt>) override {
      absl::BlockingCounter& left = left_;
      delete this;
      left.DecrementCount();
    }

   private:
    absl::BlockingCounter& left_;
  };
  Start();
  absl::BlockingCounter left(50);
  for (int i = 0; i < 50; ++i) log_->Append(*new Fleeting(left));
  left.Wait();
  EXPECT_THAT(StoredBytes(), SizeIs(50));
}

TEST_F(AuditLogTest, AChangeAndItsRecordAreThereBeforeTheAnswer) {
  Start();
  TestEntry entry(Putting(store::Kind::kArea, "areas/a"));
  bool stored_at_answer = false;
  uint64_t records_at_answer = 0;
  entry.on_done = [&] {
    stored_at_answer = IsStored(store::Kind::kArea, "areas/a");
    records_at_answer = store_->AuditSize().value();
  };
  Complete(*log_, {&entry});
  EXPECT_TRUE(stored_at_answer);
  EXPECT_EQ(records_at_answer, 1);
}

TEST_F(AuditLogTest, AChangeThatIsUndoneIsRecordedAndTheOthersStay) {
  Start();
  TestEntry kept(Putting(store::Kind::kArea, "areas/a"));
  TestEntry undone([](store::Batch& batch, v1::AuditRecord& record) -> absl::Status {
    RETURN_IF_ERROR(batch.BeginChange(kNoon));
    store::Row row;
    row.name = "areas/b";
    RETURN_IF_ERROR(
        batch.transaction()
            .Put(auth::Policy({}).AuthoriseInitialisation().value(), store::Kind::kArea, row)
            .status());
    record.set_decision(v1::AuditRecord::REFUSED);
    return batch.UndoChange();
  });
  Complete(*log_, {&kept, &undone});
  EXPECT_TRUE(kept.Wait().ok());
  EXPECT_TRUE(undone.Wait().ok());
  EXPECT_TRUE(IsStored(store::Kind::kArea, "areas/a"));
  EXPECT_FALSE(IsStored(store::Kind::kArea, "areas/b"));
  EXPECT_THAT(StoredBytes(), SizeIs(2));
}

// What stops the log, each alone.
struct Stopping {
  const char* name;
  Fault fault;
  TestEntry::Work work;
};

void PrintTo(const Stopping& stopping, std::ostream* out) { *out << stopping.name; }

class StoppingTest : public AuditLogTest, public ::testing::WithParamInterface<Stopping> {};

std::vector<Stopping> WaysToStop() {
  return {
      {"Begin", Fault::kBegin, nullptr},
      {"Append", Fault::kAppend, nullptr},
      {"Commit", Fault::kCommit, nullptr},
      {"MarkStreamOpen", Fault::kMarkStreamOpen,
       As(v1::AuditRecord::STREAM_OPENED, v1::AuditRecord::ALLOWED)},
      {"Prepare", Fault::kNone,
       [](store::Batch&, v1::AuditRecord&) { return absl::InternalError("injected"); }},
      {"TooLarge", Fault::kNone,
       [](store::Batch&, v1::AuditRecord& record) {
         record.set_request_id(std::string(65536, 'x'));
         return absl::OkStatus();
       }},
  };
}

std::string NameOfStopping(const ::testing::TestParamInfo<Stopping>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(All, StoppingTest, ::testing::ValuesIn(WaysToStop()), NameOfStopping);

TEST_P(StoppingTest, NothingOfTheBatchTakesEffectAndTheLogStopsForGood) {
  Start();
  Gate gate;
  gate.HandTo(*log_);
  TestEntry change(Putting(store::Kind::kArea, "areas/a"));
  TestEntry culprit(GetParam().work);
  TestEntry innocent;
  TestEntry* const batch[] = {&change, &culprit, &innocent};
  for (TestEntry* entry : batch) log_->Append(*entry);
  // The gate's own batch is begun and not committed yet; it has to pass.
  gate.entry().on_done = [&] {
    faults_.index = 2;
    faults_.fault = GetParam().fault;
  };
  gate.Open();
  EXPECT_TRUE(gate.entry().Wait().ok());
  for (TestEntry* entry : batch) {
    EXPECT_EQ(ReasonOf(entry->Wait().status()), v1::AUDIT_UNAVAILABLE) << entry->Wait().status();
    EXPECT_EQ(entry->completions(), 1);
  }
  EXPECT_FALSE(log_->healthy());
  EXPECT_EQ(stops_, 1);
  EXPECT_FALSE(stop_cause_.ok());
  EXPECT_FALSE(IsStored(store::Kind::kArea, "areas/a"));
  EXPECT_THAT(StoredBytes(), SizeIs(1));

  // That the disk is well again changes nothing.
  faults_.fault = Fault::kNone;
  TestEntry later(Putting(store::Kind::kArea, "areas/b"));
  log_->Append(later);
  EXPECT_EQ(later.completions(), 1) << "not refused at once";
  EXPECT_EQ(ReasonOf(later.Wait().status()), v1::AUDIT_UNAVAILABLE);
  EXPECT_EQ(stops_, 1);
  log_.reset();
  EXPECT_EQ(stops_, 1);
  EXPECT_FALSE(IsStored(store::Kind::kArea, "areas/b"));
  EXPECT_THAT(StoredBytes(), SizeIs(1));
}

TEST_F(AuditLogTest, TheOperatorIsToldWhyTheLogStopped) {
  Start();
  faults_.fault = Fault::kCommit;
  TestEntry entry;
  Complete(*log_, {&entry});
  EXPECT_THAT(std::string(stop_cause_.message()), HasSubstr("injected"));
  EXPECT_THAT(std::string(entry.Wait().status().message()), Not(HasSubstr("injected")));
}

TEST_F(AuditLogTest, EntriesThatWaitWhenTheLogStopsAreRefused) {
  Start();
  faults_.fault = Fault::kCommit;
  Gate gate;
  gate.HandTo(*log_);
  TestEntry waiting;
  log_->Append(waiting);
  gate.Open();
  EXPECT_EQ(ReasonOf(gate.entry().Wait().status()), v1::AUDIT_UNAVAILABLE);
  EXPECT_EQ(ReasonOf(waiting.Wait().status()), v1::AUDIT_UNAVAILABLE);
  EXPECT_EQ(faults_.batches.load(), 1);
  EXPECT_EQ(stops_, 1);
}

TEST_F(AuditLogTest, AfterARestartTheLogGoesOnWhereTheDiskIs) {
  Start();
  TestEntry stored;
  Complete(*log_, {&stored});
  faults_.fault = Fault::kCommit;
  TestEntry lost;
  Complete(*log_, {&lost});
  faults_.fault = Fault::kNone;
  Reopen();
  Start();
  TestEntry after;
  Complete(*log_, {&after});
  ASSERT_TRUE(after.Wait().ok());
  EXPECT_EQ(after.Wait()->index(), 1);
}

TEST_F(AuditLogTest, AChangeOfPolicyIsToldAfterItsCommitAndBeforeItsAnswer) {
  Start();
  TestEntry entry(Putting(store::Kind::kClient, "agencies/police/clients/feed"));
  int told_at_answer = 0;
  entry.on_done = [&] { told_at_answer = policy_changes_; };
  Complete(*log_, {&entry});
  EXPECT_EQ(told_at_answer, 1);
  EXPECT_EQ(policy_changes_, 1);
}

TEST_F(AuditLogTest, WhatIsNoPolicyIsNotTold) {
  Start();
  TestEntry plan(Putting(store::Kind::kArea, "areas/a"));
  TestEntry read;
  Complete(*log_, {&plan, &read});
  EXPECT_EQ(policy_changes_, 0);
}

TEST_F(AuditLogTest, APolicyThatDidNotCommitIsNotTold) {
  Start();
  faults_.fault = Fault::kCommit;
  TestEntry entry(Putting(store::Kind::kClient, "agencies/police/clients/feed"));
  Complete(*log_, {&entry});
  EXPECT_EQ(policy_changes_, 0);
}

TEST_F(AuditLogTest, WhatComesAfterAChangeOfPolicyIsDecidedByTheNewOne) {
  Start();
  Gate gate;
  gate.HandTo(*log_);
  int told_before = -1;
  int told_after = -1;
  const auto telling = [this](int& told) {
    return [this, &told](store::Batch&, v1::AuditRecord&) {
      told = policy_changes_;
      return absl::OkStatus();
    };
  };
  TestEntry before(telling(told_before));
  TestEntry change(Putting(store::Kind::kClient, "agencies/police/clients/feed"));
  TestEntry after(telling(told_after));
  TestEntry* const entries[] = {&before, &change, &after};
  for (TestEntry* entry : entries) log_->Append(*entry);
  gate.Open();
  for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(entries[i]->Wait()->index(), i + 1);
  EXPECT_EQ(told_before, 0);
  EXPECT_EQ(told_after, 1);
  EXPECT_EQ(faults_.commits.load(), 3);
}

TEST_F(AuditLogTest, APolicyThatCannotBeTakenUpStopsTheLogButItsChangeStands) {
  policy_answer_ = absl::DataLossError("injected");
  Start();
  Gate gate;
  gate.HandTo(*log_);
  TestEntry change(Putting(store::Kind::kClient, "agencies/police/clients/feed"));
  TestEntry later(Putting(store::Kind::kArea, "areas/a"));
  log_->Append(change);
  log_->Append(later);
  gate.Open();
  const absl::Status told = change.Wait().status();
  EXPECT_EQ(ReasonOf(told), v1::AUDIT_UNAVAILABLE);
  EXPECT_THAT(std::string(told.message()), HasSubstr("the change stands"));
  EXPECT_EQ(ReasonOf(later.Wait().status()), v1::AUDIT_UNAVAILABLE);
  EXPECT_THAT(std::string(later.Wait().status().message()), HasSubstr("nothing was changed"));
  EXPECT_FALSE(log_->healthy());
  EXPECT_EQ(stops_, 1);
  EXPECT_TRUE(IsStored(store::Kind::kClient, "agencies/police/clients/feed"));
  EXPECT_FALSE(IsStored(store::Kind::kArea, "areas/a"));

  policy_answer_ = absl::OkStatus();
  Reopen();
  Start();
  TestEntry next;
  Complete(*log_, {&next});
  EXPECT_EQ(next.Wait()->index(), 2);
}

TEST_F(AuditLogTest, StreamsLeftOpenAreEndedAsInterruptedAtStart) {
  Start();
  TestEntry ended(As(v1::AuditRecord::STREAM_OPENED, v1::AuditRecord::ALLOWED));
  TestEntry left([](store::Batch&, v1::AuditRecord& record) {
    record.set_event(v1::AuditRecord::STREAM_OPENED);
    record.set_client("agencies/police/clients/feed");
    record.set_resource("releases/r");
    return absl::OkStatus();
  });
  TestEntry refused(As(v1::AuditRecord::STREAM_OPENED, v1::AuditRecord::REFUSED));
  Complete(*log_, {&ended});
  Complete(*log_, {&left});
  Complete(*log_, {&refused});
  TestEntry end(As(v1::AuditRecord::STREAM_ENDED, v1::AuditRecord::ALLOWED, 0));
  Complete(*log_, {&end});
  ASSERT_THAT(store_->OpenStreams().value(), SizeIs(1));

  Reopen();
  clock_.Advance(absl::Hours(1));
  Start();
  const std::vector<v1::AuditRecord> stored = Stored();
  ASSERT_THAT(stored, SizeIs(5));
  const v1::AuditRecord& interrupted = stored[4];
  EXPECT_EQ(interrupted.event(), v1::AuditRecord::STREAM_INTERRUPTED);
  EXPECT_EQ(interrupted.opening_index(), 1);
  EXPECT_EQ(interrupted.status_code(), google::rpc::ABORTED);
  EXPECT_EQ(interrupted.client(), "agencies/police/clients/feed");
  EXPECT_EQ(interrupted.resource(), "releases/r");
  EXPECT_EQ(interrupted.index(), 4);
  EXPECT_NE(interrupted.salt(), stored[1].salt());
  EXPECT_EQ(ToTime(interrupted.time()), kNoon + absl::Hours(1));
  EXPECT_THAT(store_->OpenStreams().value(), IsEmpty());

  Reopen();
  Start();
  EXPECT_THAT(StoredBytes(), SizeIs(5));
  TestEntry next;
  Complete(*log_, {&next});
  EXPECT_EQ(next.Wait()->index(), 5);
}

TEST_F(AuditLogTest, ALogsNameNeverChanges) {
  Start();
  Reopen();
  AuditLog::Options renamed = options_();
  renamed.origin = "other.example/audit";
  const absl::Status refused = AuditLog::Start(*faulty_, clock_, std::move(renamed)).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr(kOrigin), HasSubstr("other.example/audit")));
  EXPECT_TRUE(AuditLog::Start(*faulty_, clock_, options_()).ok());
}

TEST_F(AuditLogTest, DoesNotStartWhenTheStoreCannotBeReadOrWritten) {
  Start();
  TestEntry left(As(v1::AuditRecord::STREAM_OPENED, v1::AuditRecord::ALLOWED));
  Complete(*log_, {&left});
  for (const Fault fault :
       {Fault::kAuditSize, Fault::kOpenStreams, Fault::kBegin, Fault::kCommit}) {
    Reopen();
    faults_.fault = fault;
    EXPECT_FALSE(AuditLog::Start(*faulty_, clock_, options_()).ok()) << static_cast<int>(fault);
    faults_.fault = Fault::kNone;
    EXPECT_THAT(StoredBytes(), SizeIs(1));
  }
}

TEST_F(AuditLogTest, DestructionCompletesWhatWasHandedInBefore) {
  Start();
  Gate gate;
  gate.HandTo(*log_);
  TestEntry change(Putting(store::Kind::kArea, "areas/a"));
  log_->Append(change);
  std::vector<std::unique_ptr<TestEntry>> accepted;
  std::thread closer = CloseBehind(accepted);
  gate.Open();
  closer.join();
  EXPECT_EQ(change.completions(), 1);
  EXPECT_TRUE(change.Wait().ok()) << change.Wait().status();
  for (const auto& entry : accepted) {
    EXPECT_EQ(entry->completions(), 1);
    EXPECT_TRUE(entry->Wait().ok()) << entry->Wait().status();
  }
  EXPECT_THAT(StoredBytes(), SizeIs(2 + accepted.size()));
  EXPECT_TRUE(IsStored(store::Kind::kArea, "areas/a"));
  EXPECT_EQ(stops_, 0);
}

TEST_F(AuditLogTest, DestructionOfAFailingLogRefusesWhatWasHandedInBefore) {
  Start();
  faults_.fault = Fault::kCommit;
  Gate gate;
  gate.HandTo(*log_);
  TestEntry waiting;
  log_->Append(waiting);
  std::vector<std::unique_ptr<TestEntry>> accepted;
  std::thread closer = CloseBehind(accepted);
  gate.Open();
  closer.join();
  EXPECT_EQ(waiting.completions(), 1);
  EXPECT_EQ(ReasonOf(waiting.Wait().status()), v1::AUDIT_UNAVAILABLE);
  EXPECT_EQ(stops_, 1);
}

}  // namespace
}  // namespace concordat::audit
