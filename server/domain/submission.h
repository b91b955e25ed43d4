// The rules that one submitted figure is checked by, and what is found wrong.
#ifndef CONCORDAT_SERVER_DOMAIN_SUBMISSION_H_
#define CONCORDAT_SERVER_DOMAIN_SUBMISSION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/submission.pb.h"

namespace concordat::domain {

// What is wrong with a submission: the problems of its first rows, and how many there are in
// all. No description repeats what was sent.
class SubmissionProblems {
 public:
  // As many are kept as SubmitObservationsResponse lists.
  static constexpr size_t kMostKept = 1000;

  // `row` 0 is the submission as a whole; `column` is then a field of its header.
  void Add(int64_t row, absl::string_view column, absl::string_view description);

  // Adds all of `others`.
  void Add(const SubmissionProblems& others);

  // By row.
  std::vector<v1::RowProblem> kept() const;
  // Those too that are not kept.
  int64_t count() const { return count_; }

  // OK when there are none, else SUBMISSION_INVALID with a google.rpc.BadRequest of at
  // most 20 of them, as `rows[12].value` or `header.source`.
  absl::Status ToStatus() const;

 private:
  // Whether a problem of this row would be kept.
  bool HasRoomFor(int64_t row) const;
  void Keep(v1::RowProblem problem);

  std::multimap<int64_t, v1::RowProblem> kept_;
  int64_t count_ = 0;
};

// Whether the measure's values are of a numerator and a denominator: percentages and rates.
bool IsMadeOfParts(const v1::Measure& measure);

// What numerator and denominator make in the measure's unit, not rounded. Nothing for a
// unit that is not made of them, and without a denominator above 0.
std::optional<double> ComputedValue(const v1::Measure& measure, double numerator,
                                    double denominator);

// One measure, made ready to check its figures. Immutable.
class MeasureRules {
 public:
  explicit MeasureRules(v1::Measure measure);

  const v1::Measure& measure() const { return measure_; }
  // Whether the agency owes any figure of it.
  bool IsOwedBy(absl::string_view agency) const { return areas_of_.contains(agency); }

  // Checks a figure of this measure that `provider` sends, on the day `today`
  // (Europe/London): its area is one of the provider's duty; its period is a whole one
  // that is collected and has ended; its breakdown is known; it has a value or a symbol,
  // and the value keeps the rules of the unit, can be held exactly and, where it counts, be
  // protected, and recomputes from numerator and denominator; an average whose small
  // numbers are hidden says of how many cases it is. A value that was left out is filled
  // in, rounded to the measure's
  // decimal places, and the period's label is dropped. Adds what is wrong to `problems`;
  // returns whether nothing is.
  bool CheckRow(absl::string_view provider, absl::CivilDay today, v1::SubmittedObservation& figure,
                SubmissionProblems& problems) const;

 private:
  void CheckPlaceAndTime(absl::string_view provider, absl::CivilDay today,
                         const v1::SubmittedObservation& figure,
                         SubmissionProblems& problems) const;
  void CheckBreakdown(const v1::SubmittedObservation& figure, SubmissionProblems& problems) const;
  void CheckFigure(v1::SubmittedObservation& figure, SubmissionProblems& problems) const;
  // Of a unit that is not made of parts.
  void CheckCases(const v1::SubmittedObservation& figure, SubmissionProblems& problems) const;
  // Of one that is, where a part is given.
  void CheckParts(v1::SubmittedObservation& figure, SubmissionProblems& problems) const;

  const v1::Measure measure_;
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::string>> areas_of_;
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::string>> items_of_;
};

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_SUBMISSION_H_
