#include "tlog/tile.h"

#include <map>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tlog/test_log.h"

namespace concordat::tlog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kMalformed = absl::StatusCode::kInvalidArgument;
constexpr auto kHashes = TileContents::kHashes;
constexpr auto kEntries = TileContents::kEntries;

TEST(TileTest, PathsAreThoseOfTheSpecification) {
  EXPECT_EQ(TilePath({kHashes, 0, 0, 256}), "tile/0/000");
  EXPECT_EQ(TilePath({kHashes, 1, 1234067, 256}), "tile/1/x001/x234/067");
  EXPECT_EQ(TilePath({kHashes, 7, 273, 112}), "tile/7/273.p/112");
  EXPECT_EQ(TilePath({kEntries, 0, 999, 256}), "tile/entries/999");
  EXPECT_EQ(TilePath({kEntries, 0, 1000, 1}), "tile/entries/x001/000.p/1");
}

TEST(TileTest, ATileHasOnePathAndThePathOneTile) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 1000; ++i) {
    Tile tile{i % 2 == 0 ? kHashes : kEntries, 0, (random() & kMaxTreeSize) >> random() % 64,
              static_cast<int>(1 + random() % 256)};
    if (tile.contents == kHashes) tile.level = static_cast<int>(random() % 64);
    const auto read = ParseTilePath(TilePath(tile));
    ASSERT_TRUE(read.ok()) << TilePath(tile);
    EXPECT_EQ(*read, tile) << TilePath(tile);
  }
}

TEST(TileTest, OtherPathsAreRefused) {
  for (const char* path :
       {"",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/x001/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/a/000",
        "/tile/0/000",
        "tile/0/000/",
        "tile//000",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/1.p/1",
        "tile/0/../000",
        "tile/0/x1/000",
        "tile/0/ 00",
        "tile/entries",
        "tile/entries/",
        "tile/Entries/000",
        "tile/0/x009/x223/x372/x036/x854/x775/808",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999"}) {
    EXPECT_EQ(ParseTilePath(path).status().code(), kMalformed) << path;
  }
}

TEST(TileTest, ATreeHasTheTilesThatTheSpecificationCounts) {
  std::map<int, int> full;
  std::map<int, int> partial;
  for (const Tile& tile : TilesBetween(0, 70'000)) {
    if (tile.contents == kEntries) continue;
    if (tile.width == kTileWidth) {
      ++full[tile.level];
    } else {
      partial[tile.level] = tile.width;
    }
  }
  EXPECT_THAT(full, ElementsAre(std::pair(0, 273), std::pair(1, 1)));
  EXPECT_THAT(partial, ElementsAre(std::pair(0, 112), std::pair(1, 17), std::pair(2, 1)));
  EXPECT_THAT(TilesBetween(0, 256), ElementsAre(Tile{kEntries, 0, 0, 256}, Tile{kHashes, 0, 0, 256},
                                                Tile{kHashes, 1, 0, 1}));
}

TEST(TileTest, OnlyTilesThatGrewStandBetweenTwoSizes) {
  EXPECT_THAT(TilesBetween(0, 0), IsEmpty());
  EXPECT_THAT(TilesBetween(300, 300), IsEmpty());
  EXPECT_THAT(TilesBetween(300, 511),
              ElementsAre(Tile{kEntries, 0, 1, 255}, Tile{kHashes, 0, 1, 255}));
  EXPECT_THAT(TilesBetween(511, 513), ElementsAre(Tile{kEntries, 0, 1, 256},
                                                  Tile{kEntries, 0, 2, 1}, Tile{kHashes, 0, 1, 256},
                                                  Tile{kHashes, 0, 2, 1}, Tile{kHashes, 1, 0, 2}));
}

TEST(TileTest, WidthsAndCountsFollowFromTheSize) {
  EXPECT_EQ(TileLevels(0), 0);
  EXPECT_EQ(TileLevels(255), 1);
  EXPECT_EQ(TileLevels(256), 2);
  EXPECT_EQ(TileLevels(kMaxTreeSize), 8);
  EXPECT_EQ(TileCount(0, 0), 0);
  EXPECT_EQ(TileCount(257, 0), 2);
  EXPECT_EQ(TileCount(kMaxTreeSize, 63), 0);
  EXPECT_EQ(TileWidth(257, 0, 0), 256);
  EXPECT_EQ(TileWidth(257, 0, 1), 1);
  EXPECT_EQ(TileWidth(257, 0, 2), 0);
  EXPECT_EQ(TileWidth(256, 0, 1), 0);
  EXPECT_EQ(TileWidth(257, 2, 0), 0);
}

TEST(TileTest, EveryNodeFollowsFromTheHashesOfItsTile) {
  constexpr uint64_t kSize = 70'000;
  TestLog log;
  log.GrowTo(kSize);
  std::mt19937_64 random(4);
  for (int level = 0; level <= 16; ++level) {
    for (int i = 0; i < 20; ++i) {
      const NodeId node{level, random() % (kSize >> level)};
      const TileSpan span = TileSpanOf(node);
      std::string tile;
      for (int n = 0; n < TileWidth(kSize, span.level, span.index); ++n) {
        tile += *log.Node(
            {span.level * kTileHeight, span.index * kTileWidth + static_cast<uint64_t>(n)});
      }
      const auto hash = HashInTile(tile, span.first, span.count);
      ASSERT_TRUE(hash.ok()) << hash.status() << " of node " << node.index << " on " << level;
      EXPECT_EQ(*hash, *log.Node(node));
    }
  }
}

TEST(TileTest, AFullTileHasTheHashOfTheNextLevel) {
  TestLog log;
  log.GrowTo(256);
  std::string tile;
  for (uint64_t i = 0; i < 256; ++i) tile += *log.Node({0, i});
  EXPECT_EQ(*HashInTile(tile, 0, kTileWidth), *log.Node({8, 0}));
  EXPECT_EQ(TileSpanOf({8, 0}), (TileSpan{1, 0, 0, 1}));
  EXPECT_EQ(TileSpanOf({9, 130}), (TileSpan{1, 1, 4, 2}));
}

TEST(TileTest, HashesThatATileHasNotAreDataLoss) {
  const std::string tile(3 * kHashBytes, 'h');
  EXPECT_TRUE(HashInTile(tile, 2, 1).ok());
  EXPECT_EQ(HashInTile(tile, 2, 2).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(HashInTile(tile + "x", 0, 1).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(HashInTile(tile, 1, 2).status().code(), kMalformed);
  EXPECT_EQ(HashInTile(tile, 0, 3).status().code(), kMalformed);
  EXPECT_EQ(HashInTile(tile, -1, 1).status().code(), kMalformed);
  EXPECT_EQ(HashInTile(tile, 0, 0).status().code(), kMalformed);
  EXPECT_EQ(HashInTile(tile, 0, 512).status().code(), kMalformed);
}

}  // namespace
}  // namespace concordat::tlog
