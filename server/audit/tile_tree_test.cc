#include "server/audit/tile_tree.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/audit/tree_reader.h"
#include "server/store/sqlite/connection.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tests/support/must.h"
#include "tests/support/temporary_folder.h"
#include "tlog/compact_range.h"
#include "tlog/tile.h"
#include "tlog/tree_proof.h"

namespace concordat::audit {
namespace {

using ::testing::HasSubstr;

class TileTreeTest : public ::testing::Test {
 protected:
  TileTreeTest() { Reopen(); }

  void Reopen() {
    store_.reset();
    store_ = Must(store::OpenSqliteStore(folder_.Path("test.db")));
  }
  // Opens the tree anew and appends records, in one batch, until there are `size`.
  void GrowTo(uint64_t size) {
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    TileTree tree = Must(TileTree::Open(*store_, *batch));
    EXPECT_EQ(tree.size(), naive_.size());
    while (naive_.size() < size) {
      const uint64_t index = naive_.size();
      const std::string record = absl::StrCat("record ", index);
      Must(batch->AppendAudit(index, {absl::UnixEpoch(), "", ""}, record));
      Must(tree.Append(tlog::LeafHash(record), *batch));
      Must(naive_.Append(tlog::LeafHash(record)));
      roots_.push_back(naive_.Root());
    }
    Must(batch->Commit());
  }
  absl::Status OpenTree() {
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    return TileTree::Open(*store_, *batch).status();
  }
  // Changes the database behind the store's back.
  void Damage(const std::string& sql) {
    store_.reset();
    {
      auto connection =
          Must(store::Connection::Open(folder_.Path("test.db"), store::Connection::Mode::kWriter));
      Must(connection.Execute(sql.c_str()));
    }
    Reopen();
  }

  const TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_;
  tlog::CompactRange naive_;
  // Root of each size, from 1 on.
  std::vector<std::string> roots_;
};

TEST_F(TileTreeTest, TheRootIsThatOfTheRecordsAtEverySizeAndStart) {
  for (const uint64_t size : {0, 1, 2, 3, 255, 256, 257, 300, 511, 512, 513, 1000, 4000}) {
    Reopen();
    GrowTo(size);
    TreeReader reader(*store_);
    EXPECT_EQ(Must(reader.Root(size)), naive_.Root()) << size;
    EXPECT_EQ(Must(reader.Frontier(size)), naive_.hashes()) << size;
  }
  for (uint64_t size = 1; size <= 600; ++size) {
    TreeReader reader(*store_);
    EXPECT_EQ(Must(reader.Root(size)), roots_[size - 1]) << size;
  }
}

TEST_F(TileTreeTest, ProofsOfAnyTwoSizesVerify) {
  GrowTo(70'000);
  std::mt19937_64 random(4);
  for (int i = 0; i < 200; ++i) {
    const uint64_t size = random() % roots_.size() + 1;
    const uint64_t earlier = random() % size + 1;
    const uint64_t index = random() % size;
    SCOPED_TRACE(absl::StrCat(index, " of ", size, ", earlier ", earlier));
    TreeReader reader(*store_);
    EXPECT_TRUE(tlog::VerifyInclusion(index, size, tlog::LeafHash(absl::StrCat("record ", index)),
                                      Must(reader.InclusionProof(index, size)), roots_[size - 1])
                    .ok());
    EXPECT_TRUE(tlog::VerifyConsistency(earlier, size, Must(reader.ConsistencyProof(earlier, size)),
                                        roots_[earlier - 1], roots_[size - 1])
                    .ok());
  }
}

TEST_F(TileTreeTest, ATileIsGivenAsItStoodInASmallerTree) {
  GrowTo(256 * 256 + 300);
  TreeReader reader(*store_);
  const std::string whole = Must(reader.Tile(0, 3, 256));
  EXPECT_EQ(Must(reader.Tile(0, 3, 7)), whole.substr(0, 7 * tlog::kHashBytes));
  EXPECT_EQ(Must(reader.Tile(1, 0, 256)).size(), 256 * tlog::kHashBytes);
  EXPECT_EQ(Must(reader.Tile(2, 0, 1)),
            Must(tlog::HashInTile(Must(reader.Tile(1, 0, 256)), 0, 256)));
  // The end of level 0 is hashed from the records.
  EXPECT_EQ(Must(reader.Tile(0, 257, 44)).size(), 44 * tlog::kHashBytes);
  EXPECT_TRUE(absl::IsDataLoss(reader.Tile(0, 257, 45).status()));
  EXPECT_TRUE(absl::IsDataLoss(reader.Tile(0, 258, 256).status()));
}

TEST_F(TileTreeTest, ADatabaseFromBeforeThereWereTilesGetsThem) {
  GrowTo(700);
  Damage("DELETE FROM audit_tile");
  GrowTo(1000);
  TreeReader reader(*store_);
  EXPECT_EQ(Must(reader.Root(1000)), naive_.Root());
  EXPECT_EQ(Must(reader.Root(600)), roots_[599]);
}

TEST_F(TileTreeTest, TilesOfALogThatWasSignedAreNotMadeAnew) {
  GrowTo(700);
  Must(store_->NoteSigned());
  Damage("DELETE FROM audit_tile");
  EXPECT_TRUE(absl::IsDataLoss(OpenTree()));
}

TEST_F(TileTreeTest, AChangedRecordOfTheLastBundleIsNamedAtTheStart) {
  GrowTo(700);
  Damage("UPDATE audit SET record = 'x' WHERE idx = 400");
  const absl::Status status = OpenTree();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("record 400 was changed"));
}

TEST_F(TileTreeTest, AMissingRecordOfTheEndIsNamedAtTheStart) {
  GrowTo(700);
  Damage("DELETE FROM audit WHERE idx = 600");
  const absl::Status status = OpenTree();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("600 is missing"));
}

TEST_F(TileTreeTest, AChangedTileOfTheEdgeIsFoundAtTheStart) {
  GrowTo(700);
  Damage(absl::StrFormat("UPDATE audit_tile SET hashes = zeroblob(length(hashes)) WHERE id = %d",
                         int64_t{1} << 56));
  EXPECT_TRUE(absl::IsDataLoss(OpenTree()));
}

TEST_F(TileTreeTest, RecordsThatRetentionDroppedDoNotHinderTheStart) {
  GrowTo(700);
  {
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    Must(batch->DropAudit(512));
    Must(batch->Commit());
  }
  EXPECT_EQ(Must(store_->AuditMinimum()), 512U);
  GrowTo(1000);
  TreeReader reader(*store_);
  EXPECT_EQ(Must(reader.Root(1000)), naive_.Root());
}

}  // namespace
}  // namespace concordat::audit
