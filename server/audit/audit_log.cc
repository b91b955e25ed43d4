#include "server/audit/audit_log.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/status.h"
#include "google/rpc/code.pb.h"
#include "tlog/merkle.h"

namespace concordat::audit {
namespace {

constexpr size_t kSaltBytes = 16;
constexpr size_t kSaltsDrawn = 256;
constexpr uint32_t kSchemaVersion = 1;

// The batch is on disk, but the policy that it changed could not be read back:
// the server stops rather than decide by the old one.
absl::Status StoppedAfterCommit() {
  return MakeError(v1::AUDIT_UNAVAILABLE,
                   "the server stopped after it had made this durable; the change stands, if it "
                   "was one; tell the operator");
}

// Nobody knows what of the batch is on disk: what could not be synced may have been
// written, and the next start then finds it.
absl::Status NotKnown() {
  return MakeError(v1::AUDIT_UNAVAILABLE,
                   "the audit record could not be made durable, so there is no answer; a change "
                   "may have been made: send it again under its request id when the server is "
                   "back; tell the operator");
}

// The log had stopped before it was the entry's turn.
absl::Status Unavailable() {
  return MakeError(v1::AUDIT_UNAVAILABLE,
                   "the audit record could not be made durable, so there is no answer; nothing "
                   "was changed; tell the operator");
}

// An entry whose maker waits for it.
class WaitedEntry final : public Entry {
 public:
  using Prepared = absl::FunctionRef<absl::Status(store::Batch&, v1::AuditRecord&)>;
  explicit WaitedEntry(Prepared prepare) : prepare_(prepare) {}

  absl::Status Prepare(store::Batch& batch, v1::AuditRecord& record) override {
    return prepare_(batch, record);
  }
  void Done(absl::StatusOr<v1::Receipt> receipt) override {
    absl::MutexLock lock(&mutex_);
    done_ = receipt.status();
  }

  absl::Status Wait() {
    const auto is_done = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return done_.has_value(); };
    absl::MutexLock lock(&mutex_, absl::Condition(&is_done));
    return *done_;
  }

 private:
  const Prepared prepare_;
  absl::Mutex mutex_;
  std::optional<absl::Status> done_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::Status AppendAndWait(
    AuditLog& log, absl::FunctionRef<absl::Status(store::Batch&, v1::AuditRecord&)> prepare) {
  WaitedEntry entry(prepare);
  log.Append(entry);
  return entry.Wait();
}

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Start(store::Store& store, const Clock& clock,
                                                          Options options) {
  RETURN_IF_ERROR(store.ClaimLog(options.origin));
  auto log = std::unique_ptr<AuditLog>(new AuditLog(store, clock, std::move(options)));
  RETURN_IF_ERROR(log->Resume());
  log->thread_ = std::thread([log = log.get()] { log->Run(); });
  return log;
}

AuditLog::AuditLog(store::Store& store, const Clock& clock, Options options)
    : store_(store), clock_(clock), options_(std::move(options)) {}

absl::Status AuditLog::Resume() {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Batch> batch, store_.BeginBatch());
  ASSIGN_OR_RETURN(tree_, TileTree::Open(store_, *batch));
  RETURN_IF_ERROR(EndInterruptedStreams(*batch));
  RETURN_IF_ERROR(batch->Commit());
  if (options_.on_durable) options_.on_durable(tree_.size(), tree_.Root());
  return absl::OkStatus();
}

AuditLog::~AuditLog() { Close(); }

void AuditLog::Close() {
  if (!thread_.joinable()) return;
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
  }
  thread_.join();
}

void AuditLog::Append(Entry& entry) {
  {
    absl::MutexLock lock(&mutex_);
    if (healthy() && !closing_) {
      waiting_.push_back(&entry);
      return;
    }
  }
  entry.Done(Unavailable());
}

void AuditLog::Run() {
  std::vector<Entry*> entries;
  const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !waiting_.empty() || closing_;
  };
  while (true) {
    {
      absl::MutexLock lock(&mutex_, absl::Condition(&has_work));
      if (waiting_.empty()) return;
      entries.swap(waiting_);
    }
    for (absl::Span<Entry* const> rest = entries; !rest.empty();) {
      rest.remove_prefix(CommitSome(rest));
    }
    entries.clear();
  }
}

size_t AuditLog::CommitSome(absl::Span<Entry* const> entries) {
  receipts_.clear();
  size_t taken = entries.size();
  const bool stopped_before = !healthy();
  bool durable = false;
  const absl::Status committed = [&]() -> absl::Status {
    if (stopped_before) return absl::FailedPreconditionError("the audit log has stopped");
    ASSIGN_OR_RETURN(const std::unique_ptr<store::Batch> batch, store_.BeginBatch());
    for (Entry* entry : entries) {
      record_.Clear();
      const bool is_recorded = entry->is_recorded();
      RETURN_IF_ERROR(entry->Prepare(*batch, record_));
      if (!is_recorded) {
        // It may write a lot: those behind it wait for no second one of its kind.
        receipts_.emplace_back(v1::Receipt());
        break;
      }
      ASSIGN_OR_RETURN(v1::Receipt receipt, AppendOne(*batch, record_, entry->resource_owner()));
      receipts_.push_back(std::move(receipt));
      // What comes after a change of the policy is decided by the new one.
      if (batch->policy_changed()) break;
    }
    RETURN_IF_ERROR(batch->Commit());
    durable = true;
    taken = receipts_.size();
    if (batch->policy_changed() && options_.on_policy_change) {
      return options_.on_policy_change();
    }
    return absl::OkStatus();
  }();
  if (!committed.ok()) {
    Stop(committed);
  } else if (options_.on_durable) {
    options_.on_durable(tree_.size(), tree_.Root());
  }
  for (size_t i = 0; i < taken; ++i) {
    if (committed.ok()) {
      entries[i]->Done(std::move(receipts_[i]));
    } else {
      entries[i]->Done(durable          ? StoppedAfterCommit()
                       : stopped_before ? Unavailable()
                                        : NotKnown());
    }
  }
  return taken;
}

absl::StatusOr<v1::Receipt> AuditLog::AppendOne(store::Batch& batch, v1::AuditRecord& record,
                                                absl::string_view resource_owner) {
  if (salts_used_ + kSaltBytes > salts_.size()) {
    salts_ = RandomBytes(kSaltBytes * kSaltsDrawn);
    salts_used_ = 0;
  }
  record.set_schema_version(kSchemaVersion);
  record.set_origin(options_.origin);
  record.set_salt(salts_.data() + salts_used_, kSaltBytes);
  salts_used_ += kSaltBytes;
  record.set_monotonic_sequence(++sequence_);
  record.set_build(options_.build);
  const uint64_t index = tree_.size();
  record.set_index(index);

  const std::string bytes = record.SerializeAsString();
  if (bytes.size() > tlog::kMaxRecordBytes) {
    return absl::InternalError("an audit record is larger than an entry bundle can hold");
  }
  concerned_.clear();
  const auto concern = [&](absl::string_view agency) {
    if (agency.empty() || agency == record.agency()) return;
    if (!absl::c_linear_search(concerned_, agency)) concerned_.push_back(agency);
  };
  concern(resource_owner);
  for (const std::string& contributor : record.contributors()) concern(contributor);
  const store::Batch::AuditColumns columns{ToTime(record.time()), record.agency(),
                                           record.resource(), concerned_};
  RETURN_IF_ERROR(batch.AppendAudit(index, columns, bytes));
  std::string leaf_hash = tlog::LeafHash(bytes);
  RETURN_IF_ERROR(tree_.Append(leaf_hash, batch));
  if (record.event() == v1::AuditRecord::STREAM_OPENED &&
      record.decision() == v1::AuditRecord::ALLOWED) {
    RETURN_IF_ERROR(batch.MarkStreamOpen(index));
  } else if (record.event() == v1::AuditRecord::STREAM_ENDED ||
             record.event() == v1::AuditRecord::STREAM_INTERRUPTED) {
    RETURN_IF_ERROR(batch.MarkStreamEnded(static_cast<uint64_t>(record.opening_index())));
  }

  v1::Receipt receipt;
  receipt.set_origin(options_.origin);
  receipt.set_index(index);
  receipt.set_leaf_hash(std::move(leaf_hash));
  *receipt.mutable_time() = record.time();
  return receipt;
}

absl::Status AuditLog::EndInterruptedStreams(store::Batch& batch) {
  ASSIGN_OR_RETURN(const std::vector<store::AuditRow> open, store_.OpenStreams());
  for (const store::AuditRow& row : open) {
    v1::AuditRecord record;
    if (!record.ParseFromString(row.record)) {
      return absl::DataLossError("the record of an open stream cannot be read");
    }
    // What was sent after the opening is not known.
    record.set_event(v1::AuditRecord::STREAM_INTERRUPTED);
    record.set_opening_index(static_cast<int64_t>(row.index));
    record.set_status_code(google::rpc::ABORTED);
    *record.mutable_time() = ToTimestamp(clock_.Now());
    RETURN_IF_ERROR(AppendOne(batch, record, "").status());
  }
  return absl::OkStatus();
}

void AuditLog::Stop(const absl::Status& cause) {
  if (failed_.exchange(true, std::memory_order_acq_rel)) return;
  if (options_.on_stopped) options_.on_stopped(cause);
}

}  // namespace concordat::audit
