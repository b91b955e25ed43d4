// The words and numbers that every layout of an extract has alike.
#ifndef CONCORDAT_SERVER_DOMAIN_EXTRACT_TEXT_H_
#define CONCORDAT_SERVER_DOMAIN_EXTRACT_TEXT_H_

#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "concordat/v1/directory.pb.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/release.pb.h"

namespace concordat::domain {

// The area of a figure and the areas that hold it, by level. Null where there
// is none. The areas must outlive the call that uses them.
struct AreaPath {
  const v1::Area* nation = nullptr;
  const v1::Area* region = nullptr;
  const v1::Area* police_force = nullptr;
  const v1::Area* authority = nullptr;
  const v1::Area* district = nullptr;
};

// A value, or the symbol that stands for it: c, x, z, low.
struct Figure {
  std::string text;
  bool is_number = false;
};

// The value, with the measure's decimal places. A symbol wins over a value that stands
// beside it, so that a hidden value stays hidden.
Figure ValueOf(const v1::Observation& observation, const v1::Measure& measure);

// The numerator or denominator `part`, from which a hidden value could be computed: hidden
// with it. `z` where a count has neither.
Figure PartOf(const v1::Observation& observation, const v1::Measure& measure, bool has_part,
              double part);

// The unit in words, such as `per 10000 children aged 0 to 17`.
std::string UnitOf(const v1::Measure& measure);

// Whose value it is, such as `Own`.
absl::string_view NameOf(v1::Observation::Comparator comparator);
// `mean` or `median`; empty when the source does not say.
absl::string_view NameOf(v1::Observation::Average average);
// Whose value it is, with what was made of whose values where that is known, such as
// `Statistical neighbours (median of lait-2018)`.
std::string ComparatorOf(const v1::Observation& observation);

// time_period and time_identifier of the tidy standard.
std::pair<std::string, std::string> TidyTime(const v1::Period& period);

// geographic_level of the tidy standard: the finest of the areas.
absl::string_view LevelOf(const AreaPath& areas);

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_EXTRACT_TEXT_H_
