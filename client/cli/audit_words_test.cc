// `concordat audit show` and `audit summary`: what they ask and print.
#include "client/cli/audit_words.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "client/cli/testing/cli_runner.h"
#include "client/mocks/mock_connection.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "tlog/compact_range.h"
#include "tlog/entry_bundle.h"
#include "tlog/merkle.h"
#include "tlog/test_log.h"

namespace concordat::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;
using ::testing::_;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Return;
using ::testing::ReturnPointee;
using v1::AuditRecord;

// Gives the field a value that no record below has.
void Change(AuditRecord& record, const FieldDescriptor& field) {
  const Reflection& reflection = *record.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      field.is_repeated() ? reflection.AddString(&record, &field, "other")
                          : reflection.SetString(&record, &field, "other");
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection.SetBool(&record, &field, true);
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      reflection.SetEnumValue(&record, &field, 2);
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      reflection.SetInt32(&record, &field, 7);
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      reflection.SetUInt32(&record, &field, 7);
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      reflection.SetInt64(&record, &field, 7);
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      reflection.SetUInt64(&record, &field, 7);
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      *record.mutable_time() = ToTimestamp(absl::FromUnixSeconds(7));
      break;
    default:
      FAIL() << "no value is known for " << field.full_name();
  }
}

std::string TextOf(const v1::AuditEntry& entry) {
  return FormatFacts(EntryFacts(entry), 200, false);
}

TEST(AuditWordsTest, EveryFieldOfARecordIsSaid) {
  v1::AuditEntry entry;
  AuditRecord& record = *entry.mutable_record();
  // So that what is said of an agreement, an answer and a stream's end is said.
  record.set_event(AuditRecord::STREAM_ENDED);
  record.set_agreement("agreements/sharing");
  record.set_released("concordat.v1.Plan");
  record.set_tls_version("tls");
  const AuditRecord kept = record;
  const std::string before = TextOf(entry);
  const google::protobuf::Descriptor& type = *AuditRecord::descriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    // The index is the entry's.
    if (type.field(i)->name() == "index") continue;
    Change(record, *type.field(i));
    EXPECT_NE(TextOf(entry), before) << type.field(i)->full_name();
    record = kept;
  }
}

// A summary up to a signed checkpoint of 300 records.
v1::AuditSummary Summary(const tlog::TestLog& log) {
  v1::AuditSummary summary;
  summary.set_agency("agencies/police");
  *summary.mutable_first_day() = ToDate(absl::CivilDay(2026, 10, 1));
  *summary.mutable_last_day() = ToDate(absl::CivilDay(2026, 12, 31));
  v1::AuditSummary::Access& access = *summary.add_calls_of_others();
  access.set_client("agencies/board/clients/<b>");
  access.set_purpose("oversight");
  access.set_agreement("agreements/sharing");
  access.set_agreement_version(3);
  access.set_data_set(v1::PLANS);
  access.set_method("/concordat.v1.PlanService/ListActions");
  access.set_served(12);
  access.set_rows(345);
  v1::AuditSummary::Refusals& refusals = *summary.add_refusals();
  refusals.set_client("agencies/police/clients/feed");
  refusals.set_reason("METHOD_UNKNOWN");
  refusals.set_count(2);
  v1::Checkpoint& checkpoint = *summary.mutable_checkpoint();
  checkpoint.set_note(log.Checkpoint());
  checkpoint.set_origin("log.example/audit");
  checkpoint.set_tree_size(log.size());
  checkpoint.set_root_hash(log.Root());
  summary.set_verified_records(290);
  return summary;
}

class AuditSummaryCommandTest : public ::testing::Test {
 protected:
  AuditSummaryCommandTest() { log_.GrowTo(300); }

  CliResult Run(std::vector<std::string> arguments) {
    return RunCli(connection_, std::move(arguments));
  }
  CliResult Summarise(const v1::AuditSummary& summary, std::vector<std::string> more = {}) {
    EXPECT_CALL(*connection_, SummariseAudit(_, _))
        .WillRepeatedly([&](const auto& r, const auto&) -> absl::StatusOr<v1::AuditSummary> {
          request_ = r;
          return summary;
        });
    std::vector<std::string> arguments = {"audit", "summary", "--quarter", "2026-q4"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(std::move(arguments));
  }

  tlog::TestLog log_;
  v1::SummariseAuditRequest request_;
  std::shared_ptr<MockConnection> connection_ = std::make_shared<MockConnection>();
};

TEST_F(AuditSummaryCommandTest, ASummaryIsTextWithItsVerification) {
  const CliResult text = Summarise(Summary(log_), {"--agency", "police"});
  EXPECT_EQ(text.code, ExitCode::kOk) << text.err;
  EXPECT_EQ(request_.agency(), "agencies/police");
  EXPECT_EQ(request_.year(), 2026);
  EXPECT_EQ(request_.quarter(), 4);
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("2026-10-01 to 2026-12-31"), HasSubstr("290 records"),
                    HasSubstr("all agree with the signed tree"), HasSubstr("no key was given"),
                    HasSubstr("345"), HasSubstr("method unknown"), HasSubstr("Nothing.")));
}

TEST_F(AuditSummaryCommandTest, ASummaryIsOnePageToFile) {
  const std::string page = Summarise(Summary(log_), {"--format", "html"}).out;
  EXPECT_THAT(page,
              AllOf(HasSubstr("<!DOCTYPE html>"), HasSubstr("<html lang=\"en-GB\">"),
                    HasSubstr("<th scope=\"col\">Client</th>"), HasSubstr("board/&lt;b&gt;"),
                    HasSubstr("290 records"), HasSubstr("@media print"), Not(HasSubstr("<b>")),
                    Not(HasSubstr("<script")), Not(HasSubstr("<link"))));
  EXPECT_EQ(Summarise(Summary(log_), {"--format", "pdf"}).code, ExitCode::kInvalidInput);
  EXPECT_EQ(Summarise(Summary(log_), {"--format", "html", "--output", "csv"}).code,
            ExitCode::kUsage);
}

TEST_F(AuditSummaryCommandTest, ASummaryIsCsvAndJsonForPrograms) {
  EXPECT_THAT(Summarise(Summary(log_), {"--output", "csv"}).out,
              AllOf(HasSubstr("calls_of_others,agencies/board/clients/<b>,oversight,"
                              "agreements/sharing,3,PLANS,"
                              "/concordat.v1.PlanService/ListActions,,12,345,"),
                    HasSubstr("refusals,agencies/police/clients/feed,,,,,,METHOD_UNKNOWN,2,,,")));
  EXPECT_THAT(Summarise(Summary(log_), {"--output", "json"}).out,
              AllOf(HasSubstr("\"verified_records\": 290"), HasSubstr("\"sound\": true")));
}

TEST_F(AuditSummaryCommandTest, TheSignatureIsCheckedWithTheKeyThatIsGiven) {
  const std::string key = log_.key().ToString();
  const CliResult good = Summarise(Summary(log_), {"--key", key});
  EXPECT_EQ(good.code, ExitCode::kOk) << good.err;
  EXPECT_THAT(good.out, HasSubstr("it is signed by the key that was given"));

  const std::string other =
      tlog::TestKey("log.example/audit", tlog::SignatureType::kEd25519, 'o').verifier().ToString();
  const CliResult bad = Summarise(Summary(log_), {"--key", other});
  EXPECT_EQ(bad.code, ExitCode::kDataDamaged);
  EXPECT_THAT(bad.out, HasSubstr("NOT SOUND"));
  EXPECT_EQ(Summarise(Summary(log_), {"--key", other, "--key", key}).code, ExitCode::kOk);

  // The note is another checkpoint than the fields beside it say.
  v1::AuditSummary larger = Summary(log_);
  larger.mutable_checkpoint()->set_tree_size(301);
  EXPECT_EQ(Summarise(larger, {"--key", key}).code, ExitCode::kDataDamaged);
}

TEST_F(AuditSummaryCommandTest, ARecordThatDoesNotAgreeIsNamed) {
  v1::AuditSummary summary = Summary(log_);
  summary.set_first_bad_index(123);
  const CliResult result = Summarise(summary);
  EXPECT_EQ(result.code, ExitCode::kDataDamaged);
  EXPECT_THAT(result.out, HasSubstr("NOT SOUND: record 123, or its stored hash, is not what"));
  EXPECT_THAT(result.err, HasSubstr("tell the operator"));
  // Where it cannot be known which.
  summary.set_last_bad_index(255);
  EXPECT_THAT(Summarise(summary).out,
              HasSubstr("NOT SOUND: one of the records 123 to 255, or its stored hash, is not"));
}

TEST_F(AuditSummaryCommandTest, AQuarterIsWrittenInOneWay) {
  EXPECT_CALL(*connection_, SummariseAudit(_, _)).Times(0);
  for (const char* text :
       {"2026", "2026-Q5", "2026-Q0", "26-Q4", "2026Q4", "2026-Q44", "+026-Q4"}) {
    EXPECT_EQ(Run({"audit", "summary", "--quarter", text}).code, ExitCode::kInvalidInput) << text;
  }
}

TEST_F(AuditSummaryCommandTest, ShowFindsAnAgencysRecordInItsList) {
  v1::ListAuditEntriesResponse page;
  for (const uint64_t index : {9, 7}) {
    v1::AuditEntry& entry = *page.add_entries();
    entry.set_index(index);
    entry.mutable_record()->set_method(absl::StrCat("/method/", index));
  }
  EXPECT_CALL(*connection_, WhoAmI(_, _)).WillRepeatedly(Return(v1::WhoAmIResponse()));
  EXPECT_CALL(*connection_, ListAuditEntries(_, _)).WillRepeatedly(Return(page));
  const CliResult found = Run({"audit", "show", "7"});
  EXPECT_EQ(found.code, ExitCode::kOk) << found.err;
  EXPECT_THAT(found.out, HasSubstr("/method/7"));
  EXPECT_EQ(Run({"audit", "show", "8"}).code, ExitCode::kNotFound);
  EXPECT_EQ(Run({"audit", "show", "6"}).code, ExitCode::kNotFound);
}

TEST_F(AuditSummaryCommandTest, ShowReadsAnAuditorsRecordFromItsBundle) {
  AuditRecord record;
  record.set_method("/method/257");
  const std::string bytes = record.SerializeAsString();
  std::string bundle;
  ASSERT_TRUE(tlog::AppendEntry("", bundle).ok());
  ASSERT_TRUE(tlog::AppendEntry(bytes, bundle).ok());
  v1::WhoAmIResponse self;
  self.add_roles(v1::AUDITOR);
  EXPECT_CALL(*connection_, WhoAmI(_, _)).WillRepeatedly(Return(self));
  v1::ReadEntryBundlesRequest asked;
  EXPECT_CALL(*connection_, ReadEntryBundles(_, _, _))
      .WillRepeatedly([&](const auto& r, auto sink, const auto&) -> absl::Status {
        asked = r;
        v1::ReadEntryBundlesResponse part;
        part.set_path("tile/entries/001.p/2");
        part.set_data(bundle.substr(0, 3));
        RETURN_IF_ERROR(sink(part));
        part.set_data(bundle.substr(3));
        part.set_last(true);
        return sink(part);
      });
  // A log of 258 records, of which the last two are in the bundle.
  tlog::CompactRange range;
  for (int i = 0; i < 257; ++i) ASSERT_TRUE(range.Append(tlog::LeafHash("")).ok());
  v1::GetInclusionProofResponse proof;
  proof.set_tree_size(258);
  proof.add_hashes(tlog::LeafHash(""));
  proof.add_hashes(range.hashes().front());
  ASSERT_TRUE(range.Append(tlog::LeafHash(bytes)).ok());
  proof.mutable_checkpoint()->set_root_hash(range.Root());
  EXPECT_CALL(*connection_, GetInclusionProof(_, _)).WillRepeatedly(ReturnPointee(&proof));
  const CliResult found = Run({"audit", "show", "257", "--output", "json"});
  EXPECT_EQ(found.code, ExitCode::kOk) << found.err;
  EXPECT_EQ(asked.first(), 1);
  EXPECT_THAT(found.out, AllOf(HasSubstr("/method/257"), HasSubstr("\"index\": 257")));
  EXPECT_EQ(Run({"audit", "show", "258"}).code, ExitCode::kNotFound);

  proof.mutable_checkpoint()->set_root_hash(tlog::LeafHash("another"));
  const CliResult another = Run({"audit", "show", "257"});
  EXPECT_EQ(another.code, ExitCode::kDataDamaged);
  EXPECT_THAT(another.out, Not(HasSubstr("/method/257")));
  EXPECT_THAT(another.err, AllOf(HasSubstr("record 257"), HasSubstr("audit verify")));
}

}  // namespace
}  // namespace concordat::cli
