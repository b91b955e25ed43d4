// Screens text that people write for anything that looks like a record of a
// person. A net against mistakes, not proof of absence: names are not detected.
#ifndef CONCORDAT_SERVER_DOMAIN_NARRATIVE_GUARD_H_
#define CONCORDAT_SERVER_DOMAIN_NARRATIVE_GUARD_H_

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"

namespace concordat::domain {

// What a piece of text looks like. A kind that has a check digit or letter is
// found only when that is right.
enum class IdentifierKind {
  // Ten digits with a right check digit, in a range that is issued (starting
  // with 4, 6 or 7), or in any range just after the words that announce one.
  kNhsNumber,
  // Unique pupil number with a right check letter, or a temporary one, whose
  // last letter makes the check letter uncertain.
  kUniquePupilNumber,
  // National Insurance number with a prefix that is issued.
  kNationalInsuranceNumber,
  // Police National Computer identifier with a right check letter and a serial
  // of four or more digits.
  kPncIdentifier,
  // Criminal Records Office number with a serial of four or more digits. The
  // check letter is not tested, since sources differ on how it is made.
  kCroNumber,
  // A full postcode of an area that exists. Outward halves alone are no find.
  kPostcode,
  // A whole date near "born", "dob" or "date of birth"; not when it bounds a
  // cohort, as in "born after 1 September 2018".
  kDateOfBirth,
  // A telephone number of the United Kingdom.
  kTelephone,
  // An e-mail address.
  kEmail,
};

// The kind in words, such as `NHS number`, for a message to the writer.
absl::string_view NameOf(IdentifierKind kind);

// One place where the text looks like a record of a person.
struct Finding {
  IdentifierKind kind;
  // Where it starts, in bytes from 0.
  size_t offset = 0;

  friend bool operator==(const Finding& a, const Finding& b) {
    return a.kind == b.kind && a.offset == b.offset;
  }
};

// At most this many findings are returned.
inline constexpr size_t kMaxFindings = 100;

// Everything found in `text` (UTF-8), by offset; empty when the text may pass.
// Wide digits, odd spaces and dashes and invisible characters do not hide
// anything. Takes time in proportion to the text. Thread-safe. The findings
// hold nothing of the text, so that they can be shown and logged.
std::vector<Finding> ScreenNarrative(absl::string_view text);

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_NARRATIVE_GUARD_H_
