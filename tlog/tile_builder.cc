#include "tlog/tile_builder.h"

#include <cstring>

namespace concordat::tlog {
namespace {

// The root over `count` hashes (1 to 257) of complete subtrees, all of one size but
// the last, which may be smaller. Overwrites them; the root is then the first.
void ReduceToRoot(char* hashes, int count) {
  for (; count > 1; count = count / 2 + count % 2) {
    const int pairs = count / 2;
    for (int i = 0; i < pairs; ++i) {
      const char* const left = hashes + static_cast<size_t>(2 * i) * kHashBytes;
      NodeHashInto(left, left + kHashBytes, hashes + static_cast<size_t>(i) * kHashBytes);
    }
    // The last without a sibling moves up as it is.
    if (count % 2 == 1) {
      std::memmove(hashes + static_cast<size_t>(pairs) * kHashBytes,
                   hashes + static_cast<size_t>(count - 1) * kHashBytes, kHashBytes);
    }
  }
}

}  // namespace

void TileBuilder::Append(absl::string_view leaf_hashes, TileSink sink) {
  for (; leaf_hashes.size() >= kHashBytes; leaf_hashes.remove_prefix(kHashBytes)) {
    Put(0, leaf_hashes.data(), sink);
    ++size_;
  }
}

void TileBuilder::Put(size_t level, const char* hash, TileSink sink) {
  if (level == levels_.size()) levels_.emplace_back();
  Level& at = levels_[level];
  std::memcpy(&at.hashes[static_cast<size_t>(at.width) * kHashBytes], hash, kHashBytes);
  if (++at.width < kTileWidth) return;
  sink(at.tile(static_cast<int>(level)), at.bytes());
  ReduceToRoot(at.hashes.data(), kTileWidth);
  std::array<char, kHashBytes> root;
  std::memcpy(root.data(), at.hashes.data(), kHashBytes);
  at.width = 0;
  ++at.index;
  Put(level + 1, root.data(), sink);
}

void TileBuilder::PartialTiles(TileSink sink) const {
  for (size_t level = 0; level < levels_.size(); ++level) {
    const Level& at = levels_[level];
    if (at.width > 0) sink(at.tile(static_cast<int>(level)), at.bytes());
  }
}

std::string TileBuilder::Root() const {
  // What is left on a level stands left of all that the levels below hold.
  std::string edge;
  for (const Level& at : levels_) {
    std::string hashes(at.bytes());
    hashes += edge;
    if (hashes.empty()) continue;
    ReduceToRoot(hashes.data(), static_cast<int>(hashes.size() / kHashBytes));
    edge = hashes.substr(0, kHashBytes);
  }
  return edge.empty() ? EmptyRoot() : edge;
}

}  // namespace concordat::tlog
