#include "witness/service.h"

#include <vector>

#include "base/durable_file.h"
#include "base/status.h"
#include "witness/state_folder.h"

namespace concordat::witness {
namespace {

absl::StatusOr<std::vector<Log>> LogsOf(const v1::WitnessConfig& config) {
  std::vector<Log> logs;
  for (const v1::WitnessConfig::Log& configured : config.logs()) {
    Log log{configured.origin(), {}};
    for (const std::string& text : configured.verifier_keys()) {
      ASSIGN_OR_RETURN(tlog::VerifierKey key, tlog::VerifierKey::Parse(text));
      log.keys.push_back(std::move(key));
    }
    logs.push_back(std::move(log));
  }
  return logs;
}

}  // namespace

absl::StatusOr<tlog::SignerKey> CosigningKey(const v1::WitnessConfig& config) {
  return tlog::SignerKey::FromPemFile(config.name(), tlog::SignatureType::kCosignatureV1,
                                      config.key_file());
}

absl::StatusOr<std::unique_ptr<Service>> Service::Start(const v1::WitnessConfig& config,
                                                        const Clock& clock,
                                                        std::function<void()> on_failed) {
  ASSIGN_OR_RETURN(tlog::SignerKey key, CosigningKey(config));
  ASSIGN_OR_RETURN(std::vector<Log> logs, LogsOf(config));
  ASSIGN_OR_RETURN(StateFolder state, StateFolder::Open(config.state_directory()));
  ASSIGN_OR_RETURN(std::unique_ptr<Witness> witness,
                   Witness::Create(std::move(key), std::move(logs), std::move(state), clock));
  HttpsListener::Options options;
  options.address = config.listen_address();
  options.certificate_file = config.certificate_file();
  options.private_key_file = config.private_key_file();
  Witness& raw = *witness;
  ASSIGN_OR_RETURN(
      std::unique_ptr<HttpsListener> listener,
      HttpsListener::Start(
          std::move(options), [&raw](absl::string_view body) { return raw.AddCheckpoint(body); },
          std::move(on_failed)));
  std::unique_ptr<Service> service(new Service(std::move(witness), std::move(listener)));
  if (!config.address_file().empty()) {
    RETURN_IF_ERROR(WriteFileDurably(config.address_file(), service->address() + "\n"));
  }
  return service;
}

}  // namespace concordat::witness
