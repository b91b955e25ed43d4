// How a figure is written in an extract: the tidy layout of the Department for
// Education, followed by columns of the service's own.
//
// CSV is RFC 4180: UTF-8 without a byte order mark, CRLF after each line,
// quotes where needed. Text that a spreadsheet would run as a formula gets an
// apostrophe before it. NDJSON has the same names, with null for what is not
// there, and no apostrophes.
//
//   time_period, time_identifier   As the tidy standard has them. A snapshot is
//                                  its year as `Reporting year`, and so is a
//                                  stretch that the standard has no word for, by
//                                  its last year; period_start and period_end
//                                  say what it is exactly.
//   geographic_level … lad_name    The area and those that hold it; empty where
//                                  a level does not apply.
//   measure                        The measure's identifier.
//   comparator                     Whose value it is: Own, England, North West,
//                                  Statistical neighbours, Planned.
//   average, neighbour_set         Of statistical neighbours: mean or median, and which
//                                  areas they are, in which version of the model that
//                                  chooses them; empty where the source does not say.
//   breakdown_dimension, _item     Several are joined by `; `. For the whole the
//                                  dimension is empty and the item is `Total`.
//   value, numerator, denominator  A number, or the standard's symbol: c hidden,
//                                  x not available, z not applicable, low rounds
//                                  to zero. Where the value is hidden, all three
//                                  are; of a count, which has neither, numerator
//                                  and denominator are z. NDJSON: a number or
//                                  null, with the value's symbol in `symbol`.
//   provisional                    true or false.
//   period_start, period_end       Days, Europe/London, inclusive.
//   source_document, source_line   Where it was printed; empty when not known.
//
// A value is printed with its measure's decimal places; where that would lose
// something, and for numerators and denominators, with the fewest digits that
// are exact. Never in scientific notation.
#ifndef CONCORDAT_SERVER_DOMAIN_EXTRACT_H_
#define CONCORDAT_SERVER_DOMAIN_EXTRACT_H_

#include <memory>

#include "server/domain/extract_writer.h"

namespace concordat::domain {

// The strings of the messages are valid UTF-8, as parsing makes sure of.
std::unique_ptr<ExtractWriter> MakeCsvWriter();
// The same for spreadsheets: UTF-8 with a byte order mark, and each of value, numerator
// and denominator followed by a column `_status`. The one holds a number or nothing,
// the other the symbol or nothing, so that the one can be added up.
std::unique_ptr<ExtractWriter> MakeExcelCsvWriter();
// The same as one JSON object a line, each with a line feed; no head.
std::unique_ptr<ExtractWriter> MakeNdjsonWriter();

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_EXTRACT_H_
