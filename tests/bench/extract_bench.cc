// What a large extract costs: rows a second beside `psql \copy … to stdout csv` of the
// same rows, in turn, and the server's memory. Starts concordatd; the PostgreSQL server
// is started by run.sh.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "concordat/client.h"
#include "tests/bench/large_release.h"
#include "tests/bench/process_cpu.h"
#include "tests/bench/report.h"
#include "tests/bench/server_under_test.h"
#include "tests/support/must.h"
#include "tests/support/temporary_folder.h"

namespace concordat::bench {
namespace {

struct Options {
  int64_t rows = 20000;
  int rounds = 5;
  std::string postgres;
  double bound_mib = 0;
  double bound_ratio = 0;
};

// Extracts the large release to `path`, connecting included, and gives the seconds.
double Extract(const ServerUnderTest& server, const std::string& path, int64_t rows) {
  const absl::Time start = absl::Now();
  Client client = server.ClientOf(e2e::kBoard);
  std::ofstream file(path, std::ios::binary);
  v1::ExtractObservationsRequest request;
  request.set_parent(kLargeRelease);
  request.set_format(v1::ExtractObservationsRequest::CSV);
  const ExtractSummary summary =
      Must(client.Extract(request,
                          [&](absl::string_view bytes) {
                            file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
                            return absl::OkStatus();
                          },
                          {.deadline = absl::Minutes(10)}));
  file.close();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  if (summary.manifest.rows() != rows || !file) Die("the extract is not whole");
  return seconds;
}

// The same rows in PostgreSQL: a table without an index, all of its columns text, which
// is what COPY writes fastest.
class Postgres {
 public:
  // `connection` as psql takes it, of a database that may be written to.
  Postgres(std::string connection, const TemporaryFolder& folder)
      : connection_(std::move(connection)), folder_(folder) {}

  // Loads a file with a line of titles.
  void Load(const std::string& csv_path) {
    std::string titles;
    std::getline(std::ifstream(csv_path), titles);
    if (!titles.empty() && titles.back() == '\r') titles.pop_back();
    Run(absl::StrCat("create table figure (", absl::StrReplaceAll(titles, {{",", " text,"}}),
                     " text)"),
        "/dev/null");
    Run(absl::StrCat("\\copy figure from '", csv_path, "' csv header"), "/dev/null");
    Run("vacuum analyze figure", "/dev/null");
  }

  // Copies all rows to `path`, and gives the seconds without psql's own start.
  double Copy(const std::string& path) const {
    const double start = Run("select 1", "/dev/null");
    return Run("\\copy figure to stdout csv", path) - start;
  }

 private:
  // Runs one command in a psql of its own, and gives the seconds.
  double Run(const std::string& command, const std::string& output) const {
    const std::string script = folder_.Path("command.sql");
    std::ofstream(script) << command << "\n";
    const std::string line = absl::StrCat("psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file='",
                                          script, "' '", connection_, "' >'", output, "'");
    const absl::Time start = absl::Now();
    if (std::system(line.c_str()) != 0) Die(absl::StrCat("psql failed: ", command));
    return absl::ToDoubleSeconds(absl::Now() - start);
  }

  const std::string connection_;
  const TemporaryFolder& folder_;
};

// The lines of a file, in order of their bytes, without the first `titles` and with line
// feeds alone as ends.
std::vector<std::string> SortedRows(const std::string& file, int titles) {
  std::vector<std::string> rows = absl::StrSplit(absl::StrReplaceAll(file, {{"\r\n", "\n"}}), '\n');
  rows.erase(rows.begin(), rows.begin() + titles);
  std::sort(rows.begin(), rows.end());
  return rows;
}

// Rounds of both in turn. Returns the ratio of rows a second.
Spread Compare(const Options& options, const ServerUnderTest& server) {
  const std::string ours = server.folder().Path("ours.csv");
  const std::string theirs = server.folder().Path("theirs.csv");
  Extract(server, ours, options.rows);
  Postgres postgres(options.postgres, server.folder());
  postgres.Load(ours);
  postgres.Copy(theirs);
  // PostgreSQL promises no order.
  if (SortedRows(ReadWhole(ours), /*titles=*/1) != SortedRows(ReadWhole(theirs), /*titles=*/0)) {
    Die("PostgreSQL gave other rows");
  }

  std::vector<double> ours_seconds;
  std::vector<double> theirs_seconds;
  std::vector<double> ratios;
  for (int i = 0; i < options.rounds; ++i) {
    theirs_seconds.push_back(postgres.Copy("/dev/null"));
    ours_seconds.push_back(Extract(server, "/dev/null", options.rows));
    ratios.push_back(theirs_seconds.back() / ours_seconds.back());
  }
  const auto rows = static_cast<double>(options.rows);
  const Spread ratio = SpreadOf(ratios);
  std::printf(
      "{\"rows\": %lld, \"bytes\": %ju, \"rows_per_second\": %.0f, \"psql_rows_per_second\": "
      "%.0f, \"ratio\": %.2f, \"ratio_min\": %.2f, \"ratio_max\": %.2f}\n",
      static_cast<long long>(options.rows), std::filesystem::file_size(ours),
      rows / SpreadOf(ours_seconds).median, rows / SpreadOf(theirs_seconds).median, ratio.median,
      ratio.min, ratio.max);
  return ratio;
}

int Run(const Options& options) {
  const ServerUnderTest server(
      {LiftQuotas, [&](const std::string& database) { StoreLargeRelease(database, options.rows); },
       nullptr});
  // What any first call costs is no memory of the extract's.
  Must(server.ClientOf(e2e::kBoard).WhoAmI().status());
  const double before = server.ResidentMib();
  server.ForgetPeak();
  const absl::Duration cpu_before = Must(ProcessCpu(server.pid()));
  const double seconds = Extract(server, "/dev/null", options.rows);
  const double cpu_micros =
      absl::ToDoubleMicroseconds(Must(ProcessCpu(server.pid())) - cpu_before) /
      static_cast<double>(options.rows);
  const double added = server.PeakMib() - before;
  std::printf(
      "{\"rows\": %lld, \"seconds\": %.2f, \"rows_per_second\": %.0f, \"server_cpu_micros\": "
      "%.2f, \"added_mib\": %.1f}\n",
      static_cast<long long>(options.rows), seconds, static_cast<double>(options.rows) / seconds,
      cpu_micros, added);
  const bool memory_kept = options.bound_mib == 0 || added <= options.bound_mib;
  bool speed_kept = true;
  if (!options.postgres.empty()) {
    speed_kept = Compare(options, server).median >= options.bound_ratio;
  }
  return memory_kept && speed_kept ? 0 : 1;
}

}  // namespace
}  // namespace concordat::bench

int main(int argc, char** argv) {
  concordat::bench::Options options;
  CLI::App app("Measures a large extract");
  app.add_option("--rows", options.rows, "Figures of the release");
  app.add_option("--rounds", options.rounds, "Rounds of both, in turn");
  app.add_option("--postgres", options.postgres,
                 "A PostgreSQL database to compare with, as psql takes it; none without");
  app.add_option("--bound-mib", options.bound_mib, "Most memory that the server may add");
  app.add_option("--bound-ratio", options.bound_ratio,
                 "Least rows a second, as a multiple of PostgreSQL's");
  CLI11_PARSE(app, argc, argv);
  return concordat::bench::Run(options);
}
