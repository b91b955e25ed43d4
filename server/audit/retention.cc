#include "server/audit/retention.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "server/ops/log.h"
#include "tlog/tile.h"

namespace concordat::audit {
namespace {

constexpr uint64_t kWidth = tlog::kTileWidth;
// Bundles that one commit drops: 16,384 records, so that the log is not held up for long.
constexpr uint64_t kBundlesADrop = 64;

}  // namespace

Retention::Retention(store::Store& store, AuditLog& log, const Clock& clock, Options options)
    : store_(store),
      log_(log),
      clock_(clock),
      options_(std::move(options)),
      archive_(store, options_.archive_directory) {}

Retention::~Retention() {
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Retention::Start() {
  thread_ = std::thread([this] { Loop(); });
}

bool Retention::closing() const {
  absl::MutexLock lock(&mutex_);
  return closing_;
}

void Retention::Loop() {
  while (true) {
    if (const absl::Status passed = Pass(); !passed.ok()) {
      ops::Log(ops::Severity::kError, "audit_retention_failed", {{"cause", passed.ToString()}});
    }
    absl::MutexLock lock(&mutex_);
    if (mutex_.AwaitWithTimeout(absl::Condition(&closing_), options_.interval)) return;
  }
}

absl::Status Retention::Pass() {
  absl::MutexLock lock(&pass_mutex_);
  absl::Status passed = [&]() -> absl::Status {
    const LastCheckpoint checkpoint = options_.last_checkpoint();
    ASSIGN_OR_RETURN(uint64_t first, store_.AuditMinimum());
    ASSIGN_OR_RETURN(const uint64_t end, EndOfOld(first, checkpoint.size));
    while (first < end && !closing()) {
      const uint64_t next = std::min(end, first + kBundlesADrop * kWidth);
      RETURN_IF_ERROR(Keep(first, next, checkpoint));
      RETURN_IF_ERROR(Drop(first, next));
      first = next;
    }
    return absl::OkStatus();
  }();
  if (!passed.ok()) counters_.failures.fetch_add(1, std::memory_order_relaxed);
  return passed;
}

absl::StatusOr<uint64_t> Retention::EndOfOld(uint64_t minimum, uint64_t covered) const {
  const absl::Time before = clock_.Now() - options_.keep;
  uint64_t end = covered;
  ASSIGN_OR_RETURN(const std::vector<store::AuditRow> open, store_.OpenStreams());
  for (const store::AuditRow& row : open) end = std::min(end, row.index);
  // The clock may have been set back: the first young record ends what is old.
  bool damaged = false;
  RETURN_IF_ERROR(store_.ScanLeaves(minimum, [&](const store::AuditRow& row) {
    if (row.index >= end) return false;
    v1::AuditRecord record;
    damaged |= !record.ParseFromString(row.record);
    if (damaged || ToTime(record.time()) >= before) {
      end = row.index;
      return false;
    }
    return true;
  }));
  if (damaged) {
    return absl::DataLossError(absl::StrCat("the audit record ", end, " cannot be read"));
  }
  return std::max(minimum, end - end % kWidth);
}

absl::Status Retention::Keep(uint64_t first, uint64_t end, const LastCheckpoint& checkpoint) const {
  RETURN_IF_ERROR(archive_.PutRecords(first, end));
  // What leads from the archived records to the root that is signed: their own tiles, the
  // levels above, and the tree's right edge.
  for (const tlog::Tile& tile : tlog::TilesBetween(first, checkpoint.size)) {
    const bool is_of_later_records =
        tile.level == 0 && tile.index >= end / kWidth && tile.width == tlog::kTileWidth;
    if (tile.contents != tlog::TileContents::kHashes || is_of_later_records) continue;
    RETURN_IF_ERROR(archive_.PutTile(tile));
  }
  return archive_.PutCheckpoint(checkpoint.note);
}

absl::Status Retention::Drop(uint64_t first, uint64_t end) {
  RETURN_IF_ERROR(AppendAndWait(log_, [&](store::Batch& batch, v1::AuditRecord& record) {
    record.set_event(v1::AuditRecord::RECORDS_DROPPED_BY_RETENTION);
    record.set_decision(v1::AuditRecord::ALLOWED);
    *record.mutable_time() = ToTimestamp(clock_.Now());
    record.set_method("concordatd retention");
    record.set_resource(absl::StrCat("audit/entries/", first, "-", end - 1));
    return batch.DropAudit(end);
  }));
  counters_.dropped_records.fetch_add(static_cast<int64_t>(end - first), std::memory_order_relaxed);
  ops::Log(ops::Severity::kInfo, "audit_records_dropped",
           {{"first", absl::StrCat(first)}, {"last", absl::StrCat(end - 1)}});
  return absl::OkStatus();
}

}  // namespace concordat::audit
