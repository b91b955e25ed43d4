// A concordatd in a process of its own, for benchmarks that start their server
// themselves.
#ifndef CONCORDAT_TESTS_BENCH_SERVER_UNDER_TEST_H_
#define CONCORDAT_TESTS_BENCH_SERVER_UNDER_TEST_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "concordat/client.h"
#include "server/config.pb.h"
#include "tests/bench/load.h"
#include "tests/support/server_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_partnership.h"

namespace concordat::bench {

// Serves the bundled data set over mutual TLS on loopback. What fails ends the process.
class ServerUnderTest {
 public:
  struct Options {
    // Calls that are made before the measured server starts, to another one over the
    // same data. May be null.
    std::function<void(e2e::TestPartnership&)> prepare;
    // What is then written to the database, while no server has it open. May be null.
    std::function<void(const std::string& database_path)> fill;
    // Changes the measured server's configuration. May be null.
    std::function<void(server::v1::ServerConfig&)> configure;
  };
  explicit ServerUnderTest(const Options& options);

  const std::string& address() const { return address_; }
  pid_t pid() const { return process_->pid(); }
  const TemporaryFolder& folder() const { return folder_; }

  // A client of the SDK, with the partner's certificate and purpose.
  Client ClientOf(const e2e::Partner& partner) const;

  // Resident memory, in MiB, and the most there was since ForgetPeak.
  double ResidentMib() const;
  double PeakMib() const;
  void ForgetPeak() const;

 private:
  const TemporaryFolder folder_;
  std::unique_ptr<e2e::ServerProcess> process_;
  std::string address_;
};

// Small reads that no quota counts, as the board's client, beside what is measured.
class OtherCallers {
 public:
  // Each measurement takes `duration`, with so many reads in hand.
  OtherCallers(const ServerUnderTest& server, int outstanding, absl::Duration duration);

  // The 99th percentile of their latency now, in microseconds.
  double MeasureP99();
  // So many of them.
  std::vector<double> MeasureP99(int times);

 private:
  const int outstanding_;
  const absl::Duration duration_;
  Load load_;
};

}  // namespace concordat::bench

#endif  // CONCORDAT_TESTS_BENCH_SERVER_UNDER_TEST_H_
