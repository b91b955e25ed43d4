// The configuration file.
#ifndef CONCORDAT_SERVER_CONFIG_H_
#define CONCORDAT_SERVER_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/config.pb.h"

namespace concordat {

// Reads and checks the file, and fills in defaults. INVALID_ARGUMENT names every
// problem with file and line. Relative paths in it are relative to the file.
absl::StatusOr<server::v1::ServerConfig> ReadConfig(const std::string& path);

}  // namespace concordat

#endif  // CONCORDAT_SERVER_CONFIG_H_
