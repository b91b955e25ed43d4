// Files that are whole on disk, or not there.
#ifndef CONCORDAT_BASE_DURABLE_FILE_H_
#define CONCORDAT_BASE_DURABLE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace concordat {

// Puts `bytes` in place of the file, so that a crash at any moment leaves the old
// or the new one, whole, and the new one once this has returned: it is written
// beside the old one, synced and renamed, and then the folder is synced. Readable by
// its owner alone. Not for two writers of one file at a time. UNAVAILABLE when any of
// it fails; which of the two is there is then not known.
absl::Status WriteFileDurably(const std::string& path, absl::string_view bytes);

// Makes durable which files the folder has. UNAVAILABLE when that fails.
absl::Status SyncFolder(const std::string& path);

// Makes the folder and those above it that are missing, each synced into the one
// above. UNAVAILABLE when that fails.
absl::Status MakeFolderDurably(const std::string& path);

}  // namespace concordat

#endif  // CONCORDAT_BASE_DURABLE_FILE_H_
