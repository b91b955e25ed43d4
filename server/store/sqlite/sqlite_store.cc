#include "server/store/sqlite/sqlite_store.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/process_lock.h"
#include "base/status.h"
#include "server/store/sqlite/committed_state.h"
#include "server/store/sqlite/connection.h"
#include "server/store/sqlite/freezing.h"
#include "server/store/sqlite/reading.h"
#include "server/store/sqlite/rewriting.h"
#include "server/store/sqlite/row_cache.h"
#include "server/store/sqlite/schema.h"
#include "server/store/sqlite/staging.h"

namespace concordat::store {
namespace {

// Answers to request ids are kept this long (DESIGN: "Idempotency").
constexpr absl::Duration kReplyLife = absl::Hours(24 * 30);
constexpr int kQuotaLifeDays = 7;

// A read-only connection with its statements.
struct ReadConnection {
  Connection connection;
  Reading reading;
};

// Everything of the writing connection. Used by one Batch at a time.
struct Writer {
  Connection connection;
  Reading reading;
  Rewriting rewriting;
  Staging staging;
  Freezing freezing;
  // See Store::page_token_key.
  std::string page_token_key;
  // The write-ahead log may hold what was redacted: after a redaction, and from the
  // start, since a process may have died between the two.
  bool log_to_be_emptied = true;
  Statement begin;
  Statement commit;
  Statement put;
  Statement put_meta;
  Statement append_audit;
  Statement add_reader;
  Statement widen_hour;
  Statement add_recipient;
  Statement put_tile;
  Statement drop_audit;
  Statement next_reader;
  Statement drop_reader;
  Statement open_stream;
  Statement end_stream;
  Statement find_reply;
  Statement put_reply;
  Statement drop_replies;
  Statement add_to_quota;
  Statement drop_quotas;
};

absl::StatusOr<std::unique_ptr<Writer>> PrepareWriter(Connection connection) {
  auto writer = std::make_unique<Writer>();
  writer->connection = std::move(connection);
  Connection& db = writer->connection;
  ASSIGN_OR_RETURN(writer->reading, Reading::Prepare(db));
  ASSIGN_OR_RETURN(writer->rewriting, Rewriting::Prepare(db));
  ASSIGN_OR_RETURN(writer->staging, Staging::Prepare(db));
  ASSIGN_OR_RETURN(writer->freezing, Freezing::Prepare(db));
  ASSIGN_OR_RETURN(writer->begin, db.Prepare("BEGIN IMMEDIATE"));
  ASSIGN_OR_RETURN(writer->commit, db.Prepare("COMMIT"));
  ASSIGN_OR_RETURN(writer->put,
                   db.Prepare("INSERT INTO resource (kind, name, revision, store_revision, "
                              "recorded, committed, removed, imported, topics, body) "
                              "VALUES (?,?,?,?,?,?,?,?,?,?)"));
  ASSIGN_OR_RETURN(writer->put_meta,
                   db.Prepare("INSERT INTO meta (key, value) VALUES (?,?) "
                              "ON CONFLICT (key) DO UPDATE SET value=excluded.value"));
  ASSIGN_OR_RETURN(writer->append_audit,
                   db.Prepare("INSERT INTO audit (idx, time, agency, resource, record) "
                              "VALUES (?,?,?,?,?)"));
  ASSIGN_OR_RETURN(writer->add_reader,
                   db.Prepare("INSERT INTO audit_seen_by (agency, idx) VALUES (?,?)"));
  ASSIGN_OR_RETURN(writer->widen_hour,
                   db.Prepare("INSERT INTO audit_hour (hour, first, last) VALUES (?,?,?) "
                              "ON CONFLICT (hour) DO UPDATE SET first=min(first, excluded.first), "
                              "last=max(last, excluded.last)"));
  ASSIGN_OR_RETURN(
      writer->add_recipient,
      db.Prepare("INSERT INTO release_recipient (release, agency, agreement, agreement_version, "
                 "first, last) VALUES (?,?,?,?,?,?) ON CONFLICT (release, agency) DO UPDATE SET "
                 "agreement=excluded.agreement, agreement_version=excluded.agreement_version, "
                 "last=max(last, excluded.last)"));
  ASSIGN_OR_RETURN(writer->put_tile,
                   db.Prepare("INSERT OR REPLACE INTO audit_tile (id, hashes) VALUES (?,?)"));
  ASSIGN_OR_RETURN(writer->drop_audit, db.Prepare("DELETE FROM audit WHERE idx<?"));
  ASSIGN_OR_RETURN(writer->next_reader,
                   db.Prepare("SELECT min(agency) FROM audit_seen_by WHERE agency>?"));
  ASSIGN_OR_RETURN(writer->drop_reader,
                   db.Prepare("DELETE FROM audit_seen_by WHERE agency=? AND idx<?"));
  ASSIGN_OR_RETURN(writer->open_stream, db.Prepare("INSERT INTO open_stream (idx) VALUES (?)"));
  ASSIGN_OR_RETURN(writer->end_stream, db.Prepare("DELETE FROM open_stream WHERE idx=?"));
  ASSIGN_OR_RETURN(writer->find_reply,
                   db.Prepare("SELECT request_digest, reply FROM reply WHERE client=? AND "
                              "method=? AND request_id=? AND time>=?"));
  ASSIGN_OR_RETURN(writer->put_reply,
                   db.Prepare("INSERT INTO reply (client, method, request_id, time, "
                              "request_digest, reply) VALUES (?,?,?,?,?,?)"));
  ASSIGN_OR_RETURN(writer->drop_replies, db.Prepare("DELETE FROM reply WHERE time<?"));
  ASSIGN_OR_RETURN(writer->add_to_quota,
                   db.Prepare("INSERT INTO daily_quota (day, subject, used) VALUES (?,?,?) "
                              "ON CONFLICT (day, subject) DO UPDATE SET used=used+excluded.used"));
  ASSIGN_OR_RETURN(writer->drop_quotas, db.Prepare("DELETE FROM daily_quota WHERE day<?"));
  return writer;
}

// The database's value of `key`, which is what `make` gives the first time.
absl::StatusOr<std::string> SetOnce(Writer& writer, absl::string_view key,
                                    absl::FunctionRef<std::string()> make) {
  ASSIGN_OR_RETURN(std::string value, writer.reading.Meta(key));
  if (!value.empty()) return value;
  value = make();
  Query query = writer.put_meta.Start();
  query.Bind(key).BindBlob(value);
  RETURN_IF_ERROR(query.Run());
  return value;
}

// One change within a batch.
class SqliteTransaction final : public Transaction {
 public:
  explicit SqliteTransaction(Writer& writer) : writer_(writer) {}

  void Begin(Store::State before, absl::Time now) {
    revision_ = before.revision + 1;
    // Strictly rising, whatever the clock does, so that `changed_since` misses
    // nothing.
    commit_time_ = std::max(now, before.last_change + absl::Microseconds(1));
    wrote_ = false;
    wrote_policy_ = false;
    writer_.rewriting.Forget();
  }
  bool wrote() const { return wrote_; }
  bool wrote_policy() const { return wrote_policy_; }
  int64_t revision() const { return revision_; }
  // The kinds that any change of the batch wrote, undone ones too.
  const absl::flat_hash_set<Kind>& kinds() const { return kinds_; }

  absl::Time CommitTime() const override { return commit_time_; }
  ReadPoint Latest() const override { return {revision_, absl::InfiniteFuture()}; }

  absl::StatusOr<Row> Find(const auth::Grant& grant, Kind kind, absl::string_view name,
                           ReadPoint point) const override {
    return writer_.reading.Find(grant, kind, name, point);
  }
  absl::Status Scan(const auth::Grant& grant, Kind kind, const Range& range,
                    absl::FunctionRef<bool(const Row&)> visit) const override {
    return writer_.reading.Scan(grant, kind, range, visit);
  }
  absl::Status ScanObservations(
      const auth::Grant& grant, absl::string_view release, int64_t after_ordinal,
      absl::FunctionRef<bool(const ObservationRow&)> visit) const override {
    return writer_.reading.ScanObservations(grant, release, after_ordinal, visit);
  }
  absl::Status ScanLines(const auth::Grant& grant, absl::string_view release, int64_t after_ordinal,
                         absl::FunctionRef<bool(const LineRow&)> visit) const override {
    return writer_.reading.ScanLines(grant, release, after_ordinal, visit);
  }
  absl::StatusOr<std::vector<Recipient>> ReadRecipients(const auth::Grant& grant,
                                                        absl::string_view release) const override {
    return writer_.reading.ReadRecipients(grant, release);
  }
  absl::Status ScanSubmitted(const auth::Grant& grant, const FigureRange& range, ReadPoint point,
                             absl::FunctionRef<bool(const FigureRow&)> visit) const override {
    return writer_.reading.ScanSubmitted(grant, range, point, visit);
  }

  absl::StatusOr<int64_t> Put(const auth::Grant& grant, Kind kind, Row row) override {
    RETURN_IF_ERROR(JudgeScope(grant, kind, row.name, &row.topics));
    ASSIGN_OR_RETURN(const int64_t newest, writer_.reading.NewestRevision(kind, row.name));
    const std::string topics = absl::StrJoin(row.topics, " ");
    Query query = writer_.put.Start();
    query.Bind(static_cast<int64_t>(kind))
        .Bind(row.name)
        .Bind(newest + 1)
        .Bind(revision_)
        .Bind(absl::ToUnixMicros(row.recorded))
        .Bind(absl::ToUnixMicros(commit_time_))
        .Bind(static_cast<int64_t>(row.removed))
        .Bind(static_cast<int64_t>(row.imported))
        .Bind(topics)
        .BindBlob(row.body);
    RETURN_IF_ERROR(query.Run());
    wrote_ = true;
    kinds_.insert(kind);
    wrote_policy_ |= kind == Kind::kAgency || kind == Kind::kClient || kind == Kind::kAgreement ||
                     kind == Kind::kPlan || kind == Kind::kMeasure;
    return newest + 1;
  }

  absl::Status PutObservations(const auth::Grant& grant, absl::string_view release,
                               const std::vector<ObservationRow>& rows) override {
    if (!grant.CoversRelease(release)) return grant.OutOfScope();
    ASSIGN_OR_RETURN(const bool any, writer_.reading.HasObservations(release));
    if (any) return absl::FailedPreconditionError("the release has figures already");
    wrote_ = true;
    return writer_.freezing.PutObservations(release, rows);
  }

  absl::Status PutLines(const auth::Grant& grant, absl::string_view release,
                        absl::Span<const LineRow> lines) override {
    if (!grant.CoversRelease(release)) return grant.OutOfScope();
    wrote_ = true;
    return writer_.freezing.PutLines(release, lines);
  }

  absl::Status ApplySubmission(const auth::Grant& grant, Row row) override {
    row.recorded = commit_time_;
    const std::string name = row.name;
    RETURN_IF_ERROR(Put(grant, Kind::kSubmission, std::move(row)).status());
    return writer_.staging.Apply(name, revision_, commit_time_);
  }

  absl::Status ScanRevisions(const auth::Grant& grant, Kind kind, absl::string_view name,
                             absl::FunctionRef<bool(const Row&)> visit) const override {
    return writer_.reading.ScanRevisions(grant, kind, name, visit);
  }
  absl::Status RewriteRevision(const auth::Grant& grant, Kind kind, const Row& row) override {
    RETURN_IF_ERROR(JudgeScope(grant, kind, row.name, &row.topics));
    wrote_ = true;
    return writer_.rewriting.RewriteRevision(kind, row, commit_time_);
  }
  absl::Status RewriteObservation(const auth::Grant& grant, absl::string_view release,
                                  const ObservationRow& row) override {
    if (!grant.CoversRelease(release)) return grant.OutOfScope();
    wrote_ = true;
    return writer_.rewriting.RewriteObservation(release, row);
  }
  absl::Status DropLines(const auth::Grant& grant, absl::string_view release) override {
    if (!grant.CoversRelease(release)) return grant.OutOfScope();
    wrote_ = true;
    return writer_.rewriting.DropLines(release);
  }
  absl::Status ScanFiguresWithText(const auth::Grant& grant, absl::string_view submission,
                                   absl::string_view text,
                                   absl::FunctionRef<bool(const FigureRow&)> visit) const override {
    RETURN_IF_ERROR(JudgeScope(grant, Kind::kSubmission, submission, nullptr));
    return writer_.rewriting.ScanFiguresWithText(submission, text, visit);
  }
  absl::Status RewriteFigure(const auth::Grant& grant, const FigureRow& row) override {
    RETURN_IF_ERROR(JudgeScope(grant, Kind::kSubmission, row.submission, nullptr));
    wrote_ = true;
    return writer_.rewriting.RewriteFigure(row);
  }
  absl::Status RewriteReplies(
      absl::string_view text,
      absl::FunctionRef<absl::StatusOr<std::string>(absl::string_view, absl::string_view)> rewrite)
      override {
    return writer_.rewriting.RewriteReplies(text, rewrite);
  }
  absl::StatusOr<std::optional<RedactionProposal>> FindProposal(
      absl::string_view digest, absl::Time not_before) const override {
    return writer_.rewriting.FindProposal(digest, not_before);
  }
  absl::Status PutProposal(absl::string_view digest, const RedactionProposal& proposal,
                           absl::Time forget_before) override {
    return writer_.rewriting.PutProposal(digest, proposal, forget_before);
  }
  absl::Status DropProposal(absl::string_view digest) override {
    return writer_.rewriting.DropProposal(digest);
  }
  std::string KeyedDigest(absl::string_view bytes) const override {
    return HmacSha256(writer_.page_token_key, bytes);
  }

 private:
  Writer& writer_;
  int64_t revision_ = 0;
  absl::Time commit_time_;
  bool wrote_ = false;
  bool wrote_policy_ = false;
  absl::flat_hash_set<Kind> kinds_;
};

class SqliteBatch final : public Batch {
 public:
  SqliteBatch(Writer& writer, CommittedState& committed_state)
      : writer_(writer),
        committed_state_(committed_state),
        state_(committed_state.Get()),
        transaction_(writer) {}
  ~SqliteBatch() override {
    if (!committed_) writer_.connection.Execute("ROLLBACK").IgnoreError();
  }

  absl::Status BeginChange(absl::Time now) override {
    transaction_.Begin(state_, now);
    return writer_.connection.Execute("SAVEPOINT change");
  }
  Transaction& transaction() override { return transaction_; }
  absl::Status KeepChange() override {
    if (transaction_.wrote()) {
      state_ = {transaction_.revision(), transaction_.CommitTime()};
      policy_changed_ |= transaction_.wrote_policy();
      const std::string text =
          absl::StrCat(state_.revision, " ", absl::ToUnixMicros(state_.last_change));
      Query query = writer_.put_meta.Start();
      query.Bind(absl::string_view("state")).BindBlob(text);
      RETURN_IF_ERROR(query.Run());
    }
    if (writer_.rewriting.any()) {
      RETURN_IF_ERROR(writer_.rewriting.RebuildTables());
      rewrote_ = true;
    }
    return writer_.connection.Execute("RELEASE change");
  }
  absl::Status UndoChange() override {
    RETURN_IF_ERROR(writer_.connection.Execute("ROLLBACK TO change"));
    return writer_.connection.Execute("RELEASE change");
  }
  bool policy_changed() const override { return policy_changed_; }

  absl::StatusOr<std::optional<StoredReply>> FindReply(absl::string_view client,
                                                       absl::string_view method,
                                                       absl::string_view request_id,
                                                       absl::Time now) override {
    Query query = writer_.find_reply.Start();
    query.Bind(client).Bind(method).Bind(request_id).Bind(absl::ToUnixMicros(now - kReplyLife));
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return std::nullopt;
    return StoredReply{std::string(query.Text(0)), std::string(query.Text(1))};
  }
  absl::Status PutReply(absl::string_view client, absl::string_view method,
                        absl::string_view request_id, const StoredReply& reply,
                        absl::Time now) override {
    {
      Query drop = writer_.drop_replies.Start();
      drop.Bind(absl::ToUnixMicros(now - kReplyLife));
      RETURN_IF_ERROR(drop.Run());
    }
    Query query = writer_.put_reply.Start();
    query.Bind(client)
        .Bind(method)
        .Bind(request_id)
        .Bind(absl::ToUnixMicros(now))
        .BindBlob(reply.request_digest)
        .BindBlob(reply.reply);
    return query.Run();
  }

  absl::Status AppendAudit(uint64_t index, const AuditColumns& columns,
                           absl::string_view record) override {
    {
      Query query = writer_.append_audit.Start();
      query.Bind(static_cast<int64_t>(index))
          .Bind(absl::ToUnixMicros(columns.time))
          .Bind(columns.agency)
          .Bind(columns.resource)
          .BindBlob(record);
      RETURN_IF_ERROR(query.Run());
    }
    const auto [hour, added] = hours_.try_emplace(HourOf(columns.time), index, index);
    if (!added) hour->second.second = index;
    if (!columns.agency.empty()) RETURN_IF_ERROR(AddReader(columns.agency, index));
    for (const absl::string_view agency : columns.concerned) {
      RETURN_IF_ERROR(AddReader(agency, index));
    }
    return absl::OkStatus();
  }
  absl::Status AddRecipient(absl::string_view release, const Recipient& recipient) override {
    Query query = writer_.add_recipient.Start();
    query.Bind(release)
        .Bind(recipient.agency)
        .Bind(recipient.agreement)
        .Bind(recipient.agreement_version)
        .Bind(absl::ToUnixMicros(recipient.first))
        .Bind(absl::ToUnixMicros(recipient.last));
    return query.Run();
  }
  absl::Status PutTile(int level, uint64_t index, absl::string_view hashes) override {
    Query query = writer_.put_tile.Start();
    query.Bind(TileId(level, index)).BindBlob(hashes);
    return query.Run();
  }
  absl::Status DropAudit(uint64_t end) override {
    {
      Query query = writer_.drop_audit.Start();
      query.Bind(static_cast<int64_t>(end));
      RETURN_IF_ERROR(query.Run());
    }
    for (std::string agency;;) {
      {
        Query next = writer_.next_reader.Start();
        const std::string last = agency;
        next.Bind(last);
        RETURN_IF_ERROR(next.Run());
        agency = std::string(next.Text(0));
      }
      if (agency.empty()) return absl::OkStatus();
      Query drop = writer_.drop_reader.Start();
      drop.Bind(agency).Bind(static_cast<int64_t>(end));
      RETURN_IF_ERROR(drop.Run());
    }
  }
  absl::Status MarkStreamOpen(uint64_t index) override {
    Query query = writer_.open_stream.Start();
    query.Bind(static_cast<int64_t>(index));
    return query.Run();
  }
  absl::Status MarkStreamEnded(uint64_t opening_index) override {
    Query query = writer_.end_stream.Start();
    query.Bind(static_cast<int64_t>(opening_index));
    return query.Run();
  }

  absl::StatusOr<int64_t> QuotaUsed(absl::CivilDay day, absl::string_view subject) override {
    return writer_.reading.QuotaUsed(day, subject);
  }
  absl::Status AddToQuota(absl::CivilDay day, absl::string_view subject, int64_t amount) override {
    {
      const std::string first_kept = FormatDay(day - kQuotaLifeDays);
      Query drop = writer_.drop_quotas.Start();
      drop.Bind(first_kept);
      RETURN_IF_ERROR(drop.Run());
    }
    const std::string day_text = FormatDay(day);
    Query query = writer_.add_to_quota.Start();
    query.Bind(day_text).Bind(subject).Bind(amount);
    return query.Run();
  }

  absl::StatusOr<std::vector<size_t>> StageFigures(absl::string_view submission,
                                                   absl::string_view provider,
                                                   absl::Span<const FigureRow> rows) override {
    return writer_.staging.Stage(submission, provider, rows);
  }
  absl::Status UnstageFigures(absl::string_view submission,
                              absl::Span<const FigureRow> rows) override {
    return writer_.staging.Unstage(submission, rows);
  }
  absl::StatusOr<bool> DropStaged(absl::string_view submission, size_t most) override {
    return writer_.staging.Drop(submission, most);
  }

  absl::Status Commit() override {
    for (const auto& [hour, indexes] : hours_) {
      Query query = writer_.widen_hour.Start();
      query.Bind(hour)
          .Bind(static_cast<int64_t>(indexes.first))
          .Bind(static_cast<int64_t>(indexes.second));
      RETURN_IF_ERROR(query.Run());
    }
    RETURN_IF_ERROR(writer_.commit.Start().Run());
    committed_ = true;
    committed_state_.Set(state_, transaction_.kinds());
    writer_.log_to_be_emptied |= rewrote_;
    if (writer_.log_to_be_emptied) {
      // While a backup reads it, the batch stands all the same, and the next one tries
      // again. A write or sync that fails here stops the caller as any other does.
      ASSIGN_OR_RETURN(const bool emptied, writer_.rewriting.EmptyLog());
      writer_.log_to_be_emptied = !emptied;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status AddReader(absl::string_view agency, uint64_t index) {
    Query query = writer_.add_reader.Start();
    query.Bind(agency).Bind(static_cast<int64_t>(index));
    return query.Run();
  }

  Writer& writer_;
  CommittedState& committed_state_;
  // The first and last index among the batch's records of each hour.
  absl::flat_hash_map<int64_t, std::pair<uint64_t, uint64_t>> hours_;
  Store::State state_;
  SqliteTransaction transaction_;
  bool policy_changed_ = false;
  bool rewrote_ = false;
  bool committed_ = false;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(std::string path, ProcessLock lock, std::unique_ptr<Writer> writer, State state,
              absl::flat_hash_set<Kind> kinds)
      : path_(std::move(path)),
        lock_(std::move(lock)),
        writer_(std::move(writer)),
        state_(state, std::move(kinds)) {}

  absl::StatusOr<Row> Find(const auth::Grant& grant, Kind kind, absl::string_view name,
                           ReadPoint point) const override {
    const bool current =
        point.as_of == absl::InfiniteFuture() && point.revision == state_.Get().revision;
    if (current) {
      if (const std::shared_ptr<const Row> row = rows_.Find(point.revision, kind, name)) {
        RETURN_IF_ERROR(JudgeScope(grant, kind, name, &row->topics));
        return *row;
      }
    }
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    absl::StatusOr<Row> row = lease->reading.Find(grant, kind, name, point);
    if (current && row.ok()) rows_.Keep(point.revision, kind, *row);
    return row;
  }
  absl::Status Scan(const auth::Grant& grant, Kind kind, const Range& range,
                    absl::FunctionRef<bool(const Row&)> visit) const override {
    if (!state_.HasKind(kind)) return absl::OkStatus();
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.Scan(grant, kind, range, visit);
  }
  absl::Status ScanObservations(
      const auth::Grant& grant, absl::string_view release, int64_t after_ordinal,
      absl::FunctionRef<bool(const ObservationRow&)> visit) const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.ScanObservations(grant, release, after_ordinal, visit);
  }
  absl::Status ScanLines(const auth::Grant& grant, absl::string_view release, int64_t after_ordinal,
                         absl::FunctionRef<bool(const LineRow&)> visit) const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.ScanLines(grant, release, after_ordinal, visit);
  }
  absl::StatusOr<std::vector<Recipient>> ReadRecipients(const auth::Grant& grant,
                                                        absl::string_view release) const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.ReadRecipients(grant, release);
  }
  absl::Status ScanSubmitted(const auth::Grant& grant, const FigureRange& range, ReadPoint point,
                             absl::FunctionRef<bool(const FigureRow&)> visit) const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.ScanSubmitted(grant, range, point, visit);
  }
  absl::StatusOr<std::vector<std::string>> UnappliedSubmissions() const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.UnappliedSubmissions();
  }
  absl::StatusOr<State> ReadState() const override { return state_.Get(); }
  absl::StatusOr<auth::Policy::Source> ReadPolicy(absl::Time as_of) const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    // One read transaction, so that revision and rows belong together.
    RETURN_IF_ERROR(lease->connection.Execute("BEGIN"));
    absl::StatusOr<auth::Policy::Source> source = lease->reading.ReadPolicy(as_of);
    RETURN_IF_ERROR(lease->connection.Execute("COMMIT"));
    return source;
  }
  absl::StatusOr<int64_t> QuotaUsed(absl::CivilDay day, absl::string_view subject) const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.QuotaUsed(day, subject);
  }
  const std::string& page_token_key() const override { return writer_->page_token_key; }

  absl::Status ClaimLog(absl::string_view origin) override {
    ASSIGN_OR_RETURN(const std::string claimed,
                     SetOnce(*writer_, "log_origin", [&] { return std::string(origin); }));
    if (claimed == origin) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat(
        "the database holds the audit log ", claimed, ", not ", origin,
        ": a log's name is never changed; set log_origin back, or begin a new database"));
  }
  absl::Status SucceedLog(absl::string_view origin) override {
    RETURN_IF_ERROR(writer_->begin.Start().Run());
    absl::Status succeeded = [&]() -> absl::Status {
      RETURN_IF_ERROR(writer_->connection.Execute(
          "DELETE FROM audit; DELETE FROM audit_seen_by; DELETE FROM audit_hour; "
          "DELETE FROM audit_tile; DELETE FROM open_stream; DELETE FROM meta WHERE key='signed'"));
      Query query = writer_->put_meta.Start();
      query.Bind(absl::string_view("log_origin")).BindBlob(origin);
      return query.Run();
    }();
    if (succeeded.ok()) return writer_->commit.Start().Run();
    writer_->connection.Execute("ROLLBACK").IgnoreError();
    return succeeded;
  }
  absl::StatusOr<std::string> LogOrigin() const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.Meta("log_origin");
  }
  absl::StatusOr<uint64_t> AuditSize() const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.AuditSize();
  }
  absl::StatusOr<uint64_t> AuditMinimum() const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.AuditMinimum();
  }
  absl::Status ScanLeaves(uint64_t first,
                          absl::FunctionRef<bool(const AuditRow&)> visit) const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.ScanLeaves(first, visit);
  }
  absl::StatusOr<std::string> ReadTile(int level, uint64_t index) const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.ReadTile(level, index);
  }
  absl::StatusOr<bool> WasSigned() const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    ASSIGN_OR_RETURN(const std::string value, lease->reading.Meta("signed"));
    return !value.empty();
  }
  absl::Status NoteSigned() override {
    return SetOnce(*writer_, "signed", [] { return std::string("1"); }).status();
  }
  absl::Status ScanAudit(const auth::Grant& grant, const AuditRange& range,
                         absl::FunctionRef<bool(const AuditRow&)> visit) const override {
    // What is not the auditor's is the caller's own agency's.
    if (!grant.sees_all_agencies() && range.agency != grant.agency()) return grant.OutOfScope();
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.ScanAudit(range, visit);
  }
  absl::StatusOr<AuditSpan> AuditIndexesBetween(absl::Time from, absl::Time to) const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.AuditIndexesBetween(from, to);
  }
  absl::StatusOr<std::vector<AuditRow>> OpenStreams() const override {
    ASSIGN_OR_RETURN(const Lease lease, Borrow());
    return lease->reading.OpenStreams();
  }

  absl::StatusOr<std::unique_ptr<Batch>> BeginBatch() override {
    RETURN_IF_ERROR(writer_->begin.Start().Run());
    return std::make_unique<SqliteBatch>(*writer_, state_);
  }

 private:
  struct GiveBack {
    const SqliteStore* store;
    void operator()(ReadConnection* connection) const {
      absl::MutexLock lock(&store->mutex_);
      store->idle_.emplace_back(connection);
    }
  };
  using Lease = std::unique_ptr<ReadConnection, GiveBack>;

  // A connection of its own for each read in hand.
  absl::StatusOr<Lease> Borrow() const {
    {
      absl::MutexLock lock(&mutex_);
      if (!idle_.empty()) {
        Lease lease(idle_.back().release(), GiveBack{this});
        idle_.pop_back();
        return lease;
      }
    }
    ASSIGN_OR_RETURN(Connection connection, Connection::Open(path_, Connection::Mode::kReader));
    ASSIGN_OR_RETURN(Reading reading, Reading::Prepare(connection));
    return Lease(new ReadConnection{std::move(connection), std::move(reading)}, GiveBack{this});
  }

  const std::string path_;
  const ProcessLock lock_;
  const std::unique_ptr<Writer> writer_;
  CommittedState state_;
  mutable RowCache rows_;
  mutable absl::Mutex mutex_;
  mutable std::vector<std::unique_ptr<ReadConnection>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::string& path) {
  ASSIGN_OR_RETURN(ProcessLock lock, ProcessLock::Take(path, "the database"));
  ASSIGN_OR_RETURN(Connection connection, Connection::Open(path, Connection::Mode::kWriter));
  RETURN_IF_ERROR(Migrate(connection));
  // The write-ahead log is there from now on. SQLite syncs its name too, but does
  // not say when that fails.
  const std::string folder = std::filesystem::path(path).parent_path().string();
  RETURN_IF_ERROR(SyncFolder(folder.empty() ? "." : folder));
  ASSIGN_OR_RETURN(std::unique_ptr<Writer> writer, PrepareWriter(std::move(connection)));
  ASSIGN_OR_RETURN(writer->page_token_key,
                   SetOnce(*writer, "page_token_key", [] { return RandomBytes(32); }));
  ASSIGN_OR_RETURN(const Store::State state, writer->reading.ReadState());
  ASSIGN_OR_RETURN(absl::flat_hash_set<Kind> kinds, writer->reading.Kinds());
  return std::make_unique<SqliteStore>(path, std::move(lock), std::move(writer), state,
                                       std::move(kinds));
}

}  // namespace concordat::store
