#include "base/yaml_message.h"

#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/yaml_tree.h"
#include "concordat/v1/access.pb.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/plan.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/wrappers.pb.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace concordat {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

auto Problem(int line, const std::string& field, const std::string& words) {
  return AllOf(Field("line", &YamlProblem::line, line), Field("field", &YamlProblem::field, field),
               Field("description", &YamlProblem::description, HasSubstr(words)));
}

std::vector<YamlProblem> ReadAction(absl::string_view text, YamlLines* lines = nullptr) {
  v1::Action action;
  return ReadYaml(text, action, {}, lines);
}

TEST(YamlMessageTest, NestedMapsAndListsAreRead) {
  v1::ApplyPlanRequest request;
  EXPECT_THAT(ReadYaml(R"(
plan:
  name: plans/development-2018
  kind: DEVELOPMENT_PLAN
  document_date: 2018-11-01
  themes:
    - id: 1
      display_name: Partnership
      objectives:
        - id: "1.2"
          display_name: Neglect
          concerns: [3, 7]
actions:
  - name: plans/development-2018/actions/1.2.1
    due:
      text: January 2019
    leads:
      - {role: Head of SEND, agency: agencies/lcc}
      - role: Chair of LSCB
        agency: agencies/lscb
    topics: [neglect]
dry_run: true
)",
                       request),
              IsEmpty());
  EXPECT_EQ(request.plan().name(), "plans/development-2018");
  EXPECT_EQ(request.plan().kind(), v1::Plan::DEVELOPMENT_PLAN);
  EXPECT_EQ(request.plan().document_date().year(), 2018);
  EXPECT_EQ(request.plan().document_date().month(), 11);
  EXPECT_EQ(request.plan().document_date().day(), 1);
  ASSERT_EQ(request.plan().themes_size(), 1);
  EXPECT_EQ(request.plan().themes(0).id(), "1");
  EXPECT_THAT(request.plan().themes(0).objectives(0).concerns(), ElementsAre(3, 7));
  ASSERT_EQ(request.actions_size(), 1);
  EXPECT_EQ(request.actions(0).due().text(), "January 2019");
  ASSERT_EQ(request.actions(0).leads_size(), 2);
  EXPECT_EQ(request.actions(0).leads(0).role(), "Head of SEND");
  EXPECT_EQ(request.actions(0).leads(1).agency(), "agencies/lscb");
  EXPECT_TRUE(request.dry_run());
}

TEST(YamlMessageTest, TextIsNeverTakenForAnotherType) {
  for (const char* text : {"1.10", "007", "true", "yes", "2018-11-30", "1e3", "0x10"}) {
    v1::Action action;
    EXPECT_THAT(ReadYaml(absl::StrCat("reference: ", text), action), IsEmpty());
    EXPECT_EQ(action.reference(), text);
  }
}

TEST(YamlMessageTest, QuotedAndFoldedTextIsRead) {
  v1::Action action;
  EXPECT_THAT(ReadYaml("reference: '1.10'\n"
                       "display_name: \"caf\\u00e9 \\\"x\\\"\"\n"
                       "expected_outcome: >-\n  one\n  two\n",
                       action),
              IsEmpty());
  EXPECT_EQ(action.reference(), "1.10");
  EXPECT_EQ(action.display_name(), "caf\xC3\xA9 \"x\"");
  EXPECT_EQ(action.expected_outcome(), "one two");
}

TEST(YamlMessageTest, EmptyQuotedTextIsAValue) {
  v1::Action action;
  EXPECT_THAT(ReadYaml("reference: ''", action), IsEmpty());
  EXPECT_EQ(action.reference(), "");
}

TEST(YamlMessageTest, MessageIsClearedFirst) {
  v1::Action action;
  action.set_reference("old");
  EXPECT_THAT(ReadYaml("theme: '1'", action), IsEmpty());
  EXPECT_EQ(action.reference(), "");
  EXPECT_EQ(action.theme(), "1");
}

TEST(YamlMessageTest, WindowsLineEndsAndByteOrderMarkAreAccepted) {
  v1::Action action;
  EXPECT_THAT(ReadYaml("\xEF\xBB\xBFreference: a\r\ntheme: b\r\n", action), IsEmpty());
  EXPECT_EQ(action.reference(), "a");
  EXPECT_EQ(action.theme(), "b");
  EXPECT_THAT(ReadAction("\xEF\xBB\xBFreference: a\r\nfoo: b\r\n"),
              ElementsAre(Problem(2, "foo", "not a key")));
}

TEST(YamlMessageTest, ExplicitDocumentMarksAroundOneDocumentAreAccepted) {
  EXPECT_THAT(ReadAction("%YAML 1.2\n---\nreference: a\n...\n"), IsEmpty());
}

TEST(YamlMessageTest, EveryProblemIsReportedInTheOrderOfLines) {
  EXPECT_THAT(
      ReadAction("reference: a\n"          // 1
                 "status: DONE\n"          // 2
                 "colour: red\n"           // 3
                 "source:\n"               // 4
                 "  line: many\n"          // 5
                 "leads:\n"                // 6
                 "  - role: r\n"           // 7
                 "    post: p\n"           // 8
                 "  - Head of SEND\n"      // 9
                 "topics: neglect\n"       // 10
                 "reference: b\n"          // 11
                 "overdue: yes\n"          // 12
                 "recorded_time: today\n"  // 13
                 "theme:\n"                // 14
                 "due: [January]\n"),      // 15
      ElementsAre(Problem(2, "status", "PLANNED, UNDERWAY, COMPLETE, WITHDRAWN"),
                  Problem(3, "colour", "the keys are name, reference, theme"),
                  Problem(5, "source.line", "whole number"),
                  Problem(8, "leads[0].post", "the keys are role, agency"),
                  Problem(9, "leads[1]", "keys with values"),
                  Problem(10, "topics", "must be a list"),
                  Problem(11, "reference", "given twice; the first is in line 1"),
                  Problem(12, "overdue", "true or false"),
                  Problem(13, "recorded_time", "2018-11-30T09:00:00Z"),
                  Problem(14, "theme", "has no value"), Problem(15, "due", "keys with values")));
}

TEST(YamlMessageTest, ProblemsNeverEchoAValue) {
  for (const YamlProblem& problem :
       ReadAction("status: sEcReT\nrevision: sEcReT\noverdue: sEcReT\nrecorded_time: sEcReT\n"
                  "due: sEcReT\ntopics: sEcReT\nreference: [sEcReT]\n")) {
    EXPECT_THAT(problem.description, Not(HasSubstr("sEcReT")));
  }
  EXPECT_THAT(ReadAction("%YAML sEcReT\n---\na: b"),
              ElementsAre(Field(&YamlProblem::description, Not(HasSubstr("sEcReT")))));
}

TEST(YamlMessageTest, AllowedEnumNamesLeaveOutTheUnspecifiedOne) {
  EXPECT_THAT(ReadAction("status: planned"),
              ElementsAre(Field(&YamlProblem::description, Not(HasSubstr("UNSPECIFIED")))));
}

TEST(YamlMessageTest, EnumNumbersAreRefused) {
  EXPECT_THAT(ReadAction("status: 1"), ElementsAre(Problem(1, "status", "must be one of")));
}

TEST(YamlMessageTest, WholeNumbersKeepTheirLimits) {
  v1::FieldRule rule;
  EXPECT_THAT(ReadYaml("max_bytes: 4294967295\nminimum: -9223372036854775808\n"
                       "maximum: 9223372036854775807",
                       rule),
              IsEmpty());
  EXPECT_EQ(rule.max_bytes(), 4294967295u);
  EXPECT_EQ(rule.minimum(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(rule.maximum(), std::numeric_limits<int64_t>::max());
  EXPECT_THAT(ReadYaml("max_bytes: 4294967296\nmax_items: -1\nminimum: 9223372036854775808", rule),
              ElementsAre(Problem(1, "max_bytes", "from 0 to 4294967295"),
                          Problem(2, "max_items", "whole number"),
                          Problem(3, "minimum", "from -9223372036854775808")));
}

TEST(YamlMessageTest, WholeNumbersInOtherFormsAreRefused) {
  for (const char* text : {"1,234", "+1", "007", "0x10", "0o7", "1.0", "1e3", "1_000", "- 1", "''",
                           "' 1'", "--1", "-"}) {
    v1::Citation citation;
    EXPECT_THAT(ReadYaml(absl::StrCat("line: ", text), citation), SizeIs(1)) << text;
  }
}

TEST(YamlMessageTest, DecimalNumbersAreRead) {
  const std::vector<std::pair<const char*, double>> numbers = {
      {"0", 0}, {"-0.5", -0.5}, {"403.9", 403.9}, {"12", 12}, {"1e6", 1e6}, {"1.5E-3", 1.5e-3}};
  for (const auto& [text, value] : numbers) {
    v1::Measure measure;
    EXPECT_THAT(ReadYaml(absl::StrCat("target: ", text), measure), IsEmpty()) << text;
    EXPECT_EQ(measure.target(), value) << text;
  }
}

TEST(YamlMessageTest, DecimalNumbersInOtherFormsAreRefused) {
  for (const char* text : {".inf", "nan", "inf", "1,234.5", "1.", ".5", "1.5.2", "1e", "1e5.5",
                           "+1.5", "0x1p3", "79%", "00.5", "1.e5", "12abc"}) {
    v1::Measure measure;
    EXPECT_THAT(ReadYaml(absl::StrCat("target: ", text), measure),
                ElementsAre(Problem(1, "target", "")))
        << text;
  }
}

TEST(YamlMessageTest, DecimalNumbersOutOfRangeAreRefused) {
  v1::Measure measure;
  EXPECT_THAT(ReadYaml("target: 1e999", measure), ElementsAre(Problem(1, "target", "range")));
  google::protobuf::FloatValue small;
  EXPECT_THAT(ReadYaml("value: 1e39", small), ElementsAre(Problem(1, "value", "range")));
  EXPECT_THAT(ReadYaml("value: 1.5", small), IsEmpty());
  EXPECT_EQ(small.value(), 1.5f);
}

TEST(YamlMessageTest, OptionalZeroIsPresent) {
  v1::Measure measure;
  EXPECT_THAT(ReadYaml("target: 0", measure), IsEmpty());
  EXPECT_TRUE(measure.has_target());
  EXPECT_FALSE(measure.has_tolerance());
}

TEST(YamlMessageTest, OnlyTrueAndFalseAreBools) {
  for (const char* text : {"yes", "no", "on", "True", "1", "y"}) {
    EXPECT_THAT(ReadAction(absl::StrCat("overdue: ", text)),
                ElementsAre(Problem(1, "overdue", "true or false")))
        << text;
  }
  EXPECT_THAT(ReadAction("overdue: false"), IsEmpty());
}

TEST(YamlMessageTest, DatesMustBeWholeDays) {
  for (const char* text : {"2018-11-31", "2018-11", "30/11/2018", "2018-11-30T00:00:00Z",
                           "{year: 2018, month: 11, day: 30}"}) {
    v1::Plan plan;
    EXPECT_THAT(ReadYaml(absl::StrCat("document_date: ", text), plan),
                ElementsAre(Problem(1, "document_date", "")))
        << text;
  }
}

TEST(YamlMessageTest, TimestampsAreReadWithTheirOffset) {
  v1::Action action;
  EXPECT_THAT(ReadYaml("recorded_time: 2018-07-01T01:00:00.25+01:00", action), IsEmpty());
  EXPECT_EQ(action.recorded_time().seconds(), 1530403200);
  EXPECT_EQ(action.recorded_time().nanos(), 250000000);
}

TEST(YamlMessageTest, TimestampsInOtherFormsAreRefused) {
  for (const char* text :
       {"2018-07-01", "2018-07-01T01:00:00", "2018-07-01 01:00:00Z", "2018-7-1T01:00:00Z",
        "12018-07-01T01:00:00Z", "2018-07-01T01:00:00.1234567Z", "2018-02-30T01:00:00Z",
        "infinite-future", "' 2018-07-01T01:00:00Z'"}) {
    EXPECT_THAT(ReadAction(absl::StrCat("recorded_time: ", text)),
                ElementsAre(Problem(1, "recorded_time", "instant")))
        << text;
  }
}

TEST(YamlMessageTest, BytesCannotBeWritten) {
  v1::ExtractObservationsResponse message;
  EXPECT_THAT(ReadYaml("chunk: {data: abc}", message),
              ElementsAre(Problem(1, "chunk.data", "bytes")));
}

TEST(YamlMessageTest, TwoMembersOfAOneofAreRefused) {
  v1::ExtractObservationsResponse message;
  EXPECT_THAT(ReadYaml("chunk: {index: 3}", message), IsEmpty());
  EXPECT_EQ(message.chunk().index(), 3);
  EXPECT_THAT(ReadYaml("chunk: {index: 3}\nmanifest: {rows: 1}", message),
              ElementsAre(Problem(2, "manifest", "cannot stand beside chunk")));
}

TEST(YamlMessageTest, MapsOfTextAreRead) {
  google::rpc::ErrorInfo info;
  YamlLines lines;
  EXPECT_THAT(ReadYaml("reason: R\nmetadata:\n  a.b: '1'\n  c: two\n", info, {}, &lines),
              IsEmpty());
  EXPECT_EQ(info.metadata().size(), 2u);
  EXPECT_EQ(info.metadata().at("a.b"), "1");
  EXPECT_EQ(info.metadata().at("c"), "two");
  EXPECT_EQ(lines.at("metadata[c]"), 4);
  EXPECT_THAT(ReadYaml("metadata:\n  a: x\n  a: y\n  b: [z]\n", info),
              ElementsAre(Problem(3, "metadata.a", "given twice"),
                          Problem(4, "metadata[b]", "single value")));
  EXPECT_THAT(ReadYaml("metadata: [a]", info),
              ElementsAre(Problem(1, "metadata", "keys with values")));
}

TEST(YamlMessageTest, MapsOfMessagesAreRead) {
  google::protobuf::Struct message;
  EXPECT_THAT(ReadYaml("fields:\n"
                       "  a: {number_value: 1.5}\n"
                       "  b: {list_value: {values: [{bool_value: true}]}}\n",
                       message),
              IsEmpty());
  EXPECT_EQ(message.fields().at("a").number_value(), 1.5);
  EXPECT_TRUE(message.fields().at("b").list_value().values(0).bool_value());
}

TEST(YamlMessageTest, DynamicMessagesAreRead) {
  google::protobuf::DynamicMessageFactory factory;
  google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  std::unique_ptr<google::protobuf::Message> message(
      factory.GetPrototype(v1::Plan::descriptor())->New());
  EXPECT_THAT(ReadYaml("document_date: 2018-11-30\nrecorded_time: 2018-11-30T00:00:00Z", *message),
              IsEmpty());
  v1::Plan plan;
  ASSERT_TRUE(plan.ParseFromString(message->SerializeAsString()));
  EXPECT_EQ(plan.document_date().day(), 30);
  EXPECT_EQ(plan.recorded_time().seconds(), 1543536000);
}

TEST(YamlMessageTest, IgnoredKeysAreIgnoredOnlyAtTheTop) {
  v1::Action action;
  EXPECT_THAT(ReadYaml("kind: action\nreference: a\n", action, {"kind"}), IsEmpty());
  EXPECT_THAT(ReadYaml("kind: {x: [y]}\nsource: {kind: x}\n", action, {"kind"}),
              ElementsAre(Problem(2, "source.kind", "not a key")));
  EXPECT_THAT(ReadYaml("kind: a\nkind: b\n", action, {"kind"}),
              ElementsAre(Problem(2, "kind", "given twice")));
}

TEST(YamlMessageTest, JsonNamesAreNotKeys) {
  EXPECT_THAT(ReadAction("displayName: a"), ElementsAre(Problem(1, "displayName", "not a key")));
}

TEST(YamlMessageTest, KeysThatAreNotTextAreRefused) {
  EXPECT_THAT(ReadAction("? [a, b]\n: c\n"), ElementsAre(Problem(1, "", "not plain text")));
  EXPECT_THAT(ReadAction("~: c\n"), ElementsAre(Problem(1, "", "not plain text")));
}

TEST(YamlMessageTest, LongAndOddKeysAreShownOnOneShortLine) {
  const std::vector<YamlProblem> problems =
      ReadAction(absl::StrCat("\"a\\n\\u00e9", std::string(500, 'k'), "\": 1"));
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].field, StartsWith("a\\n\xC3\xA9k"));
  EXPECT_LT(problems[0].field.size(), 120u);
}

TEST(YamlMessageTest, NothingWhereAMessageOrListBelongsIsRefused) {
  EXPECT_THAT(ReadAction("due:\nleads:\ntopics: [~]\n"),
              ElementsAre(Problem(1, "due", "keys with values"), Problem(2, "leads", "a list"),
                          Problem(3, "topics[0]", "no value")));
}

TEST(YamlMessageTest, TextThatIsNotAMapIsRefused) {
  EXPECT_THAT(ReadAction(""), ElementsAre(Problem(1, "", "empty")));
  EXPECT_THAT(ReadAction("# nothing\n"), SizeIs(1));
  EXPECT_THAT(ReadAction("just text"), ElementsAre(Problem(1, "", "keys with values")));
  EXPECT_THAT(ReadAction("- a\n- b\n"), ElementsAre(Problem(1, "", "keys with values")));
}

TEST(YamlMessageTest, SyntaxErrorsHaveALine) {
  EXPECT_THAT(ReadAction("reference: a\n\ntopics: [b\n"), ElementsAre(Problem(4, "", "read")));
  EXPECT_THAT(ReadAction("reference: a\n  theme: b\n"), ElementsAre(Problem(2, "", "read")));
}

TEST(YamlMessageTest, QuoteThatIsNeverClosedIsRefused) {
  for (const char* text : {"theme: 'b\n", "theme: 'b", "theme: \"b\n", "theme: \"b", "theme: \"b\\",
                           "theme: 'b\n...\n", "theme: 'b\n  c\n", "reference: a\n'the"}) {
    EXPECT_THAT(ReadAction(text),
                ElementsAre(Field(&YamlProblem::description, HasSubstr("cannot be read"))))
        << text;
  }
}

TEST(YamlMessageTest, EndOfTheTextNeedsNoNewline) {
  const std::vector<const char*> texts = {
      "reference: a",      "reference: a\n\n", "reference: a\n... # end", "reference: a # c",
      "reference: a\n...", "{reference: a}",   "reference: |-\n  a",      "reference: 'a'\n  "};
  for (const char* text : texts) {
    v1::Action action;
    EXPECT_THAT(ReadYaml(text, action), IsEmpty()) << text;
    EXPECT_EQ(action.reference(), "a") << text;
  }
}

TEST(YamlMessageTest, SecondDocumentIsRefused) {
  EXPECT_THAT(ReadAction("reference: a\n---\nreference: b\n"),
              ElementsAre(Problem(2, "", "second document")));
}

TEST(YamlMessageTest, AnchorsAliasesAndTagsAreRefused) {
  EXPECT_THAT(
      ReadAction("reference: &a x\ntheme: *a\nname: !!str y\n"),
      ElementsAre(Problem(1, "", "anchor"), Problem(2, "", "alias"), Problem(3, "", "tag")));
  EXPECT_THAT(ReadAction("topics: &t [x]\nsource: !x {line: 1}\n"),
              ElementsAre(Problem(1, "", "anchor"), Problem(2, "", "tag")));
}

TEST(YamlMessageTest, AliasBombIsRefusedWithoutExpanding) {
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 60; ++i) {
    absl::StrAppend(&bomb, "a", i, ": &a", i, " [*a", i - 1, ", *a", i - 1, "]\n");
  }
  EXPECT_THAT(ReadAction(bomb), Not(IsEmpty()));
}

TEST(YamlMessageTest, DeepNestingIsRefused) {
  EXPECT_THAT(ReadAction("topics: " + std::string(63, '[') + std::string(63, ']')),
              ElementsAre(Problem(1, "topics[0]", "single value")));
  EXPECT_THAT(ReadAction("topics: " + std::string(64, '[') + std::string(64, ']')),
              ElementsAre(Problem(1, "", "nested")));
  EXPECT_THAT(ReadAction(std::string(100000, '[')), SizeIs(1));
  std::string maps;
  for (int i = 0; i < 5000; ++i) absl::StrAppend(&maps, std::string(i % 400, ' '), "a:\n");
  EXPECT_THAT(ReadAction(maps), Not(IsEmpty()));
}

TEST(YamlMessageTest, TooManyValuesAreRefused) {
  std::string text = "topics:\n";
  for (int i = 0; i < kMaxYamlNodes; ++i) text += "- a\n";
  EXPECT_THAT(ReadAction(text), ElementsAre(Problem(kMaxYamlNodes - 1, "", "200000 values")));
}

TEST(YamlMessageTest, TooLargeTextIsRefused) {
  EXPECT_THAT(ReadAction("reference: " + std::string(kMaxYamlBytes, 'a')),
              ElementsAre(Problem(1, "", "larger")));
}

TEST(YamlMessageTest, NoMoreThanAThousandProblemsAreReported) {
  std::string text = "topics:\n";
  for (int i = 0; i < 1500; ++i) text += "- [a]\n";
  EXPECT_THAT(ReadAction(text), SizeIs(1000));
}

TEST(YamlMessageTest, BytesThatAreNotUtf8AreRefusedWithTheirLines) {
  EXPECT_THAT(ReadAction("reference: a\ntheme: \xFF\xFE\nname: \xC3\xA9\nstatus: \xC3"),
              ElementsAre(Problem(2, "", "UTF-8"), Problem(4, "", "UTF-8")));
  for (const char* bad : {"\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80",
                          "\xF4\x90\x80\x80", "\x80", "\xE2\x82"}) {
    EXPECT_THAT(ReadAction(absl::StrCat("reference: a", bad, "b")),
                ElementsAre(Problem(1, "", "UTF-8")));
  }
}

TEST(YamlMessageTest, FourByteCharactersAreKept) {
  v1::Action action;
  EXPECT_THAT(ReadYaml("reference: \xF0\x9F\x98\x80\xE2\x82\xAC", action), IsEmpty());
  EXPECT_EQ(action.reference(), "\xF0\x9F\x98\x80\xE2\x82\xAC");
}

TEST(YamlMessageTest, NulAndControlCharactersAreRefusedWithTheirLine) {
  EXPECT_THAT(ReadAction(absl::string_view("reference: a\ntheme: \0b", 22)),
              ElementsAre(Problem(2, "", "NUL")));
  EXPECT_THAT(ReadAction("reference: a\ntheme: \x04\n"), ElementsAre(Problem(2, "", "control")));
  EXPECT_THAT(ReadAction("reference: a\x7F"), ElementsAre(Problem(1, "", "control")));
  EXPECT_THAT(ReadAction("reference: \"a\\0b\"\ntheme: x\ncolour: y\n"),
              ElementsAre(Problem(1, "", "NUL"), Problem(3, "colour", "not a key")));
}

TEST(YamlMessageTest, Utf16IsRefused) {
  EXPECT_THAT(ReadAction(absl::string_view("\xFF\xFE"
                                           "a\0:\0",
                                           6)),
              Not(IsEmpty()));
}

TEST(YamlMessageTest, EveryFieldHasItsLine) {
  YamlLines lines;
  EXPECT_THAT(ReadAction("reference: a\nleads:\n  - role: r\n    agency: s\n  - role: t\n"
                         "due:\n  text: January 2019\n",
                         &lines),
              IsEmpty());
  EXPECT_EQ(lines.at("reference"), 1);
  EXPECT_EQ(lines.at("leads"), 2);
  EXPECT_EQ(lines.at("leads[0]"), 3);
  EXPECT_EQ(lines.at("leads[0].agency"), 4);
  EXPECT_EQ(lines.at("leads[1].role"), 5);
  EXPECT_EQ(lines.at("due.text"), 7);
}

TEST(LineOfTest, FallsBackToTheNearestEnclosingField) {
  const YamlLines lines = {{"due", 6}, {"leads", 2}, {"leads[1]", 5}, {"leads[1].role", 5}};
  EXPECT_EQ(LineOf(lines, "leads[1].role"), 5);
  EXPECT_EQ(LineOf(lines, "leads[1].agency"), 5);
  EXPECT_EQ(LineOf(lines, "leads[7].agency"), 2);
  EXPECT_EQ(LineOf(lines, "due.stages[0].date.year"), 6);
  EXPECT_EQ(LineOf(lines, "status"), 1);
  EXPECT_EQ(LineOf(lines, ""), 1);
}

TEST(ReadYamlKeyTest, TopLevelScalarIsReturned) {
  EXPECT_EQ(*ReadYamlKey("kind: plan\nplan: {name: x}\n", "kind"), "plan");
  EXPECT_EQ(*ReadYamlKey("a: {kind: plan}\n", "kind"), "");
  EXPECT_EQ(*ReadYamlKey("kind:\n", "kind"), "");
}

TEST(ReadYamlKeyTest, TextThatCannotBeReadIsInvalid) {
  for (const char* text :
       {"", "- a", "plain", "a: [b", "kind: [plan]", "a: b\n---\nc: d", "\xFF"}) {
    EXPECT_EQ(ReadYamlKey(text, "kind").status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  }
}

// Not a fuzzer, but enough to catch an exception that gets out or a bad index.
TEST(YamlMessageTest, DamagedTextNeverBreaksTheReader) {
  const std::string whole =
      "reference: 'a'\nleads:\n  - {role: \"r\\n\", agency: s}\n  - role: |\n      t\n"
      "? k\n: *v\ndue: &d !t\n  text: >-\n    x\n    y\n--- # c\n%TAG ! x:\n";
  std::mt19937 random(20181101);
  constexpr absl::string_view kBytes = "[]{}:,-?&*!|>'\"%@`#~ \n\t\r\\a0\xC3\xA9";
  for (int round = 0; round < 3000; ++round) {
    std::string text = whole;
    for (int change = 0; change < 4; ++change) {
      text[random() % text.size()] = kBytes[random() % kBytes.size()];
    }
    v1::Action action;
    YamlLines lines;
    for (const YamlProblem& problem : ReadYaml(text, action, {}, &lines)) {
      ASSERT_GE(problem.line, 1) << text;
      ASSERT_FALSE(problem.description.empty()) << text;
    }
  }
}

}  // namespace
}  // namespace concordat
