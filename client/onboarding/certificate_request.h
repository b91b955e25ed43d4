// Requests for a client's certificate (PKCS #10): made where the key stays, and
// looked at before anything is signed.
#ifndef CONCORDAT_CLIENT_ONBOARDING_CERTIFICATE_REQUEST_H_
#define CONCORDAT_CLIENT_ONBOARDING_CERTIFICATE_REQUEST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace concordat::onboarding {

// A new private key, and the request for its certificate.
struct KeyAndRequest {
  // EC P-256 in PKCS #8, PEM, unencrypted. Secret: goes into a file of its
  // owner's, and nowhere else.
  std::string key_pem;
  // PEM.
  std::string request_pem;
};

// Makes both. `identity` is as the directory writes it, such as
// `uri:urn:concordat:AGENCY:CLIENT`. INVALID_ARGUMENT when it cannot stand in a
// certificate, or `common_name` is not of 1 to 64 bytes.
absl::StatusOr<KeyAndRequest> MakeKeyAndRequest(absl::string_view common_name,
                                                absl::string_view identity);

// What a request says, and what speaks against signing it.
struct RequestReview {
  // Its distinguished name on one line.
  std::string subject;
  // Every alternative name that it asks for, as the directory writes identities.
  std::vector<std::string> identities;
  // Its key in words, such as `EC P-256`.
  std::string key;
  // SHA-256 of its DER form in hexadecimal digits: what the two sides compare
  // over the telephone.
  std::string sha256;
  // Each reason not to sign it. Empty when it may be signed.
  std::vector<std::string> faults;
};

// Looks at a request in PEM. It may be signed when its signature is its key's own,
// its key is EC P-256 or RSA of at least 2048 bits, it does not ask to
// be an authority, and its one alternative name is `identity`. INVALID_ARGUMENT
// when it is no request.
absl::StatusOr<RequestReview> ReviewRequest(absl::string_view pem, absl::string_view identity);

}  // namespace concordat::onboarding

#endif  // CONCORDAT_CLIENT_ONBOARDING_CERTIFICATE_REQUEST_H_
