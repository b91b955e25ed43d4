// The authorities whose certificates are believed, as a file names them.
#ifndef CONCORDAT_AUTH_AUTHORITIES_H_
#define CONCORDAT_AUTH_AUTHORITIES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/openssl_ptr.h"

namespace concordat::auth {

// The certificates of a PEM text in their order, of which there is at least
// one. FAILED_PRECONDITION when one of them cannot be read: a bundle that is
// read in part would refuse those of the other part.
absl::StatusOr<std::vector<X509Ptr>> ParseBundle(absl::string_view pem);

// OK when every certificate of `bundle` may sign others.
absl::Status CheckAuthorities(const std::vector<X509Ptr>& bundle);

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_AUTHORITIES_H_
