#include "server/quota/quotas.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "google/rpc/error_details.pb.h"

namespace concordat::quota {
namespace {

using v1::QuotaStanding;

QuotaStanding StandingOf(QuotaStanding::Kind kind, absl::string_view agreement, int64_t limit,
                         int64_t used, absl::Time reset) {
  QuotaStanding standing;
  standing.set_kind(kind);
  standing.set_agreement(std::string(agreement));
  standing.set_limit(limit);
  standing.set_remaining(std::max<int64_t>(0, limit - used));
  if (reset < absl::InfiniteFuture()) *standing.mutable_reset_time() = ToTimestamp(reset);
  return standing;
}

absl::Status Exceeded(const QuotaStanding& standing, absl::string_view subject,
                      absl::string_view message, absl::Duration retry) {
  absl::Status status = MakeError(v1::QUOTA_EXCEEDED, message,
                                  {{"quota", QuotaStanding::Kind_Name(standing.kind())},
                                   {"limit", absl::StrCat(standing.limit())},
                                   {"agreement", standing.agreement()}});
  google::rpc::QuotaFailure failure;
  auto& violation = *failure.add_violations();
  violation.set_subject(std::string(subject));
  violation.set_description(std::string(message));
  AttachPayload(status, failure);
  AttachRetryDelay(status, absl::Ceil(retry, absl::Seconds(1)));
  return status;
}

const v1::Agreement::Quotas& QuotasOf(const auth::Grant& grant) {
  return grant.agreement() != nullptr ? grant.agreement()->message.quotas()
                                      : v1::Agreement::Quotas::default_instance();
}

std::string NameOf(const auth::Grant& grant) {
  return grant.agreement() != nullptr ? grant.agreement()->message.name() : std::string();
}

// A name holds no space.
std::string RowsSubject(absl::string_view agreement, absl::string_view agency) {
  return absl::StrCat("rows ", agreement, " ", agency);
}

absl::Time EndOf(absl::CivilDay day) { return StartOf(day + 1); }

}  // namespace

int64_t Quotas::UsedOf(const Key& key, absl::Time now, absl::Time& reset) const {
  const auto found = minutes_.find(key);
  const bool within = found != minutes_.end() && found->second.Has(now);
  reset = within ? found->second.begin + absl::Minutes(1) : now + absl::Minutes(1);
  return within ? found->second.used : 0;
}

absl::Status Quotas::TakeRequest(const auth::Principal& principal, const auth::Grant& grant,
                                 absl::Time now, Standings& standings) {
  const std::pair<std::string, int64_t> limits[] = {
      {"", principal.requests_per_minute},
      {NameOf(grant), QuotasOf(grant).requests_per_minute()},
  };
  if (limits[0].second == 0 && limits[1].second == 0) return absl::OkStatus();

  const size_t first = standings.size();
  absl::MutexLock lock(&mutex_);
  absl::Status outcome;
  for (const auto& [agreement, limit] : limits) {
    if (limit == 0) continue;
    absl::Time reset;
    const int64_t used = UsedOf({principal.client, agreement}, now, reset);
    const QuotaStanding standing =
        StandingOf(QuotaStanding::REQUESTS_PER_MINUTE, agreement, limit, used, reset);
    standings.push_back(standing);
    if (used >= limit && outcome.ok()) {
      outcome = Exceeded(standing, principal.client,
                         "the client has made as many requests as it may in a minute; try again "
                         "when the minute is over",
                         reset - now);
    }
  }
  if (!outcome.ok()) return outcome;
  for (size_t i = first; i < standings.size(); ++i) {
    QuotaStanding& standing = standings[i];
    Minute& minute = minutes_[{principal.client, standing.agreement()}];
    if (!minute.Has(now)) minute = {now, 0};
    ++minute.used;
    standing.set_remaining(standing.remaining() - 1);
  }
  return absl::OkStatus();
}

absl::Status Quotas::OpenStream(const auth::Principal& principal, const auth::Grant& grant,
                                Standings& standings) {
  const int64_t limit = QuotasOf(grant).concurrent_streams();
  absl::MutexLock lock(&mutex_);
  int64_t& open = streams_[{principal.client, NameOf(grant)}];
  if (limit > 0) {
    const bool full = open >= limit;
    standings.push_back(StandingOf(QuotaStanding::CONCURRENT_STREAMS, NameOf(grant), limit,
                                   full ? open : open + 1, absl::InfiniteFuture()));
    if (full) {
      return Exceeded(standings.back(), principal.client,
                      "the client has as many streams open as the agreement allows; wait for one "
                      "to end",
                      absl::Seconds(1));
    }
  }
  ++open;
  return absl::OkStatus();
}

void Quotas::CloseStream(const auth::Principal& principal, const auth::Grant& grant) {
  absl::MutexLock lock(&mutex_);
  const auto open = streams_.find({principal.client, NameOf(grant)});
  if (--open->second == 0) streams_.erase(open);
}

Standings Quotas::OfClient(const auth::Principal& principal, absl::Time now) const {
  if (principal.requests_per_minute == 0) return {};
  absl::ReaderMutexLock lock(&mutex_);
  absl::Time reset;
  const int64_t used = UsedOf({principal.client, ""}, now, reset);
  return {StandingOf(QuotaStanding::REQUESTS_PER_MINUTE, "", principal.requests_per_minute, used,
                     reset)};
}

absl::StatusOr<Standings> Quotas::OfAgreement(const auth::Principal& principal,
                                              const auth::CompiledAgreement& agreement,
                                              absl::Time now, const store::Store& store) const {
  const std::string& name = agreement.message.name();
  const v1::Agreement::Quotas& quotas = agreement.message.quotas();
  Standings standings;
  {
    absl::ReaderMutexLock lock(&mutex_);
    if (quotas.requests_per_minute() > 0) {
      absl::Time reset;
      const int64_t used = UsedOf({principal.client, name}, now, reset);
      standings.push_back(StandingOf(QuotaStanding::REQUESTS_PER_MINUTE, name,
                                     quotas.requests_per_minute(), used, reset));
    }
    if (quotas.concurrent_streams() > 0) {
      const auto open = streams_.find({principal.client, name});
      standings.push_back(
          StandingOf(QuotaStanding::CONCURRENT_STREAMS, name, quotas.concurrent_streams(),
                     open == streams_.end() ? 0 : open->second, absl::InfiniteFuture()));
    }
  }
  if (quotas.extract_rows_per_day() > 0) {
    const absl::CivilDay day = DayOf(now);
    ASSIGN_OR_RETURN(const int64_t used, store.QuotaUsed(day, RowsSubject(name, principal.agency)));
    standings.push_back(StandingOf(QuotaStanding::EXTRACT_ROWS_PER_DAY, name,
                                   quotas.extract_rows_per_day(), used, EndOf(day)));
  }
  return standings;
}

bool DailyRows::Limits(const auth::Grant& grant) {
  return QuotasOf(grant).extract_rows_per_day() > 0;
}

DailyRows::DailyRows(const auth::Grant& grant, int64_t rows, absl::Time now)
    : agreement_(NameOf(grant)),
      agency_(grant.agency()),
      limit_(QuotasOf(grant).extract_rows_per_day()),
      rows_(rows),
      now_(now) {}

absl::Status DailyRows::Take(store::Batch& batch, Standings& standings) {
  if (limit_ == 0) return absl::OkStatus();
  const absl::CivilDay day = DayOf(now_);
  const std::string subject = RowsSubject(agreement_, agency_);
  ASSIGN_OR_RETURN(const int64_t used, batch.QuotaUsed(day, subject));
  taken_ = rows_ <= limit_ - used;
  if (taken_) RETURN_IF_ERROR(batch.AddToQuota(day, subject, rows_));
  standings.push_back(StandingOf(QuotaStanding::EXTRACT_ROWS_PER_DAY, agreement_, limit_,
                                 taken_ ? used + rows_ : used, EndOf(day)));
  if (taken_) return absl::OkStatus();
  return Exceeded(standings.back(), agency_,
                  absl::StrCat("the extract has ", rows_, " rows and the agency has ",
                               std::max<int64_t>(0, limit_ - used), " of ", limit_,
                               " left today; ask for less with the filter, or tomorrow"),
                  EndOf(day) - now_);
}

absl::Status DailyRows::GiveBack(store::Batch& batch, int64_t sent) {
  if (!taken_ || sent >= rows_) return absl::OkStatus();
  taken_ = false;
  return batch.AddToQuota(DayOf(now_), RowsSubject(agreement_, agency_), sent - rows_);
}

std::string StandingText(const QuotaStanding& standing, absl::Time now) {
  std::string text = absl::StrCat(QuotaStanding::Kind_Name(standing.kind()),
                                  " limit=", standing.limit(), " remaining=", standing.remaining());
  if (standing.has_reset_time()) {
    const absl::Duration reset = ToTime(standing.reset_time()) - now;
    absl::StrAppend(&text, " reset=", absl::ToInt64Seconds(absl::Ceil(reset, absl::Seconds(1))));
  }
  return text;
}

}  // namespace concordat::quota
