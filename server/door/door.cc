#include "server/door/door.h"

#include <utility>

#include "server/door/call_reactor.h"

namespace concordat::door {

Door::Door(const MethodTable& methods, const auth::PolicyHolder& policy, audit::AuditLog& log,
           const Clock& clock, DoorLimits limits, std::function<void(const std::string&)> on_peer)
    : methods_(methods),
      policy_(policy),
      log_(log),
      clock_(clock),
      limits_(limits),
      on_peer_(std::move(on_peer)) {}

grpc::ServerGenericBidiReactor* Door::CreateReactor(grpc::GenericCallbackServerContext* context) {
  return new CallReactor(*this, *context);
}

}  // namespace concordat::door
