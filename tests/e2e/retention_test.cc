// Audit records that are old enough leave the database for the archive, and nothing
// else deletes one.
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "concordat/v1/audit_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "gtest/gtest.h"
#include "tests/support/moments.h"
#include "tests/support/stored_audit.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

namespace fs = std::filesystem;

const absl::Time kThen = At("2018-12-02T09:00:00Z");
constexpr char kFirstIndex[] = "SELECT min(idx) FROM audit";

class RetentionTest : public testing::Test {
 protected:
  TestPartnership::Options Options() {
    TestPartnership::Options options;
    options.clock = &clock_;
    options.configure = [this](server::v1::ServerConfig& config) {
      config.mutable_audit()->set_retention_days(30);
      config.mutable_audit()->set_archive_directory(archive_.path().string());
    };
    return options;
  }
  static void Call(TestPartnership& partnership, int times) {
    for (int i = 0; i < times; ++i) {
      partnership.Get<v1::WhoAmIResponse>(kPolice, v1::WhoAmIRequest());
    }
  }

  FakeClock clock_{kThen};
  const TemporaryFolder archive_;
};

TEST_F(RetentionTest, OldRecordsAreInTheArchiveAfterAStartAndTheLogIsProvenAsBefore) {
  TestPartnership partnership(Options());
  Call(partnership, 300);
  partnership.Stop();
  EXPECT_EQ(QueryNumber(partnership.database_path(), kFirstIndex), 0);
  EXPECT_FALSE(fs::exists(archive_.path() / "tile"));

  clock_.Set(kThen + absl::Hours(24 * 31));
  partnership.Start();
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (QueryNumber(partnership.database_path(), kFirstIndex) == 0 && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(20));
  }
  EXPECT_EQ(QueryNumber(partnership.database_path(), kFirstIndex), 256);
  EXPECT_TRUE(fs::exists(archive_.path() / "tile/entries/000"));
  EXPECT_TRUE(fs::exists(archive_.path() / "checkpoint"));

  v1::ReadEntryBundlesRequest bundles;
  StreamCall call(partnership.ChannelOf(kAuditor), PathOf(*bundles.GetDescriptor()));
  ASSERT_TRUE(call.Write(bundles.SerializeAsString()));
  call.CloseWrites();
  while (call.Read().has_value()) continue;
  EXPECT_TRUE(RefusedWith(call.Finish(), v1::RECORDS_DROPPED));
  v1::GetInclusionProofRequest proof;
  proof.set_index(7);
  EXPECT_TRUE(partnership.Ask<v1::GetInclusionProofResponse>(kPolice, proof).ok());
}

// From here on the database itself forbids it, so that a deletion would stop the log.
TEST_F(RetentionTest, NothingElseDeletesARecord) {
  TestPartnership::Options options;
  options.clock = &clock_;
  TestPartnership partnership(options);
  partnership.Stop();
  ChangeDatabase(partnership.database_path(),
                 "CREATE TRIGGER no_deletion BEFORE DELETE ON audit BEGIN "
                 "SELECT raise(abort, 'a record was deleted'); END");
  partnership.Start();
  Call(partnership, 20);
  for (int round = 1; round <= 3; ++round) {
    clock_.Advance(absl::Hours(24 * 20));
    // A change with a request id has the store forget replies of long ago.
    const auto plan = ReadDataFile<v1::ApplyPlanRequest>("plans/development-2018.yaml");
    EXPECT_TRUE(partnership
                    .Ask<v1::ApplyPlanResponse>(
                        kAdmin, plan, Metadata{{"concordat-request-id", absl::StrCat(round)}})
                    .ok());
    partnership.Stop();
    partnership.Start();
  }
  EXPECT_EQ(QueryNumber(partnership.database_path(), kFirstIndex), 0);
  EXPECT_EQ(QueryNumber(partnership.database_path(), "SELECT count(*)-1-max(idx) FROM audit"), 0);
}

}  // namespace
}  // namespace concordat::e2e
