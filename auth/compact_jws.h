// Signed text in the compact serialisation of JWS (RFC 7515): the outer form of
// an access token.
#ifndef CONCORDAT_AUTH_COMPACT_JWS_H_
#define CONCORDAT_AUTH_COMPACT_JWS_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/json_web_key_set.h"
#include "nlohmann/json.hpp"

namespace concordat::auth {

// The largest token that is looked at.
inline constexpr size_t kMaxTokenBytes = 4 << 10;

// A JWS taken apart. Nothing of it is to be believed before VerifyCompactJws.
struct CompactJws {
  // The bytes that were signed. Points into the token.
  absl::string_view signed_text;
  nlohmann::json header;
  std::string payload;
  std::string signature;
};

// Takes a token of three parts apart. TOKEN_INVALID for more than
// kMaxTokenBytes, another number of parts (so JWE and JSON serialisation), parts
// that are not strict base64url, a header that is not strict JSON, and header
// members that change how the token is to be read (`crit`, `b64`, `zip`, `enc`,
// `cty`) or bring a key with it (`jku`, `jwk`, `x5u`, `x5c`).
absl::StatusOr<CompactJws> ParseCompactJws(absl::string_view token);

// Whether `kid` is there, and one of the keys has it.
bool NamesAKey(const CompactJws& jws, const JsonWebKeySet& keys);

// OK when the key that `kid` names made the signature, with the algorithm of the
// key, which `alg` has to name as well. Else TOKEN_INVALID.
absl::Status VerifyCompactJws(const CompactJws& jws, const JsonWebKeySet& keys);

// A JSON object of a token, its `name` being `header` or `claims`: strict, and
// nested at most four deep. TOKEN_INVALID otherwise.
absl::StatusOr<nlohmann::json> ReadTokenJson(absl::string_view text, absl::string_view name);

// The refusal of a token of more than kMaxTokenBytes.
absl::Status TokenTooLarge();

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_COMPACT_JWS_H_
