// Which records are of an interval, as the records say themselves.
#ifndef CONCORDAT_SERVER_AUDIT_PERIOD_H_
#define CONCORDAT_SERVER_AUDIT_PERIOD_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/audit/proven_tree.h"
#include "server/store/store.h"

namespace concordat::audit {

// How much earlier than an earlier record's time a record's may be, as after a clock
// was set back, without FindPeriod missing any.
inline constexpr absl::Duration kClockSlack = absl::Hours(1);

// Records that are kept: all before `tree.size()` that were made at or after `from`
// and before `to`, and some around them. Halves the log by the times of records that
// lead to the signed root, so that it takes some dozens of them however long the log
// is. The store's own index of hours can only widen the answer: it tells of clocks
// that were set back by more than kClockSlack. Where a tile that it looks at cannot be
// proven, `tree.damage()` says so, and the times that its records claim are believed.
absl::StatusOr<store::Store::AuditSpan> FindPeriod(const store::Store& store, ProvenTree& tree,
                                                   absl::Time from, absl::Time to);

// How many records that retention has dropped were of the interval. They are gone,
// so that only the store's index of hours tells: those that it does not show to be
// of another time are counted.
absl::StatusOr<uint64_t> DroppedOf(const store::Store& store, absl::Time from, absl::Time to);

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_PERIOD_H_
