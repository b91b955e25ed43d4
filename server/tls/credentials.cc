#include "server/tls/credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <string>

namespace concordat::tls {
namespace {

// gRPC asks here before each handshake.
grpc_ssl_certificate_config_reload_status Fetch(void* source,
                                                grpc_ssl_server_certificate_config** config) {
  const std::shared_ptr<const TlsSet> set = static_cast<TlsSource*>(source)->TakeIfNew();
  if (set == nullptr) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  const grpc_ssl_pem_key_cert_pair pair = {set->key.c_str(), set->certificate.c_str()};
  *config = grpc_ssl_server_certificate_config_create(set->authorities.c_str(), &pair, 1);
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

// gRPC's C++ interface has no credentials with a fetcher; its C interface has.
class FetchingCredentials final : public grpc::ServerCredentials {
 public:
  explicit FetchingCredentials(TlsSource& source)
      : credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, &Fetch, &source))) {}
  ~FetchingCredentials() override { grpc_server_credentials_release(credentials_); }

  // The door judges each call; a processor's findings would belong to the
  // connection.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  grpc_server_credentials* const credentials_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MutualTls(TlsSource& source) {
  return std::make_shared<FetchingCredentials>(source);
}

}  // namespace concordat::tls
