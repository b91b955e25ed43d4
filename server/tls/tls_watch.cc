#include "server/tls/tls_watch.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "auth/certificate.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"
#include "server/ops/log.h"

namespace concordat::tls {
namespace {

using server::v1::ServerConfig;

constexpr absl::Duration kInterval = absl::Milliseconds(500);
// A set that is being written settles sooner than that, or at the next interval.
constexpr int kReadings = 4;

// Tells one content from another in memory, without keeping a key there.
std::string ContentOf(const absl::StatusOr<TlsSet>& set) {
  if (!set.ok()) return std::string(set.status().message());
  return Sha256Of(absl::StrCat(set->certificate.size(), ":", set->certificate, set->key.size(), ":",
                               set->key, set->authorities));
}

std::string ContentOf(const absl::StatusOr<std::string>& lists) {
  return lists.ok() ? Sha256Of(*lists) : std::string(lists.status().message());
}

void LogTaken(const TlsSet& set) {
  const auto certificate = auth::ParseCertificate(set.certificate);
  if (!certificate.ok()) return;
  ops::Log(ops::Severity::kInfo, "tls_set_taken",
           {{"certificate_sha256", absl::BytesToHexString(certificate->sha256)},
            {"not_after", FormatInstant(certificate->not_after)}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsWatch>> TlsWatch::Start(const ServerConfig::Tls& files,
                                                          const Clock& clock,
                                                          OnAdmission on_admission) {
  ASSIGN_OR_RETURN(TlsSet set, ReadTlsSet(files));
  RETURN_IF_ERROR(CheckTlsSet(set, absl::Now()));
  std::unique_ptr<TlsWatch> watch(
      new TlsWatch(files, clock, std::move(on_admission), std::move(set)));
  watch->Update(watch->Read());
  watch->thread_ = std::thread([raw = watch.get()] { raw->Loop(); });
  return watch;
}

TlsWatch::TlsWatch(const ServerConfig::Tls& files, const Clock& clock, OnAdmission on_admission,
                   TlsSet set)
    : files_(files),
      clock_(clock),
      on_admission_(std::move(on_admission)),
      source_(std::move(set)) {
  revocation_.Swap(std::make_shared<const auth::Revocation>(nullptr, files_.crl_required()));
  counters_.sets_taken = 1;
  LogTaken(*source_.Get());
}

TlsWatch::~TlsWatch() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void TlsWatch::Loop() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kInterval)) return;
    }
    if (const std::optional<Reading> reading = ReadSettled()) Update(*reading);
    UpdateAdmission();
  }
}

TlsWatch::Reading TlsWatch::Read() const {
  Reading reading{ReadTlsSet(files_), std::string()};
  if (!files_.crl_file().empty()) reading.lists = ReadFile(files_.crl_file());
  return reading;
}

std::optional<TlsWatch::Reading> TlsWatch::ReadSettled() const {
  Reading reading = Read();
  for (int i = 1; i < kReadings; ++i) {
    Reading again = Read();
    if (again == reading) return reading;
    reading = std::move(again);
  }
  return std::nullopt;
}

void TlsWatch::Update(const Reading& reading) {
  UpdateSet(reading.set);
  // After the set: a list may be signed by an authority that came with it.
  if (!files_.crl_file().empty()) UpdateLists(reading.lists);
  UpdateAdmission();
}

void TlsWatch::UpdateSet(const absl::StatusOr<TlsSet>& set) {
  if (set.ok() && *set == *source_.Get()) {
    refused_set_ = {};
    return;
  }
  const absl::Status checked = set.ok() ? CheckTlsSet(*set, absl::Now()) : set.status();
  if (checked.ok()) {
    refused_set_ = {};
    source_.Swap(*set);
    counters_.sets_taken.fetch_add(1, std::memory_order_relaxed);
    return LogTaken(*set);
  }
  Refused refused{ContentOf(set), std::string(checked.message())};
  if (refused == refused_set_) return;
  refused_set_ = std::move(refused);
  counters_.sets_refused.fetch_add(1, std::memory_order_relaxed);
  ops::Log(ops::Severity::kError, "tls_set_refused", {{"cause", refused_set_.cause}});
}

void TlsWatch::UpdateLists(const absl::StatusOr<std::string>& lists) {
  const std::string authorities = source_.Get()->authorities;
  if (lists.ok() && lists_in_force_ == *lists && authorities == lists_checked_against_) {
    refused_lists_ = {};
    return;
  }
  const absl::Status taken = TakeLists(lists);
  if (taken.ok()) return;
  Refused refused{ContentOf(lists), std::string(taken.message())};
  if (refused == refused_lists_) return;
  refused_lists_ = std::move(refused);
  counters_.lists_refused.fetch_add(1, std::memory_order_relaxed);
  ops::Log(ops::Severity::kError, "revocation_lists_refused", {{"cause", refused_lists_.cause}});
}

absl::Status TlsWatch::TakeLists(const absl::StatusOr<std::string>& lists) {
  RETURN_IF_ERROR(lists.status());
  const std::string authorities = source_.Get()->authorities;
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(auth::RevocationLists parsed,
                   auth::RevocationLists::Parse(*lists, authorities, now));
  if (parsed.next_update() <= now) {
    return absl::FailedPreconditionError("a list has ended: its nextUpdate is past");
  }
  refused_lists_ = {};
  lists_in_force_ = *lists;
  lists_checked_against_ = authorities;
  lists_ended_ = false;
  const auto in_force = std::make_shared<const auth::RevocationLists>(std::move(parsed));
  revocation_.Swap(std::make_shared<const auth::Revocation>(in_force, files_.crl_required()));
  counters_.lists_taken.fetch_add(1, std::memory_order_relaxed);
  ops::Log(ops::Severity::kInfo, "revocation_lists_taken",
           {{"next_update", FormatInstant(in_force->next_update())}});
  return absl::OkStatus();
}

void TlsWatch::UpdateAdmission() {
  const absl::Time now = clock_.Now();
  const std::shared_ptr<const auth::Revocation> revocation = revocation_.Get();
  const bool ended = revocation->lists() != nullptr && revocation->lists()->next_update() <= now;
  if (ended && !lists_ended_) {
    ops::Log(ops::Severity::kError, "revocation_lists_ended",
             {{"next_update", FormatInstant(revocation->lists()->next_update())}});
  }
  lists_ended_ = ended;

  const bool admits = revocation->AdmitsAt(now);
  if (admits_ == admits) return;
  if (!admits) {
    ops::Log(ops::Severity::kError, "nobody_admitted",
             {{"cause", "tls.crl_required is set, and there is no current revocation list"}});
  } else if (admits_.has_value()) {
    ops::Log(ops::Severity::kInfo, "admitted_again");
  }
  admits_ = admits;
  on_admission_(admits);
}

}  // namespace concordat::tls
