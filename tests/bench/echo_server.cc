// The bare mutual-TLS echo server: gRPC and nothing else, over the transport of
// concordatd, so that the difference to it is what concordatd does.
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "base/status.h"
#include "echo.grpc.pb.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "server/tls/credentials.h"
#include "server/transport.h"
#include "tests/bench/pem_file.h"

namespace concordat::bench {
namespace {

struct Options {
  std::string certificates;
  std::string address_file;
  size_t reply_bytes = 0;
};

class EchoService final : public Echo::CallbackService {
 public:
  explicit EchoService(size_t reply_bytes) : payload_(reply_bytes, 'x') {}

  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                 const EchoRequest* /*request*/, EchoReply* reply) override {
    reply->set_payload(payload_);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const std::string payload_;
};

// Serves until SIGTERM or SIGINT.
absl::Status Serve(const Options& options) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // Before gRPC makes its threads, which inherit it.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  ASSIGN_OR_RETURN(const Credentials files, ReadCredentials(options.certificates, "server"));
  tls::TlsSource source({files.certificate, files.key, files.authority});
  EchoService service(options.reply_bytes);
  grpc::ServerBuilder builder;
  LimitTransport(builder, TransportLimits());
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", tls::MutualTls(source), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return absl::UnavailableError("gRPC does not start");
  std::ofstream file(options.address_file, std::ios::trunc);
  file << "127.0.0.1:" << port << "\n";
  if (!file.flush()) return absl::UnavailableError("cannot write the address file");

  int signal = 0;
  sigwait(&signals, &signal);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  return absl::OkStatus();
}

}  // namespace
}  // namespace concordat::bench

int main(int argc, char** argv) {
  concordat::bench::Options options;
  CLI::App app("A bare mutual-TLS echo server on a free port of the loopback address.");
  app.add_option("--certificates", options.certificates, "Folder with server.crt, .key and ca.crt")
      ->required();
  app.add_option("--address-file", options.address_file, "File to write the address to")
      ->required();
  app.add_option("--reply-bytes", options.reply_bytes, "Payload of each reply, in bytes")
      ->required();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = concordat::bench::Serve(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench_echo_server: %s\n", std::string(status.message()).c_str());
  return 1;
}
