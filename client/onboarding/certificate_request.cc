#include "client/onboarding/certificate_request.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth/openssl_values.h"
#include "base/digest.h"
#include "base/openssl_ptr.h"
#include "base/status.h"
#include "client/onboarding/subject_names.h"

namespace concordat::onboarding {
namespace {

constexpr int kFewestRsaBits = 2048;
// The library's answer for an extension that is there more than once.
constexpr int kRepeated = -2;
constexpr int kAbsent = -1;

void FreeExtensions(STACK_OF(X509_EXTENSION) * extensions) {
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}
using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), FreeWith<FreeExtensions>>;
using BasicConstraintsPtr = std::unique_ptr<BASIC_CONSTRAINTS, FreeWith<BASIC_CONSTRAINTS_free>>;

absl::Status LibraryFailed() {
  ERR_clear_error();
  return absl::InternalError("the TLS library made no key or request");
}

absl::StatusOr<ExtensionsPtr> ExtensionsWith(absl::string_view identity) {
  ASSIGN_OR_RETURN(X509ExtensionPtr name, MakeSubjectName(identity));
  ExtensionsPtr extensions(sk_X509_EXTENSION_new_null());
  if (extensions == nullptr || sk_X509_EXTENSION_push(extensions.get(), name.get()) == 0) {
    return LibraryFailed();
  }
  static_cast<void>(name.release());  // the list owns it now
  return extensions;
}

std::string DerOf(X509_REQ* request) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request, &der);
  if (size <= 0) return "";
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

// The curve by its common name; empty when the key is on none.
std::string CurveOf(const EVP_PKEY* key) {
  std::array<char, 64> group = {};
  size_t size = 0;
  if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(),
                                     &size) != 1) {
    ERR_clear_error();
    return "";
  }
  const char* const nist = EC_curve_nid2nist(OBJ_txt2nid(group.data()));
  return nist != nullptr ? nist : std::string(group.data(), size);
}

void ReviewKey(const EVP_PKEY* key, RequestReview& review) {
  if (key == nullptr) {
    review.key = "none that can be read";
    review.faults.push_back("its key cannot be read");
    return;
  }
  const int bits = EVP_PKEY_get_bits(key);
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    const std::string curve = CurveOf(key);
    review.key = absl::StrCat("EC ", curve);
    if (curve == "P-256") return;
  } else if (EVP_PKEY_is_a(key, "RSA") == 1) {
    review.key = absl::StrCat("RSA, ", bits, " bits");
    if (bits >= kFewestRsaBits) return;
  } else {
    const char* const type = EVP_PKEY_get0_type_name(key);
    review.key = type == nullptr ? "of an unknown kind" : type;
  }
  review.faults.push_back(absl::StrCat("its key is ", review.key, "; EC P-256 and RSA of at least ",
                                       kFewestRsaBits, " bits are signed"));
}

void ReviewNames(const STACK_OF(X509_EXTENSION) * extensions, absl::string_view identity,
                 RequestReview& review) {
  int place = kAbsent;
  const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions, NID_subject_alt_name, &place, nullptr)));
  if (place == kRepeated || (names == nullptr && place != kAbsent)) {
    review.faults.push_back("its alternative names cannot be read");
    return;
  }
  if (names != nullptr) review.identities = IdentitiesOf(*names);
  if (review.identities.size() != 1) {
    review.faults.push_back(absl::StrCat("it asks for ", review.identities.size(),
                                         " alternative names; a client has exactly one"));
  } else if (review.identities[0] != identity) {
    review.faults.push_back(absl::StrCat("it asks for ", review.identities[0], ", and not for ",
                                         identity, " as you do"));
  }
}

void ReviewConstraints(const STACK_OF(X509_EXTENSION) * extensions, RequestReview& review) {
  int place = kAbsent;
  const BasicConstraintsPtr constraints(static_cast<BASIC_CONSTRAINTS*>(
      X509V3_get_d2i(extensions, NID_basic_constraints, &place, nullptr)));
  if (place == kRepeated || (constraints == nullptr && place != kAbsent)) {
    review.faults.push_back("its basic constraints cannot be read");
  } else if (constraints != nullptr && constraints->ca != 0) {
    review.faults.push_back("it asks to be an authority itself (CA:TRUE)");
  }
}

}  // namespace

absl::StatusOr<KeyAndRequest> MakeKeyAndRequest(absl::string_view common_name,
                                                absl::string_view identity) {
  ASSIGN_OR_RETURN(const ExtensionsPtr extensions, ExtensionsWith(identity));
  const KeyPtr key(EVP_EC_gen("P-256"));
  const X509RequestPtr request(X509_REQ_new());
  if (key == nullptr || request == nullptr) return LibraryFailed();
  const bool has_name = !common_name.empty() &&
                        X509_NAME_add_entry_by_NID(
                            X509_REQ_get_subject_name(request.get()), NID_commonName, MBSTRING_UTF8,
                            reinterpret_cast<const unsigned char*>(common_name.data()),
                            static_cast<int>(common_name.size()), -1, 0) == 1;
  if (!has_name) {
    ERR_clear_error();
    return absl::InvalidArgumentError("a certificate's common name has 1 to 64 bytes");
  }
  if (X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_add_extensions(request.get(), extensions.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) == 0) {
    return LibraryFailed();
  }
  const BioPtr key_pem(BIO_new(BIO_s_secmem()));
  const BioPtr request_pem(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1 ||
      PEM_write_bio_X509_REQ(request_pem.get(), request.get()) != 1) {
    return LibraryFailed();
  }
  return KeyAndRequest{auth::TextOf(key_pem.get()), auth::TextOf(request_pem.get())};
}

absl::StatusOr<RequestReview> ReviewRequest(absl::string_view pem, absl::string_view identity) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const X509RequestPtr request(
      bio == nullptr ? nullptr : PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (request == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("this is no certificate request in PEM form");
  }
  RequestReview review;
  review.subject = auth::NameText(X509_REQ_get_subject_name(request.get()));
  review.sha256 = absl::BytesToHexString(Sha256Of(DerOf(request.get())));
  EVP_PKEY* const key = X509_REQ_get0_pubkey(request.get());
  ReviewKey(key, review);
  if (key != nullptr && X509_REQ_verify(request.get(), key) != 1) {
    review.faults.push_back("its signature is not of its key: it was altered, or is of another");
  }
  const ExtensionsPtr extensions(X509_REQ_get_extensions(request.get()));
  ReviewNames(extensions.get(), identity, review);
  ReviewConstraints(extensions.get(), review);
  ERR_clear_error();
  return review;
}

}  // namespace concordat::onboarding
