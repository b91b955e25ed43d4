// One call that passed the door: who makes it, what it may do, and when it is.
#ifndef CONCORDAT_SERVER_DOOR_CALL_H_
#define CONCORDAT_SERVER_DOOR_CALL_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/grant.h"
#include "auth/policy.h"
#include "auth/principal.h"

namespace concordat::door {

// What a service method gets beside its request. Only the door makes one, so a
// method cannot run for a caller who was not identified and authorised.
class Call {
 public:
  Call(Call&&) = default;
  Call& operator=(Call&&) = default;

  const auth::Principal& principal() const { return *principal_; }
  // What store reads and writes ask for.
  const auth::Grant& grant() const { return *grant_; }
  // The snapshot of directory and agreements that the decision was made by.
  const auth::Policy& policy() const { return *policy_; }
  const std::shared_ptr<const auth::Policy>& shared_policy() const { return policy_; }
  // The moment of the call's arrival, by the server's clock.
  absl::Time now() const { return now_; }
  // Whether the caller named a person on whose behalf it calls.
  bool has_on_behalf_of() const { return has_on_behalf_of_; }
  // The purpose that the call itself names; empty when it names none.
  const std::string& named_purpose() const { return named_purpose_; }
  // Says which release was read, and its digest, for the audit record.
  void NoteRelease(absl::string_view name, absl::string_view digest) const {
    notes_->release = absl::StrCat(name, "@", digest);
  }
  // Says that the answer of a read holds figures of this release. If the release is
  // withdrawn before the call is recorded, the answer stays; else the caller is one of its
  // recipients from then on. Say it of every such release.
  void NoteFiguresOf(absl::string_view release) const { notes_->figures_of.emplace(release); }
  // Says for the audit record that the answer holds something of this plan, of what
  // is below it, or of this measure. Say it of every such thing.
  void NoteContribution(absl::string_view resource) const {
    // Lists are in the order of names, so that most repeat the one before.
    if (resource == notes_->last_resource) return;
    notes_->last_resource = std::string(resource);
    NoteContributor(policy_->ContributorOf(resource));
  }
  // The same of an agency whose contribution the policy does not know yet.
  void NoteContributor(absl::string_view agency) const {
    if (!agency.empty()) notes_->contributors.emplace(agency);
  }

  // Says which submission the call makes, for the audit record, and whose figures they
  // are.
  void NoteSubmission(absl::string_view name, absl::string_view provider) const {
    notes_->submission = std::string(name);
    NoteContributor(provider);
  }

  // Says which resource is to be redacted, and why, for the audit record.
  void NoteRedaction(absl::string_view resource, absl::string_view justification) const {
    notes_->redacted_resource = std::string(resource);
    notes_->justification = std::string(justification);
  }

  // The method, such as `/concordat.v1.PlanService/GetPlan`.
  absl::string_view method() const { return method_; }

 private:
  friend class CallReactor;
  Call(std::shared_ptr<const auth::Principal> principal, auth::Grant grant,
       std::shared_ptr<const auth::Policy> policy, absl::Time now, std::string method,
       bool has_on_behalf_of = false, std::string named_purpose = "")
      : principal_(std::move(principal)),
        grant_(std::make_unique<auth::Grant>(std::move(grant))),
        policy_(std::move(policy)),
        now_(now),
        method_(std::move(method)),
        has_on_behalf_of_(has_on_behalf_of),
        named_purpose_(std::move(named_purpose)) {}

  std::shared_ptr<const auth::Principal> principal_;
  std::unique_ptr<auth::Grant> grant_;
  std::shared_ptr<const auth::Policy> policy_;
  absl::Time now_;
  std::string method_;
  bool has_on_behalf_of_;
  std::string named_purpose_;
  // What the Note functions were told; read by the door when the method has
  // returned.
  struct Notes {
    std::string release;
    absl::btree_set<std::string> figures_of;
    absl::btree_set<std::string> contributors;
    std::string last_resource;
    std::string submission;
    std::string redacted_resource;
    std::string justification;
  };
  std::unique_ptr<Notes> notes_ = std::make_unique<Notes>();
};

}  // namespace concordat::door

#endif  // CONCORDAT_SERVER_DOOR_CALL_H_
