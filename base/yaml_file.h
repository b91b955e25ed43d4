// A configuration file: YAML read into a proto message and checked, every fault
// with its line.
#ifndef CONCORDAT_BASE_YAML_FILE_H_
#define CONCORDAT_BASE_YAML_FILE_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "base/status.h"
#include "google/protobuf/message.h"

namespace concordat {

// Reads the file into `message` (base/yaml_message.h); an empty file leaves every
// field as it is by default. When all of it could be read, `check` is called, which
// may fill in defaults, and says what is wrong with the values. NOT_FOUND when the
// file cannot be read; INVALID_ARGUMENT with one line `PATH:LINE: FIELD DESCRIPTION`
// for each fault.
absl::Status ReadYamlFile(const std::string& path, google::protobuf::Message& message,
                          absl::FunctionRef<std::vector<FieldViolation>()> check);

}  // namespace concordat

#endif  // CONCORDAT_BASE_YAML_FILE_H_
