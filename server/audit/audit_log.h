// The audit log: one thread that makes records durable, many at a time, and
// then lets their answers go. It is also the only writer of the store, so that
// a change, the answer to its request id and its audit record commit together.
#ifndef CONCORDAT_SERVER_AUDIT_AUDIT_LOG_H_
#define CONCORDAT_SERVER_AUDIT_AUDIT_LOG_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "base/clock.h"
#include "concordat/v1/audit.pb.h"
#include "server/audit/tile_tree.h"
#include "server/store/store.h"

namespace concordat::audit {

// One thing for the log to make durable. Made and completed exactly once.
//
// The log calls Prepare on its thread while a batch is open, and then, when the
// batch is on disk or has failed, Done on the same thread.
class Entry {
 public:
  virtual ~Entry() = default;

  // Fills in `record`, which is empty, but for what the log adds: schema version,
  // origin, salt, sequence, build and index. A change is made here, through
  // `batch`: an error of the change itself is no error of Prepare, it is what the
  // record says. An error of Prepare stops the log.
  virtual absl::Status Prepare(store::Batch& batch, v1::AuditRecord& record) = 0;

  // Whether Prepare fills in a record. If not, it only writes through the batch what
  // nobody sees before an entry with a record makes it seen, and is given an empty
  // receipt. Asked before Prepare.
  virtual bool is_recorded() const { return true; }

  // The agency that contributed what the record's `resource` names, which sees the
  // record as its contributors do, even if the call was refused. Empty when none
  // did. Asked after Prepare; valid until Done.
  virtual absl::string_view resource_owner() const { return {}; }

  // The record is durable and `receipt` names it; or it is AUDIT_UNAVAILABLE, and
  // the next start finds all of the entry or nothing: a write that failed to be
  // synced may be there all the same. The log forgets the entry before it
  // calls this, so that the entry may delete itself.
  virtual void Done(absl::StatusOr<v1::Receipt> receipt) = 0;
};

// Thread-safe.
class AuditLog {
 public:
  struct Options {
    // The log's name, such as `lancashire.example/audit`.
    std::string origin;
    // The server's build, written into each record.
    std::string build;
    // Called on the log's thread after a batch that changed agencies, clients
    // or agreements is durable, and before its answers leave. An error stops
    // the log.
    absl::AnyInvocable<absl::Status()> on_policy_change;
    // Called on the log's thread when so many records are durable, whose tree had
    // this root when they were written.
    absl::AnyInvocable<void(uint64_t size, std::string root)> on_durable;
    // Called once, when the log stops for good.
    absl::AnyInvocable<void(const absl::Status&)> on_stopped;
  };

  // Starts the log's thread. Ends the streams that the last process left open.
  // FAILED_PRECONDITION when the store is the log of another origin; DATA_LOSS when
  // its last records are not those that its tree was made of.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Start(store::Store& store, const Clock& clock,
                                                         Options options);
  // As Close.
  ~AuditLog();

  // Makes durable what was handed in before, and ends the log's thread. Whatever is
  // handed in later is refused. Call on one thread.
  void Close();

  // Hands `entry` in. It is not owned: it lives until its Done was called,
  // which is always called, at once when the log has stopped.
  void Append(Entry& entry);

  // Whether the log can still make records durable. After a failed write or
  // sync it cannot, until the server is started again: what the disk holds is
  // then not known, and a second sync may claim what the first one lost.
  bool healthy() const { return !failed_.load(std::memory_order_acquire); }
  // Stops it for good, as a failed write does: what is stored was found damaged.
  void Stop(const absl::Status& cause);

  // Whether calls are answered: not while too few witnesses know of the log's growth.
  // What is under way then, the end of a stream, is still recorded.
  bool witnessed() const { return witnessed_.load(std::memory_order_acquire); }
  void SetWitnessed(bool witnessed) { witnessed_.store(witnessed, std::memory_order_release); }

 private:
  AuditLog(store::Store& store, const Clock& clock, Options options);

  // Takes up the log where the last process left it.
  absl::Status Resume();
  absl::Status EndInterruptedStreams(store::Batch& batch);
  void Run();
  // Makes the first entries durable, together, and completes them; returns how
  // many. All of them, but none after one that changes the policy or has no record.
  size_t CommitSome(absl::Span<Entry* const> entries);
  absl::StatusOr<v1::Receipt> AppendOne(store::Batch& batch, v1::AuditRecord& record,
                                        absl::string_view resource_owner);

  store::Store& store_;
  const Clock& clock_;
  Options options_;
  std::atomic<bool> failed_{false};
  std::atomic<bool> witnessed_{true};

  // Touched by the log's thread alone, once it runs.
  TileTree tree_;
  uint64_t sequence_ = 0;
  // Used for one entry after the other, so that its memory is not made anew.
  v1::AuditRecord record_;
  // Salts are drawn many at a time.
  std::string salts_;
  size_t salts_used_ = 0;
  std::vector<absl::string_view> concerned_;
  std::vector<absl::StatusOr<v1::Receipt>> receipts_;

  absl::Mutex mutex_;
  std::vector<Entry*> waiting_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// Makes one record durable that `prepare` fills in, as Entry::Prepare, and waits for it.
// Not on the log's thread.
absl::Status AppendAndWait(
    AuditLog& log,
    absl::FunctionRef<absl::Status(store::Batch& batch, v1::AuditRecord& record)> prepare);

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_AUDIT_LOG_H_
