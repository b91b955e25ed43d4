// A closed-loop load generator of one thread that parses no reply, so that it
// costs little, and the same whatever the server answers.
#ifndef CONCORDAT_TESTS_BENCH_LOAD_H_
#define CONCORDAT_TESTS_BENCH_LOAD_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"

namespace concordat::bench {

// One server under load.
struct Endpoint {
  // `host:port`.
  std::string target;
  // The server's process, whose processor time is counted.
  pid_t pid = 0;
  // The method's path, such as `/concordat.bench.Echo/Echo`.
  std::string method;
  // Whether every answer carries a receipt; one without then fails the run.
  bool has_receipt = false;
};

// What every call sends, to either server.
struct Calls {
  // Serialised requests, sent in turn. Not empty.
  std::vector<std::string> requests;
  std::vector<std::pair<std::string, std::string>> metadata;
};

// What one run showed.
struct Measurement {
  int64_t calls = 0;
  double calls_per_second = 0;
  double p50_micros = 0;
  double p99_micros = 0;
  // Processor time of the server, in microseconds a call.
  double server_cpu_micros = 0;
  // Mean size of a reply message.
  double reply_bytes = 0;
};

// The connections to one server. Runs one load at a time.
class Load {
 public:
  // Opens one connection for each of `channels` channels, when first used.
  Load(Endpoint endpoint, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
       int channels);

  // Keeps `outstanding` calls in hand until `duration` has passed, then waits
  // for the last answer. The first call that fails, or lacks its receipt, is
  // the error of the run.
  absl::StatusOr<Measurement> Run(const Calls& calls, int outstanding, absl::Duration duration);

 private:
  const Endpoint endpoint_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
};

}  // namespace concordat::bench

#endif  // CONCORDAT_TESTS_BENCH_LOAD_H_
