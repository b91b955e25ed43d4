// What docs/firewall.md says of TLS, against a real server.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/openssl_ptr.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;

// What the sheet's table has, as `TLSv1.2 SUITE`: its first cell is the version, its
// second the suites.
std::set<std::string> SuitesOfTheSheet() {
  std::set<std::string> suites;
  std::istringstream sheet(ReadWhole(CONCORDAT_SOURCE_DIR "/docs/firewall.md"));
  for (std::string line; std::getline(sheet, line);) {
    const std::vector<std::string> cells = absl::StrSplit(line, '|');
    if (cells.size() < 3 || !absl::StrContains(cells[1], "`TLSv")) continue;
    const std::vector<std::string> version =
        absl::StrSplit(cells[1], absl::ByAnyChar("` "), absl::SkipEmpty());
    for (const absl::string_view suite :
         absl::StrSplit(cells[2], absl::ByAnyChar("` "), absl::SkipEmpty())) {
      suites.insert(absl::StrCat(version.front(), " ", suite));
    }
  }
  return suites;
}

// A client that offers one version, one suite and one curve, however weak.
class OneSuite {
 public:
  OneSuite(int version, const std::string& suite, const char* curve = "P-256")
      : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set1_groups_list(context_.get(), curve);
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    if (version == TLS1_3_VERSION) {
      SSL_CTX_set_ciphersuites(context_.get(), suite.c_str());
    } else {
      SSL_CTX_set_cipher_list(context_.get(), suite.c_str());
    }
    const Certificates& certificates = Certificates::Get();
    SSL_CTX_use_certificate_file(context_.get(), certificates.Path("nobody.crt").c_str(),
                                 SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_.get(), certificates.Path("nobody.key").c_str(),
                                SSL_FILETYPE_PEM);
    constexpr unsigned char kAlpn[] = {2, 'h', '2'};
    SSL_CTX_set_alpn_protos(context_.get(), kAlpn, sizeof(kAlpn));
  }

  // Whether the server at `port` of loopback takes it.
  bool IsTaken(int port) const {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    const SslPtr ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), descriptor);
    const bool taken = SSL_connect(ssl.get()) == 1;
    close(descriptor);
    return taken;
  }

 private:
  ContextPtr context_;
};

int PortOf(const std::string& address) {
  int port = 0;
  EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
  return port;
}

TEST(FirewallSheetTest, KeysAreAgreedOnP256Alone) {
  TestPartnership partnership;
  const int port = PortOf(partnership.server().address());
  for (const char* curve : {"X25519", "X448", "P-256", "P-384", "P-521"}) {
    EXPECT_EQ(OneSuite(TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", curve).IsTaken(port),
              curve == std::string("P-256"))
        << curve;
  }
}

TEST(FirewallSheetTest, TheServerTakesTheVersionsAndSuitesOfTheSheetAndNoOther) {
  TestPartnership partnership;
  const int port = PortOf(partnership.server().address());

  const ContextPtr all(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(all.get(), 0);
  SSL_CTX_set_cipher_list(all.get(), "ALL:COMPLEMENTOFALL");
  SSL_CTX_set_ciphersuites(all.get(),
                           "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_"
                           "SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256");
  std::set<std::string> taken;
  const STACK_OF(SSL_CIPHER)* const ciphers = SSL_CTX_get_ciphers(all.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const std::string suite = SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i));
    if (absl::StartsWith(suite, "TLS_")) {
      if (OneSuite(TLS1_3_VERSION, suite).IsTaken(port)) taken.insert("TLSv1.3 " + suite);
      continue;
    }
    if (OneSuite(TLS1_2_VERSION, suite).IsTaken(port)) taken.insert("TLSv1.2 " + suite);
    if (OneSuite(TLS1_1_VERSION, suite).IsTaken(port)) taken.insert("TLSv1.1 " + suite);
    if (OneSuite(TLS1_VERSION, suite).IsTaken(port)) taken.insert("TLSv1 " + suite);
  }
  // The server's key is EC P-256, and so suites for RSA keys cannot be seen here.
  std::set<std::string> expected;
  for (const std::string& suite : SuitesOfTheSheet()) {
    if (!absl::StrContains(suite, "-RSA-")) expected.insert(suite);
  }
  EXPECT_EQ(taken, expected);
}

}  // namespace
}  // namespace concordat::e2e
