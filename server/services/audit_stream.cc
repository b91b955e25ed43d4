#include "server/services/audit_stream.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/civil_time.h"
#include "base/status.h"
#include "server/services/audit_filter.h"

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
              v1::StreamAuditEntriesRequest request, store::Store::AuditSpan span)
      : store_(store),
        call_(std::move(call)),
        request_(std::move(request)),
        from_(request_.has_from() ? ToTime(request_.from()) : absl::InfinitePast()),
        to_(request_.has_to() ? ToTime(request_.to()) : absl::InfiniteFuture()),
        next_(span.begin),
        end_(span.end) {}

  absl::StatusOr<std::optional<Part>> Next() override {
    Part part;
    size_t bytes = 0;
    int visited = 0;
    bool full = false;
    absl::Status failed;
    if (next_ >= end_) return std::nullopt;
    RETURN_IF_ERROR(store_.ScanLeaves(next_, [&](const store::AuditRow& row) {
      if (row.index >= end_) {
        next_ = end_;
        return false;
      }
      absl::StatusOr<v1::AuditEntry> entry = ReadAuditEntry(call_->grant(), row);
      if (!entry.ok()) {
        failed = std::move(entry).status();
        return false;
      }
      if (Passes(entry->record())) {
        const size_t size = entry->ByteSizeLong() + kRoomAroundEntry;
        full = part.entries_size() > 0 && bytes + size > kMaxPartBytes;
        if (full) return false;
        bytes += size;
        *part.add_entries() = *std::move(entry);
      }
      next_ = row.index + 1;
      return ++visited < kMostVisited;
    }));
    RETURN_IF_ERROR(failed);
    // No record came although some should: retention dropped them meanwhile.
    if (!full && visited == 0) next_ = end_;
    if (part.entries_size() == 0 && next_ >= end_) return std::nullopt;
    rows_ += part.entries_size();
    return part;
  }

  int64_t rows() const override { return rows_; }

 private:
  bool Passes(const v1::AuditRecord& record) const {
    const absl::Time time = ToTime(record.time());
    return from_ <= time && time < to_ && PassesAuditFilter(request_, record);
  }

  const store::Store& store_;
  const std::shared_ptr<const door::Call> call_;
  const v1::StreamAuditEntriesRequest request_;
  const absl::Time from_;
  const absl::Time to_;
  uint64_t next_;
  const uint64_t end_;
  int64_t rows_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<door::MessageSource<Part>>> OpenAuditStream(
    const store::Store& store, std::shared_ptr<const door::Call> call,
    const v1::StreamAuditEntriesRequest& request) {
  RETURN_IF_ERROR(CheckAuditFilter(*call, request));
  store::Store::AuditSpan span;
  if (request.has_from() || request.has_to()) {
    ASSIGN_OR_RETURN(span, store.AuditIndexesBetween(
                               request.has_from() ? ToTime(request.from()) : absl::InfinitePast(),
                               request.has_to() ? ToTime(request.to()) : absl::InfiniteFuture()));
  } else {
    ASSIGN_OR_RETURN(span.end, store.AuditSize());
  }
  span.begin = std::max(span.begin, request.first_index());
  return std::make_unique<AuditStream>(store, std::move(call), request, span);
}

}  // namespace concordat::services
