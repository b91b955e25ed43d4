// Who sees which record of the audit log, and what a quarter's summary says: over the
// bundled partnership, where the county council owns plans and provides most figures.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "concordat/v1/audit_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/door/metadata.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using v1::AuditRecord;

constexpr char kExtractPath[] = "/concordat.v1.ReleaseService/ExtractObservations";
constexpr char kStreamPath[] = "/concordat.v1.AuditService/StreamAuditEntries";
constexpr char kListActions[] = "/concordat.v1.PlanService/ListActions";
constexpr char kGetPlan[] = "/concordat.v1.PlanService/GetPlan";

v1::ListActionsRequest AllActions() {
  v1::ListActionsRequest request;
  request.set_parent("plans/-");
  return request;
}

v1::GetPlanRequest DevelopmentPlan() {
  v1::GetPlanRequest request;
  request.set_name("plans/development-2018");
  return request;
}

// How a stream ended, and its messages.
struct Streamed {
  std::vector<std::string> messages;
  Outcome outcome;
};

Streamed Stream(TestPartnership& partnership, const Partner& partner, const std::string& path,
                const google::protobuf::Message& request) {
  StreamCall call(partnership.ChannelOf(partner), path, TestPartnership::PurposeOf(partner));
  call.Write(request.SerializeAsString());
  call.CloseWrites();
  Streamed streamed;
  while (std::optional<std::string> message = call.Read()) {
    streamed.messages.push_back(*std::move(message));
  }
  streamed.outcome = call.Finish();
  return streamed;
}

class AuditReadingTest : public testing::Test {
 protected:
  // The entry that the receipt names as `partner` sees it; nothing when it does not.
  std::optional<v1::AuditEntry> SeenBy(const Partner& partner, const Outcome& outcome) {
    EXPECT_TRUE(outcome.receipt.has_value()) << outcome.Text();
    v1::ListAuditEntriesRequest request;
    request.set_page_size(1000);
    const auto list = partnership_.Get<v1::ListAuditEntriesResponse>(partner, request);
    for (const v1::AuditEntry& entry : list.entries()) {
      if (entry.index() == outcome.receipt->index()) return entry;
    }
    return std::nullopt;
  }

  // Waits until a checkpoint covers the record of this outcome.
  void AwaitCheckpoint(const Outcome& outcome) {
    while (partnership_.Get<v1::Checkpoint>(kAuditor, v1::GetCheckpointRequest()).tree_size() <=
           outcome.receipt->index()) {
      absl::SleepFor(absl::Milliseconds(100));
    }
  }

  TestPartnership partnership_;
};

TEST_F(AuditReadingTest, AnOwnerSeesAListOverAllPlansAndNotWhoseConnectionItWas) {
  Metadata metadata = TestPartnership::PurposeOf(kPolice);
  metadata.emplace_back(door::kOnBehalfOfKey, "officer-17");
  metadata.emplace_back(door::kRequestIdKey, "request-1");
  metadata.emplace_back(door::kTraceParentKey,
                        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const auto answer = partnership_.Ask<v1::ListActionsResponse>(kPolice, AllActions(), metadata);
  ASSERT_TRUE(answer.ok()) << answer.outcome.Text();

  const auto by_auditor = SeenBy(kAuditor, answer.outcome);
  ASSERT_TRUE(by_auditor.has_value());
  const AuditRecord& whole = by_auditor->record();
  EXPECT_EQ(whole.on_behalf_of(), "officer-17");
  EXPECT_EQ(whole.request_id(), "request-1");
  EXPECT_EQ(whole.trace_id(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_THAT(whole.peer(), Not(IsEmpty()));
  EXPECT_THAT(whole.certificate_serial(), Not(IsEmpty()));
  // The owners of the plans that the police's agreement names.
  EXPECT_THAT(whole.contributors(),
              ElementsAre("agencies/lancashire-county-council", "agencies/lscb",
                          "agencies/pan-lancashire-domestic-abuse-board"));

  const auto by_owner = SeenBy(kCouncil, answer.outcome);
  ASSERT_TRUE(by_owner.has_value());
  AuditRecord expected = whole;
  expected.clear_salt();
  expected.clear_on_behalf_of();
  expected.clear_request_id();
  expected.clear_trace_id();
  expected.clear_peer();
  expected.clear_certificate_sha256();
  expected.clear_certificate_serial();
  expected.clear_response_digest();
  expected.clear_contributors();
  expected.add_contributors("agencies/lancashire-county-council");
  EXPECT_EQ(by_owner->record().SerializeAsString(), expected.SerializeAsString());

  const auto by_caller = SeenBy(kPolice, answer.outcome);
  ASSERT_TRUE(by_caller.has_value());
  EXPECT_EQ(by_caller->record().on_behalf_of(), "officer-17");
  EXPECT_FALSE(SeenBy(kHealthTrust, answer.outcome).has_value());
}

TEST_F(AuditReadingTest, AnOwnerSeesTheCallsForItsPlanThatWereRefused) {
  const auto refused = partnership_.Ask<v1::Plan>(kStranger, DevelopmentPlan()).outcome;
  EXPECT_TRUE(RefusedWith(refused, v1::NO_AGREEMENT));
  const auto by_owner = SeenBy(kCouncil, refused);
  ASSERT_TRUE(by_owner.has_value());
  EXPECT_EQ(by_owner->record().reason(), "NO_AGREEMENT");
  EXPECT_EQ(by_owner->record().agency(), kStranger.agency_name());
  EXPECT_THAT(by_owner->record().contributors(), IsEmpty());
  EXPECT_FALSE(SeenBy(kPolice, refused).has_value());
}

TEST_F(AuditReadingTest, AProviderSeesAnExtractOfItsFigures) {
  v1::ExtractObservationsRequest request;
  request.set_parent("releases/papers-2018");
  request.set_format(v1::ExtractObservationsRequest::CSV);
  const Streamed extract = Stream(partnership_, kBoard, kExtractPath, request);
  ASSERT_TRUE(extract.outcome.ok()) << extract.outcome.Text();
  const auto by_provider = SeenBy(kCouncil, extract.outcome);
  ASSERT_TRUE(by_provider.has_value());
  EXPECT_EQ(by_provider->record().event(), AuditRecord::STREAM_ENDED);
  EXPECT_EQ(by_provider->record().agency(), kBoard.agency_name());
  EXPECT_GT(by_provider->record().rows(), 0);
  EXPECT_THAT(by_provider->record().peer(), IsEmpty());
  EXPECT_FALSE(SeenBy(kHealthTrust, extract.outcome).has_value());
}

TEST_F(AuditReadingTest, ReadingTheLogIsInTheLog) {
  const auto listed =
      partnership_.Ask<v1::ListAuditEntriesResponse>(kPolice, v1::ListAuditEntriesRequest());
  ASSERT_TRUE(listed.ok()) << listed.outcome.Text();
  const auto entry = SeenBy(kAuditor, listed.outcome);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->record().method(), "/concordat.v1.AuditService/ListAuditEntries");
  EXPECT_EQ(entry->record().agency(), kPolice.agency_name());
  EXPECT_EQ(entry->data_set(), v1::AUDIT);
}

TEST_F(AuditReadingTest, AnAuditorStreamsTheWholeLogAndNobodyElseDoes) {
  const auto last = partnership_.Ask<v1::Plan>(kPolice, DevelopmentPlan()).outcome;
  ASSERT_TRUE(last.ok()) << last.Text();
  const Streamed stream =
      Stream(partnership_, kAuditor, kStreamPath, v1::StreamAuditEntriesRequest());
  ASSERT_TRUE(stream.outcome.ok()) << stream.outcome.Text();
  uint64_t next = 0;
  for (const std::string& bytes : stream.messages) {
    v1::StreamAuditEntriesResponse message;
    ASSERT_TRUE(message.ParseFromString(bytes));
    for (const v1::AuditEntry& entry : message.entries()) EXPECT_EQ(entry.index(), next++);
  }
  EXPECT_EQ(next, last.receipt->index() + 1);
  const AuditRecord ending = partnership_.RecordFor(stream.outcome);
  EXPECT_EQ(ending.event(), AuditRecord::STREAM_ENDED);
  EXPECT_EQ(ending.rows(), static_cast<int64_t>(next));

  for (const Partner& partner : {kCouncil, kAdmin}) {
    EXPECT_TRUE(RefusedWith(
        Stream(partnership_, partner, kStreamPath, v1::StreamAuditEntriesRequest()).outcome,
        v1::ROLE_MISSING));
  }
}

TEST_F(AuditReadingTest, ASummaryIsWhatWasCountedByHand) {
  int64_t actions = 0;
  for (int i = 0; i < 2; ++i) {
    actions += partnership_.Get<v1::ListActionsResponse>(kPolice, AllActions()).actions_size();
  }
  partnership_.Get<v1::Plan>(kPolice, DevelopmentPlan());
  partnership_.Get<v1::Plan>(kCouncil, DevelopmentPlan());
  v1::GetPlanRequest other_plan;
  other_plan.set_name("plans/send-wsoa-2018");
  EXPECT_FALSE(partnership_.Ask<v1::Plan>(kPolice, other_plan).ok());
  const auto last = partnership_.Ask<v1::Plan>(kStranger, DevelopmentPlan()).outcome;
  EXPECT_TRUE(RefusedWith(last, v1::NO_AGREEMENT));
  AwaitCheckpoint(last);

  const absl::CivilDay today = DayOf(absl::Now());
  v1::SummariseAuditRequest request;
  request.set_year(static_cast<int32_t>(today.year()));
  request.set_quarter((today.month() + 2) / 3);
  const auto summary = partnership_.Get<v1::AuditSummary>(kCouncil, request);
  EXPECT_EQ(summary.agency(), kCouncil.agency_name());
  ASSERT_EQ(summary.own_calls_size(), 1) << summary.DebugString();
  EXPECT_EQ(summary.own_calls(0).method(), kGetPlan);
  EXPECT_EQ(summary.own_calls(0).served(), 1);
  EXPECT_THAT(summary.refusals(), IsEmpty());
  // By client, purpose, agreement, version, data set and method.
  ASSERT_EQ(summary.calls_of_others_size(), 2) << summary.DebugString();
  const v1::AuditSummary::Access& got = summary.calls_of_others(0);
  EXPECT_EQ(got.method(), kGetPlan);
  EXPECT_EQ(got.client(), kPolice.client_name());
  EXPECT_EQ(got.served(), 1);
  EXPECT_EQ(got.rows(), 1);
  const v1::AuditSummary::Access& listed = summary.calls_of_others(1);
  EXPECT_EQ(listed.method(), kListActions);
  EXPECT_EQ(listed.agreement(), "agreements/neglect-and-domestic-abuse");
  EXPECT_EQ(listed.data_set(), v1::PLANS);
  EXPECT_EQ(listed.served(), 2);
  EXPECT_EQ(listed.rows(), actions);

  // Every record of the quarter up to the checkpoint, whoever's it is.
  const absl::Time quarter =
      StartOf(absl::CivilDay(absl::CivilMonth(request.year(), request.quarter() * 3 - 2)));
  int64_t records = 0;
  for (const StoredRecord& stored : ReadAudit(partnership_.database_path())) {
    if (stored.index < summary.checkpoint().tree_size() &&
        ToTime(stored.record.time()) >= quarter) {
      ++records;
    }
  }
  EXPECT_EQ(summary.verified_records(), records);
  EXPECT_FALSE(summary.has_first_bad_index());

  const auto of_police = [&](const Partner& partner) {
    v1::SummariseAuditRequest theirs = request;
    theirs.set_agency(kPolice.agency_name());
    return partnership_.Ask<v1::AuditSummary>(partner, theirs);
  };
  EXPECT_TRUE(RefusedWith(of_police(kCouncil).outcome, v1::OUT_OF_SCOPE));
  const auto police = of_police(kAuditor);
  ASSERT_TRUE(police.ok()) << police.outcome.Text();
  ASSERT_EQ(police.message.refusals_size(), 1);
  EXPECT_EQ(police.message.refusals(0).reason(), "OUT_OF_SCOPE");
  EXPECT_EQ(police.message.refusals(0).count(), 1);
  EXPECT_EQ(police.message.own_calls_size(), 2);
}

TEST_F(AuditReadingTest, AFilterThatNamesNoMethodIsRefused) {
  v1::ListAuditEntriesRequest request;
  request.set_method("/concordat.v1.PlanService/GetPlanz");
  for (const Partner& partner : {kAuditor, kPolice}) {
    EXPECT_TRUE(
        RefusedWith(partnership_.Ask<v1::ListAuditEntriesResponse>(partner, request).outcome,
                    v1::FIELDS_INVALID));
  }
}

}  // namespace
}  // namespace concordat::e2e
