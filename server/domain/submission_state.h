// The rules that a submission is checked by as a whole: what the figures of a measure
// would be together with it.
#ifndef CONCORDAT_SERVER_DOMAIN_SUBMISSION_STATE_H_
#define CONCORDAT_SERVER_DOMAIN_SUBMISSION_STATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/submission.pb.h"
#include "server/domain/submission.h"

namespace concordat::domain {

// The area that holds each area, by name; `areas/{area}` both.
using AreaParents = absl::flat_hash_map<std::string, std::string>;

// Goes through the newest figures of one measure, in order of their periods, as they
// would be with the submission:
//
// - Where the measure is additive over category, the items of a dimension add up to the
//   figure without it, if all of them are there and have values.
// - Where it is additive over area, the areas that an area holds add up to it, for each
//   breakdown, if all of those that anybody reports are there and have values.
// - Of a total of counts that lacks a part, the other parts together are not more.
// - A figure that is more than `jump_factor` times the one of the period before, or less
//   than that part of it, is a jump.
//
// Nothing is said of sums and jumps that the submission has no part in, nor of what others
// sent: a provider would learn it by trying. Where sums take the figures of several, a
// preview of their release says which do not hold. Holds the figures of two periods. Not
// thread-safe.
class MeasureStateCheck {
 public:
  // All outlive it but `provider`, whose figures are submitted.
  MeasureStateCheck(const v1::Measure& measure, const std::string& provider,
                    const AreaParents& parents, SubmissionProblems& problems,
                    SubmissionProblems& jumps);

  // The next figure: in order of period, area and breakdown. `row` is where it stands in
  // the submission; 0 when it is there already.
  void Add(int64_t row, const v1::SubmittedObservation& figure);
  // There is no other figure.
  void End();

 private:
  struct Figure {
    int64_t row = 0;
    // Nothing when a symbol stands for it.
    std::optional<double> value;
  };
  // By area and breakdown: dimension and item, both empty for the total.
  using Breakdown = std::pair<std::string, std::string>;
  using Figures = absl::flat_hash_map<std::pair<std::string, Breakdown>, Figure>;

  void EndPeriod();
  void CheckJump(const std::pair<std::string, Breakdown>& key, const Figure& figure);
  void CheckCategories(const std::string& area, const Figure& total);
  void CheckAreas(const std::string& area, const Breakdown& breakdown, const Figure& total);
  // Says so if the parts do not add up to `total`, or are more than it though some lack.
  void CompareSum(const Figure& total, const std::vector<const Figure*>& parts,
                  absl::string_view description);
  const Figure* Find(const std::string& area, const Breakdown& breakdown) const;

  const v1::Measure& measure_;
  SubmissionProblems& problems_;
  SubmissionProblems& jumps_;
  // The areas that the provider reports.
  absl::flat_hash_set<std::string> own_areas_;
  // The areas that somebody reports, by the one that holds them.
  absl::flat_hash_map<std::string, std::vector<std::string>> children_;
  absl::CivilDay start_;
  absl::CivilDay end_;
  Figures figures_;
  // The keys of `figures_` in order, so that problems come in order too.
  std::vector<std::pair<std::string, Breakdown>> order_;
  Figures before_;
};

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_SUBMISSION_STATE_H_
