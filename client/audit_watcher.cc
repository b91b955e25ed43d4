// AuditWatcher: the pin, and what is kept of an alarm.
#include <filesystem>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/status.h"
#include "client/internal/audit_trust.h"
#include "client/internal/durable_file.h"
#include "concordat/audit.h"
#include "tlog/checkpoint.h"
#include "tlog/note.h"
#include "tlog/tree_proof.h"

namespace concordat {
namespace {

using internal::FileLock;

// Payload of an alarm: the number of its AuditAlarm.
constexpr absl::string_view kAlarmUrl = "concordat/audit-alarm";
// Of the digest that names an alarm's files: enough that no two alarms share one.
constexpr size_t kNameBytes = 8;

absl::Status WriteDurably(const std::filesystem::path& path, absl::string_view bytes) {
  RETURN_IF_ERROR(internal::WriteWholeFile(path, bytes));
  const std::filesystem::path folder = path.parent_path();
  return internal::SyncFolder(folder.empty() ? "." : folder);
}

// The alarm, once its evidence is kept. What keeps that from being written is said
// with it: the alarm is the greater news.
absl::Status Raise(AuditAlarm alarm, absl::string_view what, const std::string& pin_file,
                   const std::string& pinned, const std::string& seen) {
  const std::string base = absl::StrCat(
      pin_file, ".alarm-", absl::BytesToHexString(Sha256Of(seen).substr(0, kNameBytes)));
  absl::Status kept = WriteDurably(base + ".seen", seen);
  if (kept.ok() && !pinned.empty()) kept = WriteDurably(base + ".pinned", pinned);
  absl::Status status = absl::DataLossError(absl::StrCat(
      "ALARM: ", what, kept.ok() ? "; evidence is kept in " : "; no evidence is kept: ",
      kept.ok() ? absl::StrCat(base, ".*") : std::string(kept.message())));
  status.SetPayload(kAlarmUrl, absl::Cord(absl::StrCat(static_cast<int>(alarm))));
  return status;
}

// The pinned checkpoint; nothing before the first check.
absl::StatusOr<std::optional<VerifiedCheckpoint>> ReadPin(
    const std::string& pin_file, const std::vector<tlog::VerifierKey>& keys) {
  if (!std::filesystem::exists(pin_file)) return std::nullopt;
  ASSIGN_OR_RETURN(const std::string note, ReadFile(pin_file));
  absl::StatusOr<VerifiedCheckpoint> pinned = internal::OpenSigned(note, keys);
  if (pinned.ok()) return *std::move(pinned);
  return absl::FailedPreconditionError(
      absl::StrCat("the pinned checkpoint in ", pin_file,
                   " does not verify with the given keys: ", pinned.status().message()));
}

// What is wrong between two checkpoints.
struct Contradiction {
  AuditAlarm alarm;
  std::string what;
};

// The log that a note says it is of, believed by nobody yet; empty when it is no
// checkpoint.
std::string ClaimedOrigin(const std::string& bytes) {
  const absl::StatusOr<tlog::Note> note = tlog::ParseNote(bytes);
  if (!note.ok()) return "";
  const auto checkpoint = tlog::ParseCheckpoint(note->text, tlog::ExtensionLines::kAllow);
  return checkpoint.ok() ? checkpoint->origin : "";
}

// What is wrong when a checkpoint of the log `origin` stands in place of the pinned one.
Contradiction AnotherLog(const VerifiedCheckpoint& pinned, absl::string_view origin,
                         bool is_signed) {
  return {AuditAlarm::kAnotherLog,
          absl::StrCat("the service shows the log ", origin, ", which ",
                       is_signed ? "a given key" : "no given key",
                       " signed, and the pinned log is ", pinned.origin, " of ", pinned.tree_size,
                       " records: it was succeeded by another one after it had lost records, or "
                       "this is another service")};
}

// Whether `now`, of the same log, can follow `pinned`; an error when the service gives
// no proof.
absl::StatusOr<std::optional<Contradiction>> Compare(Client& client,
                                                     const VerifiedCheckpoint& pinned,
                                                     const VerifiedCheckpoint& now,
                                                     const CallOptions& options) {
  if (now.tree_size < pinned.tree_size) {
    return Contradiction{AuditAlarm::kRollback,
                         absl::StrCat("the log has ", now.tree_size, " records and had ",
                                      pinned.tree_size, ": records were taken away")};
  }
  std::vector<std::string> hashes;
  if (pinned.tree_size > 0 && now.tree_size > pinned.tree_size) {
    v1::GetConsistencyProofRequest request;
    request.set_from_size(pinned.tree_size);
    request.set_to_size(now.tree_size);
    ASSIGN_OR_RETURN(const v1::GetConsistencyProofResponse proof,
                     client.GetConsistencyProof(request, options));
    hashes.assign(proof.hashes().begin(), proof.hashes().end());
  }
  if (tlog::VerifyConsistency(pinned.tree_size, now.tree_size, hashes, pinned.root_hash,
                              now.root_hash)
          .ok()) {
    return std::nullopt;
  }
  return Contradiction{
      AuditAlarm::kFork,
      absl::StrCat("the log of ", now.tree_size, " records did not grow from the pinned one of ",
                   pinned.tree_size, " by appending alone")};
}

}  // namespace

std::optional<AuditAlarm> AlarmOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kAlarmUrl);
  int number = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &number)) {
    return std::nullopt;
  }
  return static_cast<AuditAlarm>(number);
}

AuditWatcher::AuditWatcher(Client client, AuditWatcherOptions options)
    : client_(std::move(client)), options_(std::move(options)) {}

absl::StatusOr<AuditCheck> AuditWatcher::Check(CallOptions options) {
  const std::string& pin_file = options_.pin_file;
  ASSIGN_OR_RETURN(const std::vector<tlog::VerifierKey> keys, internal::ParseKeys(options_.trust));
  ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(pin_file + ".lock", FileLock::Wait::kYes));
  ASSIGN_OR_RETURN(const std::optional<VerifiedCheckpoint> pinned, ReadPin(pin_file, keys));
  const std::string pinned_note = pinned.has_value() ? pinned->note : "";

  ASSIGN_OR_RETURN(const v1::Checkpoint newest, client_.GetCheckpoint(options));
  absl::StatusOr<VerifiedCheckpoint> now = internal::OpenSigned(newest.note(), keys);
  std::optional<Contradiction> contradiction;
  const std::string origin = ClaimedOrigin(newest.note());
  if (pinned.has_value() && !origin.empty() && origin != pinned->origin) {
    contradiction = AnotherLog(*pinned, origin, now.ok());
  } else if (!now.ok()) {
    contradiction = Contradiction{AuditAlarm::kBadSignature, std::string(now.status().message())};
  } else if (pinned.has_value()) {
    ASSIGN_OR_RETURN(contradiction, Compare(client_, *pinned, *now, options));
  }
  if (contradiction.has_value()) {
    return Raise(contradiction->alarm, contradiction->what, pin_file, pinned_note, newest.note());
  }
  RETURN_IF_ERROR(internal::CheckWitnesses(*now, options_.trust));
  if (now->note != pinned_note) RETURN_IF_ERROR(WriteDurably(pin_file, now->note));
  AuditCheck check{*std::move(now), std::nullopt};
  if (pinned.has_value()) check.pinned_size = pinned->tree_size;
  return check;
}

}  // namespace concordat
