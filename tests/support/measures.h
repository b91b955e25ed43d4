// Measures as tests declare them.
#ifndef CONCORDAT_TESTS_SUPPORT_MEASURES_H_
#define CONCORDAT_TESTS_SUPPORT_MEASURES_H_

#include <string>

#include "concordat/v1/measure.pb.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {

// A count of each quarter that the partner's agency provides; counts below 6 are small.
// Nobody owes it yet.
inline v1::Measure QuarterlyCount(const std::string& name, const Partner& provider) {
  v1::Measure measure;
  measure.set_name(name);
  measure.set_display_name("A measure of this test");
  measure.set_group("test");
  measure.set_unit(v1::Measure::COUNT);
  measure.set_polarity(v1::Measure::NEUTRAL);
  measure.set_frequency(v1::Measure::EACH_QUARTER);
  measure.set_provider(provider.agency_name());
  measure.set_disclosure_minimum(6);
  return measure;
}

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_MEASURES_H_
