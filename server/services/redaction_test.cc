#include "server/services/redaction.h"

#include <string>
#include <vector>

#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/return.pb.h"
#include "concordat/v1/submission.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/apply.h"
#include "server/services/release_digest.h"
#include "server/services/release_lines.h"
#include "server/services/service_test.h"

namespace concordat::services {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kText[] = "Alice Example";
constexpr char kAction[] = "plans/p/actions/1";
constexpr char kApplyPlan[] = "/concordat.v1.PlanService/ApplyPlan";

// Who calls.
struct Caller {
  std::string client;
  std::vector<v1::Role> roles;
  bool for_a_person = false;
};
const Caller kAdministrator{"agencies/board/clients/administrator", {v1::ADMINISTRATOR}};
const Caller kApprover{"agencies/police/clients/signatory", {v1::APPROVER}};

class RedactionTest : public ServiceTest {
 protected:
  RedactionTest() {
    PutAction("Training by Alice Example", "Alice Example trains all");
    PutAction("Training", "All are trained");
    request_.set_resource(kAction);
    request_.set_text(kText);
    request_.set_reason(v1::Redaction::PERSONAL_DATA);
    request_.set_reference("incident-2026-14");
  }

  void PutAction(const std::string& title, const std::string& outcome, bool removed = false) {
    v1::Action action;
    action.set_name(kAction);
    action.set_display_name(title);
    action.set_expected_outcome(outcome);
    PutMessage(store::Kind::kAction, action, removed);
  }
  static std::vector<store::ObservationRow> RowsOf(const std::string& release,
                                                   v1::Observation figure) {
    figure.set_name(release + "/observations/1");
    return {{0, figure.measure(), figure.area(), 0, {}, StoredBytes(figure)}};
  }
  void PutFigure(const std::string& release, const v1::Observation& figure) {
    Commit([&](store::Transaction& transaction) {
      Must(transaction.PutObservations(grant_, release, RowsOf(release, figure)));
    });
  }

  static v1::SubmittedObservation Submitted(const std::string& area, double value,
                                            const std::string& commentary) {
    v1::SubmittedObservation figure;
    figure.set_measure("measures/m");
    figure.set_area(area);
    figure.mutable_period()->set_kind(v1::Period::FINANCIAL_QUARTER);
    *figure.mutable_period()->mutable_start() = ToDate(absl::CivilDay(2018, 4, 1));
    *figure.mutable_period()->mutable_end() = ToDate(absl::CivilDay(2018, 6, 30));
    figure.set_value(value);
    figure.set_commentary(commentary);
    return figure;
  }
  void PutSubmission(const std::string& name, const std::vector<v1::SubmittedObservation>& sent) {
    v1::Submission submission;
    submission.set_name(name);
    submission.set_provider("agencies/police");
    submission.set_revision_reason("Asked by Alice Example");
    std::vector<store::FigureRow> rows;
    for (const v1::SubmittedObservation& figure : sent) {
      store::FigureRow row;
      row.measure = figure.measure();
      row.key = store::KeyOf(figure);
      row.row = static_cast<int64_t>(rows.size()) + 1;
      row.body = StoredBytes(figure);
      rows.push_back(row);
    }
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    Must(batch->StageFigures(name, submission.provider(), rows));
    Must(batch->BeginChange(kNoon));
    store::Row row;
    row.name = name;
    row.body = StoredBytes(submission);
    Must(batch->transaction().ApplySubmission(grant_, row));
    Must(batch->KeepChange());
    Must(batch->Commit());
  }
  // What is said of each revision of each figure, by figure, newest first.
  std::vector<std::string> Commentaries() {
    std::vector<std::string> commentaries;
    store::FigureRange range;
    range.measure = "measures/m";
    range.all_revisions = true;
    Must(store_->ScanSubmitted(grant_, range, {Must(store_->ReadState()).revision},
                               [&](const store::FigureRow& row) {
                                 v1::SubmittedObservation figure;
                                 figure.ParseFromString(row.body);
                                 commentaries.push_back(figure.commentary());
                                 return true;
                               }));
    return commentaries;
  }

  // Sends `request_`; keeps the change unless it was refused.
  absl::StatusOr<v1::Redaction> Send(const Caller& caller, absl::Time now = kNoon) {
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    Must(batch->BeginChange(now));
    absl::StatusOr<v1::Redaction> answer =
        RedactText(door::CallReactor::MakeCall(grant_, caller.client, "", now, {}, caller.roles,
                                               caller.for_a_person),
                   request_, batch->transaction());
    Must(answer.ok() ? batch->KeepChange() : batch->UndoChange());
    Must(batch->Commit());
    return answer;
  }
  // The state that a refusal names; the reason's name when it is another.
  static std::string StateOf(const absl::StatusOr<v1::Redaction>& answer) {
    if (answer.ok()) return v1::Redaction::State_Name(answer->state());
    const auto info = PayloadOf<google::rpc::ErrorInfo>(answer.status());
    if (!info.has_value()) return answer.status().ToString();
    const auto state = info->metadata().find("state");
    return state == info->metadata().end() ? info->reason() : state->second;
  }
  // The title of each revision of the action, newest first.
  std::vector<std::string> Titles() {
    std::vector<std::string> titles;
    Commit([&](store::Transaction& transaction) {
      Must(transaction.ScanRevisions(grant_, store::Kind::kAction, kAction,
                                     [&](const store::Row& row) {
                                       v1::Action action;
                                       action.ParseFromString(row.body);
                                       titles.push_back(action.display_name());
                                       return true;
                                     }));
    });
    return titles;
  }
  template <typename Message>
  Message Read(store::Kind kind, const std::string& name) {
    const int64_t revision = Must(store_->ReadState()).revision;
    Message message;
    message.ParseFromString(Must(store_->Find(grant_, kind, name, {revision})).body);
    return message;
  }
  v1::Observation FigureOf(const std::string& release) {
    v1::Observation figure;
    Must(store_->ScanObservations(grant_, release, -1, [&](const store::ObservationRow& row) {
      return figure.ParseFromString(row.body);
    }));
    return figure;
  }

  std::string LinesOf(const std::string& release) {
    std::string lines;
    Must(store_->ScanLines(grant_, release, -1, [&](const store::LineRow& line) {
      absl::StrAppend(&lines, line.text);
      return true;
    }));
    return lines;
  }

  v1::RedactTextRequest request_;
};

TEST_F(RedactionTest, AnAdministratorProposesAndAnApproverDoesIt) {
  const v1::Redaction proposed = Must(Send(kAdministrator));
  EXPECT_EQ(proposed.state(), v1::Redaction::PROPOSED);
  EXPECT_EQ(proposed.texts(), 2);
  EXPECT_EQ(proposed.revisions(), 1);
  EXPECT_EQ(proposed.proposed_by(), kAdministrator.client);
  EXPECT_EQ(proposed.approved_by(), "");
  EXPECT_THAT(Titles(), ElementsAre("Training", "Training by Alice Example"));

  const absl::Time later = kNoon + absl::Hours(7 * 24);
  const v1::Redaction done = Must(Send(kApprover, later));
  EXPECT_EQ(done.state(), v1::Redaction::DONE);
  EXPECT_EQ(done.texts(), 2);
  EXPECT_EQ(done.proposed_by(), kAdministrator.client);
  EXPECT_EQ(ToTime(done.propose_time()), kNoon);
  EXPECT_EQ(done.approved_by(), kApprover.client);
  EXPECT_EQ(ToTime(done.approve_time()), later);
  EXPECT_EQ(done.resource(), kAction);
  EXPECT_EQ(done.reference(), "incident-2026-14");
  EXPECT_THAT(Titles(), ElementsAre("Training", "[redacted]"));
  // It is over: the next one begins anew, and finds nothing.
  EXPECT_EQ(StateOf(Send(kApprover, later)), "NOT_PROPOSED");
  EXPECT_EQ(StateOf(Send(kAdministrator, later)), "TEXT_NOT_FOUND");
}

TEST_F(RedactionTest, ItTakesTwoClients) {
  const Caller both{"agencies/board/clients/both", {v1::ADMINISTRATOR, v1::APPROVER}};
  EXPECT_EQ(StateOf(Send(kApprover)), "NOT_PROPOSED");
  EXPECT_EQ(StateOf(Send(both)), "PROPOSED");
  EXPECT_EQ(StateOf(Send(both)), "SAME_CLIENT");
  // An administrator who is no approver learns how it stands, and changes nothing.
  const v1::Redaction still = Must(Send(kAdministrator));
  EXPECT_EQ(still.state(), v1::Redaction::PROPOSED);
  EXPECT_EQ(still.proposed_by(), both.client);
  EXPECT_THAT(Titles(), ElementsAre("Training", "Training by Alice Example"));
  EXPECT_EQ(StateOf(Send(kApprover)), "DONE");
}

TEST_F(RedactionTest, AProposalHoldsForSevenDaysAndForItsTermsAlone) {
  Must(Send(kAdministrator));
  EXPECT_EQ(StateOf(Send(kApprover, kNoon + absl::Hours(7 * 24) + absl::Microseconds(1))),
            "NOT_PROPOSED");
  const v1::RedactTextRequest terms = request_;
  request_.set_text("Alice");
  EXPECT_EQ(StateOf(Send(kApprover)), "NOT_PROPOSED");
  request_ = terms;
  request_.set_reason(v1::Redaction::LEGAL);
  EXPECT_EQ(StateOf(Send(kApprover)), "NOT_PROPOSED");
  request_ = terms;
  request_.set_reference("incident-2026-15");
  EXPECT_EQ(StateOf(Send(kApprover)), "NOT_PROPOSED");
  request_ = terms;
  request_.set_resource("plans/p");
  EXPECT_EQ(StateOf(Send(kApprover)), "NOT_PROPOSED");
  request_ = terms;
  request_.set_dry_run(true);
  EXPECT_EQ(StateOf(Send(kApprover)), "DONE") << "a dry run is no other term";
}

TEST_F(RedactionTest, NobodyActsForAnother) {
  for (Caller caller : {kAdministrator, kApprover}) {
    caller.for_a_person = true;
    EXPECT_EQ(StateOf(Send(caller)), "ON_BEHALF_OF_REFUSED");
  }
}

TEST_F(RedactionTest, WhatCannotBeRedactedIsRefusedWithoutEchoingTheText) {
  request_.set_text("Bob Example");
  EXPECT_EQ(StateOf(Send(kAdministrator)), "TEXT_NOT_FOUND");
  request_.set_resource("plans/p/actions/2");
  EXPECT_EQ(StateOf(Send(kAdministrator)), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(StateOf(Send(kApprover)), "NOT_PROPOSED") << "who only approves learns nothing";
  request_.set_resource("agencies/police");
  request_.set_text("Bob");
  const absl::Status refused = Send(kAdministrator).status();
  EXPECT_EQ(ReasonOf(refused), v1::FIELDS_INVALID);
  const auto bad = PayloadOf<google::rpc::BadRequest>(refused);
  ASSERT_TRUE(bad.has_value());
  ASSERT_EQ(bad->field_violations_size(), 2);
  EXPECT_EQ(bad->field_violations(0).field(), "resource");
  EXPECT_EQ(bad->field_violations(1).field(), "text");
  EXPECT_EQ(refused.ToString().find("Bob"), std::string::npos);
}

TEST_F(RedactionTest, RemovedRevisionsAreRedactedToo) {
  PutAction("Gone, said Alice Example", "", true);
  Must(Send(kAdministrator));
  Must(Send(kApprover));
  EXPECT_THAT(Titles(), ElementsAre("[redacted]", "Training", "[redacted]"));
}

TEST_F(RedactionTest, AnswersToRequestIdsAreRedactedAndStillFound) {
  v1::ApplyPlanResponse reply;
  reply.mutable_plan()->set_display_name("The plan of Alice Example");
  reply.mutable_plan()->set_name("plans/p");
  {
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    Must(batch->PutReply("c", kApplyPlan, "id", {"digest", reply.SerializeAsString()}, kNoon));
    Must(batch->Commit());
  }
  Must(Send(kAdministrator));
  Must(Send(kApprover));
  const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
  const auto stored = Must(batch->FindReply("c", kApplyPlan, "id", kNoon));
  ASSERT_TRUE(stored.has_value());
  EXPECT_EQ(stored->request_digest, "digest");
  v1::ApplyPlanResponse redacted;
  ASSERT_TRUE(redacted.ParseFromString(stored->reply));
  EXPECT_EQ(redacted.plan().display_name(), "[redacted]");
  EXPECT_EQ(redacted.plan().name(), "plans/p");
}

TEST_F(RedactionTest, AReleasesFiguresAreRedactedAndItsDigestIsThatOfWhatItNowHolds) {
  v1::Release release;
  release.set_name("releases/r");
  release.set_display_name("Figures");
  release.set_digest("of the figures before");
  PutMessage(store::Kind::kRelease, release);
  v1::Observation figure;
  figure.set_measure("measures/m");
  figure.set_measure_display_name("Title");
  figure.set_note("Counted by Alice Example");
  PutFigure("releases/r", figure);
  request_.set_resource("releases/r");
  Must(Send(kAdministrator));
  const v1::Redaction done = Must(Send(kApprover));
  EXPECT_EQ(done.texts(), 1);
  EXPECT_EQ(done.revisions(), 1);

  const v1::Observation redacted = FigureOf("releases/r");
  EXPECT_EQ(redacted.note(), "[redacted]");
  EXPECT_EQ(redacted.measure_display_name(), "Title");
  v1::Observation sent = redacted;
  sent.clear_measure_display_name();
  ReleaseDigest digest;
  digest.Add(sent);
  EXPECT_EQ(Read<v1::Release>(store::Kind::kRelease, "releases/r").digest(),
            digest.Finish(*store_));
}

// A measure and an area, and releases of one frozen figure each that is about them.
class RedactedLinesTest : public RedactionTest {
 protected:
  RedactedLinesTest() {
    measure_.set_name("measures/m");
    measure_.set_display_name("As it is called now");
    measure_.set_unit(v1::Measure::NUMBER);
    measure_.set_unit_label("visits of Alice Example");
    PutMessage(store::Kind::kMeasure, measure_);
    v1::Area area;
    area.set_name("areas/a");
    area.set_display_name("Alice Example House");
    area.set_level(v1::LOCAL_AUTHORITY);
    PutMessage(store::Kind::kArea, area);
    figure_.set_measure("measures/m");
    figure_.set_area("areas/a");
    figure_.set_measure_display_name("As it was called");
    figure_.set_area_display_name("The place");
  }
  void PutRelease(const std::string& name) {
    v1::Release release;
    release.set_name(name);
    PutMessage(store::Kind::kRelease, release);
    PutFigure(name, figure_);
    Commit([&](store::Transaction& transaction) {
      Must(FreezeLines(transaction, grant_, name, RowsOf(name, figure_)));
    });
  }
  void Redact(const std::string& resource) {
    request_.set_resource(resource);
    Must(Send(kAdministrator));
    EXPECT_EQ(Must(Send(kApprover)).state(), v1::Redaction::DONE);
  }

  v1::Measure measure_;
  v1::Observation figure_;
};

TEST_F(RedactedLinesTest, OfARedactedFigureAreWrittenAnewAndOthersAreLeft) {
  measure_.set_unit_label("visits");
  PutMessage(store::Kind::kMeasure, measure_);
  figure_.mutable_source()->set_document("Written down by Alice Example");
  PutRelease("releases/r");
  PutRelease("releases/other");
  ASSERT_THAT(LinesOf("releases/r"), HasSubstr("Alice Example"));
  Redact("releases/r");
  EXPECT_THAT(LinesOf("releases/r"), HasSubstr(",[redacted],"));
  EXPECT_THAT(LinesOf("releases/r"), HasSubstr(",As it was called,"));
  EXPECT_THAT(LinesOf("releases/r"), Not(HasSubstr("Alice Example")));
  EXPECT_THAT(LinesOf("releases/other"), HasSubstr("Alice Example"));
}

TEST_F(RedactedLinesTest, OfARedactedMeasureShowNothingOfItsUnit) {
  PutRelease("releases/r");
  PutRelease("releases/other");
  ASSERT_THAT(LinesOf("releases/other"), HasSubstr("visits of Alice Example"));
  Redact("measures/m");
  for (const char* release : {"releases/r", "releases/other"}) {
    EXPECT_THAT(LinesOf(release), HasSubstr("[redacted]"));
    EXPECT_THAT(LinesOf(release), Not(HasSubstr("Alice Example")));
  }
}

TEST_F(RedactedLinesTest, AnAreaHasTheNameThatIsFrozenBesideTheFigure) {
  measure_.set_unit_label("visits");
  PutMessage(store::Kind::kMeasure, measure_);
  PutRelease("releases/r");
  EXPECT_THAT(LinesOf("releases/r"), HasSubstr(",The place,"));
  EXPECT_THAT(LinesOf("releases/r"), Not(HasSubstr("Alice Example House")));
  figure_.set_area_display_name("The place of Alice Example");
  PutRelease("releases/named");
  ASSERT_THAT(LinesOf("releases/named"), HasSubstr(",The place of Alice Example,"));
  Redact("releases/named");
  EXPECT_THAT(LinesOf("releases/named"), Not(HasSubstr("Alice Example")));
}

TEST_F(RedactionTest, AReleasesOwnTextsLeaveItsDigestAsItIs) {
  v1::Release release;
  release.set_name("releases/r");
  release.set_note("Ask Alice Example");
  release.set_digest("of the figures");
  PutMessage(store::Kind::kRelease, release);
  request_.set_resource("releases/r");
  Must(Send(kAdministrator));
  Must(Send(kApprover));
  const v1::Release redacted = Read<v1::Release>(store::Kind::kRelease, "releases/r");
  EXPECT_EQ(redacted.note(), "[redacted]");
  EXPECT_EQ(redacted.digest(), "of the figures");
}

TEST_F(RedactionTest, WhatWasSaidAboutAReturnIsRedacted) {
  v1::Return said;
  said.set_name("measures/m/returns/2018-19-q1.police");
  said.set_state(v1::Return::NOT_AVAILABLE);
  said.set_reason("Alice Example is away");
  said.set_set_by("agencies/police/clients/feed");
  PutMessage(store::Kind::kReturn, said);
  request_.set_resource(said.name());
  Must(Send(kAdministrator));
  Must(Send(kApprover));
  const auto stored = Read<v1::Return>(store::Kind::kReturn, said.name());
  EXPECT_EQ(stored.reason(), "[redacted]");
  EXPECT_EQ(stored.set_by(), said.set_by());
}

TEST_F(RedactionTest, WhatWasSaidOfSubmittedFiguresIsRedactedInAllTheirRevisionsAndInReleases) {
  PutSubmission("submissions/1", {Submitted("areas/a", 20, "Counted by Alice Example")});
  PutSubmission("submissions/2", {Submitted("areas/a", 21, "Mended by Alice Example"),
                                  Submitted("areas/b", 30, "As counted")});
  PutSubmission("submissions/3", {Submitted("areas/c", 40, "Counted by Alice Example")});
  v1::Release release;
  release.set_name("releases/r");
  release.set_digest("of the figures before");
  PutMessage(store::Kind::kRelease, release);
  v1::Observation figure;
  figure.set_measure("measures/m");
  figure.set_area("areas/a");
  *figure.mutable_period() = Submitted("areas/a", 21, "").period();
  figure.set_note("Mended by Alice Example");
  PutFigure("releases/r", figure);

  request_.set_resource("submissions/2");
  Must(Send(kAdministrator));
  const v1::Redaction done = Must(Send(kApprover));
  EXPECT_EQ(done.texts(), 4) << "the reason, two revisions of one figure, and a release's";
  EXPECT_EQ(done.revisions(), 4);

  const auto redacted = Read<v1::Submission>(store::Kind::kSubmission, "submissions/2");
  EXPECT_EQ(redacted.revision_reason(), "[redacted]");
  EXPECT_EQ(redacted.provider(), "agencies/police");
  EXPECT_THAT(Commentaries(),
              ElementsAre("[redacted]", "[redacted]", "As counted", "Counted by Alice Example"));
  EXPECT_EQ(FigureOf("releases/r").note(), "[redacted]");
  ReleaseDigest digest;
  digest.Add(FigureOf("releases/r"));
  EXPECT_EQ(Read<v1::Release>(store::Kind::kRelease, "releases/r").digest(),
            digest.Finish(*store_));
  const auto other = Read<v1::Submission>(store::Kind::kSubmission, "submissions/3");
  EXPECT_EQ(other.revision_reason(), "Asked by Alice Example");
}

TEST_F(RedactionTest, TheItemsOfASubmittedBreakdownStay) {
  v1::SubmittedObservation figure = Submitted("areas/a", 20, "As counted");
  auto& breakdown = *figure.add_breakdowns();
  breakdown.set_dimension("place");
  breakdown.set_item("Home");
  PutSubmission("submissions/1", {figure});
  request_.set_resource("submissions/1");
  request_.set_text("Home");
  EXPECT_EQ(StateOf(Send(kAdministrator)), "TEXT_NOT_FOUND");
}

TEST_F(RedactionTest, AMeasuresTitleIsRedactedBesideItsFiguresToo) {
  v1::Measure measure;
  measure.set_name("measures/m");
  measure.set_display_name("Visits of Alice Example");
  PutMessage(store::Kind::kMeasure, measure);
  v1::Observation figure;
  figure.set_measure("measures/m");
  figure.set_measure_display_name(measure.display_name());
  figure.set_note("Alice Example is the release's to redact");
  figure.set_name("releases/r/observations/1");
  ReleaseDigest digest;
  digest.Add(figure);
  v1::Release release;
  release.set_name("releases/r");
  release.set_digest(digest.Finish(*store_));
  PutMessage(store::Kind::kRelease, release);
  PutFigure("releases/r", figure);
  request_.set_resource("measures/m");
  Must(Send(kAdministrator));
  const v1::Redaction done = Must(Send(kApprover));
  EXPECT_EQ(done.texts(), 2);
  EXPECT_EQ(Read<v1::Measure>(store::Kind::kMeasure, "measures/m").display_name(), "[redacted]");
  EXPECT_EQ(FigureOf("releases/r").measure_display_name(), "[redacted]");
  EXPECT_EQ(FigureOf("releases/r").note(), figure.note());
  EXPECT_EQ(Read<v1::Release>(store::Kind::kRelease, "releases/r").digest(), release.digest());
}

}  // namespace
}  // namespace concordat::services
