// A growing tree, cut into tiles.
#ifndef CONCORDAT_TLOG_TILE_BUILDER_H_
#define CONCORDAT_TLOG_TILE_BUILDER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "tlog/merkle.h"
#include "tlog/tile.h"

namespace concordat::tlog {

// Hashes, one after the other, for as many as a tile has.
using TileBytes = std::array<char, kTileWidth * kHashBytes>;

// Puts leaf hashes together into the tiles of every level, in the memory of one tile
// a level. Not thread-safe.
class TileBuilder {
 public:
  // Gets a tile's place and its hashes.
  using TileSink = absl::FunctionRef<void(const Tile&, absl::string_view hashes)>;

  // Appends leaf hashes, 32 bytes each. `sink` gets each tile that they fill, a level
  // before the one above it.
  void Append(absl::string_view leaf_hashes, TileSink sink);
  // Gives the tiles that are not full, level by level.
  void PartialTiles(TileSink sink) const;

  // Number of leaves.
  uint64_t size() const { return size_; }
  // The root of the tree as it is now.
  std::string Root() const;

 private:
  // The tile of one level that is being filled.
  struct Level {
    TileBytes hashes;
    int width = 0;
    uint64_t index = 0;

    absl::string_view bytes() const {
      return {hashes.data(), static_cast<size_t>(width) * kHashBytes};
    }
    Tile tile(int level) const { return {TileContents::kHashes, level, index, width}; }
  };

  // Puts one hash on a level.
  void Put(size_t level, const char* hash, TileSink sink);

  uint64_t size_ = 0;
  std::vector<Level> levels_;
};

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_TILE_BUILDER_H_
