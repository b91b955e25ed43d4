#include "base/resource_name.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace concordat {
namespace {

constexpr size_t kMaxIdentifierBytes = 63;

// Cuts the first `/`-separated segment off `rest`.
absl::string_view TakeSegment(absl::string_view& rest) {
  const size_t slash = rest.find('/');
  absl::string_view segment = rest.substr(0, slash);
  rest = slash == absl::string_view::npos ? absl::string_view() : rest.substr(slash + 1);
  return segment;
}

}  // namespace

bool IsIdentifier(absl::string_view text) {
  if (text.empty() || text.size() > kMaxIdentifierBytes) return false;
  if (!absl::ascii_islower(text[0]) && !absl::ascii_isdigit(text[0])) return false;
  for (const char c : text) {
    if (!absl::ascii_islower(c) && !absl::ascii_isdigit(c) && c != '.' && c != '-') return false;
  }
  return true;
}

bool MatchesPattern(absl::string_view name, absl::string_view pattern, bool wildcard) {
  if (absl::EndsWith(name, "/")) return false;
  while (!pattern.empty()) {
    if (name.empty()) return false;
    const absl::string_view expected = TakeSegment(pattern);
    const absl::string_view segment = TakeSegment(name);
    if (absl::StartsWith(expected, "{")) {
      if (!IsIdentifier(segment) && !(wildcard && segment == "-")) return false;
    } else if (segment != expected) {
      return false;
    }
  }
  return name.empty();
}

absl::string_view IdentifierAt(absl::string_view name, int position) {
  for (int segment = 0; !name.empty(); ++segment) {
    const absl::string_view text = TakeSegment(name);
    if (segment == 2 * position + 1) return text;
  }
  return {};
}

absl::string_view ParentOf(absl::string_view name) {
  size_t slash = name.rfind('/');
  if (slash == absl::string_view::npos || slash == 0) return {};
  slash = name.rfind('/', slash - 1);
  return slash == absl::string_view::npos ? absl::string_view() : name.substr(0, slash);
}

absl::string_view LastIdentifier(absl::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == absl::string_view::npos ? absl::string_view() : name.substr(slash + 1);
}

}  // namespace concordat
