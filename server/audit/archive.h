// A folder that records of the log are archived in, before the store forgets them.
#ifndef CONCORDAT_SERVER_AUDIT_ARCHIVE_H_
#define CONCORDAT_SERVER_AUDIT_ARCHIVE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/store/store.h"
#include "tlog/tile.h"

namespace concordat::audit {

// Writes records and tiles of a store in the layout of C2SP tlog-tiles, each file
// durably. A file that is there already has to say the same: FAILED_PRECONDITION else,
// and it stays as it is. UNAVAILABLE when the folder cannot be written. Not for two
// writers of one folder at a time.
class Archive {
 public:
  // The folder is made when it is missing. The store outlives the archive.
  Archive(const store::Store& store, std::string directory);

  // Archives the records from `first`, a multiple of 256, to before `end`, and reads
  // each bundle back: DATA_LOSS, naming the index, when a record in it is not the one
  // that the tree covers.
  absl::Status PutRecords(uint64_t first, uint64_t end) const;
  // Archives one tile of hashes.
  absl::Status PutTile(const tlog::Tile& tile) const;
  // Puts the signed note in place of the archive's last one.
  absl::Status PutCheckpoint(absl::string_view note) const;
  // Notes below which index the records are archived elsewhere, unless it is 0.
  absl::Status PutMinimumIndex(uint64_t minimum) const;
  // Puts the last note that the log signed, which covers more than the archive has.
  absl::Status PutLostCheckpoint(absl::string_view note) const;

 private:
  absl::Status PutBundle(uint64_t index, int width) const;
  std::string PathOf(const std::string& name) const;
  // Writes a file, unless it is there with the same bytes.
  absl::Status PutFile(const std::string& name, absl::string_view bytes) const;

  const store::Store& store_;
  const std::string directory_;
};

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_ARCHIVE_H_
