// The options that say which day and which knowledge a read is about.
#ifndef CONCORDAT_CLIENT_CLI_MOMENTS_H_
#define CONCORDAT_CLIENT_CLI_MOMENTS_H_

#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "base/status.h"
#include "client/cli/text.h"

namespace concordat::cli {

// The two clocks of a read, as written.
struct Moments {
  std::string on;
  std::string as_of;
};

// Adds `--on` and `--as-of`.
inline void AddMomentOptions(CLI::App& command, Moments& moments) {
  command.add_option("--on", moments.on,
                     "The day that due dates are judged by (2018-11-30). Default: that of --as-of");
  command.add_option("--as-of", moments.as_of,
                     "What was known before this moment (2018-11-30T09:00:00Z), or by the end of "
                     "this day. Default: now");
}

// Puts them into a request that has both fields. INVALID_ARGUMENT when one
// cannot be read.
template <typename Request>
absl::Status SetMoments(const Moments& moments, Request& request) {
  if (!moments.on.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_on(), ParseDate(moments.on));
  }
  if (!moments.as_of.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_as_of(), ParseMomentByEndOfDay(moments.as_of));
  }
  return absl::OkStatus();
}

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_MOMENTS_H_
