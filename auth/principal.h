// Who is calling, established.
#ifndef CONCORDAT_AUTH_PRINCIPAL_H_
#define CONCORDAT_AUTH_PRINCIPAL_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "auth/access_token.h"
#include "auth/certificate.h"
#include "concordat/v1/access.pb.h"

namespace concordat::auth {

// Immutable once made; made by Policy alone.
struct Principal {
  // `agencies/{agency}/clients/{client}` and its agency.
  std::string client;
  std::string agency;
  std::string display_name;
  std::string agency_display_name;
  std::vector<v1::Role> roles;
  // The purpose of a call that names none. May be empty.
  std::string default_purpose;
  // Requests a minute that the directory allows it. 0 means no limit of its own.
  int64_t requests_per_minute = 0;
  // The name of the certificate that the client was found by.
  std::string certificate_identity;
  std::shared_ptr<const Certificate> certificate;
  // The access token that came beside the certificate; null when none did.
  std::shared_ptr<const AccessToken> token;

  bool Has(v1::Role role) const {
    return std::find(roles.begin(), roles.end(), role) != roles.end();
  }
};

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_PRINCIPAL_H_
