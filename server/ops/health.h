// The standard health service, on a listener of its own.
#ifndef CONCORDAT_SERVER_OPS_HEALTH_H_
#define CONCORDAT_SERVER_OPS_HEALTH_H_

#include <memory>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/server.h"

namespace concordat::ops {

// Says SERVING when nothing keeps the server from answering calls. Without TLS:
// probes have no certificate, and the door is the only way to everything else.
// Thread-safe.
class Health final {
 public:
  // What keeps the server from answering.
  enum class Obstacle {
    kStarting,
    kAuditLogStopped,
    kWitnessesMissing,
    kNobodyAdmitted,
    kDraining
  };

  // Listens at `address`, or nowhere when it is empty, and says NOT_SERVING:
  // kStarting stands. UNAVAILABLE when it cannot listen.
  static absl::StatusOr<std::unique_ptr<Health>> Start(const std::string& address);
  ~Health();

  // With the port that was bound; empty for none.
  const std::string& address() const { return address_; }
  // Puts the obstacle up, or takes it away.
  void Set(Obstacle obstacle, bool stands);

 private:
  Health() = default;

  // Answers everything else with UNIMPLEMENTED; without any service gRPC has
  // nothing that drives the health service.
  grpc::CallbackGenericService no_service_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  absl::Mutex mutex_;
  std::set<Obstacle> obstacles_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace concordat::ops

#endif  // CONCORDAT_SERVER_OPS_HEALTH_H_
