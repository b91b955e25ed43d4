// The judgements of the board's scorecard: band, travel, rank, quartile.
#ifndef CONCORDAT_SERVER_DOMAIN_SCORECARD_H_
#define CONCORDAT_SERVER_DOMAIN_SCORECARD_H_

#include <optional>
#include <string>
#include <vector>

#include "concordat/v1/measure.pb.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/scorecard.pb.h"

namespace concordat::domain {

// The value that a reader sees; nothing when a symbol stands in its place.
std::optional<double> ShownValue(const v1::Observation& figure);

// `value` at the decimal places that the measure is printed with, halves away from zero, as
// the Department for Education rounds.
double AsPrinted(const v1::Measure& measure, double value);

// Neutral measures have no band, whatever their target (DESIGN.md, Band). The target and
// the tolerance's end belong to the better band.
v1::Scorecard::Band BandOf(const v1::Measure& measure, std::optional<double> value);

// From the figure before to the latest, both as printed.
v1::Scorecard::Travel TravelOf(const v1::Measure& measure, std::optional<double> before,
                               std::optional<double> latest);

// Whether a figure of `before` is what one of `latest` has to be compared with: of the
// same kind and length, and, where the calendar fixes periods, the one just before it.
// Spans that start on the same day, and years that are not neighbours, are not.
bool AreComparable(const v1::Period& before, const v1::Period& latest);

// One area's place.
struct Place {
  // 1 is the best, equal values share the smaller number; 0 without a place, and for one
  // that is alone.
  int rank = 0;
  // How many have a place.
  int ranked = 0;
  // `A` to `D`; empty with fewer than four places.
  std::string quartile;
};

// The places of areas of one level, in the order given. Who has no value has no place;
// nobody has one where neither way is good. Hidden figures take no part, so that the
// places of the others tell nothing of them.
std::vector<Place> PlacesOf(const v1::Measure& measure,
                            const std::vector<std::optional<double>>& values);

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_SCORECARD_H_
