// The log of a real server, taken along and verified without it: by the SDK, and by
// tools/verify_audit.py.
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/audit/export_log.h"
#include "client/audit/fetch_proof.h"
#include "concordat/audit.h"
#include "concordat/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/must.h"
#include "tests/support/python_verifier.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

namespace fs = std::filesystem;
using audit_export::ExportedLog;
using audit_export::WholeLog;

class AuditVerificationTest : public ::testing::Test {
 protected:
  AuditVerificationTest() : trust_{Must(LogKeys(partnership_.config()))} {}

  // The partner's client of the server at `address`.
  Client ClientOf(const Partner& partner, const std::string& address) {
    const KeyPair pair = Certificates::Get().OfClient(partner.uri());
    const std::string base = folder_.Path(absl::StrCat(++clients_));
    WriteWhole(base + ".crt", pair.certificate);
    WriteWhole(base + ".key", pair.key);
    return Must(Client::Connect({.target = address,
                                 .ca_certificate_file = Certificates::Get().Path("ca.crt"),
                                 .certificate_file = base + ".crt",
                                 .private_key_file = base + ".key"}));
  }
  Client ClientOf(const Partner& partner) {
    return ClientOf(partner, partnership_.server().address());
  }

  // The receipt of a call that `client` makes.
  static Receipt Call(Client& client) {
    Receipt receipt;
    CallOptions options;
    options.receipt = &receipt;
    EXPECT_TRUE(client.WhoAmI(options).ok());
    return receipt;
  }
  // Waits until a checkpoint covers the record.
  static void WaitFor(Client& client, uint64_t index) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (absl::Now() < deadline) {
      if (Must(client.GetCheckpoint()).tree_size() > index) return;
      absl::SleepFor(absl::Milliseconds(100));
    }
    ADD_FAILURE() << "no checkpoint covers record " << index;
  }

  absl::StatusOr<ExportedLog> Export(bool hashes_only = false) {
    return audit_export::ExportLog(
        ClientOf(hashes_only ? kPolice : kAuditor),
        {.folder = folder_.path() / "export", .hashes_only = hashes_only, .trust = trust_});
  }
  // Found whole by both verifiers.
  void ExpectWhole(const std::optional<std::string>& earlier = std::nullopt) {
    const fs::path folder = folder_.path() / "export";
    const absl::StatusOr<WholeLog> log =
        audit_export::VerifyExport({.folder = folder, .trust = trust_, .earlier = earlier});
    EXPECT_TRUE(log.ok()) << log.status();
    std::vector<std::string> arguments = {"--key", trust_.keys.front(), folder.string()};
    if (earlier.has_value()) {
      WriteWhole(folder_.Path("earlier"), *earlier);
      arguments.insert(arguments.end(), {"--earlier", folder_.Path("earlier")});
    }
    const PythonVerdict other = RunPythonVerifier(arguments);
    EXPECT_EQ(other.exit_code, 0) << other.output;
  }

  TemporaryFolder folder_;
  TestPartnership partnership_;
  const AuditTrust trust_;
  int clients_ = 0;
};

TEST_F(AuditVerificationTest, ALogIsExportedAndTakenUpAgainAsItGrows) {
  Client police = ClientOf(kPolice);
  WaitFor(police, Call(police).index());
  const absl::StatusOr<ExportedLog> first = Export();
  ASSERT_TRUE(first.ok()) << first.status();
  ExpectWhole();
  // Past the next full bundle.
  Receipt receipt = Call(police);
  while (receipt.index() < first->tree_size + 256) receipt = Call(police);
  WaitFor(police, receipt.index());
  const absl::StatusOr<ExportedLog> second = Export();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_GT(second->tree_size, receipt.index());
  // Full bundles that were there were not fetched again.
  EXPECT_LE(second->fetched_bundles, second->tree_size / 256 - first->tree_size / 256 + 1);
  ExpectWhole(first->note);
}

TEST_F(AuditVerificationTest, WhoIsNoAuditorExportsHashesAlone) {
  Client police = ClientOf(kPolice);
  WaitFor(police, Call(police).index());
  const absl::Status refused =
      audit_export::ExportLog(police, {.folder = folder_.path() / "refused", .trust = trust_})
          .status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  ASSERT_TRUE(Export(true).ok());
  EXPECT_TRUE(audit_export::VerifyExport(
                  {.folder = folder_.path() / "export", .trust = trust_, .hashes_only = true})
                  .ok());
}

TEST_F(AuditVerificationTest, AReceiptIsProvenByItsProofAlone) {
  Client police = ClientOf(kPolice);
  const Receipt receipt = Call(police);
  WaitFor(police, receipt.index());
  v1::GetInclusionProofRequest request;
  request.set_index(receipt.index());
  const v1::GetInclusionProofResponse proof = Must(police.GetInclusionProof(request));
  EXPECT_TRUE(VerifyReceipt(receipt, proof, trust_).ok());
  const auto verified = VerifyProofText(Must(MakeProofText(receipt, proof)), trust_);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->receipt.index(), receipt.index());
  // The log's tiles have the leaf that the receipt has.
  const auto fetched = audit_export::FetchProof(police, receipt.index(), "", {});
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->receipt.leaf_hash(), receipt.leaf_hash());
  Receipt other = receipt;
  other.set_leaf_hash(std::string(32, 'x'));
  EXPECT_TRUE(absl::IsDataLoss(VerifyReceipt(other, proof, trust_).status()));
}

TEST_F(AuditVerificationTest, AWatcherRaisesAlarmAtAServerOverACopyOfTheDatabase) {
  Client police = ClientOf(kPolice);
  WaitFor(police, Call(police).index());
  AuditWatcher watcher(police, {.trust = trust_, .pin_file = folder_.Path("pin")});
  ASSERT_TRUE(watcher.Check().ok());

  // The same key, the same history up to here, and another one from here on.
  partnership_.Stop();
  server::v1::ServerConfig forked = partnership_.config();
  const fs::path copy = folder_.path() / "fork";
  fs::copy(fs::path(partnership_.database_path()).parent_path(), copy);
  forked.set_database_path((copy / "concordat.db").string());
  forked.mutable_audit()->set_checkpoint_file((copy / "checkpoint").string());
  partnership_.Start();
  Client original = ClientOf(kPolice);
  const Receipt receipt = Call(original);
  WaitFor(original, receipt.index());
  AuditWatcher at_original(original, {.trust = trust_, .pin_file = folder_.Path("pin")});
  const absl::StatusOr<AuditCheck> grown = at_original.Check();
  ASSERT_TRUE(grown.ok()) << grown.status();
  partnership_.Stop();

  const SystemClock clock;
  const std::unique_ptr<Server> server = Must(Server::Start(forked, clock));
  Client at_fork = ClientOf(kPolice, server->address());
  Receipt other = Call(at_fork);
  while (other.index() < grown->checkpoint.tree_size) other = Call(at_fork);
  WaitFor(at_fork, other.index());
  AuditWatcher at_copy(at_fork, {.trust = trust_, .pin_file = folder_.Path("pin")});
  const std::string pinned = ReadWhole(folder_.Path("pin"));
  const absl::Status alarm = at_copy.Check().status();
  EXPECT_EQ(AlarmOf(alarm), AuditAlarm::kFork) << alarm;
  EXPECT_EQ(ReadWhole(folder_.Path("pin")), pinned);
  server->Stop(absl::Seconds(5));
}

}  // namespace
}  // namespace concordat::e2e
