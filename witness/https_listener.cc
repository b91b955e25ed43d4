#include "witness/https_listener.h"

#include <httplib.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <atomic>
#include <semaphore>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/ip_endpoint.h"
#include "base/secret_file.h"
#include "base/status.h"
#include "server/ops/log.h"
#include "tlog/witness_request.h"

namespace concordat::witness {
namespace {

constexpr char kPath[] = "/add-checkpoint";
// How long a connection may be silent within a request, and between two.
constexpr time_t kSilenceSeconds = 5;
constexpr time_t kIdleSeconds = 2;
constexpr size_t kMostRequestsOfAConnection = 100;

// The library's threads, with a bound on what waits for one: the library would
// accept, and keep, connections without end.
class BoundedTasks final : public httplib::TaskQueue {
 public:
  explicit BoundedTasks(size_t threads)
      : threads_(threads), free_(static_cast<std::ptrdiff_t>(2 * threads)) {}

  // Called by the thread that accepts, which waits here.
  void enqueue(std::function<void()> task) override {
    free_.acquire();
    threads_.enqueue([this, task = std::move(task)] {
      Run(task);
      free_.release();
    });
  }
  void shutdown() override { threads_.shutdown(); }

 private:
  // The library catches what a handler throws, and not all that it throws itself.
  static void Run(const std::function<void()>& task) {
    try {
      task();
    } catch (const std::exception& error) {
      ops::Log(ops::Severity::kError, "connection_failed", {{"cause", error.what()}});
    }
  }

  httplib::ThreadPool threads_;
  std::counting_semaphore<> free_;
};

bool Prepare(SSL_CTX& context, const HttpsListener::Options& options) {
  LimitConnections(context, options.limits);
  return SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_use_certificate_chain_file(&context, options.certificate_file.c_str()) == 1 &&
         SSL_CTX_use_PrivateKey_file(&context, options.private_key_file.c_str(),
                                     SSL_FILETYPE_PEM) == 1 &&
         SSL_CTX_check_private_key(&context) == 1;
}

// The library's own choice, SO_REUSEPORT, would let a second process share the port.
void ReuseAddress(socket_t listener) {
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

class RunningListener final : public HttpsListener {
 public:
  RunningListener(Options options, AddCheckpoint add_checkpoint, std::function<void()> on_failed)
      : options_(std::move(options)),
        add_checkpoint_(std::move(add_checkpoint)),
        on_failed_(std::move(on_failed)),
        server_([this](SSL_CTX& context) { return Prepare(context, options_); }) {}

  ~RunningListener() override {
    stopping_ = true;
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Start() {
    RETURN_IF_ERROR(ReadSecretFile(options_.private_key_file).status());
    if (!server_.is_valid()) {
      return absl::FailedPreconditionError(absl::StrCat("cannot use ", options_.certificate_file,
                                                        " with ", options_.private_key_file));
    }
    ASSIGN_OR_RETURN(IpEndpoint endpoint, ParseIpEndpoint(options_.address));
    Configure();
    if (endpoint.port == 0) {
      endpoint.port = server_.bind_to_any_port(endpoint.ip);
    } else if (!server_.bind_to_port(endpoint.ip, endpoint.port)) {
      endpoint.port = -1;
    }
    if (endpoint.port < 0) {
      return absl::UnavailableError(absl::StrCat("cannot listen on ", options_.address));
    }
    address_ = ToString(endpoint);
    thread_ = std::thread([this] { Serve(); });
    // Before that the library ignores being told to stop.
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return absl::OkStatus();
  }

  const std::string& address() const override { return address_; }

 private:
  void Configure() {
    server_.new_task_queue = [this] { return new BoundedTasks(options_.threads); };
    server_.set_socket_options(&ReuseAddress);
    server_.set_read_timeout(kSilenceSeconds);
    server_.set_write_timeout(kSilenceSeconds);
    server_.set_keep_alive_timeout(kIdleSeconds);
    server_.set_keep_alive_max_count(kMostRequestsOfAConnection);
    server_.set_payload_max_length(tlog::kMaxWitnessRequestBytes);
    // The library would send the exception's words.
    server_.set_exception_handler([](const httplib::Request&, httplib::Response& response,
                                     const std::exception_ptr&) { response.status = 500; });
    server_.Post(kPath,
                 [this](const httplib::Request& request, httplib::Response& response,
                        const httplib::ContentReader& read) { Handle(request, response, read); });
  }

  void Serve() {
    server_.listen_after_bind();
    if (stopping_) return;
    ops::Log(ops::Severity::kError, "listener_failed", {{"address", address_}});
    on_failed_();
  }

  void Handle(const httplib::Request& request, httplib::Response& response,
              const httplib::ContentReader& read) const {
    // A body is taken as it comes: no parts, nothing to unpack.
    if (request.is_multipart_form_data() || request.has_header("Content-Encoding")) {
      response.status = 415;
      return;
    }
    std::string body;
    bool fits = true;
    // The library's own limit does not hold for bodies that come in chunks.
    const bool whole = read([&](const char* bytes, size_t count) {
      fits = count <= tlog::kMaxWitnessRequestBytes - body.size();
      if (fits) body.append(bytes, count);
      return fits;
    });
    if (!whole) {
      if (response.status != 413) response.status = fits ? 400 : 413;
      return;
    }
    Answer answer = add_checkpoint_(body);
    response.status = answer.status;
    response.set_content(std::move(answer.body), answer.content_type);
  }

  const Options options_;
  const AddCheckpoint add_checkpoint_;
  const std::function<void()> on_failed_;
  std::string address_;
  std::atomic<bool> stopping_{false};
  httplib::SSLServer server_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpsListener>> HttpsListener::Start(
    Options options, AddCheckpoint add_checkpoint, std::function<void()> on_failed) {
  auto listener = std::make_unique<RunningListener>(std::move(options), std::move(add_checkpoint),
                                                    std::move(on_failed));
  RETURN_IF_ERROR(listener->Start());
  return listener;
}

}  // namespace concordat::witness
