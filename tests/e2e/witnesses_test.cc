// A server and its witnesses, over real https.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "concordat/v1/audit_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/call.h"
#include "tests/support/measures.h"
#include "tests/support/must.h"
#include "tests/support/real_witness.h"
#include "tests/support/scrape.h"
#include "tests/support/stored_audit.h"
#include "tests/support/test_partnership.h"
#include "tlog/checkpoint.h"

namespace concordat::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr char kMeasure[] = "measures/e2e-referrals";
constexpr char kArea[] = "areas/e10000017";

tlog::VerifierKey LogKey() {
  const TemporaryFolder folder;
  const std::vector<std::string> keys = Must(LogKeys(TestConfig(folder.path().string())));
  return Must(tlog::VerifierKey::Parse(keys.at(0)));
}

TestPartnership::Options With(const std::vector<const RealWitness*>& witnesses,
                              int required_cosignatures) {
  TestPartnership::Options options;
  options.configure = [=](server::v1::ServerConfig& config) {
    config.set_metrics_address("127.0.0.1:0");
    for (const RealWitness* witness : witnesses) {
      *config.mutable_audit()->add_witnesses() = witness->config();
    }
    config.mutable_audit()->set_required_cosignatures(required_cosignatures);
    config.mutable_audit()->set_cosignature_seconds(3);
  };
  return options;
}

Outcome Call(TestPartnership& partnership) {
  return partnership.Ask<v1::WhoAmIResponse>(kPolice, v1::WhoAmIRequest()).outcome;
}

double Metric(TestPartnership& partnership, const std::string& name) {
  return Samples(Scrape(partnership.server().metrics_address())).at(name);
}

// Asks until `holds`.
template <typename Holds>
testing::AssertionResult Eventually(Holds holds) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (absl::Now() < deadline) {
    if (holds()) return testing::AssertionSuccess();
    absl::SleepFor(absl::Milliseconds(50));
  }
  return testing::AssertionFailure() << "not within " << absl::FormatDuration(kPatience);
}

// Whether everybody's key signed the checkpoint that the server shows.
bool IsSignedBy(TestPartnership& partnership, const std::vector<tlog::VerifierKey>& keys) {
  const auto checkpoint = partnership.Get<v1::Checkpoint>(kPolice, v1::GetCheckpointRequest());
  const auto opened = tlog::OpenCheckpoint(checkpoint.note(), keys, tlog::ExtensionLines::kRefuse);
  EXPECT_TRUE(opened.ok()) << opened.status();
  return opened.ok() && opened->signatures.size() == keys.size();
}

TEST(WitnessesTest, EveryCosignatureStandsInTheCheckpointThatCallersGet) {
  const tlog::VerifierKey log = LogKey();
  RealWitness first("witness.example/1", '1', log);
  RealWitness second("witness.example/2", '2', log);
  TestPartnership partnership(With({&first, &second}, 2));
  const std::vector<tlog::VerifierKey> keys{log, first.key(), second.key()};
  EXPECT_TRUE(Eventually([&] { return IsSignedBy(partnership, keys); }));
  const double before = Metric(partnership, "concordat_witness_cosignatures_total");
  EXPECT_GE(before, 2);
  // As the log grows, and by a server that starts again.
  EXPECT_TRUE(Eventually([&] {
    Call(partnership);
    return Metric(partnership, "concordat_witness_cosignatures_total") >= before + 2;
  }));
  partnership.Stop();
  partnership.Start();
  EXPECT_TRUE(Eventually([&] { return IsSignedBy(partnership, keys); }));
  EXPECT_EQ(Metric(partnership, "concordat_witness_failures_total"), 0);
}

TEST(WitnessesTest, ADeadWitnessIsAMetricAndAWarningAndNothingElse) {
  const tlog::VerifierKey log = LogKey();
  RealWitness dead("witness.example/1", '1', log);
  RealWitness good("witness.example/2", '2', log);
  dead.Stop();
  testing::internal::CaptureStderr();
  TestPartnership partnership(With({&dead, &good}, 1));
  EXPECT_TRUE(Eventually([&] { return IsSignedBy(partnership, {log, good.key()}); }));
  EXPECT_TRUE(Eventually([&] { return Metric(partnership, "concordat_witnesses_failing") == 1; }));
  // For longer than the oldest record may be without enough cosignatures.
  const absl::Time enough = absl::Now() + absl::Seconds(5);
  while (absl::Now() < enough) {
    const Outcome outcome = Call(partnership);
    EXPECT_TRUE(outcome.ok()) << outcome.Text();
    absl::SleepFor(absl::Milliseconds(100));
  }
  EXPECT_GE(Metric(partnership, "concordat_witness_failures_total"), 2);
  partnership.Stop();
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_THAT(logged, HasSubstr("\"severity\":\"warning\",\"event\":\"witness_failed\""));
  EXPECT_THAT(logged, Not(HasSubstr("witnesses_missing")));
}

TEST(WitnessesTest, WithoutARequiredCosignatureNothingIsAnsweredUntilTheWitnessIsBack) {
  const tlog::VerifierKey log = LogKey();
  RealWitness witness("witness.example/1", '1', log);
  TestPartnership partnership(With({&witness}, 1));
  EXPECT_TRUE(Eventually([&] { return IsSignedBy(partnership, {log, witness.key()}); }));
  witness.Stop();
  EXPECT_TRUE(Eventually([&] { return !Call(partnership).ok(); }));
  const Outcome refused = Call(partnership);
  EXPECT_TRUE(RefusedWith(refused, v1::WITNESSES_MISSING));
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  witness.Start();
  EXPECT_TRUE(Eventually([&] { return Call(partnership).ok(); }));
  EXPECT_TRUE(Eventually([&] { return IsSignedBy(partnership, {log, witness.key()}); }));
  EXPECT_EQ(Metric(partnership, "concordat_witnesses_failing"), 0);
}

// What is stored, but for audit records: rises or falls with every change.
std::string Stored(const TestPartnership& partnership) {
  const std::string& path = partnership.database_path();
  return absl::StrCat(QueryNumber(path, "SELECT MAX(store_revision) FROM resource"), " ",
                      QueryNumber(path, "SELECT COUNT(*) FROM resource"), " ",
                      QueryNumber(path, "SELECT COUNT(*) FROM figure"));
}

TEST(WitnessesTest, WithoutARequiredCosignatureNothingIsChanged) {
  const tlog::VerifierKey log = LogKey();
  RealWitness witness("witness.example/1", '1', log);
  TestPartnership partnership(With({&witness}, 1));
  v1::ApplyMeasuresRequest measures;
  *measures.add_measures() = OwedCount(kMeasure, kPolice, {kArea});
  partnership.Get<v1::ApplyMeasuresResponse>(kAdmin, measures);
  measures.mutable_measures(0)->set_display_name("Renamed");
  auto plan = ReadDataFile<v1::ApplyPlanRequest>("plans/development-2018.yaml");
  plan.mutable_plan()->set_display_name("Renamed");
  const std::vector<std::string> messages = SubmissionOf(kPolice, {CountOf(kMeasure, kArea, 20)});
  const std::string submit = PathOf(*v1::SubmitObservationsRequest::descriptor());
  const std::string before = Stored(partnership);
  // Begins while the witness is there, and ends when it is not.
  const double records = Metric(partnership, "concordat_audit_records");
  StreamCall begun(partnership.ChannelOf(kPolice), submit);
  ASSERT_TRUE(begun.Write(messages[0]));
  ASSERT_TRUE(Eventually([&] { return Metric(partnership, "concordat_audit_records") > records; }));
  witness.Stop();
  ASSERT_TRUE(Eventually([&] { return !Call(partnership).ok(); }));

  EXPECT_TRUE(RefusedWith(partnership.Ask<v1::ApplyPlanResponse>(kAdmin, plan).outcome,
                          v1::WITNESSES_MISSING));
  EXPECT_TRUE(RefusedWith(partnership.Ask<v1::ApplyMeasuresResponse>(kAdmin, measures).outcome,
                          v1::WITNESSES_MISSING));
  StreamCall late(partnership.ChannelOf(kPolice), submit);
  for (StreamCall* call : {&begun, &late}) {
    // It may be refused before all of it was sent.
    for (size_t i = call == &begun ? 1 : 0; i < messages.size(); ++i) {
      if (!call->Write(messages[i])) break;
    }
    call->CloseWrites();
    EXPECT_FALSE(call->Read().has_value());
    EXPECT_TRUE(RefusedWith(call->Finish(), v1::WITNESSES_MISSING));
  }
  witness.Start();
  EXPECT_TRUE(Eventually([&] { return Call(partnership).ok(); }));
  EXPECT_EQ(Stored(partnership), before);
}

TEST(WitnessesTest, AWitnessThatSawAnotherHistoryClosesTheServerAtOnceWhereItIsRequired) {
  const tlog::VerifierKey log = LogKey();
  RealWitness witness("witness.example/1", '1', log);
  {
    TestPartnership other(With({&witness}, 1));
    EXPECT_TRUE(Eventually([&] { return IsSignedBy(other, {log, witness.key()}); }));
  }
  // The same name and key, and a first record with another salt.
  TestPartnership::Options options = With({&witness}, 1);
  options.own_database = true;
  options.configure = [configure = options.configure](server::v1::ServerConfig& config) {
    configure(config);
    config.mutable_audit()->set_cosignature_seconds(3600);
  };
  TestPartnership partnership(options);
  EXPECT_TRUE(Eventually([&] { return !Call(partnership).ok(); }));
  EXPECT_TRUE(RefusedWith(Call(partnership), v1::WITNESSES_MISSING));
}

}  // namespace
}  // namespace concordat::e2e
