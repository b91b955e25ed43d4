#include "auth/base64url.h"

#include "absl/strings/escaping.h"

namespace concordat::auth {

std::optional<std::string> DecodeBase64Url(absl::string_view text) {
  std::string bytes;
  // Abseil forgives padding, white space and stray bits; its encoder makes none.
  if (!absl::WebSafeBase64Unescape(text, &bytes)) return std::nullopt;
  if (absl::WebSafeBase64Escape(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace concordat::auth
