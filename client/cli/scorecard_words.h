// What a scorecard says, in the words that all its forms share.
#ifndef CONCORDAT_CLIENT_CLI_SCORECARD_WORDS_H_
#define CONCORDAT_CLIENT_CLI_SCORECARD_WORDS_H_

#include <string>
#include <vector>

#include "concordat/v1/measure.pb.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/scorecard.pb.h"

namespace concordat::cli {

// `%`, `per 10000`, `days`; empty for a plain number.
std::string UnitText(const v1::Measure& measure);
// A value with the measure's decimal places.
std::string Printed(const v1::Measure& measure, double value);
// Whether the figure shows a value.
bool HasValue(const v1::Observation& figure);
// Why there is none: `c`, `x`, `z` or `low`, as in extracts; empty when there is one.
std::string SymbolText(const v1::Observation& figure);
// The value with its unit, or in words why there is none.
std::string ValueText(const v1::Measure& measure, const v1::Observation& figure);
// The last day of the period that travel is since; empty without travel.
std::string SinceText(const v1::Scorecard::Cell& cell);
// `improved (+1.5 since Q1)`.
std::string TravelText(const v1::Measure& measure, const v1::Scorecard::Cell& cell);
// `on track`; `no figure` where there is none to judge.
std::string BandText(v1::Scorecard::Band band);
// The target as printed; empty when there is none.
std::string TargetText(const v1::Measure& measure);
// `2 of 8, quartile A`; empty without a place.
std::string RankText(const v1::Scorecard::Cell& cell);
// How a comparator's value was made of the neighbours' own, which has to be said: `median of
// lait-2018`. Empty for other comparators.
std::string AverageText(const v1::Observation& comparator);
// `England`, `statistical neighbours`.
std::string ComparatorName(v1::Observation::Comparator comparator);
// Each comparator with its value, and its period where it is another one.
std::string ComparatorsText(const v1::Measure& measure, const v1::Scorecard::Cell& cell);
// The first and last day of what the figures are about: `2018-01-01 to 2018-03-31`.
std::string PeriodsText(const v1::Scorecard& scorecard);
// What has to be read before any figure: that the release was withdrawn, and that figures are
// made up. `release` is the scorecard's.
std::vector<std::string> WarningTexts(const v1::Scorecard& scorecard, const v1::Release& release);
// What the reader of the figure has to know.
std::string NoteText(const v1::Scorecard::Cell& cell);
// Which returns of the measure are missing: `missing: police-2018-q1`, `all returns came`.
std::string CoverageText(const v1::Scorecard& scorecard, const v1::Measure& measure);
// The document and line that the figure is from, or the agency that reports the area.
std::string SourceText(const v1::Measure& measure, const v1::Observation& figure);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_SCORECARD_WORDS_H_
