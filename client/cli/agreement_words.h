// A sharing agreement in plain words, for the person who signs it.
#ifndef CONCORDAT_CLIENT_CLI_AGREEMENT_WORDS_H_
#define CONCORDAT_CLIENT_CLI_AGREEMENT_WORDS_H_

#include <string>
#include <vector>

#include "concordat/v1/agreement.pb.h"

namespace concordat::cli {

// One thing that the agreement says.
struct Clause {
  std::string label;
  // Never empty.
  std::vector<std::string> values;
};

// Clauses that belong together, under a title.
struct Chapter {
  std::string title;
  std::vector<Clause> clauses;
};

// All that a version says: every field of its terms, and how it stands. Not the
// version's number and digests, which are about it.
std::vector<Chapter> InWords(const v1::Agreement& agreement);

// `active, in force`.
std::string StateWords(const v1::Agreement& agreement);

// How near the review is: `in 25 days`, `today`, `3 days ago`; empty when the
// service does not say.
std::string ReviewWords(const v1::Agreement& agreement);

// A clause that two versions have differently.
struct ClauseChange {
  std::string label;
  std::vector<std::string> removed;
  std::vector<std::string> added;
};

// What differs between two versions, in the order of InWords.
std::vector<ClauseChange> ChangesBetween(const v1::Agreement& from, const v1::Agreement& to);

// The agreement as one HTML page that needs no other file, for printing and
// signing: with the digest of the terms that an approval covers. Every value is
// escaped.
std::string AgreementHtml(const v1::Agreement& agreement);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_AGREEMENT_WORDS_H_
