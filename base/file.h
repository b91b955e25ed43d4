// Whole files.
#ifndef CONCORDAT_BASE_FILE_H_
#define CONCORDAT_BASE_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace concordat {

// The whole of a file. NOT_FOUND when it cannot be read, is no regular file or has
// more than 256 MiB.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace concordat

#endif  // CONCORDAT_BASE_FILE_H_
