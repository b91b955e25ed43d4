#include "tlog/tile.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tlog/strict_text.h"

namespace concordat::tlog {
namespace {

constexpr absl::string_view kPrefix = "tile/";
constexpr absl::string_view kEntriesName = "entries";

// Three digits an element, all but the last after an x: `x001/x234/067`.
std::string IndexPath(uint64_t index) {
  std::string path = absl::StrFormat("%03d", index % 1000);
  for (index /= 1000; index > 0; index /= 1000) {
    path = absl::StrFormat("x%03d/%s", index % 1000, path);
  }
  return path;
}

absl::Status NoTile() { return absl::InvalidArgumentError("no tile has that path"); }

}  // namespace

std::string TilePath(const Tile& tile) {
  std::string path = absl::StrCat(kPrefix);
  if (tile.contents == TileContents::kEntries) {
    absl::StrAppend(&path, kEntriesName);
  } else {
    absl::StrAppend(&path, tile.level);
  }
  absl::StrAppend(&path, "/", IndexPath(tile.index));
  if (tile.width < kTileWidth) absl::StrAppend(&path, ".p/", tile.width);
  return path;
}

absl::StatusOr<Tile> ParseTilePath(absl::string_view path) {
  // Longer than any path: an index has at most seven elements.
  constexpr size_t kLongest = 64;
  absl::string_view rest = path;
  if (path.size() > kLongest || !absl::ConsumePrefix(&rest, kPrefix)) return NoTile();
  const std::pair<absl::string_view, absl::string_view> level_and_index =
      absl::StrSplit(rest, absl::MaxSplits('/', 1));
  Tile tile;
  if (level_and_index.first == kEntriesName) {
    tile.contents = TileContents::kEntries;
  } else {
    const std::optional<uint64_t> level = ParseDecimal(level_and_index.first);
    if (!level.has_value() || *level > kMaxTileLevel) return NoTile();
    tile.level = static_cast<int>(*level);
  }
  absl::string_view index_path = level_and_index.second;
  if (const size_t mark = index_path.find(".p/"); mark != absl::string_view::npos) {
    const std::optional<uint64_t> width = ParseDecimal(index_path.substr(mark + 3));
    if (!width.has_value() || *width == 0 || *width >= kTileWidth) return NoTile();
    tile.width = static_cast<int>(*width);
    index_path = index_path.substr(0, mark);
  }
  std::string digits;
  for (absl::string_view element : absl::StrSplit(index_path, '/')) {
    absl::ConsumePrefix(&element, "x");
    absl::StrAppend(&digits, element);
  }
  const size_t first_digit = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  if (digits.empty()) return NoTile();
  const std::optional<uint64_t> index = ParseDecimal(digits.substr(first_digit));
  if (!index.has_value()) return NoTile();
  tile.index = *index;
  // A tile has one path: what was read generously above must be that one.
  if (TilePath(tile) != path) return NoTile();
  return tile;
}

uint64_t TileHashes(uint64_t size, int level) {
  const int shift = level * kTileHeight;
  return shift < 64 ? size >> shift : 0;
}

int TileLevels(uint64_t size) {
  return (static_cast<int>(std::bit_width(size)) + kTileHeight - 1) / kTileHeight;
}

uint64_t TileCount(uint64_t size, int level) {
  const uint64_t hashes = TileHashes(size, level);
  return hashes / kTileWidth + (hashes % kTileWidth == 0 ? 0 : 1);
}

int TileWidth(uint64_t size, int level, uint64_t index) {
  const uint64_t hashes = TileHashes(size, level);
  if (index > hashes / kTileWidth) return 0;
  return static_cast<int>(std::min<uint64_t>(hashes - index * kTileWidth, kTileWidth));
}

std::vector<Tile> TilesBetween(uint64_t old_size, uint64_t new_size) {
  std::vector<Tile> tiles;
  const auto add = [&](TileContents contents, int level) {
    for (uint64_t i = TileHashes(old_size, level) / kTileWidth; i < TileCount(new_size, level);
         ++i) {
      const int width = TileWidth(new_size, level, i);
      if (width > TileWidth(old_size, level, i)) tiles.push_back({contents, level, i, width});
    }
  };
  add(TileContents::kEntries, 0);
  for (int level = 0; level < TileLevels(new_size); ++level) add(TileContents::kHashes, level);
  return tiles;
}

TileSpan TileSpanOf(NodeId node) {
  const int height = node.level % kTileHeight;
  const uint64_t first = node.index << height;
  return {node.level / kTileHeight, first / kTileWidth, static_cast<int>(first % kTileWidth),
          1 << height};
}

absl::StatusOr<std::string> HashInTile(absl::string_view tile, int first, int count) {
  if (count < 1 || count > kTileWidth || !std::has_single_bit(static_cast<unsigned>(count)) ||
      first < 0 || first % count != 0) {
    return absl::InvalidArgumentError("no subtree of a tile has these hashes");
  }
  if (tile.size() % kHashBytes != 0 ||
      tile.size() / kHashBytes < static_cast<size_t>(first) + static_cast<size_t>(count)) {
    return absl::DataLossError("the tile does not have these hashes");
  }
  std::vector<std::string> hashes;
  hashes.reserve(static_cast<size_t>(count));
  for (int i = first; i < first + count; ++i) {
    hashes.emplace_back(tile.substr(static_cast<size_t>(i) * kHashBytes, kHashBytes));
  }
  for (; hashes.size() > 1; hashes.resize(hashes.size() / 2)) {
    for (size_t i = 0; i < hashes.size() / 2; ++i) {
      hashes[i] = NodeHash(hashes[2 * i], hashes[2 * i + 1]);
    }
  }
  return std::move(hashes.front());
}

}  // namespace concordat::tlog
