#include "server/config.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/ip_endpoint.h"
#include "base/status.h"
#include "base/yaml_file.h"
#include "server/https/https_request.h"
#include "tlog/note_key.h"

namespace concordat {
namespace {

using server::v1::ServerConfig;
using TokenIssuer = ServerConfig::Tokens::Issuer;

// The transport takes some times as much (transport limits are 32-bit numbers).
constexpr int32_t kMostRequestBytes = 64 << 20;

void Default(int32_t value, int32_t by_default, void (ServerConfig::Limits::*set)(int32_t),
             ServerConfig::Limits& limits) {
  if (value == 0) (limits.*set)(by_default);
}

void FillDefaults(ServerConfig& config) {
  using Limits = ServerConfig::Limits;
  Limits& limits = *config.mutable_limits();
  Default(limits.max_connections(), 1000, &Limits::set_max_connections, limits);
  Default(limits.max_connections_per_address(), 200, &Limits::set_max_connections_per_address,
          limits);
  Default(limits.handshake_deadline_milliseconds(), 5000,
          &Limits::set_handshake_deadline_milliseconds, limits);
  Default(limits.max_request_bytes(), 1 << 20, &Limits::set_max_request_bytes, limits);
  Default(limits.max_calls(), 1000, &Limits::set_max_calls, limits);
  Default(limits.max_calls_per_certificate(), 200, &Limits::set_max_calls_per_certificate, limits);
  Default(limits.request_deadline_milliseconds(), 10000, &Limits::set_request_deadline_milliseconds,
          limits);
  Default(limits.call_deadline_milliseconds(), 60000, &Limits::set_call_deadline_milliseconds,
          limits);
  Default(limits.refused_calls_burst(), 200, &Limits::set_refused_calls_burst, limits);
  Default(limits.refused_calls_per_second(), 10, &Limits::set_refused_calls_per_second, limits);
  Default(limits.max_memory_mebibytes(), 512, &Limits::set_max_memory_mebibytes, limits);
  if (config.drain_seconds() == 0) config.set_drain_seconds(20);
  if (config.tokens().reload_seconds() == 0) config.mutable_tokens()->set_reload_seconds(5);
  if (config.tokens().fetch_seconds() == 0) config.mutable_tokens()->set_fetch_seconds(300);
  if (config.tokens().stale_seconds() == 0) config.mutable_tokens()->set_stale_seconds(14400);
  if (config.tokens().refetch_seconds() == 0) config.mutable_tokens()->set_refetch_seconds(30);
  if (config.tokens().connect_seconds() == 0) config.mutable_tokens()->set_connect_seconds(3);
  if (config.tokens().answer_seconds() == 0) config.mutable_tokens()->set_answer_seconds(10);
  if (config.audit().checkpoint_seconds() == 0) config.mutable_audit()->set_checkpoint_seconds(5);
  if (config.audit().checkpoint_records() == 0) {
    config.mutable_audit()->set_checkpoint_records(10000);
  }
  if (config.audit().cosignature_seconds() == 0) {
    config.mutable_audit()->set_cosignature_seconds(60);
  }
  for (TokenIssuer& issuer : *config.mutable_tokens()->mutable_issuers()) {
    // Entra's keys carry no `alg`, and it signs with RS256 alone.
    if (issuer.profile() == TokenIssuer::MICROSOFT_ENTRA && issuer.rsa_algorithm().empty()) {
      issuer.set_rsa_algorithm("RS256");
    }
  }
}

// Where the issuer's keys come from.
void CheckKeySource(const TokenIssuer& issuer, const std::string& path,
                    std::vector<FieldViolation>& problems) {
  if (issuer.jwks_file().empty() == issuer.jwks_url().empty()) {
    problems.push_back({path + "jwks_file", "or jwks_url is required, and not both"});
  }
  if (issuer.jwks_url().empty() != issuer.jwks_ca_file().empty()) {
    problems.push_back({path + "jwks_ca_file", "is required with jwks_url, and only with it"});
  }
  if (issuer.jwks_url().empty()) return;
  const absl::Status checked = https::CheckHttpsUrl(issuer.jwks_url());
  if (!checked.ok()) problems.push_back({path + "jwks_url", std::string(checked.message())});
}

// `tokens` has its defaults.
void CheckFetchTimes(const ServerConfig::Tokens& tokens, std::vector<FieldViolation>& problems) {
  if (tokens.stale_seconds() <= tokens.fetch_seconds()) {
    problems.push_back({"tokens.stale_seconds", "must be more than tokens.fetch_seconds"});
  }
  if (tokens.refetch_seconds() > tokens.fetch_seconds()) {
    problems.push_back({"tokens.refetch_seconds", "must be at most tokens.fetch_seconds"});
  }
  if (tokens.proxy().empty()) return;
  const absl::Status checked = https::CheckProxyUrl(tokens.proxy());
  if (!checked.ok()) problems.push_back({"tokens.proxy", std::string(checked.message())});
}

void CheckTokenIssuers(const ServerConfig::Tokens& tokens, std::vector<FieldViolation>& problems) {
  absl::flat_hash_set<std::string> names;
  for (int i = 0; i < tokens.issuers_size(); ++i) {
    const TokenIssuer& issuer = tokens.issuers(i);
    const std::string path = absl::StrCat("tokens.issuers[", i, "].");
    const std::pair<const char*, const std::string*> required[] = {
        {"issuer", &issuer.issuer()}, {"audience", &issuer.audience()}};
    for (const auto& [field, value] : required) {
      if (value->empty()) problems.push_back({path + field, "is required"});
    }
    CheckKeySource(issuer, path, problems);
    if (!issuer.issuer().empty() && !names.insert(issuer.issuer()).second) {
      problems.push_back({path + "issuer", "stands twice"});
    }
    const std::string& algorithm = issuer.rsa_algorithm();
    if (!algorithm.empty() && algorithm != "RS256" && algorithm != "PS256") {
      problems.push_back({path + "rsa_algorithm", "must be RS256 or PS256"});
    }
  }
}

void CheckWitnesses(const ServerConfig::Audit& audit, std::vector<FieldViolation>& problems) {
  absl::flat_hash_set<std::string> names;
  for (int i = 0; i < audit.witnesses_size(); ++i) {
    const ServerConfig::Audit::Witness& witness = audit.witnesses(i);
    const std::string path = absl::StrCat("audit.witnesses[", i, "].");
    const absl::Status url = https::CheckHttpsUrl(witness.url());
    if (!url.ok()) problems.push_back({path + "url", std::string(url.message())});
    if (witness.ca_file().empty()) problems.push_back({path + "ca_file", "is required"});
    const auto key = tlog::VerifierKey::Parse(witness.verifier_key());
    if (!key.ok() || key->type() != tlog::SignatureType::kCosignatureV1) {
      problems.push_back({path + "verifier_key", "is no key of cosignatures (type 4)"});
    } else if (!names.insert(key->name()).second) {
      problems.push_back({path + "verifier_key", "names a witness that stands twice"});
    }
  }
  if (audit.required_cosignatures() > audit.witnesses_size()) {
    problems.push_back({"audit.required_cosignatures", "must be at most the number of witnesses"});
  }
}

// Records that are in use, such as last month's, are not for an archive.
constexpr int kFewestRetentionDays = 30;
// A hundred years: more is a slip of the pen.
constexpr int kMostRetentionDays = 36500;

void CheckRetention(const ServerConfig::Audit& audit, std::vector<FieldViolation>& problems) {
  const int days = audit.retention_days();
  if (days != 0 && (days < kFewestRetentionDays || days > kMostRetentionDays)) {
    problems.push_back({"audit.retention_days",
                        absl::StrCat("must be 0, which keeps all records for ever, or from ",
                                     kFewestRetentionDays, " to ", kMostRetentionDays)});
  }
  if ((days != 0) == audit.archive_directory().empty()) {
    problems.push_back(
        {"audit.archive_directory", "is required with audit.retention_days, and only with it"});
  }
}

// What is wrong with the values, each with its field. Defaults are filled in.
std::vector<FieldViolation> Problems(const ServerConfig& config) {
  std::vector<FieldViolation> problems;
  const auto require = [&](const std::string& value, const char* field) {
    if (value.empty()) problems.push_back({field, "is required"});
  };
  const auto endpoint = [&](const std::string& value, const char* field) {
    if (value.empty()) return;
    const absl::Status parsed = ParseIpEndpoint(value).status();
    if (!parsed.ok()) problems.push_back({field, std::string(parsed.message())});
  };
  require(config.listen_address(), "listen_address");
  endpoint(config.listen_address(), "listen_address");
  endpoint(config.health_address(), "health_address");
  endpoint(config.metrics_address(), "metrics_address");
  require(config.database_path(), "database_path");
  require(config.tls().certificate_file(), "tls.certificate_file");
  require(config.tls().private_key_file(), "tls.private_key_file");
  require(config.tls().client_ca_file(), "tls.client_ca_file");
  if (config.tls().crl_required() && config.tls().crl_file().empty()) {
    problems.push_back({"tls.crl_required", "asks for tls.crl_file"});
  }
  require(config.log_origin(), "log_origin");
  if (config.log_origin().find_first_of(" +\t\n") != std::string::npos) {
    problems.push_back({"log_origin", "must hold no space and no +"});
  }
  require(config.audit().key_file(), "audit.key_file");
  require(config.audit().checkpoint_file(), "audit.checkpoint_file");
  const auto positive = [&](int64_t value, const char* field) {
    if (value < 0) problems.push_back({field, "must not be negative"});
  };
  const ServerConfig::Limits& limits = config.limits();
  positive(limits.max_connections(), "limits.max_connections");
  positive(limits.max_connections_per_address(), "limits.max_connections_per_address");
  positive(limits.handshake_deadline_milliseconds(), "limits.handshake_deadline_milliseconds");
  positive(limits.max_request_bytes(), "limits.max_request_bytes");
  if (limits.max_request_bytes() > kMostRequestBytes) {
    problems.push_back(
        {"limits.max_request_bytes", absl::StrCat("must be at most ", kMostRequestBytes)});
  }
  positive(limits.max_calls(), "limits.max_calls");
  positive(limits.max_calls_per_certificate(), "limits.max_calls_per_certificate");
  positive(limits.request_deadline_milliseconds(), "limits.request_deadline_milliseconds");
  positive(limits.call_deadline_milliseconds(), "limits.call_deadline_milliseconds");
  positive(limits.refused_calls_burst(), "limits.refused_calls_burst");
  positive(limits.refused_calls_per_second(), "limits.refused_calls_per_second");
  positive(limits.max_memory_mebibytes(), "limits.max_memory_mebibytes");
  positive(config.drain_seconds(), "drain_seconds");
  positive(config.audit().checkpoint_seconds(), "audit.checkpoint_seconds");
  positive(config.audit().checkpoint_records(), "audit.checkpoint_records");
  positive(config.audit().required_cosignatures(), "audit.required_cosignatures");
  positive(config.audit().cosignature_seconds(), "audit.cosignature_seconds");
  const ServerConfig::Tokens& tokens = config.tokens();
  positive(tokens.reload_seconds(), "tokens.reload_seconds");
  positive(tokens.fetch_seconds(), "tokens.fetch_seconds");
  positive(tokens.stale_seconds(), "tokens.stale_seconds");
  positive(tokens.refetch_seconds(), "tokens.refetch_seconds");
  positive(tokens.connect_seconds(), "tokens.connect_seconds");
  positive(tokens.answer_seconds(), "tokens.answer_seconds");
  CheckWitnesses(config.audit(), problems);
  CheckRetention(config.audit(), problems);
  CheckFetchTimes(tokens, problems);
  CheckTokenIssuers(tokens, problems);
  return problems;
}

}  // namespace

absl::StatusOr<ServerConfig> ReadConfig(const std::string& path) {
  ServerConfig config;
  RETURN_IF_ERROR(ReadYamlFile(path, config, [&config] {
    FillDefaults(config);
    return Problems(config);
  }));
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  for (std::string* file :
       {config.mutable_database_path(), config.mutable_tls()->mutable_certificate_file(),
        config.mutable_tls()->mutable_private_key_file(),
        config.mutable_tls()->mutable_client_ca_file(), config.mutable_tls()->mutable_crl_file(),
        config.mutable_address_file(), config.mutable_audit()->mutable_key_file(),
        config.mutable_audit()->mutable_second_key_file(),
        config.mutable_audit()->mutable_checkpoint_file(),
        config.mutable_audit()->mutable_archive_directory()}) {
    if (!file->empty()) *file = (folder / *file).string();
  }
  for (ServerConfig::Audit::Witness& witness : *config.mutable_audit()->mutable_witnesses()) {
    if (!witness.ca_file().empty()) witness.set_ca_file((folder / witness.ca_file()).string());
  }
  for (TokenIssuer& issuer : *config.mutable_tokens()->mutable_issuers()) {
    for (std::string* file : {issuer.mutable_jwks_file(), issuer.mutable_jwks_ca_file()}) {
      if (!file->empty()) *file = (folder / *file).string();
    }
  }
  return config;
}

}  // namespace concordat
