// What very slow readers cost: so many at once each begin an extract and then take one
// byte a second from the network, while others' calls go on. Starts concordatd.
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "concordat/v1/release_service.pb.h"
#include "tests/bench/large_release.h"
#include "tests/bench/report.h"
#include "tests/bench/server_under_test.h"
#include "tests/bench/slow_reader.h"
#include "tests/support/must.h"
#include "tests/support/stored_audit.h"

namespace concordat::bench {
namespace {

using e2e::kBoard;

struct Options {
  int readers = 100;
  int64_t rows = 50000;
  double seconds = 2;
  int rounds = 3;
  int outstanding = 4;
  double bound_mib = 0;
  double bound_ratio = 0;
};

// Each of them has a connection, here and at the server.
void RaiseDescriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// The readers, each taking a byte a second on one thread, until this goes.
class SlowReaders {
 public:
  SlowReaders(const ServerUnderTest& server, int count) {
    const TlsContextPtr context = TlsContextOf(e2e::Certificates::Get().OfClient(kBoard.uri()));
    v1::ExtractObservationsRequest request;
    request.set_parent(kLargeRelease);
    request.set_format(v1::ExtractObservationsRequest::CSV);
    for (int i = 0; i < count; ++i) {
      readers_.push_back(std::make_unique<SlowReader>(*context, server.address(),
                                                      e2e::PathOf(*request.descriptor()),
                                                      kBoard.purpose, request.SerializeAsString()));
    }
    thread_ = std::thread([this] { Read(); });
  }
  ~SlowReaders() {
    stop_.store(true);
    thread_.join();
  }
  SlowReaders(const SlowReaders&) = delete;
  SlowReaders& operator=(const SlowReaders&) = delete;

 private:
  void Read() {
    while (!stop_.load()) {
      for (const auto& reader : readers_) reader->ReadByte();
      absl::SleepFor(absl::Seconds(1));
    }
  }

  std::vector<std::unique_ptr<SlowReader>> readers_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// Streams that the server has on record as open.
int64_t OpenStreams(const ServerUnderTest& server) {
  return e2e::QueryNumber(server.folder().Path("concordat.db"), "SELECT COUNT(*) FROM open_stream");
}

int Run(const Options& options) {
  RaiseDescriptors();
  const ServerUnderTest server(
      {LiftQuotas, [&](const std::string& database) { StoreLargeRelease(database, options.rows); },
       [&](server::v1::ServerConfig& config) {
         const int room = options.readers + 100;
         server::v1::ServerConfig::Limits& limits = *config.mutable_limits();
         limits.set_max_calls(room);
         limits.set_max_calls_per_certificate(room);
         limits.set_max_connections(room);
         limits.set_max_connections_per_address(room);
       }});
  OtherCallers others(server, options.outstanding, absl::Seconds(options.seconds));
  const double before = SpreadOf(others.MeasureP99(options.rounds)).median;
  const double resident_before = server.ResidentMib();
  server.ForgetPeak();

  double during = 0;
  {
    const SlowReaders readers(server, options.readers);
    const absl::Time patience = absl::Now() + absl::Seconds(30);
    while (OpenStreams(server) < options.readers && absl::Now() < patience) {
      absl::SleepFor(absl::Milliseconds(100));
    }
    // Until the network has taken what it takes of each.
    absl::SleepFor(absl::Seconds(2));
    during = SpreadOf(others.MeasureP99(options.rounds)).median;
    if (OpenStreams(server) != options.readers) Die("not all readers were there all the time");
  }
  const double added = server.PeakMib() - resident_before;
  const double ratio = during / before;
  std::printf(
      "{\"readers\": %d, \"added_mib\": %.1f, \"kib_a_reader\": %.0f, \"p99_micros_before\": "
      "%.0f, \"p99_micros_during\": %.0f, \"ratio\": %.2f}\n",
      options.readers, added, added * 1024 / options.readers, before, during, ratio);
  const bool memory_kept = options.bound_mib == 0 || added <= options.bound_mib;
  const bool latency_kept = options.bound_ratio == 0 || ratio <= options.bound_ratio;
  return memory_kept && latency_kept ? 0 : 1;
}

}  // namespace
}  // namespace concordat::bench

int main(int argc, char** argv) {
  concordat::bench::Options options;
  CLI::App app("Measures very slow readers of extracts");
  app.add_option("--readers", options.readers, "How many at once");
  app.add_option("--rows", options.rows, "Figures of the release that they read");
  app.add_option("--seconds", options.seconds, "Of each measurement of the calls beside them");
  app.add_option("--rounds", options.rounds, "Measurements before and during");
  app.add_option("--outstanding", options.outstanding, "Calls in hand beside them");
  app.add_option("--bound-mib", options.bound_mib, "Most memory that the server may add");
  app.add_option("--bound-ratio", options.bound_ratio, "Most that the others' p99 may grow to");
  CLI11_PARSE(app, argc, argv);
  return concordat::bench::Run(options);
}
