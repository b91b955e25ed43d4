#include "server/audit/checkpointer.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/file.h"
#include "base/status.h"
#include "server/audit/tree_reader.h"
#include "server/ops/log.h"
#include "tlog/note.h"

namespace concordat::audit {
namespace {

// How often the thread looks whether a checkpoint is due.
constexpr absl::Duration kLook = absl::Milliseconds(100);
// Records hashed in one read of the store, so that no read is a long one.
constexpr uint64_t kRecordsAtOnce = 2048;

absl::Status Refused(absl::string_view what, absl::string_view what_to_do) {
  return absl::FailedPreconditionError(absl::StrCat(what, ": ", what_to_do,
                                                    "; docs/operating.md, section Restore, says "
                                                    "how"));
}

std::vector<tlog::VerifierKey> VerifiersOf(const std::vector<tlog::SignerKey>& keys) {
  std::vector<tlog::VerifierKey> verifiers;
  verifiers.reserve(keys.size());
  for (const tlog::SignerKey& key : keys) verifiers.push_back(key.verifier());
  return verifiers;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Checkpointer>> Checkpointer::Open(store::Store& store,
                                                                 const Clock& clock,
                                                                 Options options) {
  auto checkpointer =
      std::unique_ptr<Checkpointer>(new Checkpointer(store, clock, std::move(options)));
  const std::string& file = checkpointer->options_.file;
  ASSIGN_OR_RETURN(const uint64_t size, store.AuditSize());
  {
    absl::MutexLock lock(&checkpointer->durable_mutex_);
    checkpointer->durable_.size = size;
  }
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    ASSIGN_OR_RETURN(const std::string note, ReadFile(file));
    RETURN_IF_ERROR(checkpointer->Resume(note));
    RETURN_IF_ERROR(store.NoteSigned());
    return checkpointer;
  }
  ASSIGN_OR_RETURN(const bool was_signed, store.WasSigned());
  if (was_signed) {
    return Refused(
        absl::StrCat("the log was signed before, but its last checkpoint is not in ", file),
        "put back the file, or the newest checkpoint that a partner or a witness has "
        "kept");
  }
  {
    absl::MutexLock lock(&checkpointer->mutex_);
    RETURN_IF_ERROR(checkpointer->Sign({size, std::nullopt}));
  }
  RETURN_IF_ERROR(store.NoteSigned());
  return checkpointer;
}

Checkpointer::Checkpointer(store::Store& store, const Clock& clock, Options options)
    : store_(store), clock_(clock), options_(std::move(options)) {
  tried_at_ = signed_at_ = covered_until_ = std::chrono::steady_clock::now();
}

Checkpointer::~Checkpointer() {
  if (!thread_.joinable()) return;
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
  }
  thread_.join();
}

absl::Status Checkpointer::Resume(const std::string& note) {
  std::vector<tlog::VerifierKey> keys = VerifierKeys();
  keys.insert(keys.end(), options_.witness_keys.begin(), options_.witness_keys.end());
  absl::StatusOr<tlog::SignedCheckpoint> opened =
      tlog::OpenCheckpoint(note, keys, tlog::ExtensionLines::kRefuse);
  if (!opened.ok() || opened->checkpoint.origin != options_.origin) {
    return Refused(
        absl::StrCat("the checkpoint in ", options_.file, " is not one that this log's key signed"),
        "give the key that signed it as audit.second_key_file, or put back the file");
  }
  RETURN_IF_ERROR(CompareWithStore(opened->checkpoint));
  TreeReader reader(store_);
  ASSIGN_OR_RETURN(std::vector<std::string> frontier, reader.Frontier(opened->checkpoint.size));
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(range_,
                   tlog::CompactRange::Resume(opened->checkpoint.size, std::move(frontier)));
  KeptCheckpoint kept;
  ASSIGN_OR_RETURN(kept.text, tlog::FormatCheckpoint(opened->checkpoint));
  kept.checkpoint = std::move(opened->checkpoint);
  kept.note = note;
  for (const tlog::VerifiedSignature& signature : opened->signatures) {
    if (signature.type == tlog::SignatureType::kCosignatureV1) ++kept.cosignatures;
  }
  if (kept.cosignatures >= options_.required_cosignatures) witnessed_size_ = kept.checkpoint.size;
  {
    absl::MutexLock last_lock(&last_mutex_);
    last_ = std::make_shared<const KeptCheckpoint>(kept);
  }
  return SignWithNewKeys(std::move(kept));
}

absl::Status Checkpointer::SignWithNewKeys(KeptCheckpoint kept) {
  ASSIGN_OR_RETURN(tlog::Note note, tlog::ParseNote(kept.note));
  const size_t before = note.signatures.size();
  for (const tlog::SignerKey& key : options_.keys) {
    const auto is_named = [&](const tlog::NoteSignature& signature) {
      return key.verifier().IsNamedBy(signature);
    };
    if (std::any_of(note.signatures.begin(), note.signatures.end(), is_named)) continue;
    ASSIGN_OR_RETURN(note.signatures.emplace_back(), key.Sign(kept.text));
  }
  if (note.signatures.size() == before) return absl::OkStatus();
  ASSIGN_OR_RETURN(kept.note, tlog::FormatNote(note));
  return Keep(std::move(kept));
}

absl::Status Checkpointer::CompareWithStore(const tlog::Checkpoint& checkpoint) {
  const uint64_t size = this->size();
  if (checkpoint.size > size) {
    return Refused(absl::StrCat("the database has ", size, " audit records, but ", checkpoint.size,
                                " were signed (", options_.file, ")"),
                   "it was put back to an earlier state; restore a copy that has them, or let "
                   "another log succeed this one");
  }
  TreeReader reader(store_);
  ASSIGN_OR_RETURN(const std::string root, reader.Root(checkpoint.size));
  if (root == checkpoint.root) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("the first ", checkpoint.size, " audit records are not those that were signed (",
                   options_.file,
                   "): restore a copy that has them; docs/operating.md, section "
                   "Restore, says how"));
}

void Checkpointer::Grown(uint64_t size, std::string root) {
  absl::MutexLock lock(&durable_mutex_);
  durable_ = {size, std::move(root)};
}

uint64_t Checkpointer::size() const {
  absl::MutexLock lock(&durable_mutex_);
  return durable_.size;
}

void Checkpointer::Run(Hooks hooks) {
  hooks_ = std::move(hooks);
  thread_ = std::thread([this] { Watch(); });
}

void Checkpointer::Watch() {
  absl::MutexLock lock(&mutex_);
  while (!closing_) {
    mutex_.AwaitWithTimeout(absl::Condition(&closing_), kLook);
    const Moment now = std::chrono::steady_clock::now();
    if (closing_ || IsDue(now)) SignWhatIsDue(now);
    JudgeWitnesses(now);
  }
}

bool Checkpointer::IsDue(Moment now) const {
  const uint64_t waiting = size() - Last()->checkpoint.size;
  if (waiting == 0 || damaged_) return false;
  const auto interval = absl::ToChronoNanoseconds(options_.interval);
  // One that failed is tried again after the interval, however many wait.
  if (failing_) return now - tried_at_ >= interval;
  return waiting >= options_.records || now - signed_at_ >= interval;
}

void Checkpointer::SignWhatIsDue(Moment now) {
  const Durable durable = [this] {
    absl::MutexLock lock(&durable_mutex_);
    return durable_;
  }();
  if (damaged_ || durable.size == Last()->checkpoint.size) return;
  tried_at_ = now;
  const absl::Status made = Sign(durable);
  if (!made.ok()) return Fail(made);
  if (failing_) ops::Log(ops::Severity::kInfo, "checkpoints_signed_again");
  failing_ = false;
  signed_at_ = now;
  counters_.checkpoints.fetch_add(1, std::memory_order_relaxed);
  if (hooks_.on_signed) hooks_.on_signed(*Last());
}

void Checkpointer::Fail(const absl::Status& cause) {
  counters_.failures.fetch_add(1, std::memory_order_relaxed);
  damaged_ = absl::IsDataLoss(cause);
  if (damaged_ && hooks_.on_damage) return hooks_.on_damage(cause);
  if (!failing_) {
    ops::Log(ops::Severity::kError, "checkpoint_failed", {{"cause", std::string(cause.message())}});
  }
  failing_ = true;
}

absl::Status Checkpointer::HashTo(uint64_t size) {
  while (range_.size() < size) {
    const uint64_t first = range_.size();
    std::string hashes;
    RETURN_IF_ERROR(HashRecords(store_, first, std::min(size, first + kRecordsAtOnce), hashes));
    for (size_t at = 0; at < hashes.size(); at += tlog::kHashBytes) {
      RETURN_IF_ERROR(range_.Append(hashes.substr(at, tlog::kHashBytes)));
    }
  }
  return absl::OkStatus();
}

absl::Status Checkpointer::Sign(const Durable& durable) {
  const uint64_t first = range_.size();
  RETURN_IF_ERROR(HashTo(durable.size));
  KeptCheckpoint made;
  made.checkpoint = {options_.origin, durable.size, range_.Root(), {}};
  TreeReader reader(store_);
  ASSIGN_OR_RETURN(const std::string root, reader.Root(durable.size));
  if (root != made.checkpoint.root || durable.root.value_or(root) != root) {
    return absl::DataLossError(absl::StrCat("of the audit records ", first, " to ",
                                            durable.size - 1,
                                            ", one is not what was written, or a tile is not"));
  }
  ASSIGN_OR_RETURN(made.text, tlog::FormatCheckpoint(made.checkpoint));
  tlog::Note note{made.text, {}};
  for (const tlog::SignerKey& key : options_.keys) {
    ASSIGN_OR_RETURN(note.signatures.emplace_back(), key.Sign(made.text));
  }
  ASSIGN_OR_RETURN(made.note, tlog::FormatNote(note));
  made.signed_at = clock_.Now();
  return Keep(std::move(made));
}

absl::Status Checkpointer::Keep(KeptCheckpoint checkpoint) {
  const std::shared_ptr<const KeptCheckpoint> last = Last();
  if (last != nullptr) {
    // Compare and swap: a second server, on a copy of the database, would sign
    // another history under the same name.
    ASSIGN_OR_RETURN(const std::string kept, ReadFile(options_.file));
    if (kept != last->note && kept != attempted_) {
      return absl::DataLossError(absl::StrCat(
          options_.file, " was changed by somebody else: does another server use it?"));
    }
  }
  attempted_ = checkpoint.note;
  RETURN_IF_ERROR(WriteFileDurably(options_.file, checkpoint.note));
  absl::MutexLock lock(&last_mutex_);
  last_ = std::make_shared<const KeptCheckpoint>(std::move(checkpoint));
  return absl::OkStatus();
}

void Checkpointer::AddCosignature(const std::string& text, const tlog::NoteSignature& signature) {
  absl::MutexLock lock(&mutex_);
  KeptCheckpoint cosigned = *Last();
  if (damaged_ || cosigned.text != text) return;
  absl::StatusOr<tlog::Note> note = tlog::ParseNote(cosigned.note);
  if (!note.ok()) return Fail(note.status());
  for (const tlog::NoteSignature& other : note->signatures) {
    if (other.key_name == signature.key_name && other.key_id == signature.key_id) return;
  }
  note->signatures.push_back(signature);
  absl::StatusOr<std::string> bytes = tlog::FormatNote(*note);
  if (!bytes.ok()) return Fail(bytes.status());
  cosigned.note = *std::move(bytes);
  ++cosigned.cosignatures;
  const bool enough = cosigned.cosignatures >= options_.required_cosignatures;
  const uint64_t size = cosigned.checkpoint.size;
  if (const absl::Status kept = Keep(std::move(cosigned)); !kept.ok()) return Fail(kept);
  if (enough) {
    witnessed_size_ = size;
    covered_until_ = std::max(covered_until_, signed_at_);
  }
  JudgeWitnesses(std::chrono::steady_clock::now());
}

void Checkpointer::NoteContradiction(bool contradicts) {
  absl::MutexLock lock(&mutex_);
  contradicting_ += contradicts ? 1 : -1;
  JudgeWitnesses(std::chrono::steady_clock::now());
}

void Checkpointer::JudgeWitnesses(Moment now) {
  if (options_.required_cosignatures == 0) return;
  if (size() <= witnessed_size_) covered_until_ = now;
  const int can_cosign = static_cast<int>(options_.witness_keys.size()) - contradicting_;
  const bool witnessed =
      can_cosign >= options_.required_cosignatures &&
      now - covered_until_ <= absl::ToChronoNanoseconds(options_.cosignature_patience);
  if (witnessed == witnessed_) return;
  witnessed_ = witnessed;
  if (hooks_.on_witnessed) hooks_.on_witnessed(witnessed);
}

std::shared_ptr<const KeptCheckpoint> Checkpointer::Last() const {
  absl::ReaderMutexLock lock(&last_mutex_);
  return last_;
}

std::vector<tlog::VerifierKey> Checkpointer::VerifierKeys() const {
  return VerifiersOf(options_.keys);
}

}  // namespace concordat::audit
