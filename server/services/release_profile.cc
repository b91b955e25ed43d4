#include "server/services/release_profile.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/algorithm/container.h"

namespace concordat::services {
namespace {

using domain::disclosure::kAlreadyPublic;
using domain::disclosure::kDfeChildren;
using domain::disclosure::kNhsHospital;
using domain::disclosure::Profile;

Profile OwnRule(const v1::Measure& measure) {
  const int64_t minimum = measure.disclosure_minimum();
  Profile rule = kAlreadyPublic;
  switch (measure.disclosure_profile()) {
    case v1::DFE_CHILDREN:
      rule = kDfeChildren;
      break;
    case v1::NHS_HOSPITAL:
      rule = kNhsHospital;
      break;
    case v1::CUSTOM:
      return {minimum, std::max<int64_t>(1, measure.rounding_base()), false};
    default:
      if (minimum == 0) return kAlreadyPublic;
      return {minimum, 1, false};
  }
  rule.minimum_shown = std::max(rule.minimum_shown, minimum);
  return rule;
}

// Of two multiples to round to, the larger hides more.
void Tighten(const Profile& other, Profile& rule) {
  rule.minimum_shown = std::max(rule.minimum_shown, other.minimum_shown);
  rule.rounding_base = std::max(rule.rounding_base, other.rounding_base);
  rule.already_public = rule.already_public && other.already_public;
}

v1::DisclosureProfile NameOf(const Profile& rule) {
  if (rule == kAlreadyPublic) return v1::ALREADY_PUBLIC;
  if (rule == kDfeChildren) return v1::DFE_CHILDREN;
  if (rule == kNhsHospital) return v1::NHS_HOSPITAL;
  return v1::CUSTOM;
}

// Whether the agreement's scope has figures of the measure in the release.
bool LetsOut(const auth::CompiledAgreement& agreement, const v1::Measure& measure,
             absl::string_view release) {
  const bool has_topic =
      agreement.topics.empty() || absl::c_any_of(measure.topics(), [&](const std::string& topic) {
        return agreement.topics.Contains(topic);
      });
  return has_topic && agreement.measures.Contains(measure.name()) &&
         agreement.releases.Contains(release) &&
         absl::c_linear_search(agreement.message.scope().data_sets(),
                               static_cast<int>(v1::RELEASES));
}

}  // namespace

ReleaseProfile StrictestProfile(const v1::Measure& measure, absl::string_view release,
                                const auth::Policy& policy, absl::Time now,
                                const std::vector<Profile>& earlier) {
  Profile rule = OwnRule(measure);
  for (const Profile& before : earlier) Tighten(before, rule);
  for (const auto& agreement : policy.agreements()) {
    if (!LetsOut(*agreement, measure, release) ||
        auth::StateAt(agreement->message, now) == v1::Agreement::ENDED) {
      continue;
    }
    switch (agreement->message.disclosure_profile()) {
      case v1::DFE_CHILDREN:
        Tighten(kDfeChildren, rule);
        break;
      case v1::NHS_HOSPITAL:
        Tighten(kNhsHospital, rule);
        break;
      default:
        break;
    }
  }
  return {rule, NameOf(rule)};
}

}  // namespace concordat::services
