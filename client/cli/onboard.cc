// `concordat onboard`: a new client's key, request and files.
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/local_error.h"
#include "client/cli/names.h"
#include "client/cli/new_folder.h"
#include "client/cli/onboard_sign.h"
#include "client/cli/text.h"
#include "client/onboarding/certificate_request.h"
#include "client/onboarding/starter_files.h"

namespace concordat::cli {
namespace {

constexpr mode_t kForItsOwnerAlone = 0600;
constexpr char kOfficeFolder[] = "for-the-office";

struct OnboardOptions {
  std::string folder;
  std::string client;
  std::string client_name;
  std::vector<std::string> roles;
  std::string agency_name;
  std::string agency_kind;
  std::string target;
  std::string provider;
};

// What the two sides do with the files, in order.
void PrintNextSteps(Session& session, const OnboardOptions& options,
                    const onboarding::Newcomer& newcomer, absl::string_view sha256) {
  const std::string name(LastIdentifier(newcomer.client));
  session.out() << FormatFacts(
                       {{"Client", Plain(newcomer.client)},
                        {"Identity", Plain(onboarding::IdentityOf(newcomer))},
                        {"Request SHA-256", Plain(std::string(sha256))},
                        {"Profile", Plain(absl::StrCat(options.folder, "/", name, ".yaml"))},
                        {"Private key", Plain(absl::StrCat(options.folder, "/", name,
                                                           ".key: never leaves this machine"))}},
                       session.width(), session.colour())
                << "\nnext:\n";
  std::vector<std::string> steps;
  if (!newcomer.provider.empty()) {
    steps.push_back(absl::StrCat("fill in every \"\" of ", options.folder, "/", kOfficeFolder,
                                 "/agreement.yaml"));
  }
  steps.push_back(absl::StrCat("send the folder ", kOfficeFolder,
                               " to the partnership's office, and read the request's SHA-256 out "
                               "to it over the telephone"));
  steps.push_back(absl::StrCat("put the two files that come back into ", options.folder, ": ", name,
                               ".crt and ca.crt"));
  steps.push_back(absl::StrCat("run CONCORDAT_CONFIG_DIR=", options.folder, " concordat --profile ",
                               name, " doctor"));
  for (size_t i = 0; i < steps.size(); ++i) {
    session.out() << "  " << i + 1 << ". " << Printable(steps[i]) << "\n";
  }
}

void PrintJson(Session& session, const OnboardOptions& options,
               const onboarding::Newcomer& newcomer, absl::string_view sha256) {
  session.out() << JsonText({{"client", newcomer.client},
                             {"identity", onboarding::IdentityOf(newcomer)},
                             {"request_sha256", std::string(sha256)},
                             {"profile", std::string(LastIdentifier(newcomer.client))},
                             {"folder", options.folder}});
}

absl::Status CheckComplete(const Session& session, const OnboardOptions& options) {
  const std::pair<absl::string_view, const std::string*> wanted[] = {
      {"--folder", &options.folder},
      {"--client", &options.client},
      {"--client-name", &options.client_name},
      {"--target", &options.target}};
  for (const auto& [name, value] : wanted) {
    if (value->empty()) return UsageError(absl::StrCat(name, " is required"));
  }
  if (!options.provider.empty() && session.options().purpose.empty()) {
    return UsageError("--provider wants --purpose, for the draft of the agreement");
  }
  if (options.agency_name.empty() != options.agency_kind.empty()) {
    return UsageError("--agency-name and --agency-kind go together");
  }
  return absl::OkStatus();
}

// The draft's name: `--agreement`, or the agency and the purpose.
absl::StatusOr<std::string> AgreementName(const std::string& wanted,
                                          const onboarding::Newcomer& newcomer) {
  if (!wanted.empty()) return ExpandName(wanted, kAgreementPattern);
  const std::string usual = absl::StrCat(IdentifierAt(newcomer.client, 0), "-", newcomer.purpose);
  if (!IsIdentifier(usual)) {
    return UsageError(absl::StrCat("'", Printable(usual),
                                   "' is no name of an agreement: choose with --agreement"));
  }
  return absl::StrCat("agreements/", usual);
}

absl::StatusOr<onboarding::Newcomer> ReadNewcomer(const Session& session,
                                                  const OnboardOptions& options) {
  onboarding::Newcomer newcomer;
  ASSIGN_OR_RETURN(newcomer.client, ExpandName(options.client, kClientPattern));
  newcomer.client_display_name = options.client_name;
  for (const std::string& word : options.roles) {
    ASSIGN_OR_RETURN(const v1::Role role, ParseWord<v1::Role>(word));
    newcomer.roles.push_back(role);
  }
  newcomer.agency_display_name = options.agency_name;
  if (!options.agency_kind.empty()) {
    ASSIGN_OR_RETURN(newcomer.agency_kind, ParseWord<v1::Agency::Kind>(options.agency_kind));
  }
  newcomer.target = options.target;
  newcomer.purpose = session.options().purpose;
  if (!options.provider.empty()) {
    ASSIGN_OR_RETURN(newcomer.provider, ExpandName(options.provider, kAgencyPattern));
    ASSIGN_OR_RETURN(newcomer.agreement, AgreementName(session.options().agreement, newcomer));
  }
  newcomer.today = DayOf(absl::Now());
  RETURN_IF_ERROR(onboarding::CheckNewcomer(newcomer));
  return newcomer;
}

absl::Status Onboard(Session& session, const OnboardOptions& options) {
  RETURN_IF_ERROR(CheckComplete(session, options));
  ASSIGN_OR_RETURN(const onboarding::Newcomer newcomer, ReadNewcomer(session, options));
  const std::string identity = onboarding::IdentityOf(newcomer);
  const std::string name(LastIdentifier(newcomer.client));
  ASSIGN_OR_RETURN(const onboarding::KeyAndRequest made,
                   onboarding::MakeKeyAndRequest(name, identity));
  ASSIGN_OR_RETURN(const onboarding::RequestReview review,
                   onboarding::ReviewRequest(made.request_pem, identity));
  const std::filesystem::path office(kOfficeFolder);
  std::vector<NewFile> files = {{name + ".key", made.key_pem, kForItsOwnerAlone},
                                {name + ".yaml", onboarding::ProfileFile(newcomer)},
                                {office / (name + ".csr"), made.request_pem},
                                {office / "directory.yaml", onboarding::DirectoryFile(newcomer)}};
  if (!newcomer.provider.empty()) {
    files.push_back({office / "agreement.yaml", onboarding::AgreementFile(newcomer)});
  }
  RETURN_IF_ERROR(WriteNewFolder(options.folder, files));
  if (session.options().output == OutputFormat::kJson) {
    PrintJson(session, options, newcomer, review.sha256);
  } else {
    PrintNextSteps(session, options, newcomer, review.sha256);
  }
  return absl::OkStatus();
}

}  // namespace

void AddOnboardCommands(CLI::App& app, Session& session) {
  auto options = std::make_shared<OnboardOptions>();
  options->roles = {"READER"};
  CLI::App* command = app.add_subcommand(
      "onboard", "Makes a new client's key, certificate request, profile and drafts");
  // Required options would be asked for before `onboard sign` too, so Onboard checks.
  command->footer(
      "Needs --folder, --client, --client-name and --target. With --provider and --purpose there "
      "is a\n"
      "draft agreement too, named by --agreement. The folder is made whole or not at all; the key\n"
      "stays in it, and for-the-office is what to send. Step by step: docs/integrating.md.");
  command->add_option("--folder", options->folder, "The new folder for all files");
  command->add_option("--client", options->client, "The new client, AGENCY/CLIENT");
  command->add_option("--client-name", options->client_name, "What the client is, in a few words");
  command->add_option("--role", options->roles, "What it may do; repeatable. Default: READER")
      ->allow_extra_args(false);
  command->add_option("--agency-name", options->agency_name,
                      "The agency's name in full, if the directory does not have it yet");
  command->add_option("--agency-kind", options->agency_kind,
                      "What sort of agency it is, such as NHS_TRUST; with --agency-name");
  command->add_option("--target", options->target, "The service, HOST:PORT");
  command->add_option("--provider", options->provider,
                      "The agency that gives the data; with --purpose");
  AddOnboardSignCommand(*command, session);
  command->callback([command, &session, options] {
    if (!command->get_subcommands().empty()) return;
    session.SetCommand([&session, options] { return Onboard(session, *options); });
  });
}

}  // namespace concordat::cli
