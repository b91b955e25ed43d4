#include "client/onboarding/starter_files.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"

namespace concordat::onboarding {
namespace {

constexpr absl::string_view kAgreementTemplate =
    R"(# The draft of a sharing agreement, for `concordat apply`. It shares nothing before each party approved it.
# Fill in every "": the service refuses the file, and names the line, while one is left. Check the rest.
kind: agreement
agreement:
  name: $NAME
  display_name: ""  # FILL IN: its title
  state: DRAFT

  # Who takes part, and why.
  parties:
    - {agency: $PROVIDER, provides: true, receives: false}
    - {agency: $AGENCY, provides: false, receives: true}
  purposes: [$PURPOSE]
  purpose_text: ""  # FILL IN: the purpose in words
  lawful_basis:
    - ""  # FILL IN: each an act and section or an article
  special_category_condition: ""  # FILL IN: the condition, or why none is needed
  joint_controllers: false

  # What is shared: in words, and as the server checks it.
  data_items:
    - ""  # FILL IN: what is shared, in words
  scope:
    data_sets: [PLANS]
    plans: [""]  # FILL IN: plans/{plan}, or plans/- for all
  roles: [READER]
  disclosure_profile: DFE_CHILDREN
  quotas: {requests_per_minute: 300, concurrent_streams: 2, extract_rows_per_day: 50000}
  accepts_default_purpose: false
  requires_on_behalf_of: false

  # When.
  effective_from: $FROM
  review_date: $REVIEW
  suspend_when_review_lapses: true

  # How it is looked after.
  individual_rights: ""  # FILL IN: how people use their rights over the data
  governance: ""  # FILL IN: who owns it, and how it is reviewed
  retention: ""  # FILL IN: how long data is kept by those who get it
  disposal: ""  # FILL IN: how it is then disposed of
  onward_sharing: ""  # FILL IN: whether and to whom it may be passed on
  transfer_method: Concordat over mutual TLS, version 1.2 or later, client certificate for each system
  frequency: ""  # FILL IN: how often
  contacts:  # posts and teams, never persons
    breach: ""  # FILL IN
    senior_information_risk_owner: ""  # FILL IN
    caldicott_guardian: ""  # FILL IN
    data_protection_officer: ""  # FILL IN
  dpia_reference: ""  # FILL IN: of the data protection impact assessment
  isg_reference: ""  # FILL IN: in the Information Sharing Gateway
)";

// The text as a double-quoted YAML scalar.
std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

absl::Status CheckText(absl::string_view what, absl::string_view text, size_t most_bytes) {
  bool has_control = false;
  for (const char c : text) has_control |= absl::ascii_iscntrl(static_cast<unsigned char>(c));
  if (text.empty() || text.size() > most_bytes || has_control) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " is one line of at most ", most_bytes, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status CheckName(absl::string_view name, absl::string_view pattern) {
  if (MatchesPattern(name, pattern)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a name is of the form ", pattern,
                   ", each part of lower-case letters, digits, `.` and `-`, at most 63"));
}

}  // namespace

absl::Status CheckNewcomer(const Newcomer& newcomer) {
  RETURN_IF_ERROR(CheckName(newcomer.client, "agencies/{agency}/clients/{client}"));
  RETURN_IF_ERROR(CheckText("the client's description", newcomer.client_display_name, 200));
  RETURN_IF_ERROR(CheckText("the target", newcomer.target, 300));
  if (!newcomer.agency_display_name.empty()) {
    RETURN_IF_ERROR(CheckText("the agency's name", newcomer.agency_display_name, 200));
    if (newcomer.agency_kind == v1::Agency::KIND_UNSPECIFIED) {
      return absl::InvalidArgumentError("a new agency has a kind");
    }
  }
  const bool has_draft = !newcomer.provider.empty();
  if ((has_draft || !newcomer.purpose.empty()) && !IsIdentifier(newcomer.purpose)) {
    return absl::InvalidArgumentError(
        "a purpose is an identifier, such as safeguarding-improvement");
  }
  if (newcomer.roles.empty()) return absl::InvalidArgumentError("a client has at least one role");
  if (!has_draft) return absl::OkStatus();
  RETURN_IF_ERROR(CheckName(newcomer.provider, "agencies/{agency}"));
  RETURN_IF_ERROR(CheckName(newcomer.agreement, "agreements/{agreement}"));
  if (newcomer.provider == ParentOf(newcomer.client)) {
    return absl::InvalidArgumentError("the agency that gives the data is another one");
  }
  return absl::OkStatus();
}

std::string IdentityOf(const Newcomer& newcomer) {
  return absl::StrCat("uri:urn:concordat:", IdentifierAt(newcomer.client, 0), ":",
                      IdentifierAt(newcomer.client, 1));
}

std::string ProfileFile(const Newcomer& newcomer) {
  const absl::string_view name = LastIdentifier(newcomer.client);
  return absl::StrCat("# ", newcomer.client, ". Paths are relative to this file.\n",
                      "target: ", Quoted(newcomer.target), "\n",
                      "ca_certificate_file: ca.crt\n",       //
                      "certificate_file: ", name, ".crt\n",  //
                      "private_key_file: ", name, ".key\n",  //
                      newcomer.purpose.empty()
                          ? std::string()
                          : absl::StrCat("purpose: ", Quoted(newcomer.purpose), "\n"));
}

std::string DirectoryFile(const Newcomer& newcomer) {
  std::string text =
      "# One request of DirectoryService.ApplyDirectory, for `concordat apply`. What readers\n"
      "# may read is what an agreement names; other roles and identities count at once, so the\n"
      "# office checks them here first.\n"
      "kind: directory\n";
  if (!newcomer.agency_display_name.empty()) {
    absl::StrAppend(&text, "agencies:\n  - name: ", ParentOf(newcomer.client),
                    "\n    display_name: ", Quoted(newcomer.agency_display_name),
                    "\n    kind: ", v1::Agency::Kind_Name(newcomer.agency_kind), "\n");
  }
  absl::StrAppend(&text, "clients:\n  - name: ", newcomer.client,
                  "\n    display_name: ", Quoted(newcomer.client_display_name), "\n    roles: [",
                  absl::StrJoin(newcomer.roles, ", ",
                                [](std::string* out, v1::Role role) {
                                  absl::StrAppend(out, v1::Role_Name(role));
                                }),
                  "]\n    certificate_identities: [", Quoted(IdentityOf(newcomer)), "]\n");
  return text;
}

std::string AgreementFile(const Newcomer& newcomer) {
  const absl::CivilDay& today = newcomer.today;
  const absl::CivilDay review(today.year() + 1, today.month(), today.day());
  return absl::StrReplaceAll(kAgreementTemplate, {{"$NAME", newcomer.agreement},
                                                  {"$PROVIDER", newcomer.provider},
                                                  {"$AGENCY", ParentOf(newcomer.client)},
                                                  {"$PURPOSE", Quoted(newcomer.purpose)},
                                                  {"$FROM", FormatDay(today)},
                                                  {"$REVIEW", FormatDay(review)}});
}

}  // namespace concordat::onboarding
