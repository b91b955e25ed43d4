// Changes: all or nothing, once, and never what may not be stored.
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/v1/agreement_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const std::string kApplyPlan = PathOf(*v1::ApplyPlanRequest::descriptor());
constexpr char kPlanFile[] = "plans/development-2018.yaml";
// Passes the check digit, in a range that numbers are given out of.
constexpr char kNhsNumber[] = "401 023 2137";

class ApplyTest : public testing::Test {
 protected:
  ApplyTest() : plan_(ReadDataFile<v1::ApplyPlanRequest>(kPlanFile)) {}

  // The store's revision, which rises with every change.
  std::string State() const {
    return absl::StrCat(
        QueryNumber(partnership_.database_path(), "SELECT MAX(store_revision) FROM resource"), " ",
        QueryNumber(partnership_.database_path(), "SELECT COUNT(*) FROM resource"), " ",
        QueryNumber(partnership_.database_path(), "SELECT COUNT(*) FROM observation"));
  }

  // The fields that the error names, in order.
  static std::vector<std::string> FieldsOf(const Outcome& outcome) {
    EXPECT_TRUE(RefusedWith(outcome, v1::FIELDS_INVALID));
    std::vector<std::string> fields;
    if (const auto bad = PayloadOf<google::rpc::BadRequest>(outcome.error())) {
      for (const auto& violation : bad->field_violations()) fields.push_back(violation.field());
    }
    return fields;
  }
  static std::string DescriptionOf(const Outcome& outcome) {
    const auto bad = PayloadOf<google::rpc::BadRequest>(outcome.error());
    return bad.has_value() && bad->field_violations_size() > 0
               ? bad->field_violations(0).description()
               : "";
  }

  template <typename Response, typename Request>
  std::vector<std::string> FieldsRefused(const Request& request) {
    const std::string before = State();
    const Outcome outcome = partnership_.Ask<Response>(kAdmin, request).outcome;
    EXPECT_EQ(State(), before);
    EXPECT_EQ(partnership_.RecordFor(outcome).decision(), v1::AuditRecord::REFUSED);
    return FieldsOf(outcome);
  }

  v1::Plan StoredPlan() {
    v1::GetPlanRequest request;
    request.set_name(plan_.plan().name());
    return partnership_.Get<v1::Plan>(kBoard, request);
  }

  TestPartnership partnership_;
  v1::ApplyPlanRequest plan_;
};

// The second time nothing is changed, whatever the file.
template <typename Response, typename Request>
void ExpectUnchanged(TestPartnership& partnership, const std::string& file) {
  SCOPED_TRACE(file);
  const auto response = partnership.Get<Response>(kAdmin, ReadDataFile<Request>(file));
  EXPECT_THAT(response.changes(), IsEmpty());
}

TEST_F(ApplyTest, TheWholeDataSetASecondTimeChangesNothing) {
  const std::string before = State();
  ExpectUnchanged<v1::ApplyDirectoryResponse, v1::ApplyDirectoryRequest>(partnership_,
                                                                         "directory.yaml");
  ExpectUnchanged<v1::ApplyMeasuresResponse, v1::ApplyMeasuresRequest>(partnership_,
                                                                       "measures.yaml");
  for (const std::string plan :
       {"development-2018", "domestic-abuse-strategy-2018", "key-stage-4-recovery-2018",
        "neglect-strategy-2018", "send-wsoa-2018"}) {
    ExpectUnchanged<v1::ApplyPlanResponse, v1::ApplyPlanRequest>(
        partnership_, absl::StrCat("plans/", plan, ".yaml"));
  }
  for (const std::string agreement :
       {"district-early-help", "health-safeguarding", "neglect-and-domestic-abuse"}) {
    ExpectUnchanged<v1::ApplyAgreementResponse, v1::ApplyAgreementRequest>(
        partnership_, absl::StrCat("agreements/", agreement, ".yaml"));
  }
  ExpectUnchanged<v1::ImportReleaseResponse, v1::ImportReleaseRequest>(partnership_,
                                                                       "releases/papers-2018.yaml");
  EXPECT_EQ(State(), before);
}

TEST_F(ApplyTest, WhatWasReadCanBeSentBack) {
  *plan_.mutable_plan() = StoredPlan();
  const auto response = partnership_.Get<v1::ApplyPlanResponse>(kBoard, plan_);
  EXPECT_THAT(response.changes(), IsEmpty());
}

TEST_F(ApplyTest, AChangeIsNamedWithItsFields) {
  plan_.mutable_actions(3)->set_status(v1::Action::UNDERWAY);
  plan_.mutable_actions()->RemoveLast();
  const std::string etag = StoredPlan().etag();
  const auto response = partnership_.Get<v1::ApplyPlanResponse>(kBoard, plan_);
  std::map<std::string, const v1::Change*> changes;
  for (const v1::Change& change : response.changes()) changes[change.name()] = &change;
  ASSERT_EQ(changes.count(plan_.actions(3).name()), 1U);
  EXPECT_EQ(changes[plan_.actions(3).name()]->kind(), v1::Change::REVISED);
  EXPECT_THAT(changes[plan_.actions(3).name()]->fields(), ElementsAre("status"));
  const auto removed = ReadDataFile<v1::ApplyPlanRequest>(kPlanFile).actions(108).name();
  ASSERT_EQ(changes.count(removed), 1U);
  EXPECT_EQ(changes[removed]->kind(), v1::Change::REMOVED);
  EXPECT_NE(response.plan().etag(), etag);
}

TEST_F(ApplyTest, ADryRunSaysWhatWouldChangeAndChangesNothing) {
  const std::string before = State();
  plan_.mutable_actions(0)->set_status(v1::Action::UNDERWAY);
  plan_.set_dry_run(true);
  const Metadata metadata = {{"concordat-request-id", "dry"}};
  for (int i = 0; i < 2; ++i) {
    const auto response = partnership_.Get<v1::ApplyPlanResponse>(kBoard, plan_, metadata);
    EXPECT_THAT(response.changes(), SizeIs(1));
  }
  EXPECT_EQ(State(), before);
  plan_.set_dry_run(false);
  EXPECT_THAT(partnership_.Get<v1::ApplyPlanResponse>(kBoard, plan_, metadata).changes(),
              SizeIs(1));
  EXPECT_NE(State(), before);
}

TEST_F(ApplyTest, ARepeatedRequestIdGivesTheSameBytesAndIsDoneOnce) {
  plan_.mutable_actions(0)->set_status(v1::Action::UNDERWAY);
  const Metadata metadata = {{"concordat-request-id", "change-17"}};
  const std::string bytes = plan_.SerializeAsString();
  const Outcome first = partnership_.Call(kBoard, kApplyPlan, bytes, metadata);
  ASSERT_TRUE(first.ok()) << first.Text();
  const std::string after = State();
  const Outcome second = partnership_.Call(kBoard, kApplyPlan, bytes, metadata);
  ASSERT_TRUE(second.ok()) << second.Text();
  EXPECT_EQ(second.reply, first.reply);
  EXPECT_EQ(State(), after);
  // Recorded twice: two calls were made.
  EXPECT_LT(first.receipt->index(), second.receipt->index());
  EXPECT_EQ(partnership_.RecordFor(second).request_id(), "change-17");

  // It outlives the server.
  partnership_.Stop();
  partnership_.Start();
  EXPECT_EQ(partnership_.Call(kBoard, kApplyPlan, bytes, metadata).reply, first.reply);
  EXPECT_EQ(State(), after);
}

TEST_F(ApplyTest, ARequestIdIsGoodForOneRequestOfOneClient) {
  const Metadata metadata = {{"concordat-request-id", "change-18"}};
  plan_.mutable_actions(0)->set_status(v1::Action::UNDERWAY);
  ASSERT_TRUE(partnership_.Ask<v1::ApplyPlanResponse>(kBoard, plan_, metadata).ok());
  const std::string after = State();
  plan_.mutable_actions(0)->set_status(v1::Action::PLANNED);
  EXPECT_TRUE(RefusedWith(partnership_.Ask<v1::ApplyPlanResponse>(kBoard, plan_, metadata).outcome,
                          v1::REQUEST_ID_REUSED));
  EXPECT_EQ(State(), after);
  // To another client it is another id.
  EXPECT_TRUE(partnership_.Ask<v1::ApplyPlanResponse>(kAdmin, plan_, metadata).ok());
  EXPECT_NE(State(), after);
}

TEST_F(ApplyTest, AReplayIsAuthorisedAgain) {
  auto directory = ReadDataFile<v1::ApplyDirectoryRequest>("directory.yaml");
  const Metadata metadata = {{"concordat-request-id", "change-19"}};
  plan_.mutable_actions(0)->set_status(v1::Action::UNDERWAY);
  ASSERT_TRUE(partnership_.Ask<v1::ApplyPlanResponse>(kBoard, plan_, metadata).ok());
  for (v1::Client& client : *directory.mutable_clients()) {
    if (client.name() == kBoard.client_name()) client.mutable_roles()->Truncate(1);
  }
  partnership_.Get<v1::ApplyDirectoryResponse>(kAdmin, directory);
  EXPECT_TRUE(RefusedWith(partnership_.Ask<v1::ApplyPlanResponse>(kBoard, plan_, metadata).outcome,
                          v1::ROLE_MISSING));
}

TEST_F(ApplyTest, ARefusedChangeDoesNotUseUpItsRequestId) {
  const Metadata metadata = {{"concordat-request-id", "change-20"}};
  plan_.mutable_actions(0)->set_theme("no-such-theme");
  EXPECT_FALSE(partnership_.Ask<v1::ApplyPlanResponse>(kBoard, plan_, metadata).ok());
  plan_.mutable_actions(0)->set_theme("1");
  EXPECT_TRUE(partnership_.Ask<v1::ApplyPlanResponse>(kBoard, plan_, metadata).ok());
}

TEST_F(ApplyTest, OfManyAtOnceWithOneRequestIdOneIsDone) {
  plan_.mutable_actions(0)->set_status(v1::Action::UNDERWAY);
  const std::string bytes = plan_.SerializeAsString();
  std::vector<Outcome> outcomes(8);
  std::vector<std::thread> threads;
  for (Outcome& outcome : outcomes) {
    threads.emplace_back([&, channel = partnership_.NewChannel(kBoard)] {
      outcome = Call(channel, kApplyPlan, bytes, {{"concordat-request-id", "race"}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Outcome& outcome : outcomes) {
    EXPECT_TRUE(outcome.ok()) << outcome.Text();
    EXPECT_EQ(outcome.reply, outcomes[0].reply);
  }
  EXPECT_EQ(QueryNumber(partnership_.database_path(),
                        absl::StrCat("SELECT COUNT(*) FROM resource WHERE name='",
                                     plan_.actions(0).name(), "'")),
            2);
}

TEST_F(ApplyTest, AnEtagOfAnEarlierRevisionIsAborted) {
  const std::string old_etag = StoredPlan().etag();
  plan_.mutable_actions(0)->set_status(v1::Action::UNDERWAY);
  plan_.mutable_plan()->set_etag(old_etag);
  ASSERT_TRUE(partnership_.Ask<v1::ApplyPlanResponse>(kBoard, plan_).ok());
  const std::string after = State();
  plan_.mutable_actions(0)->set_status(v1::Action::COMPLETE);
  const Outcome outcome = partnership_.Ask<v1::ApplyPlanResponse>(kBoard, plan_).outcome;
  EXPECT_TRUE(RefusedWith(outcome, v1::ETAG_MISMATCH));
  EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(State(), after);

  auto agreement = ReadDataFile<v1::ApplyAgreementRequest>("agreements/health-safeguarding.yaml");
  agreement.mutable_agreement()->set_etag("99");
  EXPECT_TRUE(RefusedWith(partnership_.Ask<v1::ApplyAgreementResponse>(kAdmin, agreement).outcome,
                          v1::ETAG_MISMATCH));
  auto measures = ReadDataFile<v1::ApplyMeasuresRequest>("measures.yaml");
  measures.mutable_measures(5)->set_etag("99");
  EXPECT_TRUE(RefusedWith(partnership_.Ask<v1::ApplyMeasuresResponse>(kAdmin, measures).outcome,
                          v1::ETAG_MISMATCH));
}

TEST_F(ApplyTest, OneBadRowAmongAHundredIsNamedAndNothingIsStored) {
  plan_.mutable_actions(57)->set_theme("no-such-theme");
  // Its objective is then none of the theme's either.
  plan_.mutable_actions(57)->clear_objective();
  EXPECT_THAT(FieldsRefused<v1::ApplyPlanResponse>(plan_), ElementsAre("actions[57].theme"));
}

TEST_F(ApplyTest, EveryBadRowIsNamed) {
  plan_.mutable_actions(3)->add_recommendations("99");
  plan_.mutable_actions(40)->set_name("plans/another-plan/actions/1.1.1");
  plan_.mutable_actions(41)->set_name(plan_.actions(42).name());
  plan_.mutable_actions(100)->mutable_leads(0)->set_agency("agencies/no-such");
  const int recommendation = plan_.actions(3).recommendations_size() - 1;
  EXPECT_THAT(FieldsRefused<v1::ApplyPlanResponse>(plan_),
              ElementsAre(absl::StrCat("actions[3].recommendations[", recommendation, "]"),
                          "actions[40].name", "actions[42].name", "actions[100].leads[0].agency"));
}

TEST_F(ApplyTest, EveryBadFieldIsNamed) {
  plan_.mutable_actions(7)->set_name("Not A Name");
  plan_.mutable_actions(8)->set_display_name(std::string(301, 'x'));
  plan_.mutable_actions(9)->mutable_leads(0)->set_role("");
  plan_.mutable_actions(10)->set_display_name("bell \a rings");
  plan_.mutable_actions(11)->mutable_source()->set_line(-1);
  plan_.mutable_plan()->set_kind(v1::Plan::KIND_UNSPECIFIED);
  EXPECT_THAT(FieldsRefused<v1::ApplyPlanResponse>(plan_),
              UnorderedElementsAre("plan.kind", "actions[7].name", "actions[8].display_name",
                                   "actions[9].leads[0].role", "actions[10].display_name",
                                   "actions[11].source.line"));
}

TEST_F(ApplyTest, MeasuresAndFiguresAreAllOrNothingToo) {
  auto measures = ReadDataFile<v1::ApplyMeasuresRequest>("measures.yaml");
  for (v1::Measure& measure : *measures.mutable_measures()) measure.set_lag_days(7);
  measures.mutable_measures(80)->set_provider("agencies/no-such");
  EXPECT_THAT(FieldsRefused<v1::ApplyMeasuresResponse>(measures),
              ElementsAre("measures[80].provider"));

  auto release = ReadDataFile<v1::ImportReleaseRequest>("releases/papers-2018.yaml");
  release.mutable_release()->set_name("releases/second");
  for (v1::Observation& figure : *release.mutable_observations()) {
    figure.set_name(absl::StrCat("releases/second", figure.name().substr(20)));
  }
  release.mutable_observations(99)->set_measure("measures/no-such");
  release.mutable_observations(100)->clear_value();
  release.mutable_observations(100)->set_symbol(v1::Observation::NONE);
  release.mutable_observations(200)->set_area("areas/e99999999");
  release.mutable_observations(201)->set_comparator(v1::Observation::ENGLAND);
  release.mutable_observations(201)->set_average(v1::Observation::MEDIAN);
  release.mutable_observations(201)->set_neighbour_set("lait-2018");
  EXPECT_THAT(
      FieldsRefused<v1::ImportReleaseResponse>(release),
      ElementsAre("observations[99].measure", "observations[100].value", "observations[200].area",
                  "observations[201].average", "observations[201].neighbour_set"));
}

TEST_F(ApplyTest, FieldsThatTheContractLacksAreRefusedAtAnyDepth) {
  const std::string before = State();
  // Field 100, a varint, appended to the request, and within its plan and an action.
  const std::string unknown = "\xa0\x06\x01";
  const std::string whole = plan_.SerializeAsString();
  EXPECT_THAT(FieldsOf(partnership_.Call(kBoard, kApplyPlan, whole + unknown)), ElementsAre(""));

  v1::ApplyPlanRequest in_plan = plan_;
  in_plan.mutable_plan()
      ->GetReflection()
      ->MutableUnknownFields(in_plan.mutable_plan())
      ->AddVarint(100, 1);
  EXPECT_THAT(FieldsOf(partnership_.Call(kBoard, kApplyPlan, in_plan.SerializeAsString())),
              ElementsAre("plan"));
  v1::ApplyPlanRequest in_action = plan_;
  v1::Lead* const lead = in_action.mutable_actions(5)->mutable_leads(0);
  lead->GetReflection()->MutableUnknownFields(lead)->AddLengthDelimited(99, "hidden");
  EXPECT_THAT(FieldsOf(partnership_.Call(kBoard, kApplyPlan, in_action.SerializeAsString())),
              ElementsAre("actions[5].leads[0]"));
  EXPECT_EQ(State(), before);
}

TEST_F(ApplyTest, FieldsThatTheContractLacksAreRefusedInDatesAndTimesToo) {
  const std::string before = State();
  v1::ApplyPlanRequest in_date = plan_;
  google::type::Date* const date = in_date.mutable_plan()->mutable_document_date();
  date->GetReflection()->MutableUnknownFields(date)->AddVarint(9, 1);
  EXPECT_THAT(FieldsOf(partnership_.Call(kBoard, kApplyPlan, in_date.SerializeAsString())),
              ElementsAre("plan.document_date"));
  EXPECT_EQ(State(), before);

  v1::GetPlanRequest get;
  get.set_name(plan_.plan().name());
  *get.mutable_as_of() = ToTimestamp(absl::Now());
  get.mutable_as_of()->GetReflection()->MutableUnknownFields(get.mutable_as_of())->AddVarint(9, 1);
  EXPECT_THAT(FieldsOf(partnership_.Ask<v1::Plan>(kBoard, get).outcome), ElementsAre("as_of"));
}

TEST_F(ApplyTest, EnumValuesThatTheContractLacksAreRefused) {
  plan_.mutable_actions(2)->set_status(static_cast<v1::Action::Status>(77));
  plan_.mutable_plan()->set_kind(static_cast<v1::Plan::Kind>(-1));
  EXPECT_THAT(FieldsRefused<v1::ApplyPlanResponse>(plan_),
              UnorderedElementsAre("plan.kind", "actions[2].status"));
  v1::ListActionsRequest list;
  list.set_parent("plans/-");
  list.add_rags(static_cast<v1::Rag::Color>(99));
  EXPECT_THAT(FieldsOf(partnership_.Ask<v1::ListActionsResponse>(kBoard, list).outcome),
              ElementsAre("rags[0]"));
}

TEST_F(ApplyTest, AnNhsNumberIsRefusedByPlaceAndNeverRepeated) {
  const std::string text = absl::StrCat("Review the case of ", kNhsNumber, " with partners");
  plan_.mutable_actions(12)->set_display_name(text);
  plan_.mutable_plan()->mutable_themes(0)->set_outcomes(0, text);
  plan_.mutable_actions(13)->mutable_leads(0)->set_role(text);
  plan_.mutable_actions(14)->mutable_due()->set_text(text);
  const Outcome outcome = partnership_.Ask<v1::ApplyPlanResponse>(kBoard, plan_).outcome;
  EXPECT_THAT(FieldsOf(outcome),
              UnorderedElementsAre("plan.themes[0].outcomes[0]", "actions[12].display_name",
                                   "actions[13].leads[0].role", "actions[14].due.text"));
  EXPECT_THAT(DescriptionOf(outcome), HasSubstr("NHS number"));
  EXPECT_THAT(DescriptionOf(outcome), HasSubstr("at byte 19"));
  // Not in the words, not in the details, not in the log, not on the disk.
  const std::string database = partnership_.database_path();
  const std::vector<StoredRecord> records = ReadAudit(database, outcome.receipt->index());
  ASSERT_THAT(records, SizeIs(1));
  for (const std::string digits : {"4010232137", "401 023 2137", "023 2137"}) {
    EXPECT_THAT(outcome.status.error_message(), Not(HasSubstr(digits)));
    EXPECT_THAT(outcome.status.error_details(), Not(HasSubstr(digits)));
    EXPECT_THAT(records[0].bytes, Not(HasSubstr(digits)));
  }
  for (const std::string& file : {database, database + "-wal"}) {
    // Not printed when it fails: the file is long.
    EXPECT_EQ(ReadWhole(file).find(kNhsNumber), std::string::npos) << file;
  }
}

TEST_F(ApplyTest, OnlyFiguresThatArePublicAreImported) {
  for (const v1::DisclosureProfile profile :
       {v1::DFE_CHILDREN, v1::NHS_HOSPITAL, v1::DISCLOSURE_PROFILE_UNSPECIFIED}) {
    auto release = ReadDataFile<v1::ImportReleaseRequest>("releases/papers-2018.yaml");
    release.mutable_release()->set_disclosure_profile(profile);
    EXPECT_THAT(FieldsRefused<v1::ImportReleaseResponse>(release),
                ElementsAre("release.disclosure_profile"));
  }
}

TEST_F(ApplyTest, AReleaseIsFrozen) {
  const std::string before = State();
  auto release = ReadDataFile<v1::ImportReleaseRequest>("releases/papers-2018.yaml");
  release.mutable_observations(0)->set_value(release.observations(0).value() + 1);
  EXPECT_TRUE(RefusedWith(partnership_.Ask<v1::ImportReleaseResponse>(kAdmin, release).outcome,
                          v1::RELEASE_FROZEN));
  release = ReadDataFile<v1::ImportReleaseRequest>("releases/papers-2018.yaml");
  release.mutable_observations()->RemoveLast();
  EXPECT_TRUE(RefusedWith(partnership_.Ask<v1::ImportReleaseResponse>(kAdmin, release).outcome,
                          v1::RELEASE_FROZEN));
  release = ReadDataFile<v1::ImportReleaseRequest>("releases/papers-2018.yaml");
  release.mutable_observations()->SwapElements(0, 1);
  EXPECT_TRUE(RefusedWith(partnership_.Ask<v1::ImportReleaseResponse>(kAdmin, release).outcome,
                          v1::RELEASE_FROZEN));
  EXPECT_EQ(State(), before);
}

TEST_F(ApplyTest, ADocumentOfTomorrowIsRefused) {
  const google::type::Date today = ToDate(DayOf(absl::Now()));
  const google::type::Date tomorrow = ToDate(DayOf(absl::Now()) + 1);
  *plan_.mutable_plan()->mutable_document_date() = tomorrow;
  EXPECT_THAT(FieldsRefused<v1::ApplyPlanResponse>(plan_), ElementsAre("plan.document_date"));
  *plan_.mutable_plan()->mutable_document_date() = today;
  EXPECT_TRUE(partnership_.Ask<v1::ApplyPlanResponse>(kBoard, plan_).ok());

  auto release = ReadDataFile<v1::ImportReleaseRequest>("releases/papers-2018.yaml");
  *release.mutable_release()->mutable_document_date() = tomorrow;
  EXPECT_THAT(FieldsRefused<v1::ImportReleaseResponse>(release),
              ElementsAre("release.document_date"));
}

TEST_F(ApplyTest, ADateThatDoesNotExistIsRefused) {
  plan_.mutable_plan()->mutable_document_date()->set_month(2);
  plan_.mutable_plan()->mutable_document_date()->set_day(30);
  EXPECT_THAT(FieldsRefused<v1::ApplyPlanResponse>(plan_), ElementsAre("plan.document_date"));
}

v1::ApplyDirectoryRequest AdministratorChanged(void (*change)(v1::Client&)) {
  v1::ApplyDirectoryRequest request;
  const auto whole = ReadDataFile<v1::ApplyDirectoryRequest>("directory.yaml");
  for (const v1::Client& client : whole.clients()) {
    if (client.name() == kAdmin.client_name()) *request.add_clients() = client;
  }
  change(*request.mutable_clients(0));
  return request;
}

TEST_F(ApplyTest, ADirectoryAlwaysKeepsAnAdministrator) {
  EXPECT_THAT(FieldsRefused<v1::ApplyDirectoryResponse>(
                  AdministratorChanged([](v1::Client& client) { client.set_revoked(true); })),
              ElementsAre("clients"));
  EXPECT_THAT(FieldsRefused<v1::ApplyDirectoryResponse>(AdministratorChanged(
                  [](v1::Client& client) { client.set_roles(0, v1::READER); })),
              ElementsAre("clients"));
}

TEST_F(ApplyTest, AnAgencyThatEndsTakesItsAdministratorAlongAndSoIsRefused) {
  v1::ApplyDirectoryRequest request;
  const auto whole = ReadDataFile<v1::ApplyDirectoryRequest>("directory.yaml");
  for (const v1::Agency& agency : whole.agencies()) {
    if (agency.name() == kAdmin.agency_name()) *request.add_agencies() = agency;
  }
  *request.mutable_agencies(0)->mutable_valid_to() = ToDate(DayOf(absl::Now()) - 1);
  EXPECT_FALSE(partnership_.Ask<v1::ApplyDirectoryResponse>(kAdmin, request).ok());
  EXPECT_TRUE(partnership_.Ask<v1::WhoAmIResponse>(kAdmin, v1::WhoAmIRequest()).ok());
}

TEST_F(ApplyTest, NoTwoClientsShareACertificate) {
  v1::ApplyDirectoryRequest request;
  v1::Client& twin = *request.add_clients();
  twin.set_name(kPolice.agency_name() + "/clients/twin");
  twin.set_display_name("A second system");
  twin.add_roles(v1::READER);
  twin.add_certificate_identities(absl::StrCat("uri:", kHealthTrust.uri()));
  EXPECT_THAT(FieldsRefused<v1::ApplyDirectoryResponse>(request), ElementsAre("clients"));
  // Two within one request neither.
  twin.set_certificate_identities(0, "uri:urn:concordat:new");
  *request.add_clients() = twin;
  request.mutable_clients(1)->set_name(kPolice.agency_name() + "/clients/triplet");
  EXPECT_THAT(FieldsRefused<v1::ApplyDirectoryResponse>(request), ElementsAre("clients"));
}

TEST_F(ApplyTest, AnAgreementThatContradictsItselfIsRefused) {
  auto request = ReadDataFile<v1::ApplyAgreementRequest>("agreements/health-safeguarding.yaml");
  v1::Agreement& agreement = *request.mutable_agreement();
  agreement.mutable_parties(0)->set_agency("agencies/no-such");
  *agreement.mutable_effective_to() = ToDate(absl::CivilDay(2018, 9, 30));
  agreement.mutable_scope()->clear_plans();
  const std::vector<std::string> fields = FieldsRefused<v1::ApplyAgreementResponse>(request);
  EXPECT_THAT(fields, testing::IsSupersetOf({"agreement.parties[0].agency",
                                             "agreement.effective_to", "agreement.scope.plans"}));
}

TEST_F(ApplyTest, OnlyThoseWithTheRoleChangeAnything) {
  const std::string before = State();
  EXPECT_TRUE(RefusedWith(partnership_.Ask<v1::ApplyPlanResponse>(kCouncil, plan_).outcome,
                          v1::ROLE_MISSING));
  EXPECT_TRUE(RefusedWith(partnership_
                              .Ask<v1::ApplyDirectoryResponse>(
                                  kBoard, ReadDataFile<v1::ApplyDirectoryRequest>("directory.yaml"))
                              .outcome,
                          v1::ROLE_MISSING));
  EXPECT_EQ(State(), before);
}

}  // namespace
}  // namespace concordat::e2e
