// JSON from outside, read without the liberties that RFC 8259 leaves to parsers
// and that let two of them read one text differently.
#ifndef CONCORDAT_AUTH_STRICT_JSON_H_
#define CONCORDAT_AUTH_STRICT_JSON_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace concordat::auth {

// How much a text may hold.
struct JsonLimits {
  size_t max_bytes;
  // Objects and arrays within each other; the outermost is the first.
  int max_depth;
};

// Reads one JSON object. Refuses, with INVALID_ARGUMENT that says which rule
// was broken and quotes nothing of the text: more than the limits, a name that
// an object has twice, invalid UTF-8, a byte order mark, U+0000 in a name or a
// string, and anything before or after the object but white space. Throws
// nothing.
absl::StatusOr<nlohmann::json> ParseJsonObject(absl::string_view text, const JsonLimits& limits);

// The string member `name`; null when there is none, or it is no string.
// `object` is an object and outlives the result.
const std::string* StringMember(const nlohmann::json& object, const char* name);

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_STRICT_JSON_H_
