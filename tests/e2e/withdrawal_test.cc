// A release that is withdrawn while it is being read: what was read before the
// withdrawal and would be recorded after it.
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "concordat/v1/release_service.pb.h"
#include "concordat/v1/scorecard.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/store/forwarding_store.h"
#include "server/store/store.h"
#include "tests/support/call.h"
#include "tests/support/must.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::IsEmpty;
using v1::AuditRecord;

constexpr char kRelease[] = "releases/papers-2018";
// A test that would wait longer has failed.
constexpr absl::Duration kPatience = absl::Seconds(20);

// Lets one read overtake one change: the change is in the log's hands, and not made
// before the read has found its release not withdrawn. Thread-safe.
class Crossing {
 public:
  // The next batch is the change's.
  void Arm() { Set(Stage::kArmed); }
  // On the log's thread, with the entries of a batch in its hands.
  void BeforeBatch() {
    absl::MutexLock lock(&mutex_);
    if (stage_ != Stage::kArmed) return;
    stage_ = Stage::kHolding;
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(this, &Crossing::IsOver), kPatience))
        << "nobody has read the release";
  }
  void AwaitChange() {
    absl::MutexLock lock(&mutex_);
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(this, &Crossing::IsHolding), kPatience))
        << "the change has not come";
  }
  // On the read's thread.
  void AfterCheck() {
    absl::MutexLock lock(&mutex_);
    if (stage_ == Stage::kHolding) stage_ = Stage::kOver;
  }

 private:
  enum class Stage { kOff, kArmed, kHolding, kOver };

  void Set(Stage stage) {
    absl::MutexLock lock(&mutex_);
    stage_ = stage;
  }
  bool IsHolding() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stage_ == Stage::kHolding; }
  bool IsOver() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stage_ == Stage::kOver; }

  absl::Mutex mutex_;
  Stage stage_ ABSL_GUARDED_BY(mutex_) = Stage::kOff;
};

// The store of a server whose calls cross.
class CrossingStore final : public store::ForwardingStore {
 public:
  CrossingStore(std::unique_ptr<store::Store> store, Crossing& crossing)
      : ForwardingStore(*store), store_(std::move(store)), crossing_(crossing) {}

  absl::StatusOr<store::Row> Find(const auth::Grant& grant, store::Kind kind,
                                  absl::string_view name, store::ReadPoint point) const override {
    absl::StatusOr<store::Row> row = ForwardingStore::Find(grant, kind, name, point);
    // As of now, whatever the call began with: that is how withdrawals are looked for.
    const bool is_check = kind == store::Kind::kRelease && name == kRelease &&
                          point.revision > Must(ReadState()).revision;
    if (is_check) crossing_.AfterCheck();
    return row;
  }
  absl::StatusOr<std::unique_ptr<store::Batch>> BeginBatch() override {
    crossing_.BeforeBatch();
    return ForwardingStore::BeginBatch();
  }

 private:
  const std::unique_ptr<store::Store> store_;
  Crossing& crossing_;
};

// A call that is given figures.
struct Road {
  const char* name;
  // Asks for the whole answer, or for a stream of them.
  std::shared_ptr<const google::protobuf::Message> request;
};

v1::ListObservationsRequest ListOf(const std::string& parent) {
  v1::ListObservationsRequest request;
  request.set_parent(parent);
  return request;
}

v1::GetScorecardRequest ScorecardOf(const std::string& release) {
  v1::GetScorecardRequest request;
  request.set_name(release);
  return request;
}

v1::ExtractObservationsRequest ExtractOf(const std::string& release) {
  v1::ExtractObservationsRequest request;
  request.set_parent(release);
  request.set_format(v1::ExtractObservationsRequest::CSV);
  return request;
}

template <typename Request>
Road RoadOf(const char* name, const Request& request) {
  return {name, std::make_shared<Request>(request)};
}

class WithdrawalTest : public testing::TestWithParam<Road> {
 protected:
  WithdrawalTest() {
    TestPartnership::Options options;
    options.wrap_store = [this](std::unique_ptr<store::Store> store) {
      return std::make_unique<CrossingStore>(std::move(store), crossing_);
    };
    partnership_.emplace(options);
  }

  Answer<v1::Release> Withdraw() {
    v1::WithdrawReleaseRequest request;
    request.set_name(kRelease);
    request.set_reason("A provider mixed up two columns");
    return partnership_->Ask<v1::Release>(kBoard, request);
  }
  // Asks for figures; the reply is the first message.
  Outcome Read() {
    const google::protobuf::Message& request = *GetParam().request;
    StreamCall call(partnership_->ChannelOf(kPolice), PathOf(*request.GetDescriptor()),
                    TestPartnership::PurposeOf(kPolice));
    EXPECT_TRUE(call.Write(request.SerializeAsString()));
    call.CloseWrites();
    const std::optional<std::string> message = call.Read();
    while (call.Read().has_value()) {
    }
    Outcome outcome = call.Finish();
    outcome.reply = message.value_or("");
    return outcome;
  }
  v1::Release Release() {
    v1::GetReleaseRequest request;
    request.set_name(kRelease);
    return partnership_->Get<v1::Release>(kBoard, request);
  }

  Crossing crossing_;
  std::optional<TestPartnership> partnership_;
};

TEST_P(WithdrawalTest, WhoReadBeforeItAndIsRecordedAfterItGetsNothing) {
  crossing_.Arm();
  Answer<v1::Release> withdrawn;
  std::thread withdrawing([&] { withdrawn = Withdraw(); });
  crossing_.AwaitChange();
  const Outcome read = Read();
  withdrawing.join();

  ASSERT_TRUE(withdrawn.ok()) << withdrawn.outcome.Text();
  EXPECT_THAT(withdrawn.message.recipients(), IsEmpty());
  EXPECT_TRUE(RefusedWith(read, v1::RELEASE_WITHDRAWN));
  EXPECT_EQ(read.reply, "");
  const AuditRecord record = partnership_->RecordFor(read);
  EXPECT_GT(record.index(), withdrawn.outcome.receipt->index());
  EXPECT_EQ(record.event(), AuditRecord::CALL);
  EXPECT_EQ(record.decision(), AuditRecord::REFUSED);
  EXPECT_EQ(record.reason(), "RELEASE_WITHDRAWN");
  EXPECT_EQ(record.released(), "");
  EXPECT_EQ(record.rows(), 0);
  EXPECT_EQ(record.bytes(), 0);
  EXPECT_EQ(record.response_digest(), "");
  EXPECT_THAT(record.contributors(), IsEmpty());
  EXPECT_THAT(Release().recipients(), IsEmpty());
}

TEST_P(WithdrawalTest, WhoIsRecordedBeforeItIsTold) {
  const Outcome read = Read();
  ASSERT_TRUE(read.ok()) << read.Text();
  EXPECT_NE(read.reply, "");
  const auto withdrawn = Withdraw();
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.outcome.Text();
  ASSERT_EQ(withdrawn.message.recipients_size(), 1);
  EXPECT_EQ(withdrawn.message.recipients(0).agency(), kPolice.agency_name());
}

INSTANTIATE_TEST_SUITE_P(EachRoad, WithdrawalTest,
                         testing::Values(RoadOf("AList", ListOf(kRelease)),
                                         RoadOf("AListOfAll", ListOf("releases/-")),
                                         RoadOf("AScorecard", ScorecardOf(kRelease)),
                                         RoadOf("AnExtract", ExtractOf(kRelease))),
                         [](const auto& road) { return road.param.name; });

}  // namespace
}  // namespace concordat::e2e
