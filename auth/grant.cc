#include "auth/grant.h"

#include <algorithm>

#include "base/civil_time.h"
#include "base/digest.h"
#include "base/status.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace concordat::auth {
namespace {

// The agreement as it is stored: without what is worked out for an answer.
v1::Agreement WithoutComputed(v1::Agreement agreement) {
  agreement.clear_version();
  agreement.clear_digest();
  agreement.clear_etag();
  agreement.clear_recorded_time();
  agreement.clear_in_force();
  agreement.clear_terms_digest();
  agreement.clear_days_until_review();
  agreement.clear_review_warning();
  return agreement;
}

std::string DigestOf(const v1::Agreement& fields) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    fields.SerializeToCodedStream(&coded);
  }
  return Sha256Of(bytes);
}

}  // namespace

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
  return DigestOf(WithoutComputed(agreement));
}

std::string TermsDigest(const v1::Agreement& agreement) {
  v1::Agreement terms = WithoutComputed(agreement);
  terms.clear_state();
  terms.clear_approvals();
  terms.clear_recorded_approvals();
  terms.clear_last_act();
  terms.clear_withholdings();
  return DigestOf(terms);
}

v1::Agreement::State StateAt(const v1::Agreement& agreement, absl::Time now) {
  if (agreement.state() != v1::Agreement::APPROVED) return agreement.state();
  const auto day = ToCivilDay(agreement.effective_from());
  const bool begun = day.has_value() && StartOf(*day) <= now;
  return begun ? v1::Agreement::ACTIVE : v1::Agreement::APPROVED;
}

CompiledAgreement::CompiledAgreement(const v1::Agreement& agreement,
                                     const Contributions& contributions)
    : message(agreement),
      digest(AgreementDigest(agreement)),
      active(agreement.state() == v1::Agreement::ACTIVE ||
             agreement.state() == v1::Agreement::APPROVED),
      from(absl::InfiniteFuture()),
      until(absl::InfiniteFuture()),
      plans(agreement.scope().plans(), "plans/-"),
      topics(agreement.scope().topics(), ""),
      measures(agreement.scope().measures(), "measures/-"),
      releases(agreement.scope().releases(), "releases/-"),
      areas(agreement.scope().areas(), "areas/-") {
  for (const v1::Agreement::Withholding& withholding : agreement.withholdings()) {
    for (const auto& [name, agency] : contributions) {
      if (agency == withholding.agency() || agency.empty()) withheld[name] = agency;
    }
  }
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
  return agreement_ != nullptr
             ? agreement_->plans.Contains(plan) && !agreement_->Withholds(plan, agency_)
             : basis_ == v1::AccessRule::ROLE;
}

bool Grant::CoversMeasure(absl::string_view measure) const {
  if (agreement_ != nullptr) {
    return agreement_->measures.Contains(measure) && !agreement_->Withholds(measure, agency_);
  }
  // What an agency owes is made of measures; the method shows each agency its own.
  return basis_ == v1::AccessRule::ROLE ||
         (basis_ == v1::AccessRule::SELF && data_set_ == v1::RETURNS);
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

bool Grant::CoversAreas() const {
  return CoversDirectory() || (basis_ == v1::AccessRule::SELF && data_set_ == v1::RETURNS);
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
