// Figures on their way in: taken whole or not at all, whoever sends them, whatever
// becomes of the line.
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "base/clock.h"
#include "base/status.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/call.h"
#include "tests/support/measures.h"
#include "tests/support/stored_audit.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using v1::SubmitObservationsRequest;
using v1::SubmitObservationsResponse;

constexpr char kCount[] = "measures/e2e-referrals";
constexpr char kShare[] = "measures/e2e-timely-visits";
constexpr char kCounty[] = "areas/e10000017";
constexpr char kBurnley[] = "areas/e07000117";
constexpr char kChorley[] = "areas/e07000118";
const std::string kSubmit = PathOf(*SubmitObservationsRequest::descriptor());

v1::Period QuarterFrom(int year, int month) {
  v1::Period period;
  period.set_kind(v1::Period::FINANCIAL_QUARTER);
  *period.mutable_start() = ToDate(absl::CivilDay(year, month, 1));
  *period.mutable_end() = ToDate(absl::CivilDay(absl::CivilMonth(year, month) + 3) - 1);
  return period;
}

v1::Measure MeasureOf(const std::string& name, v1::Measure::Unit unit, const Partner& provider) {
  v1::Measure measure = QuarterlyCount(name, provider);
  measure.set_unit(unit);
  measure.set_decimal_places(unit == v1::Measure::COUNT ? 0 : 1);
  *measure.mutable_collected_from() = ToDate(absl::CivilDay(2018, 4, 1));
  v1::Measure::Duty& duty = *measure.add_duties();
  duty.set_agency(provider.agency_name());
  for (const char* area : {kCounty, kBurnley, kChorley}) duty.add_areas(area);
  duty.set_contact("figures@example.org");
  return measure;
}

v1::SubmittedObservation Figure(int64_t row, const std::string& area, double value,
                                v1::Period period = QuarterFrom(2018, 4)) {
  v1::SubmittedObservation figure;
  figure.set_row(row);
  figure.set_measure(kCount);
  figure.set_area(area);
  *figure.mutable_period() = std::move(period);
  figure.set_value(value);
  return figure;
}

using Figures = std::vector<v1::SubmittedObservation>;

// The messages of a submission of these rows, two rows a message.
std::vector<std::string> Messages(const v1::SubmissionHeader& header, const Figures& rows) {
  std::vector<std::string> messages;
  SubmitObservationsRequest message;
  *message.mutable_header() = header;
  messages.push_back(message.SerializeAsString());
  for (size_t i = 0; i < rows.size(); i += 2) {
    message.mutable_rows()->Clear();
    *message.mutable_rows()->add_rows() = rows[i];
    if (i + 1 < rows.size()) *message.mutable_rows()->add_rows() = rows[i + 1];
    messages.push_back(message.SerializeAsString());
  }
  message.mutable_end()->set_row_count(static_cast<int64_t>(rows.size()));
  messages.push_back(message.SerializeAsString());
  return messages;
}

class SubmissionTest : public testing::Test {
 protected:
  SubmissionTest() : clock_(TestPartnership::kDataSetTime + absl::Hours(1)) { StartWith({}); }

  void StartWith(TestPartnership::Options options) {
    options.clock = &clock_;
    partnership_ = std::make_unique<TestPartnership>(std::move(options));
    v1::ApplyMeasuresRequest measures;
    v1::Measure& count = *measures.add_measures();
    count = MeasureOf(kCount, v1::Measure::COUNT, kPolice);
    count.mutable_additivity()->set_over_area(true);
    count.set_jump_factor(3);
    *measures.add_measures() = MeasureOf(kShare, v1::Measure::PERCENT, kCouncil);
    partnership_->Get<v1::ApplyMeasuresResponse>(kAdmin, measures);
    first_record_ = ReadAudit(partnership_->database_path()).size();
  }

  static v1::SubmissionHeader HeaderOf(const Partner& provider) {
    v1::SubmissionHeader header;
    header.set_provider(provider.agency_name());
    return header;
  }

  Answer<SubmitObservationsResponse> Send(const Partner& caller,
                                          const std::vector<std::string>& messages,
                                          const Metadata& metadata = {}) {
    StreamCall call(partnership_->ChannelOf(caller), kSubmit, metadata);
    for (const std::string& message : messages) {
      if (!call.Write(message)) break;
    }
    call.CloseWrites();
    return Conclude(call);
  }
  Answer<SubmitObservationsResponse> Submit(const Figures& rows) {
    return Submit(HeaderOf(kPolice), rows);
  }
  Answer<SubmitObservationsResponse> Submit(const v1::SubmissionHeader& header,
                                            const Figures& rows) {
    return Send(kPolice, Messages(header, rows));
  }
  static Answer<SubmitObservationsResponse> Conclude(StreamCall& call) {
    Answer<SubmitObservationsResponse> answer;
    const std::optional<std::string> reply = call.Read();
    EXPECT_TRUE(!reply.has_value() || answer.message.ParseFromString(*reply));
    answer.outcome = call.Finish();
    return answer;
  }

  // The fields that a refusal names, and what it says of them.
  static std::vector<std::string> Fields(const Outcome& outcome) {
    std::vector<std::string> fields;
    const auto bad_request = PayloadOf<google::rpc::BadRequest>(outcome.error());
    if (!bad_request.has_value()) return fields;
    for (const auto& violation : bad_request->field_violations()) {
      fields.push_back(violation.field());
    }
    return fields;
  }

  int64_t Count(const std::string& sql) const {
    return QueryNumber(partnership_->database_path(), sql);
  }
  // Figures that are stored, visible or not, and those that are visible.
  int64_t Stored() const { return Count("SELECT count(*) FROM figure"); }
  int64_t Visible() const {
    return Count(
        "SELECT count(*) FROM figure JOIN submission ON submission.id=figure.submission WHERE "
        "store_revision>0");
  }
  // So many figures are stored, within 10 s.
  testing::AssertionResult AwaitStored(int64_t count) const {
    const absl::Time patience = absl::Now() + absl::Seconds(10);
    while (Stored() < count && absl::Now() < patience) absl::SleepFor(absl::Milliseconds(5));
    if (Stored() >= count) return testing::AssertionSuccess();
    return testing::AssertionFailure() << Stored() << " figures are stored";
  }
  // Nothing is left of any submission, within 10 s: a caller that went away hears of
  // nothing.
  testing::AssertionResult LeavesNothing() const {
    const absl::Time patience = absl::Now() + absl::Seconds(10);
    while (absl::Now() < patience) {
      if (Stored() == 0 && Count("SELECT count(*) FROM submission") == 0 &&
          Count("SELECT count(*) FROM open_stream") == 0) {
        return testing::AssertionSuccess();
      }
      absl::SleepFor(absl::Milliseconds(10));
    }
    return testing::AssertionFailure() << Stored() << " figures are stored";
  }
  // The records that the test's own calls left.
  std::vector<v1::AuditRecord> Records() const {
    std::vector<v1::AuditRecord> records;
    for (const StoredRecord& stored : ReadAudit(partnership_->database_path(), first_record_)) {
      records.push_back(stored.record);
    }
    return records;
  }

  FakeClock clock_;
  std::unique_ptr<TestPartnership> partnership_;
  size_t first_record_ = 0;
};

TEST_F(SubmissionTest, FiguresAreAppliedTogetherOnRecord) {
  const auto answer =
      Submit({Figure(2, kCounty, 10), Figure(3, kBurnley, 4), Figure(4, kChorley, 6)});
  ASSERT_TRUE(answer.ok()) << answer.outcome.Text();
  const v1::Submission& submission = answer.message.submission();
  EXPECT_THAT(submission.name(), StartsWith("submissions/"));
  EXPECT_EQ(submission.provider(), kPolice.agency_name());
  EXPECT_EQ(submission.submitter(), kPolice.client_name());
  EXPECT_EQ(submission.row_count(), 3);
  EXPECT_EQ(submission.added(), 3);
  EXPECT_EQ(submission.revised(), 0);
  EXPECT_EQ(Visible(), 3);
  EXPECT_EQ(Stored(), 3);

  const std::vector<v1::AuditRecord> records = Records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].event(), v1::AuditRecord::STREAM_OPENED);
  EXPECT_EQ(records[0].resource(), submission.name());
  EXPECT_EQ(records[1].event(), v1::AuditRecord::STREAM_ENDED);
  EXPECT_EQ(records[1].opening_index(), records[0].index());
  EXPECT_EQ(records[1].decision(), v1::AuditRecord::ALLOWED);
  EXPECT_EQ(records[1].rows(), 3);
  EXPECT_EQ(records[1].released(), "concordat.v1.SubmitObservationsResponse");
  EXPECT_EQ(records[1].response_digest().size(), 32U);
  EXPECT_EQ(partnership_->RecordFor(answer.outcome).index(), records[1].index());
}

TEST_F(SubmissionTest, OneWrongRowAndNothingIsApplied) {
  const auto answer = Submit({Figure(2, kCounty, 10), Figure(3, kBurnley, 4.5),
                              Figure(4, "areas/e07000119", 6), Figure(5, kChorley, -1)});
  EXPECT_TRUE(RefusedWith(answer.outcome, v1::SUBMISSION_INVALID));
  EXPECT_THAT(Fields(answer.outcome),
              ElementsAre("rows[3].value", "rows[4].area", "rows[5].value"));
  EXPECT_TRUE(LeavesNothing());
  EXPECT_EQ(partnership_->RecordFor(answer.outcome).reason(), "SUBMISSION_INVALID");
}

TEST_F(SubmissionTest, ARowThatBreaksAFieldRuleIsNamedAndNotEchoed) {
  v1::SubmittedObservation figure = Figure(7, kCounty, 10);
  figure.set_commentary("about NHS number 943 476 5919");
  const auto answer = Submit({Figure(6, kBurnley, 1), figure});
  EXPECT_TRUE(RefusedWith(answer.outcome, v1::SUBMISSION_INVALID));
  EXPECT_THAT(Fields(answer.outcome), ElementsAre("rows[7].commentary"));
  EXPECT_THAT(answer.outcome.status.error_details(), Not(HasSubstr("943")));
  EXPECT_TRUE(LeavesNothing());
}

TEST_F(SubmissionTest, AMeasureThatNobodyOwesAndOneThatIsNotThereAreTheSame) {
  v1::SubmittedObservation of_the_papers = Figure(1, kCounty, 10);
  of_the_papers.set_measure("measures/contacts");
  v1::SubmittedObservation of_nobody = Figure(2, kCounty, 10);
  of_nobody.set_measure("measures/there-is-none");
  const auto answer = Submit({of_the_papers, of_nobody});
  EXPECT_THAT(Fields(answer.outcome), ElementsAre("rows[1].measure", "rows[2].measure"));
}

TEST_F(SubmissionTest, AKeyThatStandsTwiceInAnyMessageIsNamed) {
  const auto answer =
      Submit({Figure(2, kCounty, 10), Figure(3, kBurnley, 4), Figure(4, kCounty, 10)});
  EXPECT_THAT(Fields(answer.outcome), ElementsAre("rows[4].measure"));
  EXPECT_TRUE(LeavesNothing());
}

TEST_F(SubmissionTest, TotalsAreEqualToTheirPartsAlsoToThoseOfEarlier) {
  auto answer = Submit({Figure(2, kCounty, 11), Figure(3, kBurnley, 4), Figure(4, kChorley, 6)});
  EXPECT_TRUE(RefusedWith(answer.outcome, v1::SUBMISSION_INVALID));
  EXPECT_THAT(Fields(answer.outcome), ElementsAre("rows[2].value"));
  EXPECT_TRUE(LeavesNothing());
  answer = Submit({Figure(2, kCounty, 10), Figure(3, kBurnley, 11)});
  EXPECT_TRUE(RefusedWith(answer.outcome, v1::SUBMISSION_INVALID));
  EXPECT_THAT(Fields(answer.outcome), ElementsAre("rows[2].value"));
  EXPECT_TRUE(Submit({Figure(2, kCounty, 10), Figure(3, kBurnley, 4)}).ok());
  answer = Submit({Figure(9, kChorley, 7)});
  EXPECT_THAT(Fields(answer.outcome), ElementsAre("rows[9].value"));
  EXPECT_TRUE(Submit({Figure(9, kChorley, 6)}).ok());
}

TEST_F(SubmissionTest, ARevisionSaysWhyAndStandsBesideTheEarlierOne) {
  ASSERT_TRUE(Submit({Figure(1, kBurnley, 4), Figure(2, kChorley, 6)}).ok());
  const Figures rows = {Figure(1, kBurnley, 5), Figure(2, kChorley, 6)};
  EXPECT_THAT(Fields(Submit(rows).outcome), ElementsAre("header.revision_reason", "rows[1].value"))
      << "the rows that need one are named";
  v1::SubmissionHeader header = HeaderOf(kPolice);
  header.set_revision_reason("a form that came late");
  const auto answer = Submit(header, rows);
  ASSERT_TRUE(answer.ok()) << answer.outcome.Text();
  EXPECT_EQ(answer.message.submission().revised(), 1);
  EXPECT_EQ(answer.message.submission().unchanged(), 1);
  EXPECT_EQ(Stored(), 3) << "nothing is stored for what was there already";
}

TEST_F(SubmissionTest, TheSameAgainNeedsNoReasonAndStoresNothing) {
  ASSERT_TRUE(Submit({Figure(1, kBurnley, 4)}).ok());
  const auto again = Submit({Figure(8, kBurnley, 4)});
  ASSERT_TRUE(again.ok()) << again.outcome.Text();
  EXPECT_EQ(again.message.submission().unchanged(), 1);
  EXPECT_EQ(Stored(), 1);
}

TEST_F(SubmissionTest, WhoTakesADutyOverDoesNotLearnByTryingWhatWasSentBefore) {
  ASSERT_TRUE(Submit({Figure(1, kCounty, 9), Figure(2, kBurnley, 4), Figure(3, kChorley, 5)}).ok());
  v1::ApplyMeasuresRequest handover;
  v1::Measure& measure = *handover.add_measures();
  measure = MeasureOf(kCount, v1::Measure::COUNT, kCouncil);
  measure.mutable_additivity()->set_over_area(true);
  measure.set_jump_factor(3);
  partnership_->Get<v1::ApplyMeasuresResponse>(kAdmin, handover);
  v1::SubmissionHeader header = HeaderOf(kCouncil);
  header.set_dry_run(true);
  header.set_revision_reason("Taken over");
  for (const double guess : {4, 40}) {
    const auto tried =
        Send(kCouncil, Messages(header, {Figure(1, kBurnley, guess),
                                         Figure(2, kBurnley, guess, QuarterFrom(2018, 7))}));
    ASSERT_TRUE(tried.ok()) << tried.outcome.Text();
    EXPECT_EQ(tried.message.submission().revised(), 1) << guess;
    EXPECT_EQ(tried.message.problem_count(), 0) << guess;
    EXPECT_EQ(tried.message.warning_count(), 0) << guess;
  }
  header.clear_revision_reason();
  const auto unsaid = Send(kCouncil, Messages(header, {Figure(1, kBurnley, 4)}));
  EXPECT_EQ(unsaid.message.problem_count(), 2) << "no reason, and the row that needs one";
}

TEST_F(SubmissionTest, NoAnswerToADryRunDependsOnWhatAnotherAgencySent) {
  v1::ApplyMeasuresRequest shared;
  v1::Measure& measure = *shared.add_measures();
  measure = MeasureOf(kCount, v1::Measure::COUNT, kPolice);
  measure.mutable_additivity()->set_over_area(true);
  measure.set_jump_factor(3);
  measure.mutable_duties(0)->mutable_areas()->RemoveLast();
  v1::Measure::Duty& duty = *measure.add_duties();
  duty.set_agency(kCouncil.agency_name());
  duty.add_areas(kChorley);
  partnership_->Get<v1::ApplyMeasuresResponse>(kAdmin, shared);
  v1::SubmissionHeader theirs = HeaderOf(kCouncil);
  theirs.set_revision_reason("Counted anew");
  v1::SubmissionHeader header = HeaderOf(kPolice);
  header.set_dry_run(true);
  // 12 is their 2 and the others' 10, and no total of the rest.
  std::set<std::string> answers;
  for (const double sent : {2, 5, 300}) {
    ASSERT_TRUE(Send(kCouncil, Messages(theirs, {Figure(1, kChorley, sent)})).ok());
    const auto tried = Submit(header, {Figure(1, kCounty, 12), Figure(2, kBurnley, 10)});
    ASSERT_TRUE(tried.ok()) << tried.outcome.Text();
    answers.insert(tried.message.DebugString());
    const auto later = Submit(header, {Figure(1, kCounty, 40, QuarterFrom(2018, 7))});
    ASSERT_TRUE(later.ok()) << later.outcome.Text();
    answers.insert(later.message.DebugString());
  }
  EXPECT_EQ(answers.size(), 2u);
}

TEST_F(SubmissionTest, AJumpIsConfirmedOrRefused) {
  ASSERT_TRUE(Submit({Figure(1, kBurnley, 4)}).ok());
  const Figures rows = {Figure(5, kBurnley, 13, QuarterFrom(2018, 7))};
  EXPECT_THAT(Fields(Submit(rows).outcome), ElementsAre("rows[5].value"));
  v1::SubmissionHeader header = HeaderOf(kPolice);
  header.set_confirm(true);
  const auto answer = Submit(header, rows);
  ASSERT_TRUE(answer.ok()) << answer.outcome.Text();
  EXPECT_EQ(answer.message.warning_count(), 1);
  EXPECT_EQ(answer.message.warnings(0).row(), 5);
  EXPECT_EQ(Visible(), 2);
}

TEST_F(SubmissionTest, ADryRunSaysAllAndKeepsNothing) {
  v1::SubmissionHeader header = HeaderOf(kPolice);
  header.set_dry_run(true);
  Figures rows;
  for (int row = 1; row <= 30; ++row) rows.push_back(Figure(row, kBurnley, -1));
  auto answer = Submit(header, rows);
  ASSERT_TRUE(answer.ok()) << answer.outcome.Text();
  EXPECT_EQ(answer.message.problem_count(), 30);
  EXPECT_EQ(answer.message.problems_size(), 30);
  EXPECT_TRUE(LeavesNothing());

  answer = Submit(header, {Figure(1, kBurnley, 4), Figure(2, kChorley, 6)});
  ASSERT_TRUE(answer.ok()) << answer.outcome.Text();
  EXPECT_EQ(answer.message.problem_count(), 0);
  EXPECT_EQ(answer.message.submission().added(), 2);
  EXPECT_EQ(answer.message.submission().name(), "");
  EXPECT_TRUE(LeavesNothing());
}

TEST_F(SubmissionTest, AStreamThatIsTornAtAnyMessageLeavesNothingButItsRecords) {
  const std::vector<std::string> messages =
      Messages(HeaderOf(kPolice), {Figure(1, kCounty, 10), Figure(2, kBurnley, 4),
                                   Figure(3, kChorley, 6), Figure(4, kCounty, 9)});
  for (size_t sent = 1; sent < messages.size(); ++sent) {
    SCOPED_TRACE(sent);
    first_record_ = ReadAudit(partnership_->database_path()).size();
    const auto answer =
        Send(kPolice, {messages.begin(), messages.begin() + static_cast<int>(sent)});
    EXPECT_TRUE(RefusedWith(answer.outcome, v1::CALLER_GONE));
    EXPECT_TRUE(LeavesNothing());
    const std::vector<v1::AuditRecord> records = Records();
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[1].event(), v1::AuditRecord::STREAM_ENDED);
    EXPECT_EQ(records[1].reason(), "CALLER_GONE");
    EXPECT_EQ(records[1].released(), "");
  }
}

TEST_F(SubmissionTest, ACancelledStreamLeavesNothingButItsRecords) {
  const std::vector<std::string> messages =
      Messages(HeaderOf(kPolice), {Figure(1, kCounty, 10), Figure(2, kBurnley, 4)});
  StreamCall call(partnership_->ChannelOf(kPolice), kSubmit);
  ASSERT_TRUE(call.Write(messages[0]));
  ASSERT_TRUE(call.Write(messages[1]));
  ASSERT_TRUE(AwaitStored(2));
  ASSERT_EQ(Stored(), 2);
  EXPECT_EQ(Visible(), 0);
  call.Cancel();
  call.Finish();
  EXPECT_TRUE(LeavesNothing());
  const std::vector<v1::AuditRecord> records = Records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].reason(), "CALLER_GONE");
}

TEST_F(SubmissionTest, MessagesInAnotherOrderAreRefused) {
  const Figures rows = {Figure(1, kCounty, 10)};
  const std::vector<std::string> messages = Messages(HeaderOf(kPolice), rows);
  EXPECT_THAT(Fields(Send(kPolice, {messages[1], messages[2]}).outcome), ElementsAre("header"));
  EXPECT_THAT(Fields(Send(kPolice, {messages[0], messages[0]}).outcome), ElementsAre("header"));
  EXPECT_THAT(Fields(Send(kPolice, {messages[0], messages[2]}).outcome),
              ElementsAre("end.row_count"));
  EXPECT_THAT(Fields(Send(kPolice, {messages[0], ""}).outcome), ElementsAre(""));
  EXPECT_TRUE(RefusedWith(Send(kPolice, {messages[0], "\x0f"}).outcome, v1::REQUEST_MALFORMED));
  EXPECT_TRUE(RefusedWith(Send(kPolice, {messages[0], std::string((1 << 20) + 1, 'x')}).outcome,
                          v1::REQUEST_TOO_LARGE));
  EXPECT_TRUE(LeavesNothing());
}

TEST_F(SubmissionTest, WhatComesAfterTheEndIsRefusedAndNothingApplied) {
  const std::vector<std::string> messages = Messages(HeaderOf(kPolice), {Figure(1, kCounty, 10)});
  for (const std::string& after : messages) {
    const auto answer = Send(kPolice, {messages[0], messages[1], messages[2], after});
    EXPECT_TRUE(RefusedWith(answer.outcome, v1::FIELDS_INVALID));
    EXPECT_THAT(Fields(answer.outcome), ElementsAre("end"));
  }
  EXPECT_TRUE(RefusedWith(Send(kPolice, {messages[0], messages[1], messages[2], "\x0f"}).outcome,
                          v1::REQUEST_MALFORMED));
  EXPECT_TRUE(LeavesNothing());
  // It is heard however late it comes, as long as the sender has not closed its side.
  StreamCall call(partnership_->ChannelOf(kPolice), kSubmit);
  for (const std::string& message : messages) ASSERT_TRUE(call.Write(message));
  ASSERT_TRUE(AwaitStored(1));
  absl::SleepFor(absl::Milliseconds(100));
  EXPECT_EQ(Visible(), 0);
  call.Write(messages[1]);
  EXPECT_THAT(Fields(Conclude(call).outcome), ElementsAre("end"));
  EXPECT_TRUE(LeavesNothing());
}

TEST_F(SubmissionTest, ARepeatedSubmissionIsAnsweredAsBeforeAndAppliedOnce) {
  const Metadata metadata = {{"concordat-request-id", "a-retry"}};
  const std::vector<std::string> messages =
      Messages(HeaderOf(kPolice), {Figure(1, kBurnley, 4), Figure(2, kChorley, 6)});
  const auto first = Send(kPolice, messages, metadata);
  ASSERT_TRUE(first.ok()) << first.outcome.Text();
  // What was right then need not be right now.
  v1::ApplyMeasuresRequest measures;
  v1::Measure& measure = *measures.add_measures();
  measure = MeasureOf(kCount, v1::Measure::COUNT, kCouncil);
  measure.mutable_additivity()->set_over_area(true);
  measure.mutable_additivity()->set_over_category(true);
  partnership_->Get<v1::ApplyMeasuresResponse>(kAdmin, measures);
  const auto again = Send(kPolice, messages, metadata);
  ASSERT_TRUE(again.ok()) << again.outcome.Text();
  EXPECT_EQ(again.message.SerializeAsString(), first.message.SerializeAsString());
  EXPECT_EQ(Stored(), 2);
  EXPECT_EQ(Count("SELECT count(*) FROM submission"), 1);
}

TEST_F(SubmissionTest, AnotherSubmissionUnderTheSameRequestIdIsRefused) {
  const Metadata metadata = {{"concordat-request-id", "a-retry"}};
  ASSERT_TRUE(Send(kPolice, Messages(HeaderOf(kPolice), {Figure(1, kBurnley, 4)}), metadata).ok());
  const auto other = Send(kPolice, Messages(HeaderOf(kPolice), {Figure(1, kChorley, 4)}), metadata);
  EXPECT_TRUE(RefusedWith(other.outcome, v1::REQUEST_ID_REUSED));
  EXPECT_EQ(Stored(), 1);
}

TEST_F(SubmissionTest, ACoordinatorSendsForAProviderAndSaysWhereTheFiguresCameFrom) {
  v1::SubmissionHeader header = HeaderOf(kPolice);
  auto answer = Send(kBoard, Messages(header, {Figure(1, kBurnley, 4)}));
  EXPECT_THAT(Fields(answer.outcome), ElementsAre("header.source"));
  header.set_source("workbook e-mailed on 30 November 2018");
  answer = Send(kBoard, Messages(header, {Figure(1, kBurnley, 4)}));
  ASSERT_TRUE(answer.ok()) << answer.outcome.Text();
  EXPECT_EQ(answer.message.submission().submitter(), kBoard.client_name());
  EXPECT_EQ(answer.message.submission().source(), header.source());
  const v1::AuditRecord record = partnership_->RecordFor(answer.outcome);
  EXPECT_THAT(record.contributors(), ElementsAre(kPolice.agency_name()));
  EXPECT_EQ(Visible(), 1);
}

TEST_F(SubmissionTest, NobodyElseSendsForAnotherAgency) {
  v1::SubmissionHeader header = HeaderOf(kPolice);
  header.set_source("so they said");
  const std::vector<std::string> messages = Messages(header, {Figure(1, kBurnley, 4)});
  EXPECT_TRUE(RefusedWith(Send(kCouncil, messages).outcome, v1::OUT_OF_SCOPE));
  EXPECT_TRUE(RefusedWith(Send(kHealthTrust, messages).outcome, v1::ROLE_MISSING));
  EXPECT_TRUE(LeavesNothing());
  header.set_provider("agencies/there-is-none");
  EXPECT_THAT(Fields(Send(kBoard, Messages(header, {Figure(1, kBurnley, 4)})).outcome),
              ElementsAre("header.provider"));
}

TEST_F(SubmissionTest, ARevokedClientIsCutInTheMiddle) {
  const std::vector<std::string> messages =
      Messages(HeaderOf(kPolice), {Figure(1, kCounty, 10), Figure(2, kBurnley, 4)});
  StreamCall call(partnership_->ChannelOf(kPolice), kSubmit);
  ASSERT_TRUE(call.Write(messages[0]));
  ASSERT_TRUE(call.Write(messages[1]));
  ASSERT_TRUE(AwaitStored(2));
  v1::RevokeClientRequest revoke;
  revoke.set_name(kPolice.client_name());
  revoke.set_reason("a key that was lost");
  partnership_->Get<v1::RevokeClientResponse>(kAdmin, revoke);
  call.Write(messages[2]);
  call.CloseWrites();
  EXPECT_FALSE(Conclude(call).ok());
  EXPECT_TRUE(LeavesNothing());
  EXPECT_EQ(Records().back().reason(), "ACCESS_ENDED");
}

TEST_F(SubmissionTest, AMeasureThatChangesInTheMiddleStopsTheSubmission) {
  const std::vector<std::string> messages =
      Messages(HeaderOf(kPolice), {Figure(1, kCounty, 10), Figure(2, kBurnley, 4)});
  StreamCall call(partnership_->ChannelOf(kPolice), kSubmit);
  ASSERT_TRUE(call.Write(messages[0]));
  ASSERT_TRUE(call.Write(messages[1]));
  ASSERT_TRUE(AwaitStored(2));
  v1::ApplyMeasuresRequest measures;
  *measures.add_measures() = MeasureOf(kCount, v1::Measure::COUNT, kPolice);
  partnership_->Get<v1::ApplyMeasuresResponse>(kAdmin, measures);
  call.Write(messages[2]);
  call.CloseWrites();
  EXPECT_TRUE(RefusedWith(Conclude(call).outcome, v1::ETAG_MISMATCH));
  EXPECT_TRUE(LeavesNothing());
}

TEST_F(SubmissionTest, ASenderThatStandsStillIsCut) {
  TestPartnership::Options options;
  options.configure = [](server::v1::ServerConfig& config) {
    config.mutable_limits()->set_call_deadline_milliseconds(300);
  };
  StartWith(std::move(options));
  StreamCall call(partnership_->ChannelOf(kPolice), kSubmit);
  ASSERT_TRUE(call.Write(Messages(HeaderOf(kPolice), {})[0]));
  EXPECT_FALSE(call.Read().has_value());
  EXPECT_FALSE(call.Finish().ok());
  EXPECT_TRUE(LeavesNothing());
  EXPECT_EQ(Records().back().reason(), "DEADLINE_PASSED");
}

TEST_F(SubmissionTest, ASubmissionInHandEndsWithTheServerAndLeavesNothing) {
  const std::vector<std::string> messages =
      Messages(HeaderOf(kPolice), {Figure(1, kCounty, 10), Figure(2, kBurnley, 4)});
  StreamCall call(partnership_->ChannelOf(kPolice), kSubmit);
  ASSERT_TRUE(call.Write(messages[0]));
  ASSERT_TRUE(call.Write(messages[1]));
  ASSERT_TRUE(AwaitStored(2));
  partnership_->Stop(absl::Milliseconds(200));
  EXPECT_FALSE(call.Finish().ok());
  partnership_->Start();
  EXPECT_TRUE(LeavesNothing());
  EXPECT_EQ(Records().back().reason(), "SHUTTING_DOWN");
}

TEST_F(SubmissionTest, SubmissionsAtTheSameTimeBothCount) {
  const std::vector<std::string> first = Messages(HeaderOf(kPolice), {Figure(1, kBurnley, 4)});
  v1::SubmissionHeader header = HeaderOf(kPolice);
  header.set_revision_reason("counted again");
  const std::vector<std::string> second = Messages(header, {Figure(1, kBurnley, 5)});
  StreamCall one(partnership_->ChannelOf(kPolice), kSubmit);
  StreamCall other(partnership_->ChannelOf(kPolice), kSubmit);
  for (size_t i = 0; i < first.size(); ++i) {
    ASSERT_TRUE(one.Write(first[i]));
    if (i + 1 == first.size()) break;
    ASSERT_TRUE(other.Write(second[i]));
  }
  one.CloseWrites();
  EXPECT_TRUE(Conclude(one).ok());
  ASSERT_TRUE(other.Write(second.back()));
  other.CloseWrites();
  const auto answer = Conclude(other);
  ASSERT_TRUE(answer.ok()) << answer.outcome.Text();
  EXPECT_EQ(answer.message.submission().revised(), 1);
  EXPECT_EQ(Visible(), 2);
}

TEST_F(SubmissionTest, AShareIsComputedWhereItsValueIsLeftOut) {
  v1::SubmittedObservation figure = Figure(1, kBurnley, 0);
  figure.set_measure(kShare);
  figure.clear_value();
  figure.set_numerator(1);
  figure.set_denominator(3);
  const auto answer = Send(kCouncil, Messages(HeaderOf(kCouncil), {figure}));
  ASSERT_TRUE(answer.ok()) << answer.outcome.Text();
  const auto rows = QueryRows(partnership_->database_path(), "SELECT body FROM figure");
  v1::SubmittedObservation stored;
  ASSERT_TRUE(stored.ParseFromString(rows.at(0).at(0)));
  EXPECT_EQ(stored.value(), 33.3);
}

}  // namespace
}  // namespace concordat::e2e
