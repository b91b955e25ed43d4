// The one alternative name that a client's request and certificate carry.
#ifndef CONCORDAT_CLIENT_ONBOARDING_SUBJECT_NAMES_H_
#define CONCORDAT_CLIENT_ONBOARDING_SUBJECT_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/openssl_ptr.h"

namespace concordat::onboarding {

// The subjectAltName extension with this name alone. `identity` is as the
// directory writes it: `uri:` or `dns:` and the name. INVALID_ARGUMENT when it is
// neither, or holds anything but printable ASCII without spaces.
absl::StatusOr<X509ExtensionPtr> MakeSubjectName(absl::string_view identity);

// Every name of an extension as the directory would write it. A name of another
// kind, such as an address, is `other`, so that it is counted.
std::vector<std::string> IdentitiesOf(const GENERAL_NAMES& names);

}  // namespace concordat::onboarding

#endif  // CONCORDAT_CLIENT_ONBOARDING_SUBJECT_NAMES_H_
