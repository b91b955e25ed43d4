#include "tlog/entry_bundle.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tlog/merkle.h"

namespace concordat::tlog {
namespace {

using ::testing::ElementsAre;

constexpr auto kDamaged = absl::StatusCode::kDataLoss;

TEST(EntryBundleTest, RecordsFollowTheirBigEndianLengths) {
  std::string bundle;
  ASSERT_TRUE(AppendEntry("ab", bundle).ok());
  ASSERT_TRUE(AppendEntry("", bundle).ok());
  ASSERT_TRUE(AppendEntry(std::string(258, 'c'), bundle).ok());
  EXPECT_EQ(bundle.substr(0, 8), std::string("\0\2ab\0\0\1\2", 8));
  const auto records = ParseEntryBundle(bundle, 3);
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_THAT(*records, ElementsAre("ab", "", std::string(258, 'c')));
}

TEST(EntryBundleTest, TheLargestRecordFitsAndNoLargerOne) {
  std::string bundle;
  ASSERT_TRUE(AppendEntry(std::string(kMaxRecordBytes, 'r'), bundle).ok());
  EXPECT_EQ(ParseEntryBundle(bundle, 1)->front().size(), kMaxRecordBytes);
  std::string untouched;
  EXPECT_EQ(AppendEntry(std::string(kMaxRecordBytes + 1, 'r'), untouched).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(untouched, "");
}

TEST(EntryBundleTest, ABundleOfAnotherNumberOfRecordsIsDamaged) {
  const std::string bundle("\0\1a\0\1b", 6);
  EXPECT_TRUE(ParseEntryBundle(bundle, 2).ok());
  EXPECT_EQ(ParseEntryBundle(bundle, 1).status().code(), kDamaged);
  EXPECT_EQ(ParseEntryBundle(bundle, 3).status().code(), kDamaged);
  EXPECT_EQ(ParseEntryBundle("", 1).status().code(), kDamaged);
}

TEST(EntryBundleTest, ABundleThatEndsWithinARecordIsDamaged) {
  const std::string bundle("\0\1a\0\2bc", 7);
  for (size_t size = 1; size < bundle.size(); ++size) {
    if (size == 3) continue;
    for (int width : {1, 2}) {
      EXPECT_EQ(ParseEntryBundle(bundle.substr(0, size), width).status().code(), kDamaged) << size;
    }
  }
}

}  // namespace
}  // namespace concordat::tlog
