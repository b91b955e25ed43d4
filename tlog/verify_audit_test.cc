// tools/verify_audit.py, which shares no code with this library, against
// exports that the library wrote: whole ones, and damaged ones.
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/python_verifier.h"
#include "tests/support/temporary_folder.h"
#include "tlog/note.h"
#include "tlog/test_log.h"

namespace concordat::tlog {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// One export of a log that has full and partial tiles on two levels.
class VerifyAuditTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kSize = 600;

  VerifyAuditTest() { log_.GrowTo(kSize); }

  // Writes a whole export, and gives its folder.
  fs::path Export() {
    fs::path folder = temporary_.path() / "export";
    fs::remove_all(folder);
    log_.Export(folder);
    return folder;
  }
  PythonVerdict Check(const fs::path& folder) const {
    return RunPythonVerifier({"--key", log_.key().ToString(), folder.string()});
  }
  void ExpectDamage(const fs::path& folder, const std::string& what) const {
    const PythonVerdict verdict = Check(folder);
    EXPECT_EQ(verdict.exit_code, 1) << verdict.output;
    EXPECT_THAT(verdict.output, StartsWith("DAMAGED: "));
    EXPECT_THAT(verdict.output, HasSubstr(what));
  }
  static void FlipBit(const fs::path& path, size_t bit) {
    std::string bytes = ReadWhole(path.string());
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    WriteWhole(path.string(), bytes);
  }

  TemporaryFolder temporary_;
  TestLog log_;
};

TEST_F(VerifyAuditTest, WholeExportsOfEveryShapeAreFoundWhole) {
  for (uint64_t size : {0, 1, 2, 255, 256, 257, 511, 512, 600}) {
    TestLog log;
    log.GrowTo(size);
    const fs::path folder = temporary_.path() / absl::StrCat(size);
    log.Export(folder);
    const PythonVerdict verdict =
        RunPythonVerifier({"--key", log.key().ToString(), folder.string()});
    EXPECT_EQ(verdict.exit_code, 0) << verdict.output;
    EXPECT_THAT(verdict.output,
                StartsWith(absl::StrCat("whole: ", size, " records of log.example/audit, root ")));
  }
}

TEST_F(VerifyAuditTest, AnExportWithATileOnTheThirdLevelIsFoundWhole) {
  log_.GrowTo(65'536 + 300);
  EXPECT_EQ(Check(Export()).exit_code, 0);
}

TEST_F(VerifyAuditTest, AFlippedBitIsFoundInEveryRegionAndARecordsIndexNamed) {
  const bool thorough = std::getenv("CONCORDAT_LONG") != nullptr;
  const int flips_per_file = thorough ? 125 : 3;
  std::mt19937_64 random(4);
  std::vector<fs::path> files;
  const fs::path whole = Export();
  for (const auto& entry : fs::recursive_directory_iterator(whole)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  // Bundles and tiles 0, 1 and a partial one; the partial tile above; checkpoint.
  ASSERT_EQ(files.size(), 8);
  for (const fs::path& file : files) {
    const std::string good = ReadWhole(file.string());
    for (int i = 0; i < flips_per_file; ++i) {
      const size_t bit = random() % (good.size() * 8);
      FlipBit(file, bit);
      SCOPED_TRACE(absl::StrCat("bit ", bit, " of ", file.string()));
      const bool checkpoint = file.filename() == "checkpoint";
      ExpectDamage(whole, checkpoint ? "checkpoint: " : "first bad index ");
      WriteWhole(file.string(), good);
    }
  }
  EXPECT_EQ(Check(whole).exit_code, 0);
}

TEST_F(VerifyAuditTest, TheIndexOfTheFlippedRecordIsTheOneThatIsNamed) {
  const fs::path folder = Export();
  const fs::path bundle = folder / "tile/entries/001";
  // Of record 256 + 100, its length and its contents.
  size_t offset = 0;
  for (uint64_t i = 256; i < 356; ++i) offset += 2 + log_.record(i).size();
  for (size_t byte : {offset + 1, offset + 2}) {
    FlipBit(bundle, byte * 8);
    ExpectDamage(folder, "first bad index 356:");
    FlipBit(bundle, byte * 8);
  }
}

TEST_F(VerifyAuditTest, ADamagedTileIsToldFromADamagedRecord) {
  const fs::path folder = Export();
  FlipBit(folder / "tile/0/001", (44 * kHashBytes + 5) * 8);
  ExpectDamage(folder,
               "first bad index 300: a hash in tile/0/001 is not that of the records; all "
               "records are whole");
  EXPECT_EQ(Check(Export()).exit_code, 0);
  FlipBit(folder / "tile/1/000.p/2", (kHashBytes + 5) * 8);
  ExpectDamage(folder, "first bad index 256: a hash in tile/1/000.p/2");
}

TEST_F(VerifyAuditTest, ARemovedTailIsFound) {
  fs::path folder = Export();
  fs::remove(folder / "tile/entries/002.p/88");
  ExpectDamage(folder, "first bad index 512: tile/entries/002.p/88 is missing");
  folder = Export();
  const fs::path last = folder / "tile/entries/002.p/88";
  const std::string bytes = ReadWhole(last.string());
  WriteWhole(last.string(), bytes.substr(0, bytes.size() - 1));
  ExpectDamage(folder, "first bad index 599: ");
  folder = Export();
  fs::remove(folder / "tile/0/002.p/88");
  ExpectDamage(folder, "first bad index 512: tile/0/002.p/88 is missing");
  folder = Export();
  fs::remove(folder / "checkpoint");
  ExpectDamage(folder, "checkpoint: ");
}

TEST_F(VerifyAuditTest, SwappedRecordsAreFound) {
  const fs::path folder = Export();
  std::vector<uint64_t> indexes(256);
  for (uint64_t i = 0; i < 256; ++i) indexes[i] = 256 + i;
  std::swap(indexes[3], indexes[9]);
  log_.WriteBundle(folder / "tile/entries/001", indexes);
  ExpectDamage(folder, "first bad index 259:");
}

TEST_F(VerifyAuditTest, ARecordThatIsMissingOrOneTooManyIsFound) {
  const fs::path folder = Export();
  std::vector<uint64_t> indexes(256);
  for (uint64_t i = 0; i < 256; ++i) indexes[i] = 256 + i;
  indexes.erase(indexes.begin() + 7);
  log_.WriteBundle(folder / "tile/entries/001", indexes);
  ExpectDamage(folder, "first bad index 263: tile/entries/001 does not have 256 whole records");
  indexes.insert(indexes.begin() + 7, 263);
  indexes.push_back(512);
  log_.WriteBundle(folder / "tile/entries/001", indexes);
  ExpectDamage(folder, "first bad index 511: tile/entries/001 does not have 256 whole records");
}

TEST_F(VerifyAuditTest, ARecordWhoseTileWasMadeToFitIsFoundByTheTilesAbove) {
  const fs::path folder = Export();
  TestLog forged;
  forged.GrowTo(300);
  forged.Append("forged");
  for (uint64_t i = forged.size(); i < kSize; ++i) forged.Append(log_.record(i));
  const fs::path other = temporary_.path() / "forged";
  forged.Export(other);
  for (const char* file : {"tile/entries/001", "tile/0/001"}) {
    fs::copy_file(other / file, folder / file, fs::copy_options::overwrite_existing);
  }
  ExpectDamage(folder, "first bad index 256 to 511: ");
  fs::copy_file(other / "tile/1/000.p/2", folder / "tile/1/000.p/2",
                fs::copy_options::overwrite_existing);
  ExpectDamage(folder, "no index can be named");
}

TEST_F(VerifyAuditTest, AReplacedCheckpointIsFound) {
  const fs::path folder = Export();
  const std::string checkpoint = (folder / "checkpoint").string();
  // Of an older state, whose tiles are narrower.
  TestLog older;
  older.GrowTo(590);
  WriteWhole(checkpoint, older.Checkpoint());
  ExpectDamage(folder, "tile/entries/002.p/78 is missing");
  // Of another root, which the log signed all the same.
  WriteWhole(checkpoint, log_.CheckpointOf(kSize, older.Root()));
  ExpectDamage(folder, "not with the signed root");
  // Of a log that is longer than the export.
  WriteWhole(checkpoint, log_.CheckpointOf(kSize + 1, older.Root()));
  ExpectDamage(folder, "first bad index 512: ");
  // By another key, and of another log.
  const SignerKey other = TestKey("log.example/audit", SignatureType::kEd25519, 'x');
  const std::string text = ParseNote(log_.Checkpoint())->text;
  WriteWhole(checkpoint, *FormatNote({text, {*other.Sign(text)}}));
  ExpectDamage(folder, "checkpoint: no given key of its log signed it");
  WriteWhole(checkpoint, TestLog("other.example").Checkpoint());
  ExpectDamage(folder, "checkpoint: no given key of its log signed it");
}

TEST_F(VerifyAuditTest, AnEarlierCheckpointMustBeAPrefix) {
  const fs::path folder = Export();
  const std::string earlier = temporary_.Path("earlier");
  const auto check = [&] {
    return RunPythonVerifier(
        {"--key", log_.key().ToString(), "--earlier", earlier, folder.string()});
  };
  for (uint64_t size : {0, 1, 255, 256, 300, 600}) {
    TestLog log;
    log.GrowTo(size);
    WriteWhole(earlier, log.Checkpoint());
    const PythonVerdict verdict = check();
    EXPECT_EQ(verdict.exit_code, 0) << size << ": " << verdict.output;
  }
  TestLog fork;
  fork.GrowTo(299);
  fork.Append("another history");
  WriteWhole(earlier, fork.Checkpoint());
  EXPECT_THAT(check().output, HasSubstr("did not grow from the earlier checkpoint"));
  EXPECT_EQ(check().exit_code, 1);
  TestLog longer;
  longer.GrowTo(601);
  WriteWhole(earlier, longer.Checkpoint());
  EXPECT_THAT(check().output, HasSubstr("first bad index 600: the earlier checkpoint has 601"));
}

TEST_F(VerifyAuditTest, WitnessesAndAChangedKeyAreUnderstood) {
  const fs::path folder = Export();
  const SignerKey witness = TestKey("witness.example", SignatureType::kCosignatureV1, 'w');
  const SignerKey next = TestKey("log.example/audit", SignatureType::kEd25519, 'n');
  Note note = *ParseNote(log_.Checkpoint());
  note.signatures.push_back(*next.Sign(note.text));
  note.signatures.push_back(*witness.Cosign(note.text, absl::FromUnixSeconds(1679315147)));
  WriteWhole((folder / "checkpoint").string(), *FormatNote(note));
  const auto check = [&](const std::vector<std::string>& keys) {
    std::vector<std::string> arguments;
    for (const std::string& key : keys) arguments.insert(arguments.end(), {"--key", key});
    arguments.push_back(folder.string());
    return RunPythonVerifier(arguments).exit_code;
  };
  const std::string log_key = log_.key().ToString();
  const std::string witness_key = witness.verifier().ToString();
  EXPECT_EQ(check({log_key}), 0);
  EXPECT_EQ(check({next.verifier().ToString()}), 0);
  EXPECT_EQ(check({log_key, next.verifier().ToString(), witness_key}), 0);
  EXPECT_EQ(check({witness_key}), 1);
  note.signatures.back().bytes[7] ^= 1;
  WriteWhole((folder / "checkpoint").string(), *FormatNote(note));
  EXPECT_EQ(check({log_key}), 0);
  EXPECT_EQ(check({log_key, witness_key}), 1);
}

TEST_F(VerifyAuditTest, AFullTileMayStandInForAPartialOne) {
  TestLog longer;
  longer.GrowTo(768);
  const fs::path folder = temporary_.path() / "longer";
  longer.Export(folder);
  WriteWhole((folder / "checkpoint").string(), log_.Checkpoint());
  // Level 1 has two hashes now and had three: an older partial tile remains.
  const fs::path partial = folder / "tile/1/000.p/2";
  WriteWhole(partial.string(), ReadWhole((Export() / "tile/1/000.p/2").string()));
  const PythonVerdict verdict = Check(folder);
  EXPECT_EQ(verdict.exit_code, 0) << verdict.output;
}

TEST_F(VerifyAuditTest, AWrongCallEndsWithTwo) {
  const std::string folder = Export().string();
  const std::string key = log_.key().ToString();
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {},
           {"--key", "no key", folder},
           {"--key", key, "--complete", "--hashes-only", folder},
           {"--key", key, "--earlier", temporary_.Path("none"), folder},
           {"--key", key, temporary_.Path("none")}}) {
    EXPECT_EQ(RunPythonVerifier(arguments).exit_code, 2) << ::testing::PrintToString(arguments);
  }
}

}  // namespace
}  // namespace concordat::tlog
