// What the door spends on a call before it serves it: to identify and to authorise
// its caller, with certificate and token already known. Over the bundled directory
// and agreements, in this process, without gRPC and without a store.
//
//   access_bench [--bound-micros N] [Google Benchmark's flags]
//
// Ends with 1 when any benchmark takes more CPU time a call than the bound.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "auth/access_token.h"
#include "auth/certificate.h"
#include "auth/policy.h"
#include "auth/revocation.h"
#include "base/file.h"
#include "base/yaml_message.h"
#include "benchmark/benchmark.h"
#include "concordat/v1/agreement_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "nlohmann/json.hpp"
#include "server/quota/quotas.h"
#include "tests/support/certificates.h"
#include "tests/support/must.h"
#include "tests/support/signing_key.h"

namespace concordat {
namespace {

constexpr char kIssuer[] = "https://login.example.org";
constexpr char kAudience[] = "https://concordat.example.org";

template <typename Request>
Request ReadData(const std::filesystem::path& file) {
  Request request;
  const std::string text = Must(ReadFile(file.string()));
  if (!ReadYaml(text, request, {"kind"}).empty()) Die(file.string());
  return request;
}

auth::Policy::Source BundledPolicy() {
  const std::filesystem::path folder = CONCORDAT_SOURCE_DIR "/data/lancashire";
  const auto directory = ReadData<v1::ApplyDirectoryRequest>(folder / "directory.yaml");
  auth::Policy::Source source;
  source.agencies.assign(directory.agencies().begin(), directory.agencies().end());
  source.clients.assign(directory.clients().begin(), directory.clients().end());
  for (v1::Client& client : source.clients) {
    if (client.default_purpose().empty()) continue;
    v1::Client::TokenIdentity& identity = *client.add_token_identities();
    identity.set_issuer(kIssuer);
    identity.set_client_id("performance-hub");
  }
  for (const auto& file : std::filesystem::directory_iterator(folder / "agreements")) {
    source.agreements.push_back(ReadData<v1::ApplyAgreementRequest>(file.path()).agreement());
  }
  return source;
}

// The police's client with everything that the door knows of it.
class Caller {
 public:
  Caller()
      : pem_(e2e::Certificates::Get()
                 .OfClient("urn:concordat:lancashire-constabulary:performance-hub")
                 .certificate),
        policy_(std::make_shared<const auth::Policy>(BundledPolicy())),
        verifier_({{kIssuer, kAudience, auth::TokenProfile::kStrict, Keys()}}) {
    rule_.set_basis(v1::AccessRule::AGREEMENT);
    rule_.set_data_set(v1::PLANS);
    rule_.set_permission(v1::AccessRule::READ);
    facts_.purpose = "neglect-and-domestic-abuse";
    facts_.resource = "plans/development-2018/actions/1.1.1";
    const int64_t now = absl::ToUnixSeconds(absl::Now());
    token_ = key_.Token(
        {{"iss", kIssuer},
         {"aud", kAudience},
         {"sub", "performance-hub"},
         {"client_id", "performance-hub"},
         {"jti", "one"},
         {"iat", now},
         {"nbf", now},
         {"exp", now + 900},
         {"cnf",
          {{"x5t#S256", absl::WebSafeBase64Escape(Must(certificates_.Parse(pem_))->sha256)}}}});
  }

  // As CallReactor does it for each call.
  auth::Grant Admit(bool with_token) {
    const absl::Time now = absl::Now();
    const auto certificate = Must(certificates_.Parse(pem_));
    auto principal = Must(policy_->Identify(certificate, now));
    Must(revocation_.Check(*certificate, now));
    if (with_token) {
      auto token = Must(verifier_.Verify(token_, certificate->sha256, now));
      principal = Must(policy_->IdentifyToken(*principal, std::move(token)));
    }
    auth::Grant grant = Must(policy_->Authorise(*principal, rule_, facts_, now));
    quota::Standings standings;
    Must(quotas_.TakeRequest(*principal, grant, minute_ += absl::Minutes(1), standings));
    return grant;
  }

 private:
  std::shared_ptr<const auth::JsonWebKeySet> Keys() {
    return std::make_shared<const auth::JsonWebKeySet>(
        Must(auth::JsonWebKeySet::Parse(JwksOf({key_.PublicJwk()}), std::nullopt)));
  }

  const SigningKey key_{"ES256", "key"};
  const std::string pem_;
  std::string token_;
  auth::CertificateCache certificates_;
  const std::shared_ptr<const auth::Policy> policy_;
  const auth::AccessTokenVerifier verifier_;
  const auth::Revocation revocation_;
  quota::Quotas quotas_;
  // Each request in a minute of its own, so that the quota never ends it.
  absl::Time minute_ = absl::UnixEpoch();
  v1::AccessRule rule_;
  auth::RequestFacts facts_;
};

void IdentifyAndAuthorise(benchmark::State& state) {
  static auto* const caller = new Caller();
  const bool with_token = state.range(0) != 0;
  for (auto _ : state) benchmark::DoNotOptimize(caller->Admit(with_token));
}
BENCHMARK(IdentifyAndAuthorise)
    ->ArgName("with_token")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMicrosecond);

// Prints as usual, and remembers the dearest.
class BoundReporter final : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) dearest_ = std::max(dearest_, run.GetAdjustedCPUTime());
  }
  double dearest_micros() const { return dearest_; }

 private:
  double dearest_ = 0;
};

// Takes `--bound-micros N` out of the arguments; 0 when it is not there.
double TakeBound(std::vector<char*>& arguments) {
  double bound = 0;
  for (size_t i = 1; i + 1 < arguments.size(); ++i) {
    if (std::string(arguments[i]) != "--bound-micros") continue;
    if (!absl::SimpleAtod(arguments[i + 1], &bound) || bound <= 0) Die("--bound-micros");
    arguments.erase(arguments.begin() + i, arguments.begin() + i + 2);
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
  if (bound == 0 || reporter.dearest_micros() <= bound) return 0;
  std::cerr << "access_bench: " << reporter.dearest_micros() << " µs of CPU a call; the bound is "
            << bound << "\n";
  return 1;
}

}  // namespace
}  // namespace concordat

int main(int argc, char** argv) { return concordat::Main({argv, argv + argc}); }
