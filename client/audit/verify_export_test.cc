// Exports whole and damaged, judged by this library and by tools/verify_audit.py,
// which shares no code with it.
#include "client/audit/verify_export.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/python_verifier.h"
#include "tests/support/temporary_folder.h"
#include "tlog/note.h"
#include "tlog/test_log.h"
#include "tlog/tile.h"

namespace concordat::audit_export {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using tlog::TestLog;

class VerifyExportTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kSize = 600;

  VerifyExportTest() { log_.GrowTo(kSize); }

  // Writes a whole export of `log`, and gives its folder.
  fs::path Export(const TestLog& log) {
    fs::path folder = temporary_.path() / "export";
    fs::remove_all(folder);
    log.Export(folder);
    return folder;
  }
  fs::path Export() { return Export(log_); }

  VerifyOptions OptionsOf(const fs::path& folder) const {
    return {.folder = folder, .trust = {{log_.key().ToString()}}};
  }
  // The other verifier's words of the folder.
  std::string Words(const fs::path& folder) const {
    return RunPythonVerifier({"--key", log_.key().ToString(), folder.string()}).output;
  }

  // This library's verdict, in the words of the other verifier.
  std::string Verdict(const VerifyOptions& options) const {
    const absl::StatusOr<WholeLog> log = VerifyExport(options);
    if (!log.ok()) {
      EXPECT_EQ(log.status().code(), absl::StatusCode::kDataLoss) << log.status();
      return absl::StrCat("DAMAGED: ", log.status().message());
    }
    return absl::StrCat("whole: ", log->checkpoint.tree_size, " records, ", log->archived,
                        " archived", log->lost > 0 ? absl::StrCat(", ", log->lost, " lost") : "");
  }
  std::string Verdict(const fs::path& folder) const { return Verdict(OptionsOf(folder)); }

  // The verdict, once both verifiers have come to it.
  std::string Agreed(const VerifyOptions& options) {
    std::vector<std::string> arguments;
    for (const std::string& key : options.trust.keys) {
      arguments.insert(arguments.end(), {"--key", key});
    }
    if (options.earlier.has_value()) {
      WriteWhole(temporary_.Path("earlier"), *options.earlier);
      arguments.insert(arguments.end(), {"--earlier", temporary_.Path("earlier")});
    }
    if (options.hashes_only) arguments.push_back("--hashes-only");
    arguments.push_back(options.folder.string());
    const std::string other = RunPythonVerifier(arguments).output;
    std::string verdict = Verdict(options);
    if (absl::StartsWith(verdict, "whole: ")) {
      EXPECT_THAT(other, StartsWith("whole: "));
      return verdict;
    }
    // What is wrong with a note, each says in its own words.
    for (const char* note : {"checkpoint: ", "the earlier checkpoint: ", "lost_checkpoint: "}) {
      if (!absl::StartsWith(verdict, absl::StrCat("DAMAGED: ", note))) continue;
      EXPECT_THAT(other, StartsWith(absl::StrCat("DAMAGED: ", note)));
      return verdict;
    }
    EXPECT_EQ(other, verdict);
    return verdict;
  }
  std::string Agreed(const fs::path& folder) { return Agreed(OptionsOf(folder)); }
  std::string Agreed(const fs::path& folder, const std::string& earlier) {
    VerifyOptions options = OptionsOf(folder);
    options.earlier = earlier;
    return Agreed(options);
  }

  TemporaryFolder temporary_;
  TestLog log_;
};

TEST_F(VerifyExportTest, WholeExportsOfEveryShapeAreFoundWhole) {
  for (uint64_t size : {0, 1, 2, 255, 256, 257, 511, 512, 600, 65'536 + 300}) {
    TestLog log;
    log.GrowTo(size);
    const std::string verdict = Agreed(Export(log));
    EXPECT_EQ(verdict, absl::StrCat("whole: ", size, " records, 0 archived"));
  }
}

// One bit to flip, and what has to be said of it.
struct Flip {
  fs::path file;
  size_t bit;
  std::string verdict;
};

// Draws a bit of an export of `log`: of a record, a length, a tile of each level, or
// the checkpoint, each as often.
Flip DrawFlip(const TestLog& log, const fs::path& folder, std::mt19937_64& random) {
  const int levels = tlog::TileLevels(log.size());
  const auto region = random() % static_cast<uint64_t>(levels + 3);
  const auto damage = [](uint64_t index) {
    return absl::StrCat("DAMAGED: first bad index ", index, ":");
  };
  if (region == 0) {
    const fs::path file = folder / "checkpoint";
    return {file, random() % (fs::file_size(file) * 8), "DAMAGED: checkpoint: "};
  }
  if (region <= 2) {
    uint64_t index = random() % log.size();
    const uint64_t bundle = index / tlog::kTileWidth;
    size_t offset = 0;
    for (uint64_t i = bundle * tlog::kTileWidth; i < index; ++i) offset += 2 + log.record(i).size();
    const size_t bits = (region == 1 ? 2 : log.record(index).size()) * 8;
    return {folder / tlog::TilePath({tlog::TileContents::kEntries, 0, bundle,
                                     tlog::TileWidth(log.size(), 0, bundle)}),
            (offset + (region == 1 ? 0 : 2)) * 8 + random() % bits, damage(index)};
  }
  const int level = static_cast<int>(region) - 3;
  const uint64_t hash = random() % tlog::TileHashes(log.size(), level);
  const uint64_t tile = hash / tlog::kTileWidth;
  return {folder / tlog::TilePath({tlog::TileContents::kHashes, level, tile,
                                   tlog::TileWidth(log.size(), level, tile)}),
          hash % tlog::kTileWidth * tlog::kHashBytes * 8 + random() % (tlog::kHashBytes * 8),
          damage(hash << (level * tlog::kTileHeight))};
}

TEST_F(VerifyExportTest, AThousandFlippedBitsAreFoundAndTheirIndexesNamed) {
  // The other verifier starts anew for each, which takes a hundred times as long.
  const int every = std::getenv("CONCORDAT_LONG") != nullptr ? 1 : 50;
  const fs::path folder = Export();
  std::mt19937_64 random(4);
  for (int i = 0; i < 1000; ++i) {
    const Flip flip = DrawFlip(log_, folder, random);
    const std::string good = ReadWhole(flip.file.string());
    std::string bad = good;
    bad[flip.bit / 8] = static_cast<char>(bad[flip.bit / 8] ^ (1 << flip.bit % 8));
    WriteWhole(flip.file.string(), bad);
    SCOPED_TRACE(absl::StrCat("bit ", flip.bit, " of ", flip.file.string()));
    ASSERT_THAT(i % every == 0 ? Agreed(folder) : Verdict(folder), StartsWith(flip.verdict));
    WriteWhole(flip.file.string(), good);
  }
  EXPECT_THAT(Verdict(folder), StartsWith("whole: "));
}

TEST_F(VerifyExportTest, FlippedBitsAreFoundOnTheThirdLevelToo) {
  TestLog log;
  log.GrowTo(65'536 + 300);
  const fs::path folder = Export(log);
  std::mt19937_64 random(5);
  for (int i = 0; i < 24; ++i) {
    const Flip flip = DrawFlip(log, folder, random);
    const std::string good = ReadWhole(flip.file.string());
    std::string bad = good;
    bad[flip.bit / 8] = static_cast<char>(bad[flip.bit / 8] ^ (1 << flip.bit % 8));
    WriteWhole(flip.file.string(), bad);
    SCOPED_TRACE(absl::StrCat("bit ", flip.bit, " of ", flip.file.string()));
    ASSERT_THAT(Verdict(folder), StartsWith(flip.verdict));
    WriteWhole(flip.file.string(), good);
  }
}

TEST_F(VerifyExportTest, ARemovedTailIsFound) {
  for (const std::string file : {"tile/entries/002.p/88", "tile/0/002.p/88", "tile/1/000.p/2"}) {
    fs::path folder = Export();
    fs::remove(folder / file);
    EXPECT_THAT(Agreed(folder), HasSubstr(absl::StrCat(file, " is missing")));
  }
  fs::path folder = Export();
  fs::remove(folder / "checkpoint");
  EXPECT_EQ(Verdict(folder), "DAMAGED: checkpoint: it cannot be read");
}

TEST_F(VerifyExportTest, EveryFileThatWasCutShortIsFound) {
  std::vector<fs::path> files;
  const fs::path folder = Export();
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  for (const fs::path& file : files) {
    const std::string good = ReadWhole(file.string());
    for (const size_t left : {size_t{0}, size_t{1}, good.size() - 1}) {
      WriteWhole(file.string(), good.substr(0, left));
      EXPECT_THAT(Verdict(folder), StartsWith("DAMAGED: ")) << file << " cut to " << left;
    }
    WriteWhole(file.string(), good.substr(0, good.size() / 2));
    EXPECT_THAT(Agreed(folder), StartsWith("DAMAGED: ")) << file << " cut in half";
    WriteWhole(file.string(), good);
  }
  fs::resize_file(folder / "tile/entries/002.p/88",
                  fs::file_size(folder / "tile/entries/002.p/88") - 1);
  EXPECT_THAT(Agreed(folder), HasSubstr("first bad index 599: "));
}

TEST_F(VerifyExportTest, SwappedMissingAndSurplusRecordsAreFound) {
  const fs::path folder = Export();
  std::vector<uint64_t> indexes(256);
  for (uint64_t i = 0; i < 256; ++i) indexes[i] = 256 + i;
  std::vector<uint64_t> swapped = indexes;
  std::swap(swapped[3], swapped[9]);
  log_.WriteBundle(folder / "tile/entries/001", swapped);
  EXPECT_THAT(Agreed(folder), HasSubstr("first bad index 259:"));
  std::vector<uint64_t> missing = indexes;
  missing.erase(missing.begin() + 7);
  log_.WriteBundle(folder / "tile/entries/001", missing);
  EXPECT_THAT(Agreed(folder),
              HasSubstr("first bad index 263: tile/entries/001 does not have 256 whole records"));
  indexes.push_back(512);
  log_.WriteBundle(folder / "tile/entries/001", indexes);
  EXPECT_THAT(Agreed(folder), HasSubstr("first bad index 511:"));
}

TEST_F(VerifyExportTest, WhatIsNoFileOrTooLargeForOneStopsNeitherVerifier) {
  for (const std::string name :
       {"tile/entries/001", "tile/0/001", "tile/1/000.p/2", "checkpoint", "minimum_index"}) {
    const std::vector<std::function<void(const std::string&)>> replacements = {
        [](const std::string& path) { ASSERT_EQ(mkfifo(path.c_str(), 0600), 0); },
        [](const std::string& path) { ASSERT_TRUE(fs::create_directory(path)); },
        [](const std::string& path) {
          WriteWhole(path, "");
          ASSERT_EQ(truncate(path.c_str(), off_t{1} << 40), 0);
        }};
    for (const auto& replace : replacements) {
      const fs::path folder = Export();
      fs::remove(folder / name);
      replace((folder / name).string());
      EXPECT_THAT(Agreed(folder), StartsWith("DAMAGED: ")) << name;
    }
  }
}

TEST_F(VerifyExportTest, AReplacedCheckpointIsFound) {
  const fs::path folder = Export();
  const std::string checkpoint = (folder / "checkpoint").string();
  TestLog fork;
  fork.GrowTo(300);
  fork.Append("another history");
  fork.GrowTo(kSize);
  // Signed by the log, and of a history that forked from this one.
  WriteWhole(checkpoint, fork.Checkpoint());
  EXPECT_THAT(Agreed(folder), HasSubstr("not with the signed root"));
  // By another key of that name.
  const tlog::SignerKey other = TestKey("log.example/audit", tlog::SignatureType::kEd25519, 'x');
  const std::string text = tlog::ParseNote(log_.Checkpoint())->text;
  WriteWhole(checkpoint, *tlog::FormatNote({text, {*other.Sign(text)}}));
  EXPECT_THAT(Agreed(folder), StartsWith("DAMAGED: checkpoint: "));
  // Older, and newer, than the export.
  TestLog older;
  older.GrowTo(590);
  WriteWhole(checkpoint, older.Checkpoint());
  EXPECT_THAT(Agreed(folder), HasSubstr("tile/entries/002.p/78 is missing"));
  TestLog newer;
  newer.GrowTo(601);
  WriteWhole(checkpoint, newer.Checkpoint());
  EXPECT_THAT(Agreed(folder), HasSubstr("first bad index 512: tile/entries/002.p/89 is missing"));
}

TEST_F(VerifyExportTest, AForgedRecordWhoseTilesWereMadeToFitIsFound) {
  const fs::path folder = Export();
  TestLog forged;
  forged.GrowTo(300);
  forged.Append("forged");
  for (uint64_t i = forged.size(); i < kSize; ++i) forged.Append(log_.record(i));
  const fs::path other = temporary_.path() / "forged";
  forged.Export(other);
  const auto take = [&](const char* file) {
    fs::copy_file(other / file, folder / file, fs::copy_options::overwrite_existing);
  };
  take("tile/entries/001");
  take("tile/0/001");
  EXPECT_THAT(Agreed(folder), HasSubstr("first bad index 256 to 511: "));
  take("tile/1/000.p/2");
  EXPECT_THAT(Agreed(folder), HasSubstr("no index can be named"));
}

TEST_F(VerifyExportTest, AnEarlierCheckpointMustBeAPrefix) {
  const fs::path folder = Export();
  for (uint64_t size : {0, 1, 255, 256, 300, 600}) {
    TestLog log;
    log.GrowTo(size);
    EXPECT_THAT(Agreed(folder, log.Checkpoint()), StartsWith("whole: ")) << size;
  }
  TestLog fork;
  fork.GrowTo(299);
  fork.Append("another history");
  EXPECT_THAT(Agreed(folder, fork.Checkpoint()), HasSubstr("did not grow from the earlier"));
  TestLog longer;
  longer.GrowTo(601);
  EXPECT_THAT(Agreed(folder, longer.Checkpoint()),
              HasSubstr("first bad index 600: the earlier checkpoint has 601 records"));
  // An empty file is none that was kept.
  EXPECT_THAT(Agreed(folder, ""), StartsWith("DAMAGED: the earlier checkpoint: "));
  EXPECT_THAT(Agreed(folder, TestLog("other.example").Checkpoint()),
              StartsWith("DAMAGED: the earlier checkpoint: "));
}

TEST_F(VerifyExportTest, NotesOfUnusualSizeAreReadAlikeByBoth) {
  const fs::path folder = Export();
  const std::string checkpoint = (folder / "checkpoint").string();
  const std::string note = log_.Checkpoint();
  // Of unknown keys, which are ignored: an id and `bytes` of signature.
  const auto signature = [](size_t bytes) {
    return absl::StrCat("\xE2\x80\x94 other.example ",
                        absl::Base64Escape(std::string(4 + bytes, 's')), "\n");
  };
  std::string signatures;
  for (size_t i = 1; i < tlog::kMaxNoteSignatures; ++i) signatures += signature(64);
  WriteWhole(checkpoint, note + signatures);
  EXPECT_THAT(Agreed(folder), StartsWith("whole: "));
  WriteWhole(checkpoint, note + signatures + signature(64));
  EXPECT_THAT(Agreed(folder), StartsWith("DAMAGED: checkpoint: "));
  // Four characters for three bytes, and no padding.
  const size_t around = note.size() + signature(2).size() - 8;
  const size_t characters = (tlog::kMaxNoteBytes - around) / 4 * 4;
  WriteWhole(checkpoint, note + signature(characters / 4 * 3 - 4));
  EXPECT_LE(ReadWhole(checkpoint).size(), tlog::kMaxNoteBytes);
  EXPECT_THAT(Agreed(folder), StartsWith("whole: "));
  WriteWhole(checkpoint, note + signature(characters / 4 * 3 - 4 + 3));
  EXPECT_THAT(Agreed(folder), StartsWith("DAMAGED: checkpoint: "));
}

TEST_F(VerifyExportTest, WhatALogLostBeforeItsSuccessorBeganIsSaid) {
  const fs::path folder = Export();
  const std::string lost = (folder / "lost_checkpoint").string();
  TestLog longer;
  longer.GrowTo(700);
  WriteWhole(lost, longer.Checkpoint());
  EXPECT_EQ(Agreed(folder), "whole: 600 records, 0 archived, 100 lost");
  EXPECT_THAT(Words(folder), EndsWith(", 700 were signed: the last 100 are lost"));
  // None of this log, none that says anything, and none at all.
  for (const std::string& note :
       {TestLog("other.example").Checkpoint(), log_.Checkpoint(), std::string("no note")}) {
    WriteWhole(lost, note);
    EXPECT_THAT(Agreed(folder), StartsWith("DAMAGED: lost_checkpoint: ")) << note;
  }
}

TEST_F(VerifyExportTest, RecordsThatRetentionDroppedAreTakenFromTheirTiles) {
  const fs::path folder = Export();
  const std::string first = ReadWhole((folder / "tile/entries/000").string());
  const std::string second = ReadWhole((folder / "tile/entries/001").string());
  WriteWhole((folder / "minimum_index").string(), "512\n");
  fs::remove(folder / "tile/entries/000");
  fs::remove(folder / "tile/entries/001");
  EXPECT_EQ(Agreed(folder), "whole: 600 records, 512 archived");
  EXPECT_THAT(Words(folder), HasSubstr(", the first 512 archived elsewhere"));
  // Their tiles are held against the tiles above.
  const std::string tile = (folder / "tile/0/001").string();
  const std::string good = ReadWhole(tile);
  std::string bad = good;
  bad[40] ^= 1;
  WriteWhole(tile, bad);
  EXPECT_THAT(Agreed(folder), HasSubstr("first bad index 256 to 511: "));
  WriteWhole(tile, good.substr(0, 100));
  EXPECT_THAT(Agreed(folder), HasSubstr("first bad index 256: tile/0/001 is too short"));
  fs::remove(tile);
  EXPECT_THAT(Agreed(folder), HasSubstr("first bad index 256: tile/0/001 is missing"));
  WriteWhole(tile, good);
  // With the archive copied in, they are hashed again.
  WriteWhole((folder / "tile/entries/001").string(), second);
  EXPECT_EQ(Agreed(folder), "whole: 600 records, 256 archived");
  EXPECT_THAT(Words(folder), HasSubstr(", 256 of the first 512 archived elsewhere"));
  WriteWhole((folder / "tile/entries/000").string(), first);
  EXPECT_EQ(Agreed(folder), "whole: 600 records, 0 archived");
  WriteWhole((folder / "tile/entries/000").string(), first.substr(1));
  EXPECT_THAT(Agreed(folder), HasSubstr("first bad index 0: "));
}

TEST_F(VerifyExportTest, OnlyWhatTheMinimumIndexSaysMayBeMissing) {
  const fs::path folder = Export();
  fs::remove(folder / "tile/entries/001");
  const std::string file = (folder / "minimum_index").string();
  WriteWhole(file, "256\n");
  EXPECT_THAT(Agreed(folder), HasSubstr("first bad index 256: tile/entries/001 is missing"));
  for (const char* text : {"", "512", "0512\n", "511\n", "768\n", "-256\n", "512\n\n", " 512\n"}) {
    WriteWhole(file, text);
    EXPECT_THAT(Agreed(folder), HasSubstr("minimum_index: it is not a multiple of 256")) << text;
  }
}

TEST_F(VerifyExportTest, WitnessesAreCountedAndDemanded) {
  const fs::path folder = Export();
  const tlog::SignerKey witness =
      TestKey("witness.example", tlog::SignatureType::kCosignatureV1, 'w');
  tlog::Note note = *tlog::ParseNote(log_.Checkpoint());
  note.signatures.push_back(*witness.Cosign(note.text, absl::FromUnixSeconds(1679315147)));
  WriteWhole((folder / "checkpoint").string(), *tlog::FormatNote(note));
  VerifyOptions options{.folder = folder,
                        .trust = {{log_.key().ToString(), witness.verifier().ToString()}, 1}};
  const absl::StatusOr<WholeLog> log = VerifyExport(options);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(log->checkpoint.witnesses, 1);
  options.trust.min_witnesses = 2;
  EXPECT_TRUE(absl::IsFailedPrecondition(VerifyExport(options).status()));
}

TEST_F(VerifyExportTest, AnExportOfHashesAloneIsVerifiedAsSuch) {
  const fs::path folder = Export();
  fs::remove_all(folder / "tile/entries");
  VerifyOptions options = OptionsOf(folder);
  EXPECT_THAT(Agreed(options), HasSubstr("first bad index 0: tile/entries/000 is missing"));
  options.hashes_only = true;
  EXPECT_THAT(Agreed(options), StartsWith("whole: "));
  const std::string tile = (folder / "tile/0/002.p/88").string();
  std::string bytes = ReadWhole(tile);
  bytes[0] ^= 1;
  WriteWhole(tile, bytes);
  EXPECT_THAT(Agreed(options), HasSubstr("not with the signed root"));
  fs::remove(tile);
  EXPECT_THAT(Agreed(options), HasSubstr("first bad index 512: tile/0/002.p/88 is missing"));
}

TEST_F(VerifyExportTest, MalformedKeysAreTheCallersError) {
  EXPECT_TRUE(
      absl::IsInvalidArgument(VerifyExport({.folder = Export(), .trust = {{"no key"}}}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(VerifyExport({.folder = Export(), .trust = {}}).status()));
}

}  // namespace
}  // namespace concordat::audit_export
