// Sends the log's checkpoints to its witnesses.
#ifndef CONCORDAT_SERVER_AUDIT_WITNESSING_H_
#define CONCORDAT_SERVER_AUDIT_WITNESSING_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/audit/witness_client.h"
#include "server/config.pb.h"
#include "tlog/note_key.h"

namespace concordat::audit {

// One thread a witness. Each sends the newest checkpoint, and waits for the next; one
// that fails is tried again after a wait that grows from one second to a minute. An
// outage is told in the log once, its end once, and once that the witness contradicts
// this log. No witness holds up another, or
// whoever publishes. Thread-safe.
class Witnessing final {
 public:
  // Proof that the tree of `size` grew from that of `old_size`. Called on the witnesses'
  // threads.
  using Prove = WitnessClient::Prove;
  // A verified cosignature of the checkpoint with this text. Called on the witnesses'
  // threads.
  using OnCosignature =
      std::function<void(const std::string& checkpoint_text, const tlog::NoteSignature&)>;
  // With true when a witness begins to contradict this log, having seen another history
  // of it, and with false when that one cosigns again. Called on the witnesses' threads.
  using OnContradiction = std::function<void(bool contradicts)>;
  // Numbers of one witness since the start. Thread-safe.
  struct Counters {
    explicit Counters(std::string witness) : name(std::move(witness)) {}

    const std::string name;
    // Cosignatures that were verified.
    std::atomic<int64_t> cosigned{0};
    // Attempts that brought none.
    std::atomic<int64_t> failures{0};
    // Whether the last attempt failed.
    std::atomic<bool> failing{false};
  };

  // Starts a thread for each configured witness. What the functions use outlives Stop.
  // INVALID_ARGUMENT when a key is no key of cosignatures.
  static absl::StatusOr<std::unique_ptr<Witnessing>> Start(
      const server::v1::ServerConfig::Audit& config, Prove prove, OnCosignature on_cosignature,
      OnContradiction on_contradiction);
  // Stops, if Stop was not called.
  ~Witnessing();
  Witnessing(const Witnessing&) = delete;
  Witnessing& operator=(const Witnessing&) = delete;

  // The newest checkpoint: a signed note. One not yet sent is forgotten for it; one that
  // is smaller than the newest is ignored. Does not block.
  void Publish(uint64_t size, std::string note);
  // Ends the threads soon, whatever a witness does. What is published later is not sent.
  void Stop();

  // In the order of the configuration.
  std::vector<const Counters*> counters() const;

 private:
  class Thread;

  Witnessing() = default;

  absl::Mutex mutex_;
  // Rises with each Publish.
  int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const PublishedCheckpoint> newest_ ABSL_GUARDED_BY(mutex_);
  // Set under the mutex, and read without it by requests under way.
  std::atomic<bool> stopping_{false};
  // Not changed after Start.
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace concordat::audit

#endif  // CONCORDAT_SERVER_AUDIT_WITNESSING_H_
