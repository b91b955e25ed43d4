// `concordat redact …`.
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/local_error.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

using v1::Redaction;

struct RedactOptions {
  std::string resource;
  std::string text_file;
  std::string reason;
  std::string reference;
  bool dry_run = false;
  bool yes = false;
};

// All of it, from a pipe too, whose size nobody knows beforehand.
absl::StatusOr<std::string> ReadStandardInput() {
  std::string text{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  if (std::cin.bad()) return absl::NotFoundError("standard input");
  return text;
}

// The text, without the line end that editors put after it. It is read from a file,
// since arguments of a program stand in process lists and in histories.
absl::StatusOr<std::string> ReadText(const std::string& path) {
  absl::StatusOr<std::string> text = path == "-" ? ReadStandardInput() : ReadFile(path);
  if (!text.ok()) {
    return LocalError(absl::StrCat("cannot read ", Printable(path)),
                      "name a file that holds the text and nothing else, or - for standard input");
  }
  return std::string(absl::StripSuffix(absl::StripSuffix(*text, "\n"), "\r"));
}

void PrintRedaction(Session& session, const Redaction& redaction, bool dry_run) {
  const std::string held =
      absl::StrCat(Counted(redaction.texts(), "text"), " in ",
                   Counted(redaction.revisions(), "revision or figure", "revisions or figures"));
  session.out() << Printable(redaction.resource()) << ": ";
  if (redaction.state() == Redaction::DONE) {
    session.out() << (dry_run ? "would be redacted, " : "redacted, ") << held << "\n";
    return;
  }
  session.out() << (dry_run ? "would be proposed, " : "proposed by ")
                << (dry_run ? "" : Printable(redaction.proposed_by()) + ", ") << held
                << "\nnext: an approver of another client sends the same within seven days\n";
}

absl::Status Redact(Session& session, const RedactOptions& options) {
  if (!options.yes && !options.dry_run) {
    return UsageError(
        "a redaction cannot be undone: look at it with --dry-run, then say it with --yes");
  }
  v1::RedactTextRequest request;
  request.set_resource(options.resource);
  ASSIGN_OR_RETURN(const Redaction::Reason reason, ParseWord<Redaction::Reason>(options.reason));
  request.set_reason(reason);
  request.set_reference(options.reference);
  request.set_dry_run(options.dry_run);
  ASSIGN_OR_RETURN(*request.mutable_text(), ReadText(options.text_file));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const Redaction redaction, client.RedactText(request, call));
  if (session.options().output == OutputFormat::kJson) {
    session.out() << JsonText(ToJson(redaction));
  } else {
    PrintRedaction(session, redaction, options.dry_run);
  }
  return absl::OkStatus();
}

}  // namespace

void AddRedactCommand(CLI::App& app, Session& session) {
  auto options = std::make_shared<RedactOptions>();
  CLI::App* command = AddCommand(
      app, "redact", "Text that should never have been written becomes a tombstone, for ever",
      session, options, &Redact);
  command->footer(
      "An administrator proposes; an approver of another client sends the same. Mend the file "
      "that\n"
      "the text came from first, or it comes back when the file is applied again.");
  command
      ->add_option("resource", options->resource,
                   "The whole name, such as plans/development-2018/actions/1.2.1")
      ->required();
  command
      ->add_option("--text-file", options->text_file,
                   "A file with the text, word for word as it was written; - for standard input")
      ->required();
  command->add_option("--reason", options->reason, "personal-data, secret or legal")->required();
  command
      ->add_option("--reference", options->reference,
                   "Your reference of the case, such as incident-2026-14; never a name")
      ->required();
  command->add_flag("--dry-run", options->dry_run, "Only say what would become a tombstone");
  command->add_flag("--yes", options->yes, "Do it, although it cannot be undone");
}

}  // namespace concordat::cli
