// Receipts and checkpoints, verified by the SDK.
#include "concordat/audit.h"

#include <memory>
#include <string>
#include <vector>

#include "client/audit/fetch_proof.h"
#include "client/audit/testing/log_connection.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tlog/note.h"
#include "tlog/test_log.h"
#include "tlog/tree_proof.h"

namespace concordat {
namespace {

using ::testing::HasSubstr;
using tlog::TestLog;

class AuditTest : public ::testing::Test {
 protected:
  AuditTest() {
    log_.GrowTo(300);
    trust_.keys = {log_.key().ToString()};
  }

  Receipt ReceiptOf(uint64_t index) const {
    Receipt receipt;
    receipt.set_origin("log.example/audit");
    receipt.set_index(index);
    receipt.set_leaf_hash(tlog::LeafHash(log_.record(index)));
    return receipt;
  }
  v1::GetInclusionProofResponse ProofOf(uint64_t index) {
    v1::GetInclusionProofRequest request;
    request.set_index(index);
    return *client_.GetInclusionProof(request);
  }
  // The checkpoint with cosignatures by these witnesses.
  std::string Cosigned(const std::vector<tlog::SignerKey>& witnesses) const {
    tlog::Note note = *tlog::ParseNote(log_.Checkpoint());
    for (const tlog::SignerKey& witness : witnesses) {
      note.signatures.push_back(*witness.Cosign(note.text, absl::FromUnixSeconds(1700000000)));
    }
    return *tlog::FormatNote(note);
  }

  TestLog log_;
  AuditTrust trust_;
  Client client_{std::make_shared<LogConnection>(log_)};
};

TEST_F(AuditTest, AReceiptWithItsProofIsGood) {
  for (uint64_t index : {0, 1, 255, 256, 299}) {
    const auto verified = VerifyReceipt(ReceiptOf(index), ProofOf(index), trust_);
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(verified->tree_size, 300);
    EXPECT_EQ(verified->origin, "log.example/audit");
    EXPECT_EQ(verified->note, log_.Checkpoint());
  }
}

TEST_F(AuditTest, AReceiptOfAnotherRecordIsNot) {
  const v1::GetInclusionProofResponse proof = ProofOf(7);
  Receipt receipt = ReceiptOf(7);
  receipt.set_leaf_hash(ReceiptOf(8).leaf_hash());
  EXPECT_TRUE(absl::IsDataLoss(VerifyReceipt(receipt, proof, trust_).status()));
  receipt = ReceiptOf(7);
  receipt.set_index(6);
  EXPECT_TRUE(absl::IsDataLoss(VerifyReceipt(receipt, proof, trust_).status()));
  receipt = ReceiptOf(7);
  receipt.set_origin("other.example");
  EXPECT_TRUE(absl::IsDataLoss(VerifyReceipt(receipt, proof, trust_).status()));
}

TEST_F(AuditTest, AProofTextProvesItselfAndNothingElse) {
  const Receipt receipt = ReceiptOf(17);
  const std::string text = *MakeProofText(receipt, ProofOf(17));
  const auto verified = VerifyProofText(text, trust_);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->receipt.SerializeAsString(), receipt.SerializeAsString());
  EXPECT_EQ(verified->checkpoint.tree_size, 300);
  int accepted = 0;
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string bad = text;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    if (VerifyProofText(bad, trust_).ok()) ++accepted;
  }
  EXPECT_EQ(accepted, 0);
}

TEST_F(AuditTest, ACheckpointOfAnotherKeyIsNotBelieved) {
  trust_.keys = {
      TestKey("log.example/audit", tlog::SignatureType::kEd25519, 'x').verifier().ToString()};
  EXPECT_TRUE(absl::IsDataLoss(VerifyCheckpoint(log_.Checkpoint(), trust_).status()));
  trust_.keys.push_back(log_.key().ToString());
  EXPECT_TRUE(VerifyCheckpoint(log_.Checkpoint(), trust_).ok());
}

TEST_F(AuditTest, KeysMustBeOfALogAndWellFormed) {
  EXPECT_TRUE(absl::IsInvalidArgument(CheckKeys({})));
  EXPECT_TRUE(absl::IsInvalidArgument(CheckKeys({{"no key"}})));
  const tlog::SignerKey witness = TestKey("w.example", tlog::SignatureType::kCosignatureV1, 'w');
  EXPECT_TRUE(absl::IsInvalidArgument(CheckKeys({{witness.verifier().ToString()}})));
  EXPECT_TRUE(CheckKeys({{log_.key().ToString(), witness.verifier().ToString()}}).ok());
}

TEST_F(AuditTest, AWitnessCountsOnceWhateverItsKeys) {
  const auto witness = [](const char* name, char filling) {
    return TestKey(name, tlog::SignatureType::kCosignatureV1, filling);
  };
  std::vector<tlog::SignerKey> witnesses;
  witnesses.push_back(witness("w1.example", '1'));
  witnesses.push_back(witness("w1.example", '2'));
  for (const tlog::SignerKey& key : witnesses) trust_.keys.push_back(key.verifier().ToString());
  trust_.min_witnesses = 2;
  EXPECT_TRUE(absl::IsFailedPrecondition(VerifyCheckpoint(Cosigned(witnesses), trust_).status()));
  witnesses.push_back(witness("w2.example", '3'));
  // A witness whose key is not trusted does not count.
  EXPECT_TRUE(absl::IsFailedPrecondition(VerifyCheckpoint(Cosigned(witnesses), trust_).status()));
  trust_.keys.push_back(witnesses.back().verifier().ToString());
  EXPECT_EQ(VerifyCheckpoint(Cosigned(witnesses), trust_)->witnesses, 2);
}

TEST_F(AuditTest, ConsistencyIsOfOneLogThatGrew) {
  const std::string older = log_.Checkpoint();
  TestLog grown;
  grown.GrowTo(500);
  const std::vector<std::string> hashes =
      *tlog::ConsistencyProof(300, 500, [&](tlog::NodeId node) { return grown.Node(node); });
  EXPECT_TRUE(VerifyConsistency(older, grown.Checkpoint(), hashes, trust_).ok());
  EXPECT_TRUE(absl::IsDataLoss(VerifyConsistency(grown.Checkpoint(), older, hashes, trust_)));
  TestLog fork;
  fork.GrowTo(299);
  fork.Append("another history");
  EXPECT_TRUE(
      absl::IsDataLoss(VerifyConsistency(fork.Checkpoint(), grown.Checkpoint(), hashes, trust_)));
  TestLog other("other.example");
  trust_.keys.push_back(other.key().ToString());
  EXPECT_THAT(
      std::string(VerifyConsistency(other.Checkpoint(), grown.Checkpoint(), {}, trust_).message()),
      HasSubstr("different logs"));
}

TEST_F(AuditTest, AFetchedProofIsGoodWithAndWithoutTheReceiptsLeaf) {
  for (const std::string& leaf : {std::string(), ReceiptOf(260).leaf_hash()}) {
    const auto fetched = audit_export::FetchProof(client_, 260, leaf, {});
    ASSERT_TRUE(fetched.ok()) << fetched.status();
    EXPECT_EQ(VerifyProofText(fetched->text, trust_)->receipt.leaf_hash(),
              ReceiptOf(260).leaf_hash());
  }
  EXPECT_TRUE(absl::IsDataLoss(
      audit_export::FetchProof(client_, 260, ReceiptOf(261).leaf_hash(), {}).status()));
}

}  // namespace
}  // namespace concordat
