// Entries of the audit log that leave no record.
#include <memory>
#include <utility>

#include "absl/synchronization/notification.h"
#include "base/civil_time.h"
#include "base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/audit/audit_log.h"
#include "server/audit/faulty_store.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/support/must.h"
#include "tests/support/temporary_folder.h"

namespace concordat::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNoon = absl::FromUnixSeconds(1543579200);  // 2018-11-30T12:00:00Z
constexpr char kSubmission[] = "submissions/one";

// An entry whose end can be waited for; without a record unless it says so.
class WaitedEntry : public Entry {
 public:
  explicit WaitedEntry(bool is_recorded, absl::Status outcome = absl::OkStatus())
      : is_recorded_(is_recorded), outcome_(std::move(outcome)) {}

  bool is_recorded() const override { return is_recorded_; }
  absl::Status Prepare(store::Batch& batch, v1::AuditRecord& record) override {
    begun_.Notify();
    if (may_go_on != nullptr) may_go_on->WaitForNotification();
    if (is_recorded_) {
      record.set_event(v1::AuditRecord::CALL);
      *record.mutable_time() = ToTimestamp(kNoon);
      return outcome_;
    }
    store::FigureRow row;
    row.measure = "measures/m";
    row.key = {"2018-04-01/2018-06-30/4", "areas/a", ""};
    RETURN_IF_ERROR(batch.StageFigures(kSubmission, "agencies/police", {row}).status());
    return outcome_;
  }
  void Done(absl::StatusOr<v1::Receipt> receipt) override {
    receipt_ = std::move(receipt);
    done_.Notify();
  }

  void AwaitBegin() { begun_.WaitForNotification(); }
  const absl::StatusOr<v1::Receipt>& Wait() {
    done_.WaitForNotification();
    return receipt_;
  }

  // Prepare waits for it. May be null.
  absl::Notification* may_go_on = nullptr;

 private:
  const bool is_recorded_;
  const absl::Status outcome_;
  absl::Notification begun_;
  absl::Notification done_;
  absl::StatusOr<v1::Receipt> receipt_ = absl::UnknownError("not done");
};

class UnrecordedEntryTest : public ::testing::Test {
 protected:
  UnrecordedEntryTest() : faulty_(*store_, faults_) {
    AuditLog::Options options;
    options.origin = "test.example/audit";
    log_ = Must(AuditLog::Start(faulty_, clock_, std::move(options)));
  }

  const TemporaryFolder folder_;
  const FakeClock clock_{kNoon};
  Faults faults_;
  const std::unique_ptr<store::Store> store_ =
      Must(store::OpenSqliteStore(folder_.Path("test.db")));
  FaultyStore faulty_;
  std::unique_ptr<AuditLog> log_;
};

TEST_F(UnrecordedEntryTest, WritesAndLeavesNoHoleInTheLog) {
  WaitedEntry before(true);
  WaitedEntry unrecorded(false);
  WaitedEntry after(true);
  for (WaitedEntry* entry : {&before, &unrecorded, &after}) {
    log_->Append(*entry);
    ASSERT_TRUE(entry->Wait().ok()) << entry->Wait().status();
  }
  EXPECT_EQ(before.Wait()->index(), 0U);
  EXPECT_EQ(unrecorded.Wait()->leaf_hash(), "");
  EXPECT_EQ(after.Wait()->index(), 1U);
  EXPECT_EQ(Must(store_->AuditSize()), 2U);
  EXPECT_THAT(Must(store_->UnappliedSubmissions()), ElementsAre(kSubmission));
}

TEST_F(UnrecordedEntryTest, HoldsThoseBehindItForOneOfItsKindAndNoMore) {
  absl::Notification may_go_on;
  WaitedEntry gate(true);
  gate.may_go_on = &may_go_on;
  log_->Append(gate);
  gate.AwaitBegin();
  const int commits = faults_.commits.load();
  WaitedEntry first(false);
  WaitedEntry recorded(true);
  WaitedEntry second(false);
  WaitedEntry last(true);
  for (WaitedEntry* entry : {&first, &recorded, &second, &last}) log_->Append(*entry);
  may_go_on.Notify();
  EXPECT_TRUE(last.Wait().ok());
  // The gate; the first; what was recorded with the second; the last.
  EXPECT_EQ(faults_.commits.load() - commits, 4);
}

TEST_F(UnrecordedEntryTest, AWriteThatFailsStopsTheLogAndKeepsNothing) {
  WaitedEntry failing(false, absl::InternalError("the disk"));
  log_->Append(failing);
  EXPECT_EQ(ReasonOf(failing.Wait().status()), v1::AUDIT_UNAVAILABLE);
  EXPECT_FALSE(log_->healthy());
  EXPECT_THAT(Must(store_->UnappliedSubmissions()), IsEmpty());
}

}  // namespace
}  // namespace concordat::audit
