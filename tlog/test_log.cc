#include "tlog/test_log.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "absl/strings/str_cat.h"
#include "base/openssl_ptr.h"
#include "tests/support/temporary_folder.h"
#include "tlog/checkpoint.h"
#include "tlog/entry_bundle.h"
#include "tlog/note.h"
#include "tlog/tile.h"

namespace concordat::tlog {

std::string PemOfSeed(absl::string_view seed) {
  const KeyPtr key(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(seed.data()), seed.size()));
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

SignerKey TestKey(absl::string_view name, SignatureType type, char filling) {
  return *SignerKey::FromPem(name, type, PemOfSeed(std::string(32, filling)));
}

TestLog::TestLog(absl::string_view origin)
    : origin_(origin), key_(TestKey(origin, SignatureType::kEd25519)) {}

void TestLog::Append(absl::string_view record) {
  records_.emplace_back(record);
  // Cannot fail: the hash has its length, and no test fills a tree.
  range_
      .Append(LeafHash(record),
              [this](NodeId node, const std::string& hash) { nodes_.emplace(node, hash); })
      .IgnoreError();
}

void TestLog::GrowTo(uint64_t size) {
  while (range_.size() < size) {
    Append(absl::StrCat("record ", range_.size(), std::string(range_.size() % 7, '.')));
  }
}

absl::StatusOr<std::string> TestLog::Node(NodeId node) const {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return absl::NotFoundError("no such node");
  return found->second;
}

std::string TestLog::Checkpoint() const { return CheckpointOf(size(), Root()); }

std::string TestLog::CheckpointOf(uint64_t size, absl::string_view root) const {
  const std::string text = *FormatCheckpoint({origin_, size, std::string(root), {}});
  return *FormatNote({text, {*key_.Sign(text)}});
}

void TestLog::Export(const std::filesystem::path& folder) const {
  std::filesystem::create_directories(folder);
  for (const Tile& tile : TilesBetween(0, size())) {
    std::string bytes;
    for (int i = 0; i < tile.width; ++i) {
      const uint64_t index = tile.index * kTileWidth + static_cast<uint64_t>(i);
      if (tile.contents == TileContents::kEntries) {
        AppendEntry(records_[index], bytes).IgnoreError();
      } else {
        bytes += nodes_.at({tile.level * kTileHeight, index});
      }
    }
    const std::filesystem::path path = folder / TilePath(tile);
    std::filesystem::create_directories(path.parent_path());
    WriteWhole(path.string(), bytes);
  }
  WriteWhole((folder / "checkpoint").string(), Checkpoint());
}

void TestLog::WriteBundle(const std::filesystem::path& path,
                          const std::vector<uint64_t>& indexes) const {
  std::string bundle;
  for (const uint64_t index : indexes) AppendEntry(records_[index], bundle).IgnoreError();
  WriteWhole(path.string(), bundle);
}

}  // namespace concordat::tlog
