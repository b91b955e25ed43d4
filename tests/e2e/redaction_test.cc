// Text that should never have been written: two people take it back, and it is gone
// from every road out and from the files.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "base/civil_time.h"
#include "concordat/v1/audit_service.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/call.h"
#include "tests/support/measures.h"
#include "tests/support/moments.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Partner kPoliceSignatory{"lancashire-constabulary:information-governance", ""};
constexpr char kText[] = "Alice Example of Example House";
constexpr char kTombstone[] = "[redacted]";
constexpr char kPlan[] = "plans/development-2018";
constexpr char kAction[] = "plans/development-2018/actions/1.2.1";
constexpr char kRelease[] = "releases/papers-with-a-name";
constexpr char kMeasure[] = "measures/e2e-referrals";
constexpr char kCounty[] = "areas/e10000017";

class RedactionTest : public testing::Test {
 protected:
  RedactionTest() : clock_(At("2018-12-02T09:00:00Z")) {
    TestPartnership::Options options;
    options.clock = &clock_;
    partnership_.emplace(options);
  }

  // The development plan as of `day`, with the text in one of its actions.
  static v1::ApplyPlanRequest PlanOf(const std::string& day, const std::string& title) {
    auto request = ReadDataFile<v1::ApplyPlanRequest>("plans/development-2018.yaml");
    *request.mutable_plan()->mutable_document_date() = Day(day);
    for (v1::Action& action : *request.mutable_actions()) {
      if (action.name() != kAction) continue;
      action.set_display_name(title);
      action.set_expected_outcome(std::string("Agreed with ") + kText);
    }
    request.mutable_plan()->mutable_themes(0)->add_outcomes(std::string("As told by ") + kText);
    return request;
  }
  v1::RedactTextRequest RequestFor(const std::string& resource) const {
    v1::RedactTextRequest request;
    request.set_resource(resource);
    request.set_text(kText);
    request.set_reason(v1::Redaction::PERSONAL_DATA);
    request.set_reference("incident-2026-14");
    return request;
  }
  Answer<v1::Redaction> Send(const Partner& partner, const v1::RedactTextRequest& request) {
    return partnership_->Ask<v1::Redaction>(partner, request);
  }
  void Redact(const std::string& resource) {
    ASSERT_TRUE(Send(kAdmin, RequestFor(resource)).ok());
    const auto done = Send(kPoliceSignatory, RequestFor(resource));
    ASSERT_TRUE(done.ok()) << done.outcome.Text();
    ASSERT_EQ(done.message.state(), v1::Redaction::DONE);
  }
  v1::Action ReadAction(const std::string& as_of = "") {
    v1::GetActionRequest request;
    request.set_name(kAction);
    if (!as_of.empty()) *request.mutable_as_of() = ToTimestamp(At(as_of));
    return partnership_->Get<v1::Action>(kBoard, request);
  }
  v1::ListActionsResponse Poll(const google::protobuf::Timestamp& since) {
    v1::ListActionsRequest request;
    request.set_parent(kPlan);
    request.set_page_size(1000);
    *request.mutable_changed_since() = since;
    return partnership_->Get<v1::ListActionsResponse>(kBoard, request);
  }
  // What an extract of the release since then holds, as one text.
  std::string Extract(absl::Time since) {
    v1::ExtractObservationsRequest request;
    request.set_parent(kRelease);
    request.set_format(v1::ExtractObservationsRequest::NDJSON);
    *request.mutable_filter()->mutable_changed_since() = ToTimestamp(since);
    StreamCall call(partnership_->ChannelOf(kBoard), PathOf(*request.GetDescriptor()),
                    TestPartnership::PurposeOf(kBoard));
    EXPECT_TRUE(call.Write(request.SerializeAsString()));
    call.CloseWrites();
    std::string file;
    while (const std::optional<std::string> message = call.Read()) {
      v1::ExtractObservationsResponse part;
      EXPECT_TRUE(part.ParseFromString(*message));
      file += part.chunk().data();
    }
    EXPECT_TRUE(call.Finish().ok());
    return file;
  }
  // A measure whose figures the police owe.
  void ApplyMeasure() {
    v1::ApplyMeasuresRequest request;
    v1::Measure& measure = *request.add_measures();
    measure = QuarterlyCount(kMeasure, kPolice);
    *measure.mutable_collected_from() = Day("2018-04-01");
    v1::Measure::Duty& duty = *measure.add_duties();
    duty.set_agency(kPolice.agency_name());
    duty.add_areas(kCounty);
    partnership_->Get<v1::ApplyMeasuresResponse>(kAdmin, request);
  }
  // The police send one figure, and say the text of it.
  Answer<v1::SubmitObservationsResponse> Submit(double value, v1::SubmissionHeader header,
                                                const Metadata& metadata = {}) {
    header.set_provider(kPolice.agency_name());
    v1::SubmitObservationsRequest first;
    *first.mutable_header() = header;
    v1::SubmitObservationsRequest rows;
    v1::SubmittedObservation& figure = *rows.mutable_rows()->add_rows();
    figure.set_row(2);
    figure.set_measure(kMeasure);
    figure.set_area(kCounty);
    figure.mutable_period()->set_kind(v1::Period::FINANCIAL_QUARTER);
    *figure.mutable_period()->mutable_start() = Day("2018-04-01");
    *figure.mutable_period()->mutable_end() = Day("2018-06-30");
    figure.set_value(value);
    figure.set_commentary(std::string("Counted with ") + kText);
    v1::SubmitObservationsRequest end;
    end.mutable_end()->set_row_count(1);
    StreamCall call(partnership_->ChannelOf(kPolice), PathOf(*first.GetDescriptor()), metadata);
    for (const auto* message : {&first, &rows, &end}) call.Write(message->SerializeAsString());
    call.CloseWrites();
    Answer<v1::SubmitObservationsResponse> answer;
    const std::optional<std::string> reply = call.Read();
    EXPECT_TRUE(!reply.has_value() || answer.message.ParseFromString(*reply));
    answer.outcome = call.Finish();
    return answer;
  }
  // What is said of the release's one figure, if that is listed to who polls since then.
  std::string NoteOf(const std::string& release, absl::Time since) {
    v1::ListObservationsRequest request;
    request.set_parent(release);
    *request.mutable_filter()->mutable_changed_since() = ToTimestamp(since);
    const auto listed = partnership_->Get<v1::ListObservationsResponse>(kBoard, request);
    return listed.observations().empty() ? "" : listed.observations(0).note();
  }
  static v1::Release ReleaseCalled(const std::string& name) {
    v1::Release release;
    release.set_name(name);
    release.set_display_name("The first quarter");
    release.mutable_selection()->add_measures(kMeasure);
    *release.mutable_selection()->mutable_period_from() = Day("2018-04-01");
    *release.mutable_selection()->mutable_period_to() = Day("2018-06-30");
    return release;
  }
  std::string Preview(const std::string& name) {
    v1::PreviewReleaseRequest request;
    *request.mutable_release() = ReleaseCalled(name);
    return partnership_->Get<v1::PreviewReleaseResponse>(kBoard, request).preview_digest();
  }
  Answer<v1::Release> Publish(const std::string& name, const std::string& preview_digest) {
    v1::PublishReleaseRequest request;
    *request.mutable_release() = ReleaseCalled(name);
    request.set_preview_digest(preview_digest);
    return partnership_->Ask<v1::Release>(kBoard, request);
  }
  // The methods of the records about the resource that the partner sees, newest first.
  std::vector<std::string> MethodsOf(const Partner& partner, const std::string& resource) {
    v1::ListAuditEntriesRequest request;
    request.set_resource(resource);
    std::vector<std::string> methods;
    const auto listed = partnership_->Get<v1::ListAuditEntriesResponse>(partner, request);
    for (const v1::AuditEntry& entry : listed.entries()) {
      methods.push_back(entry.record().method().substr(entry.record().method().rfind('/') + 1));
    }
    return methods;
  }
  // The server's files that hold the text. It is running.
  std::vector<std::string> FilesWithText() const {
    std::vector<std::string> files;
    const std::filesystem::path database = partnership_->database_path();
    for (const auto& entry : std::filesystem::directory_iterator(database.parent_path())) {
      if (entry.is_regular_file() &&
          absl::StrContains(ReadWhole(entry.path().string()), std::string(kText))) {
        files.push_back(entry.path().filename().string());
      }
    }
    return files;
  }

  FakeClock clock_;
  std::optional<TestPartnership> partnership_;
};

TEST_F(RedactionTest, ARedactedPlanAndActionShowTheTombstoneOnEveryRoadAndTheTextIsInNoFile) {
  const Metadata once = {{"concordat-request-id", "apply-1"}};
  const v1::ApplyPlanRequest first = PlanOf("2018-11-20", "First title");
  ASSERT_TRUE(partnership_->Ask<v1::ApplyPlanResponse>(kAdmin, first, once).ok());
  ASSERT_TRUE(
      partnership_->Ask<v1::ApplyPlanResponse>(kAdmin, PlanOf("2018-11-30", "Second title")).ok());
  const v1::Action before = ReadAction();
  ASSERT_TRUE(absl::StrContains(before.expected_outcome(), kText));
  ASSERT_THAT(FilesWithText(), testing::Not(IsEmpty()));
  clock_.Advance(absl::Minutes(1));
  const google::protobuf::Timestamp since = Poll(ToTimestamp(absl::UnixEpoch())).read_time();
  ASSERT_THAT(Poll(since).actions(), IsEmpty());

  Redact(kAction);
  Redact(kPlan);

  const v1::Action after = ReadAction();
  EXPECT_EQ(after.expected_outcome(), kTombstone);
  EXPECT_EQ(after.display_name(), "Second title");
  EXPECT_EQ(after.etag(), before.etag());
  EXPECT_EQ(after.revision(), before.revision());
  EXPECT_EQ(after.recorded_time().seconds(), before.recorded_time().seconds());
  const v1::Action earlier = ReadAction("2018-11-25T00:00:00Z");
  EXPECT_EQ(earlier.display_name(), "First title");
  EXPECT_EQ(earlier.expected_outcome(), kTombstone);
  v1::GetPlanRequest get_plan;
  get_plan.set_name(kPlan);
  const v1::Plan plan = partnership_->Get<v1::Plan>(kBoard, get_plan);
  EXPECT_EQ(*plan.themes(0).outcomes().rbegin(), kTombstone);
  *get_plan.mutable_as_of() = ToTimestamp(At("2018-11-25T00:00:00Z"));
  EXPECT_EQ(*partnership_->Get<v1::Plan>(kBoard, get_plan).themes(0).outcomes().rbegin(),
            kTombstone);
  // A poll learns of it, once.
  const v1::ListActionsResponse polled = Poll(since);
  ASSERT_EQ(polled.actions_size(), 1);
  EXPECT_EQ(polled.actions(0).name(), kAction);
  EXPECT_EQ(polled.actions(0).expected_outcome(), kTombstone);
  EXPECT_THAT(Poll(polled.read_time()).actions(), IsEmpty());
  // The answer to a request that is sent again, which writes nothing again.
  const auto replayed = partnership_->Ask<v1::ApplyPlanResponse>(kAdmin, first, once);
  ASSERT_TRUE(replayed.ok()) << replayed.outcome.Text();
  EXPECT_FALSE(absl::StrContains(replayed.outcome.reply, kText));
  EXPECT_EQ(*replayed.message.plan().themes(0).outcomes().rbegin(), kTombstone);
  EXPECT_EQ(ReadAction().expected_outcome(), kTombstone);

  EXPECT_THAT(FilesWithText(), IsEmpty());
  partnership_->Stop();
  partnership_->Start();
  EXPECT_EQ(ReadAction().expected_outcome(), kTombstone);
  EXPECT_THAT(FilesWithText(), IsEmpty());
}

TEST_F(RedactionTest, ARedactedReleaseLeavesWithTheTombstoneAndAnotherDigest) {
  auto import = ReadDataFile<v1::ImportReleaseRequest>("releases/papers-2018.yaml");
  import.mutable_release()->set_name(kRelease);
  for (v1::Observation& figure : *import.mutable_observations()) {
    figure.set_name(std::string(kRelease) + figure.name().substr(figure.name().find("/obs")));
  }
  v1::ImportReleaseRequest with_text = import;
  with_text.mutable_observations(0)->mutable_source()->set_document(kText);
  const std::string digest =
      partnership_->Get<v1::ImportReleaseResponse>(kAdmin, with_text).release().digest();
  ASSERT_TRUE(absl::StrContains(Extract(absl::UnixEpoch()), kText));
  clock_.Advance(absl::Minutes(1));
  const absl::Time polled = clock_.Now();
  ASSERT_EQ(Extract(polled), "");
  clock_.Advance(absl::Minutes(1));

  Redact(kRelease);

  const std::string file = Extract(polled);
  EXPECT_TRUE(absl::StrContains(file, kTombstone)) << "who polls gets it anew";
  EXPECT_FALSE(absl::StrContains(file, kText));
  v1::ListObservationsRequest list;
  list.set_parent("releases/-");
  *list.mutable_filter()->mutable_changed_since() = ToTimestamp(polled);
  const auto listed = partnership_->Ask<v1::ListObservationsResponse>(kBoard, list);
  ASSERT_GT(listed.message.observations_size(), 0);
  EXPECT_EQ(listed.message.observations(0).source().document(), kTombstone);
  EXPECT_FALSE(absl::StrContains(listed.outcome.reply, kText));

  v1::GetReleaseRequest get;
  get.set_name(kRelease);
  const std::string digest_after = partnership_->Get<v1::Release>(kBoard, get).digest();
  EXPECT_NE(digest_after, digest);
  // It is the digest of what the release now holds, and the text cannot come back.
  import.mutable_observations(0)->mutable_source()->set_document(kTombstone);
  EXPECT_EQ(partnership_->Get<v1::ImportReleaseResponse>(kAdmin, import).release().digest(),
            digest_after);
  EXPECT_TRUE(RefusedWith(partnership_->Ask<v1::ImportReleaseResponse>(kAdmin, with_text).outcome,
                          v1::RELEASE_FROZEN));
  EXPECT_THAT(FilesWithText(), IsEmpty());
}

TEST_F(RedactionTest, WhatWasSaidOfSubmittedFiguresIsGoneFromEveryRevisionReleaseAndFile) {
  ApplyMeasure();
  const Metadata once = {{"concordat-request-id", "submit-1"}};
  v1::SubmissionHeader sent;
  sent.set_source(std::string("A letter of ") + kText);
  const auto first = Submit(25, sent, once);
  ASSERT_TRUE(first.ok()) << first.outcome.Text();
  v1::SubmissionHeader revised;
  revised.set_revision_reason(std::string("As told by ") + kText);
  const auto second = Submit(30, revised);
  ASSERT_TRUE(second.ok()) << second.outcome.Text();
  ASSERT_TRUE(Publish("releases/shown", Preview("releases/shown")).ok());
  const std::string preview = Preview("releases/next");
  ASSERT_TRUE(absl::StrContains(NoteOf("releases/shown", absl::UnixEpoch()), kText));
  clock_.Advance(absl::Minutes(1));
  const absl::Time polled = clock_.Now();
  ASSERT_EQ(NoteOf("releases/shown", polled), "");
  clock_.Advance(absl::Minutes(1));

  Redact(second.message.submission().name());
  Redact(first.message.submission().name());

  EXPECT_EQ(NoteOf("releases/shown", polled), kTombstone) << "who polls gets it anew";
  EXPECT_TRUE(RefusedWith(Publish("releases/next", preview).outcome, v1::PREVIEW_OUTDATED))
      << "it shows what was said before";
  ASSERT_TRUE(Publish("releases/next", Preview("releases/next")).ok());
  EXPECT_EQ(NoteOf("releases/next", polled), kTombstone);
  EXPECT_THAT(FilesWithText(), IsEmpty());
  // Who sends it again gets the first answer, without the text.
  const auto replayed = Submit(25, sent, once);
  ASSERT_TRUE(replayed.ok()) << replayed.outcome.Text();
  EXPECT_EQ(replayed.message.submission().name(), first.message.submission().name());
  EXPECT_EQ(replayed.message.submission().source(), kTombstone);
}

TEST_F(RedactionTest, TheRecordsOfASubmissionAreFoundByItsName) {
  ApplyMeasure();
  const std::string name = Submit(25, {}).message.submission().name();
  ASSERT_TRUE(Send(kAdmin, RequestFor(name)).ok());
  for (const Partner& partner : {kAuditor, kPolice}) {
    EXPECT_THAT(MethodsOf(partner, name),
                ElementsAre("RedactText", "SubmitObservations", "SubmitObservations"))
        << partner.client;
  }
  EXPECT_THAT(MethodsOf(kCouncil, name), IsEmpty());
  EXPECT_THAT(MethodsOf(kAuditor, "submissions/0000000000000000"), IsEmpty());
}

TEST_F(RedactionTest, TheRecordSaysWhoWhatAndWhyAndNeverTheText) {
  ASSERT_TRUE(
      partnership_->Ask<v1::ApplyPlanResponse>(kAdmin, PlanOf("2018-11-20", "First title")).ok());
  const auto refused = Send(kPoliceSignatory, RequestFor(kAction));
  EXPECT_TRUE(RefusedWith(refused.outcome, v1::REDACTION_STATE));
  const auto proposed = Send(kAdmin, RequestFor(kAction));
  const auto done = Send(kPoliceSignatory, RequestFor(kAction));
  for (const auto* answer : {&refused, &proposed, &done}) {
    const v1::AuditRecord record = partnership_->RecordFor(answer->outcome);
    EXPECT_EQ(record.resource(), kAction);
    EXPECT_EQ(record.justification(), "PERSONAL_DATA incident-2026-14");
    EXPECT_EQ(record.decision(),
              answer->ok() ? v1::AuditRecord::ALLOWED : v1::AuditRecord::REFUSED);
    EXPECT_FALSE(absl::StrContains(record.SerializeAsString(), kText));
  }
  EXPECT_EQ(partnership_->RecordFor(proposed.outcome).client(), kAdmin.client_name());
  EXPECT_EQ(partnership_->RecordFor(done.outcome).client(), kPoliceSignatory.client_name());
}

TEST_F(RedactionTest, ADryRunAnswersAsIfAndChangesNothing) {
  ASSERT_TRUE(
      partnership_->Ask<v1::ApplyPlanResponse>(kAdmin, PlanOf("2018-11-20", "First title")).ok());
  v1::RedactTextRequest request = RequestFor(kAction);
  request.set_dry_run(true);
  const auto would_propose = Send(kAdmin, request);
  EXPECT_EQ(would_propose.message.state(), v1::Redaction::PROPOSED);
  EXPECT_EQ(would_propose.message.texts(), 1);
  EXPECT_TRUE(RefusedWith(Send(kPoliceSignatory, request).outcome, v1::REDACTION_STATE))
      << "nothing was proposed";
  ASSERT_TRUE(Send(kAdmin, RequestFor(kAction)).ok());
  EXPECT_EQ(Send(kPoliceSignatory, request).message.state(), v1::Redaction::DONE);
  EXPECT_TRUE(absl::StrContains(ReadAction().expected_outcome(), kText));
}

TEST_F(RedactionTest, WhoMayNotIsRefused) {
  EXPECT_TRUE(RefusedWith(Send(kPolice, RequestFor(kAction)).outcome, v1::ROLE_MISSING));
  EXPECT_TRUE(RefusedWith(Send(kAuditor, RequestFor(kAction)).outcome, v1::ROLE_MISSING));
  const auto for_a_person = partnership_->Ask<v1::Redaction>(
      kAdmin, RequestFor(kAction), Metadata{{"concordat-on-behalf-of", "person-7"}});
  EXPECT_TRUE(RefusedWith(for_a_person.outcome, v1::ON_BEHALF_OF_REFUSED));
  v1::RedactTextRequest incomplete = RequestFor(kAction);
  incomplete.clear_reason();
  EXPECT_TRUE(RefusedWith(Send(kAdmin, incomplete).outcome, v1::FIELDS_INVALID));
}

}  // namespace
}  // namespace concordat::e2e
