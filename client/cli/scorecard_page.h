// A scorecard as lines, as CSV, and as a page for a board paper.
#ifndef CONCORDAT_CLIENT_CLI_SCORECARD_PAGE_H_
#define CONCORDAT_CLIENT_CLI_SCORECARD_PAGE_H_

#include <string>

#include "client/cli/table.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/scorecard.pb.h"

namespace concordat::cli {

// A line for each measure and area.
Table ScorecardTable(const v1::Scorecard& scorecard);

// A record for each measure and area under one of names, RFC 4180: numbers are bare, and
// why there is none stands in `symbol`.
std::string ScorecardCsv(const v1::Scorecard& scorecard);

// One HTML file that needs no other: a table for each group of measures, with the course
// of each figure drawn beside it. Everything that the drawing or a colour says stands in
// words too (WCAG 2.1, 1.1.1 and 1.4.1). `release` is the scorecard's: its note and whether
// it was withdrawn stand at the head.
std::string ScorecardHtml(const v1::Scorecard& scorecard, const v1::Release& release);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_SCORECARD_PAGE_H_
