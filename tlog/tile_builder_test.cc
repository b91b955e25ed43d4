#include "tlog/tile_builder.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tlog/compact_range.h"
#include "tlog/test_log.h"

namespace concordat::tlog {
namespace {

void Ignore(const Tile& /*tile*/, absl::string_view /*hashes*/) {}

TEST(TileBuilderTest, EverySizeHasTheRootOfTheTree) {
  TileBuilder builder;
  CompactRange range;
  EXPECT_EQ(builder.Root(), EmptyRoot());
  for (int i = 0; i < 1000; ++i) {
    const std::string hash = LeafHash(std::to_string(i));
    builder.Append(hash, &Ignore);
    ASSERT_TRUE(range.Append(hash).ok());
    ASSERT_EQ(builder.Root(), range.Root()) << i;
  }
}

TEST(TileBuilderTest, TilesAreThoseOfTheLogOnEveryLevel) {
  constexpr uint64_t kSize = 65'536 + 300;
  TestLog log;
  log.GrowTo(kSize);
  TileBuilder builder;
  std::vector<Tile> tiles;
  const auto check = [&](const Tile& tile, absl::string_view hashes) {
    tiles.push_back(tile);
    ASSERT_EQ(hashes.size(), static_cast<size_t>(tile.width) * kHashBytes);
    for (int i = 0; i < tile.width; ++i) {
      const uint64_t index = tile.index * kTileWidth + static_cast<uint64_t>(i);
      ASSERT_EQ(hashes.substr(static_cast<size_t>(i) * kHashBytes, kHashBytes),
                *log.Node({tile.level * kTileHeight, index}));
    }
  };
  for (uint64_t i = 0; i < kSize; ++i) builder.Append(LeafHash(log.record(i)), check);
  builder.PartialTiles(check);
  std::vector<Tile> expected;
  for (const Tile& tile : TilesBetween(0, kSize)) {
    if (tile.contents == TileContents::kHashes) expected.push_back(tile);
  }
  EXPECT_THAT(tiles, ::testing::UnorderedElementsAreArray(expected));
  EXPECT_EQ(builder.size(), kSize);
  EXPECT_EQ(builder.Root(), log.Root());
}

}  // namespace
}  // namespace concordat::tlog
