// Resource names as people write them.
#ifndef CONCORDAT_CLIENT_CLI_NAMES_H_
#define CONCORDAT_CLIENT_CLI_NAMES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace concordat::cli {

// Whether `-`, for all, may stand for an identifier.
enum class Wildcard { kRefused, kAccepted };

// The name that `text` means: either the whole name, or only its identifiers
// with `/` between them. For `plans/{plan}/actions/{action}`, both
// `plans/p/actions/1.2` and `p/1.2` are that action. INVALID_ARGUMENT says how
// to write one.
absl::StatusOr<std::string> ExpandName(absl::string_view text, absl::string_view pattern,
                                       Wildcard wildcard = Wildcard::kRefused);

// The same, but an empty `text` stays empty: an option that was not given.
absl::StatusOr<std::string> ExpandOptionalName(absl::string_view text, absl::string_view pattern);

// The identifiers of a name with `/` between them: `p/1.2`. The shortest text
// that ExpandName takes back.
std::string ShortName(absl::string_view name);

inline constexpr absl::string_view kAgencyPattern = "agencies/{agency}";
inline constexpr absl::string_view kClientPattern = "agencies/{agency}/clients/{client}";
inline constexpr absl::string_view kAgreementPattern = "agreements/{agreement}";
inline constexpr absl::string_view kPlanPattern = "plans/{plan}";
inline constexpr absl::string_view kActionPattern = "plans/{plan}/actions/{action}";
inline constexpr absl::string_view kMeasurePattern = "measures/{measure}";
inline constexpr absl::string_view kAreaPattern = "areas/{area}";
inline constexpr absl::string_view kReleasePattern = "releases/{release}";

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_NAMES_H_
