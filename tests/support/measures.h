// Measures as tests declare them, and figures of them.
#ifndef CONCORDAT_TESTS_SUPPORT_MEASURES_H_
#define CONCORDAT_TESTS_SUPPORT_MEASURES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "concordat/v1/measure.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/submission.pb.h"
#include "tests/support/moments.h"
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

// The same, owed from the quarter of April 2018 on, for these areas.
inline v1::Measure OwedCount(const std::string& name, const Partner& provider,
                             const std::vector<std::string>& areas) {
  v1::Measure measure = QuarterlyCount(name, provider);
  *measure.mutable_collected_from() = Day("2018-04-01");
  v1::Measure::Duty& duty = *measure.add_duties();
  duty.set_agency(provider.agency_name());
  for (const std::string& area : areas) duty.add_areas(area);
  duty.set_contact("figures@example.org");
  return measure;
}

// A figure of that quarter.
inline v1::SubmittedObservation CountOf(const std::string& measure, const std::string& area,
                                        double value, const std::string& commentary = "") {
  v1::SubmittedObservation figure;
  figure.set_measure(measure);
  figure.set_area(area);
  figure.mutable_period()->set_kind(v1::Period::FINANCIAL_QUARTER);
  *figure.mutable_period()->mutable_start() = Day("2018-04-01");
  *figure.mutable_period()->mutable_end() = Day("2018-06-30");
  figure.set_value(value);
  figure.set_commentary(commentary);
  return figure;
}

// The provider's submission of these figures, at most 2,000: header, rows and end.
inline std::vector<std::string> SubmissionOf(const Partner& provider,
                                             const std::vector<v1::SubmittedObservation>& figures) {
  std::vector<std::string> messages;
  v1::SubmitObservationsRequest message;
  message.mutable_header()->set_provider(provider.agency_name());
  messages.push_back(message.SerializeAsString());
  for (const v1::SubmittedObservation& figure : figures) {
    v1::SubmittedObservation& row = *message.mutable_rows()->add_rows();
    row = figure;
    row.set_row(message.rows().rows_size());
  }
  messages.push_back(message.SerializeAsString());
  message.mutable_end()->set_row_count(static_cast<int64_t>(figures.size()));
  messages.push_back(message.SerializeAsString());
  return messages;
}

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_MEASURES_H_
