#include "server/services/audit_proofs.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "server/audit/tree_reader.h"
#include "server/services/record_check.h"
#include "tlog/entry_bundle.h"
#include "tlog/tile.h"

namespace concordat::services {
namespace {

using audit::KeptCheckpoint;

// Most tiles or bundles that one call streams.
constexpr int kMostTiles = 1024;
// A bundle of large records is sent in parts, so that no message is large.
constexpr size_t kPartBytes = 256 * 1024;
constexpr absl::Duration kCheckpointDelay = absl::Seconds(1);

absl::Status Pending(uint64_t tree_size) {
  absl::Status status =
      MakeError(v1::CHECKPOINT_PENDING,
                absl::StrCat("the last checkpoint covers ", tree_size, " records; ask again soon"),
                {{"tree_size", absl::StrCat(tree_size)}});
  AttachRetryDelay(status, kCheckpointDelay);
  return status;
}

absl::Status Dropped(uint64_t minimum_index) {
  return MakeError(v1::RECORDS_DROPPED,
                   absl::StrCat("the records before ", minimum_index,
                                " were archived and dropped; ask the operator for the archive"),
                   {{"minimum_index", absl::StrCat(minimum_index)}});
}

// Which tiles a request means: those before `end`.
struct TileRange {
  uint64_t next = 0;
  uint64_t end = 0;
};

TileRange RangeOf(uint64_t first, int count, uint64_t tiles) {
  const auto asked = static_cast<uint64_t>(std::clamp(count, 1, kMostTiles));
  first = std::min(first, tiles);
  return {first, std::min(tiles, first + asked)};
}

class Tiles final : public door::MessageSource<v1::ReadTilesResponse> {
 public:
  Tiles(const store::Store& store, uint64_t size, int level, TileRange range)
      : store_(store), size_(size), level_(level), range_(range) {}

  absl::StatusOr<std::optional<v1::ReadTilesResponse>> Next() override {
    if (range_.next == range_.end) return std::nullopt;
    const tlog::Tile tile{tlog::TileContents::kHashes, level_, range_.next,
                          tlog::TileWidth(size_, level_, range_.next)};
    v1::ReadTilesResponse message;
    audit::TreeReader reader(store_);
    absl::StatusOr<std::string> hashes = reader.Tile(level_, tile.index, tile.width);
    RETURN_IF_ERROR(ShowDamage(hashes.status()));
    message.set_tile(*std::move(hashes));
    message.set_path(tlog::TilePath(tile));
    ++range_.next;
    ++sent_;
    return message;
  }
  int64_t rows() const override { return sent_; }

 private:
  const store::Store& store_;
  const uint64_t size_;
  const int level_;
  TileRange range_;
  int64_t sent_ = 0;
};

class Bundles final : public door::MessageSource<v1::ReadEntryBundlesResponse> {
 public:
  Bundles(const store::Store& store, uint64_t size, TileRange range)
      : store_(store), size_(size), range_(range) {}

  absl::StatusOr<std::optional<v1::ReadEntryBundlesResponse>> Next() override {
    if (at_ == bundle_.size()) {
      if (range_.next == range_.end) return std::nullopt;
      RETURN_IF_ERROR(Load());
    }
    v1::ReadEntryBundlesResponse message;
    message.set_path(path_);
    message.set_data(bundle_.substr(at_, kPartBytes));
    at_ += message.data().size();
    message.set_last(at_ == bundle_.size());
    return message;
  }
  int64_t rows() const override { return records_; }

 private:
  // Reads the next bundle.
  absl::Status Load() {
    const int width = tlog::TileWidth(size_, 0, range_.next);
    const uint64_t first = range_.next * tlog::kTileWidth;
    const uint64_t end = first + static_cast<uint64_t>(width);
    bundle_.clear();
    at_ = 0;
    uint64_t next = first;
    absl::Status appended;
    RETURN_IF_ERROR(store_.ScanLeaves(first, [&](const store::AuditRow& row) {
      if (row.index != next) return false;
      appended = tlog::AppendEntry(row.record, bundle_);
      return appended.ok() && ++next < end;
    }));
    RETURN_IF_ERROR(appended);
    if (next != end) {
      // Retention may have dropped it since the stream was opened.
      ASSIGN_OR_RETURN(const uint64_t minimum, store_.AuditMinimum());
      if (first < minimum) return Dropped(minimum);
      return RecordMissing(next);
    }
    path_ = tlog::TilePath({tlog::TileContents::kEntries, 0, range_.next, width});
    ++range_.next;
    records_ += width;
    return absl::OkStatus();
  }

  const store::Store& store_;
  const uint64_t size_;
  TileRange range_;
  std::string path_;
  std::string bundle_;
  size_t at_ = 0;
  int64_t records_ = 0;
};

template <typename Response>
void AddHashes(const std::vector<std::string>& hashes, Response& response) {
  for (const std::string& hash : hashes) response.add_hashes(hash);
}

}  // namespace

absl::StatusOr<v1::Checkpoint> AuditProofs::Describe(const KeptCheckpoint& kept) const {
  v1::Checkpoint checkpoint;
  checkpoint.set_note(kept.note);
  checkpoint.set_origin(kept.checkpoint.origin);
  checkpoint.set_tree_size(kept.checkpoint.size);
  checkpoint.set_root_hash(kept.checkpoint.root);
  if (kept.signed_at.has_value()) *checkpoint.mutable_sign_time() = ToTimestamp(*kept.signed_at);
  ASSIGN_OR_RETURN(const uint64_t minimum, store_.AuditMinimum());
  checkpoint.set_minimum_index(minimum);
  return checkpoint;
}

absl::Status AuditProofs::NotSigned(absl::string_view field, uint64_t records,
                                    const KeptCheckpoint& last) const {
  ASSIGN_OR_RETURN(const uint64_t size, store_.AuditSize());
  if (records > size) return InvalidField(field, "is beyond the log's end");
  return Pending(last.checkpoint.size);
}

absl::StatusOr<uint64_t> AuditProofs::SizeOf(absl::string_view field, uint64_t asked,
                                             const KeptCheckpoint& last) const {
  if (asked > last.checkpoint.size) return NotSigned(field, asked, last);
  return asked == 0 ? last.checkpoint.size : asked;
}

absl::StatusOr<v1::Checkpoint> AuditProofs::GetCheckpoint() const {
  return Describe(*checkpointer_.Last());
}

absl::StatusOr<uint64_t> AuditProofs::LogSize() const {
  ASSIGN_OR_RETURN(const uint64_t stored, store_.AuditSize());
  return std::max(stored, checkpointer_.size());
}

absl::StatusOr<v1::GetInclusionProofResponse> AuditProofs::GetInclusionProof(
    const v1::GetInclusionProofRequest& request) const {
  const std::shared_ptr<const KeptCheckpoint> last = checkpointer_.Last();
  ASSIGN_OR_RETURN(const uint64_t size, SizeOf("tree_size", request.tree_size(), *last));
  if (request.index() >= size) {
    if (request.tree_size() != 0) return InvalidField("index", "must be below `tree_size`");
    // No log has so many records that one more would overflow.
    const uint64_t records = std::max(request.index(), request.index() + 1);
    return NotSigned("index", records, *last);
  }
  v1::GetInclusionProofResponse response;
  audit::TreeReader reader(store_);
  const auto hashes = reader.InclusionProof(request.index(), size);
  RETURN_IF_ERROR(ShowDamage(hashes.status()));
  AddHashes(*hashes, response);
  response.set_tree_size(size);
  ASSIGN_OR_RETURN(*response.mutable_checkpoint(), Describe(*last));
  return response;
}

absl::StatusOr<v1::GetConsistencyProofResponse> AuditProofs::GetConsistencyProof(
    const v1::GetConsistencyProofRequest& request) const {
  const std::shared_ptr<const KeptCheckpoint> last = checkpointer_.Last();
  ASSIGN_OR_RETURN(const uint64_t size, SizeOf("to_size", request.to_size(), *last));
  if (request.from_size() > size) {
    if (request.to_size() != 0) return InvalidField("from_size", "must be at most `to_size`");
    return NotSigned("from_size", request.from_size(), *last);
  }
  v1::GetConsistencyProofResponse response;
  audit::TreeReader reader(store_);
  const auto hashes = reader.ConsistencyProof(request.from_size(), size);
  RETURN_IF_ERROR(ShowDamage(hashes.status()));
  AddHashes(*hashes, response);
  response.set_to_size(size);
  ASSIGN_OR_RETURN(*response.mutable_checkpoint(), Describe(*last));
  return response;
}

absl::StatusOr<std::unique_ptr<door::MessageSource<v1::ReadTilesResponse>>> AuditProofs::ReadTiles(
    const v1::ReadTilesRequest& request) const {
  ASSIGN_OR_RETURN(const uint64_t size,
                   SizeOf("tree_size", request.tree_size(), *checkpointer_.Last()));
  return std::make_unique<Tiles>(
      store_, size, request.level(),
      RangeOf(request.first(), request.count(), tlog::TileCount(size, request.level())));
}

absl::StatusOr<std::unique_ptr<door::MessageSource<v1::ReadEntryBundlesResponse>>>
AuditProofs::ReadEntryBundles(const v1::ReadEntryBundlesRequest& request) const {
  ASSIGN_OR_RETURN(const uint64_t size,
                   SizeOf("tree_size", request.tree_size(), *checkpointer_.Last()));
  ASSIGN_OR_RETURN(const uint64_t minimum, store_.AuditMinimum());
  const TileRange range = RangeOf(request.first(), request.count(), tlog::TileCount(size, 0));
  if (range.next < range.end && range.next * tlog::kTileWidth < minimum) return Dropped(minimum);
  return std::make_unique<Bundles>(store_, size, range);
}

}  // namespace concordat::services
