#include "tlog/merkle.h"

#include "absl/strings/escaping.h"
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

}  // namespace
}  // namespace concordat::tlog
