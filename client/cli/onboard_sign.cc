#include "client/cli/onboard_sign.h"

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "base/file.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/local_error.h"
#include "client/cli/new_folder.h"
#include "client/cli/text.h"
#include "client/onboarding/authority.h"
#include "client/onboarding/certificate_request.h"

namespace concordat::cli {
namespace {

constexpr int kUsualDays = 365;

struct SignOptions {
  std::string request;
  std::string identity;
  std::string sha256;
  std::string ca_certificate;
  std::string ca_key;
  std::string ca_passphrase_file;
  std::string out;
  int days = kUsualDays;
  bool dry_run = false;
};

absl::StatusOr<std::string> ReadInput(const std::string& path) {
  absl::StatusOr<std::string> content = ReadFile(path);
  if (!content.ok()) return absl::InvalidArgumentError(content.status().message());
  return content;
}

void PrintReview(Session& session, const onboarding::RequestReview& review) {
  session.out() << FormatFacts(
      {{"Subject", Plain(review.subject)},
       {"Identity",
        Plain(review.identities.empty() ? "none" : absl::StrJoin(review.identities, ", "))},
       {"Key", Plain(review.key)},
       {"Request SHA-256", Plain(review.sha256)}},
      session.width(), session.colour());
}

// What came by mail is what the agency made: it reads the digest out.
absl::Status CheckDigest(const SignOptions& options, const onboarding::RequestReview& review) {
  if (options.sha256.empty()) {
    return UsageError(
        "--sha256 is required to sign: have the agency read the request's SHA-256 out, over "
        "another way than the file came, and give what you heard");
  }
  if (absl::AsciiStrToLower(options.sha256) == review.sha256) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "the request is not the one that was read out: its SHA-256 is another");
}

absl::StatusOr<onboarding::Authority> ReadAuthority(const SignOptions& options, absl::Time now) {
  ASSIGN_OR_RETURN(const std::string certificate, ReadInput(options.ca_certificate));
  ASSIGN_OR_RETURN(const std::string key, ReadInput(options.ca_key));
  std::string passphrase;
  if (!options.ca_passphrase_file.empty()) {
    ASSIGN_OR_RETURN(passphrase, ReadInput(options.ca_passphrase_file));
    passphrase = std::string(absl::StripTrailingAsciiWhitespace(passphrase));
  }
  return onboarding::Authority::Read(certificate, key, passphrase, now);
}

void PrintIssued(Session& session, const SignOptions& options,
                 const onboarding::IssuedCertificate& issued) {
  session.out()
      << FormatFacts({{"Certificate", Plain(options.out)},
                      {"Certificate SHA-256", Plain(issued.sha256)},
                      {"Serial number", Plain(issued.serial)},
                      {"Valid until", Plain(ShortInstantText(ToTimestamp(issued.not_after)))}},
                     session.width(), session.colour())
      << "\nnext:\n"
      << "  1. apply the directory entry, and the agreement when every \"\" of it is "
         "filled in:\n"
      << "     concordat apply -f directory.yaml -f agreement.yaml\n"
      << "  2. have an approver of each party approve the agreement: `concordat agreements "
         "approve`\n"
      << "  3. send the certificate to the agency, with the certificate of the service's "
         "authority\n";
}

absl::Status Sign(Session& session, const SignOptions& options) {
  ASSIGN_OR_RETURN(const std::string request, ReadInput(options.request));
  ASSIGN_OR_RETURN(const onboarding::RequestReview review,
                   onboarding::ReviewRequest(request, options.identity));
  const bool json = session.options().output == OutputFormat::kJson;
  if (!json) PrintReview(session, review);
  if (!review.faults.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the request is not signed:\n", absl::StrJoin(review.faults, "\n")));
  }
  const absl::Time now = absl::Now();
  ASSIGN_OR_RETURN(const onboarding::Authority authority, ReadAuthority(options, now));
  nlohmann::ordered_json result = {{"subject", review.subject},
                                   {"identity", review.identities[0]},
                                   {"key", review.key},
                                   {"request_sha256", review.sha256}};
  // What was read out is compared whenever it is given.
  if (!options.dry_run || !options.sha256.empty()) RETURN_IF_ERROR(CheckDigest(options, review));
  if (options.dry_run) {
    if (json) session.out() << JsonText(result);
    return absl::OkStatus();
  }
  if (options.out.empty()) return UsageError("--out is required to sign");
  ASSIGN_OR_RETURN(const onboarding::IssuedCertificate issued,
                   authority.Issue(request, options.identity, options.days, now));
  RETURN_IF_ERROR(WriteNewFile(options.out, issued.pem));
  if (json) {
    result["certificate_sha256"] = issued.sha256;
    result["serial"] = issued.serial;
    result["not_after"] = InstantText(ToTimestamp(issued.not_after));
    session.out() << JsonText(result);
  } else {
    PrintIssued(session, options, issued);
  }
  return absl::OkStatus();
}

}  // namespace

void AddOnboardSignCommand(CLI::App& onboard, Session& session) {
  auto options = std::make_shared<SignOptions>();
  CLI::App* command = AddCommand(
      onboard, "sign", "Shows a certificate request, and signs it for the partnership's office",
      session, options, &Sign);
  command->footer(
      "First with --dry-run, then with --sha256 as the agency read it out over another way than "
      "the\n"
      "file came. The certificate is for TLS clients alone, and has no name but --identity.");
  command->add_option("--request", options->request, "The agency's request, NAME.csr")->required();
  command
      ->add_option("--identity", options->identity,
                   "The name that it has to ask for, uri:NAME or dns:NAME, as the directory has it")
      ->required();
  command->add_option("--sha256", options->sha256,
                      "SHA-256 of the request as the agency read it out");
  command->add_option("--ca-certificate", options->ca_certificate, "The authority's certificate")
      ->required();
  command->add_option("--ca-key", options->ca_key, "The authority's key")->required();
  command->add_option("--ca-passphrase-file", options->ca_passphrase_file,
                      "A file with the passphrase of the authority's key, if it has one");
  command->add_option("--days", options->days, "How long the certificate is valid. Default: 365")
      ->check(CLI::Range(1, onboarding::Authority::kMostDays));
  command->add_option("--out", options->out, "The certificate's file, which is not there yet");
  command->add_flag("--dry-run", options->dry_run, "Only shows the request, and says if it is fit");
}

}  // namespace concordat::cli
