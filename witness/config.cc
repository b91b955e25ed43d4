#include "witness/config.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/ip_endpoint.h"
#include "base/status.h"
#include "base/yaml_file.h"
#include "tlog/note_key.h"

namespace concordat::witness {
namespace {

using v1::WitnessConfig;

// The one that is used, and the one that takes its place.
constexpr int kMostKeys = 2;

// What is wrong with a log's key; empty when nothing is.
std::string KeyFault(const std::string& text, const std::string& origin) {
  const absl::StatusOr<tlog::VerifierKey> key = tlog::VerifierKey::Parse(text);
  if (!key.ok()) return "is no verifier key";
  if (key->type() != tlog::SignatureType::kEd25519) return "is no key of a log (type 1)";
  if (key->name() != origin) return "is not named as the origin";
  return "";
}

void CheckLogs(const WitnessConfig& config, std::vector<FieldViolation>& faults) {
  if (config.logs().empty()) faults.push_back({"logs", "is required"});
  absl::flat_hash_set<std::string> origins;
  for (int i = 0; i < config.logs_size(); ++i) {
    const WitnessConfig::Log& log = config.logs(i);
    const std::string path = absl::StrCat("logs[", i, "].");
    if (log.origin().empty()) faults.push_back({path + "origin", "is required"});
    if (!origins.insert(log.origin()).second) faults.push_back({path + "origin", "stands twice"});
    if (log.verifier_keys().empty() || log.verifier_keys_size() > kMostKeys) {
      faults.push_back({path + "verifier_keys", "must be one, or two while the key changes"});
    }
    for (int j = 0; j < log.verifier_keys_size(); ++j) {
      std::string fault = KeyFault(log.verifier_keys(j), log.origin());
      if (fault.empty()) continue;
      faults.push_back({absl::StrCat(path, "verifier_keys[", j, "]"), std::move(fault)});
    }
  }
}

std::vector<FieldViolation> FaultsOf(const WitnessConfig& config) {
  std::vector<FieldViolation> faults;
  const std::pair<const char*, const std::string*> required[] = {
      {"listen_address", &config.listen_address()},
      {"certificate_file", &config.certificate_file()},
      {"private_key_file", &config.private_key_file()},
      {"name", &config.name()},
      {"key_file", &config.key_file()},
      {"state_directory", &config.state_directory()}};
  for (const auto& [field, value] : required) {
    if (value->empty()) faults.push_back({field, "is required"});
  }
  if (!config.listen_address().empty()) {
    const absl::Status parsed = ParseIpEndpoint(config.listen_address()).status();
    if (!parsed.ok()) faults.push_back({"listen_address", std::string(parsed.message())});
  }
  CheckLogs(config, faults);
  return faults;
}

}  // namespace

absl::StatusOr<WitnessConfig> ReadConfig(const std::string& path) {
  WitnessConfig config;
  RETURN_IF_ERROR(ReadYamlFile(path, config, [&config] { return FaultsOf(config); }));
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  for (std::string* file : {config.mutable_certificate_file(), config.mutable_private_key_file(),
                            config.mutable_key_file(), config.mutable_state_directory(),
                            config.mutable_address_file()}) {
    if (!file->empty()) *file = (folder / *file).string();
  }
  return config;
}

}  // namespace concordat::witness
