#include "server/tls/tls_set.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth/authorities.h"
#include "base/file.h"
#include "base/openssl_ptr.h"
#include "base/secret_file.h"
#include "base/status.h"

namespace concordat::tls {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;

absl::Status About(absl::string_view file, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(file, ": ", what));
}

// Without a terminal nobody can be asked, and the library would try.
int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

bool IsValidAt(const X509Ptr& certificate, absl::Time now) {
  std::time_t at = absl::ToTimeT(now);
  return X509_cmp_time(X509_get0_notBefore(certificate.get()), &at) < 0 &&
         X509_cmp_time(X509_get0_notAfter(certificate.get()), &at) > 0;
}

// Whether the TLS library makes handshakes with them; it refuses weak keys.
absl::Status CheckServerSide(const std::vector<X509Ptr>& chain, EVP_PKEY* key) {
  const ContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return absl::ResourceExhaustedError("the TLS library has no memory");
  if (X509_check_private_key(chain[0].get(), key) != 1) {
    return About("tls.private_key_file", "the key does not belong to its certificate");
  }
  if (SSL_CTX_use_certificate(context.get(), chain[0].get()) != 1) {
    return About("tls.certificate_file", "the TLS library does not take the certificate");
  }
  if (SSL_CTX_use_PrivateKey(context.get(), key) != 1) {
    return About("tls.private_key_file", "the TLS library does not take the key");
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) != 1) {
      return About("tls.certificate_file",
                   absl::StrCat("the TLS library does not take certificate ", i + 1));
    }
  }
  return absl::OkStatus();
}

absl::Status Check(const TlsSet& set, absl::Time now) {
  const auto chain = auth::ParseBundle(set.certificate);
  if (!chain.ok()) return About("tls.certificate_file", chain.status().message());
  const BioPtr key_bio(BIO_new_mem_buf(set.key.data(), static_cast<int>(set.key.size())));
  const KeyPtr key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    return About("tls.private_key_file", "there is no private key, or it needs a passphrase");
  }
  RETURN_IF_ERROR(CheckServerSide(*chain, key.get()));
  if (!IsValidAt(chain->front(), now)) {
    return About("tls.certificate_file", "the certificate is not valid at the server's time");
  }

  const auto authorities = auth::ParseBundle(set.authorities);
  absl::Status usable =
      authorities.ok() ? auth::CheckAuthorities(*authorities) : authorities.status();
  if (!usable.ok()) return About("tls.client_ca_file", usable.message());
  // An old authority may have expired in a bundle of old and new.
  if (std::none_of(authorities->begin(), authorities->end(),
                   [now](const X509Ptr& authority) { return IsValidAt(authority, now); })) {
    return About("tls.client_ca_file", "no authority is valid at the server's time");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TlsSet> ReadTlsSet(const server::v1::ServerConfig::Tls& files) {
  TlsSet set;
  ASSIGN_OR_RETURN(set.certificate, ReadFile(files.certificate_file()));
  ASSIGN_OR_RETURN(set.key, ReadSecretFile(files.private_key_file()));
  ASSIGN_OR_RETURN(set.authorities, ReadFile(files.client_ca_file()));
  return set;
}

absl::Status CheckTlsSet(const TlsSet& set, absl::Time now) {
  absl::Status checked = Check(set, now);
  // What the library noted of a refusal is no error of its next user's.
  ERR_clear_error();
  return checked;
}

}  // namespace concordat::tls
