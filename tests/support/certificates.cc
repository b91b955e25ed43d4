#include "tests/support/certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <map>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/digest.h"
#include "base/openssl_ptr.h"
#include "tests/support/must.h"
#include "tests/support/temporary_folder.h"

namespace concordat::e2e {
namespace {

using ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;

BioPtr BioOf(const std::string& pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, nullptr, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (extension == nullptr || X509_add_ext(certificate, extension.get(), -1) != 1) {
    Die(absl::StrCat("no certificate extension ", value));
  }
}

void SetTime(ASN1_TIME* field, absl::Time time) {
  const std::string text = absl::FormatTime("%Y%m%d%H%M%SZ", time, absl::UTCTimeZone());
  if (ASN1_TIME_set_string_X509(field, text.c_str()) != 1) Die("a certificate's date is refused");
}

X509Ptr CertificateOf(const KeyPair& pair) {
  return X509Ptr(PEM_read_bio_X509(BioOf(pair.certificate).get(), nullptr, nullptr, nullptr));
}

KeyPtr KeyOf(const KeyPair& pair) {
  return KeyPtr(PEM_read_bio_PrivateKey(BioOf(pair.key).get(), nullptr, nullptr, nullptr));
}

// `usage` is clientAuth or serverAuth.
KeyPair MakeCertificate(const KeyPair& authority, const std::string& usage,
                        const std::string& alternative_names, absl::Time not_before,
                        absl::Time not_after) {
  const X509Ptr issuer = CertificateOf(authority);
  const KeyPtr issuer_key = KeyOf(authority);
  const KeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  if (issuer == nullptr || issuer_key == nullptr || key == nullptr || certificate == nullptr) {
    Die("the throwaway authority cannot be used");
  }
  const std::string random = RandomBytes(16);
  const BignumPtr serial(BN_bin2bn(reinterpret_cast<const unsigned char*>(random.data()),
                                   static_cast<int>(random.size()), nullptr));
  BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate.get()));
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("client"), -1, -1, 0);
  SetTime(X509_getm_notBefore(certificate.get()), not_before);
  SetTime(X509_getm_notAfter(certificate.get()), not_after);
  X509_set_pubkey(certificate.get(), key.get());
  AddExtension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(certificate.get(), NID_key_usage, "critical,digitalSignature");
  AddExtension(certificate.get(), NID_ext_key_usage, usage);
  AddExtension(certificate.get(), NID_subject_alt_name, alternative_names);
  if (X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) == 0) {
    Die("the throwaway authority does not sign");
  }
  const BioPtr certificate_pem(BIO_new(BIO_s_mem()));
  const BioPtr key_pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate_pem.get(), certificate.get());
  PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {TextOf(certificate_pem.get()), TextOf(key_pem.get())};
}

}  // namespace

const absl::Time Certificates::kLongAgo = absl::FromUnixSeconds(1420070400);   // 2015-01-01
const absl::Time Certificates::kFarAhead = absl::FromUnixSeconds(2493072000);  // 2049-01-01

const Certificates& Certificates::Get() {
  static const Certificates certificates;
  return certificates;
}

Certificates::Certificates() {
  static const TemporaryFolder folder;
  folder_ = folder.path().string();
  const std::string command =
      absl::StrCat(CONCORDAT_SOURCE_DIR "/scripts/make_certificates.sh ", folder_, " >&2");
  if (std::system(command.c_str()) != 0) Die("scripts/make_certificates.sh failed");
}

KeyPair Certificates::Read(const std::string& name) const {
  return {ReadWhole(Path(name + ".crt")), ReadWhole(Path(name + ".key"))};
}

std::string Certificates::Authority() const { return ReadWhole(Path("ca.crt")); }

KeyPair Certificates::OfClient(const std::string& uri, absl::Time not_before,
                               absl::Time not_after) const {
  static absl::Mutex mutex(absl::kConstInit);
  static auto* const made = new std::map<std::string, KeyPair>();
  const std::string wanted =
      absl::StrCat(uri, " ", absl::ToUnixSeconds(not_before), " ", absl::ToUnixSeconds(not_after));
  absl::MutexLock lock(&mutex);
  auto found = made->find(wanted);
  if (found == made->end()) {
    found = made->emplace(wanted, MakeCertificate(Read("ca"), "clientAuth",
                                                  absl::StrCat("URI:", uri), not_before, not_after))
                .first;
  }
  return found->second;
}

std::string Certificates::RevocationList(const std::vector<KeyPair>& revoked,
                                         absl::Time last_update, absl::Time next_update) const {
  return RevocationListOf(Read("ca"), revoked, last_update, next_update);
}

std::string Certificates::RevocationListOf(const KeyPair& authority,
                                           const std::vector<KeyPair>& revoked,
                                           absl::Time last_update, absl::Time next_update) {
  const X509Ptr issuer = CertificateOf(authority);
  const KeyPtr issuer_key = KeyOf(authority);
  const X509CrlPtr list(X509_CRL_new());
  const std::unique_ptr<ASN1_TIME, FreeWith<ASN1_TIME_free>> time(ASN1_TIME_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.get()));
  SetTime(time.get(), last_update);
  X509_CRL_set1_lastUpdate(list.get(), time.get());
  for (const KeyPair& pair : revoked) {
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(CertificateOf(pair).get()));
    X509_REVOKED_set_revocationDate(entry, time.get());
    if (X509_CRL_add0_revoked(list.get(), entry) != 1) Die("a revocation list takes no entry");
  }
  SetTime(time.get(), next_update);
  X509_CRL_set1_nextUpdate(list.get(), time.get());
  X509_CRL_sort(list.get());
  if (X509_CRL_sign(list.get(), issuer_key.get(), EVP_sha256()) == 0) {
    Die("the throwaway authority signs no revocation list");
  }
  const BioPtr pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_CRL(pem.get(), list.get());
  return TextOf(pem.get());
}

KeyPair Certificates::AnotherServer(absl::Time not_after) const {
  return MakeCertificate(Read("ca"), "serverAuth", "DNS:localhost,IP:127.0.0.1", kLongAgo,
                         not_after);
}

KeyPair Certificates::OfUntrustedServer() const {
  return MakeCertificate(Read("untrusted-ca"), "serverAuth", "DNS:localhost,IP:127.0.0.1", kLongAgo,
                         kFarAhead);
}

}  // namespace concordat::e2e
