// What a large submission costs: rows a second, the server's memory, and the latency of
// others' calls meanwhile. Starts concordatd over the bundled data set, drives it with
// reads, and submits figures beside them.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/client.h"
#include "tests/bench/load.h"
#include "tests/support/certificates.h"
#include "tests/support/must.h"
#include "tests/support/server_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_partnership.h"

namespace concordat::bench {
namespace {

using e2e::kAdmin;
using e2e::kBoard;
using e2e::kPolice;

constexpr int kMeasures = 100;
constexpr int kItems = 20;
constexpr int kFirstYear = 2010;
constexpr const char* kAreas[] = {"areas/e07000117", "areas/e07000118", "areas/e07000119",
                                  "areas/e07000120", "areas/e07000121", "areas/e07000122",
                                  "areas/e07000123", "areas/e07000124", "areas/e07000125",
                                  "areas/e07000126", "areas/e07000127", "areas/e07000128"};

struct Options {
  int64_t rows = 20000;
  double seconds = 2;
  int outstanding = 4;
  double bound_mib = 0;
  double bound_ratio = 0;
};

std::string MeasureName(int64_t number) { return absl::StrCat("measures/bench-", number); }

v1::ApplyMeasuresRequest Measures() {
  v1::ApplyMeasuresRequest request;
  for (int i = 0; i < kMeasures; ++i) {
    v1::Measure& measure = *request.add_measures();
    measure.set_name(MeasureName(i));
    measure.set_display_name("A measure to be sent");
    measure.set_group("bench");
    measure.set_unit(v1::Measure::COUNT);
    measure.set_polarity(v1::Measure::NEUTRAL);
    measure.set_frequency(v1::Measure::EACH_MONTH);
    measure.set_provider(kPolice.agency_name());
    measure.set_disclosure_minimum(6);
    measure.mutable_additivity()->set_over_category(true);
    measure.set_jump_factor(1000);
    *measure.mutable_collected_from() = ToDate(absl::CivilDay(kFirstYear, 1, 1));
    v1::Measure::Duty& duty = *measure.add_duties();
    duty.set_agency(kPolice.agency_name());
    for (const char* area : kAreas) duty.add_areas(area);
    v1::Measure::Dimension& dimension = *measure.add_dimensions();
    dimension.set_name("category");
    for (int item = 0; item < kItems; ++item) dimension.add_items(absl::StrCat("Item ", item));
  }
  return request;
}

// So many rows, month after month: of each measure and area the items, then the total.
class MadeRows final : public RowSource {
 public:
  explicit MadeRows(int64_t count) : count_(count) {}

  absl::StatusOr<std::optional<v1::SubmittedObservation>> Next() override {
    if (next_ == count_) return std::nullopt;
    int64_t rest = next_++;
    v1::SubmittedObservation row;
    row.set_row(next_);
    const int64_t item = rest % (kItems + 1);
    rest /= kItems + 1;
    row.set_area(kAreas[rest % std::size(kAreas)]);
    rest /= static_cast<int64_t>(std::size(kAreas));
    row.set_measure(MeasureName(rest % kMeasures));
    const absl::CivilMonth month = absl::CivilMonth(kFirstYear, 1) + rest / kMeasures;
    row.mutable_period()->set_kind(v1::Period::MONTH);
    *row.mutable_period()->mutable_start() = ToDate(absl::CivilDay(month));
    *row.mutable_period()->mutable_end() = ToDate(absl::CivilDay(month + 1) - 1);
    row.set_value(item == kItems ? 10.0 * kItems : 10.0);
    if (item < kItems) {
      auto* breakdown = row.add_breakdowns();
      breakdown->set_dimension("category");
      breakdown->set_item(absl::StrCat("Item ", item));
    }
    return row;
  }
  absl::Status Rewind() override {
    next_ = 0;
    return absl::OkStatus();
  }

 private:
  const int64_t count_;
  int64_t next_ = 0;
};

// Resident memory of a process, in MiB.
double ResidentMib(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/status"));
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("VmRSS:", 0) != 0) continue;
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    double kib = 0;
    if (words.size() > 1 && absl::SimpleAtod(words[1], &kib)) return kib / 1024;
  }
  Die("the server's memory cannot be read");
}

std::string WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

Client ClientOf(const e2e::Partner& partner, const std::string& address,
                const TemporaryFolder& folder) {
  const e2e::KeyPair pair = e2e::Certificates::Get().OfClient(partner.uri());
  ClientOptions options;
  options.target = address;
  options.ca_certificate_file =
      WriteFile(folder.Path("ca.pem"), e2e::Certificates::Get().Authority());
  options.certificate_file = WriteFile(folder.Path("client.pem"), pair.certificate);
  options.private_key_file = WriteFile(folder.Path("client.key"), pair.key);
  options.server_name = "localhost";
  return Must(Client::Connect(options));
}

// Calls that no agreement's quota counts.
Calls Reads() { return {{v1::WhoAmIRequest().SerializeAsString()}, {}}; }

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

int Run(const Options& options) {
  TemporaryFolder folder;
  server::v1::ServerConfig config;
  {
    e2e::TestPartnership partnership;
    partnership.Get<v1::ApplyMeasuresResponse>(kAdmin, Measures());
    partnership.Stop();
    config = partnership.config();
    for (const std::string suffix : {"", "-wal", "-shm"}) {
      const std::string from = config.database_path() + suffix;
      if (std::filesystem::exists(from)) {
        std::filesystem::copy_file(from, folder.Path("concordat.db" + suffix));
      }
    }
    std::filesystem::copy_file(config.audit().checkpoint_file(), folder.Path("checkpoint"));
  }
  config.set_database_path(folder.Path("concordat.db"));
  config.mutable_audit()->set_checkpoint_file(folder.Path("checkpoint"));
  config.set_address_file(folder.Path("addresses"));
  WriteFile(folder.Path("server.yaml"), e2e::ConfigYaml(config));
  e2e::ServerProcess process(
      {{"serve", "--config", folder.Path("server.yaml")}, folder.Path("log"), 0});
  const std::string address = e2e::WaitForAddress(config.address_file(), process);
  if (address.empty()) Die("the server did not start");

  const e2e::KeyPair board = e2e::Certificates::Get().OfClient(kBoard.uri());
  grpc::SslCredentialsOptions credentials;
  credentials.pem_root_certs = e2e::Certificates::Get().Authority();
  credentials.pem_cert_chain = board.certificate;
  credentials.pem_private_key = board.key;
  Load load({address, process.pid(), "/concordat.v1.DirectoryService/WhoAmI", true},
            grpc::SslCredentials(credentials), 2);
  const Calls reads = Reads();
  const auto measure = [&] {
    return Must(load.Run(reads, options.outstanding, absl::Seconds(options.seconds)));
  };
  measure();
  std::vector<double> before;
  for (int i = 0; i < 3; ++i) before.push_back(measure().p99_micros);

  const double resident_before = ResidentMib(process.pid());
  std::atomic<bool> done{false};
  absl::Duration took;
  std::thread submission([&] {
    Client client = ClientOf(kPolice, address, folder);
    MadeRows rows(options.rows);
    v1::SubmissionHeader header;
    header.set_provider(kPolice.agency_name());
    const absl::Time start = absl::Now();
    const auto response =
        Must(client.SubmitObservations(header, rows, {.deadline = absl::Hours(1)}));
    took = absl::Now() - start;
    if (response.submission().added() != options.rows) Die("not all rows were added");
    done.store(true);
  });
  double most_resident = 0;
  std::thread watch([&] {
    while (!done.load()) {
      most_resident = std::max(most_resident, ResidentMib(process.pid()));
      absl::SleepFor(absl::Milliseconds(20));
    }
  });
  std::vector<double> during;
  while (!done.load()) during.push_back(measure().p99_micros);
  submission.join();
  watch.join();

  const double added = most_resident - resident_before;
  const double ratio = Median(during) / Median(before);
  std::printf(
      "{\"rows\": %lld, \"seconds\": %.1f, \"rows_per_second\": %.0f, \"added_mib\": %.1f, "
      "\"p99_micros_before\": %.0f, \"p99_micros_during\": %.0f, \"ratio\": %.2f}\n",
      static_cast<long long>(options.rows), absl::ToDoubleSeconds(took),
      static_cast<double>(options.rows) / absl::ToDoubleSeconds(took), added, Median(before),
      Median(during), ratio);
  const bool memory_kept = options.bound_mib == 0 || added <= options.bound_mib;
  const bool latency_kept = options.bound_ratio == 0 || ratio <= options.bound_ratio;
  return memory_kept && latency_kept ? 0 : 1;
}

}  // namespace
}  // namespace concordat::bench

int main(int argc, char** argv) {
  concordat::bench::Options options;
  CLI::App app("Measures a large submission");
  app.add_option("--rows", options.rows, "Rows to submit, at most 1,000,000");
  app.add_option("--seconds", options.seconds, "Of each measurement of the reads beside it");
  app.add_option("--outstanding", options.outstanding, "Reads in hand");
  app.add_option("--bound-mib", options.bound_mib, "Most memory that the server may add");
  app.add_option("--bound-ratio", options.bound_ratio, "Most that the reads' p99 may grow to");
  CLI11_PARSE(app, argc, argv);
  return concordat::bench::Run(options);
}
