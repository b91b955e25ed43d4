// Values of the TLS library as the rest of the folder has them.
#ifndef CONCORDAT_AUTH_OPENSSL_VALUES_H_
#define CONCORDAT_AUTH_OPENSSL_VALUES_H_

#include <openssl/asn1.h>
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

// A copy of the name; null when there is no memory for it.
std::shared_ptr<const X509_name_st> CopyOf(const X509_NAME* name);

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_OPENSSL_VALUES_H_
