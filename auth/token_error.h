// The refusal of an access token.
#ifndef CONCORDAT_AUTH_TOKEN_ERROR_H_
#define CONCORDAT_AUTH_TOKEN_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"

namespace concordat::auth {

// TOKEN_INVALID for one of the rules that error_reason.proto names. `message`
// goes on after "the access token", and quotes nothing of it.
inline absl::Status TokenInvalid(absl::string_view rule, absl::string_view message) {
  return MakeError(v1::TOKEN_INVALID, absl::StrCat("the access token ", message), {{"rule", rule}});
}

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_TOKEN_ERROR_H_
