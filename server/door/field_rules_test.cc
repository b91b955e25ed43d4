#include "server/door/field_rules.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "concordat/v1/agreement_service.pb.h"
#include "concordat/v1/audit_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/door/door_test.pb.h"

namespace concordat::door {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// The violations of a message as `field: description`.
template <typename Message>
std::vector<std::string> Check(Message& message) {
  static const std::unique_ptr<FieldRules> rules =
      FieldRules::Compile(*Message::descriptor()).value();
  std::vector<std::string> texts;
  for (const FieldViolation& violation : rules->Check(message)) {
    texts.push_back(absl::StrCat(violation.field, ": ", violation.description));
  }
  return texts;
}

template <typename Message>
std::vector<std::string> FieldsOf(Message& message) {
  std::vector<std::string> fields;
  for (const std::string& text : Check(message)) fields.push_back(text.substr(0, text.find(':')));
  return fields;
}

template <typename Message>
std::string ResourceOf(const Message& message) {
  return FieldRules::Compile(*Message::descriptor()).value()->ResourceOf(message);
}

void SetDate(google::type::Date& date, int year, int month, int day) {
  date.set_year(year);
  date.set_month(month);
  date.set_day(day);
}

// A plan with one theme and one action that keeps every rule.
v1::ApplyPlanRequest WholePlan() {
  v1::ApplyPlanRequest request;
  v1::Plan& plan = *request.mutable_plan();
  plan.set_name("plans/p");
  plan.set_display_name("A plan");
  plan.set_kind(v1::Plan::STRATEGY);
  plan.set_owner("agencies/board");
  SetDate(*plan.mutable_document_date(), 2018, 11, 30);
  v1::Plan::Theme& theme = *plan.add_themes();
  theme.set_id("1");
  theme.set_display_name("A theme");
  theme.add_outcomes("An outcome");
  theme.add_objectives()->set_id("1.1");
  theme.mutable_objectives(0)->set_display_name("An objective");
  v1::Action& action = *request.add_actions();
  action.set_name("plans/p/actions/1.1.1");
  action.set_theme("1");
  action.set_display_name("An action");
  action.add_topics("neglect");
  v1::Lead& lead = *action.add_leads();
  lead.set_role("A lead");
  lead.set_agency("agencies/police");
  return request;
}

v1::ApplyDirectoryRequest OneArea(const std::string& code) {
  v1::ApplyDirectoryRequest request;
  v1::Area& area = *request.add_areas();
  area.set_name("areas/e10000017");
  area.set_display_name("The county");
  area.set_code(code);
  area.set_level(v1::LOCAL_AUTHORITY);
  return request;
}

v1::ApplyMeasuresRequest OneMeasure() {
  v1::ApplyMeasuresRequest request;
  v1::Measure& measure = *request.add_measures();
  measure.set_name("measures/m");
  measure.set_display_name("A measure");
  measure.set_group("g");
  measure.set_unit(v1::Measure::PERCENT);
  measure.set_polarity(v1::Measure::NEUTRAL);
  measure.set_frequency(v1::Measure::EACH_YEAR);
  measure.set_provider("agencies/police");
  return request;
}

TEST(FieldRulesTest, WhatKeepsTheRulesHasNoViolations) {
  v1::ApplyPlanRequest plan = WholePlan();
  EXPECT_THAT(Check(plan), IsEmpty());
  v1::ApplyMeasuresRequest measure = OneMeasure();
  EXPECT_THAT(Check(measure), IsEmpty());
  v1::ApplyDirectoryRequest area = OneArea("E10000017");
  EXPECT_THAT(Check(area), IsEmpty());
  v1::WhoAmIRequest empty;
  EXPECT_THAT(Check(empty), IsEmpty());
}

TEST(FieldRulesTest, EveryRequestOfTheContractCompiles) {
  int requests = 0;
  for (const google::protobuf::Descriptor* request :
       {v1::GetPlanRequest::descriptor(), v1::GetMeasureRequest::descriptor(),
        v1::GetReleaseRequest::descriptor(), v1::GetAgreementRequest::descriptor(),
        v1::WhoAmIRequest::descriptor(), v1::ListAuditEntriesRequest::descriptor()}) {
    const google::protobuf::ServiceDescriptor& service = *request->file()->service(0);
    for (int m = 0; m < service.method_count(); ++m) {
      const auto rules = FieldRules::Compile(*service.method(m)->input_type());
      EXPECT_TRUE(rules.ok()) << rules.status();
      ++requests;
    }
  }
  EXPECT_GT(requests, 20);
}

// Presence.

TEST(FieldRulesTest, ARequiredTextMustNotBeEmpty) {
  v1::GetPlanRequest request;
  EXPECT_THAT(Check(request), ElementsAre("name: is required"));
}

TEST(FieldRulesTest, ARequiredMessageMustBeThere) {
  v1::ApplyPlanRequest request;
  EXPECT_THAT(Check(request), ElementsAre("plan: is required"));
  request = WholePlan();
  request.mutable_plan()->clear_document_date();
  EXPECT_THAT(Check(request), ElementsAre("plan.document_date: is required"));
}

TEST(FieldRulesTest, ARequiredListMustHaveAnItem) {
  v1::ApplyMeasuresRequest request;
  EXPECT_THAT(Check(request), ElementsAre("measures: is required"));
}

TEST(FieldRulesTest, ARequiredEnumerationMustNotBeUnspecified) {
  v1::ApplyPlanRequest request = WholePlan();
  request.mutable_plan()->clear_kind();
  EXPECT_THAT(Check(request), ElementsAre("plan.kind: is required"));

  v1::ApplyDirectoryRequest directory;
  v1::Client& client = *directory.add_clients();
  client.set_name("agencies/police/clients/feed");
  client.set_display_name("Feed");
  client.add_certificate_identities("uri:urn:feed");
  client.add_roles(v1::READER);
  client.add_roles(v1::ROLE_UNSPECIFIED);
  EXPECT_THAT(Check(directory), ElementsAre("clients[0].roles[1]: is required"));
}

TEST(FieldRulesTest, AnItemMustNotBeEmpty) {
  v1::ApplyPlanRequest request = WholePlan();
  request.mutable_plan()->mutable_themes(0)->add_outcomes("");
  EXPECT_THAT(Check(request), ElementsAre("plan.themes[0].outcomes[1]: is empty"));
}

// Formats.

TEST(FieldRulesTest, ANameHasTheCollectionsOfItsPattern) {
  for (const char* name : {"plan/p", "plans/", "plans/p/actions/1", "plans/P", "plans/p ", "p",
                           "plans/p/", "/plans/p", "plans/-"}) {
    v1::GetPlanRequest request;
    request.set_name(name);
    EXPECT_THAT(Check(request), ElementsAre("name: must be a name of the form plans/{plan}"))
        << name;
  }
}

TEST(FieldRulesTest, TheWildcardIsAcceptedOnlyWhereTheRuleSaysSo) {
  v1::ListActionsRequest list;
  list.set_parent("plans/-");
  EXPECT_THAT(Check(list), IsEmpty());
  v1::ListProgressReportsRequest reports;
  reports.set_parent("plans/-/actions/1");
  EXPECT_THAT(FieldsOf(reports), ElementsAre("parent"));
}

TEST(FieldRulesTest, AnIdentifierIsLowerCaseAndShort) {
  v1::ListActionsRequest request;
  request.set_parent("plans/p");
  for (const std::string& good : {std::string("neglect"), std::string("1.2.1"),
                                  std::string("domestic-abuse"), std::string(63, 'a')}) {
    request.set_topic(good);
    EXPECT_THAT(Check(request), IsEmpty()) << good;
  }
  for (const std::string& bad : {std::string("Neglect"), std::string("-a"), std::string("a b"),
                                 std::string("a/b"), std::string(64, 'a')}) {
    request.set_topic(bad);
    EXPECT_THAT(FieldsOf(request), ElementsAre("topic")) << bad;
  }
}

TEST(FieldRulesTest, AnAreaCodeIsALetterAndEightDigits) {
  for (const char* code :
       {"e10000017", "E1000001", "E100000170", "110000017", "E1000001X", "E10000017 "}) {
    v1::ApplyDirectoryRequest request = OneArea(code);
    EXPECT_THAT(Check(request),
                ElementsAre("areas[0].code: must be a GSS code: a letter and eight digits"))
        << code;
  }
}

// Sizes and ranges.

TEST(FieldRulesTest, TextIsMeasuredInBytes) {
  v1::ApplyPlanRequest request = WholePlan();
  std::string pounds;
  for (int i = 0; i < 100; ++i) pounds += "£";
  request.mutable_plan()->set_display_name(pounds);
  EXPECT_THAT(Check(request), IsEmpty());
  request.mutable_plan()->set_display_name(pounds + "x");
  EXPECT_THAT(Check(request),
              ElementsAre("plan.display_name: has 201 bytes; at most 200 are accepted"));
}

TEST(FieldRulesTest, TextWithoutARuleHasTheDefaultLimit) {
  v1::ProgressReport report;
  report.set_agency(std::string(1000, 'x'));
  EXPECT_THAT(Check(report), IsEmpty());
  report.set_agency(std::string(1001, 'x'));
  EXPECT_THAT(Check(report), ElementsAre("agency: has 1001 bytes; at most 1000 are accepted"));
}

TEST(FieldRulesTest, BytesHaveALimitToo) {
  v1::ExtractObservationsResponse::Chunk chunk;
  chunk.set_data(std::string(1000, '\0'));
  EXPECT_THAT(Check(chunk), IsEmpty());
  chunk.set_data(std::string(1001, '\0'));
  EXPECT_THAT(Check(chunk), ElementsAre("data: has 1001 bytes; at most 1000 are accepted"));
}

TEST(FieldRulesTest, AListIsCountedBeforeItIsRead) {
  v1::ListActionsRequest request;
  request.set_parent("plans/p");
  for (int i = 0; i < 10; ++i) request.add_rags(v1::Rag::RED);
  EXPECT_THAT(Check(request), IsEmpty());
  request.add_rags(static_cast<v1::Rag::Color>(99));
  EXPECT_THAT(Check(request), ElementsAre("rags: has 11 items; at most 10 are accepted"));
}

TEST(FieldRulesTest, AListWithoutARuleHasTheDefaultLimit) {
  v1::ListPlansResponse response;
  for (int i = 0; i < 1001; ++i) response.add_plans();
  EXPECT_THAT(Check(response), ElementsAre("plans: has 1001 items; at most 1000 are accepted"));
}

TEST(FieldRulesTest, ANumberIsWithinItsRange) {
  v1::ListPlansRequest list;
  list.set_page_size(-1);
  EXPECT_THAT(Check(list), ElementsAre("page_size: must be from 0 to 2147483647"));

  v1::ApplyPlanRequest plan = WholePlan();
  v1::Plan::Objective& objective = *plan.mutable_plan()->mutable_themes(0)->mutable_objectives(0);
  for (const int concern : {0, 1, 1000, 1001}) objective.add_concerns(concern);
  EXPECT_THAT(FieldsOf(plan), ElementsAre("plan.themes[0].objectives[0].concerns[0]",
                                          "plan.themes[0].objectives[0].concerns[3]"));

  v1::ApplyMeasuresRequest measures = OneMeasure();
  measures.mutable_measures(0)->set_rate_per(1000001);
  EXPECT_THAT(Check(measures), ElementsAre("measures[0].rate_per: must be from 0 to 1000000"));
}

TEST(FieldRulesTest, ADoubleIsFinite) {
  for (const double value : {std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(), std::nan("")}) {
    v1::ApplyMeasuresRequest request = OneMeasure();
    request.mutable_measures(0)->set_target(value);
    EXPECT_THAT(Check(request), ElementsAre("measures[0].target: must be a finite number"));
  }
  v1::ApplyMeasuresRequest request = OneMeasure();
  request.mutable_measures(0)->set_target(-0.5);
  EXPECT_THAT(Check(request), IsEmpty());
}

// Days and instants.

TEST(FieldRulesTest, ADateExistsAndIsWhole) {
  v1::ListActionsRequest request;
  request.set_parent("plans/p");
  struct Case {
    int year, month, day;
  };
  for (const Case& bad : {Case{2018, 2, 30}, Case{2019, 2, 29}, Case{2018, 4, 31},
                          Case{2018, 13, 1}, Case{2018, 0, 1}, Case{2018, 1, 0}, Case{0, 1, 1},
                          Case{0, 0, 0}, Case{2018, -1, 1}, Case{10000, 1, 1}}) {
    SetDate(*request.mutable_due_from(), bad.year, bad.month, bad.day);
    EXPECT_THAT(Check(request), ElementsAre("due_from: must be a whole date that exists"))
        << bad.year << "-" << bad.month << "-" << bad.day;
  }
  SetDate(*request.mutable_due_from(), 2020, 2, 29);
  EXPECT_THAT(Check(request), IsEmpty());
}

TEST(FieldRulesTest, ATimeIsInTheYears1To9999) {
  v1::GetPlanRequest request;
  request.set_name("plans/p");
  google::protobuf::Timestamp& as_of = *request.mutable_as_of();
  const auto is_good = [&](int64_t seconds, int nanos) {
    as_of.set_seconds(seconds);
    as_of.set_nanos(nanos);
    return FieldsOf(request).empty();
  };
  EXPECT_TRUE(is_good(-62135596800, 0));
  EXPECT_FALSE(is_good(-62135596801, 0));
  EXPECT_TRUE(is_good(253402300799, 999999999));
  EXPECT_FALSE(is_good(253402300800, 0));
  EXPECT_FALSE(is_good(0, -1));
  EXPECT_FALSE(is_good(0, 1000000000));
}

// Text.

TEST(FieldRulesTest, ControlCharactersAreRefusedButForTabAndNewLine) {
  for (const char c : {'\0', '\x01', '\r', '\x1b', '\x7f'}) {
    v1::ApplyPlanRequest request = WholePlan();
    request.mutable_plan()->set_display_name(std::string("a") + c + "b");
    EXPECT_THAT(Check(request), ElementsAre("plan.display_name: holds a control character"))
        << static_cast<int>(c);
  }
  v1::ApplyPlanRequest request = WholePlan();
  for (const char* turning : {"\u202A", "\u202E", "\u2066", "\u2069"}) {
    request.mutable_plan()->set_display_name(absl::StrCat("a", turning, "b"));
    EXPECT_THAT(Check(request), ElementsAre("plan.display_name: holds a control character"));
  }
  request.mutable_plan()->set_display_name("first\n\tsecond \u2013 third\u202F%\u2065");
  EXPECT_THAT(Check(request), IsEmpty());
}

TEST(FieldRulesTest, ANarrativeThatLooksLikeARecordIsRefusedWithoutItsText) {
  v1::ApplyPlanRequest request = WholePlan();
  request.mutable_plan()->mutable_themes(0)->set_outcomes(0, "for 401 023 2137 only");
  const std::vector<std::string> violations = Check(request);
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_TRUE(absl::StartsWith(violations[0], "plan.themes[0].outcomes[0]: "));
  EXPECT_THAT(violations[0], HasSubstr("at byte 4"));
  EXPECT_THAT(violations[0], Not(HasSubstr("401")));
}

TEST(FieldRulesTest, OnlyNarrativesAreScreened) {
  v1::ApplyPlanRequest request = WholePlan();
  request.mutable_actions(0)->set_reference("401 023 2137");
  EXPECT_THAT(Check(request), IsEmpty());
}

// What the contract does not know.

TEST(FieldRulesTest, AnUnknownFieldIsNamedByItsNumberAndPlace) {
  v1::ApplyPlanRequest request = WholePlan();
  request.GetReflection()->MutableUnknownFields(&request)->AddVarint(777, 1);
  v1::Plan::Theme& theme = *request.mutable_plan()->mutable_themes(0);
  theme.GetReflection()->MutableUnknownFields(&theme)->AddLengthDelimited(778, "x");
  const std::vector<std::string> violations = Check(request);
  ASSERT_THAT(violations, SizeIs(2));
  EXPECT_THAT(violations[0], HasSubstr(": has a field number 777 "));
  EXPECT_THAT(violations[1], HasSubstr("plan.themes[0]: has a field number 778 "));
}

TEST(FieldRulesTest, AnUnknownFieldInsideADateOrTimeIsRefused) {
  v1::ApplyPlanRequest plan = WholePlan();
  google::type::Date& date = *plan.mutable_plan()->mutable_document_date();
  date.GetReflection()->MutableUnknownFields(&date)->AddLengthDelimited(9, "smuggled");
  const std::vector<std::string> in_date = Check(plan);
  ASSERT_THAT(in_date, SizeIs(1));
  EXPECT_THAT(in_date[0], HasSubstr("plan.document_date: has a field number 9 "));

  v1::GetPlanRequest get;
  get.set_name("plans/p");
  google::protobuf::Timestamp& time = *get.mutable_as_of();
  time.GetReflection()->MutableUnknownFields(&time)->AddVarint(10, 1);
  const std::vector<std::string> in_time = Check(get);
  ASSERT_THAT(in_time, SizeIs(1));
  EXPECT_THAT(in_time[0], HasSubstr("as_of: has a field number 10 "));
}

TEST(FieldRulesTest, AnUnknownEnumerationValueIsNamed) {
  v1::ListActionsRequest request;
  request.set_parent("plans/p");
  request.add_rags(v1::Rag::RED);
  request.add_rags(static_cast<v1::Rag::Color>(99));
  EXPECT_THAT(Check(request),
              ElementsAre("rags[1]: has the value 99 that the contract does not know"));
  v1::ApplyPlanRequest plan = WholePlan();
  plan.mutable_plan()->set_kind(static_cast<v1::Plan::Kind>(-1));
  EXPECT_THAT(Check(plan),
              ElementsAre("plan.kind: has the value -1 that the contract does not know"));
}

// What the server sets.

TEST(FieldRulesTest, OutputOnlyFieldsAreClearedAndNotLookedAt) {
  v1::ApplyPlanRequest request = WholePlan();
  const v1::ApplyPlanRequest clean = request;
  v1::Plan& plan = *request.mutable_plan();
  plan.set_revision(7);
  plan.set_imported(true);
  plan.mutable_recorded_time()->set_seconds(-99999999999);
  v1::Action& action = *request.mutable_actions(0);
  action.set_etag(std::string(5000, '\x01'));
  action.set_removed(true);
  action.mutable_rag()->set_effective(static_cast<v1::Rag::Color>(99));
  EXPECT_THAT(Check(request), IsEmpty());
  EXPECT_EQ(request.SerializeAsString(), clean.SerializeAsString());
}

TEST(FieldRulesTest, AnEtagThatIsSentBackIsKept) {
  v1::ApplyPlanRequest request = WholePlan();
  request.mutable_plan()->set_etag("7");
  EXPECT_THAT(Check(request), IsEmpty());
  EXPECT_EQ(request.plan().etag(), "7");
}

// Paths.

TEST(FieldRulesTest, EveryViolationIsNamedByItsPathInOrder) {
  v1::ApplyPlanRequest request = WholePlan();
  request.mutable_plan()->set_owner("board");
  request.mutable_plan()->mutable_themes(0)->set_id("");
  v1::Action& second = *request.add_actions();
  second = request.actions(0);
  second.set_theme("A Theme");
  second.add_leads()->set_role("A lead");
  EXPECT_THAT(FieldsOf(request), ElementsAre("plan.owner", "plan.themes[0].id", "actions[1].theme",
                                             "actions[1].leads[1].agency"));
}

// What a request is about.

TEST(ResourceOfTest, IsTheNameOrParentOrTheNameOfWhatIsCarried) {
  v1::GetPlanRequest get;
  get.set_name("plans/p");
  EXPECT_EQ(ResourceOf(get), "plans/p");
  v1::ListActionsRequest list;
  list.set_parent("plans/-");
  EXPECT_EQ(ResourceOf(list), "plans/-");
  EXPECT_EQ(ResourceOf(WholePlan()), "plans/p");
  v1::ApplyAgreementRequest agreement;
  agreement.mutable_agreement()->set_name("agreements/a");
  EXPECT_EQ(ResourceOf(agreement), "agreements/a");
}

TEST(ResourceOfTest, IsEmptyWhenThereIsNoneThatIsWellFormed) {
  EXPECT_EQ(ResourceOf(v1::WhoAmIRequest()), "");
  EXPECT_EQ(ResourceOf(v1::ListPlansRequest()), "");
  EXPECT_EQ(ResourceOf(v1::ApplyPlanRequest()), "");
  EXPECT_EQ(ResourceOf(OneMeasure()), "");
  v1::GetPlanRequest request;
  for (const char* name : {"", "plans/P", "plans/-", "measures/m", "plans/p/actions/1"}) {
    request.set_name(name);
    EXPECT_EQ(ResourceOf(request), "") << name;
  }
}

TEST(DryRunTest, IsTheFieldOfRequestsThatHaveOne) {
  const auto apply = FieldRules::Compile(*v1::ApplyPlanRequest::descriptor());
  ASSERT_NE((*apply)->dry_run(), nullptr);
  EXPECT_EQ((*apply)->dry_run()->full_name(), "concordat.v1.ApplyPlanRequest.dry_run");
  EXPECT_EQ((*FieldRules::Compile(*v1::GetPlanRequest::descriptor()))->dry_run(), nullptr);
}

// Rules that contradict their fields.

TEST(CompileTest, ARuleThatDoesNotFitItsFieldIsNamed) {
  for (const google::protobuf::Descriptor* misfit :
       {testing::FormatOnNumber::descriptor(), testing::BytesLimitOnNumber::descriptor(),
        testing::NarrativeOnMessage::descriptor(), testing::RangeOnText::descriptor(),
        testing::NameWithoutPattern::descriptor(), testing::PatternWithoutName::descriptor(),
        testing::ItemsOfASingleField::descriptor()}) {
    const absl::Status status = FieldRules::Compile(*misfit).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << misfit->name();
    EXPECT_THAT(std::string(status.message()), HasSubstr(misfit->full_name() + ".field"));
  }
}

TEST(CompileTest, ARuleDeepInsideIsLookedAtToo) {
  const absl::Status status = FieldRules::Compile(*testing::HoldsAMisfit::descriptor()).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("FormatOnNumber.field"));
}

TEST(CompileTest, AMessageMayHoldItself) {
  const auto rules = FieldRules::Compile(*testing::Recursive::descriptor());
  ASSERT_TRUE(rules.ok()) << rules.status();
  testing::Recursive message;
  message.mutable_child()->mutable_child()->set_id("Not One");
  const std::vector<FieldViolation> violations = (*rules)->Check(message);
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_EQ(violations[0].field, "child.child.id");
}

}  // namespace
}  // namespace concordat::door
