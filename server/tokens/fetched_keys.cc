#include "server/tokens/fetched_keys.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/status.h"
#include "server/ops/log.h"

namespace concordat::tokens {

FetchedKeys::FetchedKeys(Options options, const Clock& clock, TokenKeyCounters& counters,
                         std::function<void()> on_change)
    : options_(std::move(options)),
      clock_(clock),
      counters_(counters),
      on_change_(std::move(on_change)),
      thread_([this] { Loop(); }) {}

FetchedKeys::~FetchedKeys() {
  stopping_ = true;
  freshness_->Stop();
  thread_.join();
}

std::shared_ptr<const auth::JsonWebKeySet> FetchedKeys::keys() const {
  absl::ReaderMutexLock lock(&mutex_);
  return keys_;
}

void FetchedKeys::AwaitFirstFetch(absl::Duration patience) const {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&fetched_once_), patience);
}

void FetchedKeys::Loop() {
  do {
    Fetch();
    NoteWhetherUsable();
    {
      absl::MutexLock lock(&mutex_);
      fetched_once_ = true;
    }
    if (freshness_->AwaitStop(options_.least_interval)) return;
    if (!failed_) freshness_->AwaitMissedKey(options_.interval - options_.least_interval);
  } while (!stopping_);
}

void FetchedKeys::Fetch() {
  freshness_->BeginFetch();
  const absl::Time begun = clock_.Now();
  const absl::StatusOr<bool> changed = Take(https::FetchHttps(options_.address, stopping_));
  failed_ = !changed.ok();
  if (failed_) return LogFailure(changed.status());
  logged_failure_.clear();
  // The keys first: until then the age is that of the keys before.
  if (*changed) on_change_();
  freshness_->SetUsableUntil(begun + options_.usable_for);
  counters_.fetches_succeeded.fetch_add(1, std::memory_order_relaxed);
}

absl::StatusOr<bool> FetchedKeys::Take(const absl::StatusOr<std::string>& document) {
  RETURN_IF_ERROR(document.status());
  std::string sha256 = Sha256Of(*document);
  if (sha256 == document_sha256_) return false;
  ASSIGN_OR_RETURN(auth::JsonWebKeySet keys,
                   auth::JsonWebKeySet::Parse(*document, options_.rsa_algorithm));
  ops::Log(ops::Severity::kInfo, "token_keys_loaded",
           {{"issuer", options_.issuer},
            {"url", options_.address.url},
            {"keys", absl::StrCat(keys.size())},
            {"left_out", absl::StrJoin(keys.left_out(), "; ")}});
  document_sha256_ = std::move(sha256);
  absl::MutexLock lock(&mutex_);
  keys_ = std::make_shared<const auth::JsonWebKeySet>(std::move(keys));
  return true;
}

void FetchedKeys::LogFailure(const absl::Status& failure) {
  if (stopping_) return;
  const std::string cause(failure.message());
  if (cause != logged_failure_) {
    const absl::Time usable_until = freshness_->usable_until();
    ops::Log(ops::Severity::kError, "token_fetch_failed",
             {{"issuer", options_.issuer},
              {"url", options_.address.url},
              {"cause", cause},
              {"keys_usable_until",
               usable_until == absl::InfinitePast() ? "" : FormatInstant(usable_until)}});
    logged_failure_ = cause;
  }
  // After the line, so that who waits for the number finds it.
  counters_.fetches_failed.fetch_add(1, std::memory_order_relaxed);
}

void FetchedKeys::NoteWhetherUsable() {
  const bool closed = !freshness_->IsUsableAt(clock_.Now());
  if (stopping_ || closed == logged_closed_) return;
  logged_closed_ = closed;
  if (closed) {
    ops::Log(ops::Severity::kError, "token_issuer_closed",
             {{"issuer", options_.issuer}, {"url", options_.address.url}});
    counters_.issuers_closed.fetch_add(1, std::memory_order_relaxed);
  } else {
    ops::Log(ops::Severity::kInfo, "token_issuer_open",
             {{"issuer", options_.issuer}, {"url", options_.address.url}});
    counters_.issuers_opened.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace concordat::tokens
