// Messages as JSON for scripts: the contract's own field names, in its order.
#ifndef CONCORDAT_CLIENT_CLI_JSON_H_
#define CONCORDAT_CLIENT_CLI_JSON_H_

#include <string>

#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace concordat::cli {

// The message as an object. Fields have their proto names; days are
// `2018-11-30`, timestamps RFC 3339 in UTC, enums names, 64-bit integers
// numbers, bytes hexadecimal digits. Scalars and lists are always there; what
// may be not set (messages, optional fields) is there when it is set.
nlohmann::ordered_json ToJson(const google::protobuf::Message& message);

// The value as indented text with a line end. Bytes that are not UTF-8 become
// U+FFFD.
std::string JsonText(const nlohmann::ordered_json& value);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_JSON_H_
