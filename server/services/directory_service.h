// DirectoryService: agencies, their clients, and who the caller is.
#ifndef CONCORDAT_SERVER_SERVICES_DIRECTORY_SERVICE_H_
#define CONCORDAT_SERVER_SERVICES_DIRECTORY_SERVICE_H_

#include "absl/status/statusor.h"
#include "concordat/v1/directory_service.pb.h"
#include "server/door/call.h"
#include "server/ops/refused_handshakes.h"
#include "server/quota/quotas.h"
#include "server/store/store.h"

namespace concordat::services {

// Each method is the RPC of its name (directory_service.proto). Thread-safe.
class DirectoryService {
 public:
  DirectoryService(const store::Store& store, const ops::RefusedHandshakes& refused,
                   const quota::Quotas& quotas)
      : store_(store), refused_(refused), quotas_(quotas) {}

  absl::StatusOr<v1::ListAgenciesResponse> ListAgencies(
      const door::Call& call, const v1::ListAgenciesRequest& request) const;
  absl::StatusOr<v1::ListClientsResponse> ListClients(const door::Call& call,
                                                      const v1::ListClientsRequest& request) const;
  absl::StatusOr<v1::WhoAmIResponse> WhoAmI(const door::Call& call,
                                            const v1::WhoAmIRequest& request) const;
  absl::StatusOr<v1::ListRefusedHandshakesResponse> ListRefusedHandshakes(
      const door::Call& call, const v1::ListRefusedHandshakesRequest& request) const;
  absl::StatusOr<v1::ApplyDirectoryResponse> ApplyDirectory(
      const door::Call& call, const v1::ApplyDirectoryRequest& request,
      store::Transaction& transaction) const;
  absl::StatusOr<v1::RevokeClientResponse> RevokeClient(const door::Call& call,
                                                        const v1::RevokeClientRequest& request,
                                                        store::Transaction& transaction) const;

 private:
  const store::Store& store_;
  const ops::RefusedHandshakes& refused_;
  const quota::Quotas& quotas_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_DIRECTORY_SERVICE_H_
