// Bytes from whoever sends them: what the readers of the log's formats accept
// has one spelling, and no change to what is signed goes unseen.
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tlog/checkpoint.h"
#include "tlog/entry_bundle.h"
#include "tlog/note.h"
#include "tlog/proof.h"
#include "tlog/test_log.h"
#include "tlog/tile.h"
#include "tlog/tree_proof.h"

namespace concordat::tlog {
namespace {

constexpr int kRounds = 20'000;

// Changes a few bytes: flips, removes, doubles, or puts in what the formats are
// made of.
std::string Mutated(std::string bytes, std::mt19937_64& random) {
  static const std::vector<std::string> kPieces = {
      "\n", "\n\n", " ", "=", "0", "+", "/", "\xE2\x80\x94 ", "x", ".p/", "extra ", "index "};
  for (uint64_t i = random() % 3; i < 3 && !bytes.empty(); ++i) {
    const size_t at = random() % bytes.size();
    const size_t length = 1 + random() % 4;
    switch (random() % 4) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
        break;
      case 1:
        bytes.erase(at, length);
        break;
      case 2:
        bytes.insert(at, bytes.substr(at, length));
        break;
      default:
        bytes.insert(at, kPieces[random() % kPieces.size()]);
    }
  }
  return bytes;
}

// Every accepted mutation is written as it was read. `reads` gives the written
// form, or an error.
void ExpectOneSpelling(
    const std::vector<std::string>& seeds,
    const std::function<absl::StatusOr<std::string>(const std::string&)>& reads) {
  std::mt19937_64 random(4);
  int accepted = 0;
  for (int i = 0; i < kRounds; ++i) {
    const std::string bytes = Mutated(seeds[random() % seeds.size()], random);
    const absl::StatusOr<std::string> written = reads(bytes);
    if (!written.ok()) continue;
    ++accepted;
    ASSERT_EQ(*written, bytes);
  }
  // Else the mutations reach nothing.
  EXPECT_GT(accepted, 0);
}

std::string SeedProof(TestLog& log) {
  log.GrowTo(7);
  Proof proof;
  proof.extra = "more";
  proof.index = 3;
  proof.hashes = *InclusionProof(3, 7, [&](NodeId node) { return log.Node(node); });
  proof.checkpoint = log.Checkpoint();
  return *FormatProof(proof);
}

TEST(ParsersTest, ANoteHasOneSpelling) {
  TestLog log;
  ExpectOneSpelling({log.Checkpoint()},
                    [](const std::string& bytes) -> absl::StatusOr<std::string> {
                      const auto note = ParseNote(bytes);
                      return note.ok() ? FormatNote(*note) : note.status();
                    });
}

TEST(ParsersTest, ACheckpointHasOneSpelling) {
  TestLog log;
  log.GrowTo(1234);
  const std::string seed = ParseNote(log.Checkpoint())->text;
  ExpectOneSpelling({seed, seed + "extension\n"},
                    [](const std::string& bytes) -> absl::StatusOr<std::string> {
                      const auto read = ParseCheckpoint(bytes, ExtensionLines::kAllow);
                      return read.ok() ? FormatCheckpoint(*read) : read.status();
                    });
}

TEST(ParsersTest, AProofHasOneSpelling) {
  TestLog log;
  ExpectOneSpelling({SeedProof(log)}, [](const std::string& bytes) -> absl::StatusOr<std::string> {
    const auto proof = ParseProof(bytes);
    return proof.ok() ? FormatProof(*proof) : proof.status();
  });
}

TEST(ParsersTest, AVerifierKeyHasOneSpelling) {
  // Its id is of its name and key, so that no other text is a key at all.
  const std::string seed = TestLog().key().ToString();
  std::mt19937_64 random(4);
  for (int i = 0; i < kRounds; ++i) {
    const std::string text = Mutated(seed, random);
    EXPECT_EQ(VerifierKey::Parse(text).ok(), text == seed) << text;
  }
}

TEST(ParsersTest, ATilePathHasOneSpelling) {
  ExpectOneSpelling({"tile/0/x001/x234/067", "tile/entries/000.p/17", "tile/3/999"},
                    [](const std::string& bytes) -> absl::StatusOr<std::string> {
                      const auto tile = ParseTilePath(bytes);
                      return tile.ok() ? absl::StatusOr<std::string>(TilePath(*tile))
                                       : tile.status();
                    });
}

TEST(ParsersTest, AnEntryBundleHasOneSpelling) {
  std::string seed;
  for (const char* record : {"first", "", "third"}) ASSERT_TRUE(AppendEntry(record, seed).ok());
  ExpectOneSpelling({seed}, [](const std::string& bytes) -> absl::StatusOr<std::string> {
    const auto records = ParseEntryBundle(bytes, 3);
    if (!records.ok()) return records.status();
    std::string written;
    for (absl::string_view record : *records) {
      if (absl::Status status = AppendEntry(record, written); !status.ok()) return status;
    }
    return written;
  });
}

TEST(ParsersTest, NoChangeToACheckpointGoesUnseen) {
  TestLog log;
  log.GrowTo(1234);
  const std::string good = log.Checkpoint();
  std::mt19937_64 random(4);
  for (int i = 0; i < kRounds; ++i) {
    const std::string bytes = Mutated(good, random);
    const auto opened = OpenCheckpoint(bytes, {log.key()}, ExtensionLines::kRefuse);
    if (bytes == good) {
      EXPECT_TRUE(opened.ok());
    } else if (opened.ok()) {
      // A line that was doubled, or one of an unknown key: what is signed stands.
      EXPECT_EQ(ParseNote(bytes)->text, ParseNote(good)->text);
    }
  }
}

TEST(ParsersTest, NoChangeToAProofMakesItProveAnotherRecord) {
  TestLog log;
  const std::string good = SeedProof(log);
  std::mt19937_64 random(4);
  for (int i = 0; i < kRounds; ++i) {
    const auto proof = ParseProof(Mutated(good, random));
    if (!proof.ok()) continue;
    EXPECT_FALSE(VerifyProof(*proof, LeafHash("other"), {log.key()}, ExtensionLines::kRefuse).ok());
    const auto verified =
        VerifyProof(*proof, LeafHash(log.record(3)), {log.key()}, ExtensionLines::kRefuse);
    if (verified.ok()) {
      EXPECT_EQ(proof->index, 3);
      EXPECT_EQ(verified->checkpoint.root, log.Root());
    }
  }
}

}  // namespace
}  // namespace concordat::tlog
