// Files with private keys.
#ifndef CONCORDAT_BASE_SECRET_FILE_H_
#define CONCORDAT_BASE_SECRET_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace concordat {

// The whole of a file, as ReadFile, that has a private key. Refuses one that every
// user of the machine may read or write: FAILED_PRECONDITION. Its group may, since that
// is how an orchestrator hands secrets to a program that is not root.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);

}  // namespace concordat

#endif  // CONCORDAT_BASE_SECRET_FILE_H_
