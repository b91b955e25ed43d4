#include "auth/revocation.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "auth/authorities.h"
#include "auth/openssl_values.h"
#include "base/civil_time.h"
#include "base/openssl_ptr.h"
#include "base/status.h"

namespace concordat::auth {
namespace {

// The lists of a PEM text in their order.
absl::StatusOr<std::vector<X509CrlPtr>> ReadLists(absl::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<X509CrlPtr> lists;
  while (bio != nullptr) {
    X509CrlPtr list(PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
    if (list == nullptr) break;
    lists.push_back(std::move(list));
  }
  // The only error that is none: nothing more begins.
  const unsigned long error = ERR_peek_last_error();  // NOLINT(google-runtime-int): OpenSSL's type
  const bool at_end =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return absl::FailedPreconditionError(
        absl::StrCat("list ", lists.size() + 1, " cannot be read"));
  }
  if (lists.empty()) return absl::FailedPreconditionError("there is no revocation list");
  return lists;
}

bool MaySignLists(X509* authority) {
  // All bits are set where the certificate has no such extension.
  return X509_check_ca(authority) != 0 && (X509_get_key_usage(authority) & KU_CRL_SIGN) != 0;
}

// Authorities may share a name, as old and new ones do during a rotation.
bool IsSignedByOne(X509_CRL* list, const std::vector<X509Ptr>& authorities) {
  const bool is_signed =
      std::any_of(authorities.begin(), authorities.end(), [list](const X509Ptr& authority) {
        return X509_NAME_cmp(X509_get_subject_name(authority.get()), X509_CRL_get_issuer(list)) ==
                   0 &&
               MaySignLists(authority.get()) &&
               X509_CRL_verify(list, X509_get0_pubkey(authority.get())) == 1;
      });
  ERR_clear_error();
  return is_signed;
}

// Lists of changes (delta), of some certificates, or for other issuers say so
// in a critical extension.
bool HasCriticalExtension(const X509_CRL* list) {
  for (int i = 0; i < X509_CRL_get_ext_count(list); ++i) {
    if (X509_EXTENSION_get_critical(X509_CRL_get_ext(list, i)) != 0) return true;
  }
  return false;
}

absl::Status CheckList(X509_CRL* list, const std::vector<X509Ptr>& authorities, absl::Time now) {
  if (!IsSignedByOne(list, authorities)) {
    return absl::FailedPreconditionError("is signed by none of the authorities");
  }
  if (HasCriticalExtension(list)) {
    return absl::FailedPreconditionError(
        "does not name all revoked certificates of its authority; a complete list is needed");
  }
  const std::optional<absl::Time> begin = ToAbslTime(X509_CRL_get0_lastUpdate(list));
  if (!begin.has_value() || now < *begin) {
    return absl::FailedPreconditionError("has not begun at the server's time");
  }
  if (!ToAbslTime(X509_CRL_get0_nextUpdate(list)).has_value()) {
    return absl::FailedPreconditionError("does not say when the next one comes (nextUpdate)");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RevocationLists> RevocationLists::Parse(absl::string_view pem,
                                                       absl::string_view authorities,
                                                       absl::Time now) {
  ASSIGN_OR_RETURN(const std::vector<X509Ptr> bundle, ParseBundle(authorities));
  ASSIGN_OR_RETURN(const std::vector<X509CrlPtr> read, ReadLists(pem));
  RevocationLists lists;
  for (const X509CrlPtr& list : read) {
    const absl::Status checked = CheckList(list.get(), bundle, now);
    if (!checked.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("list ", lists.lists_.size() + 1, " ", checked.message()));
    }
    List& added = lists.lists_.emplace_back();
    added.issuer = CopyOf(X509_CRL_get_issuer(list.get()));
    const STACK_OF(X509_REVOKED)* revoked = X509_CRL_get_REVOKED(list.get());
    for (int i = 0; i < sk_X509_REVOKED_num(revoked); ++i) {
      std::optional<std::string> serial =
          ToBytes(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(revoked, i)));
      if (serial.has_value()) added.serials.insert(*std::move(serial));
    }
    lists.next_update_ =
        std::min(lists.next_update_, *ToAbslTime(X509_CRL_get0_nextUpdate(list.get())));
  }
  return lists;
}

bool RevocationLists::Names(const Certificate& certificate) const {
  return std::any_of(lists_.begin(), lists_.end(), [&](const List& list) {
    return X509_NAME_cmp(list.issuer.get(), certificate.issuer.get()) == 0 &&
           list.serials.contains(certificate.serial);
  });
}

bool RevocationLists::Cover(const Certificate& certificate) const {
  return std::any_of(lists_.begin(), lists_.end(), [&](const List& list) {
    return X509_NAME_cmp(list.issuer.get(), certificate.issuer.get()) == 0;
  });
}

absl::Status Revocation::Check(const Certificate& certificate, absl::Time now) const {
  if (lists_ != nullptr && lists_->Names(certificate)) {
    return MakeError(v1::CERTIFICATE_REVOKED,
                     "the client certificate was revoked by its authority; ask it for a new one");
  }
  if (!AdmitsAt(now) || (required_ && !lists_->Cover(certificate))) {
    return MakeError(v1::REVOCATION_UNKNOWN,
                     "the server has no current revocation list of the client certificate's "
                     "authority; tell the operator, and try later");
  }
  return absl::OkStatus();
}

}  // namespace concordat::auth
