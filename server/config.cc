#include "server/config.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "base/ip_endpoint.h"
#include "base/status.h"
#include "base/yaml_message.h"

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
  for (TokenIssuer& issuer : *config.mutable_tokens()->mutable_issuers()) {
    // Entra's keys carry no `alg`, and it signs with RS256 alone.
    if (issuer.profile() == TokenIssuer::MICROSOFT_ENTRA && issuer.rsa_algorithm().empty()) {
      issuer.set_rsa_algorithm("RS256");
    }
  }
}

void CheckTokenIssuers(const ServerConfig::Tokens& tokens, std::vector<FieldViolation>& problems) {
  absl::flat_hash_set<std::string> names;
  for (int i = 0; i < tokens.issuers_size(); ++i) {
    const TokenIssuer& issuer = tokens.issuers(i);
    const std::string path = absl::StrCat("tokens.issuers[", i, "].");
    const std::pair<const char*, const std::string*> required[] = {
        {"issuer", &issuer.issuer()},
        {"audience", &issuer.audience()},
        {"jwks_file", &issuer.jwks_file()}};
    for (const auto& [field, value] : required) {
      if (value->empty()) problems.push_back({path + field, "is required"});
    }
    if (!issuer.issuer().empty() && !names.insert(issuer.issuer()).second) {
      problems.push_back({path + "issuer", "stands twice"});
    }
    const std::string& algorithm = issuer.rsa_algorithm();
    if (!algorithm.empty() && algorithm != "RS256" && algorithm != "PS256") {
      problems.push_back({path + "rsa_algorithm", "must be RS256 or PS256"});
    }
  }
}

// What is wrong with the values, each with its field.
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
  positive(config.tokens().reload_seconds(), "tokens.reload_seconds");
  CheckTokenIssuers(config.tokens(), problems);
  return problems;
}

// One problem as it is shown; `field` is empty for one of the text as a whole.
std::string Shown(const std::string& path, int line, const std::string& field,
                  const std::string& description) {
  return absl::StrCat(path, ":", line, ": ", field, field.empty() ? "" : " ", description);
}

}  // namespace

absl::StatusOr<ServerConfig> ReadConfig(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  ServerConfig config;
  YamlLines lines;
  std::vector<std::string> problems;
  // An empty file is a configuration in which everything is missing.
  if (!absl::StripAsciiWhitespace(text).empty()) {
    for (const YamlProblem& problem : ReadYaml(text, config, {}, &lines)) {
      problems.push_back(Shown(path, problem.line, problem.field, problem.description));
    }
  }
  if (problems.empty()) {
    for (const FieldViolation& problem : Problems(config)) {
      problems.push_back(
          Shown(path, LineOf(lines, problem.field), problem.field, problem.description));
    }
  }
  if (!problems.empty()) return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));

  FillDefaults(config);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  for (std::string* file :
       {config.mutable_database_path(), config.mutable_tls()->mutable_certificate_file(),
        config.mutable_tls()->mutable_private_key_file(),
        config.mutable_tls()->mutable_client_ca_file(), config.mutable_tls()->mutable_crl_file(),
        config.mutable_address_file()}) {
    if (!file->empty()) *file = (folder / *file).string();
  }
  for (TokenIssuer& issuer : *config.mutable_tokens()->mutable_issuers()) {
    issuer.set_jwks_file((folder / issuer.jwks_file()).string());
  }
  return config;
}

}  // namespace concordat
