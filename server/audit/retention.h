// Retention: records that are old enough leave the database for an archive, and the
// tree stays provable.
#ifndef CONCORDAT_SERVER_AUDIT_RETENTION_H_
#define CONCORDAT_SERVER_AUDIT_RETENTION_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "server/audit/archive.h"
#include "server/audit/audit_log.h"
#include "server/store/store.h"

namespace concordat::audit {

// Archives whole entry bundles in the layout of C2SP tlog-tiles, verifies what it wrote
// by what it reads back, and only then has the log drop them, with a record that says
// so in the same commit. It is the only part of the server that deletes a record. The
// tree's tiles stay in the database, and are in the archive too. Thread-safe.
class Retention {
 public:
  // The last checkpoint that is signed and kept.
  struct LastCheckpoint {
    // Records that it covers.
    uint64_t size = 0;
    // The signed note.
    std::string note;
  };
  struct Options {
    // Records are kept at least so long.
    absl::Duration keep;
    // The archive. Made when it is not there.
    std::string archive_directory;
    std::function<LastCheckpoint()> last_checkpoint;
    // Time between two passes.
    absl::Duration interval = absl::Hours(1);
  };
  // Numbers since the start.
  struct Counters {
    std::atomic<int64_t> dropped_records{0};
    std::atomic<int64_t> failures{0};
  };

  // Store, log and clock outlive it.
  Retention(store::Store& store, AuditLog& log, const Clock& clock, Options options);
  // Waits for the pass in hand, which ends at its next bundles.
  ~Retention();

  // Starts passes on a thread of its own, the first at once. One that fails is in the
  // server's log, and the next one tries again. Call once.
  void Start();

  // One pass: archives and drops the bundles all of whose records are older than `keep`,
  // that the last checkpoint covers, and that lie before every opening of a stream that
  // is still open. DATA_LOSS when the records do not agree with the tree;
  // FAILED_PRECONDITION when a file of the archive is there and says something else;
  // UNAVAILABLE when the archive cannot be written. What could not be archived and
  // verified is not dropped.
  absl::Status Pass() ABSL_LOCKS_EXCLUDED(pass_mutex_);

  const Counters& counters() const { return counters_; }

 private:
  void Loop();
  bool closing() const ABSL_LOCKS_EXCLUDED(mutex_);
  // The first record that stays, by age and by open streams: a multiple of 256.
  absl::StatusOr<uint64_t> EndOfOld(uint64_t minimum, uint64_t covered) const;
  // Archives the records from `first` to before `end`, both multiples of 256, and the
  // tiles and the note of the checkpoint.
  absl::Status Keep(uint64_t first, uint64_t end, const LastCheckpoint& checkpoint) const;
  // Has the log drop them, and waits until that is durable.
  absl::Status Drop(uint64_t first, uint64_t end);

  store::Store& store_;
  AuditLog& log_;
  const Clock& clock_;
  const Options options_;
  const Archive archive_;
  Counters counters_;

  // Held during a pass.
  absl::Mutex pass_mutex_;
  mutable absl::Mutex mutex_;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_RETENTION_H_
