#include "server/door/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grpc/support/log.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "base/ip_endpoint.h"
#include "base/status.h"
#include "server/ops/log.h"

namespace concordat::door {
namespace {

constexpr int kReapMilliseconds = 100;
// How long after a connection was closed gRPC's log may say why.
constexpr absl::Duration kCauseDelay = absl::Milliseconds(200);
// How long after gRPC's log said why a connection may be closed.
constexpr absl::Duration kCloseDelay = absl::Seconds(1);
// After the process ran out of descriptors: long enough for some to be closed,
// short enough that partners do not notice.
constexpr absl::Duration kDescriptorPause = absl::Milliseconds(50);
// What the kernel keeps of a connection's answers beyond what its reader's window has room
// for. Else it takes megabytes for each reader who stands still, and they are made at once.
constexpr int kMostUnsentBytes = 128 * 1024;
constexpr size_t kMaxCauses = 1000;

// The one listener that hears gRPC's log.
ABSL_CONST_INIT absl::Mutex log_mutex(absl::kConstInit);
Listener* log_listener ABSL_GUARDED_BY(log_mutex) = nullptr;

// A socket address as text without port, and as gRPC names the peer.
struct PeerNames {
  std::string ip;
  std::string grpc_peer;
};

PeerNames NamesOf(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    return {text, absl::StrCat("ipv4:", text, ":", ntohs(v4.sin_port))};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
  // An IPv4 peer of an IPv6 socket: the same address, and the same limit, as ever.
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof(text));
    return {text, absl::StrCat("ipv4:", text, ":", ntohs(v6.sin6_port))};
  }
  inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
  return {text, absl::StrCat("ipv6:%5B", text, "%5D:", ntohs(v6.sin6_port))};
}

absl::Status SystemError(absl::string_view what, const std::string& address) {
  return absl::UnavailableError(absl::StrCat(what, " ", address, ": ", std::strerror(errno)));
}

// The inode of an open descriptor; 0 when it is closed.
ino_t InodeOf(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Bind(const std::string& address,
                                                         ListenerLimits limits,
                                                         ops::RefusedHandshakes& refused) {
  ASSIGN_OR_RETURN(IpEndpoint endpoint, ParseIpEndpoint(address));
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(endpoint.ip.c_str(), absl::StrCat(endpoint.port).c_str(), &hints, &found) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("cannot listen on ", address));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, freeaddrinfo);
  const int socket_fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_fd < 0) return SystemError("cannot open a socket for", address);
  const int on = 1;
  setsockopt(socket_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_storage bound = {};
  socklen_t bound_size = sizeof(bound);
  if (bind(socket_fd, found->ai_addr, found->ai_addrlen) != 0 || listen(socket_fd, 512) != 0 ||
      getsockname(socket_fd, reinterpret_cast<sockaddr*>(&bound), &bound_size) != 0) {
    absl::Status failed = SystemError("cannot listen on", address);
    close(socket_fd);
    return failed;
  }
  endpoint.port = bound.ss_family == AF_INET
                      ? ntohs(reinterpret_cast<sockaddr_in&>(bound).sin_port)
                      : ntohs(reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
  return std::unique_ptr<Listener>(new Listener(socket_fd, ToString(endpoint), limits, refused));
}

Listener::Listener(int socket, std::string address, ListenerLimits limits,
                   ops::RefusedHandshakes& refused)
    : socket_(socket),
      address_(std::move(address)),
      limits_(limits),
      refused_(refused),
      stop_event_(eventfd(0, EFD_CLOEXEC)) {
  absl::MutexLock lock(&log_mutex);
  log_listener = this;
  gpr_set_log_function(&Listener::OnGrpcLog);
}

Listener::~Listener() {
  Stop();
  {
    absl::MutexLock lock(&log_mutex);
    if (log_listener == this) log_listener = nullptr;
  }
  close(socket_);
  close(stop_event_);
}

void Listener::Run(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor) {
  acceptor_ = std::move(acceptor);
  thread_ = std::thread([this] { Loop(); });
}

void Listener::Stop() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  if (write(stop_event_, &one, sizeof(one)) != sizeof(one)) {
    ops::Log(ops::Severity::kError, "listener_stop_failed");
  }
  thread_.join();
  // Refuses those that come now, rather than let them wait in the backlog.
  shutdown(socket_, SHUT_RDWR);
}

void Listener::MarkCalled(const std::string& peer) {
  absl::MutexLock lock(&mutex_);
  if (const auto found = connections_.find(peer); found != connections_.end()) {
    found->second.called = true;
  }
}

void Listener::Close(const std::string& peer) {
  absl::MutexLock lock(&mutex_);
  const auto found = connections_.find(peer);
  if (found == connections_.end()) return;
  // gRPC may close the descriptor at any time, and the next connection get its
  // number: a copy stays the socket that it was made of.
  const int copy = fcntl(found->second.descriptor, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return;
  if (InodeOf(copy) == found->second.inode) shutdown(copy, SHUT_RDWR);
  close(copy);
}

void Listener::Loop() {
  pollfd waiting[2] = {{socket_, POLLIN, 0}, {stop_event_, POLLIN, 0}};
  absl::Time next_reap = absl::Now();
  while (true) {
    poll(waiting, 2, kReapMilliseconds);
    if (waiting[1].revents != 0) return;
    if (waiting[0].revents != 0) AcceptOne();
    if (absl::Now() >= next_reap) {
      Reap();
      next_reap = absl::Now() + absl::Milliseconds(kReapMilliseconds);
    }
  }
}

void Listener::AcceptOne() {
  sockaddr_storage peer = {};
  socklen_t peer_size = sizeof(peer);
  const int descriptor = accept4(socket_, reinterpret_cast<sockaddr*>(&peer), &peer_size,
                                 SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (descriptor < 0) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      ops::Log(ops::Severity::kError, "out_of_descriptors", {{"error", std::strerror(errno)}});
      Reap();
      absl::SleepFor(kDescriptorPause);
    }
    return;
  }
  const PeerNames names = NamesOf(peer);
  int in_all = 0;
  int of_address = 0;
  for (int attempt = 0; attempt < 2; ++attempt) {
    absl::MutexLock lock(&mutex_);
    in_all = static_cast<int>(connections_.size());
    of_address = 0;
    for (const auto& [name, connection] : connections_) of_address += connection.ip == names.ip;
    if (in_all < limits_.max_connections && of_address < limits_.max_connections_per_address) {
      connections_[names.grpc_peer] = {descriptor, InodeOf(descriptor), names.ip, absl::Now()};
      break;
    }
    // Some may have been closed since the last look.
    if (attempt == 0) {
      mutex_.Unlock();
      Reap();
      mutex_.Lock();
    }
  }
  if (in_all >= limits_.max_connections) {
    close(descriptor);
    Refuse(names.ip, v1::RefusedHandshake::SERVER_FULL,
           absl::StrCat("the server has ", in_all, " connections, as many as it accepts"));
    return;
  }
  if (of_address >= limits_.max_connections_per_address) {
    close(descriptor);
    Refuse(names.ip, v1::RefusedHandshake::ADDRESS_FULL,
           absl::StrCat("the address has ", of_address, " connections, as many as it may have"));
    return;
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMostUnsentBytes,
             sizeof(kMostUnsentBytes));
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = -1;
  parameters.fd = descriptor;
  acceptor_->HandleNewConnection(&parameters);
}

void Listener::Reap() {
  const absl::Time now = absl::Now();
  std::vector<std::pair<Connection, std::string>> explained;
  std::vector<Connection> without_cause;
  {
    absl::MutexLock lock(&mutex_);
    absl::erase_if(connections_, [&](const auto& entry) {
      const Connection& connection = entry.second;
      if (InodeOf(connection.descriptor) == connection.inode) return false;
      if (!connection.called) unexplained_.emplace_back(now, connection);
      return true;
    });
    while (!causes_.empty() && !unexplained_.empty()) {
      explained.emplace_back(std::move(unexplained_.front().second),
                             std::move(causes_.front().second));
      unexplained_.pop_front();
      causes_.pop_front();
    }
    while (!unexplained_.empty() && now - unexplained_.front().first >= kCauseDelay) {
      without_cause.push_back(std::move(unexplained_.front().second));
      unexplained_.pop_front();
    }
    // One that nothing matches is of a connection that is listed without it.
    while (!causes_.empty() && now - causes_.front().first >= kCloseDelay) {
      causes_.pop_front();
    }
  }
  for (auto& [connection, cause] : explained) {
    Refuse(connection.ip, v1::RefusedHandshake::TLS, std::move(cause));
  }
  for (const Connection& connection : without_cause) {
    if (now - connection.accepted >= limits_.handshake_deadline) {
      Refuse(connection.ip, v1::RefusedHandshake::DEADLINE,
             "no call came before the deadline for handshakes; is something in between that "
             "holds the connection up?");
    } else {
      Refuse(connection.ip, v1::RefusedHandshake::PEER_CLOSED,
             "the peer closed before its first call; does it trust the server's authority?");
    }
  }
}

void Listener::Refuse(const std::string& ip, v1::RefusedHandshake::Cause cause,
                      std::string detail) {
  ops::Log(
      ops::Severity::kWarning, "handshake_refused",
      {{"address", ip}, {"cause", v1::RefusedHandshake::Cause_Name(cause)}, {"detail", detail}});
  v1::RefusedHandshake refused;
  *refused.mutable_time() = ToTimestamp(absl::Now());
  refused.set_address(ip);
  refused.set_cause(cause);
  refused.set_detail(std::move(detail));
  refused_.Add(std::move(refused));
}

void Listener::OnGrpcLog(gpr_log_func_args* args) {
  const absl::string_view message(args->message);
  if (absl::StrContains(message, "Handshake failed with fatal error")) {
    absl::MutexLock lock(&log_mutex);
    if (log_listener != nullptr) {
      absl::MutexLock listener_lock(&log_listener->mutex_);
      if (log_listener->causes_.size() < kMaxCauses) {
        log_listener->causes_.emplace_back(absl::Now(), message);
      }
    }
    return;
  }
  if (args->severity != GPR_LOG_SEVERITY_ERROR) return;
  ops::Log(ops::Severity::kWarning, "grpc", {{"message", std::string(message.substr(0, 500))}});
}

}  // namespace concordat::door
