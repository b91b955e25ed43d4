#include "tlog/compact_range.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tlog/test_log.h"

namespace concordat::tlog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CompactRangeTest, TheReferenceTreeHasThePublishedRoots) {
  // Certificate Transparency's reference leaves and roots, in hex.
  const std::vector<std::pair<std::string, std::string>> steps = {
      {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
      {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
      {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
      {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
      {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
      {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
      {"606162636465666768696a6b6c6d6e6f",
       "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"}};
  CompactRange range;
  for (const auto& [record, root] : steps) {
    ASSERT_TRUE(range.Append(LeafHash(absl::HexStringToBytes(record))).ok());
    EXPECT_EQ(absl::BytesToHexString(range.Root()), root) << range.size();
  }
}

TEST(CompactRangeTest, TheEmptyTreeHasTheEmptyRoot) {
  EXPECT_EQ(CompactRange().Root(), EmptyRoot());
  EXPECT_THAT(FrontierOf(0), IsEmpty());
}

TEST(CompactRangeTest, TheFrontierListsCompleteSubtreesFromTheLargest) {
  EXPECT_THAT(FrontierOf(13), ElementsAre(NodeId{3, 0}, NodeId{2, 2}, NodeId{0, 12}));
}

TEST(CompactRangeTest, GoesOnFromItsStoredFrontierAsIfItHadNeverStopped) {
  for (uint64_t size = 0; size <= 300; ++size) {
    TestLog log;
    log.GrowTo(size);
    std::vector<std::string> hashes;
    for (const NodeId& node : FrontierOf(size)) hashes.push_back(*log.Node(node));
    absl::StatusOr<CompactRange> resumed = CompactRange::Resume(size, hashes);
    ASSERT_TRUE(resumed.ok());
    EXPECT_EQ(resumed->Root(), log.Root());
    log.Append("one more");
    ASSERT_TRUE(resumed->Append(LeafHash("one more")).ok());
    EXPECT_EQ(resumed->Root(), log.Root());
  }
}

TEST(CompactRangeTest, TellsOfEachCompletedNodeOnce) {
  CompactRange range;
  std::vector<NodeId> told;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(range
                    .Append(LeafHash("record"),
                            [&](NodeId node, const std::string&) { told.push_back(node); })
                    .ok());
  }
  EXPECT_THAT(told, ElementsAre(NodeId{0, 0}, NodeId{0, 1}, NodeId{1, 0}, NodeId{0, 2},
                                NodeId{0, 3}, NodeId{1, 1}, NodeId{2, 0}));
}

TEST(CompactRangeTest, AHashOfAnotherLengthIsRefusedAndChangesNothing) {
  CompactRange range;
  EXPECT_EQ(range.Append("short").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(range.size(), 0);
  EXPECT_EQ(CompactRange::Resume(1, {"short"}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(CompactRangeTest, AFrontierOfAnotherSizeIsRefused) {
  EXPECT_EQ(CompactRange::Resume(3, {LeafHash("a")}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CompactRange::Resume(kMaxTreeSize + 1, {LeafHash("a")}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(CompactRangeTest, AFullTreeTakesNoMore) {
  absl::StatusOr<CompactRange> full =
      CompactRange::Resume(kMaxTreeSize, std::vector<std::string>(63, LeafHash("a")));
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full->Append(LeafHash("b")).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace concordat::tlog
