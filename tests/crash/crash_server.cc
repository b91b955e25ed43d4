#include "tests/crash/crash_server.h"

#include <csignal>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "concordat/v1/agreement_service.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "tests/support/must.h"
#include "tests/support/test_partnership.h"

namespace concordat::crash {
namespace {

namespace fs = std::filesystem;

// The health service's bytes for NOT_SERVING.
constexpr char kNotServing[] = "\x08\x02";
// Often enough that a kill falls between one and the next.
constexpr int kRecordsOfCheckpoint = 50;

}  // namespace

void PrepareData(const fs::path& folder) {
  e2e::TestPartnership partnership;
  // The load is far more than the bundled agreement allows.
  auto apply =
      e2e::ReadDataFile<v1::ApplyAgreementRequest>("agreements/multi-agency-assurance.yaml");
  apply.mutable_agreement()->clear_quotas();
  const auto applied = partnership.Ask<v1::ApplyAgreementResponse>(e2e::kAdmin, apply);
  if (!applied.ok()) Die(applied.outcome.Text());
  partnership.Stop();
  const auto& config = partnership.config();
  const fs::path database = config.database_path();
  fs::create_directories((folder / kCheckpointFile).parent_path());
  fs::copy(database, folder / database.filename());
  fs::copy(config.audit().checkpoint_file(), folder / kCheckpointFile);
}

CrashServer::CrashServer(const fs::path& prepared)
    : data_(folder_.path() / "data"), config_(e2e::TestConfig(data_.string())) {
  fs::copy(prepared, data_, fs::copy_options::recursive);
  config_.mutable_audit()->set_checkpoint_file((data_ / kCheckpointFile).string());
  config_.mutable_audit()->set_checkpoint_records(kRecordsOfCheckpoint);
  config_.set_address_file(folder_.Path("addresses"));
  WriteWhole(folder_.Path("server.yaml"),
             absl::StrCat(e2e::ConfigYaml(config_), "health_address: 127.0.0.1:0\n"));
  WriteWhole(folder_.Path("log"), "");
}

void CrashServer::Launch() { Launch(std::vector<std::string>()); }

void CrashServer::LaunchWithFault(const std::string& fault) {
  WriteWhole(folder_.Path("trace"), "");
  std::vector<std::string> environment = {
      absl::StrCat("LD_PRELOAD=", CONCORDAT_FAULT_SHIM),
      absl::StrCat("CRASH_FAULT_FOLDER=", fs::canonical(data_).string()),
      absl::StrCat("CRASH_FAULT_TRACE=", folder_.Path("trace"))};
  if (!fault.empty()) environment.push_back(absl::StrCat("CRASH_FAULT=", fault));
  Launch(std::move(environment));
}

void CrashServer::Launch(std::vector<std::string> environment) {
  fs::remove(config_.address_file());
  launched_ = absl::Now();
  process_ = std::make_unique<e2e::ServerProcess>(
      e2e::ServerProcess::Options{{"serve", "--config", folder_.Path("server.yaml")},
                                  folder_.Path("log"),
                                  0,
                                  std::move(environment)});
}

bool CrashServer::WaitUntilServing() {
  address_ = e2e::WaitForAddress(config_.address_file(), *process_);
  start_time_ = absl::Now() - launched_;
  if (address_.empty()) return false;
  const std::string addresses = ReadWhole(config_.address_file());
  health_address_ = std::vector<std::string>(absl::StrSplit(addresses, '\n'))[1];
  return true;
}

void CrashServer::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait();
}

std::optional<e2e::ProcessEnd> CrashServer::Stop() {
  process_->Signal(SIGTERM);
  return process_->Wait(absl::Seconds(15));
}

std::optional<e2e::ProcessEnd> CrashServer::End(absl::Duration patience) {
  return process_->Wait(patience);
}

bool CrashServer::IsNotServing() const {
  return e2e::Call(grpc::CreateChannel(health_address_, grpc::InsecureChannelCredentials()),
                   "/grpc.health.v1.Health/Check", "")
             .reply == kNotServing;
}

std::string CrashServer::Log() const { return ReadWhole(folder_.Path("log")); }

std::string CrashServer::Trace() const { return ReadWhole(folder_.Path("trace")); }

}  // namespace concordat::crash
