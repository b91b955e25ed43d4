#include "server/audit/proven_tree.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/civil_time.h"
#include "concordat/v1/audit.pb.h"
#include "gtest/gtest.h"
#include "server/audit/period.h"
#include "server/audit/tile_tree.h"
#include "server/audit/tree_reader.h"
#include "server/store/forwarding_store.h"
#include "server/store/sqlite/connection.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/support/must.h"
#include "tests/support/temporary_folder.h"
#include "tlog/compact_range.h"
#include "tlog/tile.h"

namespace concordat::audit {
namespace {

constexpr uint64_t kWidth = tlog::kTileWidth;
const absl::Time kStart = absl::FromUnixSeconds(1'500'000'000);

// A log with three levels of tiles, a record a minute.
class ProvenTreeTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kSize = kWidth * kWidth + 2 * kWidth + 44;

  ProvenTreeTest() { Append(kSize); }

  // Appends records up to `size`, the next at the time that `TimeOf` says.
  void Append(uint64_t size) {
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    TileTree tree = Must(TileTree::Open(*store_, *batch));
    while (leaves_.size() < size) {
      const uint64_t index = leaves_.size();
      v1::AuditRecord record;
      record.set_index(index);
      *record.mutable_time() = ToTimestamp(TimeOf(index));
      const std::string bytes = record.SerializeAsString();
      leaves_.push_back(tlog::LeafHash(bytes));
      Must(batch->AppendAudit(index, {TimeOf(index), "", ""}, bytes));
      Must(tree.Append(leaves_.back(), *batch));
    }
    root_ = tree.Root();
    Must(batch->Commit());
  }
  // Nearly: clocks are corrected.
  static absl::Time TimeOf(uint64_t index) {
    return kStart + absl::Minutes(static_cast<int64_t>(index)) -
           (index % 100 < 10 ? absl::Minutes(50) : absl::ZeroDuration());
  }
  std::string LeavesOf(uint64_t tile) const {
    std::string hashes;
    for (uint64_t i = tile * kWidth; i < std::min(kSize, (tile + 1) * kWidth); ++i) {
      hashes += leaves_[i];
    }
    return hashes;
  }
  ProvenTree Tree() const { return {*store_, kSize, root_}; }
  // Changes the database behind the store's back.
  void Execute(const std::string& sql) {
    auto connection =
        Must(store::Connection::Open(folder_.Path("test.db"), store::Connection::Mode::kWriter));
    Must(connection.Execute(sql.c_str()));
  }
  // Puts a tile with another hash at this place; the right one again when called with
  // the same.
  void FlipHash(int level, uint64_t index, uint64_t place) {
    std::string tile = Must(store_->ReadTile(level, index));
    tile[place * tlog::kHashBytes + 7] ^= 1;
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    Must(batch->PutTile(level, index, tile));
    Must(batch->Commit());
  }

  const TemporaryFolder folder_;
  const std::unique_ptr<store::Store> store_ =
      Must(store::OpenSqliteStore(folder_.Path("test.db")));
  std::vector<std::string> leaves_;
  std::string root_;
};

TEST_F(ProvenTreeTest, AWholeLogIsProvenInAnyOrder) {
  ProvenTree tree = Tree();
  for (const uint64_t tile : {0, 258, 17, 255, 256, 257, 3}) {
    EXPECT_EQ(Must(tree.LeafHashes(tile)), LeavesOf(tile)) << tile;
  }
  EXPECT_FALSE(tree.damage().first().has_value());
}

TEST_F(ProvenTreeTest, ASmallerTreeIsProvenFromTheSameTiles) {
  for (const uint64_t size : {1, 255, 256, 257, 511, 65536, 65537, 65792}) {
    ProvenTree tree(*store_, size, Must(TreeReader(*store_).Root(size)));
    const uint64_t last = (size - 1) / kWidth;
    EXPECT_EQ(Must(tree.LeafHashes(last)),
              LeavesOf(last).substr(0, (size - last * kWidth) * tlog::kHashBytes))
        << size;
    EXPECT_FALSE(tree.damage().first().has_value()) << size;
  }
}

TEST_F(ProvenTreeTest, OneFlippedHashAnywhereIsNamedAndChangesNothingElse) {
  struct Place {
    int level;
    uint64_t index;
    uint64_t place;
  };
  for (const Place& at :
       std::vector<Place>{{0, 3, 0}, {0, 3, 77}, {0, 257, 255}, {1, 0, 3}, {1, 1, 1}, {2, 0, 0}}) {
    FlipHash(at.level, at.index, at.place);
    ProvenTree tree = Tree();
    for (const uint64_t tile : {3, 257, 258}) {
      EXPECT_EQ(Must(tree.LeafHashes(tile)), LeavesOf(tile)) << at.level << " " << tile;
    }
    ASSERT_TRUE(tree.damage().first().has_value()) << at.level;
    const uint64_t each = uint64_t{1} << (at.level * tlog::kTileHeight);
    EXPECT_EQ(tree.damage().first()->first, (at.index * kWidth + at.place) * each);
    EXPECT_EQ(tree.damage().first()->last, (at.index * kWidth + at.place + 1) * each - 1);
    FlipHash(at.level, at.index, at.place);
  }
}

TEST_F(ProvenTreeTest, NoDamageMakesAnotherLeafProven) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 15; ++round) {
    std::vector<std::pair<uint64_t, uint64_t>> flipped;
    for (int i = 0; i < 3; ++i) {
      flipped.emplace_back(random() % 4, random() % kWidth);
      FlipHash(0, flipped.back().first, flipped.back().second);
    }
    const uint64_t above = random() % 4;
    FlipHash(1, 0, above);
    ProvenTree tree = Tree();
    for (uint64_t tile = 0; tile < 4; ++tile) {
      const absl::StatusOr<std::string> hashes = tree.LeafHashes(tile);
      if (hashes.ok()) {
        EXPECT_EQ(*hashes, LeavesOf(tile));
      } else {
        EXPECT_TRUE(absl::IsDataLoss(hashes.status())) << hashes.status();
        EXPECT_TRUE(tree.damage().first().has_value());
      }
    }
    EXPECT_TRUE(tree.damage().first().has_value());
    FlipHash(1, 0, above);
    for (const auto& [tile, place] : flipped) FlipHash(0, tile, place);
  }
}

TEST_F(ProvenTreeTest, AnotherRootProvesNothing) {
  ProvenTree tree(*store_, kSize, std::string(tlog::kHashBytes, 'x'));
  for (const uint64_t tile : {0, 258}) {
    EXPECT_TRUE(absl::IsDataLoss(tree.LeafHashes(tile).status()));
  }
  EXPECT_EQ(tree.damage().first()->first, 0);
  EXPECT_EQ(tree.damage().first()->last, kSize - 1);
}

TEST_F(ProvenTreeTest, AMissingRecordOfTheEndIsNamed) {
  Execute(absl::StrCat("DELETE FROM audit WHERE idx = ", kSize - 3));
  ProvenTree tree = Tree();
  EXPECT_TRUE(absl::IsDataLoss(tree.LeafHashes(0).status()));
  EXPECT_EQ(tree.damage().first()->first, kSize - 3);
  EXPECT_EQ(tree.damage().first()->last, kSize - 3);
}

TEST_F(ProvenTreeTest, AMissingTileIsMadeAgain) {
  Execute("DELETE FROM audit_tile WHERE id = 5");
  ProvenTree tree = Tree();
  EXPECT_EQ(Must(tree.LeafHashes(5)), LeavesOf(5));
  EXPECT_EQ(tree.damage().first()->first, 5 * kWidth);
  EXPECT_EQ(tree.damage().first()->last, 6 * kWidth - 1);
}

// Counts what is read.
class CountingStore final : public store::ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  absl::Status ScanLeaves(uint64_t first,
                          absl::FunctionRef<bool(const store::AuditRow&)> visit) const override {
    return ForwardingStore::ScanLeaves(first, [&](const store::AuditRow& row) {
      ++records;
      return visit(row);
    });
  }
  mutable int records = 0;
};

class PeriodTest : public ProvenTreeTest {
 protected:
  // Every record of the interval is in the span, which is hardly longer than that.
  void ExpectFound(absl::Time from, absl::Time to) {
    const CountingStore store(*store_);
    ProvenTree tree(store, kSize, root_);
    const store::Store::AuditSpan span = Must(FindPeriod(store, tree, from, to));
    uint64_t outside = 0;
    for (uint64_t i = 0; i < kSize; ++i) {
      const bool within = from <= TimeOf(i) && TimeOf(i) < to;
      const bool found = span.begin <= i && i < span.end;
      EXPECT_TRUE(found || !within) << i;
      if (found && !within) ++outside;
    }
    EXPECT_LE(outside, 5 * kWidth);
    // Two searches over 259 tiles, and the end of the log, which is hashed once.
    EXPECT_LE(store.records, 2 * 9 + 44 + 2);
    EXPECT_FALSE(tree.damage().first().has_value());
  }
};

TEST_F(PeriodTest, TheRecordsThemselvesSayWhichAreOfTheInterval) {
  Execute("DELETE FROM audit_hour");
  const auto at = [](int64_t minutes) { return kStart + absl::Minutes(minutes); };
  ExpectFound(at(0), at(10));
  ExpectFound(at(20'000), at(20'001));
  ExpectFound(at(20'000), at(50'000));
  ExpectFound(at(20'010), at(50'010));
  ExpectFound(at(60'000), at(70'000));
  ExpectFound(at(65'000), absl::InfiniteFuture());
  ExpectFound(absl::InfinitePast(), at(300));
  ExpectFound(at(-1000), at(-500));
  ExpectFound(at(100'000), at(200'000));
}

TEST_F(PeriodTest, TheHoursWidenItWhereAClockWasSetBackByDays) {
  const absl::Time late = TimeOf(kSize) + absl::Hours(1000);
  {
    v1::AuditRecord record;
    *record.mutable_time() = ToTimestamp(late);
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    Must(batch->AppendAudit(kSize, {late, "", ""}, record.SerializeAsString()));
    record.mutable_time()->Clear();
    for (uint64_t i = kSize + 1; i < kSize + 1000; ++i) {
      Must(batch->AppendAudit(i, {kStart, "", ""}, record.SerializeAsString()));
    }
    Must(batch->Commit());
  }
  std::string hashes;
  Must(HashRecords(*store_, 0, kSize + 1000, hashes));
  tlog::CompactRange range;
  for (size_t i = 0; i < hashes.size(); i += tlog::kHashBytes) {
    Must(range.Append(hashes.substr(i, tlog::kHashBytes)));
  }
  ProvenTree tree(*store_, kSize + 1000, range.Root());
  const auto span = Must(FindPeriod(*store_, tree, late, late + absl::Hours(1)));
  EXPECT_LE(span.begin, kSize);
  EXPECT_GT(span.end, kSize);
}

TEST_F(PeriodTest, ATileWithoutAnyProvenRecordIsNoted) {
  Execute("UPDATE audit SET record = x'' WHERE idx BETWEEN 33024 AND 33279");
  ProvenTree tree = Tree();
  Must(FindPeriod(*store_, tree, kStart + absl::Minutes(40'000), kStart + absl::Minutes(41'000)));
  ASSERT_TRUE(tree.damage().first().has_value());
  EXPECT_EQ(tree.damage().first()->first, 33024);
  EXPECT_EQ(tree.damage().first()->last, 33279);
}

TEST_F(PeriodTest, DroppedRecordsAreThoseThatAreNotShownToBeOfAnotherTime) {
  const absl::Time from = kStart + absl::Hours(2);
  const absl::Time to = kStart + absl::Hours(4);
  const auto dropped = [&] { return Must(DroppedOf(*store_, from, to)); };
  EXPECT_EQ(dropped(), 0);
  {
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    Must(batch->DropAudit(512));
    Must(batch->Commit());
  }
  // Hours do not begin with minutes of the hour, so there are some of both sides.
  const uint64_t honest = dropped();
  EXPECT_GE(honest, 120);
  EXPECT_LE(honest, 300);
  Execute(absl::StrCat("DELETE FROM audit_hour WHERE hour BETWEEN ",
                       absl::ToUnixSeconds(from) / 3600, " AND ", absl::ToUnixSeconds(to) / 3600));
  EXPECT_GE(dropped(), 60);
  Execute("DELETE FROM audit_hour");
  EXPECT_EQ(dropped(), 512);
}

}  // namespace
}  // namespace concordat::audit
