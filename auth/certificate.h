// What the server needs to know of a caller's certificate. The chain was
// verified by the TLS handshake; nothing here decides trust.
#ifndef CONCORDAT_AUTH_CERTIFICATE_H_
#define CONCORDAT_AUTH_CERTIFICATE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

struct X509_name_st;

namespace concordat::auth {

// One parsed certificate.
struct Certificate {
  // SHA-256 of its DER form, 32 bytes.
  std::string sha256;
  // Serial number, big-endian bytes; unique among those of its issuer.
  std::string serial;
  // The distinguished name of the authority that issued it.
  std::shared_ptr<const X509_name_st> issuer;
  absl::Time not_before;
  absl::Time not_after;
  // All names that a client in the directory can be found by, in this order:
  // `sha256:<hex>`, `uri:<uri>` and `dns:<name>` for each such subject
  // alternative name.
  std::vector<std::string> identities;
};

// Parses one PEM certificate. CERTIFICATE_AMBIGUOUS when it cannot be read.
absl::StatusOr<Certificate> ParseCertificate(absl::string_view pem);

// Parsing costs some 200 µs, a call a tenth of it: parsed certificates are kept
// by their PEM text. Thread-safe. Holds at most `capacity` and forgets all of
// them when it is full, so that strangers cannot fill the memory.
class CertificateCache {
 public:
  explicit CertificateCache(size_t capacity = 4096) : capacity_(capacity) {}

  absl::StatusOr<std::shared_ptr<const Certificate>> Parse(absl::string_view pem);

 private:
  const size_t capacity_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<const Certificate>> by_pem_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_CERTIFICATE_H_
