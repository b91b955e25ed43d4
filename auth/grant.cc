#include "auth/grant.h"

#include <algorithm>

#include "base/civil_time.h"
#include "base/digest.h"
#include "base/status.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace concordat::auth {

NameSet::NameSet(const google::protobuf::RepeatedPtrField<std::string>& names,
                 absl::string_view wildcard) {
  for (const std::string& name : names) {
    if (name == wildcard) {
      all_ = true;
    } else {
      names_.insert(name);
    }
  }
}

NameSet NameSet::All() {
  NameSet set;
  set.all_ = true;
  return set;
}

std::string AgreementDigest(const v1::Agreement& agreement) {
  v1::Agreement fields = agreement;
  fields.clear_version();
  fields.clear_digest();
  fields.clear_etag();
  fields.clear_recorded_time();
  fields.clear_in_force();
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    fields.SerializeToCodedStream(&coded);
  }
  return Sha256Of(bytes);
}

CompiledAgreement::CompiledAgreement(const v1::Agreement& agreement)
    : message(agreement),
      digest(AgreementDigest(agreement)),
      active(agreement.state() == v1::Agreement::ACTIVE),
      from(absl::InfiniteFuture()),
      until(absl::InfiniteFuture()),
      plans(agreement.scope().plans(), "plans/-"),
      topics(agreement.scope().topics(), ""),
      measures(agreement.scope().measures(), "measures/-"),
      releases(agreement.scope().releases(), "releases/-"),
      areas(agreement.scope().areas(), "areas/-") {
  // A date that cannot be read leaves the agreement out of force.
  if (const auto day = ToCivilDay(agreement.effective_from())) from = StartOf(*day);
  if (agreement.has_effective_to()) {
    const auto day = ToCivilDay(agreement.effective_to());
    until = day.has_value() ? StartOf(*day + 1) : absl::InfinitePast();
  }
  if (agreement.suspend_when_review_lapses()) {
    const auto day = ToCivilDay(agreement.review_date());
    until = std::min(until, day.has_value() ? StartOf(*day + 1) : absl::InfinitePast());
  }
}

// With basis ROLE the whole store is in scope; with SELF nothing of it is but
// what the method itself opens for the caller's agency.
bool Grant::CoversPlan(absl::string_view plan) const {
  return agreement_ != nullptr ? agreement_->plans.Contains(plan) : basis_ == v1::AccessRule::ROLE;
}

bool Grant::CoversMeasure(absl::string_view measure) const {
  return agreement_ != nullptr ? agreement_->measures.Contains(measure)
                               : basis_ == v1::AccessRule::ROLE;
}

bool Grant::CoversRelease(absl::string_view release) const {
  return agreement_ != nullptr ? agreement_->releases.Contains(release)
                               : basis_ == v1::AccessRule::ROLE;
}

bool Grant::CoversArea(absl::string_view area, v1::GeographicLevel level) const {
  if (agreement_ == nullptr) return basis_ == v1::AccessRule::ROLE;
  return level != v1::GEOGRAPHIC_LEVEL_UNSPECIFIED &&
         level <= agreement_->message.scope().finest_geography() &&
         agreement_->areas.Contains(area);
}

bool Grant::CoversDirectory() const {
  return agreement_ != nullptr || basis_ == v1::AccessRule::ROLE;
}

absl::Status Grant::OutOfScope() const {
  const absl::string_view agreement =
      agreement_ != nullptr ? absl::string_view(agreement_->message.name()) : "";
  return MakeError(v1::OUT_OF_SCOPE,
                   "this is outside what the agreement names; `concordat agreements list` shows "
                   "what it covers",
                   {{"agreement", agreement}});
}

}  // namespace concordat::auth
