#include "tests/crash/stored_log.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/server.h"
#include "tests/support/must.h"
#include "tests/support/python_verifier.h"
#include "tests/support/stored_audit.h"
#include "tests/support/temporary_folder.h"
#include "tlog/checkpoint.h"
#include "tlog/compact_range.h"
#include "tlog/entry_bundle.h"
#include "tlog/merkle.h"
#include "tlog/note_key.h"
#include "tlog/tile.h"

namespace concordat::crash {
namespace {

namespace fs = std::filesystem;

// The bits of a stored tile's id below its level.
constexpr int kIndexBits = 56;

using Tiles = std::map<std::pair<int, uint64_t>, std::string>;

Tiles ReadTiles(const std::string& database_path) {
  Tiles tiles;
  for (const auto& row :
       e2e::QueryRows(database_path, "SELECT CAST(id AS TEXT), hashes FROM audit_tile")) {
    uint64_t id = 0;
    if (!absl::SimpleAtoi(row[0], &id)) Die(absl::StrCat("a tile has the id ", row[0]));
    tiles[{static_cast<int>(id >> kIndexBits), id & ((uint64_t{1} << kIndexBits) - 1)}] = row[1];
  }
  return tiles;
}

// What the tile's file holds; what the database lacks of it is lacking.
std::string BytesOf(const tlog::Tile& tile, const std::vector<e2e::StoredRecord>& records,
                    const Tiles& tiles) {
  const auto width = static_cast<size_t>(tile.width);
  const bool is_stored =
      tile.contents == tlog::TileContents::kHashes && (tile.level > 0 || width == tlog::kTileWidth);
  if (is_stored) {
    const auto found = tiles.find({tile.level, tile.index});
    return found == tiles.end() ? "" : found->second.substr(0, width * tlog::kHashBytes);
  }
  std::string bytes;
  const size_t first = tile.index * tlog::kTileWidth;
  for (size_t i = first; i < first + width && i < records.size(); ++i) {
    if (tile.contents == tlog::TileContents::kEntries) {
      Must(tlog::AppendEntry(records[i].bytes, bytes));
    } else {
      bytes += tlog::LeafHash(records[i].bytes);
    }
  }
  return bytes;
}

// What the program said of the folder, when it did not end with 0.
std::string Verify(const std::string& key, const std::string& folder) {
  const PythonVerdict verdict = RunPythonVerifier({"--key", key, folder});
  if (verdict.exit_code == 0) return "";
  return absl::StrCat("verify_audit.py: ", verdict.output);
}

// What is wrong with checkpoints that were shown: each has to be that of the first
// records, as many as it says, and not to be ahead of the one that is kept.
std::string Compare(const std::vector<tlog::Checkpoint>& shown, uint64_t kept_size,
                    const std::vector<e2e::StoredRecord>& records) {
  std::multimap<uint64_t, std::string> roots;
  for (const tlog::Checkpoint& checkpoint : shown) {
    roots.emplace(checkpoint.size, checkpoint.root);
    if (checkpoint.size > kept_size) {
      return absl::StrCat("a checkpoint of ", checkpoint.size, " records was shown, and one of ",
                          kept_size, " is kept");
    }
  }
  tlog::CompactRange range;
  for (const auto& [size, root] : roots) {
    while (range.size() < size && range.size() < records.size()) {
      Must(range.Append(tlog::LeafHash(records[range.size()].bytes)));
    }
    if (range.size() != size || range.Root() != root) {
      return absl::StrCat("the first ", size, " records are not those of a checkpoint shown");
    }
  }
  return "";
}

}  // namespace

std::string FindWrongInLog(const server::v1::ServerConfig& config,
                           const std::set<std::string>& shown) {
  const std::string key = Must(LogKeys(config)).front();
  const std::vector<tlog::VerifierKey> keys = {Must(tlog::VerifierKey::Parse(key))};
  // Before the records, so that they are those that it covers, and more.
  const std::string kept = ReadWhole(config.audit().checkpoint_file());
  std::vector<tlog::Checkpoint> checkpoints;
  for (const std::string& note : shown) {
    const auto opened = tlog::OpenCheckpoint(note, keys, tlog::ExtensionLines::kRefuse);
    if (!opened.ok()) return absl::StrCat("a checkpoint shown: ", opened.status().ToString());
    checkpoints.push_back(opened->checkpoint);
  }
  const auto opened = tlog::OpenCheckpoint(kept, keys, tlog::ExtensionLines::kRefuse);
  if (!opened.ok()) return absl::StrCat("the checkpoint kept: ", opened.status().ToString());
  const uint64_t size = opened->checkpoint.size;
  const std::vector<e2e::StoredRecord> records = e2e::ReadAudit(config.database_path());
  const Tiles tiles = ReadTiles(config.database_path());

  const TemporaryFolder folder;
  for (const tlog::Tile& tile : tlog::TilesBetween(0, size)) {
    const fs::path path = folder.path() / tlog::TilePath(tile);
    fs::create_directories(path.parent_path());
    WriteWhole(path.string(), BytesOf(tile, records, tiles));
  }
  WriteWhole(folder.Path("checkpoint"), kept);
  return Compare(checkpoints, size, records) + Verify(key, folder.path().string());
}

}  // namespace concordat::crash
