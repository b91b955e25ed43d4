#include "tests/bench/server_under_test.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/certificates.h"
#include "tests/support/must.h"

namespace concordat::bench {
namespace {

std::string WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

// One of the sizes in /proc/PID/status, in MiB.
double StatusMib(pid_t pid, absl::string_view field) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
    double kib = 0;
    if (words.size() > 1 && words[0] == field && absl::SimpleAtod(words[1], &kib)) {
      return kib / 1024;
    }
  }
  Die("the server's memory cannot be read");
}

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const e2e::Partner& partner) {
  const e2e::KeyPair pair = e2e::Certificates::Get().OfClient(partner.uri());
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = e2e::Certificates::Get().Authority();
  options.pem_cert_chain = pair.certificate;
  options.pem_private_key = pair.key;
  return grpc::SslCredentials(options);
}

}  // namespace

ServerUnderTest::ServerUnderTest(const Options& options) {
  server::v1::ServerConfig config;
  {
    e2e::TestPartnership partnership;
    if (options.prepare) options.prepare(partnership);
    partnership.Stop();
    config = partnership.config();
    for (const std::string suffix : {"", "-wal", "-shm"}) {
      const std::string from = config.database_path() + suffix;
      if (std::filesystem::exists(from)) {
        std::filesystem::copy_file(from, folder_.Path("concordat.db" + suffix));
      }
    }
    std::filesystem::copy_file(config.audit().checkpoint_file(), folder_.Path("checkpoint"));
  }
  config.set_database_path(folder_.Path("concordat.db"));
  config.mutable_audit()->set_checkpoint_file(folder_.Path("checkpoint"));
  config.set_address_file(folder_.Path("addresses"));
  if (options.fill) options.fill(config.database_path());
  if (options.configure) options.configure(config);
  WriteFile(folder_.Path("server.yaml"), e2e::ConfigYaml(config));
  process_ = std::make_unique<e2e::ServerProcess>(e2e::ServerProcess::Options{
      {"serve", "--config", folder_.Path("server.yaml")}, folder_.Path("log"), 0});
  address_ = e2e::WaitForAddress(config.address_file(), *process_);
  if (address_.empty()) Die("the server did not start");
}

Client ServerUnderTest::ClientOf(const e2e::Partner& partner) const {
  const e2e::KeyPair pair = e2e::Certificates::Get().OfClient(partner.uri());
  ClientOptions options;
  options.target = address_;
  options.ca_certificate_file =
      WriteFile(folder_.Path("ca.pem"), e2e::Certificates::Get().Authority());
  options.certificate_file = WriteFile(folder_.Path("client.pem"), pair.certificate);
  options.private_key_file = WriteFile(folder_.Path("client.key"), pair.key);
  options.server_name = "localhost";
  options.default_purpose = partner.purpose;
  return Must(Client::Connect(options));
}

double ServerUnderTest::ResidentMib() const { return StatusMib(pid(), "VmRSS"); }

double ServerUnderTest::PeakMib() const { return StatusMib(pid(), "VmHWM"); }

void ServerUnderTest::ForgetPeak() const {
  // 5 sets the peak to what there is now (proc(5), clear_refs).
  WriteFile(absl::StrCat("/proc/", pid(), "/clear_refs"), "5");
}

OtherCallers::OtherCallers(const ServerUnderTest& server, int outstanding, absl::Duration duration)
    : outstanding_(outstanding),
      duration_(duration),
      load_({server.address(), server.pid(), "/concordat.v1.DirectoryService/WhoAmI", true},
            CredentialsOf(e2e::kBoard), 2) {
  // Connections and caches are made by the first calls. And while the write-ahead log still
  // grows, each sync of it costs several times what it does later.
  const std::string log = server.folder().Path("concordat.db-wal");
  uintmax_t size = 0;
  do {
    size = std::filesystem::file_size(log);
    MeasureP99();
  } while (std::filesystem::file_size(log) > size);
}

double OtherCallers::MeasureP99() {
  const Calls reads{{v1::WhoAmIRequest().SerializeAsString()}, {}};
  return Must(load_.Run(reads, outstanding_, duration_)).p99_micros;
}

std::vector<double> OtherCallers::MeasureP99(int times) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) all.push_back(MeasureP99());
  return all;
}

}  // namespace concordat::bench
