// A log in memory for tests.
#ifndef CONCORDAT_TLOG_TEST_LOG_H_
#define CONCORDAT_TLOG_TEST_LOG_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tlog/compact_range.h"
#include "tlog/merkle.h"
#include "tlog/note_key.h"

namespace concordat::tlog {

// PKCS #8 in PEM of the Ed25519 private key with this seed of 32 bytes.
std::string PemOfSeed(absl::string_view seed);
// The key of the seed whose every byte is `filling`. Ends the process when it
// cannot be made.
SignerKey TestKey(absl::string_view name, SignatureType type, char filling = 'k');

// A log with its key, that keeps every record and every node.
class TestLog {
 public:
  explicit TestLog(absl::string_view origin = "log.example/audit");

  void Append(absl::string_view record);
  // Appends records of different contents and lengths until there are `size`.
  void GrowTo(uint64_t size);

  uint64_t size() const { return range_.size(); }
  std::string Root() const { return range_.Root(); }
  const VerifierKey& key() const { return key_.verifier(); }
  const std::string& record(uint64_t index) const { return records_[index]; }
  // NOT_FOUND for a node that is not complete.
  absl::StatusOr<std::string> Node(NodeId node) const;
  // The checkpoint of the tree as it is now, signed.
  std::string Checkpoint() const;
  // The same of any size and root.
  std::string CheckpointOf(uint64_t size, absl::string_view root) const;
  // Writes checkpoint, tiles and entry bundles in the layout of C2SP tlog-tiles.
  void Export(const std::filesystem::path& folder) const;
  // Writes a bundle with these of its records.
  void WriteBundle(const std::filesystem::path& path, const std::vector<uint64_t>& indexes) const;

 private:
  std::string origin_;
  SignerKey key_;
  CompactRange range_;
  std::vector<std::string> records_;
  absl::flat_hash_map<NodeId, std::string> nodes_;
};

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_TEST_LOG_H_
