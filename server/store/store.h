// The store: what is kept, and the promises that every implementation makes.
//
// Everything but figures and audit records is a *resource*: a proto message
// under a name, of which every revision is kept. A release's figures never change;
// submitted ones are kept revision beside revision, and are seen when their
// submission was applied (figures.h). There is one writer: a Transaction exists only on the
// audit log's thread, so that a change and its audit record commit together.
#ifndef CONCORDAT_SERVER_STORE_STORE_H_
#define CONCORDAT_SERVER_STORE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "auth/grant.h"
#include "auth/policy.h"
#include "server/store/figures.h"
#include "server/store/line_page.h"

namespace concordat::store {

// The kinds of resource. The numbers are stored: never renumber.
enum class Kind {
  kAgency = 1,
  kClient = 2,
  kArea = 3,
  kAgreement = 4,
  kPlan = 5,
  kAction = 6,
  kMeasure = 7,
  kRelease = 8,
  kProgressReport = 9,
  kSubmission = 10,
  // What was said about a return, and when it was chased.
  kReturn = 11,
};

// The kind as messages name it, such as `Action`.
absl::string_view KindName(Kind kind);

// Which revisions a read sees: those committed at or before `revision` whose
// recorded time is before `as_of`.
struct ReadPoint {
  // The store's revision: it rises by one with every change.
  int64_t revision = 0;
  absl::Time as_of = absl::InfiniteFuture();
};

// One revision of a resource.
struct Row {
  std::string name;
  int64_t revision = 0;
  // When it became known: the commit, or an imported document's date.
  absl::Time recorded;
  // When it was committed, by the server's clock. Strictly rising.
  absl::Time committed;
  // The resource is no longer current from this revision on.
  bool removed = false;
  // `recorded` is a document's date.
  bool imported = false;
  // What the scope of a grant is judged by beside the name.
  std::vector<std::string> topics;
  // The serialised message, without its output-only fields.
  std::string body;
};

// One figure of a release, in the release's order.
struct ObservationRow {
  int64_t ordinal = 0;
  std::string measure;
  std::string area;
  int level = 0;
  std::vector<std::string> topics;
  // The serialised v1::Observation.
  std::string body;
};

// One agency that has had figures of a release.
struct Recipient {
  // `agencies/{agency}`.
  std::string agency;
  // Under which it last had some, `agreements/{agreement}`, and its version then.
  std::string agreement;
  int64_t agreement_version = 0;
  // When it first and last had some.
  absl::Time first;
  absl::Time last;
};

// One record of the audit log. `record` is the leaf.
struct AuditRow {
  uint64_t index = 0;
  std::string record;
};

// A redaction that an administrator proposed; of its terms only a digest is kept.
struct RedactionProposal {
  // `agencies/{agency}/clients/{client}`.
  std::string client;
  absl::Time time;
};

// What decides whether a resource of `kind` is in the scope of `grant`. For a
// topic-limited grant a missing row is out of scope, so that the answer says
// nothing about what exists.
absl::Status JudgeScope(const auth::Grant& grant, Kind kind, absl::string_view name,
                        const std::vector<std::string>* topics);

// Reads. Implementations are thread-safe; each call sees one consistent state.
class Reader {
 public:
  virtual ~Reader() = default;

  // The newest visible revision. RESOURCE_NOT_FOUND when there is none or it is
  // a removal; OUT_OF_SCOPE when the grant does not cover it.
  virtual absl::StatusOr<Row> Find(const auth::Grant& grant, Kind kind, absl::string_view name,
                                   ReadPoint point) const = 0;

  struct Range {
    // Names that start with this; empty for all of the kind.
    std::string prefix;
    // Only names after this one; empty from the beginning.
    std::string after;
    ReadPoint point;
    // Only resources whose newest visible revision was committed at or after
    // this; removals are then included. Where the grant is limited to topics, a
    // resource that such a revision took out of them is visited as it last
    // stood in scope, and removed; what was out of scope before is not.
    std::optional<absl::Time> changed_since;
  };
  // Calls `visit` with the newest visible revision of each resource in the
  // range that the grant covers, by name, until it returns false.
  virtual absl::Status Scan(const auth::Grant& grant, Kind kind, const Range& range,
                            absl::FunctionRef<bool(const Row&)> visit) const = 0;

  // Calls `visit` with the figures of one release after `after_ordinal` that
  // the grant covers, in order, until it returns false.
  virtual absl::Status ScanObservations(
      const auth::Grant& grant, absl::string_view release, int64_t after_ordinal,
      absl::FunctionRef<bool(const ObservationRow&)> visit) const = 0;

  // Calls `visit` with the lines of one release after `after_ordinal` that the grant
  // covers, in order, until it returns false. None when none were put.
  virtual absl::Status ScanLines(const auth::Grant& grant, absl::string_view release,
                                 int64_t after_ordinal,
                                 absl::FunctionRef<bool(const LineRow&)> visit) const = 0;

  // Who has had figures of a release, by agency. OUT_OF_SCOPE when the grant does not
  // cover the release.
  virtual absl::StatusOr<std::vector<Recipient>> ReadRecipients(
      const auth::Grant& grant, absl::string_view release) const = 0;

  // Calls `visit` with submitted figures, by key, until it returns false: those whose
  // submission is visible at `point`. A grant of a role, or one that sees all agencies,
  // covers all; one of SELF those that its own agency provides; one of an agreement is
  // OUT_OF_SCOPE, since figures leave in releases alone.
  virtual absl::Status ScanSubmitted(const auth::Grant& grant, const FigureRange& range,
                                     ReadPoint point,
                                     absl::FunctionRef<bool(const FigureRow&)> visit) const = 0;
};

// The one writer's view while a batch is being committed.
class Transaction : public Reader {
 public:
  // Stores a new revision. `row.revision` and `row.committed` are set by the
  // store. The grant covers the resource, else OUT_OF_SCOPE.
  virtual absl::StatusOr<int64_t> Put(const auth::Grant& grant, Kind kind, Row row) = 0;

  // Stores the figures of a release; FAILED_PRECONDITION when it has any.
  virtual absl::Status PutObservations(const auth::Grant& grant, absl::string_view release,
                                       const std::vector<ObservationRow>& rows) = 0;

  // Stores lines of a release, in order, after those that it has: as one page, so
  // together of LinePage::kMostBytes, or one line.
  virtual absl::Status PutLines(const auth::Grant& grant, absl::string_view release,
                                absl::Span<const LineRow> lines) = 0;

  // Makes the figures that were staged for the submission `row.name` visible, all at
  // once and however many there are, and stores `row` as that resource.
  // FAILED_PRECONDITION when it was applied before.
  virtual absl::Status ApplySubmission(const auth::Grant& grant, Row row) = 0;

  // What redaction alone may do (docs/decisions/redaction.md): change what was
  // written, where it stands. What was there is then in no byte of the store's files,
  // once the batch is committed.
  //
  // Calls `visit` with every revision of a resource, removals too, newest first, until
  // it returns false. OUT_OF_SCOPE when the grant does not cover one of them.
  virtual absl::Status ScanRevisions(const auth::Grant& grant, Kind kind, absl::string_view name,
                                     absl::FunctionRef<bool(const Row&)> visit) const = 0;
  // Puts `row.body` in the place of the body of `row.revision`. All else of the row
  // stays, but its commit is now this one, so that `changed_since` finds it.
  virtual absl::Status RewriteRevision(const auth::Grant& grant, Kind kind, const Row& row) = 0;
  // Puts `row.body` in the place of the body of the figure `row.ordinal`.
  virtual absl::Status RewriteObservation(const auth::Grant& grant, absl::string_view release,
                                          const ObservationRow& row) = 0;
  // Drops the lines of a release, which are to be put anew.
  virtual absl::Status DropLines(const auth::Grant& grant, absl::string_view release) = 0;
  // Calls `visit` with every applied revision of the figures of which the submission has
  // one, those of other submissions too, whose body holds the bytes of `text`, until it
  // returns false. `revision` and `recorded` are not given. OUT_OF_SCOPE when the grant
  // does not cover the submission.
  virtual absl::Status ScanFiguresWithText(
      const auth::Grant& grant, absl::string_view submission, absl::string_view text,
      absl::FunctionRef<bool(const FigureRow&)> visit) const = 0;
  // Puts `row.body` in the place of the body of the figure that `row.submission` has
  // under `row.measure` and `row.key`.
  virtual absl::Status RewriteFigure(const auth::Grant& grant, const FigureRow& row) = 0;
  // Calls `rewrite` with the method and the reply of each reply to a request id that
  // holds the bytes of `text`, and puts what it gives in the reply's place.
  virtual absl::Status RewriteReplies(absl::string_view text,
                                      absl::FunctionRef<absl::StatusOr<std::string>(
                                          absl::string_view method, absl::string_view reply)>
                                          rewrite) = 0;

  // The redaction that was proposed under `digest` at `not_before` or later.
  virtual absl::StatusOr<std::optional<RedactionProposal>> FindProposal(
      absl::string_view digest, absl::Time not_before) const = 0;
  // Remembers one, in the place of an earlier one of the same digest, and forgets those
  // made before `forget_before`.
  virtual absl::Status PutProposal(absl::string_view digest, const RedactionProposal& proposal,
                                   absl::Time forget_before) = 0;
  virtual absl::Status DropProposal(absl::string_view digest) = 0;

  // HMAC-SHA-256 of `bytes` under the store's page_token_key, 32 bytes: for digests of
  // what somebody could guess.
  virtual std::string KeyedDigest(absl::string_view bytes) const = 0;

  // A ReadPoint that sees everything, this transaction's own changes too.
  virtual ReadPoint Latest() const = 0;
  // The time that this change is committed at.
  virtual absl::Time CommitTime() const = 0;
};

// What was answered to a request id, so that a repeated call is not done twice.
struct StoredReply {
  // Of the request, keyed (Transaction::KeyedDigest): it may hold what somebody could
  // guess.
  std::string request_digest;
  std::string reply;
};

// The writer's side: used by the audit log alone, on its thread.
class Batch {
 public:
  virtual ~Batch() = default;

  // Begins one change. Its reads and writes go through transaction().
  virtual absl::Status BeginChange(absl::Time now) = 0;
  virtual Transaction& transaction() = 0;
  // Keeps the change within the batch, or undoes it alone.
  virtual absl::Status KeepChange() = 0;
  virtual absl::Status UndoChange() = 0;
  // Whether any kept change touched what ReadPolicy reads.
  virtual bool policy_changed() const = 0;

  // What was answered within the 30 days before `now`.
  virtual absl::StatusOr<std::optional<StoredReply>> FindReply(absl::string_view client,
                                                               absl::string_view method,
                                                               absl::string_view request_id,
                                                               absl::Time now) = 0;
  virtual absl::Status PutReply(absl::string_view client, absl::string_view method,
                                absl::string_view request_id, const StoredReply& reply,
                                absl::Time now) = 0;

  // What a record is found by. `agency` and `resource` are as in the record.
  struct AuditColumns {
    absl::Time time;
    absl::string_view agency;
    absl::string_view resource;
    // Further agencies that may see the record, none of them `agency`, each once.
    absl::Span<const absl::string_view> concerned = {};
  };
  // Appends the record of index `index`, which is the number of records so far.
  virtual absl::Status AppendAudit(uint64_t index, const AuditColumns& columns,
                                   absl::string_view record) = 0;
  // Remembers for good that the agency has figures of a release; DropAudit does not
  // forget it. Where it had some before, `first` stays what it was.
  virtual absl::Status AddRecipient(absl::string_view release, const Recipient& recipient) = 0;
  // Stores a tile of the log's tree (C2SP tlog-tiles): the hashes, 32 bytes each,
  // that the level has of it now. Of level 0 whole tiles alone; what is left over is
  // hashed from the records again.
  virtual absl::Status PutTile(int level, uint64_t index, absl::string_view hashes) = 0;
  // Forgets the records before `end`, a multiple of 256, which retention has
  // archived. Their tiles stay.
  virtual absl::Status DropAudit(uint64_t end) = 0;
  // Remembers a stream that was opened, and forgets it when it ends.
  virtual absl::Status MarkStreamOpen(uint64_t index) = 0;
  virtual absl::Status MarkStreamEnded(uint64_t opening_index) = 0;

  // What was used of a daily quota, this batch's own use too; 0 when nothing was.
  virtual absl::StatusOr<int64_t> QuotaUsed(absl::CivilDay day, absl::string_view subject) = 0;
  // Uses `amount` more of it, or less when negative. What earlier days used is
  // forgotten after a week.
  virtual absl::Status AddToQuota(absl::CivilDay day, absl::string_view subject,
                                  int64_t amount) = 0;

  // Keeps figures for a submission of `provider`, `agencies/{agency}`, that nobody sees
  // before Transaction::ApplySubmission. It is no change: the store's revision stays.
  // At most kMostStaged, so that the writer is never held for long. Returns which of
  // `rows` were not kept, by index, because the submission has a figure of their key
  // already. FAILED_PRECONDITION when it was applied.
  static constexpr size_t kMostStaged = 2000;
  virtual absl::StatusOr<std::vector<size_t>> StageFigures(absl::string_view submission,
                                                           absl::string_view provider,
                                                           absl::Span<const FigureRow> rows) = 0;
  // Drops some of them again, by measure and key; at most kMostStaged.
  virtual absl::Status UnstageFigures(absl::string_view submission,
                                      absl::Span<const FigureRow> rows) = 0;
  // Drops up to `most` of all that was staged for a submission that was not applied.
  // Returns whether more is left.
  virtual absl::StatusOr<bool> DropStaged(absl::string_view submission, size_t most) = 0;

  // Makes the batch durable. After an error nothing of it is kept, and what the
  // disk holds is not known: the caller stops writing.
  virtual absl::Status Commit() = 0;
};

// One database. Thread-safe, but for Batch.
class Store : public Reader {
 public:
  // The store's revision and the time of its last change, read together.
  struct State {
    int64_t revision = 0;
    absl::Time last_change = absl::InfinitePast();
  };
  virtual absl::StatusOr<State> ReadState() const = 0;

  // Agencies, clients and agreements as they were known before `as_of`, and whose
  // each plan and measure then was: what grants are made of.
  virtual absl::StatusOr<auth::Policy::Source> ReadPolicy(
      absl::Time as_of = absl::InfiniteFuture()) const = 0;

  // What was used of a daily quota; 0 when nothing was.
  virtual absl::StatusOr<int64_t> QuotaUsed(absl::CivilDay day,
                                            absl::string_view subject) const = 0;

  // 32 random bytes made with the database: authenticates page tokens.
  virtual const std::string& page_token_key() const = 0;

  // Makes the store the audit log `origin`'s for ever, or does nothing when it is:
  // FAILED_PRECONDITION when it is another log's, since receipts name the log.
  virtual absl::Status ClaimLog(absl::string_view origin) = 0;
  // Makes the store the audit log `origin`'s in place of the one that it is, and
  // forgets that one's records, tiles and open streams: the caller has archived them.
  // Call while no batch is open.
  virtual absl::Status SucceedLog(absl::string_view origin) = 0;
  // Whose log the store is; empty while it is nobody's.
  virtual absl::StatusOr<std::string> LogOrigin() const = 0;
  // Number of audit records, dropped ones too: the index of the next.
  virtual absl::StatusOr<uint64_t> AuditSize() const = 0;
  // Index of the first record that retention has not dropped.
  virtual absl::StatusOr<uint64_t> AuditMinimum() const = 0;
  // Calls `visit` with the records from `first` on, in order, until it returns
  // false. For the log itself and those to whom it shows its leaves.
  virtual absl::Status ScanLeaves(uint64_t first,
                                  absl::FunctionRef<bool(const AuditRow&)> visit) const = 0;
  // A tile as it was last put; empty when it never was.
  virtual absl::StatusOr<std::string> ReadTile(int level, uint64_t index) const = 0;
  // Whether NoteSigned was called, once in the life of the log: from then on, the
  // checkpoint kept elsewhere must be there.
  virtual absl::StatusOr<bool> WasSigned() const = 0;
  // Call while no batch is open.
  virtual absl::Status NoteSigned() = 0;
  struct AuditRange {
    // Only records before this index.
    uint64_t before = UINT64_MAX;
    std::optional<absl::Time> from;
    std::optional<absl::Time> to;
    // Only records that this agency may see: those of its own clients, and those
    // that were appended as concerning it. Empty for all.
    std::string agency;
  };
  // Calls `visit` with records, newest first, until it returns false. The cost is
  // that of the records visited, however long the log is.
  virtual absl::Status ScanAudit(const auth::Grant& grant, const AuditRange& range,
                                 absl::FunctionRef<bool(const AuditRow&)> visit) const = 0;
  // Indexes from `begin` on and before `end`.
  struct AuditSpan {
    uint64_t begin = 0;
    uint64_t end = 0;
  };
  // A span outside of which no record was made at or after `from` and before `to`,
  // dropped records too: at most an hour's records longer at each end than it needs
  // to be, while the clock does not go back. Empty when there was no record.
  virtual absl::StatusOr<AuditSpan> AuditIndexesBetween(absl::Time from, absl::Time to) const = 0;
  // Openings of streams that have no ending.
  virtual absl::StatusOr<std::vector<AuditRow>> OpenStreams() const = 0;

  // Submissions that were neither applied nor dropped, by name.
  virtual absl::StatusOr<std::vector<std::string>> UnappliedSubmissions() const = 0;

  // Begins a batch. Only one may exist.
  virtual absl::StatusOr<std::unique_ptr<Batch>> BeginBatch() = 0;
};

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_STORE_H_
