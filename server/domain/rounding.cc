#include "server/domain/rounding.h"

#include <cmath>

namespace concordat::domain {

double RoundHalfUp(double value, int decimal_places) {
  const long double scale = std::pow(10.0L, decimal_places);
  // What is a half in decimal figures may be a little less in binary ones.
  const long double scaled = std::fabs(static_cast<long double>(value)) * scale;
  const long double rounded = std::floor(scaled + 0.5L + scaled * 1e-15L + 1e-9L) / scale;
  return static_cast<double>(std::signbit(value) ? 0 - rounded : rounded);
}

}  // namespace concordat::domain
