// A folder that appears with all its files, or not at all.
#ifndef CONCORDAT_CLIENT_CLI_NEW_FOLDER_H_
#define CONCORDAT_CLIENT_CLI_NEW_FOLDER_H_

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace concordat::cli {

// One file of a new folder.
struct NewFile {
  // Relative to the folder; may have folders of its own.
  std::filesystem::path path;
  std::string content;
  // Narrowed by the user's umask.
  mode_t mode = 0666;
};

// Makes `folder` with these files, for its owner alone (0700). Nothing is
// overwritten: what is there already, unless it is an empty folder, is an error,
// and then nothing is left. Signals that end the program wait until it is done.
// Errors are local ones (local_error.h).
absl::Status WriteNewFolder(const std::filesystem::path& folder, const std::vector<NewFile>& files);

// Makes one file that is not there yet, whole or not at all.
absl::Status WriteNewFile(const std::filesystem::path& path, const std::string& content);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_NEW_FOLDER_H_
