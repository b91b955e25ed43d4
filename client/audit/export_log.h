// Fetches a service's audit log into a folder.
#ifndef CONCORDAT_CLIENT_AUDIT_EXPORT_LOG_H_
#define CONCORDAT_CLIENT_AUDIT_EXPORT_LOG_H_

#include <cstdint>
#include <filesystem>

#include "absl/status/statusor.h"
#include "client/audit/verify_export.h"
#include "concordat/audit.h"
#include "concordat/client.h"

namespace concordat::audit_export {

// What to export, and where to.
struct ExportOptions {
  // Made when it is missing.
  std::filesystem::path folder;
  // Leaves the records out, which takes no role.
  bool hashes_only = false;
  // Whose signature the checkpoint must have; without keys none is verified.
  AuditTrust trust = {};
  // What each call carries.
  CallOptions call = {};
  // May be empty.
  Progress progress = {};
};

// What an export holds.
struct ExportedLog {
  // The log's name.
  std::string origin;
  // Number of records that the checkpoint covers.
  uint64_t tree_size = 0;
  // The signed note.
  std::string note;
  // Records below which the service had dropped the bundles.
  uint64_t minimum_index = 0;
  // Tiles and bundles that were fetched: the others were there and whole.
  uint64_t fetched_tiles = 0;
  uint64_t fetched_bundles = 0;
};

// Exports the log up to its last checkpoint in the layout of C2SP tlog-tiles. What is
// there already and whole is not fetched again, so a broken export is taken up by
// calling again. A bundle is kept only when every record has the hash that its tile
// says; the checkpoint is written last, and only when the hashes lead to its root and,
// at the size of the checkpoint that stands there, to the root of that.
//
// DATA_LOSS when they do not, or what came is not what was asked for; the checkpoint
// that stood there stands. FAILED_PRECONDITION when the folder holds another log or
// another export is at work in it; UNKNOWN when a file cannot be written; else the
// errors of the calls and of VerifyCheckpoint.
absl::StatusOr<ExportedLog> ExportLog(Client client, const ExportOptions& options);

}  // namespace concordat::audit_export

#endif  // CONCORDAT_CLIENT_AUDIT_EXPORT_LOG_H_
