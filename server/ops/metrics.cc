#include "server/ops/metrics.h"

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/ip_endpoint.h"
#include "base/status.h"
#include "prometheus/client_metric.h"
#include "prometheus/collectable.h"
#include "prometheus/exposer.h"
#include "prometheus/metric_family.h"
#include "prometheus/metric_type.h"

namespace concordat::ops {
namespace {

// Scrapes are few, and none takes long.
constexpr size_t kThreads = 1;

class Collector final : public prometheus::Collectable {
 public:
  explicit Collector(std::vector<Metric> metrics) : metrics_(std::move(metrics)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families;
    for (const Metric& metric : metrics_) {
      prometheus::MetricFamily& family = families.emplace_back();
      family.name = metric.name;
      family.help = metric.help;
      prometheus::ClientMetric& value = family.metric.emplace_back();
      if (metric.kind == Metric::Kind::kCounter) {
        family.type = prometheus::MetricType::Counter;
        value.counter.value = metric.read();
      } else {
        family.type = prometheus::MetricType::Gauge;
        value.gauge.value = metric.read();
      }
    }
    return families;
  }

 private:
  const std::vector<Metric> metrics_;
};

}  // namespace

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

void Metrics::StopReading() { exposer_.reset(); }

absl::StatusOr<std::unique_ptr<Metrics>> Metrics::Start(const std::string& address,
                                                        std::vector<Metric> metrics) {
  std::unique_ptr<Metrics> started(new Metrics());
  if (address.empty()) return started;
  ASSIGN_OR_RETURN(IpEndpoint endpoint, ParseIpEndpoint(address));
  started->collectable_ = std::make_shared<Collector>(std::move(metrics));
  try {
    started->exposer_ = std::make_unique<prometheus::Exposer>(address, kThreads);
  } catch (const std::exception&) {
    // The library says so by an exception, and not why.
    return absl::UnavailableError(absl::StrCat("cannot listen on metrics_address ", address));
  }
  started->exposer_->RegisterCollectable(started->collectable_);
  endpoint.port = started->exposer_->GetListeningPorts().at(0);
  started->address_ = ToString(endpoint);
  return started;
}

}  // namespace concordat::ops
