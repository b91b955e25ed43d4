// The log's formats from whoever sends them: nothing crashes, what is accepted
// has one spelling, and nothing is proven that the log did not sign. The first
// byte chooses the parser, the rest is its input.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/fuzz/fuzz_target.h"
#include "tlog/checkpoint.h"
#include "tlog/entry_bundle.h"
#include "tlog/merkle.h"
#include "tlog/note.h"
#include "tlog/note_key.h"
#include "tlog/proof.h"
#include "tlog/tile.h"
#include "tlog/tree_proof.h"

namespace concordat::tlog {
namespace {

using fuzz::Require;

// The key of the signed-note specification's example, whose private half nobody
// here has.
const std::vector<VerifierKey>& Keys() {
  static const auto* const keys = new std::vector<VerifierKey>{
      *VerifierKey::Parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")};
  return *keys;
}

void FuzzNote(absl::string_view bytes) {
  const auto note = ParseNote(bytes);
  if (!note.ok()) return;
  const auto written = FormatNote(*note);
  Require(written.ok() && *written == bytes, "a note has one spelling");
  Require(note->signatures.size() <= kMaxNoteSignatures, "a note has a limit");
  const auto opened = OpenNote(bytes, Keys());
  Require(!opened.ok() || opened->text == "This is an example message.\n",
          "a signature cannot be guessed");
}

void FuzzCheckpoint(absl::string_view text) {
  const auto checkpoint = ParseCheckpoint(text, ExtensionLines::kAllow);
  if (!checkpoint.ok()) return;
  const auto written = FormatCheckpoint(*checkpoint);
  Require(written.ok() && *written == text, "a checkpoint has one spelling");
  Require(checkpoint->size <= kMaxTreeSize && checkpoint->root.size() == kHashBytes,
          "a checkpoint's numbers are in range");
}

void FuzzProof(absl::string_view bytes) {
  const auto proof = ParseProof(bytes);
  if (!proof.ok()) return;
  const auto written = FormatProof(*proof);
  Require(written.ok() && *written == bytes, "a proof has one spelling");
  Require(!VerifyProof(*proof, LeafHash("record"), Keys(), ExtensionLines::kAllow).ok(),
          "nothing is proven without the log's key");
}

void FuzzVerifierKey(absl::string_view text) {
  const auto key = VerifierKey::Parse(text);
  if (key.ok()) Require(key->ToString() == text, "a verifier key has one spelling");
}

void FuzzTilePath(absl::string_view path) {
  const auto tile = ParseTilePath(path);
  if (!tile.ok()) return;
  Require(TilePath(*tile) == path, "a tile has one path");
  Require(tile->width >= 1 && tile->width <= kTileWidth && tile->level <= kMaxTileLevel,
          "a tile's numbers are in range");
}

// The first byte of `bytes` is the number of entries, less one.
void FuzzEntryBundle(absl::string_view bytes) {
  if (bytes.empty()) return;
  const auto records =
      ParseEntryBundle(bytes.substr(1), 1 + static_cast<unsigned char>(bytes.front()));
  if (!records.ok()) return;
  std::string written;
  for (absl::string_view record : *records) {
    Require(AppendEntry(record, written).ok(), "what is read can be written");
  }
  Require(written == bytes.substr(1), "an entry bundle has one spelling");
}

// Two numbers of eight bytes, then hashes: the first is the root, the rest the
// proof.
void FuzzTreeProof(absl::string_view bytes) {
  constexpr size_t kNumberBytes = 8;
  if (bytes.size() < 2 * kNumberBytes + kHashBytes) return;
  std::array<uint64_t, 2> numbers{};
  for (size_t i = 0; i < 2 * kNumberBytes; ++i) {
    uint64_t& number = numbers[i / kNumberBytes];
    number = number << 8 | static_cast<unsigned char>(bytes[i]);
  }
  bytes.remove_prefix(2 * kNumberBytes);
  const std::string root(bytes.substr(0, kHashBytes));
  std::vector<std::string> proof;
  for (size_t at = kHashBytes; at < bytes.size(); at += kHashBytes) {
    proof.emplace_back(bytes.substr(at, kHashBytes));
  }
  const std::string leaf = LeafHash("record");
  const std::string other = LeafHash("other");
  const auto [first, size] = numbers;
  if (VerifyInclusion(first, size, leaf, proof, root).ok()) {
    Require(!VerifyInclusion(first, size, other, proof, root).ok(), "a path is of one leaf");
    Require(!VerifyInclusion(first, size, leaf, proof, other).ok(), "a path has one root");
  }
  if (VerifyConsistency(first, size, proof, leaf, root).ok()) {
    Require(!VerifyConsistency(first, size, proof, other, root).ok(), "a tree has one past");
    Require(!VerifyConsistency(first, size, proof, leaf, other).ok(), "a tree has one present");
  }
}

}  // namespace
}  // namespace concordat::tlog

// What libFuzzer calls, by this name.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace concordat::tlog;  // NOLINT(google-build-using-namespace): the name is C's.
  return concordat::fuzz::Parse(data, size,
                                {{'n', &FuzzNote},
                                 {'c', &FuzzCheckpoint},
                                 {'p', &FuzzProof},
                                 {'v', &FuzzVerifierKey},
                                 {'t', &FuzzTilePath},
                                 {'e', &FuzzEntryBundle},
                                 {'m', &FuzzTreeProof}});
}
