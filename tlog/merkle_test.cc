#include "tlog/merkle.h"

#include "absl/strings/escaping.h"
#include "base/digest.h"
#include "gtest/gtest.h"

namespace concordat::tlog {
namespace {

// The root of a tree of one empty leaf is that leaf's hash; published with
// Certificate Transparency's reference test data.
TEST(LeafHashTest, EmptyRecordHasThePublishedHash) {
  EXPECT_EQ(absl::BytesToHexString(LeafHash("")),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(LeafHashTest, RecordThatStartsWithAZeroByteIsNotItsOwnSuffix) {
  EXPECT_NE(LeafHash(absl::string_view("\0a", 2)), LeafHash("a"));
}

TEST(NodeHashTest, IsOfAOneByteAndBothChildren) {
  const std::string left = LeafHash("left");
  const std::string right = LeafHash("right");
  EXPECT_EQ(NodeHash(left, right), Sha256Of("\1" + left + right));
}

TEST(NodeHashTest, NoLeafHasTheHashOfANode) {
  const std::string left = LeafHash("left");
  const std::string right = LeafHash("right");
  EXPECT_NE(NodeHash(left, right), LeafHash(left + right));
}

TEST(EmptyRootTest, IsThePublishedHashOfNothing) {
  EXPECT_EQ(absl::BytesToHexString(EmptyRoot()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace concordat::tlog
