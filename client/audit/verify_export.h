// Whether an exported log is whole, without a network.
#ifndef CONCORDAT_CLIENT_AUDIT_VERIFY_EXPORT_H_
#define CONCORDAT_CLIENT_AUDIT_VERIFY_EXPORT_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "concordat/audit.h"

namespace concordat::audit_export {

// Told how far the work is: records done, and records in all.
using Progress = std::function<void(uint64_t done, uint64_t total)>;

// What to verify, and whom to believe.
struct VerifyOptions {
  std::filesystem::path folder;
  AuditTrust trust;
  // A signed checkpoint of the same log that was kept from earlier.
  std::optional<std::string> earlier = {};
  // The folder has no records: their hashes are taken from the tiles.
  bool hashes_only = false;
  // May be empty.
  Progress progress = {};
};

// A log that was found whole.
struct WholeLog {
  VerifiedCheckpoint checkpoint;
  // Records below which bundles may be missing, as the export says.
  uint64_t minimum_index = 0;
  // Of those, the ones whose bundles are missing: their hashes were taken from the
  // tiles, and still lead to the signed root.
  uint64_t archived = 0;
  // Records that were signed after those of the export: the log lost them and was
  // succeeded by another one. The export's `lost_checkpoint` says so.
  uint64_t lost = 0;
};

// Hashes every record again from its stored bytes, compares every hash of every tile
// of every level with what follows from the records, the root with the signed one,
// and, with `earlier`, the root of that size with the one signed then. One pass, in
// the memory of one bundle and one tile a level.
//
// DATA_LOSS says in one sentence what is damaged and names the first bad index, as
// tools/verify_audit.py does; FAILED_PRECONDITION that too few witnesses cosigned;
// INVALID_ARGUMENT that a key is malformed.
absl::StatusOr<WholeLog> VerifyExport(const VerifyOptions& options);

}  // namespace concordat::audit_export

#endif  // CONCORDAT_CLIENT_AUDIT_VERIFY_EXPORT_H_
