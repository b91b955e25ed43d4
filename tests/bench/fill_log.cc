// Fills the audit log of a database with records, by the log's own code, and signs
// them: what a server that has answered so many calls starts from.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "base/civil_time.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/status.h"
#include "server/audit/audit_log.h"
#include "server/audit/checkpointer.h"
#include "server/config.h"
#include "server/store/sqlite/sqlite_store.h"
#include "tlog/note_key.h"

namespace concordat::bench {
namespace {

// Records that are handed to the log together, and so about as many a commit.
constexpr uint64_t kAtOnce = 16384;

// What GetAction writes, with every field that it fills in.
v1::AuditRecord TypicalRecord() {
  v1::AuditRecord record;
  record.set_event(v1::AuditRecord::CALL);
  record.set_decision(v1::AuditRecord::ALLOWED);
  *record.mutable_time() = ToTimestamp(absl::Now());
  record.set_latency_micros(400);
  record.set_method("/concordat.v1.PlanService/GetAction");
  record.set_resource("plans/development-2018/actions/1.2.1");
  record.set_agency("agencies/lscb");
  record.set_client("agencies/lscb/clients/analyst");
  record.set_purpose("multi-agency-assurance");
  record.set_agreement("agreements/multi-agency-assurance");
  record.set_agreement_version(1);
  record.set_agreement_digest(Sha256Of("agreement"));
  record.set_policy_digest(Sha256Of("policy"));
  record.set_rule("AGREEMENT PLANS READ");
  record.set_released("concordat.v1.Action");
  record.set_rows(1);
  record.set_bytes(291);
  record.set_response_digest(Sha256Of("response"));
  record.set_peer("ipv4:192.0.2.7:43210");
  record.set_tls_version("tls");
  record.set_certificate_sha256(Sha256Of("certificate"));
  record.set_certificate_serial(std::string(20, 's'));
  return record;
}

// The same record, made durable again and again.
class Filling final : public audit::Entry {
 public:
  explicit Filling(const v1::AuditRecord& record) : record_(record) {}

  void Await(absl::BlockingCounter& done) { done_ = &done; }
  const absl::Status& status() const { return status_; }

  absl::Status Prepare(store::Batch& /*batch*/, v1::AuditRecord& record) override {
    record = record_;
    return absl::OkStatus();
  }
  void Done(absl::StatusOr<v1::Receipt> receipt) override {
    status_.Update(receipt.status());
    done_->DecrementCount();
  }

 private:
  const v1::AuditRecord& record_;
  absl::BlockingCounter* done_ = nullptr;
  absl::Status status_;
};

absl::Status Append(audit::AuditLog& log, std::vector<Filling>& fillings, uint64_t count) {
  absl::BlockingCounter done(static_cast<int>(count));
  for (uint64_t i = 0; i < count; ++i) {
    fillings[i].Await(done);
    log.Append(fillings[i]);
  }
  done.Wait();
  return fillings[0].status();
}

absl::Status Fill(const std::string& config_path, uint64_t records) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  ASSIGN_OR_RETURN(const server::v1::ServerConfig config, ReadConfig(config_path));
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                   store::OpenSqliteStore(config.database_path()));
  RETURN_IF_ERROR(store->ClaimLog(config.log_origin()));
  const SystemClock clock;
  audit::Checkpointer::Options signing;
  signing.origin = config.log_origin();
  ASSIGN_OR_RETURN(tlog::SignerKey key,
                   tlog::SignerKey::FromPemFile(config.log_origin(), tlog::SignatureType::kEd25519,
                                                config.audit().key_file()));
  signing.keys.push_back(std::move(key));
  signing.file = config.audit().checkpoint_file();
  signing.records = 500000;
  ASSIGN_OR_RETURN(const std::unique_ptr<audit::Checkpointer> checkpointer,
                   audit::Checkpointer::Open(*store, clock, std::move(signing)));
  audit::AuditLog::Options options;
  options.origin = config.log_origin();
  options.build = "bench";
  options.on_durable = [&](uint64_t size, std::string root) {
    checkpointer->Grown(size, std::move(root));
  };
  ASSIGN_OR_RETURN(const std::unique_ptr<audit::AuditLog> log,
                   audit::AuditLog::Start(*store, clock, std::move(options)));
  checkpointer->Run({});
  const v1::AuditRecord record = TypicalRecord();
  std::vector<Filling> fillings(kAtOnce, Filling(record));
  for (uint64_t size = checkpointer->size(); size < records; size = checkpointer->size()) {
    RETURN_IF_ERROR(Append(*log, fillings, std::min(kAtOnce, records - size)));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace concordat::bench

int main(int argc, char** argv) {
  std::string config_path;
  uint64_t records = 0;
  CLI::App app("Fills a database's audit log until it has so many records, all of them signed.");
  app.add_option("--config", config_path, "The server's configuration file (YAML)")->required();
  app.add_option("--records", records, "How many the log then has")->required();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = concordat::bench::Fill(config_path, records);
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench_fill_log: %s\n", std::string(status.message()).c_str());
  return 1;
}
