// For what a test stands on, and does not test.
#ifndef CONCORDAT_TESTS_SUPPORT_MUST_H_
#define CONCORDAT_TESTS_SUPPORT_MUST_H_

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace concordat {

// Ends the process: no test can go on.
[[noreturn]] inline void Die(const std::string& why) {
  std::fprintf(stderr, "the tests cannot be set up: %s\n", why.c_str());
  std::abort();
}

inline void Must(const absl::Status& status) {
  if (!status.ok()) Die(status.ToString());
}

template <typename Value>
Value Must(absl::StatusOr<Value> value) {
  if (!value.ok()) Die(value.status().ToString());
  return *std::move(value);
}

}  // namespace concordat

#endif  // CONCORDAT_TESTS_SUPPORT_MUST_H_
