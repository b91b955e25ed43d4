#include "server/services/agreement_life.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth/grant.h"
#include "base/civil_time.h"
#include "base/status.h"

namespace concordat::services {
namespace {

using v1::Agreement;

// Warnings are given from these many days before the review on.
constexpr int kFirstWarningDays = 90;
constexpr int kSecondWarningDays = 30;

absl::Status WrongState(const Agreement& agreement, absl::string_view message) {
  return MakeError(
      v1::AGREEMENT_STATE, message,
      {{"agreement", agreement.name()}, {"state", Agreement::State_Name(agreement.state())}});
}

bool HasApproved(const Agreement& agreement, absl::string_view agency) {
  return absl::c_any_of(
      agreement.recorded_approvals(),
      [&](const Agreement::RecordedApproval& approval) { return approval.agency() == agency; });
}

bool AllHaveApproved(const Agreement& agreement) {
  return absl::c_all_of(agreement.parties(), [&](const Agreement::Party& party) {
    return !(party.provides() || party.receives()) || HasApproved(agreement, party.agency());
  });
}

// What an agreement is by its approvals alone.
Agreement::State ApprovedState(const Agreement& agreement) {
  if (!agreement.approvals().empty()) return Agreement::ACTIVE;
  return AllHaveApproved(agreement) ? Agreement::APPROVED : Agreement::DRAFT;
}

bool IsSuspendedByAct(const Agreement& agreement) {
  return agreement.state() == Agreement::SUSPENDED &&
         agreement.last_act().kind() == Agreement::Act::SUSPEND;
}

bool Withholds(const Agreement& agreement, absl::string_view agency) {
  return absl::c_any_of(agreement.withholdings(), [&](const Agreement::Withholding& withholding) {
    return withholding.agency() == agency;
  });
}

void SetAct(Agreement& agreement, Agreement::Act::Kind kind, const Actor& actor) {
  Agreement::Act& act = *agreement.mutable_last_act();
  act.set_kind(kind);
  act.set_agency(actor.principal.agency);
  act.set_client(actor.principal.client);
  *act.mutable_time() = ToTimestamp(actor.time);
  act.set_reason(std::string(actor.reason));
}

}  // namespace

bool IsParty(const Agreement& agreement, absl::string_view agency) {
  return absl::c_any_of(agreement.parties(),
                        [&](const Agreement::Party& party) { return party.agency() == agency; });
}

bool KeepsAll(const auth::Principal& principal, const auth::Grant& grant) {
  return grant.basis() == v1::AccessRule::SELF ? grant.sees_all_agencies()
                                               : principal.Has(v1::ADMINISTRATOR);
}

bool MayReach(const Agreement& agreement, const auth::Principal& principal,
              const auth::Grant& grant) {
  return KeepsAll(principal, grant) || IsParty(agreement, principal.agency);
}

absl::Status Approve(Agreement& agreement, const Actor& actor, absl::string_view terms_digest) {
  if (agreement.state() != Agreement::DRAFT) {
    return WrongState(agreement, "only a draft can be approved");
  }
  const std::string digest = absl::BytesToHexString(auth::TermsDigest(agreement));
  if (terms_digest != digest) {
    return MakeError(v1::ETAG_MISMATCH,
                     "the agreement's terms are not those that are approved; read it again and "
                     "approve the digest of what you read");
  }
  if (HasApproved(agreement, actor.principal.agency)) {
    return WrongState(agreement, "the agency has approved these terms already");
  }
  Agreement::RecordedApproval& approval = *agreement.add_recorded_approvals();
  approval.set_agency(actor.principal.agency);
  approval.set_client(actor.principal.client);
  *approval.mutable_time() = ToTimestamp(actor.time);
  approval.set_terms_digest(digest);
  approval.set_reason(std::string(actor.reason));
  if (AllHaveApproved(agreement)) {
    agreement.set_state(Agreement::APPROVED);
    // Whatever stopped earlier terms, all parties have agreed on these since.
    agreement.clear_last_act();
  }
  return absl::OkStatus();
}

absl::Status Suspend(Agreement& agreement, const Actor& actor) {
  if (agreement.state() != Agreement::APPROVED && agreement.state() != Agreement::ACTIVE) {
    return WrongState(agreement, "only an approved or active agreement can be suspended");
  }
  agreement.set_state(Agreement::SUSPENDED);
  SetAct(agreement, Agreement::Act::SUSPEND, actor);
  return absl::OkStatus();
}

absl::Status Resume(Agreement& agreement, const Actor& actor) {
  if (agreement.state() != Agreement::SUSPENDED) {
    return WrongState(agreement, "only a suspended agreement can be resumed");
  }
  const bool suspended_it =
      IsSuspendedByAct(agreement) && agreement.last_act().agency() == actor.principal.agency;
  if (!suspended_it && !actor.principal.Has(v1::ADMINISTRATOR)) {
    return MakeError(v1::OUT_OF_SCOPE,
                     "only the agency that suspended the agreement or an administrator resumes it",
                     {{"agreement", agreement.name()}});
  }
  agreement.set_state(ApprovedState(agreement));
  SetAct(agreement, Agreement::Act::RESUME, actor);
  return absl::OkStatus();
}

absl::Status Withhold(Agreement& agreement, const Actor& actor) {
  const std::string& agency = actor.principal.agency;
  const bool provides = absl::c_any_of(agreement.parties(), [&](const Agreement::Party& party) {
    return party.agency() == agency && party.provides();
  });
  if (!provides) {
    return MakeError(v1::OUT_OF_SCOPE, "only a party that provides has contributions to suspend",
                     {{"agreement", agreement.name()}});
  }
  if (agreement.state() != Agreement::APPROVED && agreement.state() != Agreement::ACTIVE) {
    return WrongState(agreement, "only an approved or active agreement can be suspended");
  }
  if (Withholds(agreement, agency)) {
    return WrongState(agreement, "the agency has suspended its contributions already");
  }
  Agreement::Withholding& withholding = *agreement.add_withholdings();
  withholding.set_agency(agency);
  withholding.set_client(actor.principal.client);
  *withholding.mutable_time() = ToTimestamp(actor.time);
  withholding.set_reason(std::string(actor.reason));
  return absl::OkStatus();
}

absl::Status Restore(Agreement& agreement, const Actor& actor, absl::string_view agency) {
  const std::string owner(agency.empty() ? actor.principal.agency : agency);
  if (owner != actor.principal.agency && !actor.principal.Has(v1::ADMINISTRATOR)) {
    return MakeError(v1::OUT_OF_SCOPE,
                     "only the agency that suspended its contributions or an administrator "
                     "resumes them",
                     {{"agreement", agreement.name()}});
  }
  if (!Withholds(agreement, owner)) {
    return WrongState(agreement, "the agency's contributions are not suspended");
  }
  auto& withholdings = *agreement.mutable_withholdings();
  withholdings.erase(std::remove_if(withholdings.begin(), withholdings.end(),
                                    [&](const Agreement::Withholding& withholding) {
                                      return withholding.agency() == owner;
                                    }),
                     withholdings.end());
  return absl::OkStatus();
}

absl::Status End(Agreement& agreement, const Actor& actor) {
  if (agreement.state() == Agreement::ENDED) {
    return WrongState(agreement, "the agreement has ended already");
  }
  agreement.set_state(Agreement::ENDED);
  SetAct(agreement, Agreement::Act::END, actor);
  return absl::OkStatus();
}

absl::Status CarryLife(const Agreement* stored, Agreement& sent) {
  const bool on_paper = !sent.approvals().empty();
  if (stored == nullptr) {
    if (!on_paper) sent.set_state(Agreement::DRAFT);
    return absl::OkStatus();
  }
  const bool same_terms = auth::TermsDigest(*stored) == auth::TermsDigest(sent);
  // A draft of other terms keeps the act, so that no later file lifts it.
  const bool suspended = stored->last_act().kind() == Agreement::Act::SUSPEND;
  if (same_terms) *sent.mutable_recorded_approvals() = stored->recorded_approvals();
  // Whatever the terms: only who suspended its contributions resumes them.
  *sent.mutable_withholdings() = stored->withholdings();
  if ((same_terms || suspended) && stored->has_last_act()) {
    *sent.mutable_last_act() = stored->last_act();
  }
  if (stored->state() == Agreement::ENDED) {
    if (auth::AgreementDigest(sent) == auth::AgreementDigest(*stored)) return absl::OkStatus();
    return WrongState(*stored, "an agreement that has ended is not changed");
  }
  if (!on_paper && !same_terms) {
    sent.set_state(Agreement::DRAFT);
    return absl::OkStatus();
  }
  if (sent.state() == Agreement::ENDED) return absl::OkStatus();
  if (suspended) {
    const bool still_draft = stored->state() == Agreement::DRAFT && !on_paper;
    sent.set_state(still_draft ? Agreement::DRAFT : Agreement::SUSPENDED);
  } else if (!on_paper && sent.state() != Agreement::SUSPENDED) {
    sent.set_state(stored->state());
  } else if (sent.state() == Agreement::DRAFT && stored->state() != Agreement::DRAFT) {
    // A draft again: its parties are to approve once more.
    sent.clear_recorded_approvals();
  }
  return absl::OkStatus();
}

void SetReview(Agreement& agreement, absl::CivilDay today) {
  const std::optional<absl::CivilDay> review = ToCivilDay(agreement.review_date());
  if (agreement.state() == Agreement::ENDED || !review.has_value()) return;
  const auto days = static_cast<int32_t>(*review - today);
  agreement.set_days_until_review(days);
  if (days < 0) {
    agreement.set_review_warning(Agreement::OVERDUE);
  } else if (days <= kSecondWarningDays) {
    agreement.set_review_warning(Agreement::WITHIN_30_DAYS);
  } else if (days <= kFirstWarningDays) {
    agreement.set_review_warning(Agreement::WITHIN_90_DAYS);
  }
}

}  // namespace concordat::services
