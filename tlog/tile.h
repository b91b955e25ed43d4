// How the tree is cut into tiles (C2SP tlog-tiles v0.1.0): 256 hashes wide, each
// hash of a level above the first being that of a whole tile of the level below.
// Pure functions, safe from any thread.
#ifndef CONCORDAT_TLOG_TILE_H_
#define CONCORDAT_TLOG_TILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tlog/merkle.h"

namespace concordat::tlog {

// Levels of the tree that one tile spans, and the hashes of a full one.
inline constexpr int kTileHeight = 8;
inline constexpr int kTileWidth = 1 << kTileHeight;
// Highest level that a path can name. Trees of kMaxTreeSize end at level 7.
inline constexpr int kMaxTileLevel = 63;

// What a tile's file holds.
enum class TileContents {
  // Hashes, 32 bytes each.
  kHashes,
  // An entry bundle: the records whose hashes are in the tile of level 0.
  kEntries,
};

// One tile, or one bundle of entries.
struct Tile {
  TileContents contents = TileContents::kHashes;
  // 0 holds the leaf hashes. 0 for entries.
  int level = 0;
  // Which of its level, from the left.
  uint64_t index = 0;
  // How many hashes or entries it has: 256, or fewer for a partial one.
  int width = kTileWidth;

  friend bool operator==(const Tile&, const Tile&) = default;
};

// Hashes of one tile that are the leaves of a subtree.
struct TileSpan {
  int level = 0;
  uint64_t index = 0;
  // Number of the first hash within the tile, and how many: a power of two, at
  // most 128.
  int first = 0;
  int count = 1;

  friend bool operator==(const TileSpan&, const TileSpan&) = default;
};

// `tile/<level>/<index>` or `tile/entries/<index>`, of a partial tile with
// `.p/<width>`: a path inside the folder or below the address of a log.
std::string TilePath(const Tile& tile);
// The tile that the path names; TilePath of it is the same path again.
// INVALID_ARGUMENT when no tile has that path.
absl::StatusOr<Tile> ParseTilePath(absl::string_view path);

// Number of hashes that the tiles of `level` hold in a tree of `size` leaves: the
// complete subtrees of 256^level leaves. 0 above the last level.
uint64_t TileHashes(uint64_t size, int level);
// Number of levels that have tiles.
int TileLevels(uint64_t size);
// Number of tiles of a level, the partial one included.
uint64_t TileCount(uint64_t size, int level);
// Width of a tile in a tree of `size` leaves: 256, of a partial one 1 to 255, and
// 0 when the tree does not have it. For entries, level 0.
int TileWidth(uint64_t size, int level, uint64_t index);
// The tiles, those of hashes and those of entries, that the tree of `new_size`
// leaves has and that of `old_size` has not, or has narrower; level by level,
// entries first. Has as many elements as there are tiles.
std::vector<Tile> TilesBetween(uint64_t old_size, uint64_t new_size);

// The hashes from which a node's hash follows.
TileSpan TileSpanOf(NodeId node);
// The hash of the subtree over `count` hashes of `tile`, from number `first` on.
// DATA_LOSS when the tile does not have them or is no whole number of hashes;
// INVALID_ARGUMENT when `count` is not a power of two up to 256, or `first` not a
// multiple of it. The whole of a full tile gives its hash on the level above.
absl::StatusOr<std::string> HashInTile(absl::string_view tile, int first, int count);

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_TILE_H_
