// Reading the witness's configuration.
#ifndef CONCORDAT_WITNESS_CONFIG_H_
#define CONCORDAT_WITNESS_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "witness/config.pb.h"

namespace concordat::witness {

// Reads the YAML file at `path` and checks what can be checked without opening
// other files; relative paths in it are resolved against its folder.
// INVALID_ARGUMENT lists every fault, with its line.
absl::StatusOr<v1::WitnessConfig> ReadConfig(const std::string& path);

}  // namespace concordat::witness

#endif  // CONCORDAT_WITNESS_CONFIG_H_
