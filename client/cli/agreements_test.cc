// `concordat agreements …` and `clients revoke`: what they ask and print.
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/cli/agreement_words.h"
#include "client/cli/testing/cli_runner.h"
#include "client/mocks/mock_connection.h"
#include "concordat/v1/access.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using ::testing::_;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Return;
using v1::Agreement;

// Gives the field, of its own kind, the value that no agreement below has.
void Change(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      field.is_repeated() ? reflection.AddString(&message, &field, "another")
                          : reflection.SetString(&message, &field, "another");
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      reflection.SetBool(&message, &field, !reflection.GetBool(message, &field));
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      field.is_repeated() ? reflection.AddEnumValue(&message, &field, 4)
                          : reflection.SetEnumValue(&message, &field, 2);
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      reflection.SetInt64(&message, &field, 77);
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      reflection.SetInt32(&message, &field, 7);
      break;
    default:
      FAIL() << "no value is known for " << field.full_name();
  }
}

// Two parties, one of each sort of date, and one paper approval.
Agreement Sharing() {
  Agreement agreement;
  agreement.set_name("agreements/sharing");
  agreement.set_display_name("Sharing");
  agreement.set_state(Agreement::ACTIVE);
  agreement.set_version(3);
  agreement.set_terms_digest("abc123");
  agreement.add_parties()->set_agency("agencies/police");
  agreement.mutable_parties(0)->set_receives(true);
  agreement.add_purposes("oversight");
  agreement.mutable_scope()->add_plans("plans/-");
  for (google::type::Date* date :
       {agreement.mutable_effective_from(), agreement.mutable_effective_to(),
        agreement.mutable_review_date(), agreement.add_approvals()->mutable_date()}) {
    date->set_year(2018);
    date->set_month(6);
    date->set_day(1);
  }
  agreement.mutable_quotas();
  agreement.mutable_contacts();
  return agreement;
}

// Changes each field of `message`, alone, and expects that `agreement`, which
// holds it and is otherwise equal to `before`, then has other words.
void ExpectEachFieldIsSaid(const Agreement& before, const Agreement& agreement, Message& message) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.options().GetExtension(v1::rule).output_only() || field.name() == "etag" ||
        field.full_name() == "concordat.v1.Agreement.name") {
      continue;
    }
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      ExpectEachFieldIsSaid(
          before, agreement,
          field.is_repeated()
              ? *message.GetReflection()->MutableRepeatedMessage(&message, &field, 0)
              : *message.GetReflection()->MutableMessage(&message, &field));
      continue;
    }
    const std::unique_ptr<Message> kept(message.New());
    kept->CopyFrom(message);
    Change(message, field);
    EXPECT_THAT(ChangesBetween(before, agreement), Not(IsEmpty())) << field.full_name();
    message.CopyFrom(*kept);
  }
}

TEST(AgreementWordsTest, EveryFieldThatIsSignedIsSaid) {
  Agreement agreement = Sharing();
  ExpectEachFieldIsSaid(Sharing(), agreement, agreement);
}

TEST(AgreementWordsTest, ADifferenceNamesWhatWentAndWhatCame) {
  const Agreement from = Sharing();
  Agreement to = from;
  to.set_purposes(0, "assurance");
  to.clear_effective_to();
  const std::vector<ClauseChange> changes = ChangesBetween(from, to);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].label, "Last day");
  EXPECT_THAT(changes[0].removed, ElementsAre("2018-06-01"));
  EXPECT_THAT(changes[0].added, ElementsAre("until it is ended"));
  EXPECT_EQ(changes[1].label, "Purposes");
  EXPECT_THAT(ChangesBetween(to, to), IsEmpty());
}

TEST(AgreementWordsTest, ThePageEscapesAndNeedsNoOtherFile) {
  Agreement agreement = Sharing();
  agreement.set_display_name("<script>alert('x')</script> & \"more\"\x1b[2J");
  agreement.set_retention("<img src=http://example.org>");
  const std::string page = AgreementHtml(agreement);
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more"));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("<img")), Not(HasSubstr("\x1b")),
                          Not(HasSubstr("<link")), HasSubstr("abc123"), HasSubstr("@media print")));
}

class AgreementCommandsTest : public ::testing::Test {
 protected:
  CliResult Run(std::vector<std::string> arguments) {
    return RunCli(connection_, std::move(arguments));
  }

  std::shared_ptr<MockConnection> connection_ = std::make_shared<MockConnection>();
};

TEST_F(AgreementCommandsTest, ListSaysHowNearTheReviewIs) {
  v1::ListAgreementsResponse page;
  *page.add_agreements() = Sharing();
  page.mutable_agreements(0)->set_days_until_review(25);
  page.mutable_agreements(0)->set_review_warning(Agreement::WITHIN_30_DAYS);
  *page.add_agreements() = Sharing();
  page.mutable_agreements(1)->set_days_until_review(-1);
  page.mutable_agreements(1)->set_review_warning(Agreement::OVERDUE);
  *page.add_agreements() = Sharing();
  page.mutable_agreements(2)->set_days_until_review(200);
  EXPECT_CALL(*connection_, ListAgreements(_, _)).WillRepeatedly(Return(page));
  const std::string text = Run({"agreements", "list", "--output", "json"}).out;
  EXPECT_THAT(text, HasSubstr("\"days_until_review\": 25"));
  std::string table = Run({"agreements", "list"}).out;
  EXPECT_THAT(table, AllOf(HasSubstr("in 25"), HasSubstr("1 day ago"), HasSubstr("overdue"),
                           Not(HasSubstr("200"))));
}

TEST_F(AgreementCommandsTest, ShowPrintsTheDigestAndHowToApproveADraft) {
  Agreement draft = Sharing();
  draft.set_state(Agreement::DRAFT);
  v1::GetAgreementRequest request;
  EXPECT_CALL(*connection_, GetAgreement(_, _))
      .WillRepeatedly([&](const auto& r, const auto&) -> absl::StatusOr<Agreement> {
        request = r;
        return draft;
      });
  const CliResult text = Run({"agreements", "show", "sharing", "--version", "2"});
  EXPECT_EQ(text.code, ExitCode::kOk) << text.err;
  EXPECT_EQ(request.name(), "agreements/sharing");
  EXPECT_EQ(request.version(), 2);
  EXPECT_THAT(text.out, AllOf(HasSubstr("agencies/police gets data"), HasSubstr("Who shares"),
                              HasSubstr("agreements approve sharing --digest abc123")));
  EXPECT_THAT(Run({"agreements", "show", "sharing", "--format", "html"}).out,
              HasSubstr("<!DOCTYPE html>"));
  EXPECT_EQ(Run({"agreements", "show", "sharing", "--format", "pdf"}).code,
            ExitCode::kInvalidInput);
  EXPECT_EQ(Run({"agreements", "show", "sharing", "--format", "html", "--output", "json"}).code,
            ExitCode::kUsage);
}

TEST_F(AgreementCommandsTest, DiffComparesWithTheVersionBefore) {
  EXPECT_CALL(*connection_, GetAgreement(_, _))
      .WillRepeatedly([](const auto& request, const auto&) -> absl::StatusOr<Agreement> {
        Agreement agreement = Sharing();
        if (request.version() == 0) return agreement;
        agreement.set_version(request.version());
        agreement.set_terms_digest("old");
        agreement.set_purposes(0, "purpose-" + std::to_string(request.version()));
        return agreement;
      });
  EXPECT_THAT(
      Run({"agreements", "diff", "sharing"}).out,
      AllOf(HasSubstr("version 2 to version 3"), HasSubstr("terms differ"),
            HasSubstr("Purposes\n  - purpose-2\n  + oversight\n"), Not(HasSubstr("Parties"))));
  EXPECT_THAT(Run({"agreements", "diff", "sharing", "--from", "1", "--to", "2"}).out,
              AllOf(HasSubstr("version 1 to version 2"), HasSubstr("terms are the same")));
  EXPECT_THAT(Run({"agreements", "diff", "sharing", "--output", "csv"}).out,
              HasSubstr("Purposes,purpose-2,oversight"));
  EXPECT_EQ(Run({"agreements", "diff", "sharing", "--to", "1"}).code, ExitCode::kUsage);
}

TEST_F(AgreementCommandsTest, ApproveSendsDigestAndReasonUnderARequestId) {
  v1::ApproveAgreementRequest request;
  CallOptions options;
  EXPECT_CALL(*connection_, ApproveAgreement(_, _)).WillOnce([&](const auto& r, const auto& o) {
    request = r;
    options = o;
    v1::ApproveAgreementResponse response;
    *response.mutable_agreement() = Sharing();
    response.mutable_agreement()->add_recorded_approvals();
    return response;
  });
  const CliResult result = Run(
      {"agreements", "approve", "sharing", "--digest", "abc123", "--reason", "Read", "--dry-run"});
  EXPECT_EQ(result.out,
            "agreements/sharing: would be active, not in force, version 3, 1 approval\n")
      << result.err;
  EXPECT_EQ(request.name(), "agreements/sharing");
  EXPECT_EQ(request.terms_digest(), "abc123");
  EXPECT_EQ(request.reason(), "Read");
  EXPECT_TRUE(request.dry_run());
  EXPECT_THAT(options.request_id, Not(IsEmpty()));
  EXPECT_EQ(Run({"agreements", "approve", "sharing", "--reason", "Read"}).code, ExitCode::kUsage);
}

TEST_F(AgreementCommandsTest, SuspendResumeAndEndSendTheReason) {
  v1::SuspendAgreementResponse suspended;
  *suspended.mutable_agreement() = Sharing();
  suspended.mutable_agreement()->set_state(Agreement::SUSPENDED);
  EXPECT_CALL(*connection_, SuspendAgreement(_, _)).WillOnce([&](const auto& r, const auto&) {
    EXPECT_EQ(r.reason(), "A breach");
    return suspended;
  });
  EXPECT_EQ(Run({"agreements", "suspend", "sharing", "--reason", "A breach"}).out,
            "agreements/sharing: suspended, version 3\n");
  EXPECT_CALL(*connection_, ResumeAgreement(_, _)).WillOnce([&](const auto& r, const auto&) {
    EXPECT_EQ(r.reason(), "Mended");
    return v1::ResumeAgreementResponse();
  });
  EXPECT_EQ(Run({"agreements", "resume", "sharing", "--reason", "Mended"}).code, ExitCode::kOk);
  EXPECT_CALL(*connection_, EndAgreement(_, _))
      .WillOnce(Return(MakeError(v1::AGREEMENT_STATE, "it has ended")));
  const CliResult refused = Run({"agreements", "end", "sharing", "--reason", "Over"});
  EXPECT_EQ(refused.code, ExitCode::kConflict);
  EXPECT_THAT(refused.err, HasSubstr("AGREEMENT_STATE"));
  EXPECT_EQ(Run({"agreements", "suspend", "sharing"}).code, ExitCode::kUsage);
}

TEST_F(AgreementCommandsTest, OwnContributionsAreSuspendedAndResumedAlone) {
  v1::SuspendAgreementResponse suspended;
  *suspended.mutable_agreement() = Sharing();
  suspended.mutable_agreement()->set_in_force(true);
  suspended.mutable_agreement()->add_withholdings()->set_agency("agencies/police");
  EXPECT_CALL(*connection_, SuspendAgreement(_, _)).WillOnce([&](const auto& r, const auto&) {
    EXPECT_TRUE(r.own_contributions());
    return suspended;
  });
  EXPECT_EQ(Run({"agreements", "suspend", "sharing", "--own-contributions", "--reason", "x"}).out,
            "agreements/sharing: active, in force, version 3, without what police contributes\n");
  EXPECT_CALL(*connection_, ResumeAgreement(_, _)).WillOnce([&](const auto& r, const auto&) {
    EXPECT_TRUE(r.own_contributions());
    EXPECT_EQ(r.agency(), "agencies/police");
    return v1::ResumeAgreementResponse();
  });
  EXPECT_EQ(Run({"agreements", "resume", "sharing", "--own-contributions", "--agency", "police",
                 "--reason", "x"})
                .code,
            ExitCode::kOk);
}

TEST_F(AgreementCommandsTest, RevokeSendsClientAndReason) {
  v1::RevokeClientResponse response;
  response.mutable_client()->set_name("agencies/police/clients/app");
  EXPECT_CALL(*connection_, RevokeClient(_, _)).WillOnce([&](const auto& r, const auto&) {
    EXPECT_EQ(r.name(), "agencies/police/clients/app");
    EXPECT_EQ(r.reason(), "Key lost");
    return response;
  });
  EXPECT_EQ(Run({"clients", "revoke", "police/app", "--reason", "Key lost"}).out,
            "agencies/police/clients/app: revoked\n");
}

}  // namespace
}  // namespace concordat::cli
