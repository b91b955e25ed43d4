// Counters and gauges for Prometheus, on a listener of its own.
#ifndef CONCORDAT_SERVER_OPS_METRICS_H_
#define CONCORDAT_SERVER_OPS_METRICS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace prometheus {
class Collectable;
class Exposer;
}  // namespace prometheus

namespace concordat::ops {

// One number that is read when it is asked for.
struct Metric {
  enum class Kind { kCounter, kGauge };

  // As the Prometheus conventions have it, such as `concordat_calls_refused_total`.
  std::string name;
  // One sentence.
  std::string help;
  Kind kind = Kind::kCounter;
  // Thread-safe.
  std::function<double()> read;
};

// Answers `GET /metrics` without TLS: like health, for the machine itself or the
// orchestrator alone. It holds no name of an agency or a client. Thread-safe.
class Metrics final {
 public:
  // Listens at `address`, or nowhere when it is empty. UNAVAILABLE when it cannot.
  static absl::StatusOr<std::unique_ptr<Metrics>> Start(const std::string& address,
                                                        std::vector<Metric> metrics);
  ~Metrics();

  // No metric is read any more when it returns; the listener goes.
  void StopReading();

  // With the port that was bound; empty for none.
  const std::string& address() const { return address_; }

 private:
  Metrics();

  std::string address_;
  std::shared_ptr<prometheus::Collectable> collectable_;
  std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace concordat::ops

#endif  // CONCORDAT_SERVER_OPS_METRICS_H_
