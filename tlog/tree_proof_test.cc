#include "tlog/tree_proof.h"

#include <algorithm>
#include <bit>
#include <map>
#include <random>
#include <utility>

#include "gtest/gtest.h"
#include "tlog/test_log.h"

namespace concordat::tlog {
namespace {

constexpr auto kMalformed = absl::StatusCode::kInvalidArgument;
constexpr auto kUntrue = absl::StatusCode::kDataLoss;
constexpr uint64_t kEverySizeTo = 300;

using Hashes = std::vector<std::string>;

// RFC 6962 section 2.1 word for word, over the records of a log: MTH, PATH and
// PROOF as they are defined, each subtree hashed once.
class NaiveTree {
 public:
  explicit NaiveTree(const TestLog& log) : log_(log) {}

  // MTH(D[begin:end]).
  const std::string& Hash(uint64_t begin, uint64_t end) {
    std::string& hash = hashes_[{begin, end}];
    if (!hash.empty()) return hash;
    if (begin == end) return hash = EmptyRoot();
    if (end - begin == 1) return hash = LeafHash(log_.record(begin));
    const uint64_t k = Split(end - begin);
    return hash = NodeHash(Hash(begin, begin + k), Hash(begin + k, end));
  }

  // PATH(m, D[begin:end]).
  Hashes Path(uint64_t m, uint64_t begin, uint64_t end) {
    if (end - begin == 1) return {};
    const uint64_t k = Split(end - begin);
    Hashes path = m < k ? Path(m, begin, begin + k) : Path(m - k, begin + k, end);
    path.push_back(m < k ? Hash(begin + k, end) : Hash(begin, begin + k));
    return path;
  }

  // SUBPROOF(m, D[begin:end], whole).
  Hashes Subproof(uint64_t m, uint64_t begin, uint64_t end, bool whole) {
    if (m == end - begin) return whole ? Hashes() : Hashes{Hash(begin, end)};
    const uint64_t k = Split(end - begin);
    Hashes proof =
        m <= k ? Subproof(m, begin, begin + k, whole) : Subproof(m - k, begin + k, end, false);
    proof.push_back(m <= k ? Hash(begin + k, end) : Hash(begin, begin + k));
    return proof;
  }

 private:
  // The largest power of two below n.
  static uint64_t Split(uint64_t n) {
    uint64_t k = 1;
    while (2 * k < n) k *= 2;
    return k;
  }

  const TestLog& log_;
  std::map<std::pair<uint64_t, uint64_t>, std::string> hashes_;
};

// Hashes of a log, and its naive twin.
class TreeProofTest : public ::testing::Test {
 protected:
  void GrowTo(uint64_t size) { log_.GrowTo(size); }
  auto Reader() const {
    return [this](NodeId node) { return log_.Node(node); };
  }

  void ExpectInclusion(uint64_t index, uint64_t size) {
    const auto proof = InclusionProof(index, size, Reader());
    ASSERT_TRUE(proof.ok()) << proof.status();
    ASSERT_EQ(*proof, naive_.Path(index, 0, size)) << index << " of " << size;
    const std::string& root = naive_.Hash(0, size);
    const std::string leaf = LeafHash(log_.record(index));
    ASSERT_TRUE(VerifyInclusion(index, size, leaf, *proof, root).ok()) << index << " of " << size;

    Hashes other = *proof;
    if (!other.empty()) {
      other[random_() % other.size()][random_() % kHashBytes] ^= 1;
      EXPECT_EQ(VerifyInclusion(index, size, leaf, other, root).code(), kUntrue);
      other.pop_back();
      EXPECT_EQ(VerifyInclusion(index, size, leaf, other, root).code(), kMalformed);
    }
    other = *proof;
    other.push_back(leaf);
    EXPECT_EQ(VerifyInclusion(index, size, leaf, other, root).code(), kMalformed);
    EXPECT_EQ(VerifyInclusion(index, size, LeafHash("other"), *proof, root).code(), kUntrue);
    if (index + 1 < size) {
      EXPECT_FALSE(VerifyInclusion(index + 1, size, leaf, *proof, root).ok());
    }
  }

  void ExpectConsistency(uint64_t old_size, uint64_t new_size) {
    const auto proof = ConsistencyProof(old_size, new_size, Reader());
    ASSERT_TRUE(proof.ok()) << proof.status();
    const std::string old_root = naive_.Hash(0, old_size);
    const std::string new_root = naive_.Hash(0, new_size);
    ASSERT_EQ(*proof, old_size == 0 ? Hashes() : naive_.Subproof(old_size, 0, new_size, true))
        << old_size << " to " << new_size;
    const auto verify = [&](const Hashes& hashes) {
      return VerifyConsistency(old_size, new_size, hashes, old_root, new_root).code();
    };
    ASSERT_EQ(verify(*proof), absl::StatusCode::kOk) << old_size << " to " << new_size;

    Hashes other = *proof;
    other.push_back(new_root);
    EXPECT_EQ(verify(other), kMalformed);
    other = *proof;
    if (!other.empty()) {
      other[random_() % other.size()][random_() % kHashBytes] ^= 1;
      EXPECT_EQ(verify(other), kUntrue);
      other.pop_back();
      EXPECT_EQ(verify(other), kMalformed);
    }
    if (old_size != 0) {
      EXPECT_EQ(VerifyConsistency(old_size, new_size, *proof, LeafHash("x"), new_root).code(),
                kUntrue);
      EXPECT_EQ(VerifyConsistency(old_size, new_size, *proof, old_root, LeafHash("x")).code(),
                kUntrue);
    }
  }

  TestLog log_;
  NaiveTree naive_{log_};
  std::mt19937_64 random_{4};
};

TEST_F(TreeProofTest, RootsOfEverySizeAreThoseOfTheDefinition) {
  for (uint64_t size = 0; size <= kEverySizeTo; ++size) {
    GrowTo(size);
    EXPECT_EQ(*TreeRoot(size, Reader()), naive_.Hash(0, size)) << size;
    EXPECT_EQ(log_.Root(), naive_.Hash(0, size)) << size;
  }
}

TEST_F(TreeProofTest, EveryLeafOfEverySizeHasThePathOfTheDefinitionAndNoOther) {
  GrowTo(kEverySizeTo);
  for (uint64_t size = 1; size <= kEverySizeTo; ++size) {
    for (uint64_t index = 0; index < size; ++index) ExpectInclusion(index, size);
  }
}

TEST_F(TreeProofTest, EveryTwoSizesHaveTheProofOfTheDefinitionAndNoOther) {
  GrowTo(kEverySizeTo);
  for (uint64_t size = 0; size <= kEverySizeTo; ++size) {
    for (uint64_t old_size = 0; old_size <= size; ++old_size) ExpectConsistency(old_size, size);
  }
}

TEST_F(TreeProofTest, RandomSizesToAHundredThousandHaveTheProofsOfTheDefinition) {
  constexpr uint64_t kLargest = 100'000;
  GrowTo(kLargest);
  for (int i = 0; i < 100; ++i) {
    const uint64_t size = 1 + random_() % kLargest;
    EXPECT_EQ(*TreeRoot(size, Reader()), naive_.Hash(0, size)) << size;
    ExpectInclusion(random_() % size, size);
    ExpectConsistency(random_() % (size + 1), size);
  }
}

TEST_F(TreeProofTest, TheEmptyTreeIsConsistentWithEveryTree) {
  GrowTo(5);
  EXPECT_TRUE(VerifyConsistency(0, 0, {}, EmptyRoot(), EmptyRoot()).ok());
  EXPECT_TRUE(VerifyConsistency(0, 5, {}, EmptyRoot(), log_.Root()).ok());
  EXPECT_EQ(VerifyConsistency(0, 5, {}, LeafHash("x"), log_.Root()).code(), kUntrue);
  EXPECT_EQ(VerifyConsistency(0, 0, {}, EmptyRoot(), LeafHash("x")).code(), kUntrue);
  EXPECT_EQ(VerifyConsistency(0, 0, {}, LeafHash("x"), LeafHash("x")).code(), kUntrue);
}

TEST_F(TreeProofTest, EqualSizesWithOtherRootsAreAFork) {
  GrowTo(5);
  EXPECT_EQ(VerifyConsistency(5, 5, {}, log_.Root(), LeafHash("x")).code(), kUntrue);
}

TEST_F(TreeProofTest, NumbersOutOfRangeAreRefused) {
  GrowTo(5);
  const std::string hash = LeafHash("x");
  EXPECT_EQ(InclusionProof(5, 5, Reader()).status().code(), kMalformed);
  EXPECT_EQ(InclusionProof(0, 0, Reader()).status().code(), kMalformed);
  EXPECT_EQ(InclusionProof(0, kMaxTreeSize + 1, Reader()).status().code(), kMalformed);
  EXPECT_EQ(ConsistencyProof(6, 5, Reader()).status().code(), kMalformed);
  EXPECT_EQ(TreeRoot(kMaxTreeSize + 1, Reader()).status().code(), kMalformed);
  EXPECT_EQ(VerifyInclusion(5, 5, hash, {}, hash).code(), kMalformed);
  EXPECT_EQ(VerifyInclusion(0, 0, hash, {}, hash).code(), kMalformed);
  EXPECT_EQ(VerifyInclusion(0, kMaxTreeSize + 1, hash, {}, hash).code(), kMalformed);
  EXPECT_EQ(VerifyConsistency(6, 5, {}, hash, hash).code(), kMalformed);
  EXPECT_EQ(VerifyConsistency(6, kMaxTreeSize + 1, {}, hash, hash).code(), kMalformed);
}

TEST_F(TreeProofTest, HashesOfAnotherLengthAreRefused) {
  const std::string hash = LeafHash("x");
  const Hashes proof{"short"};
  EXPECT_EQ(VerifyInclusion(0, 2, hash, proof, hash).code(), kMalformed);
  EXPECT_EQ(VerifyInclusion(0, 1, "short", {}, "short").code(), kMalformed);
  EXPECT_EQ(VerifyConsistency(1, 2, proof, hash, hash).code(), kMalformed);
  EXPECT_EQ(VerifyConsistency(1, 1, {}, "", "").code(), kMalformed);
}

TEST_F(TreeProofTest, TheLargestTreeIsVerifiedInSixtyThreeSteps) {
  const Hashes proof(63, LeafHash("x"));
  EXPECT_EQ(VerifyInclusion(0, kMaxTreeSize, LeafHash("x"), proof, LeafHash("x")).code(), kUntrue);
}

TEST_F(TreeProofTest, TheReadersErrorsAndWrongHashesAreHandedOn) {
  GrowTo(3);
  EXPECT_EQ(TreeRoot(4, Reader()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(InclusionProof(0, 4, Reader()).status().code(), absl::StatusCode::kNotFound);
  const auto damaged = [](NodeId) -> absl::StatusOr<std::string> { return "short"; };
  EXPECT_EQ(ConsistencyProof(1, 3, damaged).status().code(), kUntrue);
}

}  // namespace
}  // namespace concordat::tlog
