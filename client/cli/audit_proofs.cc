// `concordat audit export|verify|checkpoint|receipt|watch`: the log's proofs.
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "base/status.h"
#include "client/audit/export_log.h"
#include "client/audit/fetch_proof.h"
#include "client/audit/verify_export.h"
#include "client/cli/atomic_file.h"
#include "client/cli/commands.h"
#include "client/cli/local_error.h"
#include "client/cli/progress_line.h"
#include "client/cli/text.h"
#include "concordat/audit.h"
#include "tlog/merkle.h"
#include "tlog/proof.h"

namespace concordat::cli {
namespace {

struct ExportOptions {
  std::string folder;
  AuditTrust trust;
  bool hashes_only = false;
};

struct VerifyOptions {
  std::string folder;
  AuditTrust trust;
  std::string earlier;
  bool hashes_only = false;
  bool complete = false;
};

struct CheckpointOptions {
  AuditTrust trust;
  std::string file;
};

struct FetchOptions {
  std::vector<std::string> records;
  std::string folder = ".";
};

struct VerifyReceiptOptions {
  std::vector<std::string> files;
  AuditTrust trust;
};

struct WatchOptions {
  AuditTrust trust;
  std::string pin_file;
};

// For the work to call; good as long as `line` is.
audit_export::Progress Callback(ProgressLine& line) {
  return [&line](uint64_t done, uint64_t total) {
    line.Show(static_cast<int64_t>(done), static_cast<int64_t>(total));
  };
}

absl::StatusOr<std::string> ReadNamedFile(const std::string& path) {
  absl::StatusOr<std::string> content = ReadFile(path);
  if (content.ok()) return content;
  return LocalError(absl::StrCat("cannot read ", path), "check the file's name");
}

absl::Status WriteNamedFile(const std::filesystem::path& path, absl::string_view content) {
  ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  RETURN_IF_ERROR(file.Write(content));
  return file.Commit();
}

// `2 witnesses`, and of none nothing.
std::string WitnessText(const VerifiedCheckpoint& checkpoint) {
  if (checkpoint.witnesses == 0) return "";
  return absl::StrCat(", cosigned by ", Counted(checkpoint.witnesses, "witness", "witnesses"));
}

// An error with the next step that fits what was done.
absl::Status Explain(const absl::Status& status, absl::string_view for_damage) {
  if (AlarmOf(status) == AuditAlarm::kAnotherLog) {
    return WithNextStep(status,
                        "ask the operator, on another road, whether that log succeeded yours; if "
                        "so, have the old log's archive, hold it against your pin with `concordat "
                        "audit verify --earlier PIN`, and watch the new log with its key and a "
                        "--pin of its own");
  }
  if (AlarmOf(status).has_value()) {
    return WithNextStep(status,
                        "keep these files and ask the operator and the other parties what they "
                        "see; the pin stays as it is");
  }
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
      return WithNextStep(status, for_damage);
    case absl::StatusCode::kUnknown:
      return WithNextStep(status, "make room there, or choose a folder where you may write");
    default:
      return status;
  }
}

absl::Status Export(Session& session, const ExportOptions& options) {
  ASSIGN_OR_RETURN(const CallOptions call, session.Call());
  ASSIGN_OR_RETURN(const Client client, session.Connect());
  absl::StatusOr<audit_export::ExportedLog> log;
  {
    ProgressLine progress(session, "records");
    log = audit_export::ExportLog(client, {.folder = options.folder,
                                           .hashes_only = options.hashes_only,
                                           .trust = options.trust,
                                           .call = call,
                                           .progress = Callback(progress)});
  }
  if (!log.ok()) {
    return Explain(log.status(),
                   "keep the folder as it is, and export into an empty one to compare");
  }
  session.out() << "exported: " << Counted(static_cast<int64_t>(log->tree_size), "record") << " of "
                << Printable(log->origin) << " into " << options.folder << "; fetched "
                << Counted(static_cast<int64_t>(log->fetched_tiles), "tile") << " and "
                << Counted(static_cast<int64_t>(log->fetched_bundles), "bundle") << "\n";
  if (log->minimum_index > 0 && !options.hashes_only) {
    session.out() << "the service has dropped the first " << log->minimum_index
                  << ": its operator has their archive\n";
  }
  return absl::OkStatus();
}

// What was verified, in the words of tools/verify_audit.py, as MissingText.
std::string WholeText(const audit_export::WholeLog& log, bool hashes_only) {
  const VerifiedCheckpoint& checkpoint = log.checkpoint;
  return absl::StrCat("whole: ", hashes_only ? "the hashes of " : "", checkpoint.tree_size,
                      " records of ", Printable(checkpoint.origin), ", root ",
                      absl::Base64Escape(checkpoint.root_hash));
}

// Which records of the log are not in the export; empty when it has them all.
std::string MissingText(const audit_export::WholeLog& log, bool hashes_only) {
  std::vector<std::string> parts;
  if (log.archived > 0 && !hashes_only) {
    parts.push_back(
        absl::StrCat(log.archived < log.minimum_index ? absl::StrCat(log.archived, " of ") : "",
                     "the first ", log.minimum_index, " archived elsewhere"));
  }
  if (log.lost > 0) {
    parts.push_back(absl::StrCat(log.checkpoint.tree_size + log.lost, " were signed: the last ",
                                 log.lost, " are lost"));
  }
  return absl::StrJoin(parts, ", ");
}

absl::Status Verify(Session& session, const VerifyOptions& options) {
  audit_export::VerifyOptions verify{
      .folder = options.folder, .trust = options.trust, .hashes_only = options.hashes_only};
  if (!options.earlier.empty()) {
    ASSIGN_OR_RETURN(verify.earlier, ReadNamedFile(options.earlier));
  }
  if (!std::filesystem::is_directory(options.folder)) {
    return LocalError(absl::StrCat(options.folder, " is no folder"), "check the folder's name");
  }
  absl::StatusOr<audit_export::WholeLog> log;
  {
    ProgressLine progress(session, "records");
    verify.progress = Callback(progress);
    log = audit_export::VerifyExport(verify);
  }
  if (absl::IsDataLoss(log.status())) {
    return AuditDamage(absl::StrCat("DAMAGED: ", log.status().message()),
                       "keep the folder as it is, and compare it with another export");
  }
  RETURN_IF_ERROR(log.status());
  const std::string missing = MissingText(*log, options.hashes_only);
  if (options.complete && !missing.empty()) {
    return AuditDamage(absl::StrCat("INCOMPLETE: ", missing),
                       "ask the operator for what is missing, or do without --complete");
  }
  session.out() << WholeText(*log, options.hashes_only) << (missing.empty() ? "" : ", ") << missing
                << WitnessText(log->checkpoint) << "\n";
  return absl::OkStatus();
}

absl::Status ShowCheckpoint(Session& session, const CheckpointOptions& options) {
  if (!options.trust.keys.empty()) RETURN_IF_ERROR(CheckKeys(options.trust));
  ASSIGN_OR_RETURN(const CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const v1::Checkpoint checkpoint, client.GetCheckpoint(call));
  if (!options.trust.keys.empty()) {
    RETURN_IF_ERROR(VerifyCheckpoint(checkpoint.note(), options.trust).status());
  }
  if (!options.file.empty()) return WriteNamedFile(options.file, checkpoint.note());
  session.out() << checkpoint.note();
  return absl::OkStatus();
}

// A record as it is written: `INDEX`, or `INDEX:LEAF` with its leaf hash.
struct NamedRecord {
  uint64_t index = 0;
  std::string leaf_hash;
};

absl::StatusOr<NamedRecord> ParseRecord(const std::string& text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  NamedRecord record;
  const bool has_leaf = text.find(':') != std::string::npos;
  record.leaf_hash = absl::HexStringToBytes(parts.second);
  if (!absl::SimpleAtoi(parts.first, &record.index) ||
      (has_leaf && (record.leaf_hash.size() != tlog::kHashBytes ||
                    absl::BytesToHexString(record.leaf_hash) != parts.second))) {
    return UsageError(absl::StrCat("'", Printable(text),
                                   "' is neither INDEX nor INDEX:LEAF with the 64 hexadecimal "
                                   "digits of the leaf hash"));
  }
  return record;
}

absl::Status FetchReceipts(Session& session, const FetchOptions& options) {
  std::vector<NamedRecord> records;
  for (const std::string& text : options.records) {
    ASSIGN_OR_RETURN(NamedRecord record, ParseRecord(text));
    records.push_back(std::move(record));
  }
  ASSIGN_OR_RETURN(const CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  for (const NamedRecord& record : records) {
    const absl::StatusOr<audit_export::FetchedProof> proof =
        audit_export::FetchProof(client, record.index, record.leaf_hash, call);
    if (!proof.ok()) {
      return Explain(proof.status(),
                     "keep the receipt: the log does not have that record under that index");
    }
    const std::filesystem::path path =
        std::filesystem::path(options.folder) /
        absl::StrCat(record.index, std::string(tlog::kProofFileEnding));
    RETURN_IF_ERROR(WriteNamedFile(path, proof->text));
    session.out() << path.string() << ": leaf "
                  << absl::BytesToHexString(proof->receipt.leaf_hash())
                  << (record.leaf_hash.empty() ? ", by the service's word" : ", by your receipt")
                  << "\n";
  }
  return absl::OkStatus();
}

absl::Status VerifyReceipts(Session& session, const VerifyReceiptOptions& options) {
  RETURN_IF_ERROR(CheckKeys(options.trust));
  for (const std::string& file : options.files) {
    ASSIGN_OR_RETURN(const std::string text, ReadNamedFile(file));
    const absl::StatusOr<VerifiedReceipt> verified = VerifyProofText(text, options.trust);
    if (absl::IsFailedPrecondition(verified.status())) return verified.status();
    if (!verified.ok()) {
      return AuditDamage(absl::StrCat(file, ": ", verified.status().message()),
                         "keep the file, and fetch it again with `concordat audit receipt fetch`");
    }
    session.out() << file << ": record " << verified->receipt.index() << " of "
                  << Printable(verified->receipt.origin()) << ", leaf "
                  << absl::BytesToHexString(verified->receipt.leaf_hash()) << ", is in the log of "
                  << verified->checkpoint.tree_size << " records"
                  << WitnessText(verified->checkpoint) << "\n";
  }
  return absl::OkStatus();
}

absl::Status Watch(Session& session, const WatchOptions& options) {
  ASSIGN_OR_RETURN(const CallOptions call, session.Call());
  ASSIGN_OR_RETURN(const Client client, session.Connect());
  AuditWatcher watcher(client, {.trust = options.trust, .pin_file = options.pin_file});
  const absl::StatusOr<AuditCheck> check = watcher.Check(call);
  if (!check.ok()) return Explain(check.status(), "");
  session.out() << (check->pinned_size.has_value() ? "good: " : "pinned: ")
                << check->checkpoint.tree_size << " records of "
                << Printable(check->checkpoint.origin);
  if (check->pinned_size.has_value()) {
    session.out() << ", grown from " << *check->pinned_size << " by appending alone";
  }
  session.out() << WitnessText(check->checkpoint) << "\n";
  return absl::OkStatus();
}

CLI::Option* AddKeyOption(CLI::App& command, AuditTrust& trust) {
  return command
      .add_option("--key", trust.keys,
                  "Verifier key of the log or of a witness, name+id+base64; repeatable. Get it on "
                  "another road than the service")
      ->allow_extra_args(false);
}

void AddWitnessesOption(CLI::App& command, AuditTrust& trust) {
  command
      .add_option("--witnesses", trust.min_witnesses,
                  "The least number of witnesses that must have cosigned, with their keys. "
                  "Default: 0")
      ->check(CLI::Range(0, 64));
}

void AddReceiptCommands(CLI::App& audit, Session& session) {
  CLI::App* group = AddGroup(audit, "receipt", "Proofs of single records");
  auto fetch = std::make_shared<FetchOptions>();
  CLI::App* command =
      AddCommand(*group, "fetch", "Proofs as INDEX.tlog-proof, to be verified by anyone offline",
                 session, fetch, &FetchReceipts);
  command
      ->add_option("record", fetch->records,
                   "INDEX, or INDEX:LEAF with the leaf hash, as --show-receipt prints them")
      ->required();
  command->add_option("--dir", fetch->folder, "Where to write them. Default: here");
  auto verify = std::make_shared<VerifyReceiptOptions>();
  command = AddCommand(*group, "verify", "Whether these proofs are good; needs no profile", session,
                       verify, &VerifyReceipts);
  command->add_option("file", verify->files, "The .tlog-proof file")->required();
  AddKeyOption(*command, verify->trust)->required();
  AddWitnessesOption(*command, verify->trust);
}

}  // namespace

void AddAuditProofCommands(CLI::App& audit, Session& session) {
  auto exported = std::make_shared<ExportOptions>();
  CLI::App* command = AddCommand(audit, "export", "The whole log into a folder; run again to go on",
                                 session, exported, &Export);
  command->add_option("--dir", exported->folder, "The folder (C2SP tlog-tiles)")->required();
  command->add_flag("--hashes-only", exported->hashes_only,
                    "Leave the records out, which only auditors may read");
  AddKeyOption(*command, exported->trust);

  auto verify = std::make_shared<VerifyOptions>();
  command = AddCommand(audit, "verify", "Whether an exported log is whole; needs no profile",
                       session, verify, &Verify);
  command->add_option("folder", verify->folder, "The export")->required();
  AddKeyOption(*command, verify->trust)->required();
  command->add_option("--earlier", verify->earlier,
                      "A checkpoint kept from earlier, which the log must have grown from");
  CLI::Option* hashes_only =
      command->add_flag("--hashes-only", verify->hashes_only, "The export has no records");
  command
      ->add_flag("--complete", verify->complete,
                 "Refuse an export of which records are archived elsewhere or lost")
      ->excludes(hashes_only);
  AddWitnessesOption(*command, verify->trust);

  auto checkpoint = std::make_shared<CheckpointOptions>();
  command = AddCommand(audit, "checkpoint", "The log's last signed checkpoint", session, checkpoint,
                       &ShowCheckpoint);
  command->add_option("--save", checkpoint->file, "The file to write. Default: standard output");
  CLI::Option* key = AddKeyOption(*command, checkpoint->trust);
  AddWitnessesOption(*command, checkpoint->trust);
  command->get_option("--witnesses")->needs(key);

  AddReceiptCommands(audit, session);

  auto watch = std::make_shared<WatchOptions>();
  command = AddCommand(audit, "watch",
                       "Whether the log only grew since the last time; for cron, exit code 11 on "
                       "an alarm",
                       session, watch, &Watch);
  AddKeyOption(*command, watch->trust)->required();
  command->add_option("--pin", watch->pin_file, "The file that keeps the last good checkpoint")
      ->required();
  AddWitnessesOption(*command, watch->trust);
}

}  // namespace concordat::cli
