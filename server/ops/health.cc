#include "server/ops/health.h"

#include <grpc/grpc.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/ip_endpoint.h"
#include "base/status.h"
#include "grpcpp/ext/health_check_service_server_builder_option.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace concordat::ops {

absl::StatusOr<std::unique_ptr<Health>> Health::Start(const std::string& address) {
  std::unique_ptr<Health> health(new Health());
  if (!address.empty()) {
    ASSIGN_OR_RETURN(IpEndpoint endpoint, ParseIpEndpoint(address));
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.SetMaxReceiveMessageSize(4096);
    builder.RegisterCallbackGenericService(&health->no_service_);
    health->server_ = builder.BuildAndStart();
    grpc::EnableDefaultHealthCheckService(false);
    if (health->server_ == nullptr || port == 0) {
      return absl::UnavailableError(absl::StrCat("cannot listen on health_address ", address));
    }
    endpoint.port = port;
    health->address_ = ToString(endpoint);
  }
  health->Set(Obstacle::kStarting, true);
  return health;
}

Health::~Health() {
  if (server_ != nullptr) server_->Shutdown(absl::ToChronoTime(absl::Now()));
}

void Health::Set(Obstacle obstacle, bool stands) {
  absl::MutexLock lock(&mutex_);
  if (stands) {
    obstacles_.insert(obstacle);
  } else {
    obstacles_.erase(obstacle);
  }
  if (server_ != nullptr && server_->GetHealthCheckService() != nullptr) {
    server_->GetHealthCheckService()->SetServingStatus(obstacles_.empty());
  }
}

}  // namespace concordat::ops
