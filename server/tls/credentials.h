// Mutual TLS whose certificates can be changed while it runs.
#ifndef CONCORDAT_SERVER_TLS_CREDENTIALS_H_
#define CONCORDAT_SERVER_TLS_CREDENTIALS_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/security/server_credentials.h"
#include "server/tls/tls_set.h"

namespace concordat::tls {

// The set that the next handshake is made with. Thread-safe.
class TlsSource final {
 public:
  explicit TlsSource(TlsSet set) : set_(std::make_shared<const TlsSet>(std::move(set))) {}

  std::shared_ptr<const TlsSet> Get() const {
    absl::MutexLock lock(&mutex_);
    return set_;
  }
  // Connections that there are go on with the set they began with. Sessions of
  // it are not resumed any more.
  void Swap(TlsSet set) {
    absl::MutexLock lock(&mutex_);
    set_ = std::make_shared<const TlsSet>(std::move(set));
    is_new_ = true;
  }
  // The set if it was not taken yet, else null. For the transport alone.
  std::shared_ptr<const TlsSet> TakeIfNew() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(is_new_, false) ? set_ : nullptr;
  }

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const TlsSet> set_ ABSL_GUARDED_BY(mutex_);
  bool is_new_ ABSL_GUARDED_BY(mutex_) = true;
};

// Mutual TLS: every client shows a certificate of the set's authorities. For one
// listener of one server, which `source` outlives, and whose connections are all
// handed over by one thread: gRPC takes a new set without a lock
// (docs/decisions/credential-fetcher.md).
std::shared_ptr<grpc::ServerCredentials> MutualTls(TlsSource& source);

}  // namespace concordat::tls

#endif  // CONCORDAT_SERVER_TLS_CREDENTIALS_H_
