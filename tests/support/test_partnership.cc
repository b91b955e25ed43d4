#include "tests/support/test_partnership.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "base/yaml_message.h"
#include "concordat/v1/agreement_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "server/bindings.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/support/certificates.h"
#include "tests/support/must.h"

namespace concordat::e2e {
namespace {

namespace fs = std::filesystem;
using server::v1::ServerConfig;

constexpr char kDataFolder[] = CONCORDAT_SOURCE_DIR "/data/lancashire";

KeyPair KeyPairOf(const Partner& partner) {
  const Certificates& certificates = Certificates::Get();
  switch (partner.shows) {
    case Partner::Shows::kOwn:
      return certificates.OfClient(partner.uri());
    case Partner::Shows::kOfNobody:
      return certificates.Read("nobody");
    case Partner::Shows::kOfUntrustedAuthority:
      return certificates.Read("untrusted");
    case Partner::Shows::kNone:
      break;
  }
  return {};
}

template <typename Request>
void ApplyFile(const std::shared_ptr<grpc::Channel>& channel, const std::string& file) {
  const Outcome outcome = Call(channel, PathOf(*Request::descriptor()),
                               ReadDataFile<Request>(file).SerializeAsString());
  if (!outcome.ok()) Die(absl::StrCat(file, ": ", outcome.Text()));
}

// The files of one folder of the data set, by name.
std::vector<std::string> FilesOf(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(fs::path(kDataFolder) / folder)) {
    files.push_back(absl::StrCat(folder, "/", entry.path().filename().string()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

// A database with the data set, or with the first administrator alone.
void FillDatabase(const ServerConfig& config, bool with_data_set) {
  const FakeClock clock(TestPartnership::kDataSetTime);
  Must(Initialise(config, clock, TheAdministrator()));
  if (!with_data_set) return;
  const std::unique_ptr<Server> server = Must(Server::Start(config, clock));
  ApplyDataSet(server->address());
  server->Stop(absl::Seconds(5));
}

// The folder of a database with the data set, filled at the first use.
const TemporaryFolder& Template() {
  static const TemporaryFolder* const folder = [] {
    static TemporaryFolder made;
    FillDatabase(TestConfig(made.path().string()), true);
    return &made;
  }();
  return *folder;
}

}  // namespace

const absl::Time TestPartnership::kDataSetTime = absl::FromUnixSeconds(1543654800);

std::string Partner::agency_name() const {
  return absl::StrCat("agencies/", client.substr(0, client.find(':')));
}

std::string Partner::client_name() const {
  return absl::StrCat(agency_name(), "/clients/", client.substr(client.find(':') + 1));
}

std::string PathOf(const google::protobuf::Descriptor& request) {
  for (const google::protobuf::ServiceDescriptor* service : ContractServices()) {
    for (int i = 0; i < service->method_count(); ++i) {
      if (service->method(i)->input_type() == &request) {
        return absl::StrCat("/", service->full_name(), "/", service->method(i)->name());
      }
    }
  }
  Die(absl::StrCat("no method takes a ", request.full_name()));
}

void ReadDataFileInto(const std::string& file, google::protobuf::Message& request) {
  const std::string path = absl::StrCat(kDataFolder, "/", file);
  const std::vector<YamlProblem> problems = ReadYaml(ReadWhole(path), request, {"kind"});
  if (!problems.empty()) {
    Die(absl::StrCat(path, ":", problems[0].line, ": ", problems[0].description));
  }
}

void ApplyDataSet(const std::string& address) {
  const std::shared_ptr<grpc::Channel> channel = MakeChannel(address, KeyPairOf(kAdmin));
  ApplyFile<v1::ApplyDirectoryRequest>(channel, "directory.yaml");
  ApplyFile<v1::ApplyMeasuresRequest>(channel, "measures.yaml");
  for (const std::string& file : FilesOf("agreements")) {
    ApplyFile<v1::ApplyAgreementRequest>(channel, file);
  }
  for (const std::string& file : FilesOf("plans")) ApplyFile<v1::ApplyPlanRequest>(channel, file);
  for (const std::string& file : FilesOf("releases")) {
    ApplyFile<v1::ImportReleaseRequest>(channel, file);
  }
}

FirstAdministrator TheAdministrator() {
  FirstAdministrator first;
  first.agency.set_name(kAdmin.agency_name());
  first.agency.set_display_name("Lancashire Safeguarding Children Board");
  first.agency.set_kind(v1::Agency::BOARD);
  first.client.set_name(kAdmin.client_name());
  first.client.set_display_name("Safeguarding board office, administration");
  for (const v1::Role role : {v1::ADMINISTRATOR, v1::COORDINATOR, v1::READER}) {
    first.client.add_roles(role);
  }
  first.client.add_certificate_identities(absl::StrCat("uri:", kAdmin.uri()));
  return first;
}

ServerConfig TestConfig(const std::string& folder) {
  const Certificates& certificates = Certificates::Get();
  ServerConfig config;
  config.set_listen_address("127.0.0.1:0");
  config.set_database_path(absl::StrCat(folder, "/concordat.db"));
  config.set_log_origin("e2e.test/audit");
  config.set_drain_seconds(5);
  config.mutable_audit()->set_key_file(certificates.Path("log.key"));
  config.mutable_audit()->set_checkpoint_file(absl::StrCat(folder, "/checkpoint"));
  config.mutable_audit()->set_checkpoint_seconds(1);
  config.mutable_audit()->set_checkpoint_records(10000);
  config.mutable_audit()->set_cosignature_seconds(60);
  config.mutable_tls()->set_certificate_file(certificates.Path("server.crt"));
  config.mutable_tls()->set_private_key_file(certificates.Path("server.key"));
  config.mutable_tls()->set_client_ca_file(certificates.Path("ca.crt"));
  ServerConfig::Limits& limits = *config.mutable_limits();
  limits.set_max_connections(1000);
  limits.set_max_connections_per_address(200);
  limits.set_handshake_deadline_milliseconds(5000);
  limits.set_max_request_bytes(1 << 20);
  limits.set_max_calls(1000);
  limits.set_max_calls_per_certificate(1000);
  limits.set_request_deadline_milliseconds(10000);
  limits.set_call_deadline_milliseconds(60000);
  limits.set_max_memory_mebibytes(512);
  // The suites are floods of refused calls.
  limits.set_refused_calls_burst(1000000);
  limits.set_refused_calls_per_second(1000);
  return config;
}

TestPartnership::TestPartnership(Options options)
    : clock_(options.clock != nullptr ? *options.clock : system_clock_),
      wrap_store_(options.wrap_store),
      config_(TestConfig(folder_.path().string())) {
  if (options.own_database || options.without_data_set) {
    FillDatabase(config_, !options.without_data_set);
  } else {
    for (const auto& entry : fs::directory_iterator(Template().path())) {
      fs::copy_file(entry.path(), folder_.path() / entry.path().filename());
    }
  }
  if (options.configure) options.configure(config_);
  Start();
}

TestPartnership::~TestPartnership() { Stop(absl::ZeroDuration()); }

void TestPartnership::Start() {
  std::unique_ptr<store::Store> store = Must(store::OpenSqliteStore(database_path()));
  if (wrap_store_) store = wrap_store_(std::move(store));
  server_ = Must(Server::StartOver(std::move(store), config_, clock_));
}

void TestPartnership::Stop(absl::Duration drain) {
  if (server_ != nullptr) server_->Stop(drain);
  server_.reset();
  absl::MutexLock lock(&mutex_);
  channels_.clear();
}

std::shared_ptr<grpc::Channel> TestPartnership::ChannelOf(const Partner& partner) {
  absl::MutexLock lock(&mutex_);
  std::shared_ptr<grpc::Channel>& channel =
      channels_[absl::StrCat(static_cast<int>(partner.shows), " ", partner.client)];
  if (channel == nullptr) channel = NewChannel(partner);
  return channel;
}

std::shared_ptr<grpc::Channel> TestPartnership::NewChannel(const Partner& partner) const {
  return MakeChannel(server_->address(), KeyPairOf(partner));
}

Metadata TestPartnership::PurposeOf(const Partner& partner) {
  if (partner.purpose.empty()) return {};
  return {{"concordat-purpose", partner.purpose}};
}

v1::AuditRecord TestPartnership::RecordFor(const Outcome& outcome) const {
  if (!outcome.receipt.has_value()) {
    ADD_FAILURE() << "there is no receipt: " << outcome.Text();
    return {};
  }
  const absl::StatusOr<v1::AuditRecord> record = RecordOf(database_path(), *outcome.receipt);
  EXPECT_TRUE(record.ok()) << record.status();
  return record.ok() ? *record : v1::AuditRecord();
}

testing::AssertionResult RefusedWith(const Outcome& outcome, v1::ErrorReason reason) {
  if (outcome.ok()) return testing::AssertionFailure() << "the call was served";
  if (outcome.reason() != reason ||
      static_cast<int>(outcome.status.error_code()) != static_cast<int>(CodeOf(reason))) {
    return testing::AssertionFailure()
           << "expected " << v1::ErrorReason_Name(reason) << ", got " << outcome.Text();
  }
  return testing::AssertionSuccess();
}

}  // namespace concordat::e2e
