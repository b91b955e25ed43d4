#include "auth/authorities.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace concordat::auth {

absl::StatusOr<std::vector<X509Ptr>> ParseBundle(absl::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<X509Ptr> bundle;
  while (bio != nullptr) {
    X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) break;
    bundle.push_back(std::move(certificate));
  }
  // The only error that is none: nothing more begins.
  const unsigned long error = ERR_peek_last_error();  // NOLINT(google-runtime-int): OpenSSL's type
  const bool at_end =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return absl::FailedPreconditionError(
        absl::StrCat("certificate ", bundle.size() + 1, " cannot be read"));
  }
  if (bundle.empty()) return absl::FailedPreconditionError("there is no certificate");
  return bundle;
}

absl::Status CheckAuthorities(const std::vector<X509Ptr>& bundle) {
  for (size_t i = 0; i < bundle.size(); ++i) {
    if (X509_check_ca(bundle[i].get()) == 0) {
      return absl::FailedPreconditionError(
          absl::StrCat("certificate ", i + 1, " is not an authority's"));
    }
  }
  return absl::OkStatus();
}

}  // namespace concordat::auth
