#include "tests/support/token_client.h"

#include "absl/strings/escaping.h"
#include "auth/certificate.h"
#include "concordat/v1/directory_service.pb.h"
#include "tests/support/certificates.h"
#include "tests/support/must.h"

namespace concordat::e2e {

std::string CertificateOf(const Partner& partner) {
  const KeyPair pair = Certificates::Get().OfClient(partner.uri());
  return Must(auth::ParseCertificate(pair.certificate)).sha256;
}

nlohmann::json ClaimsOf(const Partner& partner, absl::Time now) {
  const int64_t issued = absl::ToUnixSeconds(now);
  return {{"iss", kTokenIssuer},
          {"aud", kTokenAudience},
          {"sub", kTokenClientId},
          {"client_id", kTokenClientId},
          {"jti", "identifier-of-the-token"},
          {"iat", issued},
          {"nbf", issued},
          {"exp", issued + 900},
          {"cnf", {{"x5t#S256", absl::WebSafeBase64Escape(CertificateOf(partner))}}}};
}

void ChangeClient(TestPartnership& partnership, const Partner& partner,
                  const std::function<void(v1::Client&)>& change) {
  v1::ApplyDirectoryRequest request;
  const auto whole = ReadDataFile<v1::ApplyDirectoryRequest>("directory.yaml");
  for (const v1::Client& client : whole.clients()) {
    if (client.name() == partner.client_name()) *request.add_clients() = client;
  }
  change(*request.mutable_clients(0));
  partnership.Get<v1::ApplyDirectoryResponse>(kAdmin, request);
}

void AddTokenIdentity(v1::Client& client) {
  v1::Client::TokenIdentity& identity = *client.add_token_identities();
  identity.set_issuer(kTokenIssuer);
  identity.set_client_id(kTokenClientId);
}

}  // namespace concordat::e2e
