// Releases that follow each other: what an earlier one showed and hid binds the next.
#ifndef CONCORDAT_SERVER_DOMAIN_DISCLOSURE_SUCCESSION_H_
#define CONCORDAT_SERVER_DOMAIN_DISCLOSURE_SUCCESSION_H_

#include "server/domain/disclosure/release.h"
#include "server/domain/disclosure/table.h"

namespace concordat::domain::disclosure {

// The table of `current`, as it has to be protected after `earlier` was released. To
// release again, give the returned table as `earlier`: it remembers all releases.
//
// - A count is the same when neither its value nor a part of it changed: what was shown of
//   it is known, and what was hidden stays hidden, so that no two releases can be laid side
//   by side. One that is not available may have changed.
// - A revised count is a new one. Its earlier value stands beside it, unpublished, under
//   its name with `@1` (`@2`, …), with the earlier sums, and stays protected. Where it
//   was hidden, the new value is hidden too, unless it is zero: a reader would take one
//   for the other.
// - Ratios likewise.
// `release` is what Protect() made of `earlier`.
Table Following(const Table& earlier, const ProtectedRelease& release, const Table& current);

}  // namespace concordat::domain::disclosure

#endif  // CONCORDAT_SERVER_DOMAIN_DISCLOSURE_SUCCESSION_H_
