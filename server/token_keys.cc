#include "server/token_keys.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"
#include "server/config.h"
#include "server/ops/log.h"

namespace concordat {
namespace {

using server::v1::ServerConfig;

auth::TokenProfile ProfileOf(const ServerConfig::Tokens::Issuer& issuer) {
  return issuer.profile() == ServerConfig::Tokens::Issuer::MICROSOFT_ENTRA
             ? auth::TokenProfile::kMicrosoftEntra
             : auth::TokenProfile::kStrict;
}

}  // namespace

TokenKeys::TokenKeys(const ServerConfig::Tokens& config, auth::AccessTokenVerifierHolder& holder)
    : interval_(absl::Seconds(config.reload_seconds())), holder_(holder) {
  for (const ServerConfig::Tokens::Issuer& issuer : config.issuers()) {
    sources_.push_back({issuer, nullptr, ""});
  }
}

absl::StatusOr<std::unique_ptr<TokenKeys>> TokenKeys::Load(
    const ServerConfig::Tokens& config, auth::AccessTokenVerifierHolder& holder) {
  std::unique_ptr<TokenKeys> keys(new TokenKeys(config, holder));
  absl::MutexLock lock(&keys->mutex_);
  for (Source& source : keys->sources_) {
    const absl::Status read = keys->Refresh(source).status();
    if (!read.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("tokens.issuers: ", source.config.jwks_file(), ": ", read.message()));
    }
  }
  keys->SwapVerifier();
  return keys;
}

TokenKeys::~TokenKeys() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (watcher_.joinable()) watcher_.join();
}

void TokenKeys::Run() {
  {
    absl::MutexLock lock(&mutex_);
    if (sources_.empty()) return;
  }
  watcher_ = std::thread([this] { Watch(); });
}

void TokenKeys::Watch() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), interval_)) return;
    }
    Reload();
  }
}

void TokenKeys::Reload() {
  absl::MutexLock lock(&mutex_);
  bool any_changed = false;
  for (Source& source : sources_) {
    const absl::StatusOr<bool> changed = Refresh(source);
    if (!changed.ok()) {
      ops::Log(ops::Severity::kError, "token_keys_refused",
               {{"issuer", source.config.issuer()},
                {"file", source.config.jwks_file()},
                {"cause", std::string(changed.status().message())}});
    } else {
      any_changed |= *changed;
    }
  }
  if (any_changed) SwapVerifier();
}

absl::StatusOr<bool> TokenKeys::Refresh(Source& source) {
  const absl::StatusOr<std::string> document = ReadFile(source.config.jwks_file());
  std::string sha256 = document.ok() ? Sha256Of(*document) : "";
  // A fault is told once, and not as often as the file is looked at.
  if (sha256 == source.seen_sha256 && source.keys != nullptr) return false;
  source.seen_sha256 = std::move(sha256);
  RETURN_IF_ERROR(document.status());
  std::optional<auth::SignatureAlgorithm> rsa_algorithm;
  if (!source.config.rsa_algorithm().empty()) {
    rsa_algorithm = auth::SignatureAlgorithmNamed(source.config.rsa_algorithm());
  }
  ASSIGN_OR_RETURN(auth::JsonWebKeySet keys, auth::JsonWebKeySet::Parse(*document, rsa_algorithm));
  ops::Log(ops::Severity::kInfo, "token_keys_loaded",
           {{"issuer", source.config.issuer()},
            {"file", source.config.jwks_file()},
            {"keys", absl::StrCat(keys.size())},
            {"left_out", absl::StrJoin(keys.left_out(), "; ")}});
  source.keys = std::make_shared<const auth::JsonWebKeySet>(std::move(keys));
  return true;
}

void TokenKeys::SwapVerifier() {
  std::vector<auth::TokenIssuer> issuers;
  for (const Source& source : sources_) {
    issuers.push_back(
        {source.config.issuer(), source.config.audience(), ProfileOf(source.config), source.keys});
  }
  holder_.Swap(std::make_shared<const auth::AccessTokenVerifier>(std::move(issuers)));
}

}  // namespace concordat
