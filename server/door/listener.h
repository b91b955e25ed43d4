// The server's own accept loop. gRPC's stops for ever after one EMFILE
// (CVE-2023-4785) and knows no caps; this one waits and goes on, closes what is
// over a cap, and lists the connections that never became calls.
#ifndef CONCORDAT_SERVER_DOOR_LISTENER_H_
#define CONCORDAT_SERVER_DOOR_LISTENER_H_

#include <sys/types.h>

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/server_builder.h"
#include "server/ops/refused_handshakes.h"

namespace concordat::door {

struct ListenerLimits {
  // Connections in all, and of one address.
  int max_connections = 1000;
  int max_connections_per_address = 200;
  // How long a handshake may take; gRPC enforces it.
  absl::Duration handshake_deadline = absl::Seconds(5);
};

// Thread-safe. One in a process: it hears gRPC's log, which has one hook.
class Listener {
 public:
  // Binds `address`, as ParseIpEndpoint reads it; port 0 takes a free one.
  // Connections wait until Run.
  static absl::StatusOr<std::unique_ptr<Listener>> Bind(const std::string& address,
                                                        ListenerLimits limits,
                                                        ops::RefusedHandshakes& refused);
  ~Listener();

  // The address that it is bound to, with its port.
  const std::string& address() const { return address_; }

  // Starts to accept and to hand connections to gRPC.
  void Run(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor);
  // Stops to accept. Connections that were handed over live on.
  void Stop();

  // A call came over the connection of `peer`, as gRPC names it: its handshake
  // was accepted.
  void MarkCalled(const std::string& peer);

  // Closes the connection of `peer`, if it is still open.
  void Close(const std::string& peer);

 private:
  struct Connection {
    // The descriptor is gRPC's; the inode tells whether it is still this socket.
    int descriptor = -1;
    ino_t inode = 0;
    std::string ip;
    absl::Time accepted;
    bool called = false;
  };

  Listener(int socket, std::string address, ListenerLimits limits, ops::RefusedHandshakes& refused);

  void Loop();
  void AcceptOne();
  // Forgets connections that were closed, and lists those that never called.
  void Reap() ABSL_LOCKS_EXCLUDED(mutex_);
  void Refuse(const std::string& ip, v1::RefusedHandshake::Cause cause, std::string detail);
  static void OnGrpcLog(struct gpr_log_func_args* args);

  const int socket_;
  const std::string address_;
  const ListenerLimits limits_;
  ops::RefusedHandshakes& refused_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  int stop_event_;
  std::thread thread_;

  absl::Mutex mutex_;
  // By peer, as gRPC names it.
  absl::flat_hash_map<std::string, Connection> connections_ ABSL_GUARDED_BY(mutex_);
  // What the TLS library said of failed handshakes, and when, not yet matched to a
  // connection: gRPC's log names no address.
  std::deque<std::pair<absl::Time, std::string>> causes_ ABSL_GUARDED_BY(mutex_);
  // Connections that were closed without a call, and when that was seen: the cause may
  // still be on its way into the log.
  std::deque<std::pair<absl::Time, Connection>> unexplained_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace concordat::door

#endif  // CONCORDAT_SERVER_DOOR_LISTENER_H_
