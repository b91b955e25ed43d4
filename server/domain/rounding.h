// How figures are rounded.
#ifndef CONCORDAT_SERVER_DOMAIN_ROUNDING_H_
#define CONCORDAT_SERVER_DOMAIN_ROUNDING_H_

namespace concordat::domain {

// `value` to so many decimal places, half away from zero, as the Department for
// Education rounds.
double RoundHalfUp(double value, int decimal_places);

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_ROUNDING_H_
