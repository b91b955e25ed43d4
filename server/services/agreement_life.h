// The life of an agreement: who may do what to it in which state, and what a
// new version keeps of the one before. Nothing here is stored: the service does.
#ifndef CONCORDAT_SERVER_SERVICES_AGREEMENT_LIFE_H_
#define CONCORDAT_SERVER_SERVICES_AGREEMENT_LIFE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "auth/grant.h"
#include "auth/principal.h"
#include "concordat/v1/agreement.pb.h"

namespace concordat::services {

// Who acts on an agreement, when and why. Outlived by what it refers to.
struct Actor {
  const auth::Principal& principal;
  absl::Time time;
  // In the actor's words; stays with the agreement.
  absl::string_view reason;
};

// Whether the agency takes part in the agreement.
bool IsParty(const v1::Agreement& agreement, absl::string_view agency);

// Whether the principal may read the agreement, or act on it, under `grant`: its
// agency is a party, or it is one of those who keep all agreements. Administrators
// act on all; whom the grant shows all agencies reads all.
bool MayReach(const v1::Agreement& agreement, const auth::Principal& principal,
              const auth::Grant& grant);
bool KeepsAll(const auth::Principal& principal, const auth::Grant& grant);

// Records that the actor's agency, a party, approves the terms whose digest, in
// hexadecimal digits, is `terms_digest`. The last party that provides or receives
// makes a DRAFT APPROVED. Since a client belongs to one agency, two approvals are
// always of two clients. ETAG_MISMATCH when the terms are others; AGREEMENT_STATE
// when it is no DRAFT, or the agency has approved.
absl::Status Approve(v1::Agreement& agreement, const Actor& actor, absl::string_view terms_digest);

// Suspends what is APPROVED or ACTIVE, else AGREEMENT_STATE. Who may is a party or
// an administrator, which the caller has checked; so for End.
absl::Status Suspend(v1::Agreement& agreement, const Actor& actor);

// Makes a SUSPENDED agreement what its approvals make it, else AGREEMENT_STATE.
// OUT_OF_SCOPE unless the actor is of the agency that suspended, or an
// administrator.
absl::Status Resume(v1::Agreement& agreement, const Actor& actor);

// Suspends what the actor's agency contributes, of what is APPROVED or ACTIVE;
// AGREEMENT_STATE in any other state, and when it is suspended already. OUT_OF_SCOPE
// unless the agency is a party that provides.
absl::Status Withhold(v1::Agreement& agreement, const Actor& actor);

// Ends that for `agency`; empty means the actor's. AGREEMENT_STATE when its
// contributions are not suspended. OUT_OF_SCOPE for another's, unless the actor is
// an administrator.
absl::Status Restore(v1::Agreement& agreement, const Actor& actor, absl::string_view agency);

// Ends an agreement that has not ended, else AGREEMENT_STATE.
absl::Status End(v1::Agreement& agreement, const Actor& actor);

// Gives `sent`, an agreement that the administrator applies, the state and the
// entries of the server that it is to be stored with, by the rule that
// AgreementService.ApplyAgreement documents. `stored` is the version before;
// null for a new agreement. AGREEMENT_STATE when it has ended and `sent` differs.
absl::Status CarryLife(const v1::Agreement* stored, v1::Agreement& sent);

// Sets the days until the review and their warning, for an answer on `today`.
void SetReview(v1::Agreement& agreement, absl::CivilDay today);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_AGREEMENT_LIFE_H_
