// The files that a new client starts from.
#ifndef CONCORDAT_CLIENT_ONBOARDING_STARTER_FILES_H_
#define CONCORDAT_CLIENT_ONBOARDING_STARTER_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "concordat/v1/access.pb.h"
#include "concordat/v1/directory.pb.h"

namespace concordat::onboarding {

// Who joins, as whom, and for what. Names are whole resource names.
struct Newcomer {
  // `agencies/{agency}/clients/{client}`.
  std::string client;
  // What it is, in a few words.
  std::string client_display_name;
  std::vector<v1::Role> roles;
  // The agency's name in full. Empty: the directory has the agency already.
  std::string agency_display_name;
  // Counts with `agency_display_name` alone.
  v1::Agency::Kind agency_kind = v1::Agency::KIND_UNSPECIFIED;
  // `host:port` of the service.
  std::string target;
  // Why it asks; an identifier. Empty for a client that needs none.
  std::string purpose;
  // The agency that gives the data, `agencies/{agency}`. Empty: there is no draft.
  std::string provider;
  // `agreements/{agreement}`. Counts with `provider` alone.
  std::string agreement;
  // The day of the drafts, Europe/London.
  absl::CivilDay today;
};

// INVALID_ARGUMENT names what cannot stand in a file: a name that is none, a text
// that is empty or holds control characters.
absl::Status CheckNewcomer(const Newcomer& newcomer);

// The name in the certificate, `uri:urn:concordat:AGENCY:CLIENT`.
std::string IdentityOf(const Newcomer& newcomer);

// The command line's profile, which stands beside its key and certificates.
std::string ProfileFile(const Newcomer& newcomer);
// The directory entry, as `concordat apply` takes it.
std::string DirectoryFile(const Newcomer& newcomer);
// A draft agreement of a newcomer with a provider, as `concordat apply` takes it.
// What only people can decide is an empty text, which the service refuses by its
// line: no draft can be stored with such a place left.
std::string AgreementFile(const Newcomer& newcomer);

}  // namespace concordat::onboarding

#endif  // CONCORDAT_CLIENT_ONBOARDING_STARTER_FILES_H_
