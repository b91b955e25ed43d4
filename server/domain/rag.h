// How an action stands, by one rule for everybody.
#ifndef CONCORDAT_SERVER_DOMAIN_RAG_H_
#define CONCORDAT_SERVER_DOMAIN_RAG_H_

#include <optional>

#include "absl/time/civil_time.h"
#include "concordat/v1/plan.pb.h"

namespace concordat::domain {

// The rag of an action on the day `on` (Europe/London), with its reason. The
// first rule that applies decides:
//
//   withdrawn                       NOT_REPORTED  STATUS_WITHDRAWN
//   complete                        BLUE          STATUS_COMPLETE
//   past due (due.h)                RED           PAST_DUE, whatever was reported
//   reported RED, AMBER or GREEN    as reported   REPORTED
//   nothing else                    NOT_REPORTED  NO_REPORT
//
// `reported` is the colour of the newest accepted report. Only the status makes
// an action BLUE: a reported BLUE without it says that work is finished which
// the record says is not, so no colour can be taken from it. It is shown as
// reported and counts as no report; to weaken it to GREEN would be a guess.
v1::Rag EffectiveRag(v1::Action::Status status, const v1::Due& due,
                     std::optional<v1::Rag::Color> reported, absl::CivilDay on);

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_RAG_H_
