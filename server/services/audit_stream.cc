#include "server/services/audit_stream.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/civil_time.h"
#include "base/status.h"
#include "server/services/audit_filter.h"
#include "server/services/record_check.h"
#include "tlog/tile.h"

namespace concordat::services {
namespace {

using Part = v1::StreamAuditEntriesResponse;

constexpr size_t kMaxPartBytes = 64 * 1024;
// An entry's tag and length in its message.
constexpr size_t kRoomAroundEntry = 8;
// A read of the store is no longer than this, and nothing else is kept waiting by it.
constexpr int kMostVisited = 2000;

class AuditStream final : public door::MessageSource<Part> {
 public:
  AuditStream(const store::Store& store, std::shared_ptr<const door::Call> call,
              v1::StreamAuditEntriesRequest request, RecordCheck check,
              store::Store::AuditSpan span)
      : store_(store),
        call_(std::move(call)),
        request_(std::move(request)),
        from_(request_.has_from() ? ToTime(request_.from()) : absl::InfinitePast()),
        to_(request_.has_to() ? ToTime(request_.to()) : absl::InfiniteFuture()),
        check_(std::move(check)),
        next_(span.begin),
        end_(span.end) {}

  absl::StatusOr<std::optional<Part>> Next() override {
    Part part;
    size_t bytes = 0;
    int visited = 0;
    bool stopped = false;
    absl::Status failed;
    RETURN_IF_ERROR(SkipDropped());
    if (next_ >= end_) return std::nullopt;
    RETURN_IF_ERROR(store_.ScanLeaves(next_, [&](const store::AuditRow& row) {
      if (row.index != next_ || next_ == end_) return false;
      absl::StatusOr<v1::AuditEntry> entry = ReadAuditEntry(call_->grant(), row);
      failed = entry.ok() ? check_.Compare(row.index, entry->leaf_hash()) : entry.status();
      if (!failed.ok()) return false;
      if (Passes(entry->record())) {
        const size_t size = entry->ByteSizeLong() + kRoomAroundEntry;
        stopped = part.entries_size() > 0 && bytes + size > kMaxPartBytes;
        if (stopped) return false;
        bytes += size;
        *part.add_entries() = *std::move(entry);
      }
      ++next_;
      stopped = ++visited == kMostVisited;
      return !stopped;
    }));
    RETURN_IF_ERROR(failed);
    if (!stopped && next_ < end_) {
      // Retention may have dropped it meanwhile.
      ASSIGN_OR_RETURN(const uint64_t minimum, store_.AuditMinimum());
      if (next_ >= minimum) return RecordMissing(next_);
    }
    if (part.entries_size() == 0 && next_ >= end_) return std::nullopt;
    rows_ += part.entries_size();
    return part;
  }

  int64_t rows() const override { return rows_; }

 private:
  // Goes on at the first record that retention has not dropped.
  absl::Status SkipDropped() {
    ASSIGN_OR_RETURN(const uint64_t minimum, store_.AuditMinimum());
    if (next_ >= minimum) return absl::OkStatus();
    // It drops whole bundles.
    if (minimum % tlog::kTileWidth != 0) return RecordMissing(minimum - 1);
    next_ = minimum;
    return absl::OkStatus();
  }

  bool Passes(const v1::AuditRecord& record) const {
    const absl::Time time = ToTime(record.time());
    return from_ <= time && time < to_ && PassesAuditFilter(request_, record);
  }

  const store::Store& store_;
  const std::shared_ptr<const door::Call> call_;
  const v1::StreamAuditEntriesRequest request_;
  const absl::Time from_;
  const absl::Time to_;
  RecordCheck check_;
  uint64_t next_;
  const uint64_t end_;
  int64_t rows_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<door::MessageSource<Part>>> OpenAuditStream(
    const store::Store& store, std::shared_ptr<const door::Call> call,
    const v1::StreamAuditEntriesRequest& request, const v1::Checkpoint& checkpoint, uint64_t size) {
  RETURN_IF_ERROR(CheckAuditFilter(*call, request));
  RecordCheck check(store, checkpoint);
  std::optional<absl::Time> from;
  std::optional<absl::Time> to;
  if (request.has_from()) from = ToTime(request.from());
  if (request.has_to()) to = ToTime(request.to());
  ASSIGN_OR_RETURN(store::Store::AuditSpan span, check.FindPeriod(from, to, size));
  span.begin = std::max(span.begin, request.first_index());
  return std::make_unique<AuditStream>(store, std::move(call), request, std::move(check), span);
}

}  // namespace concordat::services
