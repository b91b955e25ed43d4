// How much may be asked: what the directory allows a client, and an agreement each
// client and agency of its parties.
#ifndef CONCORDAT_SERVER_QUOTA_QUOTAS_H_
#define CONCORDAT_SERVER_QUOTA_QUOTAS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "auth/grant.h"
#include "auth/principal.h"
#include "concordat/v1/directory_service.pb.h"
#include "server/store/store.h"

namespace concordat::quota {

using Standings = std::vector<v1::QuotaStanding>;

// Counts requests and streams of this process, in memory: a minute that a restart
// cuts short begins anew, and each replica counts its own. Rows a day are the
// store's. Thread-safe.
//
// A minute begins with the first request in it, by the server's clock, and is over
// 60 seconds later or when the clock was set back before it. A quota that a change
// lowers counts what was used before.
class Quotas {
 public:
  // Counts one request, unless it is one too many: then QUOTA_EXCEEDED with
  // QuotaFailure and RetryInfo, and nothing is counted. Appends how each quota of
  // requests that applies then stands.
  absl::Status TakeRequest(const auth::Principal& principal, const auth::Grant& grant,
                           absl::Time now, Standings& standings);

  // Takes a place for a stream, to be given back by CloseStream with the same
  // arguments; or QUOTA_EXCEEDED.
  absl::Status OpenStream(const auth::Principal& principal, const auth::Grant& grant,
                          Standings& standings);
  void CloseStream(const auth::Principal& principal, const auth::Grant& grant);

  // How the client's own quota stands; empty when it has none.
  Standings OfClient(const auth::Principal& principal, absl::Time now) const;
  // How the agreement's quotas stand for the client and its agency.
  absl::StatusOr<Standings> OfAgreement(const auth::Principal& principal,
                                        const auth::CompiledAgreement& agreement, absl::Time now,
                                        const store::Store& store) const;

 private:
  // A client, and the agreement; empty for the client's own quota.
  using Key = std::pair<std::string, std::string>;
  struct Minute {
    absl::Time begin = absl::InfinitePast();
    int64_t used = 0;

    bool Has(absl::Time now) const { return begin <= now && now < begin + absl::Minutes(1); }
  };

  int64_t UsedOf(const Key& key, absl::Time now, absl::Time& reset) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<Key, Minute> minutes_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Key, int64_t> streams_ ABSL_GUARDED_BY(mutex_);
};

// Rows that a stream is to send, taken from the day's quota of its agency before
// its first message leaves. Not thread-safe; the log's thread alone uses it.
class DailyRows {
 public:
  // Whether rows of a stream under `grant` are limited, and so are to be counted.
  static bool Limits(const auth::Grant& grant);

  // None are taken.
  DailyRows() = default;
  // `rows` are to be taken for `grant`, on the day of `now`, Europe/London.
  DailyRows(const auth::Grant& grant, int64_t rows, absl::Time now);

  // Takes them in `batch`, all or, with QUOTA_EXCEEDED, none.
  absl::Status Take(store::Batch& batch, Standings& standings);
  // Gives back, in `batch`, what was taken but for `sent` rows.
  absl::Status GiveBack(store::Batch& batch, int64_t sent);

 private:
  std::string agreement_;
  std::string agency_;
  int64_t limit_ = 0;
  int64_t rows_ = 0;
  absl::Time now_;
  bool taken_ = false;
};

// The standing as trailing metadata has it, such as
// `REQUESTS_PER_MINUTE limit=60 remaining=59 reset=42`: reset in seconds from `now`.
std::string StandingText(const v1::QuotaStanding& standing, absl::Time now);

}  // namespace concordat::quota

#endif  // CONCORDAT_SERVER_QUOTA_QUOTAS_H_
