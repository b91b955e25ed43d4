#include "base/mail_address.h"

#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace concordat {
namespace {

// A part of the local name (RFC 5322, atext).
bool IsAtom(absl::string_view text) {
  return !text.empty() && absl::c_all_of(text, [](unsigned char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("!#$%&'*+/=?^_`{|}~-", c);
  });
}

// A part of a host's name.
bool IsLabel(absl::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         absl::c_all_of(text, [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-'; });
}

}  // namespace

bool IsMailAddress(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('@', 1));
  const std::vector<absl::string_view> atoms = absl::StrSplit(parts.first, '.');
  const std::vector<absl::string_view> labels = absl::StrSplit(parts.second, '.');
  return text.size() <= 200 && labels.size() >= 2 && absl::c_all_of(atoms, IsAtom) &&
         absl::c_all_of(labels, IsLabel);
}

}  // namespace concordat
