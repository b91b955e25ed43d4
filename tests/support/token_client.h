// A partner of the test partnership as a client of a token issuer.
#ifndef CONCORDAT_TESTS_SUPPORT_TOKEN_CLIENT_H_
#define CONCORDAT_TESTS_SUPPORT_TOKEN_CLIENT_H_

#include <functional>
#include <string>

#include "absl/time/time.h"
#include "concordat/v1/directory.pb.h"
#include "nlohmann/json.hpp"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {

inline constexpr char kTokenIssuer[] = "https://login.example.org";
inline constexpr char kTokenAudience[] = "https://concordat.example.org";
inline constexpr char kTokenClientId[] = "police-feed";

// SHA-256 of the certificate that the partner shows.
std::string CertificateOf(const Partner& partner);

// The claims of a good token: of kTokenClientId, bound to the partner's
// certificate, issued at `now` for 15 minutes, with `identifier-of-the-token` as
// its `jti`.
nlohmann::json ClaimsOf(const Partner& partner, absl::Time now);

// Applies the partner's client of the data set, changed by `change`.
void ChangeClient(TestPartnership& partnership, const Partner& partner,
                  const std::function<void(v1::Client&)>& change);
// Such a change: the client is kTokenClientId at kTokenIssuer.
void AddTokenIdentity(v1::Client& client);

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_TOKEN_CLIENT_H_
