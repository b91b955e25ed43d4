#include "server/services/audit_service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/v1/directory.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/service_test.h"
#include "tlog/test_log.h"

namespace concordat::services {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A directory of two agencies, each with a client, and one call of the board's.
class AuditServiceTest : public ServiceTest {
 protected:
  AuditServiceTest() {
    for (const char* agency : {"agencies/board", "agencies/police"}) {
      v1::Agency message;
      message.set_name(agency);
      PutMessage(store::Kind::kAgency, message);
    }
    v1::Client feed;
    feed.set_name("agencies/board/clients/feed");
    PutMessage(store::Kind::kClient, feed);
    feed.set_name("agencies/police/clients/old");
    feed.set_revoked(true);
    PutMessage(store::Kind::kClient, feed);

    v1::AuditRecord record;
    record.set_agency("agencies/board");
    record.set_client("agencies/board/clients/feed");
    *record.mutable_time() = ToTimestamp(kNoon);
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    Must(batch->AppendAudit(0, {kNoon, record.agency(), ""}, record.SerializeAsString()));
    Must(batch->Commit());

    audit::Checkpointer::Options options;
    options.origin = "log.example/audit";
    options.keys.push_back(tlog::TestKey(options.origin, tlog::SignatureType::kEd25519));
    options.file = folder_.Path("checkpoint");
    checkpointer_ = Must(audit::Checkpointer::Open(*store_, clock_, std::move(options)));
  }

  absl::StatusOr<v1::ListAuditEntriesResponse> ListAs(v1::Role role) const {
    return AuditService(*store_, *checkpointer_)
        .ListAuditEntries(door::CallReactor::MakeCall(store::OfPolice(v1::AccessRule::SELF, role),
                                                      "agencies/police/clients/feed", "", kNoon,
                                                      Must(store_->ReadPolicy())),
                          request_);
  }
  // The clients whose calls are listed.
  static std::vector<std::string> Clients(
      const absl::StatusOr<v1::ListAuditEntriesResponse>& list) {
    if (!list.ok()) return {list.status().ToString()};
    std::vector<std::string> clients;
    for (const v1::AuditEntry& entry : list->entries()) clients.push_back(entry.record().client());
    return clients;
  }
  // The fields that a request was refused for.
  static std::vector<std::string> WrongFields(
      const absl::StatusOr<v1::ListAuditEntriesResponse>& list) {
    std::vector<std::string> fields;
    const auto bad = PayloadOf<google::rpc::BadRequest>(list.status());
    if (!bad.has_value()) return {list.status().ToString()};
    for (const auto& violation : bad->field_violations()) fields.push_back(violation.field());
    return fields;
  }

  const FakeClock clock_{kNoon};
  std::unique_ptr<audit::Checkpointer> checkpointer_;
  v1::ListAuditEntriesRequest request_;
};

TEST_F(AuditServiceTest, AnAuditorFiltersByWhoIsInTheDirectory) {
  request_.set_agency("agencies/board");
  EXPECT_THAT(Clients(ListAs(v1::AUDITOR)), ElementsAre("agencies/board/clients/feed"));
  request_.set_client("agencies/board/clients/feed");
  EXPECT_THAT(Clients(ListAs(v1::AUDITOR)), ElementsAre("agencies/board/clients/feed"));
  // It is there, and called nothing.
  request_.set_agency("agencies/police");
  EXPECT_THAT(Clients(ListAs(v1::AUDITOR)), IsEmpty());
}

TEST_F(AuditServiceTest, ARevokedClientIsStillThere) {
  request_.set_client("agencies/police/clients/old");
  EXPECT_THAT(Clients(ListAs(v1::AUDITOR)), IsEmpty());
}

TEST_F(AuditServiceTest, AnAuditorIsToldOfAFilterThatNamesNobody) {
  request_.set_agency("agencies/bord");
  EXPECT_THAT(WrongFields(ListAs(v1::AUDITOR)), ElementsAre("agency"));
  request_.set_client("agencies/board/clients/fed");
  EXPECT_THAT(WrongFields(ListAs(v1::AUDITOR)), ElementsAre("agency", "client"));
  request_.set_agency("agencies/board");
  EXPECT_THAT(WrongFields(ListAs(v1::AUDITOR)), ElementsAre("client"));
}

TEST_F(AuditServiceTest, OthersDoNotLearnFromAFilterWhoIsInTheDirectory) {
  const auto answer = [&](const std::string& agency, const std::string& client) {
    request_.set_agency(agency);
    request_.set_client(client);
    const auto list = ListAs(v1::READER);
    return list.ok() ? list->SerializeAsString() : list.status().ToString();
  };
  EXPECT_EQ(answer("agencies/board", ""), "");
  EXPECT_EQ(answer("agencies/none", ""), "");
  EXPECT_EQ(answer("", "agencies/board/clients/feed"), "");
  EXPECT_EQ(answer("", "agencies/board/clients/none"), "");
}

TEST_F(AuditServiceTest, AnIntervalEndsAfterItBegins) {
  *request_.mutable_from() = ToTimestamp(kNoon + absl::Microseconds(1));
  *request_.mutable_to() = ToTimestamp(kNoon);
  EXPECT_THAT(WrongFields(ListAs(v1::AUDITOR)), ElementsAre("from", "to"));
  EXPECT_THAT(WrongFields(ListAs(v1::READER)), ElementsAre("from", "to"));
  // With no time in it, it holds nothing.
  *request_.mutable_from() = request_.to();
  EXPECT_THAT(Clients(ListAs(v1::AUDITOR)), IsEmpty());
  *request_.mutable_to() = ToTimestamp(kNoon + absl::Microseconds(1));
  EXPECT_THAT(Clients(ListAs(v1::AUDITOR)), ElementsAre("agencies/board/clients/feed"));
}

TEST_F(AuditServiceTest, AFilterThatTheContractLacksIsRefusedForEverybody) {
  for (const v1::Role role : {v1::AUDITOR, v1::READER}) {
    request_.Clear();
    request_.set_method("/concordat.v1.PlanService/GetPlans");
    request_.set_resource("plans");
    EXPECT_THAT(WrongFields(ListAs(role)), ElementsAre("method", "resource"));
    request_.set_method("/concordat.v1.PlanService/GetPlan");
    request_.set_resource("plans/-");
    EXPECT_THAT(Clients(ListAs(role)), IsEmpty());
  }
}

TEST_F(AuditServiceTest, OnlyAnAuditorIsToldOfAnAgreementThatNeverWas) {
  request_.set_agreement("agreements/none");
  EXPECT_THAT(WrongFields(ListAs(v1::AUDITOR)), ElementsAre("agreement"));
  EXPECT_THAT(Clients(ListAs(v1::READER)), IsEmpty());
}

TEST_F(AuditServiceTest, OfAnotherAgencysCallItsPersonsConnectionsAndCredentialsAreLeftOut) {
  v1::AuditRecord record;
  record.set_agency("agencies/board");
  record.set_client("agencies/board/clients/feed");
  record.set_salt("salt");
  record.set_on_behalf_of("person");
  record.set_request_id("request");
  record.set_trace_id("trace");
  record.set_peer("ipv4:192.0.2.1:1");
  record.set_response_digest("digest");
  record.set_certificate_sha256("fingerprint");
  record.set_certificate_serial("serial");
  record.set_token_issuer("issuer");
  record.set_token_subject("subject");
  record.set_token_id_digest("id");
  record.set_token_key_id("key");
  record.add_contributors("agencies/council");
  record.add_contributors("agencies/police");
  const std::vector<absl::string_view> concerned = {"agencies/police"};
  const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
  Must(batch->AppendAudit(1, {kNoon, record.agency(), "", concerned}, record.SerializeAsString()));
  Must(batch->Commit());

  const auto as_police = Must(ListAs(v1::READER));
  ASSERT_EQ(as_police.entries_size(), 1);
  v1::AuditRecord trimmed;
  trimmed.set_agency("agencies/board");
  trimmed.set_client("agencies/board/clients/feed");
  trimmed.add_contributors("agencies/police");
  EXPECT_EQ(as_police.entries(0).record().SerializeAsString(), trimmed.SerializeAsString());
  const auto as_auditor = Must(ListAs(v1::AUDITOR));
  ASSERT_EQ(as_auditor.entries_size(), 2);
  EXPECT_EQ(as_auditor.entries(0).record().SerializeAsString(), record.SerializeAsString());
}

}  // namespace
}  // namespace concordat::services
