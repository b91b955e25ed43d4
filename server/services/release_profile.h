// The small-number rule that binds a measure in every release.
#ifndef CONCORDAT_SERVER_SERVICES_RELEASE_PROFILE_H_
#define CONCORDAT_SERVER_SERVICES_RELEASE_PROFILE_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/policy.h"
#include "concordat/v1/agreement.pb.h"
#include "concordat/v1/measure.pb.h"
#include "server/domain/disclosure/profile.h"

namespace concordat::services {

// The rule of one measure.
struct ReleaseProfile {
  domain::disclosure::Profile rule;
  // What it is called, for the report: CUSTOM when it is none of the others.
  v1::DisclosureProfile name = v1::DISCLOSURE_PROFILE_UNSPECIFIED;
};

// The measure's own rule, made as strict as that of any agreement under which its figures
// could leave in `release`, `releases/{release}`, and that has not ended at `now`:
// suspended ones and those not in force yet too, and as that of `earlier` releases, since
// what these hid would be told by sums that a looser rule shows. It is one rule for all
// agencies (docs/decisions/one-view-a-release.md).
ReleaseProfile StrictestProfile(const v1::Measure& measure, absl::string_view release,
                                const auth::Policy& policy, absl::Time now,
                                const std::vector<domain::disclosure::Profile>& earlier);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RELEASE_PROFILE_H_
