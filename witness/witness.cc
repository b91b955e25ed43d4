#include "witness/witness.h"

#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/status.h"
#include "server/ops/log.h"
#include "tlog/checkpoint.h"
#include "tlog/merkle.h"
#include "tlog/note.h"
#include "tlog/strict_text.h"
#include "tlog/tree_proof.h"
#include "tlog/witness_request.h"

namespace concordat::witness {
namespace {

constexpr char kPlainText[] = "text/plain; charset=utf-8";

enum Status {
  kOk = 200,
  kBadRequest = 400,
  kForbidden = 403,
  kNotFound = 404,
  kConflict = 409,
  kUnprocessable = 422,
  kInternalError = 500,
};

Answer Refusal(Status status, absl::string_view why) {
  return {status, kPlainText, absl::StrCat(why, "\n")};
}

std::string FirstLineOf(absl::string_view text) {
  return std::string(tlog::TakeLine(text).value_or(absl::string_view()));
}

// The checkpoint in `text`, with the root that it names. That of an empty tree is
// not judged here: the specification calls a wrong one a false statement, and not a
// fault of form.
absl::StatusOr<tlog::Checkpoint> ReadCheckpoint(const std::string& text) {
  absl::StatusOr<tlog::Checkpoint> checkpoint =
      tlog::ParseCheckpoint(text, tlog::ExtensionLines::kAllow);
  if (checkpoint.ok()) return checkpoint;
  absl::string_view rest = text;
  const std::string origin = FirstLineOf(text);
  tlog::TakeLine(rest);
  const std::optional<absl::string_view> size = tlog::TakeLine(rest);
  const std::optional<std::string> root =
      tlog::DecodeHash(tlog::TakeLine(rest).value_or(absl::string_view()));
  if (size != "0" || !root.has_value()) return checkpoint;
  return tlog::Checkpoint{origin, 0, *root, {}};
}

// The signature as the line that stands below a note.
absl::StatusOr<std::string> LineOf(const std::string& text, tlog::NoteSignature signature) {
  ASSIGN_OR_RETURN(const std::string note, tlog::FormatNote({text, {std::move(signature)}}));
  return note.substr(text.size() + 1);
}

// The note with the signatures of `keys` alone, each of which has to verify.
// DATA_LOSS when one does not, or there is none.
absl::StatusOr<std::string> SignedBy(const tlog::Note& note,
                                     const std::vector<tlog::VerifierKey>& keys) {
  tlog::Note kept{note.text, {}};
  for (const tlog::NoteSignature& signature : note.signatures) {
    for (const tlog::VerifierKey& key : keys) {
      if (!key.IsNamedBy(signature)) continue;
      RETURN_IF_ERROR(key.Verify(note.text, signature));
      kept.signatures.push_back(signature);
    }
  }
  if (kept.signatures.empty())
    return absl::DataLossError("no key of the log signed the checkpoint");
  return tlog::FormatNote(kept);
}

}  // namespace

// A log, and the last checkpoint of it that was kept.
class Witness::WatchedLog {
 public:
  static absl::StatusOr<std::unique_ptr<WatchedLog>> Create(Log log, const StateFolder& state) {
    auto watched = std::make_unique<WatchedLog>(std::move(log));
    ASSIGN_OR_RETURN(const std::optional<std::string> note, state.Read(watched->log_.origin));
    if (note.has_value()) {
      const absl::Status taken = watched->TakeKept(*note);
      if (!taken.ok()) {
        return absl::FailedPreconditionError(
            absl::StrCat("the kept checkpoint of ", watched->log_.origin,
                         " is damaged: ", std::string(taken.message()),
                         "; bring back what the file last held, or give the witness a new key"));
      }
    }
    return watched;
  }
  explicit WatchedLog(Log log) : log_(std::move(log)) {}

  const Log& log() const { return log_; }

  // Judges a checkpoint that a key of the log signed, keeps it, and cosigns it.
  // `note` has the log's signatures alone.
  Answer Cosign(const tlog::WitnessRequest& request, const tlog::Checkpoint& checkpoint,
                const std::string& text, const std::string& note, const Witness& witness) {
    absl::MutexLock lock(&mutex_);
    if (request.old_size != checkpoint_.size) {
      return {kConflict, tlog::kTreeSizeContentType, absl::StrCat(checkpoint_.size, "\n")};
    }
    if (checkpoint.size == checkpoint_.size && checkpoint.root != checkpoint_.root &&
        checkpoint.size > 0) {
      LogFork(note);
      return Refusal(kUnprocessable, "another tree of this size was cosigned: the log has forked");
    }
    if (!tlog::VerifyConsistency(checkpoint_.size, checkpoint.size, request.proof, checkpoint_.root,
                                 checkpoint.root)
             .ok()) {
      ops::Log(ops::Severity::kWarning, "proof_refused",
               {{"origin", log_.origin},
                {"old_size", absl::StrCat(checkpoint_.size)},
                {"size", absl::StrCat(checkpoint.size)}});
      return Refusal(kUnprocessable,
                     "the proof does not show that the tree grew from the last one");
    }
    if (const absl::Status kept = Keep(checkpoint, note, witness.state_); !kept.ok()) {
      ops::Log(ops::Severity::kError, "state_not_written",
               {{"origin", log_.origin}, {"cause", std::string(kept.message())}});
      return Refusal(kInternalError, "the checkpoint could not be kept");
    }
    return SignKept(text, witness);
  }

 private:
  absl::Status TakeKept(const std::string& bytes) {
    ASSIGN_OR_RETURN(const tlog::Note note, tlog::ParseNote(bytes));
    ASSIGN_OR_RETURN(const tlog::Checkpoint checkpoint,
                     tlog::ParseCheckpoint(note.text, tlog::ExtensionLines::kAllow));
    if (checkpoint.origin != log_.origin) return absl::DataLossError("it is of another log");
    // A key that signed it may have been taken out meanwhile.
    for (const tlog::NoteSignature& signature : note.signatures) {
      for (const tlog::VerifierKey& key : log_.keys) {
        if (key.IsNamedBy(signature)) RETURN_IF_ERROR(key.Verify(note.text, signature));
      }
    }
    absl::MutexLock lock(&mutex_);
    checkpoint_ = checkpoint;
    note_ = bytes;
    return absl::OkStatus();
  }

  absl::Status Keep(const tlog::Checkpoint& checkpoint, const std::string& note,
                    const StateFolder& state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (note == note_) return absl::OkStatus();
    RETURN_IF_ERROR(state.Write(log_.origin, note));
    checkpoint_ = checkpoint;
    note_ = note;
    return absl::OkStatus();
  }

  Answer SignKept(const std::string& text, const Witness& witness) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    absl::StatusOr<tlog::NoteSignature> signature = witness.key_.Cosign(text, witness.clock_.Now());
    if (!signature.ok()) return Refusal(kInternalError, "the checkpoint could not be signed");
    absl::StatusOr<std::string> line = LineOf(text, *std::move(signature));
    if (!line.ok()) return Refusal(kInternalError, "the checkpoint could not be signed");
    ops::Log(ops::Severity::kInfo, "cosigned",
             {{"origin", log_.origin}, {"size", absl::StrCat(checkpoint_.size)}});
    return {kOk, kPlainText, *std::move(line)};
  }

  // Both notes are signed by the log: together they are proof against it.
  void LogFork(const std::string& note) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ops::Log(ops::Severity::kError, "log_forked",
             {{"origin", log_.origin}, {"cosigned", note_}, {"submitted", note}});
  }

  const Log log_;
  absl::Mutex mutex_;
  tlog::Checkpoint checkpoint_ ABSL_GUARDED_BY(mutex_){"", 0, tlog::EmptyRoot(), {}};
  // The signed note of `checkpoint_`, as it is on disk; empty when there is none.
  std::string note_ ABSL_GUARDED_BY(mutex_);
};

Witness::Witness(tlog::SignerKey key, StateFolder state, const Clock& clock)
    : key_(std::move(key)), state_(std::move(state)), clock_(clock) {}

Witness::~Witness() = default;

absl::StatusOr<std::unique_ptr<Witness>> Witness::Create(tlog::SignerKey key, std::vector<Log> logs,
                                                         StateFolder state, const Clock& clock) {
  std::unique_ptr<Witness> witness(new Witness(std::move(key), std::move(state), clock));
  for (Log& log : logs) {
    const std::string origin = log.origin;
    ASSIGN_OR_RETURN(witness->logs_[origin], WatchedLog::Create(std::move(log), witness->state_));
  }
  return witness;
}

Answer Witness::AddCheckpoint(absl::string_view body) {
  const absl::StatusOr<tlog::WitnessRequest> request = tlog::ParseWitnessRequest(body);
  if (!request.ok()) return Refusal(kBadRequest, request.status().message());
  const absl::StatusOr<tlog::Note> note = tlog::ParseNote(request->checkpoint);
  if (!note.ok()) return Refusal(kBadRequest, note.status().message());
  const auto log = logs_.find(FirstLineOf(note->text));
  if (log == logs_.end()) return Refusal(kNotFound, "this witness does not watch the log");
  const absl::StatusOr<std::string> signed_by_log = SignedBy(*note, log->second->log().keys);
  if (!signed_by_log.ok()) return Refusal(kForbidden, signed_by_log.status().message());
  const absl::StatusOr<tlog::Checkpoint> checkpoint = ReadCheckpoint(note->text);
  if (!checkpoint.ok()) return Refusal(kBadRequest, checkpoint.status().message());
  if (request->old_size > checkpoint->size) {
    return Refusal(kBadRequest, "the old size is over the checkpoint's");
  }
  return log->second->Cosign(*request, *checkpoint, note->text, *signed_by_log, *this);
}

}  // namespace concordat::witness
