#include "tests/support/real_witness.h"

#include <csignal>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/support/certificates.h"
#include "tests/support/must.h"
#include "tlog/test_log.h"

namespace concordat::e2e {

RealWitness::RealWitness(const std::string& name, char seed, const tlog::VerifierKey& log) {
  // A caller that goes away in the middle of an answer.
  std::signal(SIGPIPE, SIG_IGN);
  const Certificates& certificates = Certificates::Get();
  WriteWhole(folder_.Path("key"), tlog::PemOfSeed(std::string(32, seed)));
  std::filesystem::create_directory(folder_.Path("state"));
  config_.set_listen_address("127.0.0.1:0");
  config_.set_certificate_file(certificates.Path("server.crt"));
  config_.set_private_key_file(certificates.Path("server.key"));
  config_.set_name(name);
  config_.set_key_file(folder_.Path("key"));
  config_.set_state_directory(folder_.Path("state"));
  witness::v1::WitnessConfig::Log& watched = *config_.add_logs();
  watched.set_origin(log.name());
  watched.add_verifier_keys(log.ToString());
  Start();
  config_.set_listen_address(service_->address());
}

void RealWitness::Start() {
  service_ = Must(witness::Service::Start(config_, clock_, [] { Die("the witness ended"); }));
}

void RealWitness::Stop() { service_.reset(); }

tlog::VerifierKey RealWitness::key() const {
  return Must(witness::CosigningKey(config_)).verifier();
}

server::v1::ServerConfig::Audit::Witness RealWitness::config() const {
  server::v1::ServerConfig::Audit::Witness witness;
  witness.set_url(absl::StrCat("https://", config_.listen_address()));
  witness.set_verifier_key(key().ToString());
  witness.set_ca_file(Certificates::Get().Path("ca.crt"));
  return witness;
}

}  // namespace concordat::e2e
