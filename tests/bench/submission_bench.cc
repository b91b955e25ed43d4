// What a large submission costs: rows a second, the server's memory, and the latency of
// others' calls meanwhile. Starts concordatd over the bundled data set, drives it with
// reads, and submits figures beside them.
#include <atomic>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/client.h"
#include "tests/bench/report.h"
#include "tests/bench/server_under_test.h"
#include "tests/support/must.h"
#include "tests/support/test_partnership.h"

namespace concordat::bench {
namespace {

using e2e::kAdmin;
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

int Run(const Options& options) {
  const ServerUnderTest server({[](e2e::TestPartnership& partnership) {
                                  partnership.Get<v1::ApplyMeasuresResponse>(kAdmin, Measures());
                                },
                                nullptr, nullptr});
  OtherCallers others(server, options.outstanding, absl::Seconds(options.seconds));
  const double before = SpreadOf(others.MeasureP99(5)).median;

  const double resident_before = server.ResidentMib();
  server.ForgetPeak();
  std::atomic<bool> done{false};
  absl::Duration took;
  std::thread submission([&] {
    Client client = server.ClientOf(kPolice);
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
  std::vector<double> all_during;
  while (!done.load()) all_during.push_back(others.MeasureP99());
  submission.join();

  const double during = SpreadOf(all_during).median;
  const double added = server.PeakMib() - resident_before;
  const double ratio = during / before;
  std::printf(
      "{\"rows\": %lld, \"seconds\": %.1f, \"rows_per_second\": %.0f, \"added_mib\": %.1f, "
      "\"p99_micros_before\": %.0f, \"p99_micros_during\": %.0f, \"ratio\": %.2f}\n",
      static_cast<long long>(options.rows), absl::ToDoubleSeconds(took),
      static_cast<double>(options.rows) / absl::ToDoubleSeconds(took), added, before, during,
      ratio);
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
