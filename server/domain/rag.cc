#include "server/domain/rag.h"

#include "base/civil_time.h"
#include "server/domain/due.h"

namespace concordat::domain {

v1::Rag EffectiveRag(v1::Action::Status status, const v1::Due& due,
                     std::optional<v1::Rag::Color> reported, absl::CivilDay on) {
  const v1::Rag::Color color = reported.value_or(v1::Rag::NOT_REPORTED);
  v1::Rag rag;
  rag.set_reported(color);
  *rag.mutable_on() = ToDate(on);
  const auto decide = [&rag](v1::Rag::Color effective, v1::Rag::Reason reason) {
    rag.set_effective(effective);
    rag.set_reason(reason);
  };
  if (status == v1::Action::WITHDRAWN) {
    decide(v1::Rag::NOT_REPORTED, v1::Rag::STATUS_WITHDRAWN);
  } else if (status == v1::Action::COMPLETE) {
    decide(v1::Rag::BLUE, v1::Rag::STATUS_COMPLETE);
  } else if (IsPastDue(due, status, on)) {
    decide(v1::Rag::RED, v1::Rag::PAST_DUE);
  } else if (color == v1::Rag::RED || color == v1::Rag::AMBER || color == v1::Rag::GREEN) {
    decide(color, v1::Rag::REPORTED);
  } else {
    decide(v1::Rag::NOT_REPORTED, v1::Rag::NO_REPORT);
  }
  return rag;
}

}  // namespace concordat::domain
