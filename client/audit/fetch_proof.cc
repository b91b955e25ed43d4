#include "client/audit/fetch_proof.h"

#include <utility>
#include <vector>

#include "base/status.h"
#include "concordat/audit.h"
#include "tlog/checkpoint.h"
#include "tlog/tile.h"
#include "tlog/tree_proof.h"

namespace concordat::audit_export {
namespace {

// The leaf hash at `index`, as the tiles of the tree of `tree_size` have it.
absl::StatusOr<std::string> LeafHashAt(Client& client, uint64_t index, uint64_t tree_size,
                                       const CallOptions& options) {
  v1::ReadTilesRequest request;
  request.set_first(index / tlog::kTileWidth);
  request.set_count(1);
  request.set_tree_size(tree_size);
  std::string tile;
  RETURN_IF_ERROR(client.ReadTiles(
      request,
      [&](v1::ReadTilesResponse message) {
        tile = std::move(*message.mutable_tile());
        return absl::OkStatus();
      },
      options));
  return tlog::HashInTile(tile, static_cast<int>(index % tlog::kTileWidth), 1);
}

}  // namespace

absl::StatusOr<FetchedProof> FetchProof(Client& client, uint64_t index, absl::string_view leaf_hash,
                                        const CallOptions& options) {
  v1::GetInclusionProofRequest request;
  request.set_index(index);
  ASSIGN_OR_RETURN(const v1::GetInclusionProofResponse proof,
                   client.GetInclusionProof(request, options));
  ASSIGN_OR_RETURN(const tlog::Note note, tlog::ParseNote(proof.checkpoint().note()));
  ASSIGN_OR_RETURN(const tlog::Checkpoint checkpoint,
                   tlog::ParseCheckpoint(note.text, tlog::ExtensionLines::kRefuse));
  FetchedProof fetched;
  fetched.receipt.set_origin(checkpoint.origin);
  fetched.receipt.set_index(index);
  if (leaf_hash.empty()) {
    ASSIGN_OR_RETURN(*fetched.receipt.mutable_leaf_hash(),
                     LeafHashAt(client, index, checkpoint.size, options));
  } else {
    fetched.receipt.set_leaf_hash(std::string(leaf_hash));
  }
  const std::vector<std::string> hashes(proof.hashes().begin(), proof.hashes().end());
  RETURN_IF_ERROR(tlog::VerifyInclusion(index, checkpoint.size, fetched.receipt.leaf_hash(), hashes,
                                        checkpoint.root));
  ASSIGN_OR_RETURN(fetched.text, MakeProofText(fetched.receipt, proof));
  return fetched;
}

}  // namespace concordat::audit_export
