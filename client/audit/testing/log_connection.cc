#include "client/audit/testing/log_connection.h"

#include <algorithm>
#include <vector>

#include "base/status.h"
#include "tlog/entry_bundle.h"
#include "tlog/tile.h"
#include "tlog/tree_proof.h"

namespace concordat {
namespace {

using tlog::kTileWidth;
using tlog::Tile;
using tlog::TileContents;

// A message holds less than a bundle, so that parts have to be put together.
constexpr size_t kPartBytes = 1000;

}  // namespace

v1::Checkpoint LogConnection::Checkpoint() const {
  v1::Checkpoint checkpoint;
  checkpoint.set_note(note.empty() ? log_->Checkpoint() : note);
  checkpoint.set_minimum_index(minimum_index);
  return checkpoint;
}

absl::StatusOr<v1::Checkpoint> LogConnection::GetCheckpoint(const v1::GetCheckpointRequest&,
                                                            const CallOptions&) {
  return Checkpoint();
}

absl::StatusOr<v1::GetInclusionProofResponse> LogConnection::GetInclusionProof(
    const v1::GetInclusionProofRequest& request, const CallOptions&) {
  ASSIGN_OR_RETURN(const std::vector<std::string> hashes,
                   tlog::InclusionProof(request.index(), log_->size(),
                                        [this](tlog::NodeId node) { return log_->Node(node); }));
  v1::GetInclusionProofResponse response;
  response.mutable_hashes()->Assign(hashes.begin(), hashes.end());
  response.set_tree_size(log_->size());
  *response.mutable_checkpoint() = Checkpoint();
  return response;
}

absl::StatusOr<v1::GetConsistencyProofResponse> LogConnection::GetConsistencyProof(
    const v1::GetConsistencyProofRequest& request, const CallOptions&) {
  ASSIGN_OR_RETURN(const std::vector<std::string> hashes,
                   tlog::ConsistencyProof(request.from_size(), request.to_size(),
                                          [this](tlog::NodeId node) { return log_->Node(node); }));
  v1::GetConsistencyProofResponse response;
  response.mutable_hashes()->Assign(hashes.begin(), hashes.end());
  response.set_to_size(request.to_size());
  return response;
}

absl::Status LogConnection::ReadTiles(const v1::ReadTilesRequest& request, TileSink sink,
                                      const CallOptions&) {
  const uint64_t end = request.first() + static_cast<uint64_t>(request.count());
  for (uint64_t i = request.first(); i < end; ++i) {
    const Tile tile{TileContents::kHashes, request.level(), i,
                    tlog::TileWidth(request.tree_size(), request.level(), i)};
    v1::ReadTilesResponse message;
    message.set_path(tlog::TilePath(tile));
    for (int j = 0; j < tile.width; ++j) {
      const uint64_t index = i * kTileWidth + static_cast<uint64_t>(j);
      ASSIGN_OR_RETURN(const std::string hash, log_->Node({tile.level * tlog::kTileHeight, index}));
      *message.mutable_tile() += hash;
    }
    ++tiles_sent;
    RETURN_IF_ERROR(sink(std::move(message)));
  }
  return absl::OkStatus();
}

absl::Status LogConnection::ReadEntryBundles(const v1::ReadEntryBundlesRequest& request,
                                             EntryBundleSink sink, const CallOptions&) {
  if (request.first() * kTileWidth < minimum_index) {
    return absl::FailedPreconditionError("dropped");
  }
  const uint64_t end = request.first() + static_cast<uint64_t>(request.count());
  for (uint64_t i = request.first(); i < end; ++i) {
    const Tile tile{TileContents::kEntries, 0, i, tlog::TileWidth(request.tree_size(), 0, i)};
    std::string bundle;
    for (int j = 0; j < tile.width; ++j) {
      RETURN_IF_ERROR(
          tlog::AppendEntry(log_->record(i * kTileWidth + static_cast<uint64_t>(j)), bundle));
    }
    if (on_bundle) RETURN_IF_ERROR(on_bundle(i, bundle));
    ++bundles_sent;
    for (size_t at = 0; at < bundle.size(); at += kPartBytes) {
      v1::ReadEntryBundlesResponse message;
      message.set_path(tlog::TilePath(tile));
      message.set_data(bundle.substr(at, kPartBytes));
      message.set_last(at + kPartBytes >= bundle.size());
      RETURN_IF_ERROR(sink(std::move(message)));
    }
  }
  return absl::OkStatus();
}

}  // namespace concordat
