// Resource names (AIP-122): `plans/development-2018/actions/1.2.1`. A name is
// parsed whole or not at all.
#ifndef CONCORDAT_BASE_RESOURCE_NAME_H_
#define CONCORDAT_BASE_RESOURCE_NAME_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace concordat {

// Lower-case letters, digits, `.` and `-`, starting with a letter or digit, at
// most 63 bytes.
bool IsIdentifier(absl::string_view text);

// Whether `name` has the collections of `pattern` and an identifier for each
// `{variable}` of it. With `wildcard`, `-` is accepted for an identifier.
bool MatchesPattern(absl::string_view name, absl::string_view pattern, bool wildcard = false);

// The identifier at `position` (from 0) of a well-formed name: of
// `plans/p/actions/a`, 0 is `p` and 1 is `a`. Empty when there is none.
absl::string_view IdentifierAt(absl::string_view name, int position);

// The name without its last collection and identifier: `plans/p` of
// `plans/p/actions/a`. Empty for a top-level name.
absl::string_view ParentOf(absl::string_view name);

// Last identifier of a name.
absl::string_view LastIdentifier(absl::string_view name);

}  // namespace concordat

#endif  // CONCORDAT_BASE_RESOURCE_NAME_H_
