// Every method of every service, called by those who may not, and calls that
// are none: each is refused rightly, recorded, and answered with a receipt.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status.h"
#include "concordat/v1/access.pb.h"
#include "concordat/v1/audit_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "server/bindings.h"
#include "tests/support/certificates.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using google::protobuf::MethodDescriptor;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kGetPlan[] = "/concordat.v1.PlanService/GetPlan";

struct MethodCase {
  std::string path;
  v1::AccessRule rule;
};

std::vector<MethodCase> EveryMethod() {
  std::vector<MethodCase> methods;
  for (const auto* service : ContractServices()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor& method = *service->method(i);
      methods.push_back({absl::StrCat("/", service->full_name(), "/", method.name()),
                         method.options().GetExtension(v1::access)});
    }
  }
  return methods;
}

std::string GetDevelopmentPlan() {
  v1::GetPlanRequest request;
  request.set_name("plans/development-2018");
  return request.SerializeAsString();
}

// One partnership for all tests: each looks only at what its own calls left.
class AccessSweep : public testing::Test {
 protected:
  static void SetUpTestSuite() { partnership_ = new TestPartnership(); }
  static void TearDownTestSuite() {
    delete partnership_;
    partnership_ = nullptr;
  }

  static TestPartnership& partnership() { return *partnership_; }

  // The refused handshakes, newest first, and how many there ever were.
  static v1::ListRefusedHandshakesResponse RefusedHandshakes() {
    v1::ListRefusedHandshakesRequest request;
    request.set_page_size(1000);
    return partnership().Get<v1::ListRefusedHandshakesResponse>(kAdmin, request);
  }

  // The list, once it has at least `total`, or after 10 s.
  static v1::ListRefusedHandshakesResponse WaitForRefusedHandshakes(int64_t total) {
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    v1::ListRefusedHandshakesResponse list = RefusedHandshakes();
    while (list.total() < total && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(50));
      list = RefusedHandshakes();
    }
    return list;
  }

  // The records from index `from` on, once there are any, or after `patience`.
  static std::vector<StoredRecord> WaitForRecords(uint64_t from,
                                                  absl::Duration patience = absl::Seconds(5)) {
    const absl::Time deadline = absl::Now() + patience;
    std::vector<StoredRecord> records = ReadAudit(partnership().database_path(), from);
    while (records.empty() && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(10));
      records = ReadAudit(partnership().database_path(), from);
    }
    return records;
  }

  // Checks that the call was refused, by whom it was made as far as is known,
  // and that the stored record says so.
  static void ExpectRecordedRefusal(const Outcome& outcome, v1::ErrorReason reason,
                                    const std::string& path, const Partner& partner) {
    EXPECT_TRUE(RefusedWith(outcome, reason));
    const v1::AuditRecord record = partnership().RecordFor(outcome);
    EXPECT_EQ(record.decision(), v1::AuditRecord::REFUSED);
    EXPECT_EQ(record.event(), v1::AuditRecord::CALL);
    EXPECT_EQ(record.method(), path);
    EXPECT_EQ(record.reason(), v1::ErrorReason_Name(reason));
    EXPECT_EQ(record.status_code(), static_cast<int>(outcome.status.error_code()));
    EXPECT_EQ(record.client(), partner.client.empty() ? "" : partner.client_name());
    EXPECT_EQ(record.agency(), partner.client.empty() ? "" : partner.agency_name());
    EXPECT_EQ(record.certificate_sha256().size(), 32U);
    EXPECT_THAT(record.released(), IsEmpty());
    EXPECT_THAT(record.response_digest(), IsEmpty());
  }

 private:
  static TestPartnership* partnership_;
};

TestPartnership* AccessSweep::partnership_ = nullptr;

TEST_F(AccessSweep, FindsEveryMethodOfTheContract) {
  // What is swept is what is served: a service left out of the list would hide.
  EXPECT_EQ(ContractServices().size(), 6U);
  EXPECT_GE(EveryMethod().size(), 24U);
}

TEST_F(AccessSweep, WithoutACertificateEveryMethodIsUnavailableAndListed) {
  const int64_t refused_before = RefusedHandshakes().total();
  const size_t records_before = ReadAudit(partnership().database_path()).size();
  for (const MethodCase& method : EveryMethod()) {
    const Outcome outcome = Call(partnership().NewChannel(kNoCertificate), method.path, "");
    EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::UNAVAILABLE) << method.path;
    EXPECT_FALSE(outcome.receipt.has_value()) << method.path;
  }
  for (const StoredRecord& stored : ReadAudit(partnership().database_path(), records_before)) {
    ADD_FAILURE() << "no call was made, but recorded: " << stored.record.ShortDebugString();
  }
  const auto expected = refused_before + static_cast<int64_t>(EveryMethod().size());
  const v1::ListRefusedHandshakesResponse list = WaitForRefusedHandshakes(expected);
  EXPECT_GE(list.total(), expected);
  for (int64_t i = 0; i < list.total() - refused_before; ++i) {
    const v1::RefusedHandshake& refused = list.refused(static_cast<int>(i));
    EXPECT_EQ(refused.cause(), v1::RefusedHandshake::TLS) << refused.ShortDebugString();
    EXPECT_THAT(refused.detail(), HasSubstr("certificate"));
    EXPECT_EQ(refused.address(), "127.0.0.1");
  }
}

TEST_F(AccessSweep, WithACertificateOfAnUntrustedAuthorityCallsAreUnavailableAndListed) {
  const int64_t refused_before = RefusedHandshakes().total();
  const Outcome outcome =
      Call(partnership().NewChannel(kUntrusted), kGetPlan, GetDevelopmentPlan());
  EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  const v1::ListRefusedHandshakesResponse list = WaitForRefusedHandshakes(refused_before + 1);
  ASSERT_GT(list.total(), refused_before);
  EXPECT_EQ(list.refused(0).cause(), v1::RefusedHandshake::TLS);
  EXPECT_THAT(list.refused(0).detail(), HasSubstr("certificate"));
}

TEST_F(AccessSweep, RefusedHandshakesAreForAdministratorsAndAuditorsAlone) {
  EXPECT_TRUE(
      partnership()
          .Ask<v1::ListRefusedHandshakesResponse>(kAuditor, v1::ListRefusedHandshakesRequest())
          .ok());
  EXPECT_TRUE(RefusedWith(
      partnership()
          .Ask<v1::ListRefusedHandshakesResponse>(kPolice, v1::ListRefusedHandshakesRequest())
          .outcome,
      v1::ROLE_MISSING));
}

TEST_F(AccessSweep, ACertificateThatNoClientHasIsUnauthenticatedForEveryMethod) {
  for (const MethodCase& method : EveryMethod()) {
    SCOPED_TRACE(method.path);
    const Outcome outcome = partnership().Call(kNobody, method.path, GetDevelopmentPlan());
    ExpectRecordedRefusal(outcome, v1::CLIENT_UNKNOWN, method.path, kNobody);
    const v1::AuditRecord record = partnership().RecordFor(outcome);
    const auto info = PayloadOf<google::rpc::ErrorInfo>(outcome.error());
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->metadata().at("certificate_sha256"),
              absl::BytesToHexString(record.certificate_sha256()));
  }
}

TEST_F(AccessSweep, AClientWithoutAnAgreementIsDeniedEveryMethodThatIsNotAboutItself) {
  for (const MethodCase& method : EveryMethod()) {
    SCOPED_TRACE(method.path);
    const Outcome outcome =
        partnership().Call(kStranger, method.path, "", TestPartnership::PurposeOf(kStranger));
    switch (method.rule.basis()) {
      case v1::AccessRule::AGREEMENT:
        ExpectRecordedRefusal(outcome, v1::NO_AGREEMENT, method.path, kStranger);
        break;
      case v1::AccessRule::ROLE:
        ExpectRecordedRefusal(outcome, v1::ROLE_MISSING, method.path, kStranger);
        break;
      default: {
        ASSERT_EQ(method.rule.basis(), v1::AccessRule::SELF);
        // GetAgreement asks for a name: it was let in, and then found wanting.
        EXPECT_NE(outcome.status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
        EXPECT_EQ(partnership().RecordFor(outcome).client(), kStranger.client_name());
      }
    }
  }
}

TEST_F(AccessSweep, ARefusalByRecordAndReceiptIsTheSameForAStreamReadMessageByMessage) {
  v1::ExtractObservationsRequest request;
  request.set_parent("releases/papers-2018");
  request.set_format(v1::ExtractObservationsRequest::CSV);
  const std::string path = PathOf(*request.descriptor());
  StreamCall call(partnership().ChannelOf(kStranger), path, TestPartnership::PurposeOf(kStranger));
  ASSERT_TRUE(call.Write(request.SerializeAsString()));
  call.CloseWrites();
  EXPECT_FALSE(call.Read().has_value());
  ExpectRecordedRefusal(call.Finish(), v1::NO_AGREEMENT, path, kStranger);
}

TEST_F(AccessSweep, UnknownMethodsAndServicesAreRefusedAndRecorded) {
  const std::vector<std::string> paths = {"/concordat.v1.PlanService/DropPlans",
                                          "/concordat.v1.NoService/GetPlan",
                                          "/concordat.v1.PlanService/",
                                          "/concordat.v1.PlanService/GetPlan/",
                                          "/grpc.health.v1.Health/Check",
                                          "/grpc.reflection.v1alpha.ServerReflection/Info",
                                          "/x",
                                          "/concordat.v1.planservice/getplan"};
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    ExpectRecordedRefusal(partnership().Call(kPolice, path, GetDevelopmentPlan()),
                          v1::METHOD_UNKNOWN, path, kPolice);
    ExpectRecordedRefusal(partnership().Call(kNobody, path, ""), v1::CLIENT_UNKNOWN, path, kNobody);
  }
}

TEST_F(AccessSweep, AVeryLongMethodNameIsRecordedInPart) {
  const std::string path = absl::StrCat("/concordat.v1.PlanService/", std::string(1000, 'x'));
  const Outcome outcome = partnership().Call(kPolice, path, "");
  EXPECT_TRUE(RefusedWith(outcome, v1::METHOD_UNKNOWN));
  EXPECT_EQ(partnership().RecordFor(outcome).method(), path.substr(0, 200));
}

TEST_F(AccessSweep, BytesThatAreNoRequestAreMalformedForThoseWhoMayCall) {
  for (const MethodCase& method : EveryMethod()) {
    SCOPED_TRACE(method.path);
    // The tag of a group that never ends.
    const Outcome outcome = partnership().Call(kStranger, method.path, "\x0b\xff\xff",
                                               TestPartnership::PurposeOf(kStranger));
    const bool about_itself = method.rule.basis() == v1::AccessRule::SELF;
    EXPECT_EQ(outcome.reason() == v1::REQUEST_MALFORMED, about_itself) << outcome.Text();
    EXPECT_EQ(partnership().RecordFor(outcome).decision(), v1::AuditRecord::REFUSED);
  }
  ExpectRecordedRefusal(
      partnership().Call(kBoard, kGetPlan, "\xff\xff\xff", TestPartnership::PurposeOf(kBoard)),
      v1::REQUEST_MALFORMED, kGetPlan, kBoard);
}

TEST_F(AccessSweep, TextThatIsNotUtf8IsMalformed) {
  ExpectRecordedRefusal(
      partnership().Call(kBoard, kGetPlan, "\x0a\x02\xc3\x28", TestPartnership::PurposeOf(kBoard)),
      v1::REQUEST_MALFORMED, kGetPlan, kBoard);
}

TEST_F(AccessSweep, ARequestOverTheLimitIsRefusedWithItsPrincipal) {
  const size_t limit = static_cast<size_t>(partnership().config().limits().max_request_bytes());
  for (const size_t size : {limit + 1, size_t{10} << 20}) {
    SCOPED_TRACE(size);
    const Outcome outcome = partnership().Call(kBoard, kGetPlan, std::string(size, '\0'),
                                               TestPartnership::PurposeOf(kBoard));
    ExpectRecordedRefusal(outcome, v1::REQUEST_TOO_LARGE, kGetPlan, kBoard);
    const auto info = PayloadOf<google::rpc::ErrorInfo>(outcome.error());
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->metadata().at("max_bytes"), absl::StrCat(limit));
  }
}

TEST_F(AccessSweep, ARequestAtTheLimitIsStillRead) {
  // One field that the contract does not know, as long as the limit allows.
  const size_t limit = static_cast<size_t>(partnership().config().limits().max_request_bytes());
  std::string request = "\xfa\x7f";
  const size_t length = limit - request.size() - 3;
  request += {static_cast<char>(0x80 | (length & 0x7f)),
              static_cast<char>(0x80 | ((length >> 7) & 0x7f)), static_cast<char>(length >> 14)};
  request.append(length, 'x');
  ASSERT_EQ(request.size(), limit);
  ExpectRecordedRefusal(
      partnership().Call(kBoard, kGetPlan, request, TestPartnership::PurposeOf(kBoard)),
      v1::FIELDS_INVALID, kGetPlan, kBoard);
}

TEST_F(AccessSweep, EvenARequestThatTheTransportCutsOffIsRecorded) {
  const size_t records_before = ReadAudit(partnership().database_path()).size();
  const Outcome outcome = partnership().Call(kBoard, kGetPlan, std::string(20 << 20, '\0'),
                                             TestPartnership::PurposeOf(kBoard));
  EXPECT_FALSE(outcome.ok());
  // The call is over for its caller before the server has recorded it.
  const std::vector<StoredRecord> records = WaitForRecords(records_before);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].record.client(), kBoard.client_name());
  EXPECT_EQ(records[0].record.decision(), v1::AuditRecord::REFUSED);
}

TEST_F(AccessSweep, ACallWithoutAMessageIsRefusedAndRecorded) {
  StreamCall call(partnership().ChannelOf(kBoard), kGetPlan, TestPartnership::PurposeOf(kBoard));
  call.CloseWrites();
  EXPECT_FALSE(call.Read().has_value());
  ExpectRecordedRefusal(call.Finish(), v1::CALLER_GONE, kGetPlan, kBoard);
}

struct MetadataCase {
  Metadata metadata;
  // The key that the error names.
  std::string key;
};

TEST_F(AccessSweep, BadMetadataIsRefusedByKey) {
  const std::vector<MetadataCase> cases = {
      {{{"concordat-purpose", "Not An Identifier"}}, "concordat-purpose"},
      {{{"concordat-purpose", ""}}, "concordat-purpose"},
      {{{"concordat-purpose", std::string(64, 'a')}}, "concordat-purpose"},
      {{{"concordat-purpose", "multi-agency-assurance"},
        {"concordat-purpose", "multi-agency-assurance"}},
       "concordat-purpose"},
      {{{"concordat-agreement", "multi-agency-assurance"}}, "concordat-agreement"},
      {{{"concordat-agreement", "agreements/"}}, "concordat-agreement"},
      {{{"concordat-agreement", "agreements/-"}}, "concordat-agreement"},
      {{{"concordat-agreement", "plans/development-2018"}}, "concordat-agreement"},
      {{{"concordat-on-behalf-of", std::string(129, 'x')}}, "concordat-on-behalf-of"},
      {{{"concordat-on-behalf-of", ""}}, "concordat-on-behalf-of"},
      {{{"concordat-request-id", std::string(129, 'x')}}, "concordat-request-id"},
      {{{"concordat-request-id", ""}}, "concordat-request-id"},
      {{{"concordat-request-id", "a"}, {"concordat-request-id", "b"}}, "concordat-request-id"},
      {{{"concordat-receipt-bin", "x"}}, "concordat-receipt-bin"},
      {{{"concordat-role", "ADMINISTRATOR"}}, "concordat-role"},
  };
  for (const MetadataCase& bad : cases) {
    SCOPED_TRACE(absl::StrCat(bad.metadata[0].first, ": ", bad.metadata[0].second));
    const Outcome outcome =
        partnership().Call(kBoard, kGetPlan, GetDevelopmentPlan(), bad.metadata);
    ExpectRecordedRefusal(outcome, v1::METADATA_INVALID, kGetPlan, kBoard);
    const auto info = PayloadOf<google::rpc::ErrorInfo>(outcome.error());
    ASSERT_TRUE(info.has_value());
    EXPECT_EQ(info->metadata().at("key"), bad.key);
  }
}

TEST_F(AccessSweep, GoodMetadataIsRecorded) {
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  const Outcome outcome =
      partnership().Call(kBoard, kGetPlan, GetDevelopmentPlan(),
                         {{"concordat-purpose", "multi-agency-assurance"},
                          {"concordat-agreement", "agreements/multi-agency-assurance"},
                          {"concordat-on-behalf-of", "post 17"},
                          {"concordat-request-id", std::string(128, 'r')},
                          {"traceparent", absl::StrCat("00-", trace, "-b7ad6b7169203331-01")},
                          {"x-of-somebody-else", "ignored"}});
  EXPECT_TRUE(outcome.ok()) << outcome.Text();
  const v1::AuditRecord record = partnership().RecordFor(outcome);
  EXPECT_EQ(record.decision(), v1::AuditRecord::ALLOWED);
  EXPECT_EQ(record.purpose(), "multi-agency-assurance");
  EXPECT_EQ(record.agreement(), "agreements/multi-agency-assurance");
  EXPECT_EQ(record.agreement_version(), 1);
  EXPECT_EQ(record.on_behalf_of(), "post 17");
  EXPECT_EQ(record.request_id(), std::string(128, 'r'));
  EXPECT_EQ(record.trace_id(), trace);
  EXPECT_EQ(record.resource(), "plans/development-2018");
  EXPECT_THAT(record.tls_version(), testing::StartsWith("tls"));
}

TEST_F(AccessSweep, ATraceparentThatIsNoneIsLeftOut) {
  for (const std::string trace :
       {"", "00-zz", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"}) {
    const Outcome outcome = partnership().Call(
        kBoard, kGetPlan, GetDevelopmentPlan(),
        {{"concordat-purpose", "multi-agency-assurance"}, {"traceparent", trace}});
    EXPECT_TRUE(outcome.ok()) << outcome.Text();
    EXPECT_THAT(partnership().RecordFor(outcome).trace_id(), IsEmpty());
  }
}

// gRPC refuses it before it is a call (docs/security.md), so that there is no
// record of it.
TEST_F(AccessSweep, MetadataOverTheLimitIsRefusedAndTheServerGoesOn) {
  // Over a connection of its own: gRPC refuses the call before the door sees it,
  // and may close the connection of such a peer.
  const Outcome outcome =
      Call(partnership().NewChannel(kBoard), kGetPlan, GetDevelopmentPlan(),
           {{"concordat-purpose", "multi-agency-assurance"}, {"x-much", std::string(20000, 'x')}});
  EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << outcome.Text();
  EXPECT_TRUE(partnership()
                  .Call(kBoard, kGetPlan, GetDevelopmentPlan(), TestPartnership::PurposeOf(kBoard))
                  .ok());
}

TEST_F(AccessSweep, ACompressedRequestIsRecorded) {
  grpc::ChannelArguments arguments;
  arguments.SetCompressionAlgorithm(GRPC_COMPRESS_GZIP);
  const auto channel =
      MakeChannel(partnership().server().address(), Certificates::Get().OfClient(kBoard.uri()),
                  std::move(arguments));
  v1::GetPlanRequest request;
  // Long and dull, so that compressing it pays.
  request.set_name(absl::StrCat("plans/", std::string(2000, 'x')));
  const size_t records_before = ReadAudit(partnership().database_path()).size();
  const Outcome outcome =
      Call(channel, kGetPlan, request.SerializeAsString(), TestPartnership::PurposeOf(kBoard));
  EXPECT_FALSE(outcome.ok());
  EXPECT_EQ(WaitForRecords(records_before).size(), 1U) << outcome.Text();
}

TEST_F(AccessSweep, AServedCallLeavesAReceiptOfWhatWasReleased) {
  const Outcome outcome = partnership().Call(kBoard, kGetPlan, GetDevelopmentPlan(),
                                             TestPartnership::PurposeOf(kBoard));
  ASSERT_TRUE(outcome.ok()) << outcome.Text();
  const v1::AuditRecord record = partnership().RecordFor(outcome);
  EXPECT_EQ(record.released(), "concordat.v1.Plan");
  EXPECT_EQ(record.bytes(), static_cast<int64_t>(outcome.reply.size()));
  EXPECT_EQ(record.rows(), 1);
  EXPECT_EQ(record.salt().size(), 16U);
}

TEST_F(AccessSweep, TheAuditLogListsTheRefusalsWithTheSameLeafHash) {
  const Outcome refused =
      partnership().Call(kStranger, kGetPlan, "", TestPartnership::PurposeOf(kStranger));
  ASSERT_TRUE(refused.receipt.has_value());
  v1::ListAuditEntriesRequest request;
  request.set_client(kStranger.client_name());
  request.set_decision(v1::AuditRecord::REFUSED);
  request.set_page_size(1);
  const auto list = partnership().Get<v1::ListAuditEntriesResponse>(kAuditor, request);
  ASSERT_EQ(list.entries_size(), 1);
  EXPECT_EQ(list.entries(0).index(), refused.receipt->index());
  EXPECT_EQ(list.entries(0).leaf_hash(), refused.receipt->leaf_hash());
}

// A contract of one service with one method, whose options are `options`.
const google::protobuf::ServiceDescriptor* ServiceWith(
    google::protobuf::DescriptorPool& pool, const google::protobuf::MethodOptions& options) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("without_rule.proto");
  file.set_package("test");
  file.set_syntax("proto3");
  file.add_message_type()->set_name("Request");
  auto& service = *file.add_service();
  service.set_name("Open");
  auto& method = *service.add_method();
  method.set_name("Anything");
  method.set_input_type(".test.Request");
  method.set_output_type(".test.Request");
  *method.mutable_options() = options;
  return pool.BuildFile(file)->service(0);
}

TEST(MethodTableTest, AMethodWithoutAnAccessRuleStopsTheServer) {
  google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  const auto* service = ServiceWith(pool, google::protobuf::MethodOptions());
  ASSERT_NE(service, nullptr);
  const absl::Status checked = door::MethodTable().Check({service});
  EXPECT_FALSE(checked.ok());
  EXPECT_THAT(std::string(checked.message()), HasSubstr("Anything"));
}

TEST(MethodTableTest, AMethodThatNothingServesStopsTheServer) {
  const absl::Status checked = door::MethodTable().Check(ContractServices());
  EXPECT_FALSE(checked.ok());
  for (const MethodCase& method : EveryMethod()) {
    EXPECT_THAT(std::string(checked.message()),
                HasSubstr(method.path.substr(method.path.rfind('/') + 1)));
  }
}

TEST(MethodTableTest, EveryMethodOfTheContractHasARuleThatSaysSomething) {
  for (const MethodCase& method : EveryMethod()) {
    SCOPED_TRACE(method.path);
    EXPECT_NE(method.rule.basis(), v1::AccessRule::BASIS_UNSPECIFIED);
    EXPECT_NE(method.rule.data_set(), v1::DATA_SET_UNSPECIFIED);
    EXPECT_NE(method.rule.permission(), v1::AccessRule::PERMISSION_UNSPECIFIED);
    EXPECT_EQ(method.rule.basis() == v1::AccessRule::ROLE, method.rule.roles_size() > 0);
  }
}

}  // namespace
}  // namespace concordat::e2e
