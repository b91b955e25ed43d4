#include "tests/bench/report.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace concordat::bench {
namespace {

using Json = nlohmann::ordered_json;

Spread FieldSpread(const std::vector<Measurement>& rounds, double Measurement::*field) {
  std::vector<double> values;
  for (const Measurement& round : rounds) values.push_back(round.*field);
  return SpreadOf(std::move(values));
}

Spread RatioOf(const Rounds& rounds, double Measurement::*field) {
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(rounds.real.size(), rounds.other.size()); ++i) {
    const double other = rounds.other[i].*field;
    if (other > 0) ratios.push_back(rounds.real[i].*field / other);
  }
  return SpreadOf(std::move(ratios));
}

// In steps of 1/scale: digits beyond are noise.
double Rounded(double value, double scale) { return std::round(value * scale) / scale; }

Json JsonOf(const Spread& spread, double scale) {
  return {{"median", Rounded(spread.median, scale)},
          {"min", Rounded(spread.min, scale)},
          {"max", Rounded(spread.max, scale)}};
}

Json JsonOf(const std::vector<Measurement>& rounds) {
  return {{"calls_per_second", JsonOf(FieldSpread(rounds, &Measurement::calls_per_second), 1)},
          {"p50_micros", JsonOf(FieldSpread(rounds, &Measurement::p50_micros), 1)},
          {"p99_micros", JsonOf(FieldSpread(rounds, &Measurement::p99_micros), 1)},
          {"server_cpu_micros", JsonOf(FieldSpread(rounds, &Measurement::server_cpu_micros), 10)},
          {"reply_bytes", Rounded(FieldSpread(rounds, &Measurement::reply_bytes).median, 1)}};
}

std::string Line(absl::string_view server, int outstanding,
                 const std::vector<Measurement>& rounds) {
  return absl::StrFormat("%-9s %11d %9.0f %9.0f %9.0f %15.1f\n", server, outstanding,
                         FieldSpread(rounds, &Measurement::calls_per_second).median,
                         FieldSpread(rounds, &Measurement::p50_micros).median,
                         FieldSpread(rounds, &Measurement::p99_micros).median,
                         FieldSpread(rounds, &Measurement::server_cpu_micros).median);
}

}  // namespace

Spread SpreadOf(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const size_t upper = values.size() / 2;
  const size_t lower = (values.size() - 1) / 2;
  return {(values[lower] + values[upper]) / 2, values.front(), values.back()};
}

Spread Rounds::CallsRatio() const { return RatioOf(*this, &Measurement::calls_per_second); }

Spread Rounds::CpuRatio() const { return RatioOf(*this, &Measurement::server_cpu_micros); }

std::string JsonLine(const Rounds& rounds) {
  Json line;
  line["outstanding"] = rounds.outstanding;
  line["rounds"] = rounds.real.size();
  line["real"] = JsonOf(rounds.real);
  if (!rounds.other.empty()) {
    line[rounds.other_name] = JsonOf(rounds.other);
    line["calls_ratio"] = JsonOf(rounds.CallsRatio(), 1000);
    line["cpu_ratio"] = JsonOf(rounds.CpuRatio(), 1000);
  }
  return line.dump();
}

std::string Table(const std::vector<Rounds>& all) {
  std::string table = absl::StrFormat("%-9s %11s %9s %9s %9s %15s\n", "server", "outstanding",
                                      "calls/s", "p50 us", "p99 us", "server CPU us");
  for (const Rounds& rounds : all) {
    if (!rounds.other.empty()) table += Line(rounds.other_name, rounds.outstanding, rounds.other);
    table += Line("real", rounds.outstanding, rounds.real);
    if (rounds.other.empty()) continue;
    const Spread calls = rounds.CallsRatio();
    const Spread cpu = rounds.CpuRatio();
    absl::StrAppendFormat(&table,
                          "ratio     %11d  calls/s %.2f (%.2f to %.2f)  server CPU %.2f (%.2f to "
                          "%.2f)\n",
                          rounds.outstanding, calls.median, calls.min, calls.max, cpu.median,
                          cpu.min, cpu.max);
  }
  return table;
}

}  // namespace concordat::bench
