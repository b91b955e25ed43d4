// E-mail addresses of teams.
#ifndef CONCORDAT_SERVER_DOMAIN_MAIL_ADDRESS_H_
#define CONCORDAT_SERVER_DOMAIN_MAIL_ADDRESS_H_

#include "absl/strings/string_view.h"

namespace concordat::domain {

// Whether `text` can stand in a header of an e-mail as one address: the plain form of
// RFC 5322, `figures@example.org`, in ASCII, without a name, quotes or comments, with a
// host of at least two labels, at most 200 bytes.
bool IsMailAddress(absl::string_view text);

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_MAIL_ADDRESS_H_
