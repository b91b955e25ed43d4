#include "server/tokens/token_keys.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"
#include "server/ops/log.h"

namespace concordat::tokens {
namespace {

using server::v1::ServerConfig;
using Issuer = ServerConfig::Tokens::Issuer;

auth::TokenProfile ProfileOf(const Issuer& issuer) {
  return issuer.profile() == Issuer::MICROSOFT_ENTRA ? auth::TokenProfile::kMicrosoftEntra
                                                     : auth::TokenProfile::kStrict;
}

std::optional<auth::SignatureAlgorithm> RsaAlgorithmOf(const Issuer& issuer) {
  if (issuer.rsa_algorithm().empty()) return std::nullopt;
  return auth::SignatureAlgorithmNamed(issuer.rsa_algorithm());
}

FetchedKeys::Options FetchOptionsOf(const ServerConfig::Tokens& config, const Issuer& issuer) {
  FetchedKeys::Options options;
  options.issuer = issuer.issuer();
  options.address.url = issuer.jwks_url();
  options.address.ca_file = issuer.jwks_ca_file();
  options.address.proxy = config.proxy();
  options.address.connect_timeout = absl::Seconds(config.connect_seconds());
  options.address.timeout = absl::Seconds(config.answer_seconds());
  options.address.max_bytes = auth::JsonWebKeySet::kMaxBytes;
  options.rsa_algorithm = RsaAlgorithmOf(issuer);
  options.interval = absl::Seconds(config.fetch_seconds());
  options.least_interval = absl::Seconds(config.refetch_seconds());
  options.usable_for = absl::Seconds(config.stale_seconds());
  return options;
}

}  // namespace

TokenKeys::TokenKeys(const ServerConfig::Tokens& config, auth::AccessTokenVerifierHolder& holder)
    : interval_(absl::Seconds(config.reload_seconds())), holder_(holder) {
  for (const Issuer& issuer : config.issuers()) sources_.push_back({issuer, nullptr, nullptr, ""});
}

absl::StatusOr<std::unique_ptr<TokenKeys>> TokenKeys::Start(
    const ServerConfig::Tokens& config, const Clock& clock,
    auth::AccessTokenVerifierHolder& holder) {
  std::unique_ptr<TokenKeys> keys(new TokenKeys(config, holder));
  RETURN_IF_ERROR(keys->ReadFiles());
  keys->StartFetching(config, clock);
  if (config.issuers_size() > 0) {
    keys->file_watcher_ = std::thread([raw = keys.get()] { raw->WatchFiles(); });
  }
  return keys;
}

TokenKeys::~TokenKeys() {
  std::vector<Source> sources;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    sources.swap(sources_);
  }
  // Their threads may be waiting for the mutex.
  sources.clear();
  if (file_watcher_.joinable()) file_watcher_.join();
}

absl::Status TokenKeys::ReadFiles() {
  absl::MutexLock lock(&mutex_);
  for (Source& source : sources_) {
    if (source.config.jwks_file().empty()) continue;
    const absl::Status read = Refresh(source).status();
    if (!read.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("tokens.issuers: ", source.config.jwks_file(), ": ", read.message()));
    }
  }
  return absl::OkStatus();
}

void TokenKeys::StartFetching(const ServerConfig::Tokens& config, const Clock& clock) {
  std::vector<const FetchedKeys*> fetched;
  {
    absl::MutexLock lock(&mutex_);
    for (Source& source : sources_) {
      if (source.config.jwks_url().empty()) continue;
      source.fetched = std::make_unique<FetchedKeys>(FetchOptionsOf(config, source.config), clock,
                                                     counters_, [this] {
                                                       absl::MutexLock change(&mutex_);
                                                       SwapVerifier();
                                                     });
      fetched.push_back(source.fetched.get());
    }
    SwapVerifier();
  }
  const absl::Time deadline = absl::Now() + absl::Seconds(config.answer_seconds());
  for (const FetchedKeys* keys : fetched) keys->AwaitFirstFetch(deadline - absl::Now());
}

void TokenKeys::WatchFiles() {
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
    if (source.fetched != nullptr) continue;
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
  ASSIGN_OR_RETURN(auth::JsonWebKeySet keys,
                   auth::JsonWebKeySet::Parse(*document, RsaAlgorithmOf(source.config)));
  ops::Log(ops::Severity::kInfo, "token_keys_loaded",
           {{"issuer", source.config.issuer()},
            {"file", source.config.jwks_file()},
            {"keys", absl::StrCat(keys.size())},
            {"left_out", absl::StrJoin(keys.left_out(), "; ")}});
  source.keys = std::make_shared<const auth::JsonWebKeySet>(std::move(keys));
  return true;
}

void TokenKeys::SwapVerifier() {
  if (stopping_) return;
  std::vector<auth::TokenIssuer> issuers;
  for (const Source& source : sources_) {
    const bool is_fetched = source.fetched != nullptr;
    issuers.push_back({source.config.issuer(), source.config.audience(), ProfileOf(source.config),
                       is_fetched ? source.fetched->keys() : source.keys,
                       is_fetched ? source.fetched->freshness() : nullptr});
  }
  holder_.Swap(std::make_shared<const auth::AccessTokenVerifier>(std::move(issuers)));
}

}  // namespace concordat::tokens
