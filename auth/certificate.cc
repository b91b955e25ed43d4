#include "auth/certificate.h"

#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth/openssl_values.h"
#include "base/digest.h"
#include "base/openssl_ptr.h"
#include "base/status.h"

namespace concordat::auth {
namespace {

absl::string_view BytesOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

absl::Status Unreadable() {
  return MakeError(v1::CERTIFICATE_AMBIGUOUS,
                   "the client certificate cannot be read; use one with a single subject "
                   "alternative name that the directory has");
}

}  // namespace

absl::StatusOr<Certificate> ParseCertificate(absl::string_view pem) {
  BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  X509Ptr x509(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  if (x509 == nullptr) return Unreadable();

  Certificate certificate;
  unsigned char* der = nullptr;
  const int der_bytes = i2d_X509(x509.get(), &der);
  if (der_bytes <= 0) return Unreadable();
  certificate.sha256 =
      Sha256Of({reinterpret_cast<const char*>(der), static_cast<size_t>(der_bytes)});
  OPENSSL_free(der);

  std::optional<std::string> serial = ToBytes(X509_get0_serialNumber(x509.get()));
  certificate.issuer = CopyOf(X509_get_issuer_name(x509.get()));
  if (!serial.has_value() || certificate.issuer == nullptr) return Unreadable();
  certificate.serial = *std::move(serial);

  const std::optional<absl::Time> not_before = ToAbslTime(X509_get0_notBefore(x509.get()));
  const std::optional<absl::Time> not_after = ToAbslTime(X509_get0_notAfter(x509.get()));
  if (!not_before.has_value() || !not_after.has_value()) return Unreadable();
  certificate.not_before = *not_before;
  certificate.not_after = *not_after;

  certificate.identities.push_back(
      absl::StrCat("sha256:", absl::BytesToHexString(certificate.sha256)));
  GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(x509.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI) {
      certificate.identities.push_back(
          absl::StrCat("uri:", BytesOf(name->d.uniformResourceIdentifier)));
    } else if (name->type == GEN_DNS) {
      certificate.identities.push_back(
          absl::StrCat("dns:", absl::AsciiStrToLower(BytesOf(name->d.dNSName))));
    }
  }
  return certificate;
}

absl::StatusOr<std::shared_ptr<const Certificate>> CertificateCache::Parse(absl::string_view pem) {
  {
    absl::ReaderMutexLock lock(&mutex_);
    if (const auto found = by_pem_.find(pem); found != by_pem_.end()) return found->second;
  }
  ASSIGN_OR_RETURN(Certificate parsed, ParseCertificate(pem));
  auto shared = std::make_shared<const Certificate>(std::move(parsed));
  absl::MutexLock lock(&mutex_);
  if (by_pem_.size() >= capacity_) by_pem_.clear();
  by_pem_[std::string(pem)] = shared;
  return shared;
}

}  // namespace concordat::auth
