#include "client/onboarding/authority.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "auth/certificate.h"
#include "auth/openssl_values.h"
#include "base/digest.h"
#include "base/status.h"
#include "client/onboarding/certificate_request.h"
#include "client/onboarding/subject_names.h"

namespace concordat::onboarding {
namespace {

constexpr size_t kSerialBytes = 16;
constexpr absl::Duration kClockDifference = absl::Minutes(5);

BioPtr BioOf(absl::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Never asks on the terminal.
int GivePassphrase(char* buffer, int capacity, int, void* passphrase) {
  const auto& text = *static_cast<const std::string*>(passphrase);
  if (text.empty() || text.size() > static_cast<size_t>(capacity)) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

std::string DayAndTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::Status LibraryFailed() {
  ERR_clear_error();
  return absl::InternalError("the TLS library made no certificate");
}

bool SetTime(ASN1_TIME* field, absl::Time time) {
  const std::string text = absl::FormatTime("%Y%m%d%H%M%SZ", time, absl::UTCTimeZone());
  return ASN1_TIME_set_string_X509(field, text.c_str()) == 1;
}

bool Add(X509* certificate, const X509ExtensionPtr& extension) {
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Adds an extension of a fixed value; nothing a requester wrote reaches this.
bool Add(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  return Add(certificate, X509ExtensionPtr(X509V3_EXT_conf_nid(nullptr, &context, nid, value)));
}

bool SetSerial(X509* certificate) {
  std::string bytes = RandomBytes(kSerialBytes);
  const BignumPtr number(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()), nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

absl::Status CheckLife(int days, absl::Time not_after, const X509& authority) {
  if (days < 1 || days > Authority::kMostDays) {
    return absl::InvalidArgumentError(
        absl::StrCat("a certificate lives from 1 to ", Authority::kMostDays, " days"));
  }
  const std::optional<absl::Time> end = auth::ToAbslTime(X509_get0_notAfter(&authority));
  if (!end.has_value() || not_after > *end) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the certificate would outlive its authority",
        end.has_value() ? absl::StrCat(", which ends on ", DayAndTime(*end)) : std::string()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Authority> Authority::Read(absl::string_view certificate_pem,
                                          absl::string_view key_pem, const std::string& passphrase,
                                          absl::Time now) {
  X509Ptr certificate(PEM_read_bio_X509(BioOf(certificate_pem).get(), nullptr, nullptr, nullptr));
  KeyPtr key(PEM_read_bio_PrivateKey(BioOf(key_pem).get(), nullptr, &GivePassphrase,
                                     const_cast<std::string*>(&passphrase)));
  const bool belongs = certificate != nullptr && key != nullptr &&
                       X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (certificate == nullptr) {
    return absl::InvalidArgumentError("the authority's certificate is none in PEM form");
  }
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        "the authority's key is none in PEM form, or is encrypted with another passphrase");
  }
  if (!belongs) {
    return absl::InvalidArgumentError("the authority's key is not that of its certificate");
  }
  if (X509_check_ca(certificate.get()) != 1 ||
      (X509_get_key_usage(certificate.get()) & KU_KEY_CERT_SIGN) == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(auth::NameText(X509_get_subject_name(certificate.get())),
                     " is no certificate of an authority: it may not sign others"));
  }
  const auto begin = auth::ToAbslTime(X509_get0_notBefore(certificate.get()));
  const auto end = auth::ToAbslTime(X509_get0_notAfter(certificate.get()));
  if (!begin.has_value() || !end.has_value() || now < *begin || now >= *end) {
    return absl::InvalidArgumentError("the authority's certificate is not valid now");
  }
  return Authority(std::move(certificate), std::move(key));
}

absl::StatusOr<IssuedCertificate> Authority::Issue(absl::string_view request_pem,
                                                   absl::string_view identity, int days,
                                                   absl::Time now) const {
  ASSIGN_OR_RETURN(const RequestReview review, ReviewRequest(request_pem, identity));
  if (!review.faults.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the request is not signed: ", absl::StrJoin(review.faults, "; ")));
  }
  const absl::Time not_after = now + days * absl::Hours(24);
  RETURN_IF_ERROR(CheckLife(days, not_after, *certificate_));
  ASSIGN_OR_RETURN(const X509ExtensionPtr name, MakeSubjectName(identity));

  const X509RequestPtr request(
      PEM_read_bio_X509_REQ(BioOf(request_pem).get(), nullptr, nullptr, nullptr));
  const X509Ptr issued(X509_new());
  X509* const issuer = certificate_.get();
  if (request == nullptr || issued == nullptr || !SetSerial(issued.get()) ||
      X509_set_version(issued.get(), X509_VERSION_3) != 1 ||
      X509_set_issuer_name(issued.get(), X509_get_subject_name(issuer)) != 1 ||
      X509_set_subject_name(issued.get(), X509_REQ_get_subject_name(request.get())) != 1 ||
      X509_set_pubkey(issued.get(), X509_REQ_get0_pubkey(request.get())) != 1 ||
      !SetTime(X509_getm_notBefore(issued.get()), now - kClockDifference) ||
      !SetTime(X509_getm_notAfter(issued.get()), not_after) ||
      !Add(issued.get(), issuer, NID_basic_constraints, "critical,CA:FALSE") ||
      !Add(issued.get(), issuer, NID_key_usage, "critical,digitalSignature") ||
      !Add(issued.get(), issuer, NID_ext_key_usage, "clientAuth") ||
      !Add(issued.get(), issuer, NID_subject_key_identifier, "hash") || !Add(issued.get(), name)) {
    return LibraryFailed();
  }
  // An authority of earlier times may have no key identifier to point at.
  if (X509_get0_subject_key_id(issuer) != nullptr &&
      !Add(issued.get(), issuer, NID_authority_key_identifier, "keyid:always")) {
    return LibraryFailed();
  }
  // Edwards curves take no digest of their own.
  const bool is_edwards = EVP_PKEY_is_a(key_.get(), "ED25519") == 1;
  const BioPtr pem(BIO_new(BIO_s_mem()));
  if (X509_sign(issued.get(), key_.get(), is_edwards ? nullptr : EVP_sha256()) == 0 ||
      PEM_write_bio_X509(pem.get(), issued.get()) != 1) {
    return LibraryFailed();
  }
  IssuedCertificate result;
  result.pem = auth::TextOf(pem.get());
  ASSIGN_OR_RETURN(const auth::Certificate parsed, auth::ParseCertificate(result.pem));
  result.sha256 = absl::BytesToHexString(parsed.sha256);
  result.serial = absl::BytesToHexString(parsed.serial);
  result.not_after = parsed.not_after;
  return result;
}

}  // namespace concordat::onboarding
