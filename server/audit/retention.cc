#include "server/audit/retention.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/durable_file.h"
#include "base/file.h"
#include "base/status.h"
#include "server/audit/tree_reader.h"
#include "server/ops/log.h"
#include "tlog/entry_bundle.h"
#include "tlog/merkle.h"
#include "tlog/tile.h"

namespace concordat::audit {
namespace {

constexpr uint64_t kWidth = tlog::kTileWidth;
// Bundles that one commit drops: 16,384 records, so that the log is not held up for long.
constexpr uint64_t kBundlesADrop = 64;

// Drops records, as an entry of the log.
class DropEntry final : public Entry {
 public:
  DropEntry(const Clock& clock, uint64_t first, uint64_t end)
      : clock_(clock), first_(first), end_(end) {}

  absl::Status Prepare(store::Batch& batch, v1::AuditRecord& record) override {
    RETURN_IF_ERROR(batch.DropAudit(end_));
    record.set_event(v1::AuditRecord::RECORDS_DROPPED_BY_RETENTION);
    record.set_decision(v1::AuditRecord::ALLOWED);
    *record.mutable_time() = ToTimestamp(clock_.Now());
    record.set_method("concordatd retention");
    record.set_resource(absl::StrCat("audit/entries/", first_, "-", end_ - 1));
    return absl::OkStatus();
  }

  void Done(absl::StatusOr<v1::Receipt> receipt) override {
    absl::MutexLock lock(&mutex_);
    done_ = receipt.status();
  }

  absl::Status Wait() {
    absl::MutexLock lock(&mutex_);
    const auto is_done = [this]()
                             ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return done_.has_value(); };
    mutex_.Await(absl::Condition(&is_done));
    return *done_;
  }

 private:
  const Clock& clock_;
  const uint64_t first_;
  const uint64_t end_;
  absl::Mutex mutex_;
  std::optional<absl::Status> done_ ABSL_GUARDED_BY(mutex_);
};

// Writes a file of the archive, unless it is there with the same bytes.
absl::Status PutFile(const std::string& directory, const std::string& name,
                     const std::string& bytes) {
  const std::filesystem::path path = std::filesystem::path(directory) / name;
  if (const absl::StatusOr<std::string> there = ReadFile(path.string()); there.ok()) {
    if (*there == bytes) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("the archive has another ", name,
                     ": it is another log's, or damaged; nothing is dropped. Move the archive away"
                     " and keep it"));
  }
  RETURN_IF_ERROR(MakeFolderDurably(path.parent_path().string()));
  return WriteFileDurably(path.string(), bytes);
}

}  // namespace

Retention::Retention(store::Store& store, AuditLog& log, const Clock& clock, Options options)
    : store_(store), log_(log), clock_(clock), options_(std::move(options)) {}

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
  const absl::Status passed = [&]() -> absl::Status {
    const LastCheckpoint checkpoint = options_.last_checkpoint();
    ASSIGN_OR_RETURN(uint64_t first, store_.AuditMinimum());
    ASSIGN_OR_RETURN(const uint64_t end, EndOfOld(first, checkpoint.size));
    while (first < end && !closing()) {
      const uint64_t next = std::min(end, first + kBundlesADrop * kWidth);
      RETURN_IF_ERROR(Archive(first, next, checkpoint));
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

absl::Status Retention::Archive(uint64_t first, uint64_t end,
                                const LastCheckpoint& checkpoint) const {
  for (uint64_t index = first / kWidth; index < end / kWidth; ++index) {
    RETURN_IF_ERROR(ArchiveBundle(index));
  }
  // What leads from the archived records to the root that is signed: their own tiles, the
  // levels above, and the tree's right edge.
  TreeReader tree(store_);
  for (const tlog::Tile& tile : tlog::TilesBetween(first, checkpoint.size)) {
    const bool is_of_later_records =
        tile.level == 0 && tile.index >= end / kWidth && tile.width == tlog::kTileWidth;
    if (tile.contents != tlog::TileContents::kHashes || is_of_later_records) continue;
    ASSIGN_OR_RETURN(const std::string hashes, tree.Tile(tile.level, tile.index, tile.width));
    RETURN_IF_ERROR(PutFile(options_.archive_directory, tlog::TilePath(tile), hashes));
  }
  return WriteFileDurably(
      (std::filesystem::path(options_.archive_directory) / "checkpoint").string(), checkpoint.note);
}

absl::Status Retention::ArchiveBundle(uint64_t index) const {
  std::string bundle;
  absl::Status appended;
  uint64_t next = index * kWidth;
  const uint64_t end = next + kWidth;
  RETURN_IF_ERROR(store_.ScanLeaves(next, [&](const store::AuditRow& row) {
    if (row.index != next || next == end) return false;
    appended = tlog::AppendEntry(row.record, bundle);
    ++next;
    return appended.ok();
  }));
  RETURN_IF_ERROR(appended);
  if (next != end)
    return absl::DataLossError(absl::StrCat("the audit record ", next, " is missing"));

  const std::string name = tlog::TilePath({tlog::TileContents::kEntries, 0, index});
  RETURN_IF_ERROR(PutFile(options_.archive_directory, name, bundle));
  // Only what is read back counts.
  ASSIGN_OR_RETURN(const std::string archived,
                   ReadFile((std::filesystem::path(options_.archive_directory) / name).string()));
  ASSIGN_OR_RETURN(const auto records, tlog::ParseEntryBundle(archived, tlog::kTileWidth));
  ASSIGN_OR_RETURN(const std::string hashes, store_.ReadTile(0, index));
  for (size_t i = 0; i < records.size(); ++i) {
    if (hashes.compare(i * tlog::kHashBytes, tlog::kHashBytes, tlog::LeafHash(records[i])) == 0) {
      continue;
    }
    return absl::DataLossError(absl::StrCat("the audit record ", index * kWidth + i,
                                            " is not the one that the tree covers; nothing is"
                                            " dropped"));
  }
  return absl::OkStatus();
}

absl::Status Retention::Drop(uint64_t first, uint64_t end) {
  DropEntry entry(clock_, first, end);
  log_.Append(entry);
  RETURN_IF_ERROR(entry.Wait());
  counters_.dropped_records.fetch_add(static_cast<int64_t>(end - first), std::memory_order_relaxed);
  ops::Log(ops::Severity::kInfo, "audit_records_dropped",
           {{"first", absl::StrCat(first)}, {"last", absl::StrCat(end - 1)}});
  return absl::OkStatus();
}

}  // namespace concordat::audit
