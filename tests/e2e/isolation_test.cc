// Deny by default, and one agency kept from another's: every method, called by
// every client, in every state that an agreement can be in, beside a table of
// expectations that was written by hand (isolation.txt).
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/resource_name.h"
#include "concordat/v1/agreement_service.pb.h"
#include "concordat/v1/audit_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "server/bindings.h"
#include "tests/support/moments.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using google::protobuf::MethodDescriptor;

constexpr char kPurpose[] = "isolation";
constexpr char kAgreement[] = "agreements/isolation";
const Partner kSuspends{"lancashire-county-council:improvement-team", kPurpose};
// With a certificate of our authority that no client has.
const Partner kUnknown{"nobody:nobody", kPurpose};
constexpr char kClassOfNobody[] = "nobody";

// By column, the expectation.
using Row = std::map<std::string, std::string>;

// isolation.txt, read.
struct Table {
  // Of each client, `agency:client`, its column.
  std::map<std::string, std::string> columns;
  // Of each method, `PlanService/GetPlan`, its request in text.
  std::map<std::string, std::string> requests;
  // By state and method.
  std::map<std::string, std::map<std::string, Row>> states;
};

Table ReadTable() {
  std::ifstream file(CONCORDAT_SOURCE_DIR "/tests/e2e/isolation.txt");
  Table table;
  std::string section;
  std::vector<std::string> headings;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      section = std::string(absl::StripSuffix(absl::StripPrefix(line, "["), "]"));
      headings.clear();
      continue;
    }
    std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (section == "clients") {
      table.columns[words.at(1)] = words[0];
    } else if (section == "requests") {
      table.requests[words[0]] = line.substr(words[0].size());
    } else if (headings.empty()) {
      headings = words;
    } else {
      Row row;
      for (size_t i = 1; i < headings.size(); ++i) row[headings[i]] = words.at(i);
      const std::vector<std::string> names = absl::StrSplit(section, ' ');
      for (size_t i = 1; i < names.size(); ++i) table.states[names[i]][words[0]] = row;
    }
  }
  return table;
}

std::string ShortName(const MethodDescriptor& method) {
  return absl::StrCat(method.service()->name(), "/", method.name());
}

std::vector<const MethodDescriptor*> EveryMethod() {
  std::vector<const MethodDescriptor*> methods;
  for (const auto* service : ContractServices()) {
    for (int i = 0; i < service->method_count(); ++i) methods.push_back(service->method(i));
  }
  return methods;
}

std::string RequestOf(const MethodDescriptor& method, const Table& table) {
  const std::unique_ptr<google::protobuf::Message> request(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(method.input_type())
          ->New());
  if (const auto text = table.requests.find(ShortName(method)); text != table.requests.end()) {
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text->second, request.get()))
        << text->second;
  }
  return request->SerializePartialAsString();
}

// What the table calls this outcome.
std::string Called(const Outcome& outcome) {
  switch (outcome.reason()) {
    case v1::NO_AGREEMENT:
      return "no";
    case v1::ROLE_MISSING:
      return "role";
    case v1::OUT_OF_SCOPE:
      return "scope";
    case v1::CLIENT_REVOKED:
      return "revoked";
    case v1::CLIENT_UNKNOWN:
      return "unknown";
    default:
      break;
  }
  const bool kept_out = outcome.status.error_code() == grpc::StatusCode::UNAUTHENTICATED ||
                        outcome.status.error_code() == grpc::StatusCode::PERMISSION_DENIED;
  return kept_out ? outcome.Text() : "in";
}

// The one agreement of the table, in the state that it calls `state`.
v1::ApplyAgreementRequest AgreementIn(const std::string& state) {
  auto request =
      ReadDataFile<v1::ApplyAgreementRequest>("agreements/neglect-and-domestic-abuse.yaml");
  v1::Agreement& agreement = *request.mutable_agreement();
  agreement.set_name(kAgreement);
  agreement.set_purposes(0, kPurpose);
  agreement.clear_parties();
  for (const Partner& partner : {kPolice, kCouncil}) {
    v1::Agreement::Party& party = *agreement.add_parties();
    party.set_agency(partner.agency_name());
    party.set_provides(true);
    party.set_receives(partner.client == kPolice.client);
  }
  agreement.mutable_approvals()->DeleteSubrange(2, 3);
  agreement.mutable_approvals(0)->set_agency(kCouncil.agency_name());
  agreement.clear_roles();
  agreement.add_roles(v1::READER);
  v1::Agreement::Scope& scope = *agreement.mutable_scope();
  scope.add_data_sets(v1::DIRECTORY);
  scope.clear_topics();
  scope.clear_plans();
  scope.add_plans("plans/-");
  if (state == "DRAFT") {
    agreement.set_state(v1::Agreement::DRAFT);
  } else if (state == "ENDED") {
    agreement.set_state(v1::Agreement::ENDED);
  } else if (state == "APPROVED_FOR_LATER") {
    agreement.set_state(v1::Agreement::APPROVED);
    *agreement.mutable_effective_from() = Day("2018-12-03");
  } else if (state == "PAST_ITS_LAST_DAY") {
    *agreement.mutable_effective_to() = Day("2018-12-01");
  } else if (state == "REVIEW_LAPSED") {
    *agreement.mutable_review_date() = Day("2018-12-01");
    agreement.set_suspend_when_review_lapses(true);
  }
  return request;
}

// The bundled partnership, with all its agreements ended but the table's.
class IsolationTest : public testing::TestWithParam<std::string> {
 protected:
  IsolationTest() : clock_(At("2018-12-02T09:00:00Z")) {
    TestPartnership::Options options;
    options.clock = &clock_;
    partnership_.emplace(options);
    const auto bundled =
        partnership_->Get<v1::ListAgreementsResponse>(kAdmin, v1::ListAgreementsRequest());
    for (const v1::Agreement& agreement : bundled.agreements()) {
      v1::EndAgreementRequest end;
      end.set_name(agreement.name());
      end.set_reason("The test has one of its own");
      partnership_->Ask<v1::EndAgreementResponse>(kAdmin, end);
    }
    partnership_->Get<v1::ApplyAgreementResponse>(kAdmin, AgreementIn(GetParam()));
    if (GetParam() == "SUSPENDED") {
      v1::SuspendAgreementRequest suspend;
      suspend.set_name(kAgreement);
      suspend.set_reason("A breach is being looked into");
      partnership_->Get<v1::SuspendAgreementResponse>(kSuspends, suspend);
    }
  }

  Outcome Call(const Partner& partner, const MethodDescriptor& method) {
    const std::string path = absl::StrCat("/", method.service()->full_name(), "/", method.name());
    const Metadata metadata = {{"concordat-purpose", kPurpose}};
    if (!method.server_streaming()) {
      return partnership_->Call(partner, path, RequestOf(method, table_), metadata);
    }
    StreamCall call(partnership_->ChannelOf(partner), path, metadata);
    call.Write(RequestOf(method, table_));
    call.CloseWrites();
    while (call.Read().has_value()) continue;
    return call.Finish();
  }

  const Table table_ = ReadTable();
  FakeClock clock_;
  std::optional<TestPartnership> partnership_;
};

TEST_P(IsolationTest, EveryMethodLetsInWhomTheTableSaysAndNobodyElse) {
  std::vector<std::pair<Partner, std::string>> callers = {{kUnknown, kClassOfNobody}};
  for (const auto& [client, column] : table_.columns) {
    callers.push_back({Partner{client, kPurpose}, column});
  }
  const std::map<std::string, Row>& rows = table_.states.at(GetParam());
  for (const MethodDescriptor* method : EveryMethod()) {
    const auto row = rows.find(ShortName(*method));
    ASSERT_NE(row, rows.end()) << ShortName(*method) << " has no place in the table";
    const bool reads =
        method->options().GetExtension(v1::access).permission() == v1::AccessRule::READ;
    for (const auto& [caller, column] : callers) {
      SCOPED_TRACE(absl::StrCat(ShortName(*method), " by ", caller.client));
      const Outcome outcome = Call(caller, *method);
      EXPECT_EQ(Called(outcome), row->second.at(column));
      EXPECT_TRUE(outcome.receipt.has_value());
      if (reads && row->second.at(column) == "in") {
        EXPECT_TRUE(outcome.ok()) << outcome.Text();
      }
    }
  }
}

TEST_P(IsolationTest, WhatIsAboutTheCallerShowsNothingOfOthers) {
  const Partner outsider{"opcc-lancashire:commissioning", kPurpose};
  const auto agreements =
      partnership_->Get<v1::ListAgreementsResponse>(outsider, v1::ListAgreementsRequest());
  for (const v1::Agreement& agreement : agreements.agreements()) {
    EXPECT_NE(agreement.name(), kAgreement);
  }
  v1::ListAccessRequest access;
  access.set_data_set(v1::PLANS);
  EXPECT_EQ(partnership_->Get<v1::ListAccessResponse>(outsider, access).access_size(), 0);
  const auto records =
      partnership_->Get<v1::ListAuditEntriesResponse>(outsider, v1::ListAuditEntriesRequest());
  for (const v1::AuditEntry& entry : records.entries()) {
    EXPECT_EQ(entry.record().agency(), outsider.agency_name());
  }
}

TEST_P(IsolationTest, ExplainAccessSaysOfEveryClientWhatTheDoorThenDoes) {
  v1::ExplainAccessRequest request;
  request.set_purpose(kPurpose);
  for (const auto& [client, column] : table_.columns) {
    for (const MethodDescriptor* method : EveryMethod()) {
      const auto basis = method->options().GetExtension(v1::access).basis();
      if (basis == v1::AccessRule::SELF) continue;
      request.set_client(Partner{client, ""}.client_name());
      request.set_method(ShortName(*method));
      const auto answer = partnership_->Get<v1::ExplainAccessResponse>(kAdmin, request);
      const std::string& expected = table_.states.at(GetParam()).at(ShortName(*method)).at(column);
      const bool let_in = expected == "in" || expected == "scope";
      EXPECT_EQ(answer.allowed(), let_in) << client << " " << answer.ShortDebugString();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(States, IsolationTest,
                         testing::Values("ACTIVE", "DRAFT", "APPROVED_FOR_LATER",
                                         "PAST_ITS_LAST_DAY", "REVIEW_LAPSED", "SUSPENDED",
                                         "ENDED"),
                         [](const auto& test) { return test.param; });

TEST(IsolationTableTest, HasAColumnForEveryClientOfTheDirectory) {
  const Table table = ReadTable();
  const auto directory = ReadDataFile<v1::ApplyDirectoryRequest>("directory.yaml");
  std::set<std::string> clients;
  for (const v1::Client& client : directory.clients()) {
    clients.insert(
        absl::StrCat(IdentifierAt(client.name(), 0), ":", IdentifierAt(client.name(), 1)));
  }
  std::set<std::string> listed;
  for (const auto& [client, column] : table.columns) listed.insert(client);
  EXPECT_EQ(listed, clients);
}

TEST(IsolationTableTest, NamesNoMethodThatTheContractLacks) {
  std::set<std::string> methods;
  for (const MethodDescriptor* method : EveryMethod()) methods.insert(ShortName(*method));
  const Table table = ReadTable();
  ASSERT_FALSE(table.states.empty());
  for (const auto& [state, rows] : table.states) {
    for (const auto& [method, row] : rows) EXPECT_TRUE(methods.contains(method)) << method;
  }
  for (const auto& [method, request] : table.requests) {
    EXPECT_TRUE(methods.contains(method)) << method;
  }
}

}  // namespace
}  // namespace concordat::e2e
