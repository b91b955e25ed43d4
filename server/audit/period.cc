#include "server/audit/period.h"

#include <algorithm>
#include <optional>

#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/v1/audit.pb.h"
#include "tlog/merkle.h"
#include "tlog/tile.h"

namespace concordat::audit {
namespace {

using AuditSpan = store::Store::AuditSpan;

constexpr uint64_t kWidth = tlog::kTileWidth;

// The time of the tile's first record that leads to the root; of its first record at
// all where none does, and nothing where there is none.
absl::StatusOr<std::optional<absl::Time>> TimeOf(const store::Store& store, ProvenTree& tree,
                                                 uint64_t tile) {
  const absl::StatusOr<std::string> hashes = tree.LeafHashes(tile);
  if (!hashes.ok() && !absl::IsDataLoss(hashes.status())) return hashes.status();
  const uint64_t first = tile * kWidth;
  const uint64_t end = std::min(tree.size(), first + kWidth);
  std::optional<absl::Time> time;
  bool proven = false;
  RETURN_IF_ERROR(store.ScanLeaves(first, [&](const store::AuditRow& row) {
    if (row.index >= end) return false;
    v1::AuditRecord record;
    if (!record.ParseFromString(row.record)) return true;
    proven = hashes.ok() && hashes->substr((row.index - first) * tlog::kHashBytes,
                                           tlog::kHashBytes) == tlog::LeafHash(row.record);
    if (proven || !time.has_value()) time = ToTime(record.time());
    return !proven;
  }));
  if (proven) return time;
  // Retention may have dropped them meanwhile, and drops nothing but what is old.
  ASSIGN_OR_RETURN(const uint64_t minimum, store.AuditMinimum());
  if (first < minimum) return absl::InfinitePast();
  // Of hashes that do not lead to the root, the tree has noted whose they are.
  if (hashes.ok()) tree.NoteDamage({first, end - 1});
  return time;
}

}  // namespace

absl::StatusOr<AuditSpan> FindPeriod(const store::Store& store, ProvenTree& tree, absl::Time from,
                                     absl::Time to) {
  ASSIGN_OR_RETURN(const uint64_t minimum, store.AuditMinimum());
  AuditSpan kept{std::min(minimum, tree.size()), tree.size()};
  const uint64_t first = kept.begin / kWidth;
  const uint64_t end = tlog::TileCount(tree.size(), 0);

  // The last tile that begins before the interval.
  uint64_t low = first;
  for (uint64_t high = end; from != absl::InfinitePast() && low + 1 < high;) {
    const uint64_t middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const auto time, TimeOf(store, tree, middle));
    const bool before = time.has_value() && *time < from - kClockSlack;
    (before ? low : high) = middle;
  }
  // The first tile that begins after it; what comes before its first proven record
  // may be of the interval.
  uint64_t high = end;
  for (uint64_t below = low; to != absl::InfiniteFuture() && below + 1 < high;) {
    const uint64_t middle = below + (high - below) / 2;
    ASSIGN_OR_RETURN(const auto time, TimeOf(store, tree, middle));
    const bool after = time.has_value() && *time >= to + kClockSlack;
    (after ? high : below) = middle;
  }
  AuditSpan span{low * kWidth, (high + 1) * kWidth};
  ASSIGN_OR_RETURN(const AuditSpan indexed, store.AuditIndexesBetween(from, to));
  if (indexed.begin < indexed.end) {
    span = {std::min(span.begin, indexed.begin), std::max(span.end, indexed.end)};
  }
  return AuditSpan{std::max(kept.begin, span.begin), std::min(kept.end, span.end)};
}

absl::StatusOr<uint64_t> DroppedOf(const store::Store& store, absl::Time from, absl::Time to) {
  ASSIGN_OR_RETURN(const uint64_t minimum, store.AuditMinimum());
  ASSIGN_OR_RETURN(const AuditSpan earlier, store.AuditIndexesBetween(absl::InfinitePast(), from));
  ASSIGN_OR_RETURN(const AuditSpan within, store.AuditIndexesBetween(from, to));
  ASSIGN_OR_RETURN(const AuditSpan later, store.AuditIndexesBetween(to, absl::InfiniteFuture()));
  AuditSpan dropped{earlier.end, later.begin < later.end ? later.begin : minimum};
  if (within.begin < within.end) {
    dropped = {std::min(dropped.begin, within.begin), std::max(dropped.end, within.end)};
  }
  dropped.end = std::min(dropped.end, minimum);
  return dropped.end - std::min(dropped.begin, dropped.end);
}

}  // namespace concordat::audit
