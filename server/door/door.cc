#include "server/door/door.h"

#include <algorithm>
#include <utility>

#include "server/door/call_reactor.h"

namespace concordat::door {
namespace {

// Calls that gRPC can start on one queue before a thread looks at it again.
constexpr int kAwaitedCalls = 64;

// One queue for two cores: the log's thread sends the answers, and more threads
// than that change places oftener than they work (docs/performance.md).
int QueueCount() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / 2, 1, 16);
}

}  // namespace

Door::Door(const MethodTable& methods, const auth::PolicyHolder& policy,
           const auth::RevocationHolder& revocation, const auth::AccessTokenVerifierHolder& tokens,
           quota::Quotas& quotas, audit::AuditLog& log, const Clock& clock, DoorLimits limits,
           PeerHooks peers, ReleaseCheck release_check, std::string pseudonym_key)
    : methods_(methods),
      policy_(policy),
      revocation_(revocation),
      tokens_(tokens),
      quotas_(quotas),
      log_(log),
      clock_(clock),
      limits_(limits),
      peers_(std::move(peers)),
      release_check_(std::move(release_check)),
      pseudonym_key_(std::move(pseudonym_key)),
      brake_(limits.refused_calls_burst, limits.refused_calls_per_second),
      calls_(limits.max_calls, limits.max_calls_per_certificate) {}

void Door::Register(grpc::ServerBuilder& builder) {
  builder.RegisterAsyncGenericService(&service_);
  for (int i = 0; i < QueueCount(); ++i) queues_.push_back(builder.AddCompletionQueue());
}

void Door::Run() {
  for (const auto& queue : queues_) {
    for (int i = 0; i < kAwaitedCalls; ++i) CallReactor::Await(*this, *queue);
    threads_.emplace_back([queue = queue.get()] {
      void* tag = nullptr;
      bool ok = false;
      while (queue->Next(&tag, &ok)) static_cast<CallReactor::Event*>(tag)->React(ok);
    });
  }
}

void Door::Join() {
  // A cancelled call may still be with the audit log, which finishes it on its
  // queue: gRPC's Shutdown does not wait for that.
  calls_.AwaitNone();
  for (const auto& queue : queues_) queue->Shutdown();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace concordat::door
