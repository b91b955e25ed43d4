// Figures that agencies submitted, as the store keeps them: every revision beside
// the earlier ones, each under the submission that brought it.
#ifndef CONCORDAT_SERVER_STORE_FIGURES_H_
#define CONCORDAT_SERVER_STORE_FIGURES_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "concordat/v1/submission.pb.h"

namespace concordat::store {

// What tells two figures of one measure apart. Figures are ordered by it.
struct FigureKey {
  // PeriodKey.
  std::string period;
  // `areas/{area}`.
  std::string area;
  // BreakdownKey.
  std::string breakdown;

  bool operator==(const FigureKey& other) const {
    return period == other.period && area == other.area && breakdown == other.breakdown;
  }
};

// The period as text that sorts by its first day, then its last: such as
// `2018-04-01/2018-06-30/4`, with the number of its kind. The label is no part of it.
// The days are valid.
std::string PeriodKey(const v1::Period& period);
// `dimension=item`; empty for the figure that is not broken down.
std::string BreakdownKey(const v1::SubmittedObservation& figure);
// The key of a figure whose period's days are valid.
FigureKey KeyOf(const v1::SubmittedObservation& figure);

// One revision of one submitted figure.
struct FigureRow {
  // `measures/{measure}`.
  std::string measure;
  FigureKey key;
  // From 1, in the order in which submissions were applied. Given by the store.
  int64_t revision = 0;
  // When its submission was applied; the infinite future while it is staged. Given by
  // the store.
  absl::Time recorded;
  // `submissions/{submission}`. Given by the store.
  std::string submission;
  // Whose it is, `agencies/{agency}`. Given by the store.
  std::string provider;
  // Where it stood in what was sent, from 1.
  int64_t row = 0;
  // The serialised v1::SubmittedObservation, without its `row`.
  std::string body;
};

// Which figures a scan visits: of one measure, by key.
struct FigureRange {
  // `measures/{measure}`.
  std::string measure;
  // Only periods that start on or after this day, as in a PeriodKey; empty for all.
  std::string from;
  // Only periods that start before this day; empty for all.
  std::string to;
  // Only figures after this one; an empty key for all.
  FigureKey after;
  // Each figure's revisions, newest first; else the newest alone.
  bool all_revisions = false;
  // Sees the figures that this submission has staged too, as the newest revisions.
  // Empty for none.
  std::string staged;
};

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_FIGURES_H_
