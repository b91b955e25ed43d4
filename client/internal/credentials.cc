#include "client/internal/credentials.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/openssl_ptr.h"
#include "base/status.h"

namespace concordat::internal {
namespace {

absl::StatusOr<std::string> ReadFile(absl::string_view option, const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError(absl::StrCat(option, " is not set"));
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  // An empty file inserts nothing, which the stream calls a failure.
  const bool is_empty = file && file.peek() == std::ifstream::traits_type::eof() && !file.bad();
  if (!is_empty && (!file || !(content << file.rdbuf()))) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": cannot read ", path, ": ", std::strerror(errno)));
  }
  return content.str();
}

BioPtr BioOf(const std::string& pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// A key that asks for a passphrase is refused, not asked about on the terminal.
int RefusePassphrase(char*, int, int, void*) { return -1; }

absl::StatusOr<X509Ptr> ParseCertificate(absl::string_view option, const std::string& path,
                                         const std::string& pem) {
  X509Ptr certificate(PEM_read_bio_X509(BioOf(pem).get(), nullptr, RefusePassphrase, nullptr));
  ERR_clear_error();
  if (certificate == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": ", path, " holds no certificate in PEM form"));
  }
  return certificate;
}

std::string FormatEnd(const X509& certificate) {
  BioPtr text(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(text.get(), X509_get0_notAfter(&certificate));
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

absl::Status CheckPair(const ClientOptions& options, const std::string& certificate_pem,
                       const std::string& key_pem) {
  ASSIGN_OR_RETURN(X509Ptr certificate,
                   ParseCertificate("certificate_file", options.certificate_file, certificate_pem));
  KeyPtr key(PEM_read_bio_PrivateKey(BioOf(key_pem).get(), nullptr, RefusePassphrase, nullptr));
  ERR_clear_error();
  if (key == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("private_key_file: ", options.private_key_file,
                                                   " holds no unencrypted key in PEM form"));
  }
  const bool belongs = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!belongs) {
    return absl::InvalidArgumentError(absl::StrCat(
        "certificate_file and private_key_file do not belong together: ", options.private_key_file,
        " is not the key of the first certificate in ", options.certificate_file));
  }
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0) {
    return absl::InvalidArgumentError(absl::StrCat("certificate_file: ", options.certificate_file,
                                                   " expired on ", FormatEnd(*certificate),
                                                   ": renew it"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ReadCredentials(
    const ClientOptions& options) {
  grpc::SslCredentialsOptions pem;
  ASSIGN_OR_RETURN(pem.pem_root_certs,
                   ReadFile("ca_certificate_file", options.ca_certificate_file));
  ASSIGN_OR_RETURN(pem.pem_cert_chain, ReadFile("certificate_file", options.certificate_file));
  ASSIGN_OR_RETURN(pem.pem_private_key, ReadFile("private_key_file", options.private_key_file));
  RETURN_IF_ERROR(
      ParseCertificate("ca_certificate_file", options.ca_certificate_file, pem.pem_root_certs)
          .status());
  RETURN_IF_ERROR(CheckPair(options, pem.pem_cert_chain, pem.pem_private_key));
  return grpc::SslCredentials(pem);
}

}  // namespace concordat::internal
