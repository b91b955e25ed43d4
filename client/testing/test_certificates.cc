#include "client/testing/test_certificates.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"

namespace concordat {
namespace {

constexpr char kNewKey[] = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

void RunOpenSsl(const std::string& arguments) {
  const std::string command = absl::StrCat("openssl ", arguments, " >/dev/null 2>&1");
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

}  // namespace

TestCertificates::TestCertificates()
    : folder_(std::filesystem::temp_directory_path() /
              absl::StrCat("concordat-client-test-", absl::BytesToHexString(RandomBytes(8)))) {
  std::filesystem::create_directories(folder_);
  MakeAuthority("ca");
  MakeAuthority("stranger-ca");
  MakeCertificate("server", "ca", "DNS:service.test");
  MakeCertificate("client", "ca", "URI:spiffe://test/client");
  MakeCertificate("stranger", "stranger-ca", "URI:spiffe://test/stranger");
}

TestCertificates::~TestCertificates() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string TestCertificates::Read(const std::string& file) const {
  std::ifstream stream(folder_ / file);
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

void TestCertificates::MakeAuthority(const std::string& name) const {
  RunOpenSsl(absl::StrCat("req -x509 ", kNewKey, " -days 2 -subj /CN=", name, " -keyout ",
                          Path(name + ".key"), " -out ", Path(name + ".pem")));
}

void TestCertificates::MakeCertificate(const std::string& name, const std::string& authority,
                                       const std::string& alternative_name) const {
  const std::string request = Path(name + ".csr");
  const std::string extensions = Path(name + ".ext");
  std::ofstream(extensions) << "subjectAltName=" << alternative_name << "\n";
  RunOpenSsl(absl::StrCat("req -new ", kNewKey, " -subj /CN=", name, " -keyout ",
                          Path(name + ".key"), " -out ", request));
  RunOpenSsl(absl::StrCat("x509 -req -days 1 -CAcreateserial -in ", request, " -CA ",
                          Path(authority + ".pem"), " -CAkey ", Path(authority + ".key"),
                          " -extfile ", extensions, " -out ", Path(name + ".pem")));
}

}  // namespace concordat
