// The one way in: every call of every method passes here, and so do calls of
// methods that do not exist.
#ifndef CONCORDAT_SERVER_DOOR_DOOR_H_
#define CONCORDAT_SERVER_DOOR_DOOR_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "auth/access_token.h"
#include "auth/certificate.h"
#include "auth/grant.h"
#include "auth/policy.h"
#include "auth/revocation.h"
#include "base/clock.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/server_builder.h"
#include "server/audit/audit_log.h"
#include "server/door/calls_in_hand.h"
#include "server/door/method_table.h"
#include "server/door/refusal_brake.h"
#include "server/quota/quotas.h"
#include "server/store/store.h"

namespace concordat::door {

// How much the door accepts.
struct DoorLimits {
  // Largest request, in bytes. The transport's own limit is higher, so that a
  // larger request is refused by the door, with a receipt.
  size_t max_request_bytes = 1 << 20;
  // Calls in hand at once, in all and of one certificate; more are refused with
  // SERVER_BUSY.
  int64_t max_calls = 1000;
  int64_t max_calls_per_certificate = 200;
  // How long a call may take to send its request.
  absl::Duration request_deadline = absl::Seconds(10);
  // How long a call without a deadline may take, and how long a stream waits for
  // its reader.
  absl::Duration default_deadline = absl::Seconds(60);
  // Refused calls of one certificate that are answered at once, and how many a
  // second from then on.
  int64_t refused_calls_burst = 200;
  int64_t refused_calls_per_second = 10;
};

// What the door tells of connections, by their peer as gRPC names it.
struct PeerHooks {
  // A call came over it.
  std::function<void(const std::string&)> called;
  // It is to be closed.
  std::function<void(const std::string&)> close;
};

// Whether figures of the named release may still leave: OK, or what a call that holds
// some is refused with. `reader` is the log's, with the changes that come before the call.
using ReleaseCheck = std::function<absl::Status(
    const store::Reader& reader, const auth::Grant& grant, const std::string& release)>;

// Numbers since the start. Thread-safe.
struct DoorCounters {
  std::atomic<int64_t> served{0};
  std::atomic<int64_t> refused{0};
  std::atomic<int64_t> without_answer{0};
};

// Thread-safe, once it runs. Outlives the server that it is registered with.
//
// It drives gRPC's completion queues with threads of its own: the callback API
// hands the end of every call to a further thread, which costs as much as the
// whole of the access decision (docs/decisions/completion-queues.md).
class Door final {
 public:
  // All are borrowed and outlive the door. `pseudonym_key` is secret: records name the
  // subjects of tokens by what it makes of them.
  Door(const MethodTable& methods, const auth::PolicyHolder& policy,
       const auth::RevocationHolder& revocation, const auth::AccessTokenVerifierHolder& tokens,
       quota::Quotas& quotas, audit::AuditLog& log, const Clock& clock, DoorLimits limits,
       PeerHooks peers, ReleaseCheck release_check, std::string pseudonym_key);

  // Registers the door for every method of `builder`'s server. Call once, before
  // the server is built.
  void Register(grpc::ServerBuilder& builder);
  // Begins to take calls. Call once, when the server was built.
  void Run();
  // Ends the door's threads. Call when the server's Shutdown has returned, which
  // it does when every call has ended.
  void Join();

  // From now on every call is refused with SHUTTING_DOWN.
  void Drain() { draining_.store(true, std::memory_order_release); }
  const DoorCounters& counters() const { return counters_; }
  int64_t calls_in_hand() const { return calls_.size(); }

 private:
  friend class CallReactor;

  const MethodTable& methods_;
  const auth::PolicyHolder& policy_;
  const auth::RevocationHolder& revocation_;
  const auth::AccessTokenVerifierHolder& tokens_;
  quota::Quotas& quotas_;
  audit::AuditLog& log_;
  const Clock& clock_;
  const DoorLimits limits_;
  const PeerHooks peers_;
  const ReleaseCheck release_check_;
  const std::string pseudonym_key_;
  RefusalBrake brake_;
  auth::CertificateCache certificates_;
  grpc::AsyncGenericService service_;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues_;
  std::vector<std::thread> threads_;
  DoorCounters counters_;
  CallsInHand calls_;
  std::atomic<bool> draining_{false};
};

}  // namespace concordat::door

#endif  // CONCORDAT_SERVER_DOOR_DOOR_H_
