// `concordat audit summary`.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "client/cli/audit_commands.h"
#include "client/cli/audit_words.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/list_output.h"
#include "client/cli/local_error.h"
#include "client/cli/names.h"
#include "client/cli/page_option.h"
#include "client/cli/text.h"
#include "tlog/checkpoint.h"
#include "tlog/note_key.h"

namespace concordat::cli {
namespace {

constexpr absl::Duration kSummaryDeadline = absl::Minutes(2);

struct SummaryOptions {
  std::string agency;
  std::string quarter;
  std::string format;
  std::vector<std::string> keys;
};

// Sets the year and quarter that `2026-Q4` names.
absl::Status SetQuarter(const std::string& text, v1::SummariseAuditRequest& request) {
  int year = 0;
  int quarter = 0;
  const std::string upper = absl::AsciiStrToUpper(text);
  const bool read = upper.size() == 7 && upper.substr(4, 2) == "-Q" &&
                    absl::SimpleAtoi(upper.substr(0, 4), &year) &&
                    absl::SimpleAtoi(upper.substr(6), &quarter) && year >= 2000 && quarter >= 1 &&
                    quarter <= 4;
  if (!read) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", Printable(text), "' is no quarter; write it as 2026-Q4"));
  }
  request.set_year(year);
  request.set_quarter(quarter);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<tlog::VerifierKey>> ReadKeys(const std::vector<std::string>& texts) {
  std::vector<tlog::VerifierKey> keys;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(tlog::VerifierKey key, tlog::VerifierKey::Parse(text));
    keys.push_back(std::move(key));
  }
  return keys;
}

// Whether the checkpoint is one that a key signed, and says what the fields beside
// it say.
SignatureCheck CheckSignature(const v1::Checkpoint& checkpoint,
                              const std::vector<tlog::VerifierKey>& keys) {
  if (keys.empty()) return SignatureCheck::kNotChecked;
  const auto opened = tlog::OpenCheckpoint(checkpoint.note(), keys, tlog::ExtensionLines::kAllow);
  const bool valid = opened.ok() && opened->checkpoint.origin == checkpoint.origin() &&
                     opened->checkpoint.size == checkpoint.tree_size() &&
                     opened->checkpoint.root == checkpoint.root_hash();
  return valid ? SignatureCheck::kValid : SignatureCheck::kInvalid;
}

void PrintText(Session& session, const v1::AuditSummary& summary,
               const Verification& verification) {
  session.out() << FormatFacts(SummaryFacts(summary, verification), session.width(),
                               session.colour());
  for (const SummaryPart& part : SummaryParts(summary)) {
    session.out() << "\n" << part.title << "\n";
    if (part.table.rows.empty()) {
      session.out() << part.none << "\n";
    } else {
      session.out() << FormatTable(part.table, session.width(), session.colour());
    }
  }
}

absl::Status Summarise(Session& session, const SummaryOptions& options) {
  ASSIGN_OR_RETURN(const bool page, WantsPage(session, options.format));
  v1::SummariseAuditRequest request;
  ASSIGN_OR_RETURN(*request.mutable_agency(), ExpandOptionalName(options.agency, kAgencyPattern));
  RETURN_IF_ERROR(SetQuarter(options.quarter, request));
  ASSIGN_OR_RETURN(const std::vector<tlog::VerifierKey> keys, ReadKeys(options.keys));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  // Every record of the quarter is hashed again.
  call.deadline = kSummaryDeadline;
  ASSIGN_OR_RETURN(const v1::AuditSummary summary, client.SummariseAudit(request, call));
  const Verification verification =
      VerificationOf(summary, CheckSignature(summary.checkpoint(), keys));
  if (page) {
    session.out() << SummaryHtml(summary, verification);
  } else if (session.options().output == OutputFormat::kJson) {
    nlohmann::ordered_json json = ToJson(summary);
    json["verification"] = {{"sound", verification.sound},
                            {"records", verification.records},
                            {"signature", verification.signature}};
    session.out() << JsonText(json);
  } else if (session.options().output == OutputFormat::kCsv) {
    session.out() << SummaryCsv(summary);
  } else {
    PrintText(session, summary, verification);
  }
  // What was printed says what is wrong; scripts learn of it by the exit code.
  if (verification.sound) return absl::OkStatus();
  // A file of CSV has no place for it, and would look sound.
  return WithNextStep(absl::DataLossError(absl::StrCat(
                          "the audit log could not be verified: ", verification.records, "; ",
                          verification.signature)),
                      "keep what was printed, and tell the operator");
}

}  // namespace

void AddAuditSummaryCommand(CLI::App& group, Session& session) {
  auto options = std::make_shared<SummaryOptions>();
  CLI::App* command = AddCommand(group, "summary",
                                 "An agency's quarter: who saw what, under which agreement, what "
                                 "was refused, and whether the log is whole",
                                 session, options, &Summarise);
  command->add_option("--agency", options->agency, "Whose. Default: your own");
  command->add_option("--quarter", options->quarter, "The calendar quarter, such as 2026-Q4")
      ->required();
  AddPageOption(*command, options->format);
  command
      ->add_option("--key", options->keys,
                   "The log's public key: checks the checkpoint's signature here; repeatable")
      ->allow_extra_args(false);
}

}  // namespace concordat::cli
