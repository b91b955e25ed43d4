// How many records a second one core verifies: an export as `concordat audit verify`
// reads it, of records as the server writes them.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "benchmark/benchmark.h"
#include "client/audit/verify_export.h"
#include "concordat/v1/audit.pb.h"
#include "tests/support/temporary_folder.h"
#include "tlog/test_log.h"

namespace concordat {
namespace {

constexpr uint64_t kRecords = 100'000;

[[noreturn]] void Die(const std::string& what) {
  std::cerr << "verify_bench: " << what << "\n";
  std::exit(2);
}

// The record of a list served to a partner: every field that such a call fills.
std::string RecordAt(uint64_t index) {
  v1::AuditRecord record;
  record.set_schema_version(1);
  record.set_origin("audit.example.gov.uk/concordat");
  record.set_salt(Sha256Of(absl::StrCat(index)).substr(0, 16));
  record.set_event(v1::AuditRecord::CALL);
  record.set_decision(v1::AuditRecord::ALLOWED);
  record.mutable_time()->set_seconds(1'543'622'400 + static_cast<int64_t>(index));
  record.mutable_time()->set_nanos(123'456'000);
  record.set_monotonic_sequence(index);
  record.set_latency_micros(850);
  record.set_method("/concordat.v1.PlanService/ListActions");
  record.set_resource("plans/development-2018");
  record.set_agency("agencies/lancashire-constabulary");
  record.set_client("agencies/lancashire-constabulary/clients/performance-hub");
  record.set_purpose("neglect-and-domestic-abuse");
  record.set_agreement("agreements/neglect-and-domestic-abuse");
  record.set_agreement_version(3);
  record.set_agreement_digest(Sha256Of("agreement"));
  record.set_policy_digest(Sha256Of("policy"));
  record.set_rule("AGREEMENT PLANS READ");
  record.set_released("concordat.v1.ListActionsResponse");
  record.set_rows(100);
  record.set_bytes(48'211);
  record.set_response_digest(Sha256Of("response"));
  record.add_contributors("agencies/lancashire-constabulary");
  record.add_contributors("agencies/lancashire-county-council");
  record.set_trace_id("4bf92f3577b34da6a3ce929d0e0e4736");
  record.set_peer("192.0.2.14:49152");
  record.set_tls_version("tls");
  record.set_certificate_sha256(Sha256Of("certificate"));
  record.set_certificate_serial(Sha256Of("serial").substr(0, 20));
  record.set_build("0123456789abcdef0123456789abcdef01234567");
  record.set_index(index);
  return record.SerializeAsString();
}

// The export, written once.
struct Exported {
  Exported() {
    tlog::TestLog log;
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < kRecords; ++i) {
      const std::string record = RecordAt(i);
      bytes += record.size();
      log.Append(record);
    }
    log.Export(folder.path());
    key = log.key().ToString();
    record_bytes = bytes / kRecords;
  }

  TemporaryFolder folder;
  std::string key;
  uint64_t record_bytes = 0;
};

void VerifyExport(benchmark::State& state) {
  static const Exported exported;
  for (auto _ : state) {
    const auto log =
        audit_export::VerifyExport({.folder = exported.folder.path(), .trust = {{exported.key}}});
    if (!log.ok()) Die(log.status().ToString());
  }
  state.counters["bytes_a_record"] = static_cast<double>(exported.record_bytes);
  state.counters["records_a_second"] =
      benchmark::Counter(static_cast<double>(kRecords) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}
BENCHMARK(VerifyExport)->Unit(benchmark::kMillisecond);

// Prints as usual, and remembers the slowest.
class BoundReporter final : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      slowest_ = std::min(slowest_, run.counters.at("records_a_second").value);
    }
  }
  double slowest() const { return slowest_; }

 private:
  double slowest_ = 1e18;
};

// Takes `--bound-records-per-second N` out of the arguments; 0 when it is not there.
double TakeBound(std::vector<char*>& arguments) {
  double bound = 0;
  for (size_t i = 1; i + 1 < arguments.size(); ++i) {
    if (std::string(arguments[i]) != "--bound-records-per-second") continue;
    if (!absl::SimpleAtod(arguments[i + 1], &bound) || bound <= 0) {
      Die("--bound-records-per-second takes a number above 0");
    }
    const auto at = arguments.begin() + static_cast<std::ptrdiff_t>(i);
    arguments.erase(at, at + 2);
    return bound;
  }
  return bound;
}

int Main(std::vector<char*> arguments) {
  const double bound = TakeBound(arguments);
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  BoundReporter reporter;
  if (benchmark::RunSpecifiedBenchmarks(&reporter) == 0) return 2;
  if (reporter.slowest() >= bound) return 0;
  std::cerr << "verify_bench: " << reporter.slowest() << " records a second of CPU; the bound is "
            << bound << "\n";
  return 1;
}

}  // namespace
}  // namespace concordat

int main(int argc, char** argv) { return concordat::Main({argv, argv + argc}); }
