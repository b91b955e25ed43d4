// The log's checkpoints: what it signs, keeps apart and shows (C2SP tlog-checkpoint
// v1.0.0).
#ifndef CONCORDAT_SERVER_AUDIT_CHECKPOINTER_H_
#define CONCORDAT_SERVER_AUDIT_CHECKPOINTER_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "server/store/store.h"
#include "tlog/checkpoint.h"
#include "tlog/compact_range.h"
#include "tlog/note_key.h"

namespace concordat::audit {

// A checkpoint that was signed and is kept.
struct KeptCheckpoint {
  tlog::Checkpoint checkpoint;
  // The text that is signed.
  std::string text;
  // The signed note, with the cosignatures so far.
  std::string note;
  // How many of the configured witnesses cosigned it.
  int cosignatures = 0;
  // By the server's clock; nothing for one of an earlier process.
  std::optional<absl::Time> signed_at;
};

// Signs the tree as it grows. Each time it hashes the new records again, from the
// bytes on disk, and compares what follows with the tree that the log made while it
// wrote them, and with the stored tiles: one bit that turned in between is found
// before it is signed, and not after. The last
// checkpoint is kept in a file apart from the database, and only what is kept there
// is shown to anyone: a database that was put back to an earlier state is found at
// the next start, and is not served. Thread-safe.
class Checkpointer {
 public:
  struct Options {
    // The log's name.
    std::string origin;
    // Ed25519, named as the origin: one, or two while the key is changed. Each
    // signs.
    std::vector<tlog::SignerKey> keys;
    // Where the last checkpoint is kept.
    std::string file;
    // How long a record waits for its checkpoint, and how many wait at most.
    absl::Duration interval = absl::Seconds(5);
    uint64_t records = 10000;
    // The witnesses' keys.
    std::vector<tlog::VerifierKey> witness_keys;
    // So many witnesses have to cosign, and how old the oldest record without may be.
    int required_cosignatures = 0;
    absl::Duration cosignature_patience = absl::Seconds(60);
  };
  // Called on the checkpointer's thread, or on the one that brought a cosignature.
  struct Hooks {
    // Records or tiles are not what they were; nothing is signed from then on.
    std::function<void(const absl::Status&)> on_damage;
    // A checkpoint was signed and is kept.
    std::function<void(const KeptCheckpoint&)> on_signed;
    // Whether the log may go on, as far as witnesses are concerned. Only called when
    // that changes; at first it may. On a witness's thread too.
    std::function<void(bool)> on_witnessed;
  };
  // Numbers since the start.
  struct Counters {
    std::atomic<int64_t> checkpoints{0};
    std::atomic<int64_t> failures{0};
  };

  // Compares the store with the checkpoint that is kept, before anything is written
  // to it; the first time, signs and keeps one. FAILED_PRECONDITION when the store is
  // behind it, it is missing or another log's; DATA_LOSS when the store's records are
  // not those that it covers. The message says what to do. Store and clock outlive
  // the checkpointer.
  static absl::StatusOr<std::unique_ptr<Checkpointer>> Open(store::Store& store, const Clock& clock,
                                                            Options options);
  // Signs what is durable, if Run was called, and stops.
  ~Checkpointer();

  // Starts to sign. Call once.
  void Run(Hooks hooks);
  // The log has so many durable records, and this was the root of their tree when
  // they were written.
  void Grown(uint64_t size, std::string root);
  // Number of durable records.
  uint64_t size() const;
  // A verified cosignature of the checkpoint with this text, by one of
  // `witness_keys`. Of an older one, or twice by one witness: ignored.
  void AddCosignature(const std::string& text, const tlog::NoteSignature& signature);

  // One more of the witnesses contradicts this log, or one less: it has seen another
  // history. One that does so cannot cosign, and so the log may not go on at once when
  // too few others are left, however young its records are.
  void NoteContradiction(bool contradicts);

  // The last one. Never null.
  std::shared_ptr<const KeptCheckpoint> Last() const;
  // What verifies its signatures, the key that stays first.
  std::vector<tlog::VerifierKey> VerifierKeys() const;
  const Counters& counters() const { return counters_; }

 private:
  using Moment = std::chrono::steady_clock::time_point;
  // What is on disk.
  struct Durable {
    uint64_t size = 0;
    // The root when it was written; nothing of what an earlier process wrote.
    std::optional<std::string> root;
  };

  Checkpointer(store::Store& store, const Clock& clock, Options options);

  // Takes over the checkpoint that is kept.
  absl::Status Resume(const std::string& note);
  // Has each key sign it that has not, so that the next start may know that key alone.
  absl::Status SignWithNewKeys(KeptCheckpoint kept) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether the store's tree begins with the tree of the checkpoint.
  absl::Status CompareWithStore(const tlog::Checkpoint& checkpoint);
  // The loop of the thread.
  void Watch();
  bool IsDue(Moment now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SignWhatIsDue(Moment now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Sign(const Durable& durable) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Hashes the stored records up to `size`.
  absl::Status HashTo(uint64_t size) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Writes the file, unless somebody else has, and shows the checkpoint.
  absl::Status Keep(KeptCheckpoint checkpoint) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void JudgeWitnesses(Moment now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Fail(const absl::Status& cause) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  store::Store& store_;
  const Clock& clock_;
  const Options options_;
  Hooks hooks_;
  Counters counters_;

  // Held while a checkpoint is made.
  absl::Mutex mutex_;
  tlog::CompactRange range_ ABSL_GUARDED_BY(mutex_);
  // What the file holds, if it is not the last one: a write of it that failed may
  // have come as far as that.
  std::string attempted_ ABSL_GUARDED_BY(mutex_);
  bool damaged_ ABSL_GUARDED_BY(mutex_) = false;
  bool failing_ ABSL_GUARDED_BY(mutex_) = false;
  bool witnessed_ ABSL_GUARDED_BY(mutex_) = true;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  // Witnesses that contradict this log.
  int contradicting_ ABSL_GUARDED_BY(mutex_) = 0;
  // When the last one was tried.
  Moment tried_at_ ABSL_GUARDED_BY(mutex_);
  // When the last one was signed.
  Moment signed_at_ ABSL_GUARDED_BY(mutex_);
  // Every record older than this is covered by enough cosignatures.
  uint64_t witnessed_size_ ABSL_GUARDED_BY(mutex_) = 0;
  Moment covered_until_ ABSL_GUARDED_BY(mutex_);

  mutable absl::Mutex durable_mutex_ ABSL_ACQUIRED_AFTER(mutex_);
  Durable durable_ ABSL_GUARDED_BY(durable_mutex_);
  mutable absl::Mutex last_mutex_ ABSL_ACQUIRED_AFTER(mutex_);
  std::shared_ptr<const KeptCheckpoint> last_ ABSL_GUARDED_BY(last_mutex_);
  std::thread thread_;
};

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_CHECKPOINTER_H_
