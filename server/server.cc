#include "server/server.h"

#include <sys/resource.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "auth/policy.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "server/audit/audit_log.h"
#include "server/audit/checkpointer.h"
#include "server/audit/retention.h"
#include "server/audit/succession.h"
#include "server/audit/tree_reader.h"
#include "server/audit/witnessing.h"
#include "server/bindings.h"
#include "server/door/listener.h"
#include "server/door/method_table.h"
#include "server/ops/health.h"
#include "server/ops/log.h"
#include "server/ops/metrics.h"
#include "server/ops/refused_handshakes.h"
#include "server/quota/quotas.h"
#include "server/services/apply.h"
#include "server/services/release_reading.h"
#include "server/store/sqlite/sqlite_store.h"
#include "server/tls/tls_watch.h"
#include "server/tokens/token_keys.h"
#include "server/transport.h"

#ifndef CONCORDAT_BUILD
#define CONCORDAT_BUILD "unknown"
#endif

namespace concordat {
namespace {

using server::v1::ServerConfig;

// The transport takes requests that the door refuses, so that the refusal is
// recorded and carries a receipt; what is larger still is cut off by gRPC.
constexpr int kTransportSlack = 16;

// Many connections need many descriptors; the soft limit is often only 1,024.
void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

door::DoorLimits DoorLimitsOf(const ServerConfig& config) {
  door::DoorLimits limits;
  limits.max_request_bytes = static_cast<size_t>(config.limits().max_request_bytes());
  limits.max_calls = config.limits().max_calls();
  limits.max_calls_per_certificate = config.limits().max_calls_per_certificate();
  limits.refused_calls_burst = config.limits().refused_calls_burst();
  limits.refused_calls_per_second = config.limits().refused_calls_per_second();
  limits.request_deadline = absl::Milliseconds(config.limits().request_deadline_milliseconds());
  limits.default_deadline = absl::Milliseconds(config.limits().call_deadline_milliseconds());
  return limits;
}

TransportLimits TransportLimitsOf(const ServerConfig::Limits& limits) {
  return {limits.max_request_bytes() * kTransportSlack,
          absl::Milliseconds(limits.handshake_deadline_milliseconds()),
          static_cast<size_t>(limits.max_memory_mebibytes()) << 20};
}

door::ListenerLimits ListenerLimitsOf(const ServerConfig& config) {
  return {config.limits().max_connections(), config.limits().max_connections_per_address(),
          absl::Milliseconds(config.limits().handshake_deadline_milliseconds())};
}

// The configured keys, as keys of the log `origin`.
absl::StatusOr<std::vector<tlog::SignerKey>> ReadLogKeys(const ServerConfig& config,
                                                         absl::string_view origin) {
  std::vector<tlog::SignerKey> keys;
  for (const std::string* file : {&config.audit().key_file(), &config.audit().second_key_file()}) {
    if (file->empty()) continue;
    absl::StatusOr<tlog::SignerKey> key =
        tlog::SignerKey::FromPemFile(origin, tlog::SignatureType::kEd25519, *file);
    if (!key.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the audit log's key ", *file, " cannot be used: ", key.status().message()));
    }
    keys.push_back(*std::move(key));
  }
  if (keys.size() == 2 && keys[0].verifier() == keys[1].verifier()) {
    return absl::FailedPreconditionError(
        "audit.second_key_file has the same key as audit.key_file: it is for another one, while "
        "the key is changed");
  }
  return keys;
}

absl::StatusOr<std::unique_ptr<audit::Checkpointer>> OpenCheckpointer(store::Store& store,
                                                                      const Clock& clock,
                                                                      const ServerConfig& config) {
  RETURN_IF_ERROR(store.ClaimLog(config.log_origin()));
  audit::Checkpointer::Options options;
  options.origin = config.log_origin();
  ASSIGN_OR_RETURN(options.keys, ReadLogKeys(config, config.log_origin()));
  options.file = config.audit().checkpoint_file();
  options.interval = absl::Seconds(config.audit().checkpoint_seconds());
  options.records = static_cast<uint64_t>(config.audit().checkpoint_records());
  for (const ServerConfig::Audit::Witness& witness : config.audit().witnesses()) {
    ASSIGN_OR_RETURN(tlog::VerifierKey key, tlog::VerifierKey::Parse(witness.verifier_key()));
    options.witness_keys.push_back(std::move(key));
  }
  options.required_cosignatures = config.audit().required_cosignatures();
  options.cosignature_patience = absl::Seconds(config.audit().cosignature_seconds());
  return audit::Checkpointer::Open(store, clock, std::move(options));
}

class RunningServer final : public Server {
  using Obstacle = ops::Health::Obstacle;

 public:
  RunningServer(std::unique_ptr<store::Store> store, const ServerConfig& config, const Clock& clock)
      : config_(config), clock_(clock), store_(std::move(store)) {}
  ~RunningServer() override { Stop(absl::ZeroDuration()); }

  absl::Status Start() {
    RETURN_IF_ERROR(CheckTimeZoneData());
    RaiseDescriptorLimit();
    RETURN_IF_ERROR(SwapPolicy());
    if (!policy_.Get()->has_clients()) {
      // Perhaps a volume that is not mounted: a second log must not begin.
      return absl::FailedPreconditionError(
          absl::StrCat("the database ", config_.database_path(),
                       " has no client: make the first administrator with concordatd init"));
    }
    ASSIGN_OR_RETURN(checkpointer_, OpenCheckpointer(*store_, clock_, config_));
    services_ = std::make_unique<Services>(
        Services{services::PlanService(*store_), services::MeasureService(*store_),
                 services::ReleaseService(*store_), services::AgreementService(*store_),
                 services::DirectoryService(*store_, refused_, quotas_),
                 services::AuditService(*store_, *checkpointer_)});
    Bind(*services_, methods_);
    RETURN_IF_ERROR(methods_.Check(ContractServices()));
    ASSIGN_OR_RETURN(token_keys_, tokens::TokenKeys::Start(config_.tokens(), clock_, tokens_));
    ASSIGN_OR_RETURN(listener_, door::Listener::Bind(config_.listen_address(),
                                                     ListenerLimitsOf(config_), refused_));
    ASSIGN_OR_RETURN(health_, ops::Health::Start(config_.health_address()));
    ASSIGN_OR_RETURN(tls_, tls::TlsWatch::Start(config_.tls(), clock_, [this](bool admits) {
                       health_->Set(Obstacle::kNobodyAdmitted, !admits);
                     }));

    RETURN_IF_ERROR(DropLeftovers());
    RETURN_IF_ERROR(StartLog());
    door_ = std::make_unique<door::Door>(
        methods_, policy_, tls_->revocation(), tokens_, quotas_, *log_, clock_,
        DoorLimitsOf(config_),
        door::PeerHooks{[this](const std::string& peer) { listener_->MarkCalled(peer); },
                        [this](const std::string& peer) { listener_->Close(peer); }},
        services::CheckNotWithdrawn,
        HmacSha256(store_->page_token_key(), "subjects of tokens in audit records"));
    RETURN_IF_ERROR(StartGrpc());
    ASSIGN_OR_RETURN(metrics_, ops::Metrics::Start(config_.metrics_address(), ServerMetrics()));
    health_->Set(Obstacle::kStarting, false);
    return WriteAddressFile();
  }

  const std::string& address() const override { return listener_->address(); }
  const std::string& health_address() const override { return health_->address(); }
  const std::string& metrics_address() const override { return metrics_->address(); }
  const door::DoorCounters& counters() const override { return door_->counters(); }
  const tls::TlsCounters& tls_counters() const override { return tls_->counters(); }
  const tokens::TokenKeyCounters& token_counters() const override {
    return token_keys_->counters();
  }
  int64_t calls_in_hand() const override { return door_->calls_in_hand(); }
  bool audit_log_stopped() const override { return log_stopped_; }

  void Stop(absl::Duration drain) override {
    if (stopped_) return;
    stopped_ = true;
    if (metrics_ != nullptr) metrics_->StopReading();
    if (health_ != nullptr) health_->Set(Obstacle::kDraining, true);
    if (listener_ != nullptr) listener_->Stop();
    // What still comes over connections that are open is refused, on record.
    if (door_ != nullptr) door_->Drain();
    if (server_ != nullptr) {
      server_->Shutdown(absl::ToChronoTime(absl::Now() + drain));
      door_->Join();
    }
    // Every call has ended; what they handed to the log is made durable here, and
    // then signed. Witnesses see that checkpoint after the next start.
    retention_.reset();
    if (log_ != nullptr) log_->Close();
    if (witnessing_ != nullptr) witnessing_->Stop();
    checkpointer_.reset();
    // The checkpointer has told it of damage until then.
    log_.reset();
  }

 private:
  absl::Status SwapPolicy() {
    ASSIGN_OR_RETURN(const auth::Policy::Source source, store_->ReadPolicy());
    policy_.Swap(std::make_shared<const auth::Policy>(source));
    return absl::OkStatus();
  }

  // What was staged by a process that died belongs to nobody. In steps, as all staging.
  absl::Status DropLeftovers() {
    ASSIGN_OR_RETURN(const std::vector<std::string> leftovers, store_->UnappliedSubmissions());
    for (const std::string& submission : leftovers) {
      for (bool more = true; more;) {
        ASSIGN_OR_RETURN(const std::unique_ptr<store::Batch> batch, store_->BeginBatch());
        ASSIGN_OR_RETURN(more, batch->DropStaged(submission, store::Batch::kMostStaged));
        RETURN_IF_ERROR(batch->Commit());
      }
    }
    return absl::OkStatus();
  }

  absl::Status StartLog() {
    audit::AuditLog::Options options;
    options.origin = config_.log_origin();
    options.build = CONCORDAT_BUILD;
    options.on_policy_change = [this] { return SwapPolicy(); };
    options.on_durable = [this](uint64_t size, std::string root) {
      checkpointer_->Grown(size, std::move(root));
    };
    options.on_stopped = [this](const absl::Status& cause) {
      log_stopped_ = true;
      ops::Log(ops::Severity::kError, "audit_log_stopped", {{"cause", cause.ToString()}});
      health_->Set(Obstacle::kAuditLogStopped, true);
    };
    ASSIGN_OR_RETURN(log_, audit::AuditLog::Start(*store_, clock_, std::move(options)));
    audit::Checkpointer::Hooks hooks;
    hooks.on_damage = [this](const absl::Status& damage) { log_->Stop(damage); };
    hooks.on_witnessed = [this](bool witnessed) {
      if (witnessed) {
        ops::Log(ops::Severity::kInfo, "witnesses_are_back");
      } else {
        ops::Log(ops::Severity::kError, "witnesses_missing");
      }
      log_->SetWitnessed(witnessed);
      health_->Set(Obstacle::kWitnessesMissing, !witnessed);
    };
    ASSIGN_OR_RETURN(witnessing_, StartWitnessing());
    hooks.on_signed = [this](const audit::KeptCheckpoint& kept) {
      witnessing_->Publish(kept.checkpoint.size, kept.note);
    };
    checkpointer_->Run(std::move(hooks));
    // Perhaps no witness has seen the one that the last process signed.
    const std::shared_ptr<const audit::KeptCheckpoint> last = checkpointer_->Last();
    witnessing_->Publish(last->checkpoint.size, last->note);
    StartRetention();
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<audit::Witnessing>> StartWitnessing() {
    return audit::Witnessing::Start(
        config_.audit(),
        [this](uint64_t old_size, uint64_t size) {
          return audit::TreeReader(*store_).ConsistencyProof(old_size, size);
        },
        [this](const std::string& text, const tlog::NoteSignature& signature) {
          checkpointer_->AddCosignature(text, signature);
        },
        [this](bool contradicts) { checkpointer_->NoteContradiction(contradicts); });
  }

  // The sum over the witnesses, whom no metric names.
  double SumOverWitnesses(
      const std::function<int64_t(const audit::Witnessing::Counters&)>& of) const {
    int64_t sum = 0;
    for (const audit::Witnessing::Counters* counters : witnessing_->counters()) {
      sum += of(*counters);
    }
    return static_cast<double>(sum);
  }

  void StartRetention() {
    audit::Retention::Options options;
    options.keep = absl::Hours(24) * config_.audit().retention_days();
    options.archive_directory = config_.audit().archive_directory();
    options.last_checkpoint = [this] {
      const auto last = checkpointer_->Last();
      return audit::Retention::LastCheckpoint{last->checkpoint.size, last->note};
    };
    retention_ = std::make_unique<audit::Retention>(*store_, *log_, clock_, std::move(options));
    if (config_.audit().retention_days() > 0) retention_->Start();
  }

  absl::Status StartGrpc() {
    grpc::ServerBuilder builder;
    door_->Register(builder);
    auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        tls::MutualTls(tls_->source()));
    LimitTransport(builder, TransportLimitsOf(config_.limits()));
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return absl::UnavailableError("gRPC does not start");
    door_->Run();
    listener_->Run(std::move(acceptor));
    return absl::OkStatus();
  }

  std::vector<ops::Metric> ServerMetrics() const {
    std::vector<ops::Metric> metrics;
    const auto counter = [&](const char* name, const char* help,
                             const std::atomic<int64_t>& value) {
      metrics.push_back({name, help, ops::Metric::Kind::kCounter,
                         [&value] { return static_cast<double>(value.load()); }});
    };
    const auto gauge = [&](const char* name, const char* help, std::function<double()> read) {
      metrics.push_back({name, help, ops::Metric::Kind::kGauge, std::move(read)});
    };
    counter("concordat_calls_served_total", "Calls that were answered.", counters().served);
    counter("concordat_calls_refused_total", "Calls that were refused, with a record.",
            counters().refused);
    counter("concordat_calls_without_answer_total", "Calls whose record could not be made durable.",
            counters().without_answer);
    gauge("concordat_calls_in_hand", "Calls that were begun and have not ended.",
          [this] { return static_cast<double>(calls_in_hand()); });
    gauge("concordat_audit_log_healthy", "1 while records can be made durable.",
          [this] { return log_->healthy() ? 1.0 : 0.0; });
    gauge("concordat_audit_records", "Records of the audit log that are durable.",
          [this] { return static_cast<double>(checkpointer_->size()); });
    gauge("concordat_audit_signed_records", "Those that the last checkpoint covers.",
          [this] { return static_cast<double>(checkpointer_->Last()->checkpoint.size); });
    counter("concordat_audit_checkpoints_total", "Checkpoints that were signed and kept.",
            checkpointer_->counters().checkpoints);
    counter("concordat_audit_checkpoint_failures_total", "Checkpoints that could not be.",
            checkpointer_->counters().failures);
    const auto of_witnesses = [&](const char* name, const char* help, ops::Metric::Kind kind,
                                  std::function<int64_t(const audit::Witnessing::Counters&)> of) {
      metrics.push_back(
          {name, help, kind, [this, of = std::move(of)] { return SumOverWitnesses(of); }});
    };
    of_witnesses("concordat_witness_cosignatures_total", "Cosignatures that witnesses gave.",
                 ops::Metric::Kind::kCounter,
                 [](const auto& witness) { return witness.cosigned.load(); });
    of_witnesses("concordat_witness_failures_total", "Attempts that brought no cosignature.",
                 ops::Metric::Kind::kCounter,
                 [](const auto& witness) { return witness.failures.load(); });
    of_witnesses("concordat_witnesses_failing", "Witnesses whose last attempt failed.",
                 ops::Metric::Kind::kGauge,
                 [](const auto& witness) { return int64_t{witness.failing.load()}; });
    gauge("concordat_policy_revision", "Revision of the directory and the agreements in force.",
          [this] { return static_cast<double>(policy_.Get()->revision()); });
    counter("concordat_tls_sets_taken_total",
            "TLS certificates, keys and authorities put in force.", tls_counters().sets_taken);
    counter("concordat_tls_sets_refused_total", "Bad ones, so that the last good one stayed.",
            tls_counters().sets_refused);
    counter("concordat_revocation_lists_taken_total", "Files of revocation lists put in force.",
            tls_counters().lists_taken);
    counter("concordat_revocation_lists_refused_total",
            "Bad ones, so that the last good one stayed.", tls_counters().lists_refused);
    counter("concordat_token_key_fetches_total", "Fetches of token keys that brought keys.",
            token_counters().fetches_succeeded);
    counter("concordat_token_key_fetches_failed_total", "Fetches of token keys that failed.",
            token_counters().fetches_failed);
    counter("concordat_token_issuers_closed_total",
            "How often an issuer had no current keys, so that its tokens are refused.",
            token_counters().issuers_closed);
    counter("concordat_audit_records_dropped_total",
            "Audit records that retention archived and dropped.",
            retention_->counters().dropped_records);
    counter("concordat_audit_retention_failures_total", "Passes of retention that failed.",
            retention_->counters().failures);
    return metrics;
  }

  absl::Status WriteAddressFile() const {
    if (config_.address_file().empty()) return absl::OkStatus();
    std::ofstream file(config_.address_file(), std::ios::trunc);
    file << address() << "\n" << health_address() << "\n" << metrics_address() << "\n";
    if (!file.flush()) return absl::UnavailableError("cannot write address_file");
    return absl::OkStatus();
  }

  const ServerConfig config_;
  const Clock& clock_;
  const std::unique_ptr<store::Store> store_;
  ops::RefusedHandshakes refused_;
  quota::Quotas quotas_;
  auth::PolicyHolder policy_;
  auth::AccessTokenVerifierHolder tokens_;
  std::unique_ptr<tokens::TokenKeys> token_keys_;
  // Told of each checkpoint by the checkpointer, which goes first; tells it of the
  // cosignatures until it was stopped.
  std::atomic<bool> log_stopped_{false};
  std::unique_ptr<audit::Witnessing> witnessing_;
  std::unique_ptr<audit::Checkpointer> checkpointer_;
  std::unique_ptr<Services> services_;
  door::MethodTable methods_;
  std::unique_ptr<ops::Health> health_;
  std::unique_ptr<tls::TlsWatch> tls_;
  std::unique_ptr<door::Listener> listener_;
  std::unique_ptr<audit::AuditLog> log_;
  std::unique_ptr<audit::Retention> retention_;
  std::unique_ptr<door::Door> door_;
  std::unique_ptr<grpc::Server> server_;
  // Reads all of the above.
  std::unique_ptr<ops::Metrics> metrics_;
  bool stopped_ = false;
};

// Stores the first administrator.
absl::Status StoreFirst(const Clock& clock, const FirstAdministrator& first,
                        const auth::Grant& grant, store::Batch& batch, v1::AuditRecord& record) {
  RETURN_IF_ERROR(batch.BeginChange(clock.Now()));
  store::Transaction& transaction = batch.transaction();
  services::Changes changes;
  const services::Recorded recorded{transaction.CommitTime()};
  RETURN_IF_ERROR(services::ApplyResource(transaction, grant, store::Kind::kAgency,
                                          first.agency.name(), first.agency, {}, recorded, changes)
                      .status());
  RETURN_IF_ERROR(services::ApplyResource(transaction, grant, store::Kind::kClient,
                                          first.client.name(), first.client, {}, recorded, changes)
                      .status());
  RETURN_IF_ERROR(batch.KeepChange());
  record.set_event(v1::AuditRecord::INITIALISED);
  record.set_method("concordatd init");
  record.set_resource(first.client.name());
  record.set_agency(first.agency.name());
  return absl::OkStatus();
}

// Makes one record of the operator's durable, and has it signed.
absl::Status RecordOffline(
    store::Store& store, const Clock& clock, const ServerConfig& config,
    absl::FunctionRef<absl::Status(store::Batch& batch, v1::AuditRecord& record)> fill) {
  ASSIGN_OR_RETURN(const std::unique_ptr<audit::Checkpointer> checkpointer,
                   OpenCheckpointer(store, clock, config));
  audit::AuditLog::Options options;
  options.origin = config.log_origin();
  options.build = CONCORDAT_BUILD;
  options.on_durable = [&](uint64_t size, std::string root) {
    checkpointer->Grown(size, std::move(root));
  };
  ASSIGN_OR_RETURN(const std::unique_ptr<audit::AuditLog> log,
                   audit::AuditLog::Start(store, clock, std::move(options)));
  checkpointer->Run({});
  return audit::AppendAndWait(*log, [&](store::Batch& batch, v1::AuditRecord& record) {
    record.set_decision(v1::AuditRecord::ALLOWED);
    *record.mutable_time() = ToTimestamp(clock.Now());
    return fill(batch, record);
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerConfig& config,
                                                      const Clock& clock) {
  ASSIGN_OR_RETURN(std::unique_ptr<store::Store> store,
                   store::OpenSqliteStore(config.database_path()));
  return StartOver(std::move(store), config, clock);
}

absl::StatusOr<std::unique_ptr<Server>> Server::StartOver(std::unique_ptr<store::Store> store,
                                                          const ServerConfig& config,
                                                          const Clock& clock) {
  auto server = std::make_unique<RunningServer>(std::move(store), config, clock);
  RETURN_IF_ERROR(server->Start());
  return server;
}

absl::StatusOr<bool> Initialise(const ServerConfig& config, const Clock& clock,
                                const FirstAdministrator& first) {
  RETURN_IF_ERROR(CheckTimeZoneData());
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                   store::OpenSqliteStore(config.database_path()));
  ASSIGN_OR_RETURN(const auth::Policy::Source source, store->ReadPolicy());
  for (const v1::Client& client : source.clients) {
    if (client.name() == first.client.name()) return false;
  }
  ASSIGN_OR_RETURN(const auth::Grant grant, auth::Policy(source).AuthoriseInitialisation());
  RETURN_IF_ERROR(
      RecordOffline(*store, clock, config, [&](store::Batch& batch, v1::AuditRecord& record) {
        return StoreFirst(clock, first, grant, batch, record);
      }));
  return true;
}

absl::StatusOr<audit::Succession> LetLogSucceed(const ServerConfig& config, const Clock& clock,
                                                const std::string& predecessor_checkpoint_file,
                                                const std::string& archive_directory) {
  ASSIGN_OR_RETURN(const std::string checkpoint, ReadFile(predecessor_checkpoint_file));
  std::error_code error;
  if (std::filesystem::exists(config.audit().checkpoint_file(), error)) {
    return absl::FailedPreconditionError(
        absl::StrCat(config.audit().checkpoint_file(),
                     " is there: give the new log an audit.checkpoint_file of its own"));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store,
                   store::OpenSqliteStore(config.database_path()));
  ASSIGN_OR_RETURN(const std::string old_origin, store->LogOrigin());
  std::vector<tlog::SignerKey> old_keys;
  if (!old_origin.empty()) {
    ASSIGN_OR_RETURN(old_keys, ReadLogKeys(config, old_origin));
  }
  ASSIGN_OR_RETURN(
      audit::Succession succession,
      audit::SucceedLog(*store, config.log_origin(), checkpoint, old_keys, archive_directory));
  RETURN_IF_ERROR(RecordOffline(*store, clock, config, [&](store::Batch&, v1::AuditRecord& record) {
    record.set_event(v1::AuditRecord::LOG_SUCCEEDED);
    record.set_method("concordatd succeed-log");
    record.set_resource(succession.predecessor);
    return absl::OkStatus();
  }));
  return succession;
}

absl::StatusOr<std::vector<std::string>> LogKeys(const ServerConfig& config) {
  ASSIGN_OR_RETURN(const std::vector<tlog::SignerKey> keys,
                   ReadLogKeys(config, config.log_origin()));
  std::vector<std::string> texts;
  texts.reserve(keys.size());
  for (const tlog::SignerKey& key : keys) texts.push_back(key.verifier().ToString());
  return texts;
}

}  // namespace concordat
