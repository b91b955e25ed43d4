// The real process: killed under load, stopped, started twice, started wrongly.
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/server_process.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

// A database with the data set, and `concordatd` over it.
class RestartTest : public testing::Test {
 protected:
  RestartTest() {
    // The in-process server has made the database; from here on it is the
    // process's.
    TestPartnership partnership;
    partnership.Stop();
    config_ = partnership.config();
    for (const std::string suffix : {"", "-wal", "-shm"}) {
      const std::string from = config_.database_path() + suffix;
      if (std::filesystem::exists(from)) {
        std::filesystem::copy_file(from, folder_.Path("concordat.db" + suffix));
      }
    }
    std::filesystem::copy_file(config_.audit().checkpoint_file(), folder_.Path("checkpoint"));
    config_.set_database_path(folder_.Path("concordat.db"));
    config_.mutable_audit()->set_checkpoint_file(folder_.Path("checkpoint"));
    config_.set_address_file(folder_.Path("addresses"));
    WriteConfig(ConfigYaml(config_));
  }

  void WriteConfig(const std::string& yaml) { WriteWhole(folder_.Path("server.yaml"), yaml); }

  std::unique_ptr<ServerProcess> Run(const std::string& log = "log") {
    return std::make_unique<ServerProcess>(ServerProcess::Options{
        {"serve", "--config", folder_.Path("server.yaml")}, folder_.Path(log), 0});
  }

  // Starts the server, and waits until it serves: its address.
  std::string Start(std::unique_ptr<ServerProcess>& process) {
    std::filesystem::remove(config_.address_file());
    process = Run();
    std::string address = WaitForAddress(config_.address_file(), *process);
    EXPECT_FALSE(address.empty()) << ReadWhole(folder_.Path("log"));
    return address;
  }

  // Runs the program to its end: what it said, having ended with 1 by itself.
  std::string RunToFailure() {
    static int runs = 0;
    const std::string log = absl::StrCat("failure-", ++runs);
    const std::unique_ptr<ServerProcess> process = Run(log);
    const std::optional<ProcessEnd> end = process->Wait(absl::Seconds(10));
    EXPECT_TRUE(end.has_value()) << "it runs";
    if (end.has_value()) {
      EXPECT_EQ(end->exit_code, 1);
      EXPECT_EQ(end->signal, 0);
    }
    return ReadWhole(folder_.Path(log));
  }

  // The log is whole: indexes from 0 without a hole, each in its record too.
  size_t ExpectWholeLog() {
    const std::vector<StoredRecord> records = ReadAudit(config_.database_path());
    for (size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ(records[i].index, i);
      EXPECT_EQ(records[i].record.index(), i);
    }
    return records.size();
  }

  TemporaryFolder folder_;
  server::v1::ServerConfig config_;
};

// Partners who call as fast as they can until they are stopped, and keep every
// receipt that they were given.
class Load {
 public:
  Load(const std::string& address, int round) {
    for (int i = 0; i < 3; ++i) {
      threads_.emplace_back([this, address, i, round] { Run(address, i, round); });
    }
  }
  ~Load() { Stop(); }

  void Stop() {
    stop_.store(true);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  // What was answered. Call after Stop.
  const std::vector<v1::Receipt>& receipts() const { return receipts_; }
  int answered() const { return answered_.load(); }

 private:
  void Run(const std::string& address, int number, int round) {
    const auto channel = MakeChannel(address, Certificates::Get().OfClient(kAdmin.uri()));
    const auto board = MakeChannel(address, Certificates::Get().OfClient(kBoard.uri()));
    v1::GetActionRequest get;
    get.set_name("plans/development-2018/actions/1.2.1");
    auto change = ReadDataFile<v1::ApplyDirectoryRequest>("directory.yaml");
    change.mutable_clients()->Clear();
    change.mutable_areas()->Clear();
    for (int i = 0; !stop_.load(); ++i) {
      Outcome outcome;
      if (number == 0) {
        // A change of one of the agencies, so that something is written too.
        change.mutable_agencies(20)->set_display_name(absl::StrCat("Round ", round, ".", i));
        outcome = Call(channel, PathOf(*change.descriptor()), change.SerializeAsString(),
                       {{"concordat-request-id", absl::StrCat("r", round, "-", i)}});
      } else {
        // Every third call is one that is refused.
        outcome = Call(board, PathOf(*get.descriptor()), get.SerializeAsString(),
                       i % 3 == 0 ? Metadata{} : TestPartnership::PurposeOf(kBoard));
      }
      if (outcome.receipt.has_value()) {
        const std::lock_guard<std::mutex> lock(mutex_);
        receipts_.push_back(*outcome.receipt);
        answered_.fetch_add(1);
      } else if (outcome.ok()) {
        ADD_FAILURE() << "an answer without a receipt";
      } else if (outcome.status.error_code() == grpc::StatusCode::UNAVAILABLE) {
        // The server is gone; so is this caller's work.
        return;
      }
    }
  }

  std::atomic<bool> stop_{false};
  std::atomic<int> answered_{0};
  std::mutex mutex_;
  std::vector<v1::Receipt> receipts_;
  std::vector<std::thread> threads_;
};

TEST_F(RestartTest, KilledUnderLoadEveryAnsweredCallHasItsRecordAndTheServerStartsAgain) {
  const char* const thorough = std::getenv("CONCORDAT_LONG");
  const int rounds = thorough != nullptr && std::string(thorough) == "1" ? 200 : 20;
  // The seed is fixed: a failure can be had again.
  std::mt19937 random(20181130);
  int answered = 0;
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    std::unique_ptr<ServerProcess> process;
    const std::string address = Start(process);
    ASSERT_FALSE(address.empty());
    Load load(address, round);
    // Killed while calls are in hand, at another moment each time.
    const int enough = std::uniform_int_distribution<int>(1, 60)(random);
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (load.answered() < enough && absl::Now() < deadline) {
      absl::SleepFor(absl::Microseconds(200));
    }
    process->Signal(SIGKILL);
    const std::optional<ProcessEnd> end = process->Wait();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->signal, SIGKILL);
    load.Stop();

    ExpectWholeLog();
    for (const v1::Receipt& receipt : load.receipts()) {
      const auto record = RecordOf(config_.database_path(), receipt);
      EXPECT_TRUE(record.ok()) << record.status() << " " << receipt.ShortDebugString();
    }
    answered += static_cast<int>(load.receipts().size());
  }
  EXPECT_GE(answered, rounds);
  // And once more, with nothing to repair.
  std::unique_ptr<ServerProcess> process;
  const std::string address = Start(process);
  const Outcome outcome = Call(MakeChannel(address, Certificates::Get().OfClient(kBoard.uri())),
                               PathOf(*v1::WhoAmIRequest::descriptor()), "");
  EXPECT_TRUE(outcome.ok()) << outcome.Text();
}

// Killed, so that the newest commits are in the write-ahead log alone.
class CrashedDatabaseTest : public RestartTest {
 protected:
  CrashedDatabaseTest() {
    backup_ = folder_.Path("vacuumed.db");
    ChangeDatabase(config_.database_path(), absl::StrCat("VACUUM INTO '", backup_, "'"));
    // SQLite may copy some of the write-ahead log into the file meanwhile, or all of it.
    std::filesystem::copy_file(config_.database_path(), folder_.Path("file-at-start"));
    std::unique_ptr<ServerProcess> process;
    const std::string address = Start(process);
    Load load(address, 0);
    const std::string first = ReadWhole(folder_.Path("checkpoint"));
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (ReadWhole(folder_.Path("checkpoint")) == first && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(20));
    }
    process->Signal(SIGKILL);
    process->Wait();
    load.Stop();
    receipts_ = load.receipts();
    EXPECT_NE(ReadWhole(folder_.Path("checkpoint")), first);
    std::filesystem::copy_file(Wal(), folder_.Path("wal"));
    std::filesystem::copy_file(config_.database_path(), folder_.Path("db"));
  }
  std::string Wal() const { return config_.database_path() + "-wal"; }
  // Puts these in place of the database and its write-ahead log; none for "".
  void Restore(const std::string& database, const std::string& wal) {
    for (const std::string suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(config_.database_path() + suffix);
    }
    std::filesystem::copy_file(database, config_.database_path());
    if (!wal.empty()) std::filesystem::copy_file(wal, Wal());
  }

  std::string backup_;
  std::vector<v1::Receipt> receipts_;
};

TEST_F(CrashedDatabaseTest, WithItsWriteAheadLogItHasEveryAnsweredCall) {
  Restore(folder_.Path("db"), folder_.Path("wal"));
  std::unique_ptr<ServerProcess> process;
  ASSERT_FALSE(Start(process).empty());
  ASSERT_FALSE(receipts_.empty());
  for (const v1::Receipt& receipt : receipts_) {
    const auto record = RecordOf(config_.database_path(), receipt);
    EXPECT_TRUE(record.ok()) << record.status() << " " << receipt.ShortDebugString();
  }
}

TEST_F(CrashedDatabaseTest, WithoutItsWriteAheadLogItIsNotServed) {
  Restore(folder_.Path("file-at-start"), "");
  const std::string said = RunToFailure();
  EXPECT_THAT(said, HasSubstr("were signed"));
  EXPECT_THAT(said, HasSubstr("it was put back to an earlier state"));
  // Nothing was written that keeps the whole copy from being used after all.
  Restore(folder_.Path("db"), folder_.Path("wal"));
  std::unique_ptr<ServerProcess> process;
  EXPECT_FALSE(Start(process).empty());
}

TEST_F(CrashedDatabaseTest, ABackupWithTheWriteAheadLogOfAnotherFileIsNotServed) {
  Restore(backup_, folder_.Path("wal"));
  EXPECT_THAT(RunToFailure(), AnyOf(HasSubstr("is the -wal file beside it its own?"),
                                    HasSubstr("are not those that were signed")));
}

TEST_F(RestartTest, SigtermLetsTheCallsInHandEndAndEndsWithZero) {
  for (int round = 0; round < 5; ++round) {
    std::unique_ptr<ServerProcess> process;
    const std::string address = Start(process);
    Load load(address, 1000 + round);
    while (load.answered() < 30) absl::SleepFor(absl::Milliseconds(1));
    process->Signal(SIGTERM);
    const std::optional<ProcessEnd> end = process->Wait();
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(end->exit_code, 0) << ReadWhole(folder_.Path("log"));
    load.Stop();
    const size_t records = ExpectWholeLog();
    for (const v1::Receipt& receipt : load.receipts()) {
      EXPECT_TRUE(RecordOf(config_.database_path(), receipt).ok());
    }
    // No record without its answer: each that was made in this round was given.
    EXPECT_GE(records, load.receipts().size());
  }
}

TEST_F(RestartTest, ASubmissionThatTheServerWasKilledInIsSeenByNobodyAndDropped) {
  v1::ApplyMeasuresRequest measures;
  v1::Measure& measure = *measures.add_measures();
  measure = ReadDataFile<v1::ApplyMeasuresRequest>("measures.yaml").measures(0);
  measure.set_frequency(v1::Measure::EACH_MONTH);
  measure.mutable_collected_from()->set_year(2018);
  measure.mutable_collected_from()->set_month(1);
  measure.mutable_collected_from()->set_day(1);
  v1::Measure::Duty& duty = *measure.add_duties();
  duty.set_agency(kPolice.agency_name());
  duty.add_areas("areas/e10000017");
  std::unique_ptr<ServerProcess> process;
  std::string address = Start(process);
  const Outcome applied = Call(MakeChannel(address, Certificates::Get().OfClient(kAdmin.uri())),
                               PathOf(*measures.descriptor()), measures.SerializeAsString());
  ASSERT_TRUE(applied.ok()) << applied.Text();

  const std::string figures = "SELECT count(*) FROM figure";
  {
    StreamCall call(MakeChannel(address, Certificates::Get().OfClient(kPolice.uri())),
                    PathOf(*v1::SubmitObservationsRequest::descriptor()));
    v1::SubmitObservationsRequest message;
    message.mutable_header()->set_provider(kPolice.agency_name());
    ASSERT_TRUE(call.Write(message.SerializeAsString()));
    v1::SubmittedObservation& row = *message.mutable_rows()->add_rows();
    row.set_row(1);
    row.set_measure(measure.name());
    row.set_area("areas/e10000017");
    row.mutable_period()->set_kind(v1::Period::MONTH);
    *row.mutable_period()->mutable_start() = measure.collected_from();
    *row.mutable_period()->mutable_end() = measure.collected_from();
    row.mutable_period()->mutable_end()->set_day(31);
    row.set_symbol(v1::Observation::NOT_AVAILABLE);
    ASSERT_TRUE(call.Write(message.SerializeAsString()));
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (QueryNumber(config_.database_path(), figures) == 0 && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    process->Signal(SIGKILL);
    ASSERT_TRUE(process->Wait().has_value());
  }
  EXPECT_EQ(QueryNumber(config_.database_path(), figures), 1);
  address = Start(process);
  ASSERT_FALSE(address.empty());
  EXPECT_EQ(QueryNumber(config_.database_path(), figures), 0);
  EXPECT_EQ(QueryNumber(config_.database_path(), "SELECT count(*) FROM submission"), 0);
  EXPECT_EQ(ReadAudit(config_.database_path()).back().record.event(),
            v1::AuditRecord::STREAM_INTERRUPTED);
}

TEST_F(RestartTest, SigtermWaitsForAnExtractThatIsStillRead) {
  std::unique_ptr<ServerProcess> process;
  const std::string address = Start(process);
  v1::ExtractObservationsRequest request;
  request.set_parent("releases/papers-2018");
  request.set_format(v1::ExtractObservationsRequest::CSV);
  StreamCall call(MakeChannel(address, Certificates::Get().OfClient(kBoard.uri())),
                  PathOf(*request.descriptor()), TestPartnership::PurposeOf(kBoard));
  ASSERT_TRUE(call.Write(request.SerializeAsString()));
  call.CloseWrites();
  ASSERT_TRUE(call.Read().has_value());
  process->Signal(SIGTERM);
  absl::SleepFor(absl::Milliseconds(200));
  bool manifest = false;
  while (const std::optional<std::string> bytes = call.Read()) {
    v1::ExtractObservationsResponse part;
    ASSERT_TRUE(part.ParseFromString(*bytes));
    manifest |= part.has_manifest();
  }
  EXPECT_TRUE(manifest);
  const Outcome outcome = call.Finish();
  EXPECT_TRUE(outcome.ok()) << outcome.Text();
  ASSERT_TRUE(outcome.receipt.has_value());
  EXPECT_TRUE(RecordOf(config_.database_path(), *outcome.receipt).ok());
  const std::optional<ProcessEnd> end = process->Wait();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 0);
}

TEST_F(RestartTest, SigtermEndsACallWhoseRequestNeverCameAndRecordsIt) {
  std::unique_ptr<ServerProcess> process;
  const std::string address = Start(process);
  StreamCall stalled(MakeChannel(address, Certificates::Get().OfClient(kBoard.uri())),
                     PathOf(*v1::GetPlanRequest::descriptor()), TestPartnership::PurposeOf(kBoard));
  absl::SleepFor(absl::Milliseconds(300));
  const size_t before = ExpectWholeLog();
  process->Signal(SIGTERM);
  const std::optional<ProcessEnd> end = process->Wait();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 0) << ReadWhole(folder_.Path("log"));
  EXPECT_EQ(ExpectWholeLog(), before + 1);
}

TEST_F(RestartTest, AfterItsAuditLogStoppedItEndsWithOne) {
  // So that the record is read back when the server stops, and not before.
  config_.mutable_audit()->set_checkpoint_seconds(3600);
  WriteConfig(ConfigYaml(config_));
  std::unique_ptr<ServerProcess> process;
  const std::string address = Start(process);
  const Outcome outcome = Call(MakeChannel(address, Certificates::Get().OfClient(kBoard.uri())),
                               PathOf(*v1::WhoAmIRequest::descriptor()), "");
  ASSERT_TRUE(outcome.ok()) << outcome.Text();
  ChangeDatabase(config_.database_path(), absl::StrCat("UPDATE audit SET record = 'x' WHERE idx = ",
                                                       outcome.receipt->index()));
  process->Signal(SIGTERM);
  const std::optional<ProcessEnd> end = process->Wait();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->exit_code, 1);
  EXPECT_THAT(ReadWhole(folder_.Path("log")), HasSubstr("audit_log_stopped"));
}

TEST_F(RestartTest, AStoredResourceThatCannotBeReadFailsItsCallsAlone) {
  const auto apply = ReadDataFile<v1::ApplyMeasuresRequest>("measures.yaml");
  ChangeDatabase(
      config_.database_path(),
      absl::StrCat("UPDATE resource SET body=x'FF' WHERE name='", apply.measures(0).name(), "'"));
  std::unique_ptr<ServerProcess> process;
  const std::string address = Start(process);
  const auto admin = MakeChannel(address, Certificates::Get().OfClient(kAdmin.uri()));
  const Outcome failed = Call(admin, PathOf(*apply.GetDescriptor()), apply.SerializeAsString(), {});
  EXPECT_EQ(failed.reason(), v1::INTERNAL_ERROR) << failed.Text();
  EXPECT_TRUE(failed.receipt.has_value());
  EXPECT_THAT(failed.status.error_message(), Not(HasSubstr(apply.measures(0).name())));
  EXPECT_THAT(ReadWhole(folder_.Path("log")), HasSubstr("call_failed"));
  const Outcome after = Call(admin, PathOf(*v1::WhoAmIRequest::descriptor()), "");
  EXPECT_TRUE(after.ok()) << after.Text();
}

TEST_F(RestartTest, ASecondProcessOnTheSameDatabaseIsRefused) {
  std::unique_ptr<ServerProcess> process;
  const std::string address = Start(process);
  EXPECT_THAT(RunToFailure(), HasSubstr("another process has the database"));
  const Outcome outcome = Call(MakeChannel(address, Certificates::Get().OfClient(kBoard.uri())),
                               PathOf(*v1::WhoAmIRequest::descriptor()), "");
  EXPECT_TRUE(outcome.ok()) << outcome.Text();
}

TEST_F(RestartTest, ASecondProcessIsRefusedByWhateverPathItFindsTheDatabase) {
  std::unique_ptr<ServerProcess> process;
  Start(process);
  const std::string database = config_.database_path();
  std::filesystem::create_symlink(database, folder_.Path("symbolic.db"));
  std::filesystem::create_hard_link(database, folder_.Path("hard.db"));
  for (const std::string other : {"symbolic.db", "hard.db"}) {
    config_.set_database_path(folder_.Path(other));
    WriteConfig(ConfigYaml(config_));
    EXPECT_THAT(RunToFailure(), HasSubstr("another process has the database")) << other;
  }
}

TEST_F(RestartTest, ADatabaseThatNobodyInitialisedIsNotServed) {
  config_.set_database_path(folder_.Path("empty.db"));
  WriteConfig(ConfigYaml(config_));
  EXPECT_THAT(RunToFailure(), HasSubstr("concordatd init"));
}

TEST_F(RestartTest, TlsFilesThatAreMissingOrDoNotFitAreNamed) {
  const Certificates& certificates = Certificates::Get();
  const std::string good = ConfigYaml(config_);
  const auto with = [&](const std::string& file, const std::string& other) {
    WriteConfig(absl::StrReplaceAll(good, {{certificates.Path(file), other}}));
    return RunToFailure();
  };
  for (const std::string file : {"server.crt", "server.key", "ca.crt"}) {
    SCOPED_TRACE(file);
    EXPECT_THAT(with(file, "/no/such/file"), HasSubstr("/no/such/file"));
    WriteWhole(folder_.Path("empty"), "");
    EXPECT_THAT(with(file, folder_.Path("empty")), HasSubstr("concordatd: "));
    WriteWhole(folder_.Path("garbage"),
               "-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n");
    EXPECT_THAT(with(file, folder_.Path("garbage")), HasSubstr("concordatd: "));
  }
  EXPECT_THAT(with("server.key", certificates.Path("nobody.key")),
              HasSubstr("does not belong to its certificate"));
}

TEST_F(RestartTest, AnAuthorityFileThatIsNoneIsNamedAndNoClientIsBlamed) {
  WriteWhole(folder_.Path("garbage"), "no certificate");
  config_.mutable_tls()->set_client_ca_file(folder_.Path("garbage"));
  WriteConfig(ConfigYaml(config_));
  const std::string said = RunToFailure();
  EXPECT_THAT(said, HasSubstr("client_ca_file"));
  EXPECT_THAT(said, Not(HasSubstr("the client certificate cannot be read")));
}

TEST_F(RestartTest, ABadConfigurationIsNamedByFileAndLine) {
  const std::string good = ConfigYaml(config_);
  const std::string path = folder_.Path("server.yaml");
  const struct {
    std::string yaml;
    std::string expected;
  } cases[] = {
      {good + "no_such_key: 1\n", "no_such_key"},
      {good + "listen_address: 127.0.0.1:1\n", "listen_address"},
      {"log_origin: e2e.test/audit\n", "listen_address"},
      {"listen_address: [\n", "server.yaml:"},
      {absl::StrReplaceAll(good, {{"drain_seconds: 5", "drain_seconds: soon"}}), "drain_seconds"},
      {absl::StrReplaceAll(good, {{"drain_seconds: 5", "drain_seconds: -1"}}), "drain_seconds"},
      {absl::StrReplaceAll(good, {{"e2e.test/audit", "two words"}}), "log_origin"},
      {absl::StrReplaceAll(good, {{"127.0.0.1:0", "localhost:0"}}), "listen_address"},
      {absl::StrReplaceAll(good, {{"127.0.0.1:0", "127.0.0.1"}}), "listen_address"},
      {absl::StrReplaceAll(good, {{"127.0.0.1:0", "192.0.2.1:0"}}), "192.0.2.1:0"},
      {absl::StrReplaceAll(good, {{config_.database_path(), "/no/such/folder/x.db"}}),
       "/no/such/folder/x.db"},
  };
  for (const auto& bad : cases) {
    SCOPED_TRACE(bad.expected);
    WriteConfig(bad.yaml);
    EXPECT_THAT(RunToFailure(), HasSubstr(bad.expected));
  }
  std::filesystem::remove(path);
  EXPECT_THAT(RunToFailure(), HasSubstr(path));
}

TEST_F(RestartTest, AnEmptyConfigurationSaysWhatIsRequired) {
  WriteConfig("");
  EXPECT_THAT(RunToFailure(), HasSubstr("listen_address"));
}

TEST_F(RestartTest, APortThatDoesNotExistIsRefused) {
  WriteConfig(absl::StrReplaceAll(ConfigYaml(config_), {{"127.0.0.1:0", "127.0.0.1:99999"}}));
  EXPECT_THAT(RunToFailure(), HasSubstr("listen_address"));
}

TEST_F(RestartTest, ADatabaseThatIsNoneIsRefused) {
  WriteWhole(config_.database_path(), std::string(8192, 'x'));
  std::filesystem::remove(config_.database_path() + "-wal");
  EXPECT_THAT(RunToFailure(), HasSubstr("concordatd: "));
}

TEST_F(RestartTest, InitIsDoneOnceAndSaysSo) {
  config_.set_database_path(folder_.Path("new.db"));
  config_.mutable_audit()->set_checkpoint_file(folder_.Path("new.checkpoint"));
  WriteConfig(ConfigYaml(config_));
  const auto init = [&](const std::string& client, const std::string& log) {
    ServerProcess process(
        {{"init", "--config", folder_.Path("server.yaml"), "--client", client, "--agency-name",
          "The board", "--identity", absl::StrCat("uri:", kAdmin.uri())},
         folder_.Path(log),
         0});
    const std::optional<ProcessEnd> end = process.Wait();
    return end.has_value() ? end->exit_code : -1;
  };
  EXPECT_EQ(init(kAdmin.client_name(), "first"), 0);
  EXPECT_THAT(ReadWhole(folder_.Path("first")), HasSubstr("made the first administrator"));
  EXPECT_EQ(init(kAdmin.client_name(), "again"), 0);
  EXPECT_THAT(ReadWhole(folder_.Path("again")), HasSubstr("is there already"));
  EXPECT_EQ(init("agencies/lscb/clients/another", "other"), 1);
  EXPECT_THAT(ReadWhole(folder_.Path("other")), HasSubstr("concordatd: "));
  const std::vector<StoredRecord> records = ReadAudit(config_.database_path());
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].record.event(), v1::AuditRecord::INITIALISED);
  EXPECT_EQ(records[0].record.resource(), kAdmin.client_name());
  // The file is for the server's own user.
  struct stat status = {};
  ASSERT_EQ(stat(config_.database_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 077, 0U);
}

}  // namespace
}  // namespace concordat::e2e
