// A database that somebody wrote to behind the server's back, and what the server and
// its clients then say of the audit log.
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "client/audit/export_log.h"
#include "concordat/client.h"
#include "concordat/v1/audit_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/must.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::HasSubstr;

class AuditDamageTest : public testing::Test {
 protected:
  // Calls until the first bundle of records is full, and a checkpoint covers it all.
  void FillABundle() {
    Outcome last;
    do {
      last = partnership_.Ask<v1::WhoAmIResponse>(kPolice, v1::WhoAmIRequest()).outcome;
    } while (last.receipt->index() < 260);
    while (partnership_.Get<v1::Checkpoint>(kAuditor, v1::GetCheckpointRequest()).tree_size() <=
           last.receipt->index()) {
      absl::SleepFor(absl::Milliseconds(100));
    }
  }
  // What the police did in this quarter, as the auditor is told.
  v1::AuditSummary PageOfThePolice() {
    const absl::CivilDay today = DayOf(absl::Now());
    v1::SummariseAuditRequest request;
    request.set_agency(kPolice.agency_name());
    request.set_year(static_cast<int32_t>(today.year()));
    request.set_quarter((today.month() + 2) / 3);
    return partnership_.Get<v1::AuditSummary>(kAuditor, request);
  }
  Outcome ListAll(const Partner& partner) {
    v1::ListAuditEntriesRequest request;
    request.set_page_size(1000);
    return partnership_.Ask<v1::ListAuditEntriesResponse>(partner, request).outcome;
  }
  void Execute(const std::string& sql) { ChangeDatabase(partnership_.database_path(), sql); }

  absl::Status Export() {
    const KeyPair pair = Certificates::Get().OfClient(kAuditor.uri());
    WriteWhole(folder_.Path("crt"), pair.certificate);
    WriteWhole(folder_.Path("key"), pair.key);
    Client client = Must(Client::Connect({.target = partnership_.server().address(),
                                          .ca_certificate_file = Certificates::Get().Path("ca.crt"),
                                          .certificate_file = folder_.Path("crt"),
                                          .private_key_file = folder_.Path("key")}));
    return audit_export::ExportLog(client, {.folder = folder_.path() / "export",
                                            .trust = {Must(LogKeys(partnership_.config()))}})
        .status();
  }

  const TemporaryFolder folder_;
  TestPartnership partnership_;
};

// The error is the server's own, and names the record.
testing::AssertionResult Names(const Outcome& outcome, uint64_t index) {
  const testing::AssertionResult refused = RefusedWith(outcome, v1::INTERNAL_ERROR);
  if (!refused) return refused;
  if (absl::StrContains(outcome.Text(), absl::StrCat("the audit record ", index, " "))) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << outcome.Text();
}

TEST_F(AuditDamageTest, EmptiedIndexesHideNothingFromPageAndAuditor) {
  FillABundle();
  const v1::AuditSummary before = PageOfThePolice();
  ASSERT_EQ(before.own_calls_size(), 1);
  partnership_.Stop();
  Execute("DELETE FROM audit_hour");
  Execute("DELETE FROM audit_seen_by");
  Execute("UPDATE audit SET time = 0, agency = ''");
  partnership_.Start();
  const v1::AuditSummary after = PageOfThePolice();
  ASSERT_EQ(after.own_calls_size(), 1);
  EXPECT_EQ(after.own_calls(0).SerializeAsString(), before.own_calls(0).SerializeAsString());
  EXPECT_GE(after.verified_records(), before.verified_records());
  EXPECT_FALSE(after.has_first_bad_index());
  v1::ListAuditEntriesRequest request;
  request.set_page_size(1000);
  *request.mutable_from() = before.own_calls(0).first_time();
  request.set_method("/concordat.v1.DirectoryService/WhoAmI");
  EXPECT_EQ(partnership_.Get<v1::ListAuditEntriesResponse>(kAuditor, request).entries_size(),
            before.own_calls(0).served());
}

TEST_F(AuditDamageTest, AChangedRecordIsNamedInListAndPage) {
  FillABundle();
  Execute("UPDATE audit SET record = CAST(record || x'3001' AS BLOB) WHERE idx = 255");
  EXPECT_TRUE(Names(ListAll(kAuditor), 255));
  EXPECT_TRUE(Names(ListAll(kPolice), 255));
  EXPECT_EQ(PageOfThePolice().first_bad_index(), 255);
}

TEST_F(AuditDamageTest, AMissingRecordIsNamedInListPageAndExport) {
  FillABundle();
  Execute("DELETE FROM audit WHERE idx = 255");
  EXPECT_TRUE(Names(ListAll(kAuditor), 255));
  EXPECT_EQ(PageOfThePolice().first_bad_index(), 255);
  const absl::Status exported = Export();
  EXPECT_EQ(ReasonOf(exported), v1::INTERNAL_ERROR) << exported;
  EXPECT_THAT(std::string(exported.message()), HasSubstr("the audit record 255 is missing"));
}

}  // namespace
}  // namespace concordat::e2e
