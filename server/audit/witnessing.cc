#include "server/audit/witnessing.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "server/ops/log.h"
#include "tlog/note.h"

namespace concordat::audit {
namespace {

constexpr absl::Duration kFirstWait = absl::Seconds(1);
constexpr absl::Duration kLongestWait = absl::Seconds(60);

}  // namespace

// What one witness's thread does.
class Witnessing::Thread {
 public:
  Thread(Witnessing& owner, WitnessClient client, const OnCosignature& on_cosignature,
         const OnContradiction& on_contradiction)
      : owner_(owner),
        client_(std::move(client)),
        on_cosignature_(on_cosignature),
        on_contradiction_(on_contradiction),
        counters_(client_.name()) {}

  // Once all of the owner is there.
  void Run() {
    thread_ = std::thread([this] { Loop(); });
  }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  const Counters& counters() const { return counters_; }

 private:
  void Loop() {
    while (const std::shared_ptr<const PublishedCheckpoint> checkpoint = AwaitNext()) {
      const absl::StatusOr<tlog::NoteSignature> signature =
          client_.Cosign(*checkpoint, owner_.stopping_);
      if (owner_.stopping_) return;
      if (signature.ok()) {
        NoteSuccess();
        on_cosignature_(checkpoint->text, *signature);
      } else {
        NoteFailure(signature.status());
        if (!AwaitAnotherTry()) return;
      }
    }
  }

  // The newest checkpoint, once there is one that was not cosigned; null at the end.
  std::shared_ptr<const PublishedCheckpoint> AwaitNext() {
    absl::MutexLock lock(&owner_.mutex_);
    owner_.mutex_.Await(absl::Condition(this, &Thread::HasWork));
    if (owner_.stopping_) return nullptr;
    taken_ = owner_.version_;
    return owner_.newest_;
  }
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(owner_.mutex_) {
    return owner_.stopping_ || taken_ < owner_.version_;
  }

  // False at the end.
  bool AwaitAnotherTry() {
    absl::MutexLock lock(&owner_.mutex_);
    const auto stops = [this] { return owner_.stopping_.load(); };
    // Until then a newer checkpoint waits too, so that no witness is pressed.
    if (owner_.mutex_.AwaitWithTimeout(absl::Condition(&stops), wait_)) return false;
    wait_ = std::min(2 * wait_, kLongestWait);
    taken_ = 0;
    return true;
  }

  void NoteSuccess() {
    wait_ = kFirstWait;
    objected_ = false;
    SetContradicts(false);
    if (counters_.failing.exchange(false)) {
      ops::Log(ops::Severity::kInfo, "witness_is_back", {{"witness", client_.name()}});
    }
    counters_.cosigned.fetch_add(1, std::memory_order_relaxed);
  }
  void NoteFailure(const absl::Status& failure) {
    const std::string cause(failure.message());
    if (!counters_.failing.exchange(true)) {
      ops::Log(ops::Severity::kWarning, "witness_failed",
               {{"witness", client_.name()}, {"cause", cause}});
    }
    // It answers, and not what this log can take: one of the two is wrong.
    if (!absl::IsUnavailable(failure) && !absl::IsResourceExhausted(failure) && !objected_) {
      objected_ = true;
      ops::Log(ops::Severity::kError, "witness_objects",
               {{"witness", client_.name()}, {"cause", cause}});
    }
    if (absl::IsFailedPrecondition(failure)) SetContradicts(true);
    // After the line, so that who waits for the number finds it.
    counters_.failures.fetch_add(1, std::memory_order_relaxed);
  }

  void SetContradicts(bool contradicts) {
    if (contradicts_ == contradicts) return;
    contradicts_ = contradicts;
    on_contradiction_(contradicts);
  }

  Witnessing& owner_;
  WitnessClient client_;
  const OnCosignature on_cosignature_;
  const OnContradiction on_contradiction_;
  Counters counters_;
  absl::Duration wait_ = kFirstWait;
  // Whether what it answered was wrong since it cosigned last, and whether that was
  // another history.
  bool objected_ = false;
  bool contradicts_ = false;
  // The version that was tried last.
  int64_t taken_ ABSL_GUARDED_BY(owner_.mutex_) = 0;
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<Witnessing>> Witnessing::Start(
    const server::v1::ServerConfig::Audit& config, Prove prove, OnCosignature on_cosignature,
    OnContradiction on_contradiction) {
  std::unique_ptr<Witnessing> witnessing(new Witnessing());
  for (const auto& witness : config.witnesses()) {
    ASSIGN_OR_RETURN(WitnessClient client, WitnessClient::Create(witness, prove));
    witnessing->threads_.push_back(
        std::make_unique<Thread>(*witnessing, std::move(client), on_cosignature, on_contradiction));
  }
  for (const std::unique_ptr<Thread>& thread : witnessing->threads_) thread->Run();
  return witnessing;
}

Witnessing::~Witnessing() { Stop(); }

void Witnessing::Publish(uint64_t size, std::string note) {
  absl::StatusOr<tlog::Note> parsed = tlog::ParseNote(note);
  if (!parsed.ok()) return;
  auto checkpoint = std::make_shared<const PublishedCheckpoint>(
      PublishedCheckpoint{size, std::move(parsed->text), std::move(note)});
  absl::MutexLock lock(&mutex_);
  if (newest_ != nullptr && size < newest_->size) return;
  newest_ = std::move(checkpoint);
  ++version_;
}

void Witnessing::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (const std::unique_ptr<Thread>& thread : threads_) thread->Join();
}

std::vector<const Witnessing::Counters*> Witnessing::counters() const {
  std::vector<const Counters*> counters;
  counters.reserve(threads_.size());
  for (const std::unique_ptr<Thread>& thread : threads_) counters.push_back(&thread->counters());
  return counters;
}

}  // namespace concordat::audit
