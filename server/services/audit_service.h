// AuditService: who saw what.
#ifndef CONCORDAT_SERVER_SERVICES_AUDIT_SERVICE_H_
#define CONCORDAT_SERVER_SERVICES_AUDIT_SERVICE_H_

#include "absl/status/statusor.h"
#include "concordat/v1/audit_service.pb.h"
#include "server/door/call.h"
#include "server/store/store.h"

namespace concordat::services {

// Each method is the RPC of its name (audit_service.proto). Thread-safe.
class AuditService {
 public:
  explicit AuditService(const store::Store& store) : store_(store) {}

  absl::StatusOr<v1::ListAuditEntriesResponse> ListAuditEntries(
      const door::Call& call, const v1::ListAuditEntriesRequest& request) const;

 private:
  const store::Store& store_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_AUDIT_SERVICE_H_
