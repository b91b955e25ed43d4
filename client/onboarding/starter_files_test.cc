#include "client/onboarding/starter_files.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/yaml_message.h"
#include "concordat/v1/agreement_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

namespace concordat::onboarding {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Newcomer Trust() {
  Newcomer newcomer;
  newcomer.client = "agencies/trust/clients/dashboard";
  newcomer.client_display_name = "Dashboard";
  newcomer.roles = {v1::READER, v1::CONTRIBUTOR};
  newcomer.agency_display_name = "The Trust";
  newcomer.agency_kind = v1::Agency::NHS_TRUST;
  newcomer.target = "concordat.example:8443";
  newcomer.purpose = "safeguarding-improvement";
  newcomer.provider = "agencies/council";
  newcomer.agreement = "agreements/trust-improvement";
  newcomer.today = absl::CivilDay(2026, 11, 22);
  return newcomer;
}

template <typename Request>
Request Read(const std::string& text) {
  Request request;
  for (const YamlProblem& problem : ReadYaml(text, request, {"kind"})) {
    ADD_FAILURE() << problem.line << ": " << problem.field << ": " << problem.description;
  }
  return request;
}

TEST(StarterFilesTest, TheDirectoryEntryHasTheClientByTheNameOfItsCertificate) {
  const auto request = Read<v1::ApplyDirectoryRequest>(DirectoryFile(Trust()));
  ASSERT_EQ(request.agencies_size(), 1);
  EXPECT_EQ(request.agencies(0).name(), "agencies/trust");
  EXPECT_EQ(request.agencies(0).kind(), v1::Agency::NHS_TRUST);
  ASSERT_EQ(request.clients_size(), 1);
  EXPECT_EQ(request.clients(0).name(), "agencies/trust/clients/dashboard");
  EXPECT_THAT(request.clients(0).roles(), testing::ElementsAre(v1::READER, v1::CONTRIBUTOR));
  EXPECT_THAT(request.clients(0).certificate_identities(),
              testing::ElementsAre("uri:urn:concordat:trust:dashboard"));
  EXPECT_EQ(IdentityOf(Trust()), "uri:urn:concordat:trust:dashboard");
}

TEST(StarterFilesTest, AnAgencyThatIsInTheDirectoryIsNotRevised) {
  Newcomer newcomer = Trust();
  newcomer.agency_display_name.clear();
  EXPECT_EQ(Read<v1::ApplyDirectoryRequest>(DirectoryFile(newcomer)).agencies_size(), 0);
}

TEST(StarterFilesTest, TextsStandInTheFilesAsTheyAre) {
  Newcomer newcomer = Trust();
  newcomer.client_display_name = "A \"new\" \\ dashboard: # not a comment";
  const auto request = Read<v1::ApplyDirectoryRequest>(DirectoryFile(newcomer));
  EXPECT_EQ(request.clients(0).display_name(), newcomer.client_display_name);
}

TEST(StarterFilesTest, TheDraftNamesPartiesPurposeAndDatesAndSharesNothingYet) {
  const v1::Agreement agreement =
      Read<v1::ApplyAgreementRequest>(AgreementFile(Trust())).agreement();
  EXPECT_EQ(agreement.name(), "agreements/trust-improvement");
  EXPECT_EQ(agreement.state(), v1::Agreement::DRAFT);
  EXPECT_EQ(agreement.approvals_size(), 0);
  ASSERT_EQ(agreement.parties_size(), 2);
  EXPECT_EQ(agreement.parties(0).agency(), "agencies/council");
  EXPECT_TRUE(agreement.parties(0).provides());
  EXPECT_EQ(agreement.parties(1).agency(), "agencies/trust");
  EXPECT_TRUE(agreement.parties(1).receives());
  EXPECT_FALSE(agreement.parties(1).provides());
  EXPECT_THAT(agreement.purposes(), testing::ElementsAre("safeguarding-improvement"));
  EXPECT_EQ(agreement.effective_from().year(), 2026);
  EXPECT_EQ(agreement.review_date().year(), 2027);
}

// Names every required field of `message` that is not set at all.
void Missing(const google::protobuf::Message& message, const std::string& path,
             std::vector<std::string>& missing) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const google::protobuf::FieldDescriptor& field = *type.field(i);
    const std::string name = absl::StrCat(path, field.name());
    if (field.options().GetExtension(v1::rule).required()) {
      const bool is_set = field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                                              : reflection.HasField(message, &field);
      if (!is_set) missing.push_back(name);
    }
    if (field.is_repeated() || field.message_type() == nullptr) continue;
    if (!reflection.HasField(message, &field)) continue;
    if (field.message_type()->full_name() == "google.type.Date") continue;
    Missing(reflection.GetMessage(message, &field), absl::StrCat(name, "."), missing);
  }
}

TEST(StarterFilesTest, TheDraftHasAPlaceForEveryFieldThatTheContractRequires) {
  const std::string filled = absl::StrReplaceAll(AgreementFile(Trust()), {{"\"\"", "\"written\""}});
  const v1::Agreement agreement = Read<v1::ApplyAgreementRequest>(filled).agreement();
  std::vector<std::string> missing;
  Missing(agreement, "", missing);
  EXPECT_THAT(missing, IsEmpty());
}

TEST(StarterFilesTest, TheProfileNamesTheFilesBesideIt) {
  const std::string profile = ProfileFile(Trust());
  EXPECT_THAT(profile, HasSubstr("target: \"concordat.example:8443\""));
  EXPECT_THAT(profile, HasSubstr("certificate_file: dashboard.crt"));
  EXPECT_THAT(profile, HasSubstr("private_key_file: dashboard.key"));
  EXPECT_THAT(profile, HasSubstr("purpose: \"safeguarding-improvement\""));
  Newcomer approver = Trust();
  approver.purpose.clear();
  EXPECT_THAT(ProfileFile(approver), Not(HasSubstr("purpose")));
}

TEST(StarterFilesTest, ANewcomerThatCannotStandInAFileIsRefused) {
  EXPECT_TRUE(CheckNewcomer(Trust()).ok());
  const std::vector<void (*)(Newcomer&)> faults = {
      [](Newcomer& n) { n.client = "agencies/Trust/clients/x"; },
      [](Newcomer& n) { n.client = "agencies/trust"; },
      [](Newcomer& n) { n.provider = "council"; },
      [](Newcomer& n) { n.provider = "agencies/trust"; },
      [](Newcomer& n) { n.agreement = "agreements/a b"; },
      [](Newcomer& n) { n.purpose = "x]"; },
      [](Newcomer& n) { n.purpose = ""; },
      [](Newcomer& n) { n.client_display_name = "a\nkind: agreement"; },
      [](Newcomer& n) { n.client_display_name = ""; },
      [](Newcomer& n) { n.agency_display_name = std::string(201, 'a'); },
      [](Newcomer& n) { n.agency_kind = v1::Agency::KIND_UNSPECIFIED; },
      [](Newcomer& n) { n.target = "a\nb"; },
      [](Newcomer& n) { n.roles.clear(); },
  };
  for (size_t i = 0; i < faults.size(); ++i) {
    Newcomer newcomer = Trust();
    faults[i](newcomer);
    EXPECT_EQ(CheckNewcomer(newcomer).code(), absl::StatusCode::kInvalidArgument) << i;
  }
}

}  // namespace
}  // namespace concordat::onboarding
