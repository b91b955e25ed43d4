// Throwaway certificates for tests that speak TLS.
#ifndef CONCORDAT_CLIENT_TESTING_TEST_CERTIFICATES_H_
#define CONCORDAT_CLIENT_TESTING_TEST_CERTIFICATES_H_

#include <filesystem>
#include <string>

namespace concordat {

// An authority, a server of the name `service.test`, a client, and a client of
// another authority, made with the openssl command in a temporary folder that
// goes when this does.
class TestCertificates {
 public:
  TestCertificates();
  ~TestCertificates();
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  // The path of one of ca, server, client, stranger-ca, stranger; `.pem` for the
  // certificate and `.key` for the key.
  std::string Path(const std::string& file) const { return (folder_ / file).string(); }
  // Its content.
  std::string Read(const std::string& file) const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  void MakeAuthority(const std::string& name) const;
  void MakeCertificate(const std::string& name, const std::string& authority,
                       const std::string& alternative_name) const;

  std::filesystem::path folder_;
};

}  // namespace concordat

#endif  // CONCORDAT_CLIENT_TESTING_TEST_CERTIFICATES_H_
