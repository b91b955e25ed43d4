#include "client/cli/names.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/resource_name.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

// `plans/{plan}` with the identifiers in the places of its variables; empty when
// there are not as many.
std::string Fill(absl::string_view pattern, const std::vector<std::string>& identifiers) {
  std::vector<std::string> segments = absl::StrSplit(pattern, '/');
  if (segments.size() != 2 * identifiers.size()) return "";
  for (size_t i = 0; i < identifiers.size(); ++i) segments[2 * i + 1] = identifiers[i];
  return absl::StrJoin(segments, "/");
}

std::string ShortForm(absl::string_view pattern) {
  return absl::StrReplaceAll(ShortName(pattern), {{"{", ""}, {"}", ""}});
}

}  // namespace

absl::StatusOr<std::string> ExpandName(absl::string_view text, absl::string_view pattern,
                                       Wildcard wildcard) {
  const bool all = wildcard == Wildcard::kAccepted;
  // Identifiers are in lower case; area codes are printed in upper case.
  const std::string lower = absl::AsciiStrToLower(text);
  for (const std::string& name : {lower, Fill(pattern, absl::StrSplit(lower, '/'))}) {
    if (MatchesPattern(name, pattern, all)) return name;
  }
  return absl::InvalidArgumentError(absl::StrCat("'", Printable(text), "' is no name: write ",
                                                 ShortForm(pattern), " or ", pattern));
}

absl::StatusOr<std::string> ExpandOptionalName(absl::string_view text, absl::string_view pattern) {
  if (text.empty()) return std::string();
  return ExpandName(text, pattern);
}

std::string ShortName(absl::string_view name) {
  const std::vector<absl::string_view> segments = absl::StrSplit(name, '/');
  std::vector<absl::string_view> identifiers;
  for (size_t i = 1; i < segments.size(); i += 2) identifiers.push_back(segments[i]);
  return absl::StrJoin(identifiers, "/");
}

}  // namespace concordat::cli
