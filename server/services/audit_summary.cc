#include "server/services/audit_summary.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "server/audit/tree_reader.h"
#include "server/services/audit_tally.h"
#include "tlog/merkle.h"
#include "tlog/tile.h"
#include "tlog/tree_proof.h"

namespace concordat::services {
namespace {

constexpr uint64_t kTileWidth = tlog::kTileWidth;
// Tiles, of 256 records each, that one step reads.
constexpr int kTilesAStep = 2;

class AuditSummaryRead final : public door::SteppedRead<v1::AuditSummary> {
 public:
  // The quarter's days are set in `summary`, and its checkpoint.
  AuditSummaryRead(const store::Store& store, v1::AuditSummary summary,
                   store::Store::AuditSpan span, absl::Time from, absl::Time to)
      : store_(store),
        summary_(std::move(summary)),
        from_(from),
        to_(to),
        next_(span.begin),
        end_(span.end),
        tally_(summary_.agency()) {}

  absl::StatusOr<std::optional<v1::AuditSummary>> Step() override {
    for (int i = 0; i < kTilesAStep && next_ < end_; ++i) {
      const uint64_t tile_end = std::min(end_, (next_ / kTileWidth + 1) * kTileWidth);
      RETURN_IF_ERROR(ReadTo(tile_end));
      next_ = tile_end;
    }
    if (next_ < end_) return std::nullopt;
    tally_.AddTo(summary_);
    return std::move(summary_);
  }

 private:
  // Reads the records from next_ to before `end`, which are of one tile.
  absl::Status ReadTo(uint64_t end) {
    const uint64_t tile = next_ / kTileWidth;
    absl::StatusOr<std::string> hashes = ProvenLeafHashes(tile);
    if (!hashes.ok() && !absl::IsDataLoss(hashes.status())) return hashes.status();
    uint64_t expected = next_;
    RETURN_IF_ERROR(store_.ScanLeaves(next_, [&](const store::AuditRow& row) {
      if (row.index >= end) return false;
      if (row.index > expected) NoteBad(expected);
      expected = row.index + 1;
      v1::AuditRecord record;
      const bool readable = record.ParseFromString(row.record);
      const bool sound = readable && hashes.ok() &&
                         hashes->substr((row.index - tile * kTileWidth) * tlog::kHashBytes,
                                        tlog::kHashBytes) == tlog::LeafHash(row.record);
      if (!sound) {
        NoteBad(row.index);
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
      if (expected >= minimum) NoteBad(expected);
    }
    return absl::OkStatus();
  }

  // The leaf hashes of a tile, as the checkpoint's root covers them. One proof is
  // enough: the way of a leaf to the root goes by all other leaves of its tile.
  absl::StatusOr<std::string> ProvenLeafHashes(uint64_t tile) {
    const v1::Checkpoint& checkpoint = summary_.checkpoint();
    const uint64_t first = tile * kTileWidth;
    // One for each tile, since it keeps what it reads.
    audit::TreeReader reader(store_);
    ASSIGN_OR_RETURN(std::string hashes,
                     reader.Tile(0, tile, tlog::TileWidth(checkpoint.tree_size(), 0, tile)));
    ASSIGN_OR_RETURN(const auto proof, reader.InclusionProof(first, checkpoint.tree_size()));
    RETURN_IF_ERROR(tlog::VerifyInclusion(first, checkpoint.tree_size(),
                                          hashes.substr(0, tlog::kHashBytes), proof,
                                          checkpoint.root_hash()));
    return hashes;
  }

  void NoteBad(uint64_t index) {
    if (!summary_.has_first_bad_index()) summary_.set_first_bad_index(index);
  }

  const store::Store& store_;
  v1::AuditSummary summary_;
  const absl::Time from_;
  const absl::Time to_;
  uint64_t next_;
  const uint64_t end_;
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
  const absl::Time from = StartOf(first_day);
  const absl::Time to = StartOf(end_day);

  ASSIGN_OR_RETURN(store::Store::AuditSpan span, store.AuditIndexesBetween(from, to));
  span.end = std::min(span.end, checkpoint.tree_size());
  ASSIGN_OR_RETURN(const uint64_t minimum, store.AuditMinimum());
  const uint64_t kept = std::min(std::max(span.begin, minimum), std::max(span.begin, span.end));
  summary.set_dropped_records(static_cast<int64_t>(kept - span.begin));
  span.begin = kept;
  *summary.mutable_checkpoint() = std::move(checkpoint);
  return std::make_unique<AuditSummaryRead>(store, std::move(summary), span, from, to);
}

}  // namespace concordat::services
