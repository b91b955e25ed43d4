// Base64url as RFC 7515 has it: without padding, and one text for each value.
#ifndef CONCORDAT_AUTH_BASE64URL_H_
#define CONCORDAT_AUTH_BASE64URL_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace concordat::auth {

// The bytes that `text` stands for. Nothing for padding, white space, `+` or
// `/`, and for bits at the end that no encoder sets: two texts of one value
// would be two tokens of one signature.
std::optional<std::string> DecodeBase64Url(absl::string_view text);

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_BASE64URL_H_
