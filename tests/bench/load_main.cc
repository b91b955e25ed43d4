// The load generator: drives concordatd, and beside it another server, in turn, and
// says how they compare.
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "concordat/v1/plan_service.pb.h"
#include "grpcpp/security/credentials.h"
#include "tests/bench/load.h"
#include "tests/bench/pem_file.h"
#include "tests/bench/report.h"

namespace concordat::bench {
namespace {

constexpr char kGetAction[] = "/concordat.v1.PlanService/GetAction";
constexpr char kEcho[] = "/concordat.bench.Echo/Echo";

struct Options {
  std::string certificates;
  std::string client;
  std::string purpose;
  std::string names_file;
  std::string real;
  int real_pid = 0;
  std::string echo;
  std::string unaudited;
  // Of whichever of the two is given.
  int other_pid = 0;
  int channels = 4;
  std::vector<int> outstanding = {64};
  int rounds = 1;
  double seconds = 3;
  double warm_up_seconds = 0;
  double bound = 0;
};

absl::StatusOr<Calls> ReadCalls(const Options& options) {
  std::ifstream file(options.names_file);
  Calls calls;
  v1::GetActionRequest request;
  while (std::getline(file, *request.mutable_name())) {
    calls.requests.push_back(request.SerializeAsString());
  }
  if (calls.requests.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("no action in ", options.names_file));
  }
  calls.metadata.emplace_back("concordat-purpose", options.purpose);
  return calls;
}

absl::StatusOr<Rounds> RunRounds(const Options& options, const Calls& calls, int outstanding,
                                 Load& real, Load* other) {
  Rounds rounds{outstanding, {}, {}, options.unaudited.empty() ? "echo" : "unaudited"};
  const absl::Duration duration = absl::Seconds(options.seconds);
  for (int i = 0; i < options.rounds; ++i) {
    if (other != nullptr) {
      ASSIGN_OR_RETURN(const Measurement measured, other->Run(calls, outstanding, duration));
      rounds.other.push_back(measured);
    }
    ASSIGN_OR_RETURN(const Measurement measured, real.Run(calls, outstanding, duration));
    rounds.real.push_back(measured);
  }
  return rounds;
}

// The bound is on the ratio of calls a second at the most outstanding calls.
absl::Status CheckBound(const Options& options, const Rounds& rounds) {
  const double ratio = rounds.CallsRatio().median;
  if (options.bound <= 0 || ratio >= options.bound) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("at ", rounds.outstanding, " outstanding calls the ratio of calls a second is ",
                   ratio, ", below ", options.bound));
}

absl::Status Main(const Options& options) {
  ASSIGN_OR_RETURN(const Credentials files, ReadCredentials(options.certificates, options.client));
  ASSIGN_OR_RETURN(const Calls calls, ReadCalls(options));
  const auto credentials = grpc::SslCredentials({files.authority, files.key, files.certificate});
  Load real({options.real, options.real_pid, kGetAction, true}, credentials, options.channels);
  std::unique_ptr<Load> other;
  if (!options.echo.empty()) {
    other = std::make_unique<Load>(Endpoint{options.echo, options.other_pid, kEcho, false},
                                   credentials, options.channels);
  } else if (!options.unaudited.empty()) {
    other = std::make_unique<Load>(Endpoint{options.unaudited, options.other_pid, kGetAction, true},
                                   credentials, options.channels);
  }
  if (options.warm_up_seconds > 0) {
    Options warm_up = options;
    warm_up.rounds = 1;
    warm_up.seconds = options.warm_up_seconds;
    RETURN_IF_ERROR(
        RunRounds(warm_up, calls, options.outstanding.back(), real, other.get()).status());
  }
  std::vector<Rounds> all;
  for (const int outstanding : options.outstanding) {
    ASSIGN_OR_RETURN(Rounds rounds, RunRounds(options, calls, outstanding, real, other.get()));
    std::printf("%s\n", JsonLine(rounds).c_str());
    std::fflush(stdout);
    all.push_back(std::move(rounds));
  }
  std::printf("%s", Table(all).c_str());
  return CheckBound(options, all.back());
}

}  // namespace
}  // namespace concordat::bench

int main(int argc, char** argv) {
  concordat::bench::Options options;
  CLI::App app(
      "Calls GetAction of a running concordatd in a closed loop, and in turn another server. "
      "Prints one line of JSON for each number of outstanding calls, then a table.");
  app.add_option("--certificates", options.certificates, "Folder with ca.crt and the client's")
      ->required();
  app.add_option("--client", options.client, "Name of the client's certificate and key")
      ->required();
  app.add_option("--purpose", options.purpose, "Purpose of the calls")->required();
  app.add_option("--names", options.names_file, "File of action names, one a line")->required();
  app.add_option("--real", options.real, "Address of concordatd")->required();
  app.add_option("--real-pid", options.real_pid, "Its process")->required();
  auto* echo = app.add_option("--echo", options.echo, "Address of the bare echo server");
  auto* unaudited =
      app.add_option("--unaudited", options.unaudited, "Or: of bench_unaudited_server")
          ->excludes(echo);
  auto* other_pid = app.add_option("--other-pid", options.other_pid, "The process of either");
  echo->needs(other_pid);
  unaudited->needs(other_pid);
  app.add_option("--channels", options.channels, "Connections to each server")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--outstanding", options.outstanding, "Calls in hand at once, rising")
      ->check(CLI::PositiveNumber)
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--rounds", options.rounds, "Rounds of each")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "Length of a round")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--warm-up", options.warm_up_seconds, "Seconds of calls before the first round");
  app.add_option("--bound", options.bound, "Ends with 1 when the ratio of calls a second is below")
      ->needs(other_pid);
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = concordat::bench::Main(options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench_load: %s\n", std::string(status.message()).c_str());
  return 1;
}
