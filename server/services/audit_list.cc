#include "server/services/audit_list.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "server/services/audit_filter.h"
#include "server/services/paging.h"
#include "server/services/record_check.h"
#include "tlog/tile.h"

namespace concordat::services {
namespace {

// A page ends where it has looked at so many records, however few of them passed, or
// at records of so many tiles.
constexpr int kMostVisited = 10000;
constexpr int kMostTiles = 256;

// One page while it is filled.
class AuditPage {
 public:
  AuditPage(const store::Store& store, const door::Call& call,
            const v1::ListAuditEntriesRequest& request, const v1::Checkpoint& checkpoint,
            const Page& page)
      : store_(store), call_(call), request_(request), check_(store, checkpoint), filler_(page) {
    if (request.has_from()) from_ = ToTime(request.from());
    if (request.has_to()) to_ = ToTime(request.to());
  }

  // The records of the agency that are before `before`.
  absl::Status FillFromIndex(const std::string& agency, uint64_t before) {
    store::Store::AuditRange range;
    range.before = before;
    range.from = from_;
    range.to = to_;
    range.agency = agency;
    return Scan(range, [this](const store::AuditRow& row) { return Show(row); });
  }

  // All records before `before`, one after the other: no column beside them is believed.
  absl::Status FillFromAll(uint64_t before, uint64_t size) {
    ASSIGN_OR_RETURN(const store::Store::AuditSpan span, check_.FindPeriod(from_, to_, size));
    store::Store::AuditRange range;
    range.before = std::min(before, span.end);
    // All records from here on were looked at.
    uint64_t seen = range.before;
    bool stopped = false;
    RETURN_IF_ERROR(Scan(range, [&](const store::AuditRow& row) -> absl::StatusOr<bool> {
      stopped = seen <= span.begin;
      if (stopped) return false;
      if (row.index + 1 != seen) return RecordMissing(seen - 1);
      seen = row.index;
      ASSIGN_OR_RETURN(const bool more, Show(row));
      stopped = !more;
      return more;
    }));
    if (stopped || seen <= span.begin) return absl::OkStatus();
    // Retention drops whole bundles, from the beginning on.
    ASSIGN_OR_RETURN(const uint64_t minimum, store_.AuditMinimum());
    if (seen > minimum) return RecordMissing(seen - 1);
    if (minimum % tlog::kTileWidth != 0) return RecordMissing(minimum - 1);
    return absl::OkStatus();
  }

  absl::StatusOr<v1::ListAuditEntriesResponse> Finish() {
    response_.set_next_page_token(filler_.next_page_token());
    ASSIGN_OR_RETURN(const uint64_t minimum, store_.AuditMinimum());
    response_.set_minimum_index(minimum);
    return std::move(response_);
  }

 private:
  absl::Status Scan(const store::Store::AuditRange& range,
                    absl::FunctionRef<absl::StatusOr<bool>(const store::AuditRow&)> visit) {
    absl::Status failed;
    RETURN_IF_ERROR(store_.ScanAudit(call_.grant(), range, [&](const store::AuditRow& row) {
      const absl::StatusOr<bool> more = visit(row);
      failed = more.status();
      return more.ok() && *more;
    }));
    return failed;
  }

  // Takes the record into the page if it passes. Whether the page has room for more.
  absl::StatusOr<bool> Show(const store::AuditRow& row) {
    ASSIGN_OR_RETURN(v1::AuditEntry entry, ReadAuditEntry(call_.grant(), row));
    RETURN_IF_ERROR(check_.Compare(row.index, entry.leaf_hash()));
    const std::string cursor = absl::StrCat(row.index);
    if (Passes(entry.record())) {
      if (!filler_.Take(entry.ByteSizeLong(), cursor)) return false;
      *response_.add_entries() = std::move(entry);
    }
    if (++visited_ < kMostVisited && check_.tiles() < kMostTiles) return true;
    filler_.EndAt(cursor);
    return false;
  }

  bool Passes(const v1::AuditRecord& record) const {
    const absl::Time time = ToTime(record.time());
    return time >= from_.value_or(absl::InfinitePast()) &&
           time < to_.value_or(absl::InfiniteFuture()) && PassesAuditFilter(request_, record);
  }

  const store::Store& store_;
  const door::Call& call_;
  const v1::ListAuditEntriesRequest& request_;
  std::optional<absl::Time> from_;
  std::optional<absl::Time> to_;
  RecordCheck check_;
  PageFiller filler_;
  int visited_ = 0;
  v1::ListAuditEntriesResponse response_;
};

}  // namespace

absl::StatusOr<v1::ListAuditEntriesResponse> ListAudit(const store::Store& store,
                                                       const door::Call& call,
                                                       const v1::ListAuditEntriesRequest& request,
                                                       const v1::Checkpoint& checkpoint,
                                                       uint64_t size) {
  RETURN_IF_ERROR(CheckAuditFilter(call, request));
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store));
  uint64_t before = size;
  if (!page.cursor.empty() && !absl::SimpleAtoi(page.cursor, &before)) {
    return absl::InternalError("a page token of this server cannot be read");
  }
  AuditPage filled(store, call, request, checkpoint, page);
  // What an agency may see holds what its clients did.
  const std::string agency =
      call.grant().sees_all_agencies() ? request.agency() : call.grant().agency();
  RETURN_IF_ERROR(agency.empty() ? filled.FillFromAll(before, size)
                                 : filled.FillFromIndex(agency, before));
  return filled.Finish();
}

}  // namespace concordat::services
