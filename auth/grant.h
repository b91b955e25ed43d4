// What one request may do. Every store method that reads or writes shared data
// asks for a Grant, and only Policy::Authorise makes one, so that a way around
// the access rules does not compile.
#ifndef CONCORDAT_AUTH_GRANT_H_
#define CONCORDAT_AUTH_GRANT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "concordat/v1/access.pb.h"
#include "concordat/v1/agreement.pb.h"
#include "concordat/v1/directory.pb.h"

namespace concordat::auth {

// Names of one collection: all of them, or those listed.
class NameSet {
 public:
  NameSet() = default;
  // `wildcard` (such as `plans/-`) among the names means all.
  NameSet(const google::protobuf::RepeatedPtrField<std::string>& names, absl::string_view wildcard);
  static NameSet All();

  bool Contains(absl::string_view name) const { return all_ || names_.contains(name); }
  bool all() const { return all_; }
  bool empty() const { return !all_ && names_.empty(); }

 private:
  bool all_ = false;
  absl::flat_hash_set<std::string> names_;
};

// What agencies contribute: the owner of each plan and the provider of each
// measure, `agencies/{agency}`, by name. Empty where it is not known.
using Contributions = absl::flat_hash_map<std::string, std::string>;

// One version of an agreement, made ready to be asked. Immutable.
struct CompiledAgreement {
  explicit CompiledAgreement(const v1::Agreement& agreement,
                             const Contributions& contributions = {});

  // Whether the plan or measure is one that its agency suspended. It is not to that
  // agency itself.
  bool Withholds(absl::string_view name, absl::string_view from_agency) const {
    const auto found = withheld.find(name);
    return found != withheld.end() && found->second != from_agency;
  }

  // In force at `now`, by state, dates and, when the agreement says so, review.
  bool InForce(absl::Time now) const { return active && from <= now && now < until; }

  const v1::Agreement message;
  // SHA-256 of the version's fields, 32 bytes.
  std::string digest;
  // Approved, and neither suspended nor ended.
  bool active;
  // First instant in force, and first instant no longer in force.
  absl::Time from;
  absl::Time until;
  NameSet plans;
  NameSet topics;
  NameSet measures;
  NameSet releases;
  NameSet areas;
  // Plans and measures of the parties that suspended their own contributions.
  Contributions withheld;
};

// SHA-256 of a version's fields: of all that is stored, 32 bytes.
std::string AgreementDigest(const v1::Agreement& agreement);

// SHA-256 of the terms: of all fields but the state, the approvals, and what the
// server sets, 32 bytes. The same however far the agreement is in its life, and
// so what an approval covers.
std::string TermsDigest(const v1::Agreement& agreement);

// The state on the day of `now`, Europe/London: an APPROVED agreement is ACTIVE
// from `effective_from` on.
v1::Agreement::State StateAt(const v1::Agreement& agreement, absl::Time now);

// Copyable; holds what it was decided by alive.
class Grant {
 public:
  v1::AccessRule::Basis basis() const { return basis_; }
  // The deciding agreement; null when the basis is not AGREEMENT.
  const CompiledAgreement* agreement() const { return agreement_.get(); }
  // What the method is about.
  v1::DataSet data_set() const { return data_set_; }
  // The purpose of the request. Empty when the basis is not AGREEMENT.
  const std::string& purpose() const { return purpose_; }
  // The calling agency, `agencies/{agency}`.
  const std::string& agency() const { return agency_; }
  // With basis SELF: the caller's roles open more than its own agency's.
  bool sees_all_agencies() const { return sees_all_agencies_; }

  // Whether the scope names the resource, whatever is stored.
  bool CoversPlan(absl::string_view plan) const;
  bool CoversMeasure(absl::string_view measure) const;
  bool CoversRelease(absl::string_view release) const;
  bool CoversArea(absl::string_view area, v1::GeographicLevel level) const;
  // Whether a thing with these topics is in scope.
  template <typename Topics>
  bool CoversTopics(const Topics& topics) const {
    if (!limits_topics()) return true;
    for (const auto& topic : topics) {
      if (agreement_->topics.Contains(topic)) return true;
    }
    return false;
  }
  // Only things of some topics are in scope, so that a name alone does not say
  // whether it is.
  bool limits_topics() const { return agreement_ != nullptr && !agreement_->topics.empty(); }
  // Agencies and areas are in scope as a whole, or not at all.
  bool CoversDirectory() const;
  // Whether the directory's areas are covered: also for an agency that is told of which
  // areas it owes figures.
  bool CoversAreas() const;

  // OUT_OF_SCOPE, the same for all that the grant does not cover.
  absl::Status OutOfScope() const;

 private:
  friend class Policy;
  Grant() = default;

  v1::AccessRule::Basis basis_ = v1::AccessRule::BASIS_UNSPECIFIED;
  v1::DataSet data_set_ = v1::DATA_SET_UNSPECIFIED;
  std::shared_ptr<const CompiledAgreement> agreement_;
  std::string purpose_;
  std::string agency_;
  bool sees_all_agencies_ = false;
};

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_GRANT_H_
