// Days and instants as tests write them.
#ifndef CONCORDAT_TESTS_SUPPORT_MOMENTS_H_
#define CONCORDAT_TESTS_SUPPORT_MOMENTS_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "base/civil_time.h"
#include "google/type/date.pb.h"
#include "tests/support/must.h"

namespace concordat::e2e {

// `2018-11-30T09:00:00Z`. Ends the process when it is no instant.
inline absl::Time At(const std::string& instant) {
  const std::optional<absl::Time> time = ParseInstant(instant);
  if (!time.has_value()) Die(instant);
  return *time;
}

// `2018-11-30`. Ends the process when it is no day.
inline google::type::Date Day(const std::string& day) {
  const std::optional<absl::CivilDay> parsed = ParseDay(day);
  if (!parsed.has_value()) Die(day);
  return ToDate(*parsed);
}

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_MOMENTS_H_
