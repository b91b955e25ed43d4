// Values of the TLS library as the rest of the folder has them.
#ifndef CONCORDAT_AUTH_OPENSSL_VALUES_H_
#define CONCORDAT_AUTH_OPENSSL_VALUES_H_

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace concordat::auth {

// The instant; nothing when it cannot be read.
std::optional<absl::Time> ToAbslTime(const ASN1_TIME* time);

// The number's magnitude as big-endian bytes; nothing when it cannot be read.
std::optional<std::string> ToBytes(const ASN1_INTEGER* number);

// The distinguished name on one line, as in `CN=office,O=Board`, with what is not
// printable ASCII escaped (RFC 2253). Empty when there is no memory for it.
std::string NameText(const X509_NAME* name);

// What was written to a memory BIO.
std::string TextOf(BIO* memory);

// A copy of the name; null when there is no memory for it.
std::shared_ptr<const X509_name_st> CopyOf(const X509_NAME* name);

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_OPENSSL_VALUES_H_
