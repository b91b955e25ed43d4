#include "server/services/audit_summary.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "server/audit/period.h"
#include "server/audit/proven_tree.h"
#include "server/services/audit_tally.h"
#include "tlog/merkle.h"
#include "tlog/tile.h"

namespace concordat::services {
namespace {

constexpr uint64_t kTileWidth = tlog::kTileWidth;
// Tiles, of 256 records each, that one step reads.
constexpr int kTilesAStep = 2;

class AuditSummaryRead final : public door::SteppedRead<v1::AuditSummary> {
 public:
  // The quarter's days are set in `summary`, and its checkpoint.
  AuditSummaryRead(const store::Store& store, v1::AuditSummary summary, absl::Time from,
                   absl::Time to)
      : store_(store),
        summary_(std::move(summary)),
        from_(from),
        to_(to),
        tree_(store, summary_.checkpoint().tree_size(), summary_.checkpoint().root_hash()),
        tally_(summary_.agency()) {}

  absl::StatusOr<std::optional<v1::AuditSummary>> Step() override {
    if (!rest_.has_value()) {
      RETURN_IF_ERROR(Begin());
      return std::nullopt;
    }
    for (int i = 0; i < kTilesAStep && rest_->begin < rest_->end; ++i) {
      const uint64_t tile_end = std::min(rest_->end, (rest_->begin / kTileWidth + 1) * kTileWidth);
      RETURN_IF_ERROR(ReadTo(tile_end));
      rest_->begin = tile_end;
    }
    if (rest_->begin < rest_->end) return std::nullopt;
    tally_.AddTo(summary_);
    if (const std::optional<audit::Damage::Span>& bad = tree_.damage().first()) {
      summary_.set_first_bad_index(bad->first);
      if (bad->last > bad->first) summary_.set_last_bad_index(bad->last);
    }
    return std::move(summary_);
  }

 private:
  // Finds the quarter's records.
  absl::Status Begin() {
    ASSIGN_OR_RETURN(rest_, audit::FindPeriod(store_, tree_, from_, to_));
    ASSIGN_OR_RETURN(const uint64_t dropped, audit::DroppedOf(store_, from_, to_));
    summary_.set_dropped_records(static_cast<int64_t>(dropped));
    // Retention drops whole bundles.
    ASSIGN_OR_RETURN(const uint64_t minimum, store_.AuditMinimum());
    const uint64_t missing = minimum % kTileWidth;
    if (missing != 0) tree_.NoteDamage({minimum - missing, minimum - 1});
    return absl::OkStatus();
  }

  // Reads the records from where the rest begins to before `end`, which are of one tile.
  absl::Status ReadTo(uint64_t end) {
    const uint64_t tile = rest_->begin / kTileWidth;
    const absl::StatusOr<std::string> hashes = tree_.LeafHashes(tile);
    if (!hashes.ok() && !absl::IsDataLoss(hashes.status())) return hashes.status();
    uint64_t expected = rest_->begin;
    RETURN_IF_ERROR(store_.ScanLeaves(expected, [&](const store::AuditRow& row) {
      if (row.index >= end) return false;
      if (row.index > expected) tree_.NoteDamage({expected, expected});
      expected = row.index + 1;
      // Of which records it is the matter, the tree has noted.
      if (!hashes.ok()) return true;
      v1::AuditRecord record;
      const absl::string_view hash = absl::string_view(*hashes).substr(
          (row.index - tile * kTileWidth) * tlog::kHashBytes, tlog::kHashBytes);
      if (hash != tlog::LeafHash(row.record) || !record.ParseFromString(row.record)) {
        tree_.NoteDamage({row.index, row.index});
        return true;
      }
      const absl::Time time = ToTime(record.time());
      if (time < from_ || to_ <= time) return true;
      summary_.set_verified_records(summary_.verified_records() + 1);
      tally_.Add(record);
      return true;
    }));
    if (expected < end) {
      // Retention may have dropped them meanwhile; else they are missing.
      ASSIGN_OR_RETURN(const uint64_t minimum, store_.AuditMinimum());
      if (expected >= minimum) tree_.NoteDamage({expected, expected});
    }
    return absl::OkStatus();
  }

  const store::Store& store_;
  v1::AuditSummary summary_;
  const absl::Time from_;
  const absl::Time to_;
  audit::ProvenTree tree_;
  // What is not read yet of the quarter; nothing before the first step.
  std::optional<store::Store::AuditSpan> rest_;
  AuditTally tally_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<door::SteppedRead<v1::AuditSummary>>> BeginAuditSummary(
    const store::Store& store, const door::Call& call, const v1::SummariseAuditRequest& request,
    v1::Checkpoint checkpoint) {
  v1::AuditSummary summary;
  summary.set_agency(request.agency().empty() ? call.grant().agency() : request.agency());
  if (!call.grant().sees_all_agencies() && summary.agency() != call.grant().agency()) {
    return call.grant().OutOfScope();
  }
  if (!call.policy().HasAgency(summary.agency())) {
    return InvalidField("agency", "names an agency that the directory lacks");
  }
  const absl::CivilMonth first_month(request.year(), request.quarter() * 3 - 2);
  const absl::CivilDay first_day(first_month);
  const absl::CivilDay end_day(first_month + 3);
  *summary.mutable_first_day() = ToDate(first_day);
  *summary.mutable_last_day() = ToDate(end_day - 1);
  *summary.mutable_checkpoint() = std::move(checkpoint);
  return std::make_unique<AuditSummaryRead>(store, std::move(summary), StartOf(first_day),
                                            StartOf(end_day));
}

}  // namespace concordat::services
