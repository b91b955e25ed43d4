// The tidy files of the Department for Education's analysts' guide: a data file that
// holds nothing else than the standard knows of, and its metadata file.
//
//   time_period, time_identifier, geographic_level, country_code … lad_name
//                  As the standard has them; a level's own columns, and those of the
//                  levels above it, but a police area's only in its own rows. Areas
//                  without a country's code stand under none.
//   measure        Filter: the measure's title.
//   comparator     Filter: Own, England, North West, Planned, Statistical neighbours; of
//                  these also mean or median and of which, where the source says so.
//   breakdown      Filter: `Total`, or dimension and item, such as
//                  `category-of-abuse: Neglect`.
//   value_count, value_percent, value_rate, value_days, value_number, …
//                  Indicators: one for each unit that occurs. A row has its value in
//                  its measure's unit, and `z` in the others.
//   numerator, denominator
//                  Indicators, where any figure has one; `z` for a measure that is
//                  no share, rate or average, `x` where it was not given.
//
// Symbols are the standard's: c hidden, x not available, z not applicable, low rounds
// to zero. Rules and words: the analysts' guide, `statistics-production/ud`.
#ifndef CONCORDAT_SERVER_DOMAIN_TIDY_EXTRACT_H_
#define CONCORDAT_SERVER_DOMAIN_TIDY_EXTRACT_H_

#include <memory>

#include "server/domain/extract_writer.h"

namespace concordat::domain {

// Both refuse, as FIELDS_INVALID, figures that cannot stand in one file: of several
// kinds of period (`period_kind`), or two of the same measure, area, comparator,
// breakdown and printed time (`filter`).
std::unique_ptr<ExtractWriter> MakeTidyWriter();
std::unique_ptr<ExtractWriter> MakeTidyMetadataWriter();

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_TIDY_EXTRACT_H_
