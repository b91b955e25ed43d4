#include "server/domain/scorecard.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/civil_time.h"
#include "server/domain/rounding.h"

namespace concordat::domain {
namespace {

using v1::Measure;
using v1::Scorecard;

// Which way is good: 1 is high, -1 is low, 0 is neither.
int DirectionOf(const Measure& measure) {
  switch (measure.polarity()) {
    case Measure::HIGH_GOOD:
      return 1;
    case Measure::LOW_GOOD:
      return -1;
    default:
      return 0;
  }
}

constexpr int kQuartiles = 4;
// Between spans of as many months.
constexpr int kDaysThatMonthsDiffer = 3;

}  // namespace

std::optional<double> ShownValue(const v1::Observation& figure) {
  if (figure.symbol() != v1::Observation::NONE || !figure.has_value()) return std::nullopt;
  if (!std::isfinite(figure.value())) return std::nullopt;
  return figure.value();
}

double AsPrinted(const Measure& measure, double value) {
  return RoundHalfUp(value, std::clamp(measure.decimal_places(), 0, 9));
}

Scorecard::Band BandOf(const Measure& measure, std::optional<double> value) {
  if (!value.has_value()) return Scorecard::BAND_UNSPECIFIED;
  const int direction = DirectionOf(measure);
  if (direction == 0 || !measure.has_target()) return Scorecard::NO_TARGET;
  const double short_by =
      direction * (AsPrinted(measure, measure.target()) - AsPrinted(measure, *value));
  if (short_by <= 0) return Scorecard::ON_TRACK;
  const bool near = AsPrinted(measure, short_by) <= AsPrinted(measure, measure.tolerance());
  return near ? Scorecard::SLIGHTLY_BELOW : Scorecard::REQUIRES_IMPROVEMENT;
}

Scorecard::Travel TravelOf(const Measure& measure, std::optional<double> before,
                           std::optional<double> latest) {
  if (!before.has_value() || !latest.has_value()) return Scorecard::TRAVEL_UNSPECIFIED;
  const double change = AsPrinted(measure, *latest) - AsPrinted(measure, *before);
  if (change == 0) return Scorecard::UNCHANGED;
  const int direction = DirectionOf(measure);
  if (direction == 0) return change > 0 ? Scorecard::ROSE : Scorecard::FELL;
  return change * direction > 0 ? Scorecard::IMPROVED : Scorecard::WORSENED;
}

bool AreComparable(const v1::Period& before, const v1::Period& latest) {
  if (before.kind() != latest.kind()) return false;
  const auto before_start = ToCivilDay(before.start());
  const auto before_end = ToCivilDay(before.end());
  const auto start = ToCivilDay(latest.start());
  const auto end = ToCivilDay(latest.end());
  if (!before_start || !before_end || !start || !end) return false;
  switch (latest.kind()) {
    case v1::Period::SNAPSHOT:
      return *before_end < *end;
    case v1::Period::OTHER_SPAN: {
      const absl::civil_diff_t lengths_differ = (*end - *start) - (*before_end - *before_start);
      return *before_start < *start && std::abs(lengths_differ) <= kDaysThatMonthsDiffer;
    }
    default:
      return *before_end + 1 == *start;
  }
}

std::vector<Place> PlacesOf(const Measure& measure,
                            const std::vector<std::optional<double>>& values) {
  std::vector<Place> places(values.size());
  const int direction = DirectionOf(measure);
  if (direction == 0) return places;
  // Better ones have higher scores.
  std::vector<double> scores;
  for (const std::optional<double>& value : values) {
    if (value.has_value()) scores.push_back(direction * AsPrinted(measure, *value));
  }
  const auto ranked = static_cast<int>(scores.size());
  if (ranked < 2) return places;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i].has_value()) continue;
    const double score = direction * AsPrinted(measure, *values[i]);
    Place& place = places[i];
    place.rank = 1 + static_cast<int>(std::count_if(scores.begin(), scores.end(),
                                                    [score](double s) { return s > score; }));
    place.ranked = ranked;
    // A place on the border between two quarters is in the better one.
    if (ranked >= kQuartiles) {
      const int quarter = (place.rank * kQuartiles + ranked - 1) / ranked;
      place.quartile = std::string(1, static_cast<char>('A' + quarter - 1));
    }
  }
  return places;
}

}  // namespace concordat::domain
